"""The value kinds, both ways, and what each says of a detail or a value that it cannot use."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import InvalidInput, Misconfigured
from hub.transform.kinds import Kind, options_of
from hub.transform.mapping import FieldMap
from hub.transform.rule import Rule
from hub.transform.services import NoServices

FIELDS: dict[str, dict[str, Any]] = {
    "name": {"type": "char"},
    "active": {"type": "boolean"},
    "rank": {"type": "integer"},
    "day": {"type": "date"},
    "at": {"type": "datetime"},
    "state": {"type": "selection", "selection": [("draft", "Draft"), ("sale", "Sale")]},
    "country_id": {"type": "many2one", "relation": "res.country"},
}
MODELS = {"res.thing": FIELDS, "res.country": {"id": {"type": "integer"}, "code": {"type": "char"}}}
COUNTRIES = {"DE": [57], "XX": [], "AA": [1, 2]}


class Countries(NoServices):
    """An Odoo of three countries."""

    def find(self, model: str, field: str, value: Any) -> list[int]:
        return COUNTRIES[value]


def mapped(kind: str, field: str, detail: str = "") -> FieldMap:
    """A mapping of one row, with three countries to look up."""
    return FieldMap.bind(
        "res.thing", [Rule(field, "key", kind, detail=detail)], MODELS.__getitem__, services=Countries()
    )


@pytest.mark.parametrize(
    ("kind", "field", "detail", "odoo", "external"),
    [
        ("constant", "name", '"web"', "web", "web"),
        ("constant", "rank", "5", 5, 5),
        ("table", "state", "draft = open; sale = confirmed", "sale", "confirmed"),
        ("table", "state", "draft = open\nsale = confirmed\n", "draft", "open"),
        ("table", "active", "true = yes; false = no", False, "no"),
        ("table", "rank", "1 = low; 2 = high", 2, "high"),
        ("date", "day", "%d/%m/%Y", "2026-01-31", "31/01/2026"),
        ("date", "day", "%m/%d/%Y", "2026-01-31", "01/31/2026"),
        ("date", "at", "%Y%m%dT%H%M%S", "2026-01-31 14:30:15", "20260131T143015"),
    ],
)
def test_a_value_goes_both_ways(kind: str, field: str, detail: str, odoo: Any, external: Any) -> None:
    found = mapped(kind, field, detail)
    assert found.outward({"id": 1, field: odoo}) == {"key": external}
    assert found.inward({"key": external}, complete=True) == {field: odoo}


def test_a_related_record_is_read_by_its_field_and_found_by_it() -> None:
    found = mapped("lookup", "country_id", "code")
    assert found.rows[0].path == "country_id.code"
    record = {"id": 1, "country_id.code": "DE"}
    assert found.outward(record) == {"key": "DE"}
    assert found.inward({"key": "DE"}, complete=True) == {"country_id": 57}


@pytest.mark.parametrize(("value", "told"), [("XX", "no record"), ("AA", "more than one"), (["DE"], "send the code")])
def test_a_look_up_that_finds_not_exactly_one_is_refused(value: Any, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as refused:
        mapped("lookup", "country_id", "code").inward({"key": value}, complete=True)
    assert refused.value.details["field"] == "key"


def test_a_look_up_on_what_is_no_relation_is_the_configurations_fault() -> None:
    with pytest.raises(Misconfigured):
        mapped("lookup", "name", "code").inward({"key": "DE"}, complete=True)


@pytest.mark.parametrize(
    ("kind", "field", "detail"),
    [("table", "state", "draft = open"), ("date", "day", "%d/%m/%Y"), ("lookup", "country_id", "code")],
)
def test_empty_stays_empty_both_ways(kind: str, field: str, detail: str) -> None:
    found = mapped(kind, field, detail)
    assert found.outward({"id": 1, found.rows[0].path: False}) == {"key": None}
    assert found.inward({"key": None}, complete=True) == {field: False}


@pytest.mark.parametrize(
    ("kind", "field", "detail", "value", "constraint"),
    [
        ("table", "state", "draft = open", "closed", "table"),
        ("date", "day", "%d/%m/%Y", "2026-01-31", "format"),
        ("date", "day", "%d/%m/%Y", 5, "format"),
    ],
)
def test_a_value_that_does_not_fit_names_the_callers_key(
    kind: str, field: str, detail: str, value: Any, constraint: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        mapped(kind, field, detail).inward({"key": value}, complete=True)
    assert (refused.value.details["field"], refused.value.details["constraint"]) == ("key", constraint)


def test_a_value_of_odoo_that_the_table_has_not_is_refused_by_field_and_record() -> None:
    with pytest.raises(InvalidInput, match=r"`state` of res.thing 7: `sale` is not in the value table") as refused:
        mapped("table", "state", "draft = open").outward({"id": 7, "state": "sale"})
    assert refused.value.details["field"] == "key"


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("plain", "something"),
        ("constant", "web"),
        ("constant", ""),
        ("table", ""),
        ("table", "draft"),
        ("table", "draft = a; draft = b"),
        ("table", "= a"),
        ("date", ""),
        ("date", "dd/mm/yyyy"),
        ("lookup", "country code"),
        ("lookup", "a.b"),
    ],
)
def test_a_detail_that_the_kind_cannot_read_is_refused_with_an_example(kind: str, detail: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        options_of(kind, detail)
    assert refused.value.details["field"] == "detail"


def test_each_kind_explains_itself() -> None:
    for kind in Kind.registry.values():
        assert kind.label
        assert kind.sentence.endswith(".")
