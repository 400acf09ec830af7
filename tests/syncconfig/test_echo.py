"""The echo guard: who wrote something through the hub is not told of it, and hears of all that others change."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.http.fake import FakeClient
from hub.http.message import Request, Response
from hub.odoo.changes import Change
from hub.odoo.connection import Odoo, Operation
from hub.odoo.marked import MarkedOdoo
from syncconfig import drain, echo, plans, seen
from syncconfig.models import ApiClient, Configuration, Delivery
from tests.conftest import Make
from tests.syncconfig.polled import Clock

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/res.partner"
FIELDS = ("name", "city", "phone", "ref")


@pytest.fixture(params=["outbox", "polling"])
def clock(request: pytest.FixtureRequest, odoo: Odoo, out: Configuration) -> Clock:
    clock = Clock(odoo, polled=request.param == "polling")
    clock.listen()
    return clock


@pytest.fixture
def shop(db: None) -> ApiClient:
    """The client that belongs to the system which the configuration sends to."""
    return ApiClient.objects.create(name="Shop", all_configurations=True, calls_per_minute=0, calls_per_hour=0)


@pytest.fixture
def out(make: Make, shop: ApiClient) -> Configuration:
    """All changes of contacts to the shop, but not its own."""
    rows = [("id", "id"), *((name, name) for name in FIELDS)]
    out = make(
        "out", rows, methods=["POST"], url="https://api.example.com/out", on_create=True, on_update=True, on_delete=True
    )
    out.not_back_to.add(shop)
    return out


@pytest.fixture
def coming_in(make: Make) -> Configuration:
    """What the shop may write."""
    rows: list[Any] = [(name, name) for name in FIELDS]
    return make("in", rows, request_type="in", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])


@pytest.fixture
def caller(shop: ApiClient, coming_in: Configuration) -> APIClient:
    """The shop at the API."""
    return of(shop)


def of(client: ApiClient) -> APIClient:
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {client.issue_token()}")
    return api


def create(caller: APIClient, clock: Clock, **values: Any) -> int:
    answer = caller.post(URL, {"data": values}, format="json")
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def write(caller: APIClient, clock: Clock, record_id: int, **values: Any) -> None:
    answer = caller.patch(f"{URL}/{record_id}", {"data": values}, format="json")
    assert answer.status_code == 200, answer.content
    clock.touched("res.partner", [record_id])


def told() -> list[tuple[str, int | None]]:
    return list(Delivery.objects.order_by("id").values_list("event", "record_id"))


def test_what_a_client_wrote_is_not_sent_back_to_it(caller: APIClient, clock: Clock, odoo: Odoo) -> None:
    record_id = create(caller, clock, name="Ann", city="Ulm")
    clock.listen()
    write(caller, clock, record_id, city="Bonn")
    clock.listen()
    write(caller, clock, record_id, city="Gent", phone="1")
    write(caller, clock, record_id, city="Oslo")
    clock.listen()
    assert told() == []


def test_a_record_that_was_there_before_is_not_sent_back_either(caller: APIClient, clock: Clock, odoo: Odoo) -> None:
    record_id = odoo.search("res.partner", [], limit=1)[0]
    write(caller, clock, record_id, city="Bonn")
    clock.listen()
    assert told() == []


def test_batches_and_what_comes_in_are_guarded_too(caller: APIClient, clock: Clock, odoo: Odoo) -> None:
    operations = [{"method": "create", "data": {"name": f"Ann {number}", "ref": "x" * number}} for number in range(60)]
    answer = caller.post(f"{URL}/batch", {"operations": operations}, format="json").json()
    assert answer["success"], answer
    made = [one["id"] for one in answer["results"]]
    posted = caller.post("/api/sync/v1/in/in", [{"name": "Bob"}], format="json")
    assert posted.status_code == 200, posted.content
    clock.listen()
    operations = [{"method": "update", "id": one, "data": {"ref": f"new {one}"}} for one in made]
    assert caller.post(f"{URL}/batch", {"operations": operations}, format="json").json()["success"]
    clock.touched("res.partner", made)
    clock.listen()
    assert told() == []


def test_others_are_told_of_it(caller: APIClient, clock: Clock, out: Configuration, odoo: Odoo) -> None:
    out.not_back_to.clear()
    record_id = create(caller, clock, name="Ann")
    clock.listen()
    assert told() == [("create", record_id)]


def test_what_another_client_wrote_is_sent(clock: Clock, coming_in: Configuration, caller: APIClient) -> None:
    other = of(ApiClient.objects.create(name="CRM", all_configurations=True))
    record_id = create(caller, clock, name="Ann")
    clock.listen()
    write(other, clock, record_id, city="Ulm")
    clock.listen()
    assert told() == [("update", record_id)]


def test_a_change_by_others_to_the_same_record_is_sent(caller: APIClient, clock: Clock, odoo: Odoo) -> None:
    record_id = create(caller, clock, name="Ann", city="Ulm")
    clock.listen()
    clock.write("res.partner", [record_id], {"phone": "1"})
    write(caller, clock, record_id, city="Bonn")
    clock.listen()
    assert told() == [("update", record_id)]


def test_a_change_by_others_to_the_same_field_afterwards_is_sent(caller: APIClient, clock: Clock, odoo: Odoo) -> None:
    record_id = create(caller, clock, name="Ann", city="Ulm")
    clock.listen()
    write(caller, clock, record_id, city="Bonn")
    clock.write("res.partner", [record_id], {"city": "Gent"})
    clock.listen()
    assert told() == [("update", record_id)]


def test_what_the_hub_wrote_back_triggers_nothing(clock: Clock, out: Configuration, odoo: Odoo) -> None:
    out.answers.create(path="number", odoo_field="ref")
    (record_id,) = odoo.create("res.partner", [{"name": "Ann"}])
    clock.listen()
    receiver = FakeClient(default=Response(200, "OK", (), b'{"number": "N1"}'))
    drain.drain(receiver, threads=1)
    clock.touched("res.partner", [record_id])
    assert odoo.read("res.partner", [record_id], ["ref"])[0]["ref"] == "N1"
    clock.listen()
    assert told() == [("create", record_id)]
    clock.write("res.partner", [record_id], {"ref": "N2"})
    clock.listen()
    assert told() == [("create", record_id), ("update", record_id)]


def test_odoo_to_a_third_party_to_the_hub_to_odoo_ends_there(caller: APIClient, clock: Clock, odoo: Odoo) -> None:
    """A receiver that writes each record that it is sent back through the API."""
    (record_id,) = odoo.create("res.partner", [{"name": "Ann"}])

    def write_back(request: Request) -> Response:
        data = json.loads(request.body or b"{}")
        write(caller, clock, data.pop("id"), **{**data, "ref": "theirs"})
        return Response(200, "OK")

    receiver = FakeClient(default=Response(200, "OK"))
    for _ in range(4):
        clock.listen()
        drain.drain(receiver, threads=1)
        for request in receiver.sent:
            write_back(request)
        receiver.sent.clear()
    assert told() == [("create", record_id)]


def test_a_deletion_is_told_to_all_but_who_deleted(caller: APIClient, out: Configuration, odoo: Odoo) -> None:
    clock = Clock(odoo, polled=False)
    clock.listen()
    own, theirs = create(caller, clock, name="Ann"), create(caller, clock, name="Bob")
    clock.listen()
    assert caller.delete(f"{URL}/{own}").status_code == 200
    odoo.unlink("res.partner", [theirs])
    clock.listen()
    assert told() == [("delete", theirs)]


def test_what_odoo_computes_in_the_same_transaction_belongs_to_the_call(
    out: Configuration, shop: ApiClient, odoo: Odoo
) -> None:
    """As a real Odoo tells it: what is computed at the end carries no mark, and has the transaction's number."""
    marked: list[str] = []
    source = echo.Source(client=shop.pk)
    noted = echo.noting(odoo, out.connection, source)
    assert isinstance(noted, MarkedOdoo)
    marked.append(noted._mark([Operation("write", "res.partner", [7], {"city": "Ulm"})]))

    def event(name: str, origin: str, transaction: str) -> Change:
        return Change(
            1, "res.partner", 7, "write", datetime.now(UTC), origin=origin, transaction=transaction,
            changed_fields=(name,), old_values={name: "a"}, new_values={name: "b"},
        )  # fmt: skip

    own, computed = event("city", marked[0], "5"), event("complete_name", "", "5")
    sent, foreign = event("phone", "", "5"), event("city", "", "6")
    raws = [own, computed, sent, foreign]
    guard = echo.Guard.of(out, {7: raws}, lambda: seen.used_by(out, odoo))
    assert guard.rest(raws) == [sent, foreign]


def test_a_mark_of_another_hub_or_a_changed_one_explains_nothing(
    out: Configuration, odoo: Odoo, caller: APIClient
) -> None:
    clock = Clock(odoo, polled=False)
    clock.listen()
    (record_id,) = odoo.create("res.partner", [{"name": "Ann"}], context={"hub_origin": "eyJzIjoiYzEifQ:1:forged"})
    clock.listen()
    assert told() == [("create", record_id)]


def test_without_a_guard_nothing_stands_between_the_api_and_odoo(
    out: Configuration, odoo: Odoo, shop: ApiClient
) -> None:
    source = echo.Source(client=shop.pk)
    assert echo.noting(odoo, out.connection, source) is not odoo
    out.not_back_to.clear()
    assert echo.noting(odoo, out.connection, source) is odoo


class World:
    """The shop's own books: what it wrote itself, and what it was sent."""

    def __init__(self, seed: int, caller: APIClient, clock: Clock, odoo: Odoo) -> None:
        self.dice, self.caller, self.clock, self.odoo = random.Random(seed), caller, clock, odoo
        self.books: dict[int, dict[str, Any]] = {}
        self.records: list[int] = []
        self.foreign = 0

    def values(self) -> dict[str, Any]:
        names = self.dice.sample(FIELDS[1:], self.dice.randint(1, 3))
        return {name: self.dice.choice(["", "a", "b", "c"]) for name in names}

    def shop_creates(self) -> None:
        values = {"name": "Ann", **self.values()}
        made = create(self.caller, self.clock, **values)
        self.records.append(made)
        self.books[made] = values

    def shop_writes(self) -> None:
        if self.records:
            chosen, values = self.dice.choice(self.records), self.values()
            write(self.caller, self.clock, chosen, **values)
            self.books.setdefault(chosen, {}).update(values)

    def somebody_creates(self) -> None:
        (made,) = self.odoo.create("res.partner", [{"name": "Bob", **self.values()}])
        self.clock.touched("res.partner", [made])
        self.records.append(made)
        self.foreign += 1

    def somebody_writes(self) -> None:
        if self.records:
            self.clock.write("res.partner", [self.dice.choice(self.records)], self.values())
            self.foreign += 1

    def time_passes(self) -> None:
        self.clock.listen()

    def messages_go_out(self) -> None:
        receiver = FakeClient()
        drain.drain(receiver, threads=1)
        for request in receiver.sent:
            data = json.loads(request.body or b"{}")
            self.books.setdefault(data["id"], {}).update(data)

    def differs(self) -> list[Any]:
        """The records of which the shop believes something else than Odoo."""
        found = []
        for record in self.odoo.read("res.partner", self.records, list(FIELDS)):
            believed = self.books.get(record["id"], {})
            known = {name: believed.get(name) or None for name in FIELDS}
            if known != {name: record[name] or None for name in FIELDS}:
                found.append((record, believed))
        return found


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_shop_ends_up_knowing_everything(
    seed: int, caller: APIClient, clock: Clock, odoo: Odoo, out: Configuration
) -> None:
    world = World(seed, caller, clock, odoo)
    acts = ["shop_creates", "shop_writes", "shop_writes", "somebody_creates", "somebody_writes", "somebody_writes",
            "time_passes", "messages_go_out"]  # fmt: skip
    for _ in range(60):
        getattr(world, world.dice.choice(acts))()
    world.time_passes()
    world.messages_go_out()
    assert world.foreign > 5
    assert world.differs() == []


@pytest.mark.parametrize("seed", range(2))
def test_while_nobody_else_writes_the_shop_is_told_nothing(
    seed: int, caller: APIClient, clock: Clock, odoo: Odoo, out: Configuration
) -> None:
    world = World(seed, caller, clock, odoo)
    for _ in range(40):
        getattr(world, world.dice.choice(["shop_creates", "shop_writes", "shop_writes", "time_passes"]))()
    world.time_passes()
    assert told() == []
    assert plans.database_of(out.connection)
