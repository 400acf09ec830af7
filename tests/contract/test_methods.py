"""Calls of methods, ``fields_get``, and Odoo's import."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import OdooError, OdooValidation
from hub.odoo.connection import Odoo
from tests.contract.conftest import Maker


def test_name_search_gives_ids_with_names(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique)
    assert odoo.call("res.partner", "name_search", kwargs={"name": unique}) == [[partner, unique]]
    assert odoo.call("res.partner", "name_search", kwargs={"name": unique, "operator": "=", "limit": 1}) == [
        [partner, unique]
    ]
    assert odoo.call("res.partner", "name_search", kwargs={"name": f"{unique} x"}) == []
    nobody = {"name": unique, "domain": [("id", "=", 0)]}
    assert odoo.call("res.partner", "name_search", kwargs=nobody) == []


def test_name_search_finds_a_country_by_its_code(odoo: Odoo) -> None:
    [belgium] = odoo.search("res.country", [("code", "=", "BE")])
    assert [belgium, "Belgium"] in odoo.call("res.country", "name_search", kwargs={"name": "Belgi"})


def test_default_get_gives_the_defaults(odoo: Odoo) -> None:
    defaults = odoo.call("res.partner", "default_get", kwargs={"fields": ["type", "active", "name", "color"]})
    assert defaults["type"] == "contact"
    assert defaults["active"] is True
    assert "name" not in defaults


def test_defaults_come_from_the_context_too(odoo: Odoo, make: Maker, unique: str) -> None:
    ids = odoo.create("res.partner", [{"name": unique}], context={"default_city": "Gent"})
    make.keep_track("res.partner", ids)
    assert odoo.read("res.partner", ids, ["city"])[0]["city"] == "Gent"


def test_an_order_is_confirmed_and_cancelled(odoo: Odoo, make: Maker, unique: str) -> None:
    product = make("product.product", name=unique, type="service")
    line = (0, 0, {"product_id": product, "product_uom_qty": 1})
    order = make("sale.order", partner_id=make("res.partner", name=unique), order_line=[line])
    assert odoo.call("sale.order", "action_confirm", [order]) is True
    assert odoo.read("sale.order", [order], ["state"])[0]["state"] == "sale"
    odoo.call("sale.order", "action_cancel", [order])
    assert odoo.read("sale.order", [order], ["state"])[0]["state"] == "cancel"


def test_a_confirmed_order_is_not_deleted(odoo: Odoo, make: Maker, unique: str) -> None:
    order = make("sale.order", partner_id=make("res.partner", name=unique))
    odoo.call("sale.order", "action_confirm", [order])
    with pytest.raises(OdooValidation):
        odoo.unlink("sale.order", [order])
    assert odoo.count("sale.order", [("id", "=", order)]) == 1


def test_a_method_for_one_record_refuses_two(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique)
    orders = make.many("sale.order", [{"partner_id": partner}, {"partner_id": partner}])
    with pytest.raises(OdooError):
        odoo.call("sale.order", "action_quotation_send", [])
    assert odoo.count("sale.order", [("id", "in", orders), ("state", "=", "draft")]) == 2


def test_a_method_on_records_may_be_called_on_none(odoo: Odoo) -> None:
    assert not odoo.call("res.partner", "action_archive")


def test_the_interfaces_methods_may_be_called_by_name(odoo: Odoo, make: Maker, unique: str) -> None:
    [partner] = make.keep_track(
        "res.partner", odoo.call("res.partner", "create", kwargs={"vals_list": [{"name": unique}]})
    )
    mine = [["name", "=", unique]]
    assert odoo.call("res.partner", "search", kwargs={"domain": mine}) == [partner]
    assert odoo.call("res.partner", "search_count", kwargs={"domain": mine}) == 1
    assert odoo.call("res.partner", "write", [partner], {"vals": {"city": "Gent"}}) is True
    found = odoo.call("res.partner", "search_read", kwargs={"domain": mine, "fields": ["city"]})
    assert (
        found == odoo.call("res.partner", "read", [partner], {"fields": ["city"]}) == [{"id": partner, "city": "Gent"}]
    )
    assert odoo.call("res.partner", "unlink", [partner]) is True


def test_the_context_reaches_a_method(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique, active=False)
    kwargs = {"name": unique}
    assert odoo.call("res.partner", "name_search", kwargs=kwargs) == []
    assert odoo.call("res.partner", "name_search", kwargs=kwargs, context={"active_test": False}) == [[partner, unique]]
    inner = {**kwargs, "context": {"active_test": False}}
    assert odoo.call("res.partner", "name_search", kwargs=inner) == [[partner, unique]]


@pytest.mark.parametrize(
    ("model", "field", "expected"),
    [
        ("res.partner", "name", {"type": "char", "store": True}),
        ("res.partner", "is_company", {"type": "boolean"}),
        ("res.partner", "color", {"type": "integer"}),
        ("res.partner", "partner_latitude", {"type": "float"}),
        ("res.partner", "comment", {"type": "html"}),
        ("res.partner", "country_id", {"type": "many2one", "relation": "res.country"}),
        ("res.partner", "child_ids", {"type": "one2many", "relation": "res.partner", "relation_field": "parent_id"}),
        ("res.partner", "category_id", {"type": "many2many", "relation": "res.partner.category"}),
        ("res.partner", "image_1920", {"type": "binary"}),
        ("res.partner", "create_date", {"type": "datetime", "readonly": True}),
        ("res.partner", "id", {"type": "integer", "readonly": True}),
        ("res.partner", "display_name", {"type": "char", "readonly": True, "store": False}),
        ("res.country", "name", {"type": "char", "required": True, "translate": True}),
        ("res.country", "code", {"type": "char", "required": True, "size": 2}),
        ("product.template", "list_price", {"type": "float", "string": "Sales Price"}),
        ("product.template", "name", {"type": "char", "required": True}),
        ("sale.order", "partner_id", {"type": "many2one", "required": True, "string": "Customer"}),
        ("sale.order", "amount_total", {"type": "monetary", "readonly": True}),
        ("sale.order", "date_order", {"type": "datetime", "required": True}),
        ("sale.order", "validity_date", {"type": "date"}),
        ("sale.order", "order_line", {"type": "one2many", "relation": "sale.order.line", "relation_field": "order_id"}),
    ],
)  # fmt: skip
def test_a_field_is_described(odoo: Odoo, model: str, field: str, expected: dict[str, Any]) -> None:
    attributes = ["type", "string", "required", "readonly", "relation", "relation_field", "store", "size", "translate"]
    described = odoo.fields_get(model, attributes)[field]
    assert {name: described.get(name) for name in expected} == expected


def test_only_the_attributes_asked_for_are_given(odoo: Odoo) -> None:
    fields = odoo.fields_get("res.country", ["type", "string"])
    assert all(set(field) == {"type", "string"} for field in fields.values())
    assert set(odoo.fields_get("res.country")["name"]) == {"type", "string", "required", "readonly", "store"}


def test_a_selection_is_listed(odoo: Odoo) -> None:
    selection = odoo.fields_get("res.partner", ["selection"])["type"]["selection"]
    assert ["contact", "Contact"] in selection
    states = odoo.fields_get("sale.order", ["selection"])["state"]["selection"]
    assert [state for state, _ in states][:3] == ["draft", "sent", "sale"]


def test_the_language_of_the_context_is_spoken(odoo: Odoo) -> None:
    record = odoo.search_read("res.country", [("code", "=", "BE")], ["name"], context={"lang": "en_US"})[0]
    assert record["name"] == "Belgium"


def test_load_creates_and_updates(odoo: Odoo, make: Maker, unique: str) -> None:
    old = make("res.partner", name=unique, city="Gent")
    result = odoo.load(
        "res.partner", [".id", "name", "city"], [[str(old), f"{unique} old", "Liège"], ["", f"{unique} new", "Namur"]]
    )
    assert result.messages == []
    assert result.ids is not None
    make.keep_track("res.partner", result.ids[1:])
    assert result.ids[0] == old
    records = odoo.read("res.partner", result.ids, ["name", "city"])
    assert [(record["name"], record["city"]) for record in records] == [
        (f"{unique} old", "Liège"),
        (f"{unique} new", "Namur"),
    ]


def test_load_finds_by_external_id(odoo: Odoo, make: Maker, unique: str) -> None:
    external = f"hub_contract.{unique.replace(' ', '_').lower()}"
    first = odoo.load("res.partner", ["id", "name"], [[external, unique]])
    assert first.ids is not None
    make.keep_track("res.partner", first.ids)
    again = odoo.load("res.partner", ["id", "name", "city"], [[external, f"{unique} again", "Gent"]])
    assert again.ids == first.ids
    assert odoo.read("res.partner", first.ids, ["name", "city"])[0] == {
        "id": first.ids[0], "name": f"{unique} again", "city": "Gent",
    }  # fmt: skip
    module, name = external.split(".")
    known = odoo.search_read("ir.model.data", [("module", "=", module), ("name", "=", name)], ["model", "res_id"])
    assert [(row["model"], row["res_id"]) for row in known] == [("res.partner", first.ids[0])]


def test_load_looks_relations_up(odoo: Odoo, make: Maker, unique: str) -> None:
    [belgium] = odoo.search("res.country", [("code", "=", "BE")])
    tag = make("res.partner.category", name=unique)
    fields = ["name", "country_id", "category_id/.id", "is_company", "color"]
    result = odoo.load("res.partner", fields, [[unique, "Belgium", str(tag), "1", "4"]])
    assert result.ids is not None, result.messages
    make.keep_track("res.partner", result.ids)
    record = odoo.read("res.partner", result.ids, ["country_id", "category_id", "is_company", "color"])[0]
    assert (record["country_id"][0], record["category_id"]) == (belgium, [tag])
    assert (record["is_company"], record["color"]) == (True, 4)


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        ([".id", "name"], ["2000000000", "x"]),
        (["name", "country_id"], ["x", "Nowhere in this world"]),
        (["name", "color"], ["x", "many"]),
        (["name", "type"], ["x", "zz"]),
        (["name", "country_id/.id"], ["x", "2000000000"]),
    ],
    ids=repr,
)
def test_one_wrong_row_and_load_changes_nothing(
    odoo: Odoo, make: Maker, unique: str, fields: list[str], row: list[str]
) -> None:
    good = [unique if field == "name" else "" for field in fields]
    result = odoo.load("res.partner", fields, [good, row])
    assert result.ids is None
    assert result.messages
    assert result.messages[0]["type"] == "error"
    assert result.messages[0]["message"]
    assert odoo.count("res.partner", [("name", "=", unique)]) == 0


def test_load_tells_the_row_and_the_field(odoo: Odoo, unique: str) -> None:
    result = odoo.load("res.partner", ["name", "country_id"], [[unique, "Belgium"], [unique, "Nowhere in this world"]])
    assert result.messages[0]["rows"] == {"from": 1, "to": 1}
    assert result.messages[0]["field"] == "country_id"
