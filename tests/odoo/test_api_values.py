"""Values of each type of field, through the API into Odoo and out again."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig.models import Configuration
from tests.conftest import Make
from tests.contract.conftest import Maker
from tests.odoo.test_api_files import png

pytestmark = pytest.mark.django_db
API = "/api/sync/v1"
ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Client:
    """A caller whose records are removed."""

    def __init__(self, api: APIClient, made: Maker) -> None:
        self.api, self.made = api, made

    def create(self, model: str, **data: Any) -> int:
        """The new record's id."""
        answer = self.api.post(f"{API}/{model}", {"data": data}, format="json")
        assert answer.status_code == 201, answer.content
        record_id = int(answer.json()["id"])
        self.made.keep_track(model, [record_id])
        return record_id

    def change(self, model: str, record_id: int, **data: Any) -> None:
        """Update it."""
        answer = self.api.patch(f"{API}/{model}/{record_id}", {"data": data}, format="json")
        assert answer.status_code == 200, answer.content

    def refusal(self, model: str, record_id: int, **data: Any) -> dict[str, Any]:
        """The details of the error to an update."""
        answer = self.api.patch(f"{API}/{model}/{record_id}", {"data": data}, format="json")
        assert answer.status_code == 400, answer.content
        found: dict[str, Any] = answer.json()["error"]["details"]
        return found

    def get(self, model: str, record_id: int, *fields: str) -> dict[str, Any]:
        """What the record is, to the caller."""
        asked = {"fields": ",".join(fields)} if fields else {}
        found: dict[str, Any] = self.api.get(f"{API}/{model}/{record_id}", asked).json()["data"]
        return found


@pytest.fixture
def client(api: APIClient, made: Maker) -> Client:
    return Client(api, made)


@pytest.fixture
def partners(make: Make) -> Configuration:
    """Partners with a field of many types."""
    fields = "name type color is_company partner_latitude comment country_id category_id child_ids image_1920 ref email"
    return make("partners", [(name, name) for name in fields.split()], request_type="in", methods=ALL)


@pytest.fixture
def orders(make: Make) -> Configuration:
    """Orders with dates, lines and amounts."""
    fields = "partner_id date_order commitment_date validity_date note client_order_ref order_line amount_total state"
    rows = [(name, name) for name in fields.split()]
    return make("orders", rows, model="sale.order", request_type="in", methods=ALL)


@pytest.fixture
def partner(client: Client, partners: Configuration) -> int:
    """A new one."""
    return client.create("res.partner", name=f"Hub {uuid.uuid4()}")


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        ("2026-03-01T10:30:00Z", "2026-03-01T10:30:00Z"),
        ("2026-03-01T10:30:00+05:30", "2026-03-01T05:00:00Z"),
        ("2026-03-01T23:30:00-05:00", "2026-03-02T04:30:00Z"),
        ("2026-03-01T10:30:00.987654Z", "2026-03-01T10:30:00Z"),
        ("2026-03-01T10:30:00", "2026-03-01T10:30:00Z"),
        ("2026-03-01 10:30:00", "2026-03-01T10:30:00Z"),
        ("2026-03-01T10:30Z", "2026-03-01T10:30:00Z"),
        ("2026-03-01", "2026-03-01T00:00:00Z"),
        (None, None),
    ],
)
def test_a_time_goes_in_with_any_offset_and_comes_out_in_utc(
    client: Client, orders: Configuration, partner: int, sent: Any, got: Any
) -> None:
    order = client.create("sale.order", partner_id=partner, commitment_date=sent)
    assert client.get("sale.order", order)["commitment_date"] == got


@pytest.mark.parametrize(
    ("sent", "got"),
    [("2026-03-01", "2026-03-01"), ("2026-03-01T23:30:00-05:00", "2026-03-01"), (None, None)],
)
def test_a_day_stays_the_day_that_was_written(
    client: Client, orders: Configuration, partner: int, sent: Any, got: Any
) -> None:
    order = client.create("sale.order", partner_id=partner, validity_date=sent)
    assert client.get("sale.order", order)["validity_date"] == got


@pytest.mark.parametrize(
    ("field", "value", "constraint"),
    [
        ("commitment_date", "01.03.2026", "format"),
        ("commitment_date", "2026-13-01T00:00:00Z", "format"),
        ("commitment_date", "2026-02-30", "format"),
        ("commitment_date", "0001-01-01T00:00:00+14:00", "format"),
        ("commitment_date", 1772360000, "type"),
        ("validity_date", "tomorrow", "format"),
        ("validity_date", True, "type"),
        ("date_order", None, "required"),
    ],
)
def test_what_is_no_time_is_refused(
    client: Client, orders: Configuration, partner: int, field: str, value: Any, constraint: str
) -> None:
    order = client.create("sale.order", partner_id=partner)
    details = client.refusal("sale.order", order, **{field: value})
    assert details == {"field": field, "value": value, "constraint": constraint}


@pytest.mark.parametrize(
    ("field", "sent", "got"),
    [
        ("type", "invoice", "invoice"),
        ("color", 7, 7),
        ("color", 7.0, 7),
        ("is_company", True, True),
        ("partner_latitude", 52.5200066, 52.5200066),
        ("partner_latitude", 52, 52.0),
        ("name", "Zoë 東京 🙂 'quoted' \"double\" <b>&amp;", "Zoë 東京 🙂 'quoted' \"double\" <b>&amp;"),
        ("ref", "", None),
        ("image_1920", base64.b64encode(png()).decode(), base64.b64encode(png()).decode()),
        ("image_1920", None, None),
        ("email", None, None),
    ],
)
def test_a_simple_value_comes_out_as_it_went_in(client: Client, partner: int, field: str, sent: Any, got: Any) -> None:
    client.change("res.partner", partner, **{field: sent})
    value = client.get("res.partner", partner, field)[field]
    assert value == got or (field == "ref" and not value)


def test_html_comes_out_as_html_without_scripts(client: Client, partner: int) -> None:
    client.change("res.partner", partner, comment="<p>One <b>two</b> &amp; three</p><script>alert(1)</script>")
    found = client.get("res.partner", partner)["comment"]
    assert "<b>two</b> &amp; three" in found
    assert "script" not in found


def test_amounts_keep_their_cents(client: Client, make: Make) -> None:
    make(
        "products", [("name", "name"), ("list_price", "price"), ("type", "type")], model="product.template",
        request_type="in", methods=ALL,
    )  # fmt: skip
    for price in (0.1, 19.99, 1234567.89, 3):
        record_id = client.create("product.template", name=f"Hub {uuid.uuid4()}", price=price)
        assert client.get("product.template", record_id)["price"] == price


def test_a_many2one_is_an_id_or_an_object_with_one(client: Client, partner: int, odoo: Odoo) -> None:
    germany, france = (odoo.search("res.country", [("code", "=", code)])[0] for code in ("DE", "FR"))
    for sent, got in (
        (germany, germany),
        ({"id": france, "name": "France"}, france),
        ({"id": germany}, germany),
        (None, None),
        ({"id": None}, None),
    ):
        client.change("res.partner", partner, country_id=sent)
        assert client.get("res.partner", partner)["country_id"] == got


@pytest.mark.parametrize("sent", ["Germany", "235", 1.5, -1, 0, True, [235], {"name": "Germany", "id": "235"}, 2**31])
def test_what_is_no_id_is_refused(client: Client, partner: int, sent: Any) -> None:
    details = client.refusal("res.partner", partner, country_id=sent)
    assert (details["field"], details["constraint"]) == ("country_id", "type")


def test_lists_of_records_take_each_command(client: Client, partner: int, made: Maker) -> None:
    one, two, three = made.many("res.partner.category", [{"name": f"Hub {uuid.uuid4()}"} for _ in range(3)])

    def tags(*commands: Any) -> set[int]:
        client.change("res.partner", partner, category_id=list(commands))
        return set(client.get("res.partner", partner)["category_id"])

    assert tags([6, 0, [one, two]]) == {one, two}
    assert tags([4, three, 0]) == {one, two, three}
    assert tags([4, three]) == {one, two, three}
    assert tags([3, one, False]) == {two, three}
    assert tags([5, 0, 0]) == set()
    assert tags([5], [4, one]) == {one}
    assert tags(two, three) == {two, three}
    label = f"Hub {uuid.uuid4()}"
    (new,) = tags([6, 0, []], [0, 0, {"name": label}])
    made.keep_track("res.partner.category", [new])
    assert tags([3, new, False]) == set()
    assert made.odoo.count("res.partner.category", [("id", "=", new)]) == 1
    tags([4, one])
    client.change("res.partner", partner, category_id=[])
    assert client.get("res.partner", partner)["category_id"] == []


def test_the_lines_of_an_order_are_created_changed_and_deleted_as_documented(
    client: Client, orders: Configuration, partner: int, made: Maker
) -> None:
    product = made("product.product", name=f"Hub {uuid.uuid4()}", list_price=5)
    order = client.create(
        "sale.order",
        partner_id=partner,
        order_line=[[0, 0, {"product_id": {"id": product}, "product_uom_qty": 10}], [0, 0, {"product_id": product}]],
    )
    first, second = sorted(client.get("sale.order", order)["order_line"])
    client.change("sale.order", order, order_line=[[1, first, {"product_uom_qty": 20}], [2, second, False]])
    assert client.get("sale.order", order)["order_line"] == [first]
    (line,) = made.odoo.read("sale.order.line", [first], ["product_uom_qty", "product_id"])
    assert (line["product_uom_qty"], line["product_id"][0]) == (20, product)


@pytest.mark.parametrize(
    ("commands", "field", "constraint"),
    [
        ("x", "order_line", "type"),
        ({"product_id": 1}, "order_line", "type"),
        ([{"product_id": 1}], "order_line", "type"),
        ([[7, 0, 0]], "order_line[0]", "command"),
        ([[0, 0]], "order_line[0]", "command"),
        ([[5], [1, "x", {}]], "order_line[1]", "command"),
        ([[6, 0, ["1"]]], "order_line[0]", "command"),
        ([[0, 0, {"product_uom_qt": 1}]], "order_line[0].product_uom_qt", "unknown_field"),
        ([[0, 0, {"name": "a"}], [0, 0, {"product_uom_qty": "1"}]], "order_line[1].product_uom_qty", "type"),
        ([[0, 0, {"product_id": "Desk"}]], "order_line[0].product_id", "type"),
        ([[0, 0, {"tax_ids": [[9]]}]], "order_line[0].tax_ids[0]", "command"),
    ],
)
def test_a_wrong_line_is_named_with_its_place(
    client: Client, orders: Configuration, partner: int, commands: Any, field: str, constraint: str
) -> None:
    order = client.create("sale.order", partner_id=partner)
    details = client.refusal("sale.order", order, order_line=commands)
    assert (details["field"], details["constraint"]) == (field, constraint)


def test_times_within_commands_are_converted_too(client: Client, partners: Configuration, make: Make) -> None:
    make("people", [("name", "name"), ("sale_order_ids", "orders")], request_type="in", methods=ALL)
    Configuration.objects.filter(code="partners").delete()
    sent = {"commitment_date": "2026-03-01T10:30:00+05:30"}
    partner = client.create("res.partner", name=f"Hub {uuid.uuid4()}", orders=[[0, 0, sent]])
    orders = client.get("res.partner", partner)["orders"]
    client.made.keep_track("sale.order", orders)
    (order,) = client.made.odoo.read("sale.order", orders, ["commitment_date"])
    assert order["commitment_date"] == "2026-03-01 05:00:00"


# What an Odoo user added, and types that only a real Odoo has -----------------------------------------

KINDS: dict[str, tuple[Any, Any]] = {
    "char": ("VIP", "VIP"),
    "text": ("two\nlines", "two\nlines"),
    "integer": (42, 42),
    "float": (2.5, 2.5),
    "boolean": (True, True),
    "date": ("2026-02-03", "2026-02-03"),
    "datetime": ("2026-02-03T06:05:06+02:00", "2026-02-03T04:05:06Z"),
    "selection": ("silver", "silver"),
    "html": ("<p>Hello</p>", "<p>Hello</p>"),
    "binary": (base64.b64encode(b"file").decode(), base64.b64encode(b"file").decode()),
}


@pytest.fixture
def custom(odoo: Odoo) -> Iterator[dict[str, str]]:
    """A field of each type on partners' tags, by type; removed afterwards."""
    end = uuid.uuid4().hex[:8]
    (model,) = odoo.search("ir.model", [("model", "=", "res.partner.category")])
    rows = []
    for kind in KINDS:
        more: dict[str, Any] = {}
        if kind == "selection":
            more["selection_ids"] = [(0, 0, {"value": one, "name": one.title()}) for one in ("gold", "silver")]
        if kind == "char":
            more["size"] = 8
        name = {"name": f"x_hub_{kind}_{end}", "field_description": f"Hub {kind}"}
        rows.append({**name, "model_id": model, "ttype": kind, "state": "manual", **more})
    ids = odoo.create("ir.model.fields", rows)
    yield {kind: f"x_hub_{kind}_{end}" for kind in KINDS}
    odoo.unlink("ir.model.fields", ids)


def test_custom_fields_work_as_odoos_own(client: Client, make: Make, custom: dict[str, str]) -> None:
    rows = [("name", "name"), *((field, kind) for kind, field in custom.items())]
    make("tags", rows, model="res.partner.category", request_type="in", methods=ALL)
    sent = {kind: value for kind, (value, _) in KINDS.items()}
    tag = client.create("res.partner.category", name=f"Hub {uuid.uuid4()}", **sent)
    got = client.get("res.partner.category", tag, *KINDS)
    assert {kind: got[kind] for kind in KINDS} == {kind: value for kind, (_, value) in KINDS.items()}
    assert client.refusal("res.partner.category", tag, selection="bronze")["constraint"] == "selection"
    assert client.refusal("res.partner.category", tag, char="nine char")["constraint"] == "length"
    content = f"{API}/res.partner.category/{tag}/binary/content"
    assert b"".join(client.api.get(content).streaming_content) == b"file"
    client.change("res.partner.category", tag, **dict.fromkeys(KINDS))
    got = client.get("res.partner.category", tag, *KINDS)
    assert {got[kind] for kind in KINDS if kind != "boolean"} == {None, 0}
    assert got["boolean"] is True  # which is never empty


@pytest.mark.odoo
def test_json_goes_in_and_out_as_it_is(client: Client, make: Make, orders: Configuration, partner: int) -> None:
    if client.made.odoo.transport == "embedded":
        pytest.skip("the embedded Odoo has no field of type json")
    rows = [("name", "name"), ("order_id", "order_id"), ("analytic_distribution", "analytic"), ("display_type", "kind")]
    make("lines", rows, model="sale.order.line", request_type="in", methods=ALL)
    order = client.create("sale.order", partner_id=partner)
    line = client.create("sale.order.line", order_id=order, name="Note", kind="line_note")
    assert client.get("sale.order.line", line)["analytic"] is None
    client.change("sale.order.line", line, analytic={"1": 40.5, "2": 59.5})
    assert client.get("sale.order.line", line)["analytic"] == {"1": 40.5, "2": 59.5}
    client.change("sale.order.line", line, analytic=None)
    assert client.get("sale.order.line", line)["analytic"] is None


@pytest.mark.odoo
def test_json_is_an_object_or_a_list(client: Client, orders: Configuration, partner: int, made: Maker) -> None:
    if client.made.odoo.transport == "embedded":
        pytest.skip("the embedded Odoo has no field of type json")
    order = client.create("sale.order", partner_id=partner)
    product = made("product.product", name=f"Hub {uuid.uuid4()}")
    for value in ("x", 5, True):
        line = {"product_id": product, "analytic_distribution": value}
        details = client.refusal("sale.order", order, order_line=[[0, 0, line]])
        assert details == {"field": "order_line[0].analytic_distribution", "value": value, "constraint": "type"}
    client.refusal("sale.order", order, order_line=[[0, 0, {"product_id": product, "analytic_distribution": [1]}]])
