"""The x2many commands 0 to 6, on one2many and many2many fields."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import OdooError, OdooValidation
from hub.odoo.connection import Odoo
from tests.contract.conftest import Maker


class Family:
    """A company with two contacts and two tags, one of which it has."""

    def __init__(self, odoo: Odoo, make: Maker, name: str) -> None:
        self._odoo = odoo
        self.gold, self.silver = make.many(
            "res.partner.category", [{"name": f"{name} gold"}, {"name": f"{name} silver"}]
        )
        self.company = make("res.partner", name=name, is_company=True, category_id=[(6, 0, [self.gold])])
        self.ann, self.bob = make.many(
            "res.partner", [{"name": f"{name} {who}", "parent_id": self.company} for who in ("Ann", "Bob")]
        )
        self.stranger = make("res.partner", name=f"{name} stranger")

    def command(self, field: str, *commands: Any) -> list[int]:
        self._odoo.write("res.partner", [self.company], {field: list(commands)})
        return self.now(field)

    def now(self, field: str) -> list[int]:
        return sorted(self._odoo.read("res.partner", [self.company], [field])[0][field])

    def exists(self, partner: int) -> bool:
        return self._odoo.count("res.partner", [("id", "=", partner)]) == 1


@pytest.fixture
def family(odoo: Odoo, make: Maker, unique: str) -> Family:
    return Family(odoo, make, unique)


def test_0_creates_a_child(odoo: Odoo, family: Family, make: Maker, unique: str) -> None:
    after = family.command("child_ids", (0, 0, {"name": f"{unique} new", "email": "new@example.com"}))
    [new] = make.keep_track("res.partner", [number for number in after if number not in (family.ann, family.bob)])
    record = odoo.read("res.partner", [new], ["name", "email", "parent_id"])[0]
    assert record["email"] == "new@example.com"
    assert record["parent_id"][0] == family.company


def test_0_creates_with_the_parent(odoo: Odoo, make: Maker, unique: str) -> None:
    lines = [(0, 0, {"name": f"{unique} {who}"}) for who in ("one", "two")]
    company = make("res.partner", name=unique, is_company=True, child_ids=lines)
    children = make.keep_track("res.partner", odoo.read("res.partner", [company], ["child_ids"])[0]["child_ids"])
    assert sorted(record["name"] for record in odoo.read("res.partner", children, ["name"])) == [
        f"{unique} one", f"{unique} two",
    ]  # fmt: skip


def test_0_creates_and_links_a_tag(odoo: Odoo, family: Family, make: Maker, unique: str) -> None:
    after = family.command("category_id", (0, 0, {"name": f"{unique} bronze"}))
    assert family.gold in after
    assert len(after) == 2
    make.keep_track("res.partner.category", [number for number in after if number != family.gold])


def test_1_writes_to_a_linked_record(odoo: Odoo, family: Family, unique: str) -> None:
    assert family.command("child_ids", (1, family.ann, {"function": "Buyer"})) == [family.ann, family.bob]
    assert odoo.read("res.partner", [family.ann], ["function"])[0]["function"] == "Buyer"
    family.command("category_id", (1, family.gold, {"name": f"{unique} platinum"}))
    assert odoo.read("res.partner.category", [family.gold], ["name"])[0]["name"] == f"{unique} platinum"


def test_2_deletes_a_child(family: Family) -> None:
    assert family.command("child_ids", (2, family.ann, 0)) == [family.bob]
    assert not family.exists(family.ann)


def test_2_deletes_a_tag(odoo: Odoo, family: Family) -> None:
    assert family.command("category_id", (2, family.gold)) == []
    assert odoo.count("res.partner.category", [("id", "=", family.gold)]) == 0


def test_3_lets_a_child_go_without_deleting_it(odoo: Odoo, family: Family) -> None:
    assert family.command("child_ids", (3, family.ann, 0)) == [family.bob]
    assert family.exists(family.ann)
    assert odoo.read("res.partner", [family.ann], ["parent_id"])[0]["parent_id"] is False


def test_3_takes_a_tag_off(odoo: Odoo, family: Family) -> None:
    assert family.command("category_id", (3, family.gold)) == []
    assert odoo.count("res.partner.category", [("id", "=", family.gold)]) == 1


def test_4_links_a_record(odoo: Odoo, family: Family) -> None:
    assert family.command("child_ids", (4, family.stranger, 0)) == sorted([family.ann, family.bob, family.stranger])
    assert odoo.read("res.partner", [family.stranger], ["parent_id"])[0]["parent_id"][0] == family.company
    assert family.command("category_id", (4, family.silver)) == [family.gold, family.silver]
    assert family.command("category_id", (4, family.silver)) == [family.gold, family.silver]


def test_5_lets_all_go(family: Family) -> None:
    assert family.command("child_ids", (5, 0, 0)) == []
    assert family.exists(family.ann)
    assert family.exists(family.bob)
    assert family.command("category_id", (5,)) == []


def test_6_sets_the_list(family: Family) -> None:
    assert family.command("child_ids", (6, 0, [family.bob, family.stranger])) == sorted([family.bob, family.stranger])
    assert family.exists(family.ann)
    assert family.command("category_id", (6, 0, [family.silver])) == [family.silver]
    assert family.command("category_id", (6, 0, [])) == []


def test_commands_run_in_turn(odoo: Odoo, family: Family) -> None:
    after = family.command("category_id", (5, 0, 0), (4, family.silver, 0), (4, family.gold, 0), (3, family.silver, 0))
    assert after == [family.gold]


def test_json_lists_are_commands_too(family: Family) -> None:
    assert family.command("category_id", [4, family.silver, False]) == [family.gold, family.silver]


def test_a_plain_list_of_ids_sets_a_many2many(family: Family) -> None:
    assert family.command("category_id", family.silver) == [family.silver]


@pytest.mark.parametrize(
    ("field", "commands"),
    [
        ("category_id", [(4, 2_000_000_000, 0)]),
        ("category_id", [(6, 0, [2_000_000_000])]),
        ("child_ids", [(0, 0, {"emial": "x"})]),
        ("child_ids", [(1, 2_000_000_000, {"name": "x"})]),
        ("child_ids", [(0, 0, {"name": "fine"}), (0, 0, {"type": "zz"})]),
    ],
    ids=repr,
)
def test_a_wrong_command_changes_nothing(odoo: Odoo, family: Family, field: str, commands: list[Any]) -> None:
    before = family.now("child_ids"), family.now("category_id")
    with pytest.raises(OdooError):
        odoo.write("res.partner", [family.company], {"city": "Nowhere", field: commands})
    assert (family.now("child_ids"), family.now("category_id")) == before
    assert odoo.read("res.partner", [family.company], ["city"])[0]["city"] is False


@pytest.fixture
def product(make: Maker, unique: str) -> int:
    return make("product.product", name=unique, list_price=10.0)


def test_an_order_is_made_with_its_lines(odoo: Odoo, make: Maker, unique: str, product: int) -> None:
    lines = [
        (0, 0, {"product_id": product, "product_uom_qty": quantity, "price_unit": 10.0, "tax_ids": [(5, 0, 0)]})
        for quantity in (1, 3)
    ]
    order = make("sale.order", partner_id=make("res.partner", name=unique), order_line=lines)
    record = odoo.read("sale.order", [order], ["order_line", "amount_untaxed", "amount_total", "state", "name"])[0]
    assert len(record["order_line"]) == 2
    assert record["amount_untaxed"] == record["amount_total"] == 40.0
    assert record["state"] == "draft"
    assert record["name"].startswith("S")
    line = odoo.read(
        "sale.order.line", record["order_line"][:1], ["product_id", "product_uom_qty", "price_subtotal", "order_id"]
    )[0]
    assert line["order_id"][0] == order
    assert line["price_subtotal"] == 10.0


def test_an_orders_lines_are_changed_and_deleted(odoo: Odoo, make: Maker, unique: str, product: int) -> None:
    values = {"product_id": product, "product_uom_qty": 1, "price_unit": 10.0, "tax_ids": [(5, 0, 0)]}
    order = make("sale.order", partner_id=make("res.partner", name=unique), order_line=[(0, 0, values), (0, 0, values)])
    first, second = odoo.read("sale.order", [order], ["order_line"])[0]["order_line"]
    odoo.write("sale.order", [order], {"order_line": [(1, first, {"product_uom_qty": 5}), (2, second, 0)]})
    record = odoo.read("sale.order", [order], ["order_line", "amount_total"])[0]
    assert record["order_line"] == [first]
    assert record["amount_total"] == 50.0
    assert odoo.count("sale.order.line", [("id", "=", second)]) == 0


def test_deleting_an_order_deletes_its_lines(odoo: Odoo, make: Maker, unique: str, product: int) -> None:
    values = {"product_id": product, "product_uom_qty": 1}
    order = make("sale.order", partner_id=make("res.partner", name=unique), order_line=[(0, 0, values)])
    lines = odoo.read("sale.order", [order], ["order_line"])[0]["order_line"]
    odoo.unlink("sale.order", [order])
    assert odoo.count("sale.order.line", [("id", "in", lines)]) == 0


def test_a_command_that_is_none_is_refused(odoo: Odoo, family: Family) -> None:
    with pytest.raises(OdooValidation):
        odoo.write("res.partner", [family.company], {"category_id": "gold"})
