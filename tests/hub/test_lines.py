"""What callers may do to related records by way of a field for a list of them, by the rules alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

import pytest

from hub.errors import InvalidInput
from hub.odoo.guarded import guard
from hub.transform.mapping import FieldMap
from hub.transform.records import Describe
from hub.transform.rule import Rule
from hub.transform.services import NoServices

Kinds = Mapping[str, tuple[str, str]]
ORDER = 7
MODELS: dict[str, dict[str, dict[str, Any]]] = {
    "shop.order": {
        "id": {"type": "integer", "readonly": True},
        "name": {"type": "char"},
        "line_ids": {"type": "one2many", "relation": "shop.line", "relation_field": "order_id"},
        "tag_ids": {"type": "many2many", "relation": "shop.tag"},
        "user_ids": {"type": "one2many", "relation": "res.users", "relation_field": "order_id"},
        "group_ids": {"type": "many2many", "relation": "res.groups"},
        "message_ids": {"type": "one2many", "relation": "mail.message", "relation_field": "res_id"},
        "hidden_ids": {"type": "one2many", "relation": "shop.hidden", "relation_field": "order_id"},
    },
    "shop.line": {
        "id": {"type": "integer", "readonly": True},
        "name": {"type": "char"},
        "qty": {"type": "float"},
        "day": {"type": "date"},
        "total": {"type": "float", "readonly": True, "store": True, "depends": ["qty"]},
        "price": {"type": "float", "readonly": False, "store": True, "depends": ["product_id"]},
        "order_id": {"type": "many2one", "relation": "shop.order"},
        "order_name": {"type": "char", "related": "order_id.name"},
        "product_id": {"type": "many2one", "relation": "shop.product"},
        "product_name": {"type": "char", "related": "product_id.name", "readonly": False},
        "tax_ids": {"type": "many2many", "relation": "shop.tax"},
        "group_ids": {"type": "many2many", "relation": "res.groups"},
        "part_ids": {"type": "one2many", "relation": "shop.line", "relation_field": "parent_id"},
        "user_id": {"type": "many2one", "relation": "res.users"},
    },
    "res.users": {"login": {"type": "char"}},
    "shop.tag": {
        "id": {"type": "integer", "readonly": True},
        "name": {"type": "char"},
        "order_ids": {"type": "many2many", "relation": "shop.order"},
    },
    "mail.message": {"body": {"type": "html"}, "res_id": {"type": "many2one_reference"}},
    "shop.hidden": {},
}


class Shop(NoServices):
    """An Odoo in which order 7 holds the lines 1 and 2, the tags 5 and 6, the user 3."""

    @property
    def describe(self) -> Describe:
        return MODELS.__getitem__

    def held(self, model: str, record_id: int, field: str) -> Collection[int]:
        assert (model, record_id) == ("shop.order", ORDER)
        return {"line_ids": {1, 2}, "tag_ids": {5, 6}, "user_ids": {3}}.get(field, set())

    def find(self, model: str, field: str, value: Any) -> list[int]:
        return {"first": [1], "foreign": [99], "red": [5], "admin": [3]}.get(value, [])


def mapping(kinds: Kinds = MappingProxyType({})) -> FieldMap:
    """Each field under its own name; ``kinds`` are value type and detail of those that are not plain."""
    chosen = {name: kinds.get(name, ("plain", "")) for name in MODELS["shop.order"]}
    rules = [Rule(name, name, kind, detail=detail) for name, (kind, detail) in chosen.items()]
    return FieldMap.bind("shop.order", rules, MODELS.__getitem__, services=Shop())


def written(field: str, value: Any, record_id: int | None = ORDER, kinds: Kinds = MappingProxyType({})) -> Any:
    return mapping(kinds).inward({field: value}, complete=False, record_id=record_id)[field]


def refusal(
    field: str, value: Any, record_id: int | None = ORDER, kinds: Kinds = MappingProxyType({})
) -> dict[str, Any]:
    with pytest.raises(InvalidInput) as refused:
        written(field, value, record_id, kinds)
    assert str(refused.value.details["field"]) in refused.value.message
    return refused.value.details


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("line_ids", [[0, 0, {"qty": 2, "day": "2026-01-31T10:00:00Z"}]], [[0, 0, {"qty": 2, "day": "2026-01-31"}]]),
        ("line_ids", [[0, 0, {"order_id": ORDER, "name": "x"}]], [[0, 0, {"name": "x"}]]),
        ("line_ids", [[1, 1, {"qty": 3, "price": 5.5}]], [[1, 1, {"qty": 3, "price": 5.5}]]),
        ("line_ids", [[2, 2], [3, 1]], [[2, 2, 0], [3, 1, 0]]),
        ("line_ids", [[5]], [[5, 0, 0]]),
        ("line_ids", [], [[6, 0, []]]),
        ("line_ids", None, False),
        ("line_ids", [1], [[6, 0, [1]]]),
        ("line_ids", [[4, 1], [6, 0, [2]]], [[4, 1, 0], [6, 0, [2]]]),
        ("line_ids", [[1, 1.0, {"tax_ids": [8, 9]}]], [[1, 1, {"tax_ids": [[6, 0, [8, 9]]]}]]),
        ("line_ids", [[0, 0, {"tax_ids": [[4, 8]], "user_id": {"id": 2}}]],
         [[0, 0, {"tax_ids": [[4, 8, 0]], "user_id": 2}]]),
        ("line_ids", [[0, 0, {"order_name": "A"}]], [[0, 0, {"order_name": "A"}]]),
        ("tag_ids", [8, 9], [[6, 0, [8, 9]]]),
        ("tag_ids", [[3, 5], [4, 8], [5], [6, 0, [9]]], [[3, 5, 0], [4, 8, 0], [5, 0, 0], [6, 0, [9]]]),
        ("tag_ids", [[0, 0, {"name": "new"}]], [[0, 0, {"name": "new"}]]),
        ("user_ids", [3], []),
    ],
    ids=repr,
)  # fmt: skip
def test_what_belongs_to_the_record_may_be_changed_and_links_be_chosen(field: str, value: Any, expected: Any) -> None:
    assert written(field, value) == expected


@pytest.mark.parametrize(
    ("field", "value", "place", "constraint"),
    [
        ("line_ids", [[1, 99, {"qty": 1}]], "line_ids[0]", "exists"),
        ("line_ids", [[5], [2, 99, 0]], "line_ids[1]", "exists"),
        ("line_ids", [[3, 99]], "line_ids[0]", "exists"),
        ("line_ids", [[4, 99]], "line_ids[0]", "exists"),
        ("line_ids", [1, 99], "line_ids[1]", "exists"),
        ("line_ids", [[6, 0, [1, 99]]], "line_ids[0]", "exists"),
        ("line_ids", [2**31], "line_ids[0]", "range"),
        ("line_ids", [[1, 0, {}]], "line_ids[0]", "command"),
        ("line_ids", [[0, 0, {"nme": "x"}]], "line_ids[0].nme", "unknown_field"),
        ("line_ids", [[0, 0, {"id": 5}]], "line_ids[0].id", "read_only"),
        ("line_ids", [[1, 1, {"total": 5}]], "line_ids[0].total", "read_only"),
        ("line_ids", [[1, 1, {"order_id": 8}]], "line_ids[0].order_id", "relation"),
        ("line_ids", [[1, 1, {"order_id": None}]], "line_ids[0].order_id", "relation"),
        ("line_ids", [[0, 0, {"product_name": "x"}]], "line_ids[0].product_name", "relation"),
        ("line_ids", [[1, 1, {"part_ids": [[1, 9, {"qty": 1}]]}]], "line_ids[0].part_ids", "relation"),
        ("line_ids", [[1, 1, {"tax_ids": [[1, 9, {"name": "x"}]]}]], "line_ids[0].tax_ids", "relation"),
        ("line_ids", [[1, 1, {"tax_ids": [[0, 0, {"name": "x"}]]}]], "line_ids[0].tax_ids", "relation"),
        ("line_ids", [[1, 1, {"group_ids": [4]}]], "line_ids[0].group_ids", "guarded"),
        ("line_ids", [[1, 1, {"qty": "3"}]], "line_ids[0].qty", "type"),
        ("tag_ids", [[1, 5, {"name": "x"}]], "tag_ids[0]", "relation"),
        ("tag_ids", [5, [2, 5, 0]], "tag_ids[0]", "command"),
        ("tag_ids", [[2, 5, 0]], "tag_ids[0]", "relation"),
        ("tag_ids", [[6, 0, "1"]], "tag_ids[0]", "command"),
        ("tag_ids", [[0, 0, {"name": "x", "order_ids": [[6, 0, [8]]]}]], "tag_ids[0].order_ids", "relation"),
        ("tag_ids", [[0, 0, {"name": "x", "order_ids": None}]], "tag_ids[0].order_ids", "relation"),
        ("tag_ids", [2**31], "tag_ids[0]", "range"),
        ("user_ids", [[0, 0, {"login": "x"}]], "user_ids", "guarded"),
        ("user_ids", [3, 4], "user_ids", "guarded"),
        ("user_ids", None, "user_ids", "guarded"),
        ("group_ids", [[4, 4, 0]], "group_ids", "guarded"),
        ("message_ids", [[0, 0, {"body": "x"}]], "message_ids[0]", "relation"),
        ("hidden_ids", [[0, 0, {"name": "x"}]], "hidden_ids[0]", "relation"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("check", [True, False], ids=["checked", "unchecked"])
def test_records_of_others_are_out_of_reach(field: str, value: Any, place: str, constraint: str, check: bool) -> None:
    if not check and constraint == "type":
        pytest.skip("skip_validation leaves types to Odoo")
    with pytest.raises(InvalidInput) as refused:
        mapping().inward({field: value}, complete=False, record_id=ORDER, check=check)
    assert (refused.value.details["field"], refused.value.details["constraint"]) == (place, constraint)
    assert place in refused.value.message


@pytest.mark.parametrize(
    "value", [[[1, 1, {"qty": 1}]], [[2, 1, 0]], [[3, 1, 0]], [[4, 1, 0]], [[6, 0, [1]]], [1]], ids=repr
)
def test_a_new_record_has_no_lines_that_could_be_named(value: Any) -> None:
    assert refusal("line_ids", value, None)["field"] == "line_ids[0]"


def test_a_refusal_gives_the_command_back_as_it_was_sent() -> None:
    assert refusal("line_ids", [[1, 99, {"name": "x"}]])["value"] == [1, 99, {"name": "x"}]
    assert refusal("user_ids", [[0, 0, {"password": "hunter2"}]])["value"] == [[0, 0, {"password": "•••"}]]


def test_what_the_configuration_sets_by_itself_is_not_held_against_it() -> None:
    rules = [Rule("group_ids", "groups", default=[[6, 0, [4]]])]
    made = FieldMap.bind("shop.order", rules, MODELS.__getitem__, services=Shop())
    assert made.inward({}, complete=True) == {"group_ids": [[6, 0, [4]]]}
    with pytest.raises(InvalidInput):
        made.inward({"groups": [4]}, complete=True)


LOOKUP = {"line_ids": ("lookup", "name"), "user_ids": ("lookup", "login"), "tag_ids": ("lookup", "name")}


def test_lines_named_by_a_field_are_those_of_the_record() -> None:
    assert written("line_ids", ["first"], kinds=LOOKUP) == [[6, 0, [1]]]
    assert refusal("line_ids", ["first", "foreign"], kinds=LOOKUP)["constraint"] == "exists"
    assert refusal("line_ids", ["first"], None, kinds=LOOKUP)["constraint"] == "exists"
    assert refusal("user_ids", ["admin"], kinds=LOOKUP)["constraint"] == "guarded"
    assert written("tag_ids", ["red"], kinds=LOOKUP) == [[6, 0, [5]]]


def test_a_line_that_is_missing_is_made_with_its_record() -> None:
    creating = {"line_ids": ("lookup", "name, create")}
    assert written("line_ids", ["first", "second"], kinds=creating) == [[6, 0, [1]], [0, 0, {"name": "second"}]]


@pytest.mark.parametrize(
    "model",
    ["res.users", "res.company", "res.groups", "ir.rule", "ir.attachment", "base.automation", "auth_totp.device"],
)
def test_what_decides_over_rights_is_guarded(model: str) -> None:
    assert guard(model)


@pytest.mark.parametrize("model", ["res.partner", "res.partner.bank", "sale.order.line", "account.tax", "x_visit"])
def test_business_is_not_guarded(model: str) -> None:
    assert not guard(model)
