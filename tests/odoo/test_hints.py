"""A real Odoo that hints at its changes, and a whole hub that looks: what is made, changed and deleted arrives."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from hub.odoo import automations
from hub.odoo.connection import Odoo
from tests import real_odoo
from tests.acceptance.running import RunningHub, until
from tests.odoo.test_hearing import Receiver, tell_delays

pytestmark = pytest.mark.odoo
MODEL = "res.partner.category"

CONFIGURE = """
from syncconfig import listening
from syncconfig.models import Configuration, OdooConnection
connection = OdooConnection.objects.get()
Configuration.objects.all().update(active=False)
one = Configuration.objects.create(
    code="hinted", name="Hinted", connection=connection, model={model!r}, methods=["POST"], url={url!r},
    domain="[('name', 'like', {mark!r})]", on_create=True, on_update=True, on_delete=True)
for position, name in enumerate(("id", "name")):
    one.mappings.create(odoo_field=name, external_key=name, position=position)
listening.begin()
print(json.dumps(connection.code))
"""
CURSOR = """
from syncconfig.models import ChangeCursor, OdooConnection
one = ChangeCursor.objects.get(model={model!r})
connection = OdooConnection.objects.get()
print(json.dumps({{"hinted": str(one.hinted_at or ""), "error": one.error, "source": one.source,
                  "marks": connection.hears_by, "token": bool(connection.hint_token)}}))
"""


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with real_odoo.connected() as odoo:
        yield odoo


@pytest.fixture
def mark(odoo: Odoo) -> Iterator[str]:
    """What the names of this test's records begin with; they are removed."""
    mark = f"hints-{uuid.uuid4().hex[:12]}"
    yield mark
    odoo.unlink(MODEL, odoo.search(MODEL, [("name", "like", mark)], context={"active_test": False}))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    """A hub that Odoo reaches, and that asks by itself once in an hour; what it sets up in Odoo is removed."""
    place = real_odoo.place()
    hub = RunningHub(
        tmp_path / "data", HUB_ALLOWED_NETWORKS="127.0.0.0/8", HUB_ODOO_URL=place["url"],
        HUB_ODOO_DATABASE=place["database"], HUB_ODOO_LOGIN=place["login"], HUB_ODOO_API_KEY=place["api_key"],
        HUB_POLL_SECONDS="3600", HUB_HINTED_POLL_SECONDS="3600",
    )  # fmt: skip
    hub.environment["HUB_PUBLIC_URL"] = hub.url
    try:
        yield hub.start()
        hub.manage("listening", "demo-odoo", "--remove")
    finally:
        hub.discard()


@pytest.fixture
def receiver(hub: RunningHub, mark: str, httpserver: HTTPServer) -> Receiver:
    """What is told of the test's records."""
    receiver = Receiver(httpserver, "/hinted")
    url = httpserver.url_for("/hinted/{{ event.type }}")
    assert hub.shell(CONFIGURE.format(url=url, mark=mark, model=MODEL)) == "demo-odoo"
    return receiver


def rules(odoo: Odoo, name: str) -> list[str]:
    """The rules in Odoo that this hub made."""
    return sorted(str(row["name"]) for row in automations.found(odoo, name))


def test_what_happens_in_odoo_arrives_by_hints_alone_and_nothing_is_left_behind(
    hub: RunningHub, receiver: Receiver, odoo: Odoo, mark: str
) -> None:
    (old,) = odoo.create(MODEL, [{"name": f"{mark} old"}])
    hub.shell(
        "from syncconfig import listening\n"
        "for one in listening.watched():\n"
        "    listening.listen(one, last=True)\n"
        "print(json.dumps(1))"
    )
    assert "hints at changes now" in hub.manage("listening", "demo-odoo", "--set-up", "--by", "webhook")
    made = rules(odoo, hub.shell(CURSOR.format(model=MODEL))["marks"]["hints"])
    assert sorted(name.split(": ")[1] for name in made) == [f"{MODEL} on_create_or_write", f"{MODEL} on_unlink"]
    assert "mends" not in hub.manage("listening", "demo-odoo", "--set-up")  # as it is: nothing is made twice
    assert rules(odoo, made[0].split(":")[0]) == made

    until(lambda: receiver.told.get(old) == [("create", f"{mark} old")], "what was there before")
    (new,) = odoo.create(MODEL, [{"name": f"{mark} new"}])
    until(lambda: receiver.told.get(new) == [("create", f"{mark} new")], "the creation")
    odoo.write(MODEL, [new], {"name": f"{mark} renamed"})
    until(lambda: receiver.told[new][1:] == [("update", f"{mark} renamed")], "the update")
    odoo.unlink(MODEL, [new])
    until(lambda: receiver.told[new][2:] == [("delete", f"{mark} renamed")], "the deletion, with its last values")

    told = hub.manage("listening", "demo-odoo")
    assert "whole" in told
    assert f"The last hint of {MODEL} came at" in told
    assert "token=" not in told + hub.output
    hub.manage("listening", "demo-odoo", "--renew")
    odoo.write(MODEL, [old], {"name": f"{mark} by the new address"})
    until(lambda: receiver.told[old][-1] == ("update", f"{mark} by the new address"), "a hint at the new address")

    assert "removed" in hub.manage("listening", "demo-odoo", "--remove")
    assert rules(odoo, made[0].split(":")[0]) == []
    assert not odoo.search("ir.actions.server", [("name", "in", made)])
    after = hub.shell(CURSOR.format(model=MODEL))
    assert (after["marks"], after["token"], after["error"]) == ({}, False, "")
    assert [len(events) for events in receiver.told.values()] == [len(set(told)) for told in receiver.told.values()]


def test_the_delay_from_odoos_commit_to_the_receiver(
    hub: RunningHub, receiver: Receiver, odoo: Odoo, mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hub.manage("listening", "demo-odoo", "--set-up", "--by", "webhook")
    tell_delays(lambda name: odoo.create(MODEL, [{"name": name}]), receiver, mark, "Hinted at by webhooks", capsys)


def test_rules_that_people_made_by_hand_are_heard(hub: RunningHub, receiver: Receiver, odoo: Odoo, mark: str) -> None:
    told = hub.manage("listening", "demo-odoo", "--set-up", "--by", "hand")
    saved, deleted = (word for word in told.split() if word.startswith(hub.url))
    (model,) = odoo.search("ir.model", [("model", "=", MODEL)])
    made = []
    try:
        for trigger, address in (("on_create_or_write", saved), ("on_unlink", deleted)):
            action = {"name": f"{mark} notify", "model_id": model, "state": "webhook", "webhook_url": address}
            action["usage"] = "base_automation"
            rule = {"name": f"{mark} {trigger}", "model_id": model, "trigger": trigger}
            made += odoo.create("base.automation", [{**rule, "action_server_ids": [(0, 0, action)]}])
        assert "No hint has come yet" in hub.manage("listening", "demo-odoo")
        (new,) = odoo.create(MODEL, [{"name": f"{mark} new"}])
        until(lambda: receiver.told.get(new) == [("create", f"{mark} new")], "the creation")
        odoo.unlink(MODEL, [new])
        until(lambda: receiver.told[new][1:] == [("delete", f"{mark} new")], "the deletion")
        assert "came at" in hub.manage("listening", "demo-odoo")
    finally:
        odoo.unlink("base.automation", made)
        odoo.unlink("ir.actions.server", odoo.search("ir.actions.server", [("name", "=", f"{mark} notify")]))


def test_from_hints_to_the_outbox_and_back_loses_nothing_and_tells_nothing_twice(
    hub: RunningHub, receiver: Receiver, odoo: Odoo, mark: str
) -> None:
    hub.manage("listening", "demo-odoo", "--set-up", "--by", "webhook")
    ways = ["outbox", "webhook", "outbox"]
    records = odoo.create(MODEL, [{"name": f"{mark} {number}"} for number in range(len(ways) * 2)])
    until(lambda: set(records) <= receiver.told.keys(), "the creations")
    for number, way in enumerate(ways):
        kept, gone = records[number * 2 : number * 2 + 2]
        odoo.write(MODEL, [kept], {"name": f"{mark} before {way} {number}"})
        odoo.unlink(MODEL, [gone])
        hub.manage("listening", "demo-odoo", "--set-up", "--by", way)
        until(lambda one=gone: receiver.told[one][-1][0] == "delete", "the deletion")  # type: ignore[misc]
        until(
            lambda one=kept, number=number, way=way: receiver.told[one][-1][1] == f"{mark} before {way} {number}",  # type: ignore[misc]
            "the update",
        )
    after = hub.shell(CURSOR.format(model=MODEL))
    assert (after["source"], after["token"]) == ("inside", False)
    for record_id in records[1::2]:
        assert [event for event, _ in receiver.told[record_id]] == ["create", "delete"]
