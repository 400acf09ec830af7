"""What of Odoo's changes is sent: certain fields, certain states; with what changed, in whichever way it was heard."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_httpserver import HTTPServer

from hub.http.client import Client
from hub.odoo.changes import Change
from hub.odoo.connection import Odoo
from syncconfig import drain, drift, listening, plans, preview, seen, triggers
from syncconfig.models import ChangeCursor, Configuration, Delivery
from syncconfig.validators import egress_policy
from tests.conftest import Make
from tests.syncconfig.polled import Clock

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["outbox", "polling"])
def clock(request: pytest.FixtureRequest, odoo: Odoo) -> Clock:
    """The Odoo, told of by its outbox, or asked for changes."""
    return Clock(odoo, polled=request.param == "polling")


@pytest.fixture
def out(make: Make, httpserver: HTTPServer) -> Configuration:
    """Contacts to the receiver."""
    httpserver.expect_request("/out").respond_with_json({})
    return make(
        "out", [("name", "name"), ("city", "city")], methods=["POST"], url=httpserver.url_for("/out"), on_update=True
    )


@pytest.fixture
def orders(make: Make, httpserver: HTTPServer) -> Configuration:
    """Orders, when a quotation becomes an order."""
    httpserver.expect_request("/orders").respond_with_json({})
    return make(
        "orders", [("name", "number")], model="sale.order", methods=["POST"], url=httpserver.url_for("/orders"),
        on_state=True, state_field="state", state_from="draft, sent", state_to="sale",
    )  # fmt: skip


def events() -> list[tuple[str, int | None]]:
    return list(Delivery.objects.order_by("id").values_list("event", "record_id"))


def order(odoo: Odoo) -> int:
    (partner,) = odoo.search("res.partner", [], limit=1)
    (made,) = odoo.create("sale.order", [{"partner_id": partner}])
    return made


def test_only_updates_of_the_fields_that_were_named_are_sent(out: Configuration, odoo: Odoo, clock: Clock) -> None:
    out.trigger_fields = "email, phone"
    out.save()
    (record_id,) = odoo.create("res.partner", [{"name": "Ann"}])
    clock.listen()
    clock.write("res.partner", [record_id], {"city": "Ulm"})
    clock.listen()
    assert events() == []
    clock.write("res.partner", [record_id], {"phone": "1", "city": "Bonn"})
    clock.listen()
    (told,) = Delivery.objects.all()
    assert (told.event, told.record_id) == ("update", record_id)
    assert "phone" in told.change["changed_fields"]
    assert (told.change["old"]["phone"], told.change["new"]["phone"]) == (False, "1")


def test_a_write_that_changes_nothing_is_no_news(out: Configuration, odoo: Odoo, clock: Clock) -> None:
    (record_id,) = odoo.create("res.partner", [{"name": "Ann", "city": "Ulm"}])
    clock.listen()
    clock.write("res.partner", [record_id], {"city": "Bonn"})
    clock.listen()
    Delivery.objects.all().delete()
    clock.write("res.partner", [record_id], {"city": "Bonn"})
    clock.listen()
    assert events() == []


@pytest.mark.parametrize(
    ("columns", "sent"),
    [
        ({}, 0),
        ({"trigger_fields": "name"}, 0),
        ({"on_update": False, "on_state": True, "state_field": "type", "state_to": "consu"}, 0),
        ({"trigger_fields": "barcode"}, 1),  # which Odoo keeps with the product's variant
    ],
)
def test_a_save_of_no_stored_field_is_news_only_where_a_field_that_is_kept_elsewhere_is_used(
    make: Make, odoo: Odoo, columns: dict[str, Any], sent: int
) -> None:
    columns = {"on_update": True, **columns}
    products = make(
        "products",
        [("name", "name")],
        model="product.template",
        methods=["POST"],
        url="https://example.com/p",
        **columns,
    )
    (record_id,) = odoo.create("product.template", [{"name": "Saved", "type": "consu"}])
    saved = Change(1, "product.template", record_id, "write", datetime(2026, 1, 2, tzinfo=UTC), silent=True)
    found = triggers.caused(products, odoo, "main", {record_id: [saved]}, told=True)
    assert len(found.messages) == sent


def test_a_quotation_that_becomes_an_order_is_told_once(orders: Configuration, odoo: Odoo, clock: Clock) -> None:
    made = order(odoo)
    clock.listen("sale.order")
    clock.write("sale.order", [made], {"client_order_ref": "x"})
    clock.listen("sale.order")
    assert events() == []
    clock.write("sale.order", [made], {"state": "sale"})
    clock.listen("sale.order")
    clock.write("sale.order", [made], {"client_order_ref": "y"})
    clock.listen("sale.order")
    (told,) = Delivery.objects.all()
    assert (told.event, told.record_id) == ("state", made)
    assert (told.change["old"]["state"], told.change["new"]["state"]) == ("draft", "sale")


def test_a_state_that_comes_from_elsewhere_is_not_told(orders: Configuration, odoo: Odoo, clock: Clock) -> None:
    made = order(odoo)
    clock.write("sale.order", [made], {"state": "cancel"})
    clock.listen("sale.order")
    clock.write("sale.order", [made], {"state": "sale"})
    clock.listen("sale.order")
    assert events() == []


def test_a_state_that_was_passed_between_two_looks_is_told_by_an_outbox(
    orders: Configuration, odoo: Odoo, connection: Any
) -> None:
    clock = Clock(odoo, polled=False)
    made = order(odoo)
    clock.listen("sale.order")
    clock.write("sale.order", [made], {"state": "sale"})
    clock.write("sale.order", [made], {"state": "cancel"})
    clock.listen("sale.order")
    (told,) = Delivery.objects.all()
    assert told.event == "state"


def test_without_values_before_a_new_record_in_that_state_counts(
    orders: Configuration, odoo: Odoo, clock: Clock
) -> None:
    orders.state_from, orders.state_to = "", "draft"
    orders.save()
    clock.listen("sale.order")
    made = order(odoo)
    clock.listen("sale.order")
    assert events() == [("state", made)]


def test_a_relation_is_named_by_id_or_by_name(out: Configuration, odoo: Odoo, clock: Clock) -> None:
    (country,) = odoo.search("res.country", [("code", "=", "DE")])
    out.on_update, out.on_state, out.state_field, out.state_to = False, True, "country_id", "Germany"
    out.save()
    (record_id,) = odoo.create("res.partner", [{"name": "Ann"}])
    clock.listen()
    clock.write("res.partner", [record_id], {"country_id": country})
    clock.listen()
    assert events() == [("state", record_id)]


def test_an_update_of_a_record_made_since_the_last_look_is_told_to_who_wants_updates_alone(
    out: Configuration, odoo: Odoo
) -> None:
    clock = Clock(odoo, polled=False)
    clock.listen()
    (record_id,) = odoo.create("res.partner", [{"name": "Ann"}])
    clock.wait()
    clock.write("res.partner", [record_id], {"city": "Ulm"})
    clock.listen()
    assert events() == [("update", record_id)]


def test_what_records_were_before_is_known_from_the_moment_that_a_trigger_is_made(
    orders: Configuration, odoo: Odoo
) -> None:
    made = order(odoo)
    clock = Clock(odoo, polled=True)
    clock.listen("sale.order")
    assert seen.Memory.of(orders, plans.database_of(orders.connection), [made]).known[made]["state"] == "draft"


def test_templates_scripts_and_the_mapping_see_the_event(
    out: Configuration, odoo: Odoo, clock: Clock, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/out/update").respond_with_json({})
    out.url += "/{{ event.type }}"
    out.script_condition = "'city' in event['changed_fields']"
    out.script_after = "result = {'data': request_data, 'was': event['old']['city']}"
    out.body_template = '{"all": {{ data | json }}, "new": {{ event.new.city | json }}}'
    out.mappings.create(
        odoo_field="name", external_key="why", kind="template", detail="{{ event.type }} of {{ name }}", position=9
    )
    out.mappings.create(
        odoo_field="name", external_key="scripted", kind="script", detail="event['new'].get('city')", position=10
    )
    out.save()
    (record_id,) = odoo.create("res.partner", [{"name": "Ann"}])
    clock.listen()
    clock.write("res.partner", [record_id], {"city": "Ulm"})
    clock.listen()
    Delivery.objects.all().delete()
    clock.write("res.partner", [record_id], {"city": "Bonn", "phone": "2"})
    clock.listen()
    drain.drain(Client(egress_policy(), pool_size=1), threads=1)
    (request, _) = httpserver.log[-1]
    assert request.path == "/out/update"
    body = request.get_json()
    assert body["new"] == "Bonn"
    assert body["all"]["was"] == "Ulm"
    assert body["all"]["data"]["why"] == "update of Ann"
    assert body["all"]["data"]["scripted"] == "Bonn"


def test_a_preview_shows_an_event_by_hand(out: Configuration, odoo: Odoo) -> None:
    out.body_template = '{"why": {{ event.type | json }}, "old": {{ event.old | json }}}'
    out.save()
    assert json.loads(preview.of_record(out).text) == {"why": "manual", "old": {}}


def test_a_deleted_record_is_told_with_what_lay_behind_its_relations(
    make: Make, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/gone").respond_with_json({})
    make(
        "gone", [("name", "name"), ("country_id.code", "country")], methods=["POST"],
        url=httpserver.url_for("/gone"), on_delete=True,
    )  # fmt: skip
    clock = Clock(odoo, polled=False)
    (country,) = odoo.search("res.country", [("code", "=", "DE")])
    (record_id,) = odoo.create("res.partner", [{"name": "Ann", "country_id": country}])
    clock.listen()
    odoo.unlink("res.partner", [record_id])
    clock.listen()
    drain.drain(Client(egress_policy(), pool_size=1), threads=1)
    assert httpserver.log[-1][0].get_json() == {"name": "Ann", "country": "DE"}


@pytest.mark.parametrize(
    ("domain", "told"),
    [
        ("[('ref', '=', 'mine')]", ["mine"]),
        ("[('ref', '=like', 'min%')]", ["mine"]),
        ("['|', ('ref', '=', 'mine'), ('name', '=', 'Ben')]", ["mine", "other"]),
        ("[('category_id.name', '=', 'Hub')]", []),
    ],
)
def test_a_deletion_is_told_of_records_that_the_filter_lets_through(
    make: Make, odoo: Odoo, httpserver: HTTPServer, domain: str, told: list[str]
) -> None:
    out = make(
        "gone", [("ref", "ref")], methods=["POST"], url=httpserver.url_for("/gone"), on_delete=True, domain=domain
    )
    clock = Clock(odoo, polled=False)
    ids = odoo.create("res.partner", [{"name": "Ann", "ref": "mine"}, {"name": "Ben", "ref": "other"}])
    clock.listen()
    odoo.unlink("res.partner", ids)
    clock.listen()
    sent = [row.values["ref"] for row in Delivery.objects.filter(configuration=out) if row.values]
    assert sorted(sent) == told


def test_where_the_values_do_not_tell_a_deletion_is_told_of_what_was_sent(
    make: Make, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/gone").respond_with_json({})
    (tag,) = odoo.create("res.partner.category", [{"name": "Hub"}])
    make(
        "gone", [("ref", "ref")], methods=["POST"], url=httpserver.url_for("/gone"), on_create=True, on_delete=True,
        domain="[('category_id.name', '=', 'Hub')]",
    )  # fmt: skip
    clock = Clock(odoo, polled=False)
    clock.listen()  # from now on
    ids = odoo.create("res.partner", [{"name": "Ann", "ref": "a", "category_id": [(6, 0, [tag])]}, {"name": "Ben"}])
    clock.listen()
    drain.drain(Client(egress_policy(), pool_size=1), threads=1)
    odoo.unlink("res.partner", ids)
    clock.listen()
    assert events() == [("create", ids[0]), ("delete", ids[0])]


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"on_state": True}, "state_field"),
        ({"trigger_fields": "partner_id.name"}, "trigger_fields"),
        ({"trigger_fields": "name; drop"}, "trigger_fields"),
        ({"on_state": True, "state_field": "state", "state_from": "sale", "state_to": "sale"}, "state_to"),
        ({"schedule": "every 7 minutes"}, "schedule"),
    ],
)
def test_what_cannot_work_is_refused_by_its_field(out: Configuration, columns: dict[str, Any], field: str) -> None:
    for name, value in columns.items():
        setattr(out, name, value)
    with pytest.raises(ValidationError) as refused:
        out.full_clean()
    assert field in refused.value.message_dict


@pytest.mark.parametrize(
    ("columns", "field", "hint"),
    [
        ({"trigger_fields": "name, citty"}, "trigger_fields", "Did you mean `city`?"),
        ({"on_state": True, "state_field": "typ", "state_to": "x"}, "state_field", "Did you mean `type`?"),
        ({"on_state": True, "state_field": "type", "state_from": "contract"}, "state_from", "It is one of: "),
        ({"on_state": True, "state_field": "type", "state_to": "contact"}, None, ""),
    ],
)
def test_fields_and_values_that_odoo_has_not_are_told(
    out: Configuration, columns: dict[str, Any], field: str | None, hint: str
) -> None:
    for name, value in columns.items():
        setattr(out, name, value)
    found = drift.problems_of(out)
    assert list(found) == ([field] if field else [])
    assert hint in "".join(found.values())


def test_a_schedule_in_words_is_kept_as_its_five_fields(out: Configuration) -> None:
    out.schedule = "every 5 minutes"
    out.full_clean()
    out.save()
    assert Configuration.objects.get().schedule == "*/5 * * * *"


def test_the_cursor_says_how_it_hears(out: Configuration, odoo: Odoo, clock: Clock) -> None:
    clock.listen()
    assert {one.source for one in ChangeCursor.objects.all()} == {clock.source}
    assert listening.watched()
