"""Mappings both ways: names, types, defaults, required values, dotted paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hub.errors import InvalidInput, Misconfigured
from hub.transform import path
from hub.transform.mapping import FieldMap
from hub.transform.rule import Rule

FIELDS: dict[str, dict[str, Any]] = {
    "id": {"type": "integer", "readonly": True},
    "name": {"type": "char", "required": True},
    "code": {"type": "char", "size": 3},
    "note": {"type": "text"},
    "rank": {"type": "integer"},
    "price": {"type": "float"},
    "active": {"type": "boolean"},
    "day": {"type": "date"},
    "at": {"type": "datetime"},
    "state": {"type": "selection", "selection": [("draft", "Draft"), ("open", "Open")]},
    "country_id": {"type": "many2one", "relation": "res.country"},
    "tag_ids": {"type": "many2many", "relation": "res.tag"},
    "line_ids": {"type": "one2many", "relation": "res.line"},
    "image": {"type": "binary"},
}


def mapping(*rules: Rule) -> FieldMap:
    """A mapping for a model with a field of each type."""
    return FieldMap.bind("res.thing", rules, lambda _: FIELDS)


def inward(field: str, value: Any) -> Any:
    """What Odoo gets for a caller's value."""
    return mapping(Rule(field, field)).inward({field: value}, complete=False)[field]


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("name", "Ada", "Ada"),
        ("code", None, False),
        ("code", False, False),
        ("rank", 3, 3),
        ("rank", 3.0, 3),
        ("price", 2, 2),
        ("price", 2.5, 2.5),
        ("active", False, False),
        ("day", "2026-01-31", "2026-01-31"),
        ("at", "2026-01-31T10:30:00Z", "2026-01-31 10:30:00"),
        ("at", "2026-01-31T12:30:00+02:00", "2026-01-31 10:30:00"),
        ("state", "open", "open"),
        ("country_id", 235, 235),
        ("country_id", {"id": 235, "name": "United States"}, 235),
        ("country_id", None, False),
        ("tag_ids", [[6, 0, [1, 2, 3]]], [[6, 0, [1, 2, 3]]]),
        ("tag_ids", [1, 2], [[6, 0, [1, 2]]]),
        ("tag_ids", [], [[6, 0, []]]),
        ("line_ids", [[5]], [[5, 0, 0]]),
        ("image", "aGVsbG8=", "aGVsbG8="),
        ("image", "aGVs\r\nbG8=\n", "aGVsbG8="),
        ("name", "x" * 10_000, "x" * 10_000),
        ("at", "0999-01-31T10:30:00Z", "0999-01-31 10:30:00"),
        ("at", "2026-01-31T10:30:00.987654Z", "2026-01-31 10:30:00"),
        ("at", "2026-01-31", "2026-01-31 00:00:00"),
        ("at", "2026-01-31T23:30:00-05:00", "2026-02-01 04:30:00"),
        ("day", "2026-01-31T23:30:00-05:00", "2026-01-31"),
    ],
)
def test_a_callers_value_becomes_odoos(field: str, value: Any, expected: Any) -> None:
    assert inward(field, value) == expected


@pytest.mark.parametrize(
    ("field", "value", "constraint"),
    [
        ("name", 5, "type"),
        ("name", None, "required"),
        ("name", False, "required"),
        ("name", "x" * 10_001, "length"),
        ("at", "0001-01-01T00:00:00+05:00", "format"),
        ("at", "9999-12-31T23:59:59-05:00", "format"),
        ("image", "no base64!", "format"),
        ("image", "data:image/png;base64,aGVsbG8=", "format"),
        ("image", "aGVsbG8", "format"),
        ("name", ["x"], "type"),
        ("code", "four", "length"),
        ("rank", "3", "type"),
        ("rank", 3.5, "type"),
        ("rank", True, "type"),
        ("rank", 2**31, "range"),
        ("price", "2.5", "type"),
        ("active", 1, "type"),
        ("day", "31.01.2026", "format"),
        ("day", 20260131, "type"),
        ("at", "yesterday", "format"),
        ("state", "closed", "selection"),
        ("country_id", "Germany", "type"),
        ("country_id", -1, "type"),
        ("country_id", True, "type"),
        ("tag_ids", "1,2", "type"),
        ("image", 5, "type"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_key(field: str, value: Any, constraint: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        inward(field, value)
    assert refused.value.details["field"] == field
    assert refused.value.details["constraint"] == constraint
    assert field in refused.value.message


def test_nested_keys_are_read_and_written() -> None:
    found = mapping(Rule("name", "person.full_name"), Rule("rank", "person.rank"))
    assert found.inward({"person": {"full_name": "Ada", "rank": 1}}, complete=True) == {"name": "Ada", "rank": 1}
    assert found.outward({"id": 1, "name": "Ada", "rank": 1}) == {"person": {"full_name": "Ada", "rank": 1}}


def test_an_unmapped_nested_key_is_named_by_its_whole_path() -> None:
    with pytest.raises(InvalidInput) as refused:
        mapping(Rule("name", "person.full_name")).inward({"person": {"full_nam": "Ada"}}, complete=True)
    assert refused.value.details["field"] == "person.full_nam"
    assert "Did you mean `person.full_name`?" in refused.value.message


def test_unmapped_keys_are_left_out_when_the_configuration_says_so() -> None:
    found = FieldMap.bind("res.thing", [Rule("name", "name")], lambda _: FIELDS, reject_unmapped=False)
    assert found.inward({"name": "Ada", "other": 1}, complete=True) == {"name": "Ada"}


def test_a_default_stands_in_on_a_create_and_not_on_an_update() -> None:
    found = mapping(Rule("name", "name"), Rule("state", "state", default="draft"))
    assert found.inward({"name": "Ada"}, complete=True) == {"name": "Ada", "state": "draft"}
    assert found.inward({"name": "Ada"}, complete=False) == {"name": "Ada"}


@pytest.mark.parametrize("data", [{}, {"name": None}, {"name": ""}])
def test_a_required_value_that_is_missing_is_refused(data: Mapping[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        mapping(Rule("name", "name", required=True)).inward(data, complete=True)
    assert refused.value.details == {"field": "name", "value": data.get("name"), "constraint": "required"}


@pytest.mark.parametrize("value", [0, False, 0.0])
def test_zero_and_false_are_values_and_not_missing(value: Any) -> None:
    field = "active" if value is False else "rank"
    found = mapping(Rule(field, field, required=True))
    assert found.inward({field: value}, complete=True) == {field: value}


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("name", False, None),
        ("active", False, False),
        ("rank", 0, 0),
        ("at", "2026-01-31 10:30:00", "2026-01-31T10:30:00Z"),
        ("day", "2026-01-31", "2026-01-31"),
        ("country_id", [235, "United States"], 235),
        ("country_id", False, None),
        ("tag_ids", [1, 2], [1, 2]),
    ],
)
def test_odoos_value_becomes_json(field: str, value: Any, expected: Any) -> None:
    assert mapping(Rule(field, "out")).outward({"id": 1, field: value}) == {"out": expected}


def test_an_empty_value_takes_the_default_on_its_way_out() -> None:
    assert mapping(Rule("name", "name", default="unknown")).outward({"id": 1, "name": False}) == {"name": "unknown"}


def test_a_mapping_to_a_missing_field_names_the_nearest() -> None:
    with pytest.raises(Misconfigured, match="Did you mean `country_id`"):
        mapping(Rule("country", "country"))


def test_an_optional_mapping_to_a_missing_field_is_left_out() -> None:
    assert mapping(Rule("name", "name"), Rule("mobile", "mobile", optional=True)).by_key().keys() == {"name"}


@pytest.mark.parametrize(
    ("data", "key", "expected"),
    [
        ({"a": {"b": 1}}, "a.b", 1),
        ({"a.b": 2, "a": {"b": 1}}, "a.b", 2),
        ({"a": None}, "a", None),
        ({"a": 5}, "a.b", path.ABSENT),
        ({}, "a", path.ABSENT),
    ],
)
def test_a_path_leads_to_its_value_or_nowhere(data: dict[str, Any], key: str, expected: Any) -> None:
    assert path.get(data, key) is expected or path.get(data, key) == expected


def test_a_rule_for_the_way_out_is_not_written_and_one_for_the_way_in_not_shown() -> None:
    found = mapping(Rule("name", "name"), Rule("rank", "rank", direction="out"), Rule("note", "note", direction="in"))
    assert found.outward({"id": 1, "name": "Ada", "rank": 2, "note": "x"}) == {"name": "Ada", "rank": 2}
    assert found.inward({"name": "Ada", "note": "x"}, complete=True) == {"name": "Ada", "note": "x"}
    with pytest.raises(InvalidInput) as refused:
        found.inward({"name": "Ada", "rank": 5}, complete=True)
    assert refused.value.details == {"field": "rank", "value": 5, "constraint": "read_only"}
    with pytest.raises(InvalidInput):
        found.row_for("note", "fields")


def test_an_empty_value_is_left_out_when_the_rule_says_so() -> None:
    found = mapping(Rule("name", "name", skip_empty=True), Rule("rank", "rank", skip_empty=True), Rule("note", "note"))
    assert found.outward({"id": 1, "name": False, "rank": 0, "note": False}) == {"rank": 0, "note": None}
