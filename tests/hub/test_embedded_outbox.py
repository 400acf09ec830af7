"""The change outbox: one event a record and transaction, committed with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.errors import OdooError
from hub.odoo.changes import Change
from hub.odoo.connection import Target
from hub.odoo.embedded import EmbeddedOdoo
from hub.odoo.embedded.outbox import discard_changes, last_sequence, read_changes


@pytest.fixture
def odoo(tmp_path: Path) -> Iterator[EmbeddedOdoo]:
    with EmbeddedOdoo(Target(str(tmp_path / "odoo.sqlite3"), database="empty")) as connection:
        connection.user_id()
        yield connection


def heard(odoo: EmbeddedOdoo, model: str = "res.partner") -> list[Change]:
    """The events of the model since the last time, which are then discarded."""
    changes = read_changes(odoo.database)
    if changes:
        discard_changes(odoo.database, changes[-1].sequence)
    return [change for change in changes if change.model == model]


def partner(odoo: EmbeddedOdoo, **values: Any) -> int:
    made = odoo.create("res.partner", [{"name": "Ada", **values}])[0]
    heard(odoo)
    return made


def test_a_new_database_says_nothing(odoo: EmbeddedOdoo) -> None:
    assert read_changes(odoo.database) == []
    assert last_sequence(odoo.database) == 0


def test_creating_is_one_event_however_much_is_computed(odoo: EmbeddedOdoo) -> None:
    made = odoo.create("res.partner", [{"name": "Ada", "email": "ada@example.com"}, {"name": "Bo"}])
    changes = heard(odoo)
    assert [(change.event, change.record_id) for change in changes] == [("create", made[0]), ("create", made[1])]
    assert changes[0].user_id == odoo.user_id()
    assert abs(changes[0].at - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_write_tells_what_changed_and_what_it_was(odoo: EmbeddedOdoo) -> None:
    one = partner(odoo, email="old@example.com", city="Gent")
    odoo.write("res.partner", [one], {"email": "new@example.com", "city": "Gent", "is_company": True})
    [change] = heard(odoo)
    assert change.event == "write"
    assert change.old_values["email"] == "old@example.com"
    assert change.old_values["is_company"] is False
    assert "email" in change.changed_fields
    assert "city" not in change.changed_fields


def test_a_write_that_changes_nothing_is_no_event(odoo: EmbeddedOdoo) -> None:
    one = partner(odoo, city="Gent")
    odoo.write("res.partner", [one], {"city": "Gent", "street": False})
    assert heard(odoo) == []


def test_deleting_keeps_what_was_there(odoo: EmbeddedOdoo) -> None:
    one = partner(odoo, city="Gent", customer_rank=3)
    odoo.unlink("res.partner", [one])
    [change] = heard(odoo)
    assert (change.event, change.record_id) == ("unlink", one)
    assert change.old_values["city"] == "Gent"
    assert change.old_values["customer_rank"] == 3


def test_a_changed_list_is_an_event_with_the_old_ids(odoo: EmbeddedOdoo) -> None:
    tag = odoo.create("res.partner.category", [{"name": "Gold"}])[0]
    one = partner(odoo)
    odoo.write("res.partner", [one], {"category_id": [[4, tag, 0]]})
    [change] = heard(odoo)
    assert change.changed_fields == ("category_id",)
    assert change.old_values == {"category_id": []}


def test_what_follows_by_computation_is_told_too(odoo: EmbeddedOdoo) -> None:
    company = partner(odoo, name="Acme", is_company=True)
    child = partner(odoo, parent_id=company)
    odoo.write("res.partner", [company], {"name": "Apex"})
    told = {change.record_id: change.changed_fields for change in heard(odoo)}
    assert "name" in told[company]
    assert "complete_name" in told[child]


def test_a_refused_call_leaves_no_event(odoo: EmbeddedOdoo) -> None:
    with pytest.raises(OdooError):
        odoo.create("res.partner", [{"name": "Ada"}, {"name": "Bo", "type": "bogus"}])
    assert heard(odoo) == []
    assert odoo.count("res.partner", [("name", "=", "Ada")]) == 0


def test_the_origin_of_a_write_is_kept(odoo: EmbeddedOdoo) -> None:
    odoo.create("res.partner", [{"name": "Ada"}], context={"hub_origin": "client-7"})
    odoo.create("res.partner", [{"name": "Bo"}])
    assert [change.origin for change in heard(odoo)] == ["client-7", ""]


def test_passwords_are_never_told(odoo: EmbeddedOdoo) -> None:
    user = odoo.create("res.users", [{"name": "Ada", "login": "ada", "password": "canary-1"}])[0]
    odoo.write("res.users", [user], {"password": "canary-2"})
    assert "canary" not in repr(heard(odoo, "res.users"))


def test_events_are_read_on_from_a_cursor(odoo: EmbeddedOdoo) -> None:
    for number in range(5):
        odoo.create("res.partner", [{"name": f"Ada {number}"}])
    first = read_changes(odoo.database, limit=2)
    rest = read_changes(odoo.database, after=first[-1].sequence)
    assert len(first) == 2
    assert len(rest) == 3
    assert [change.sequence for change in [*first, *rest]] == sorted(change.sequence for change in [*first, *rest])
    assert read_changes(odoo.database, after=last_sequence(odoo.database)) == []


def test_events_are_read_by_model(odoo: EmbeddedOdoo) -> None:
    odoo.create("res.partner", [{"name": "Ada"}])
    odoo.create("res.partner.category", [{"name": "Gold"}])
    assert [change.model for change in read_changes(odoo.database, models=["res.partner.category"])] == [
        "res.partner.category"
    ]
    assert read_changes(odoo.database, models=[]) == []


def test_discarding_leaves_later_events_and_never_repeats_a_number(odoo: EmbeddedOdoo) -> None:
    odoo.create("res.partner", [{"name": "Ada"}])
    [first] = read_changes(odoo.database)
    odoo.create("res.partner", [{"name": "Bo"}])
    assert discard_changes(odoo.database, first.sequence) == 1
    [second] = read_changes(odoo.database)
    discard_changes(odoo.database, second.sequence)
    odoo.create("res.partner", [{"name": "Cy"}])
    [third] = read_changes(odoo.database)
    assert first.sequence < second.sequence < third.sequence


def test_an_order_that_is_made_with_its_lines_is_one_event_each(odoo: EmbeddedOdoo) -> None:
    customer = partner(odoo)
    product = odoo.create("product.product", [{"name": "Lamp", "list_price": 10.0}])[0]
    heard(odoo)
    lines = [[0, 0, {"product_id": product, "product_uom_qty": quantity}] for quantity in (1, 2)]
    order = odoo.create("sale.order", [{"partner_id": customer, "order_line": lines}])[0]
    told = [(change.model, change.event) for change in read_changes(odoo.database)]
    assert sorted(told) == [("sale.order", "create"), ("sale.order.line", "create"), ("sale.order.line", "create")]
    heard(odoo)
    odoo.call("sale.order", "action_confirm", [order])
    [change] = heard(odoo, "sale.order")
    assert change.old_values["state"] == "draft"
    assert change.old_values["invoice_status"] == "no"
