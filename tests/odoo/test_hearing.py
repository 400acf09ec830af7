"""Changes in a real Odoo while the hub is killed again and again: each record's news arrive, all and in order.

The small version runs with the other tests of a real Odoo; `make test-hearing` runs the large one.
"""

from __future__ import annotations

import os
import random
import statistics
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from hub.errors import OdooError
from hub.odoo.connection import Odoo, Operation
from tests import real_odoo
from tests.acceptance.running import RunningHub, until

pytestmark = pytest.mark.odoo
MODEL = "res.partner"
FULL = os.environ.get("HUB_TEST_FULL") == "1"
CREATES, UPDATES, DELETES, KILLS, SINGLES = (1_000, 1_000, 500, 5, 40) if FULL else (60, 60, 30, 2, 5)

SET_UP = """
from syncconfig import hearing
from syncconfig.models import Configuration, OdooConnection
connection = OdooConnection.objects.get()
Configuration.objects.all().update(active=False)
one = Configuration.objects.create(
    code="heard", name="Heard", connection=connection, model="res.partner", methods=["POST"], url={url!r},
    domain="[('ref', '=', {mark!r})]", on_create=True, on_update=True, on_delete=True, max_attempts=20)
for position, name in enumerate(("id", "name", "ref")):
    one.mappings.create(odoo_field=name, external_key=name, position=position)
print(json.dumps(hearing.set_up(connection)))
"""
REMOVE = """
from syncconfig import hearing
from syncconfig.models import OdooConnection
print(json.dumps(hearing.remove(OdooConnection.objects.get())))
"""
LEFT = """
from syncconfig.models import ChangeCursor, Delivery
print(json.dumps({"unfinished": Delivery.objects.filter(finished_at=None).count(),
                  "dead": list(Delivery.objects.filter(state="dead").values_list("last_error", flat=True)[:5]),
                  "errors": list(ChangeCursor.objects.exclude(error="").values_list("error", flat=True))}))
"""
TRACES = (
    "ir.model",
    "ir.model.fields",
    "ir.actions.server",
    "base.automation",
    "ir.rule",
    "ir.model.access",
    "ir.cron",
)


class Receiver:
    """Keeps what arrives, by record: the first arrival of each message, in order."""

    def __init__(self, httpserver: HTTPServer, path: str) -> None:
        self.told: dict[int, list[tuple[str, str]]] = {}
        self.arrived: dict[str, float] = {}
        self.names: set[str] = set()
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        for event in ("create", "update", "delete"):
            httpserver.expect_request(f"{path}/{event}").respond_with_handler(self._take)

    def _take(self, request: Request) -> Response:
        data, event = request.get_json(), request.path.rsplit("/", 1)[1]
        with self._lock:
            message = request.headers["Idempotency-Key"]
            if message not in self._seen:
                self._seen.add(message)
                self.told.setdefault(data["id"], []).append((event, data["name"]))
                self.names.add(data["name"])
                self.arrived.setdefault(data["name"], time.monotonic())
        return Response("{}", status=200)


@pytest.fixture
def odoo() -> Iterator[Odoo]:
    with real_odoo.connected() as odoo:
        yield odoo


@pytest.fixture
def mark(odoo: Odoo) -> Iterator[str]:
    """What marks this test's records; they are removed."""
    mark = f"hearing-{uuid.uuid4().hex[:12]}"
    yield mark
    odoo.unlink(MODEL, odoo.search(MODEL, [("ref", "=", mark)], context={"active_test": False}))


@pytest.fixture
def hub(start_hub: Callable[..., RunningHub]) -> Iterator[RunningHub]:
    """A hub on the real Odoo; the outbox that it sets up there is removed, whatever happens."""
    place = real_odoo.place()
    hub = start_hub(
        HUB_ALLOWED_NETWORKS="127.0.0.0/8", HUB_ODOO_URL=place["url"], HUB_ODOO_DATABASE=place["database"],
        HUB_ODOO_LOGIN=place["login"], HUB_ODOO_API_KEY=place["api_key"],
    )  # fmt: skip
    yield hub
    hub.shell(REMOVE)


@pytest.fixture
def start_hub(tmp_path: Path) -> Iterator[Callable[..., RunningHub]]:
    started: list[RunningHub] = []

    def start(**environment: str) -> RunningHub:
        started.append(RunningHub(tmp_path / "data", **environment))
        return started[-1].start()

    yield start
    for one in started:
        one.discard()


def quiet(hub: RunningHub, look: Callable[[], bool]) -> None:
    """Wait until what is expected has arrived, and nothing is left to be sent."""
    until(look, "the last news")
    left = until(lambda: found if not (found := hub.shell(LEFT))["unfinished"] else None, "an empty outbox")
    assert left["dead"] == []


def test_nothing_is_lost_and_all_comes_in_order_while_the_hub_is_killed(
    hub: RunningHub, odoo: Odoo, mark: str, httpserver: HTTPServer
) -> None:
    receiver = Receiver(httpserver, "/heard")
    hub.shell(SET_UP.format(url=httpserver.url_for("/heard/{{ event.type }}"), mark=mark))
    changes = Changes(odoo, mark)
    acts = ["create"] * CREATES + ["update"] * UPDATES + ["delete"] * DELETES
    changes.dice.shuffle(acts)
    kills = set(changes.dice.sample(range(len(acts) // 10, len(acts)), KILLS))
    for number, act in enumerate(acts):
        if number not in kills:
            changes.do(number, act)
            continue
        assert hub.kill_everything() >= 3
        restart = threading.Thread(target=hub.start)
        restart.start()  # Odoo goes on meanwhile
        changes.do(number, act)
        restart.join()
    quiet(hub, lambda: changes.are_in(dict(receiver.told)))
    assert sum(changes.made.values()) == CREATES + UPDATES + DELETES
    for record_id, name in changes.alive.items():
        events = receiver.told[record_id]
        assert [event for event, _ in events] == ["create", *["update"] * (len(events) - 1)], (record_id, events)
        assert events[-1][1] == name
    for record_id, name in changes.gone.items():
        events = receiver.told.get(record_id, [])  # nothing, where it came and went between two looks
        if events:
            # The deletion alone: it was deleted while its creation was claimed, and might have arrived with a worker
            # that was killed. Then the receiver is told once too often rather than once too seldom.
            assert events[0][0] == "create" or events == [("delete", name)], (record_id, events)
            assert [event for event, _ in events].count("delete") == 1
            assert events[-1] == ("delete", name)
    assert set(receiver.told) <= {*changes.alive, *changes.gone}
    assert not any("rolled back" in name for name in receiver.names)


class Changes:
    """What is done in Odoo, and what is there afterwards."""

    def __init__(self, odoo: Odoo, mark: str) -> None:
        self.odoo, self.mark, self.dice = odoo, mark, random.Random(mark)
        self.alive: dict[int, str] = {}
        self.gone: dict[int, str] = {}
        self.made: Counter[str] = Counter()

    def do(self, number: int, act: str) -> None:
        """One change; now and then another one that Odoo undoes."""
        act = act if self.alive else "create"
        self.made[act] += 1
        chosen = self.dice.choice(list(self.alive)) if act != "create" else 0
        if act == "delete":
            self.gone[chosen] = self.alive.pop(chosen)
            self.odoo.unlink(MODEL, [chosen])
            return
        name = f"{self.mark} {number}"
        if act == "create":
            (chosen,) = self.odoo.create(MODEL, [{"name": name, "ref": self.mark}])
        else:
            self.odoo.write(MODEL, [chosen], {"name": name})
        self.alive[chosen] = name
        if number % 20 == 0:
            roll_back(self.odoo, self.mark, chosen)

    def are_in(self, told: dict[int, list[tuple[str, str]]]) -> bool:
        """Whether the newest of each record was told."""
        return all(told.get(one, [("", "")])[-1][1] == name for one, name in self.alive.items()) and all(
            told[one][-1][0] == "delete" for one in self.gone if one in told
        )


def roll_back(odoo: Odoo, mark: str, record_id: int | None) -> None:
    """A transaction that Odoo undoes: a create, a write, and then something impossible."""
    operations = [Operation("create", MODEL, values={"name": "rolled back", "ref": mark})]
    if record_id is not None:
        operations.append(Operation("write", MODEL, [record_id], {"name": "rolled back"}))
    with pytest.raises(OdooError):
        odoo.batch([*operations, Operation("create", MODEL, values={"name": "x", "type": "impossible"})])


def tell_delays(
    create: Callable[[str], object], receiver: Receiver, mark: str, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Create records one after the other, and print how long each takes from Odoo's commit to the receiver."""
    committed: dict[str, float] = {}
    for number in range(SINGLES):
        name = f"{mark} {number}"
        create(name)
        committed[name] = time.monotonic()
        until(lambda name=name: name in receiver.arrived, "its news")  # type: ignore[misc]
    delays = sorted(receiver.arrived[name] - at for name, at in committed.items())
    with capsys.disabled():
        print(f"\n{how}, {SINGLES} changes from commit to arrival: median {statistics.median(delays):.2f} s, "
              f"longest {delays[-1]:.2f} s")  # fmt: skip
    assert len(delays) == SINGLES


def test_the_delay_from_odoos_commit_to_the_receiver(
    hub: RunningHub, odoo: Odoo, mark: str, httpserver: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver = Receiver(httpserver, "/delay")
    hub.shell(SET_UP.format(url=httpserver.url_for("/delay/{{ event.type }}"), mark=mark))
    tell_delays(
        lambda name: odoo.create(MODEL, [{"name": name, "ref": mark}]), receiver, mark, "Heard by the outbox", capsys
    )


def test_removing_leaves_odoo_as_it_was(hub: RunningHub, odoo: Odoo, mark: str, httpserver: HTTPServer) -> None:
    def traces() -> dict[str, set[int]]:
        return {model: set(odoo.search(model, [], context={"active_test": False})) for model in TRACES}

    before = traces()
    hub.shell(SET_UP.format(url=httpserver.url_for("/gone/{{ event.type }}"), mark=mark))
    assert traces()["base.automation"] != before["base.automation"]
    moved = hub.shell(
        "from syncconfig import hearing, listening\n"
        "from syncconfig.models import Configuration, OdooConnection\n"
        "Configuration.objects.filter(code='heard').update(model='res.partner.category', domain='[]')\n"
        "connection = OdooConnection.objects.get()\n"
        "first = hearing.set_up(connection)\n"
        "print(json.dumps([first, hearing.set_up(connection), hearing.check(connection)]))"
    )
    assert "Removed, because nothing listens to it any more: res.partner." in moved[0]
    assert "Removed" not in moved[1] + moved[2]
    rules = odoo.search_read("base.automation", [("id", "not in", sorted(before["base.automation"]))], ["name"])
    assert {row["name"].split(": ")[1].split()[0] for row in rules} == {"res.partner.category"}
    assert "removed" in hub.shell(REMOVE)
    assert traces() == before


def test_state_changes_and_the_echo_guard_on_the_real_odoo(
    hub: RunningHub, odoo: Odoo, mark: str, httpserver: HTTPServer
) -> None:
    """What a client writes through the hub comes back to nobody, and a colleague's change in Odoo does."""
    receiver = Receiver(httpserver, "/echo")
    token = hub.shell(
        SET_UP.format(url=httpserver.url_for("/echo/{{ event.type }}"), mark=mark).replace("print(", "str(")
        + "from syncconfig.models import ApiClient\n"
        "client = ApiClient.objects.create(name='Shop', all_configurations=True)\n"
        "one.not_back_to.add(client)\n"
        "back = Configuration.objects.create(code='back', name='Back', connection=connection, model='res.partner', "
        "request_type='in', methods=['POST', 'PATCH', 'DELETE'])\n"
        "for name in ('name', 'ref', 'city'):\n"
        "    back.mappings.create(odoo_field=name, external_key=name)\n"
        "print(json.dumps(client.issue_token()))"
    )
    body = {"data": {"name": f"{mark} own", "ref": mark}}
    own = hub.call("POST", f"/api/sync/v1/{MODEL}", body, token)["id"]
    hub.call("PATCH", f"/api/sync/v1/{MODEL}/{own}", {"data": {"name": f"{mark} own again"}}, token)
    batch = [{"method": "create", "data": {"name": f"{mark} batch {n}", "ref": mark}} for n in range(30)]
    made = hub.call("POST", f"/api/sync/v1/{MODEL}/batch", {"operations": batch}, token)["results"]
    odoo.write(MODEL, [own], {"name": f"{mark} theirs"})
    (other,) = odoo.create(MODEL, [{"name": f"{mark} other", "ref": mark}])
    quiet(hub, lambda: other in receiver.told and own in receiver.told)
    assert receiver.told == {own: [("update", f"{mark} theirs")], other: [("create", f"{mark} other")]}
    assert not {one["id"] for one in made} & set(receiver.told)
