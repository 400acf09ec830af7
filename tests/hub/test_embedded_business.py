"""Orders, products, stock and invoices of the embedded Odoo: what is computed, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hub.errors import OdooDuplicate, OdooValidation
from hub.odoo.connection import Target
from hub.odoo.embedded import EmbeddedOdoo

_numbers = count(1)


@pytest.fixture(scope="module")
def odoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedOdoo]:
    path: Path = tmp_path_factory.mktemp("odoo") / "odoo.sqlite3"
    with EmbeddedOdoo(Target(str(path), database="empty")) as connection:
        yield connection


@pytest.fixture
def customer(odoo: EmbeddedOdoo) -> int:
    return odoo.create("res.partner", [{"name": f"Customer {next(_numbers)}"}])[0]


def product(odoo: EmbeddedOdoo, **values: Any) -> int:
    tax = odoo.search("account.tax", [("type_tax_use", "=", "sale"), ("amount", "=", 15.0)], limit=1)
    known = {"name": f"Lamp {next(_numbers)}", "list_price": 100.0, "taxes_id": [[6, 0, tax]], **values}
    return odoo.create("product.product", [known])[0]


def order(odoo: EmbeddedOdoo, customer: int, *lines: dict[str, Any]) -> int:
    return odoo.create("sale.order", [{"partner_id": customer, "order_line": [[0, 0, line] for line in lines]}])[0]


def amounts(odoo: EmbeddedOdoo, one: int) -> tuple[float, float, float]:
    record = odoo.read("sale.order", [one], ["amount_untaxed", "amount_tax", "amount_total"])[0]
    return record["amount_untaxed"], record["amount_tax"], record["amount_total"]


def test_an_order_is_priced_and_taxed_from_its_products(odoo: EmbeddedOdoo, customer: int) -> None:
    lamp = product(odoo, default_code="L1", description_sale="Dimmable")
    one = order(odoo, customer, {"product_id": lamp, "product_uom_qty": 3, "discount": 10})
    assert amounts(odoo, one) == (270.0, 40.5, 310.5)
    [line] = odoo.search_read("sale.order.line", [("order_id", "=", one)], ["name", "price_subtotal", "product_uom_id"])
    assert line["name"].startswith("[L1] Lamp")
    assert line["name"].endswith("\nDimmable")
    assert line["price_subtotal"] == 270.0
    assert line["product_uom_id"][1] == "Units"


@pytest.mark.parametrize(
    ("price", "quantity", "expected"),
    [(0.1, 3, 0.3), (1.005, 1, 1.01), (2.675, 1, 2.68), (19.99, 3, 59.97), (1 / 3, 3, 1.0)],
)
def test_cents_are_rounded_in_decimal(
    odoo: EmbeddedOdoo, customer: int, price: float, quantity: float, expected: float
) -> None:
    lamp = product(odoo, taxes_id=[[6, 0, []]])
    one = order(odoo, customer, {"product_id": lamp, "price_unit": price, "product_uom_qty": quantity})
    assert amounts(odoo, one) == (expected, 0.0, expected)


def test_totals_follow_every_change_of_the_lines(odoo: EmbeddedOdoo, customer: int) -> None:
    lamp = product(odoo)
    one = order(odoo, customer, {"product_id": lamp}, {"product_id": lamp, "product_uom_qty": 2})
    first, second = odoo.read("sale.order", [one], ["order_line"])[0]["order_line"]
    odoo.write("sale.order", [one], {"order_line": [[1, first, {"product_uom_qty": 5}], [2, second, 0]]})
    assert amounts(odoo, one) == (500.0, 75.0, 575.0)
    odoo.write("sale.order.line", [first], {"tax_ids": [[5, 0, 0]]})
    assert amounts(odoo, one) == (500.0, 0.0, 500.0)
    odoo.unlink("sale.order.line", [first])
    assert amounts(odoo, one) == (0.0, 0.0, 0.0)


def test_orders_are_numbered_in_turn(odoo: EmbeddedOdoo, customer: int) -> None:
    names = [odoo.read("sale.order", [order(odoo, customer)], ["name"])[0]["name"] for _number in range(2)]
    assert int(names[1][1:]) == int(names[0][1:]) + 1
    assert names[0].startswith("S0")


def test_an_order_goes_from_quotation_to_sale_to_cancelled(odoo: EmbeddedOdoo, customer: int) -> None:
    one = order(odoo, customer, {"product_id": product(odoo)})
    fields = ["state", "invoice_status", "delivery_status"]

    def seen() -> tuple[Any, ...]:
        record = odoo.read("sale.order", [one], fields)[0]
        return tuple(record[name] for name in fields)

    assert seen() == ("draft", "no", False)
    odoo.call("sale.order", "action_quotation_sent", [one])
    assert odoo.call("sale.order", "action_confirm", [one]) is True
    assert seen() == ("sale", "to invoice", "pending")
    [line] = odoo.search("sale.order.line", [("order_id", "=", one)])
    odoo.write("sale.order.line", [line], {"qty_delivered": 1.0, "qty_invoiced": 1.0})
    assert seen() == ("sale", "invoiced", "full")
    with pytest.raises(OdooValidation, match="not in a state requiring confirmation"):
        odoo.call("sale.order", "action_confirm", [one])
    for model, ids in (("sale.order", [one]), ("sale.order.line", [line])):
        with pytest.raises(OdooValidation):
            odoo.unlink(model, ids)
    odoo.call("sale.order", "action_cancel", [one])
    assert seen() == ("cancel", "no", False)
    odoo.unlink("sale.order", [one])
    assert odoo.search("sale.order.line", [("id", "=", line)]) == []


def test_what_an_order_needs_is_named(odoo: EmbeddedOdoo, customer: int) -> None:
    with pytest.raises(OdooValidation) as caught:
        odoo.create("sale.order", [{}])
    assert caught.value.details == {"field": "partner_id", "model": "sale.order", "constraint": "required"}
    with pytest.raises(OdooValidation) as caught:
        order(odoo, customer, {"product_id": 999_999})
    assert caught.value.details["field"] == "product_id"


def test_a_partner_or_product_with_orders_stays(odoo: EmbeddedOdoo, customer: int) -> None:
    lamp = product(odoo)
    order(odoo, customer, {"product_id": lamp})
    for model, one in (("res.partner", customer), ("product.product", lamp)):
        with pytest.raises(OdooValidation, match="Another model is using the record"):
            odoo.unlink(model, [one])


def test_a_variant_shares_its_templates_fields(odoo: EmbeddedOdoo) -> None:
    lamp = product(odoo, name="Shared lamp", default_code="SH", standard_price=7.0)
    [template, _name] = odoo.read("product.product", [lamp], ["product_tmpl_id"])[0]["product_tmpl_id"]
    assert odoo.read("product.template", [template], ["default_code", "standard_price"])[0]["default_code"] == "SH"
    odoo.write("product.template", [template], {"name": "Renamed lamp", "default_code": "SH2", "list_price": 5.0})
    seen = odoo.read("product.product", [lamp], ["display_name", "list_price", "lst_price"])[0]
    assert (seen["display_name"], seen["list_price"], seen["lst_price"]) == ("[SH2] Renamed lamp", 5.0, 5.0)
    odoo.write("product.product", [lamp], {"name": "Back again"})
    assert odoo.read("product.template", [template], ["name"])[0]["name"] == "Back again"
    assert odoo.search("product.product", [("name", "=", "Back again")]) == [lamp]
    odoo.unlink("product.product", [lamp])
    assert odoo.search("product.template", [("id", "=", template)]) == []


def test_a_template_brings_its_variant(odoo: EmbeddedOdoo) -> None:
    [template] = odoo.create("product.template", [{"name": "Desk", "barcode": "desk-1", "taxes_id": False}])
    [variant] = odoo.read("product.template", [template], ["product_variant_ids"])[0]["product_variant_ids"]
    assert odoo.read("product.product", [variant], ["barcode", "taxes_id"])[0] == {
        "id": variant,
        "barcode": "desk-1",
        "taxes_id": [],
    }
    with pytest.raises(OdooDuplicate) as caught:
        product(odoo, barcode="desk-1")
    assert caught.value.details["field"] == "barcode"


def test_a_copied_product_is_a_product_of_its_own(odoo: EmbeddedOdoo) -> None:
    lamp = product(odoo, name="Original", default_code="OR", barcode="or-1")
    [other] = odoo.call("product.product", "copy", [lamp])
    seen = odoo.read(
        "product.product", [lamp, other], ["name", "default_code", "barcode", "product_tmpl_id", "taxes_id"]
    )
    assert (seen[1]["name"], seen[1]["default_code"], seen[1]["barcode"]) == ("Original (copy)", False, False)
    assert seen[1]["taxes_id"] == seen[0]["taxes_id"]
    assert seen[1]["product_tmpl_id"] != seen[0]["product_tmpl_id"]


def test_stock_is_what_was_counted_less_what_is_sold(odoo: EmbeddedOdoo, customer: int) -> None:
    lamp = product(odoo, is_storable=True)
    [quant] = odoo.create("stock.quant", [{"product_id": lamp, "inventory_quantity": 12}])
    odoo.write("stock.quant", [quant], {"inventory_quantity": 12})
    odoo.call("stock.quant", "action_apply_inventory", [quant])
    sold = order(odoo, customer, {"product_id": lamp, "product_uom_qty": 5})
    odoo.call("sale.order", "action_confirm", [sold])
    seen = odoo.read("product.product", [lamp], ["qty_available", "virtual_available"])[0]
    assert (seen["qty_available"], seen["virtual_available"]) == (12.0, 7.0)
    assert lamp in odoo.search("product.product", [("qty_available", ">", 0)])
    assert lamp in odoo.search("product.product", [("virtual_available", "=", 7)])


def test_an_invoice_is_posted_numbered_and_then_fixed(odoo: EmbeddedOdoo, customer: int) -> None:
    line = {"product_id": product(odoo), "quantity": 2}
    values = {"move_type": "out_invoice", "partner_id": customer, "invoice_line_ids": [[0, 0, line]]}
    [one] = odoo.create("account.move", [values])
    record = odoo.read(
        "account.move", [one], ["name", "display_name", "amount_total", "amount_residual", "journal_id"]
    )[0]
    assert (record["name"], record["display_name"], record["amount_total"]) == (False, "Draft Invoice", 230.0)
    odoo.call("account.move", "action_post", [one])
    record = odoo.read("account.move", [one], ["name", "state", "invoice_date"])[0]
    assert record["name"].startswith("INV/")
    assert record["state"] == "posted"
    for refused in (
        lambda: odoo.unlink("account.move", [one]),
        lambda: odoo.write("account.move", [one], {"partner_id": 1}),
        lambda: odoo.call("account.move", "action_post", [one]),
        lambda: odoo.unlink("res.partner", [customer]),
    ):
        with pytest.raises(OdooValidation):
            refused()
    odoo.call("account.move", "button_draft", [one])
    odoo.unlink("account.move", [one])


def test_groups_are_counted_and_summed(odoo: EmbeddedOdoo) -> None:
    [one, two] = odoo.search("res.country", [("code", "in", ["BE", "FR"])], order="name")
    rows = [
        {"name": "Grouped", "color": number, "country_id": country}
        for number, country in ((1, one), (2, one), (4, two))
    ]
    odoo.create("res.partner", rows)
    arguments = {
        "domain": [("name", "=", "Grouped")],
        "groupby": ["country_id"],
        "aggregates": ["__count", "color:sum"],
    }
    groups = odoo.call("res.partner", "formatted_read_group", kwargs=arguments)
    assert [(group["country_id"][1], group["__count"], group["color:sum"]) for group in groups] == [
        ("Belgium", 2, 3),
        ("France", 1, 4),
    ]
