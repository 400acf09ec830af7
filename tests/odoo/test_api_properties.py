"""Properties, which another record defines: each is written and checked by itself. Only a real Odoo has any."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Make
from tests.contract.conftest import Maker
from tests.odoo.test_api_values import ALL, API, Client, client

pytestmark = pytest.mark.django_db
__all__ = ["client"]

DEFINITION: list[dict[str, Any]] = [
    {"name": "colour", "string": "Colour", "type": "char"},
    {"name": "since", "string": "Since", "type": "date"},
    {"name": "seen", "string": "Seen", "type": "datetime"},
    {"name": "pieces", "string": "Pieces", "type": "integer"},
    {"name": "weight", "string": "Weight", "type": "float"},
    {"name": "fragile", "string": "Fragile", "type": "boolean"},
    {"name": "grade", "string": "Grade", "type": "selection", "selection": [["a", "A"], ["b", "B"]]},
    {"name": "labels", "string": "Labels", "type": "tags", "tags": [["new", "New", 1], ["old", "Old", 2]]},
    {"name": "maker", "string": "Maker", "type": "many2one", "comodel": "res.partner"},
    {"name": "sellers", "string": "Sellers", "type": "many2many", "comodel": "res.partner"},
    {"name": "more", "string": "More", "type": "separator"},
]


class Products:
    """Products of a category that defines properties, through the API."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.category = self.defining(DEFINITION)

    def defining(self, definition: list[dict[str, Any]]) -> int:
        """A new category with these properties."""
        return self.client.create("product.category", name=f"Hub {uuid.uuid4()}", definition=definition)

    def new(self, **properties: Any) -> int:
        """A new product of the category."""
        sent = {"properties": properties} if properties else {}
        return self.client.create("product.template", name=f"Hub {uuid.uuid4()}", category=self.category, **sent)

    def values(self, product: int) -> dict[str, Any]:
        """The values that it has, by name."""
        found = self.client.get("product.template", product)["properties"]
        return {one["name"]: one["value"] for one in found if one.get("value") not in (None, [], False)}


@pytest.fixture
def products(client: Client, make: Make, made: Maker) -> Iterator[Products]:
    """On a real Odoo: the embedded one has no properties."""
    if client.made.odoo.transport == "embedded":
        pytest.skip("the embedded Odoo has no properties")
    for code, model, rows in (
        ("categories", "product.category", [("product_properties_definition", "definition")]),
        ("products", "product.template", [("categ_id", "category"), ("product_properties", "properties")]),
    ):
        make(code, [("name", "name"), *rows], model=model, request_type="in", methods=ALL)
    yield Products(client)
    made.made.sort(key=lambda one: one[0] == "product.template")  # removed before their categories


@pytest.mark.odoo
def test_properties_are_defined_written_and_read(client: Client, products: Products) -> None:
    found = client.get("product.category", products.category)["definition"]
    assert [one["name"] for one in found] == [one["name"] for one in DEFINITION]
    product = products.new(colour="red", grade="b")
    assert products.values(product) == {"colour": "red", "grade": "b"}
    whole = client.get("product.template", product)["properties"]
    changed = [one | ({"value": "blue"} if one["name"] == "colour" else {}) for one in whole]
    client.change("product.template", product, properties=changed)
    assert products.values(product) == {"colour": "blue", "grade": "b"}
    assert client.refusal("product.template", product, properties="red")["constraint"] == "type"


@pytest.mark.odoo
@pytest.mark.parametrize("sent", ["x", {"a": 1}, ["x"], [{"name": "a"}], [{"type": "char"}], [{"name": 1, "type": 1}]])
def test_what_defines_no_properties_is_refused(client: Client, products: Products, sent: Any) -> None:
    details = client.refusal("product.category", products.category, definition=sent)
    assert (details["field"].partition("[")[0], details["constraint"]) == ("definition", "type")


@pytest.mark.odoo
def test_properties_that_are_not_sent_stay_as_they_are(client: Client, products: Products) -> None:
    product = products.new(colour="red", pieces=3, maker=1)
    client.change("product.template", product, properties={"pieces": 4})
    client.change("product.template", product, properties={})
    client.change("product.template", product, properties=[{"name": "grade", "value": "a"}, {"name": "colour"}])
    rest = {"colour": "red", "maker": 1}
    assert products.values(product) == {"pieces": 4, "grade": "a", **rest}
    updates = [{"pieces": 5}, {"pieces": None, "fragile": True}, {"grade": "b"}]
    body = {"operations": [{"method": "update", "id": product, "data": {"properties": one}} for one in updates]}
    for options in ({}, {"transaction": True}):
        answer = client.api.post(f"{API}/product.template/batch", {**body, "options": options}, format="json")
        assert answer.status_code == 200, answer.content
        assert products.values(product) == {"fragile": True, "grade": "b", **rest}
    client.change("product.template", product, properties=None)
    assert products.values(product) == {}


@pytest.mark.odoo
def test_each_property_takes_and_gives_the_values_of_its_type(client: Client, products: Products) -> None:
    product = products.new()
    for name, sent, got in (
        ("colour", "red", "red"),
        ("since", "2026-01-15T23:30:00-05:00", "2026-01-15"),
        ("seen", "2026-01-15T12:30:00+02:00", "2026-01-15T10:30:00Z"),
        ("pieces", 7.0, 7),
        ("weight", 2.5, 2.5),
        ("fragile", True, True),
        ("grade", "a", "a"),
        ("labels", ["old"], ["old"]),
        ("maker", {"id": 1}, 1),
        ("sellers", [1, 3], [1, 3]),
    ):
        client.change("product.template", product, properties={name: sent})
        assert products.values(product)[name] == got
        whole = client.get("product.template", product)["properties"]
        client.change("product.template", product, properties=whole)
        assert products.values(product)[name] == got


@pytest.mark.odoo
def test_what_a_property_does_not_take_is_refused_by_its_name(client: Client, products: Products) -> None:
    product = products.new(colour="red")
    for name, value, constraint in (
        ("colour", 5, "type"),
        ("since", "yesterday", "format"),
        ("seen", "gestern", "format"),
        ("pieces", "abc", "type"),
        ("pieces", 2**31, "range"),
        ("weight", "heavy", "type"),
        ("fragile", "yes", "type"),
        ("grade", "z", "selection"),
        ("labels", ["broken"], "selection"),
        ("labels", "new", "type"),
        ("maker", "Azure", "type"),
        ("maker", 999999999, "exists"),
        ("sellers", [1, 999999999], "exists"),
        ("more", "x", "read_only"),
        ("color", "red", "unknown_field"),
    ):
        details = client.refusal("product.template", product, properties={name: value})
        assert (details["field"], details["constraint"]) == (f"properties.{name}", constraint), value
        data = {"name": "x", "category": products.category, "properties": {name: value}}
        answer = client.api.post(f"{API}/product.template", {"data": data}, format="json")
        assert (answer.status_code, answer.json()["error"]["details"]["constraint"]) == (400, constraint), value
    assert products.values(product)["colour"] == "red"


@pytest.mark.odoo
def test_the_parent_that_is_sent_defines_the_properties(client: Client, products: Products) -> None:
    names = {"colour": "char", "size": "integer", "origin": "char"}
    defined = [{"name": name, "string": name, "type": kind} for name, kind in names.items()]
    other = products.defining([*defined[:2], defined[2] | {"default": "Ulm"}])
    product = products.new(colour="red", grade="a")
    client.change("product.template", product, category=other, properties={"size": 5})
    assert products.values(product) == {"colour": "red", "size": 5, "origin": "Ulm"}
    details = client.refusal("product.template", product, category=None, properties={"size": 5})
    assert (details["field"], details["constraint"]) == ("properties.size", "unknown_field")
    answer = client.api.post(f"{API}/product.template", {"data": {"name": "x", "properties": {"a": 1}}}, format="json")
    assert answer.json()["error"]["details"]["field"] == "properties.a"


@pytest.fixture
def contacts(client: Client, make: Make) -> Iterator[list[str]]:
    """The names of two properties of all contacts, which have no parent to define any; removed afterwards."""
    odoo = client.made.odoo
    if odoo.transport == "embedded":
        pytest.skip("the embedded Odoo has no properties")
    make(
        "people", [("name", "name"), ("properties", "properties"), ("child_ids", "children")], request_type="in",
        methods=ALL,
    )  # fmt: skip
    base, field = "properties.base.definition", "properties_definition"
    (person,) = odoo.search("res.partner", [], limit=1)
    (read,) = odoo.read("res.partner", [person], ["properties_base_definition_id"])
    record_id = read["properties_base_definition_id"][0]
    names = [f"hub{uuid.uuid4().hex[:8]}" for _ in range(2)]

    def others() -> list[Any]:
        return [one for one in odoo.read(base, [record_id], [field])[0][field] or [] if one["name"] not in names]

    defined = [{"name": one, "string": one, "type": "date"} for one in names]
    odoo.write(base, [record_id], {field: [*others(), *defined]})
    yield names
    odoo.write(base, [record_id], {field: others()})


@pytest.mark.odoo
def test_contacts_have_properties_too_also_within_lists(client: Client, contacts: list[str]) -> None:
    one, two = contacts

    def values(record_id: int) -> list[Any]:
        held = {each["name"]: each["value"] for each in client.get("res.partner", record_id)["properties"]}
        return [held[name] for name in contacts]

    data = {"name": "x", "properties": {one: "soon"}}
    answer = client.api.post(f"{API}/res.partner", {"data": data}, format="json")
    assert answer.json()["error"]["details"]["field"] == f"properties.{one}"
    child = {"name": f"Hub {uuid.uuid4()}", "properties": {one: "2026-01-15T10:00:00Z", two: "2026-01-16"}}
    company = client.create("res.partner", name=f"Hub {uuid.uuid4()}", children=[[0, 0, child]])
    (child_id,) = client.get("res.partner", company)["children"]
    client.made.keep_track("res.partner", [child_id])
    assert values(child_id) == ["2026-01-15", "2026-01-16"]
    client.change("res.partner", company, children=[[1, child_id, {"properties": {two: None}}]])
    assert values(child_id) == ["2026-01-15", None]
    wrong = client.refusal("res.partner", company, children=[[1, child_id, {"properties": {two: "soon"}}]])
    assert wrong["field"] == f"children[0].properties.{two}"
