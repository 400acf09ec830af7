"""Hints of an Odoo: what comes without the token is nobody's, the others cause a look and are never believed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django.fixtures import Settings

from apilog.models import ApiLog
from hub.errors import Misconfigured
from hub.odoo.connection import Odoo
from syncconfig import echo, hearing, hints, listening, retention, sources
from syncconfig.models import ApiClient, ChangeCursor, Configuration, DeletionHint, Delivery, OdooConnection, SeenRecord
from tests.syncconfig.polled import Clock

pytestmark = pytest.mark.django_db
MODEL = "res.partner"
TOKEN = "canary-token-of-hints"


@pytest.fixture
def listener(customers_out: Configuration, odoo: Odoo) -> Configuration:
    """Wants to hear of everything, from an Odoo that is asked, and hints."""
    marks = {"database": odoo.identity(), "hand": "yes"}
    OdooConnection.objects.update(hint_token=TOKEN, hears_by=marks)
    customers_out.on_create = customers_out.on_update = customers_out.on_delete = True
    customers_out.save()
    customers_out.connection.refresh_from_db()
    Clock(odoo, polled=True).listen()
    ChangeCursor.objects.update(listened_at=timezone.now() - timedelta(seconds=2))
    return customers_out


def hint(body: Any, token: str = TOKEN, *, deleted: bool = False, pk: int | None = None, method: str = "post") -> Any:
    """What a hint is answered."""
    found = pk if pk is not None else OdooConnection.objects.get().pk
    url = f"/api/hints/{found}{'/deleted' if deleted else ''}?token={token}"
    text = body if isinstance(body, str) else json.dumps(body)
    return getattr(Browser(), method)(url, data=text, content_type="application/json")


def about(record_id: int, model: str = MODEL) -> dict[str, Any]:
    """As Odoo makes it."""
    return {"_model": model, "_id": record_id, "_action": "Send Webhook Notification(#7)", "id": record_id}


def new(odoo: Odoo, name: str = "Ada") -> int:
    (record_id,) = odoo.create(MODEL, [{"name": name}])
    return record_id


def events() -> list[tuple[str, int | None]]:
    return list(Delivery.objects.order_by("id").values_list("event", "record_id"))


def look(odoo: Odoo, *, later: bool = False) -> None:
    """Look once; ``later``: when all that waits to be looked at again is due."""
    if later:
        DeletionHint.objects.update(check_at=timezone.now())
    Clock(odoo, polled=True).listen()


def is_due() -> bool:
    return bool(listening.due())


# At the door --------------------------------------------------------------------------------------------------------


def test_a_hint_is_taken_without_a_word_and_wants_a_look(listener: Configuration) -> None:
    ChangeCursor.objects.update(hinted_at=timezone.now() - timedelta(hours=1), unhinted_at=None)
    assert not is_due()
    answer = hint(about(1))
    assert (answer.status_code, answer.content) == (204, b"")
    assert is_due()
    assert not ApiLog.objects.exists()


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1], "ü\udcff", "%00"])
@pytest.mark.parametrize("deleted", [False, True])
def test_without_the_token_there_is_nothing_at_the_address(
    listener: Configuration, odoo: Odoo, token: str, deleted: bool
) -> None:
    answer = hint(about(1), token.encode("utf-8", "replace").decode(), deleted=deleted)
    nowhere = Browser().post("/api/hint")
    assert answer.status_code == nowhere.status_code == 404
    assert answer.json()["error"]["code"] == nowhere.json()["error"]["code"]
    assert not DeletionHint.objects.exists()
    assert ChangeCursor.objects.get().hinted_at is None
    row = ApiLog.objects.get()
    assert (row.response_status, row.operation) == (404, "hint")
    assert "canary" not in row.url + str(row.request_headers) + row.request_body


@pytest.mark.parametrize("pk", [0, 999_999, 10**30])
def test_an_unknown_connection_is_no_different(listener: Configuration, pk: int) -> None:
    assert hint(about(1), pk=pk).status_code == 404


def test_strangers_do_not_fill_the_log(listener: Configuration) -> None:
    for _ in range(40):
        assert hint(about(1), "wrong").status_code == 404
    assert ApiLog.objects.count() < 15


def test_a_connection_that_expects_no_hints_takes_none(listener: Configuration) -> None:
    OdooConnection.objects.update(hint_token="")
    assert hint(about(1), "").status_code == 404


def test_hints_of_another_database_than_the_present_one_are_not_taken(listener: Configuration) -> None:
    OdooConnection.objects.update(hears_by={"database": "another one", "hand": "yes"})
    assert hint(about(1)).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        "", "no json", "[]", "1", "null", "{}", '{"_model": "res.partner"}', '{"_id": 1}', "[" * 100_000,
        {"_model": 1, "_id": 1}, {"_model": "", "_id": 1}, {"_model": "x" * 101, "_id": 1}, {"_model": "a\0", "_id": 1},
        {"_model": MODEL, "_id": "1"}, {"_model": MODEL, "_id": True}, {"_model": MODEL, "_id": 0},
        {"_model": MODEL, "_id": -1}, {"_model": MODEL, "_id": 2**31}, {"_model": MODEL, "_id": 1.5},
        {"_model": MODEL, "_id": [1]},
    ],
)  # fmt: skip
def test_what_is_no_hint_is_refused_and_harmless(listener: Configuration, body: Any) -> None:
    for deleted in (False, True):
        assert hint(body, deleted=deleted).status_code == 400
    assert (ChangeCursor.objects.get().hinted_at, DeletionHint.objects.count()) == (None, 0)


def test_a_large_body_is_not_read(listener: Configuration) -> None:
    assert hint({**about(1), "image": "x" * 1_100_000}).status_code == 413
    assert hint({**about(1), "image": "x" * 900_000}).status_code == 204


def test_only_post_is_taken(listener: Configuration) -> None:
    assert hint("", method="get").status_code == 405
    assert ChangeCursor.objects.get().hinted_at is None


def test_a_model_that_nothing_listens_to_is_passed_over(listener: Configuration) -> None:
    for model in ("res.country", "no.such.model", "x" * 100):
        assert hint(about(1, model), deleted=True).status_code == 204
    assert (ChangeCursor.objects.get().hinted_at, DeletionHint.objects.count()) == (None, 0)


# When to look -------------------------------------------------------------------------------------------------------


def test_a_burst_is_written_once_and_costs_one_look(listener: Configuration, odoo: Odoo) -> None:
    record_id = new(odoo)
    assert hint(about(record_id)).status_code == 204
    first = ChangeCursor.objects.get().hinted_at
    assert first is not None
    ChangeCursor.objects.update(hinted_at=first + timedelta(minutes=5))  # so that no test is too slow for a burst
    for _ in range(12):
        hint(about(record_id))
    assert ChangeCursor.objects.get().hinted_at == first + timedelta(minutes=5)
    look(odoo)
    assert events() == [("create", record_id)]


def test_no_flood_of_hints_makes_the_hub_ask_more_than_once_a_second(listener: Configuration) -> None:
    now = timezone.now()
    cursor = ChangeCursor(hinted_at=now, listened_at=now - timedelta(seconds=0.9))
    assert not hints.is_due(cursor, now)
    cursor.listened_at = now - timedelta(seconds=1)
    assert hints.is_due(cursor, now)


def test_looks_follow_a_hint_after_the_seconds_that_polling_leaves_out_and_later() -> None:
    start = timezone.now()
    cursor, looks = ChangeCursor(hinted_at=start, listened_at=start - timedelta(minutes=1)), []
    for tenth in range(1200):
        now = start + timedelta(seconds=tenth / 10)
        if hints.is_due(cursor, now):
            looks.append(tenth / 10)
            cursor.listened_at = now
    assert looks == [0, 2.5, 6, 20, 60]


def test_asking_is_spared_only_while_hints_do_arrive(listener: Configuration, settings: Settings) -> None:
    settings.HUB_POLL_SECONDS, settings.HUB_HINTED_POLL_SECONDS = 5.0, 300.0
    now, connection = timezone.now(), OdooConnection.objects.get()
    often, seldom = timedelta(seconds=5), timedelta(seconds=300)
    assert hints.interval(connection, ChangeCursor()) == often
    assert hints.interval(connection, ChangeCursor(hinted_at=now)) == seldom
    astray = ChangeCursor(hinted_at=now, unhinted_at=now + timedelta(seconds=1))
    assert hints.interval(connection, astray) == often
    astray.hinted_at = now + timedelta(seconds=2)
    assert hints.interval(connection, astray) == seldom
    connection.hint_token = ""
    assert hints.interval(connection, astray) == often


def test_changes_of_which_no_hint_came_are_noticed(listener: Configuration, odoo: Odoo) -> None:
    ChangeCursor.objects.update(hinted_at=timezone.now() - timedelta(hours=1))
    clock = Clock(odoo, polled=True)
    clock._now -= timedelta(seconds=60)
    clock.touched(MODEL, [new(odoo)])
    clock.listen()
    assert len(events()) == 1
    assert ChangeCursor.objects.get().unhinted_at is not None
    assert "found of which none came" in hearing.arrivals(OdooConnection.objects.get())
    ChangeCursor.objects.update(hinted_at=timezone.now())
    assert "found" not in hearing.arrivals(OdooConnection.objects.get())


# Deletions ----------------------------------------------------------------------------------------------------------


def known(odoo: Odoo, name: str = "Ada") -> int:
    """A record that was heard of, and sent."""
    record_id = new(odoo, name)
    look(odoo)
    Delivery.objects.all().delete()
    return record_id


def test_a_deletion_is_told_once_with_what_was_known_of_the_record(listener: Configuration, odoo: Odoo) -> None:
    record_id = known(odoo, "Last name")
    odoo.unlink(MODEL, [record_id])
    for _ in range(3):
        assert hint({**about(record_id), "name": "a lie"}, deleted=True).status_code == 204
        assert DeletionHint.objects.filter(told_at=None).exists() is (not events())
        look(odoo, later=True)
    assert events() == [("delete", record_id)]
    values = Delivery.objects.get().values
    assert values is not None
    assert values["name"] == "Last name"
    assert not SeenRecord.objects.filter(record_id=record_id).exists()


def test_a_record_that_nobody_touched_is_known_from_the_beginning(listener: Configuration, odoo: Odoo) -> None:
    (old,) = odoo.search_read(MODEL, [("name", "=", "Azure Interior")], ["name"])
    odoo.call(MODEL, "unlink", [odoo.search(MODEL, [], order="id desc", limit=1)[0]])
    assert SeenRecord.objects.get(record_id=old["id"]).values["name"] == "Azure Interior"


def test_a_forged_hint_about_a_record_that_exists_causes_nothing(listener: Configuration, odoo: Odoo) -> None:
    record_id = known(odoo)
    assert hint(about(record_id), deleted=True).status_code == 204
    for _ in range(3):
        look(odoo, later=True)
    assert events() == []
    assert DeletionHint.objects.get().check_at > timezone.now()
    DeletionHint.objects.update(hinted_at=timezone.now() - hints.UNDECIDED)
    look(odoo, later=True)
    assert not DeletionHint.objects.exists()


def test_what_is_deleted_only_after_its_hint_is_told_then(listener: Configuration, odoo: Odoo) -> None:
    """Odoo 17 and 18 hint before the commit."""
    record_id = known(odoo)
    hint(about(record_id), deleted=True)
    look(odoo)
    odoo.unlink(MODEL, [record_id])
    assert not is_due() or events() == []
    DeletionHint.objects.update(check_at=timezone.now())
    ChangeCursor.objects.update(listened_at=timezone.now() - timedelta(seconds=2))
    assert is_due()
    look(odoo)
    assert events() == [("delete", record_id)]


def test_what_came_and_went_before_it_was_heard_is_no_news(listener: Configuration, odoo: Odoo) -> None:
    record_id = new(odoo)
    odoo.unlink(MODEL, [record_id])
    hint(about(record_id), deleted=True)
    hint(about(2_000_000), deleted=True)
    look(odoo, later=True)
    assert events() == []
    assert not DeletionHint.objects.exists()


def test_who_wants_no_deletions_gets_none_and_nothing_is_left_to_look_at(listener: Configuration, odoo: Odoo) -> None:
    Configuration.objects.update(on_delete=False)
    record_id = known(odoo)
    odoo.unlink(MODEL, [record_id])
    hint(about(record_id), deleted=True)
    look(odoo)
    assert events() == []
    assert not DeletionHint.objects.filter(told_at=None).exists()


def test_a_client_is_not_told_of_what_it_deleted_itself(listener: Configuration, odoo: Odoo) -> None:
    client = ApiClient.objects.create(name="Shop")
    listener.not_back_to.add(client)
    own, other = known(odoo, "Own"), known(odoo, "Other")
    echo.noting(odoo, listener.connection, echo.Source(client=client.pk)).unlink(MODEL, [own])
    odoo.unlink(MODEL, [other])
    for record_id in (own, other):
        hint(about(record_id), deleted=True)
    look(odoo)
    assert events() == [("delete", other)]
    assert not SeenRecord.objects.filter(record_id__in=[own, other]).exists()


def test_many_deletions_are_looked_at_in_pages(listener: Configuration, odoo: Odoo) -> None:
    ids = odoo.create(MODEL, [{"name": f"Number {number}"} for number in range(hints.PAGE + 3)])
    look(odoo)
    Delivery.objects.all().delete()
    odoo.unlink(MODEL, ids[1:])
    columns = {"connection": listener.connection, "database": odoo.identity(), "model": MODEL}
    DeletionHint.objects.bulk_create([DeletionHint(record_id=record_id, **columns) for record_id in ids])
    look(odoo)
    assert events() == [("delete", record_id) for record_id in ids[1:]]


def test_what_is_over_is_forgotten(listener: Configuration) -> None:
    long_ago = timezone.now() - timedelta(days=2)
    columns = {"connection": listener.connection, "database": "x", "model": MODEL}
    DeletionHint.objects.create(record_id=1, told_at=long_ago, **columns)
    DeletionHint.objects.create(record_id=2, hinted_at=long_ago, **columns)
    DeletionHint.objects.create(record_id=3, told_at=timezone.now(), **columns)
    assert retention.clean_up()["deletions"] == 2
    assert DeletionHint.objects.get().record_id == 3


# Setting up ---------------------------------------------------------------------------------------------------------


def test_without_a_public_address_webhooks_are_refused_with_what_to_set(settings: Settings) -> None:
    connection = OdooConnection.objects.create(
        code="real", name="Real", transport="jsonrpc", url="http://127.0.0.1:1", database="x", login="me", api_key="k"
    )
    settings.HUB_IS_PUBLIC = False
    for by in (hearing.WEBHOOK, hearing.HAND):
        with pytest.raises(Misconfigured, match="HUB_PUBLIC_URL"):
            hearing.set_up(connection, by)
    assert (connection.hint_token, sources.way_of(connection)) == ("", "polling")
    with pytest.raises(Misconfigured, match="no hints"):
        hearing.renew(connection)
