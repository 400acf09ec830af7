"""Values of each field type: what goes in, and what comes out."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from hub.errors import OdooValidation
from hub.odoo.connection import Odoo
from tests.contract.conftest import Maker

PNG = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
).decode()


def read(odoo: Odoo, model: str, number: int, field: str) -> Any:
    return odoo.read(model, [number], [field])[0][field]


@pytest.mark.parametrize(
    ("field", "sent", "expected"),
    [
        ("city", "Brussels", "Brussels"),
        ("city", "Zürich – 東京 🚆", "Zürich – 東京 🚆"),
        ("city", 'it\'s "quoted" \\ back', 'it\'s "quoted" \\ back'),
        ("city", "", ""),
        ("city", False, False),
        ("city", None, False),
        ("city", 5, "5"),
        ("color", 7, 7),
        ("color", 0, 0),
        ("color", False, 0),
        ("color", None, 0),
        ("color", "7", 7),
        ("partner_latitude", 50.8466, 50.8466),
        ("partner_latitude", 50, 50.0),
        ("partner_latitude", False, 0.0),
        ("partner_latitude", -0.1234567, -0.1234567),
        ("is_company", True, True),
        ("is_company", False, False),
        ("is_company", None, False),
        ("is_company", 1, True),
        ("type", "invoice", "invoice"),
        ("type", False, False),
        ("comment", "<p>Good <b>customer</b></p>", "<p>Good <b>customer</b></p>"),
        ("comment", False, False),
    ],
    ids=repr,
)
def test_a_partners_value_is_read_as(
    odoo: Odoo, make: Maker, unique: str, field: str, sent: object, expected: object
) -> None:
    created = make("res.partner", **{"name": unique, field: sent})
    got = read(odoo, "res.partner", created, field)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("field", "sent"), [("city", "Gent"), ("color", 3), ("is_company", True), ("partner_latitude", 1.5)]
)
def test_what_is_written_is_read(odoo: Odoo, make: Maker, unique: str, field: str, sent: object) -> None:
    partner = make("res.partner", name=unique)
    odoo.write("res.partner", [partner], {field: sent})
    assert read(odoo, "res.partner", partner, field) == sent
    odoo.write("res.partner", [partner], {field: False})
    assert not read(odoo, "res.partner", partner, field)


def test_a_scripts_tags_are_taken_out_of_html(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique, comment="<p>Hello</p><script>alert(1)</script>")
    assert "script" not in read(odoo, "res.partner", partner, "comment")
    assert "Hello" in read(odoo, "res.partner", partner, "comment")


def test_long_text_keeps_its_lines(odoo: Odoo, make: Maker, unique: str) -> None:
    text = "first line\nsecond\tline\n" + "x" * 5000
    product = make("product.template", name=unique, description_sale=text)
    assert read(odoo, "product.template", product, "description_sale") == text


def test_money_and_floats_are_numbers(odoo: Odoo, make: Maker, unique: str) -> None:
    product = make("product.template", name=unique, list_price=19.99, standard_price=12.5, weight=0.25)
    assert read(odoo, "product.template", product, "list_price") == 19.99
    assert read(odoo, "product.template", product, "weight") == 0.25
    [variant] = read(odoo, "product.template", product, "product_variant_ids")
    assert read(odoo, "product.product", variant, "lst_price") == 19.99


def test_a_many2one_is_an_id_in_and_a_pair_out(odoo: Odoo, make: Maker, unique: str) -> None:
    [belgium] = odoo.search("res.country", [("code", "=", "BE")])
    partner = make("res.partner", name=unique, country_id=belgium)
    assert read(odoo, "res.partner", partner, "country_id") == [belgium, "Belgium"]
    odoo.write("res.partner", [partner], {"country_id": False})
    assert read(odoo, "res.partner", partner, "country_id") is False


def test_x2many_fields_are_lists_of_ids(odoo: Odoo, make: Maker, unique: str) -> None:
    parent = make("res.partner", name=unique, is_company=True)
    children = [make("res.partner", name=f"{unique} {number}", parent_id=parent) for number in (1, 2)]
    tag = make("res.partner.category", name=unique)
    odoo.write("res.partner", [parent], {"category_id": [tag]})
    record = odoo.read("res.partner", [parent], ["child_ids", "category_id"])[0]
    assert record == {"id": parent, "child_ids": children, "category_id": [tag]}
    assert odoo.read("res.partner", children[:1], ["child_ids"])[0]["child_ids"] == []


def test_binary_is_base64(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique, image_1920=PNG)
    image = read(odoo, "res.partner", partner, "image_1920")
    assert base64.b64decode(image).startswith(b"\x89PNG")
    odoo.write("res.partner", [partner], {"image_1920": False})
    assert read(odoo, "res.partner", partner, "image_1920") is False


def test_an_attachment_keeps_its_bytes(odoo: Odoo, make: Maker, unique: str) -> None:
    data = bytes(range(256)) * 40
    attachment = make("ir.attachment", name=unique, datas=base64.b64encode(data).decode())
    record = odoo.read("ir.attachment", [attachment], ["datas", "file_size"])[0]
    assert base64.b64decode(record["datas"]) == data
    assert record["file_size"] == len(data)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02 03:04:05"),
        (datetime(2026, 1, 2, 3, 4, 5, 999, tzinfo=timezone(timedelta(hours=2))), "2026-01-02 01:04:05"),
        ("2026-01-02 03:04:05", "2026-01-02 03:04:05"),
        (date(2026, 1, 2), "2026-01-02 00:00:00"),
    ],
    ids=repr,
)
def test_pythons_moments_are_taken(odoo: Odoo, make: Maker, unique: str, sent: object, expected: str) -> None:
    order = make("sale.order", partner_id=make("res.partner", name=unique), date_order=sent)
    assert read(odoo, "sale.order", order, "date_order") == expected


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\ud800", "a\x00b", object()],
    ids=["nan", "inf", "surrogate", "nul", "an object"],
)
def test_what_json_cannot_hold_is_refused(odoo: Odoo, unique: str, value: object) -> None:
    with pytest.raises(OdooValidation):
        odoo.create("res.partner", [{"name": unique, "city": value}])


def test_no_fields_give_the_id_alone(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique)
    assert odoo.read("res.partner", [partner]) == [{"id": partner}]
    assert odoo.search_read("res.partner", [("id", "=", partner)]) == [{"id": partner}]
    assert odoo.search_read("res.partner", [("id", "=", partner)], ["name"]) == [{"id": partner, "name": unique}]


def test_records_are_read_in_the_order_of_their_ids(odoo: Odoo, make: Maker, unique: str) -> None:
    one, two, three = make.many("res.partner", [{"name": f"{unique} {number}"} for number in range(3)])
    assert [record["id"] for record in odoo.read("res.partner", [three, one, two], ["name"])] == [three, one, two]
    assert odoo.read("res.partner", [], ["name"]) == []


def test_search_read_and_read_agree(odoo: Odoo, make: Maker, unique: str) -> None:
    [belgium] = odoo.search("res.country", [("code", "=", "BE")])
    partner = make("res.partner", name=unique, country_id=belgium, is_company=True)
    fields = ["name", "display_name", "country_id", "is_company", "child_ids", "email", "color", "create_date"]
    assert odoo.search_read("res.partner", [("id", "=", partner)], fields) == odoo.read(
        "res.partner", [partner], fields
    )


def test_display_name_tells_the_company(odoo: Odoo, make: Maker, unique: str) -> None:
    company = make("res.partner", name=unique, is_company=True)
    contact = make("res.partner", name="Kim", parent_id=company)
    assert read(odoo, "res.partner", contact, "display_name") == f"{unique}, Kim"
    assert read(odoo, "res.partner", contact, "parent_id") == [company, unique]


def test_defaults_fill_what_is_left_out(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique)
    plain = {"active": True, "type": "contact", "color": 0, "is_company": False, "email": False, "parent_id": False}
    assert odoo.read("res.partner", [partner], list(plain)) == [{"id": partner, **plain}]
