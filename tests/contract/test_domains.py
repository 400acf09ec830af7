"""Which records a domain matches: operators, logic, paths, text."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import OdooError, OdooInvalidField, OdooValidation
from hub.odoo.connection import Odoo
from tests.contract.conftest import People


def found(odoo: Odoo, people: People, domain: list[Any], **context: Any) -> str:
    ids = odoo.search("res.partner", [("ref", "=", people.tag), *fill(domain, people)], order="id", context=context)
    return people.letters(ids)


def fill(value: Any, people: People) -> Any:
    """``$a`` stands for the id of a, ``$BE`` for a country's, ``$gold`` for a tag's, ``$tag`` for the common name."""
    if isinstance(value, str) and value.startswith("$"):
        return {**people.ids, **people.tags, **people.countries, "tag": people.tag}[value[1:]]
    if isinstance(value, str):
        return value.replace("{tag}", people.tag)
    if isinstance(value, list):
        return [fill(item, people) for item in value]
    if isinstance(value, tuple):
        return tuple(fill(item, people) for item in value)
    return value


COMPARISONS: list[tuple[list[Any], str]] = [
    ([("city", "=", "Paris")], "b"),
    ([("city", "=", "paris")], ""),
    ([("city", "!=", "Paris")], "acd"),
    ([("city", "=", False)], "cd"),
    ([("city", "=", None)], "cd"),
    ([("city", "!=", False)], "ab"),
    ([("color", "=", 5)], "b"),
    ([("color", ">", 1)], "bc"),
    ([("color", ">=", 1)], "abc"),
    ([("color", "<", 3)], "ad"),
    ([("color", "<=", 3)], "acd"),
    ([("color", "!=", 5)], "acd"),
    ([("color", "=", 0)], "d"),
    ([("city", ">", "Brussels")], "b"),
    ([("city", ">=", "Brussels")], "ab"),
    ([("id", "=", "$c")], "c"),
    ([("id", "!=", "$c")], "abd"),
    ([("id", ">", "$b")], "cd"),
    ([("id", "in", ["$a", "$d"])], "ad"),
    ([("id", "=", 0)], ""),
    ([("id", "=", False)], ""),
    ([("is_company", "=", True)], "ab"),
    ([("is_company", "=", False)], "cd"),
    ([("is_company", "!=", True)], "cd"),
    ([("is_company", "!=", False)], "ab"),
    ([("type", "=", "other")], "abcd"),
    ([("type", "!=", "other")], ""),
    ([["city", "=", "Paris"]], "b"),
]

LISTS: list[tuple[list[Any], str]] = [
    ([("city", "in", ["Paris", "Brussels"])], "ab"),
    ([("city", "in", ["Paris", False])], "bcd"),
    ([("city", "in", [])], ""),
    ([("city", "not in", [])], "abcd"),
    ([("city", "not in", ["Paris"])], "acd"),
    ([("city", "not in", ["Paris", False])], "a"),
    ([("city", "in", [False])], "cd"),
    ([("city", "not in", [False])], "ab"),
    ([("color", "in", (1, 3))], "ac"),
    ([("color", "not in", [1, 3])], "bd"),
    ([("country_id", "in", ["$BE", "$FR"])], "ab"),
    ([("country_id", "in", ["$BE", False])], "acd"),
    ([("country_id", "not in", ["$BE"])], "bcd"),
    ([("is_company", "in", [True])], "ab"),
    ([("is_company", "in", [True, False])], "abcd"),
    ([("is_company", "not in", [True])], "cd"),
]

TEXTS: list[tuple[list[Any], str]] = [
    ([("name", "like", "Alpha")], "a"),
    ([("name", "like", "alpha")], ""),
    ([("name", "ilike", "alpha")], "a"),
    ([("name", "ilike", "BETA")], "b"),
    ([("name", "not like", "Alpha")], "bcd"),
    ([("name", "not like", "alpha")], "abcd"),
    ([("name", "not ilike", "ALPHA")], "bcd"),
    ([("name", "ilike", "ÉTÉ")], "a"),
    ([("name", "like", "Été")], "a"),
    ([("name", "=like", "{tag} Alpha%")], "a"),
    ([("name", "=like", "{tag} Alpha")], ""),
    ([("name", "=like", "%lpha%t_")], "a"),
    ([("name", "=like", "{tag} alpha%")], ""),
    ([("name", "=ilike", "{tag} ALPHA%")], "a"),
    ([("name", "=ilike", "%DELTA")], "d"),
    ([("name", "ilike", "al%ét")], "a"),
    ([("name", "like", "gamma_x")], "c"),
    ([("name", "like", "be_a")], "b"),
    ([("name", "like", "100\\%")], "b"),
    ([("name", "like", "100\\_")], ""),
    ([("name", "=like", "%\\%")], "b"),
    ([("name", "=like", "%gamma\\_x")], "c"),
    ([("name", "=like", "%be\\_a%")], ""),
    ([("city", "like", "is")], "b"),
    ([("city", "not like", "is")], "acd"),
    ([("city", "not ilike", "PARIS")], "acd"),
    ([("city", "ilike", "")], "abcd"),
    ([("email", "=ilike", "delta@EXAMPLE.com")], "d"),
    ([("email", "ilike", "@example.com")], "ad"),
]

PATHS: list[tuple[list[Any], str]] = [
    ([("country_id", "=", "$BE")], "a"),
    ([("country_id", "=", False)], "cd"),
    ([("country_id", "!=", False)], "ab"),
    ([("country_id", "!=", "$BE")], "bcd"),
    ([("country_id.code", "=", "BE")], "a"),
    ([("country_id.code", "!=", "BE")], "b"),
    ([("country_id.code", "in", ["BE", "FR"])], "ab"),
    ([("country_id.code", "=", False)], ""),
    ([("country_id.name", "ilike", "belg")], "a"),
    ([("country_id", "ilike", "belg")], "a"),
    ([("country_id", "=", "Belgium")], "a"),
    ([("parent_id", "=", "$a")], "c"),
    ([("parent_id.country_id.code", "=", "BE")], "c"),
    ([("parent_id.parent_id", "=", "$a")], "d"),
    ([("parent_id.name", "like", "gamma")], "d"),
    ([("child_ids", "=", "$c")], "a"),
    ([("child_ids", "in", ["$c", "$d"])], "ac"),
    ([("child_ids", "=", False)], "bd"),
    ([("child_ids", "!=", False)], "ac"),
    ([("child_ids.name", "like", "gamma")], "a"),
    ([("child_ids.child_ids.name", "like", "Delta")], "a"),
    ([("category_id", "=", "$gold")], "ac"),
    ([("category_id", "in", ["$sub"])], "c"),
    ([("category_id", "not in", ["$sub"])], "abd"),
    ([("category_id", "=", False)], "bd"),
    ([("category_id", "!=", False)], "ac"),
    ([("category_id.name", "like", "Gold")], "ac"),
    ([("category_id.parent_id", "=", "$gold")], "c"),
    ([("category_id", "ilike", "{tag} Sub")], "c"),
]

TREES: list[tuple[list[Any], str]] = [
    ([("id", "child_of", "$a")], "acd"),
    ([("id", "child_of", "$c")], "cd"),
    ([("id", "child_of", ["$c", "$b"])], "bcd"),
    ([("id", "child_of", [])], ""),
    ([("parent_id", "child_of", "$a")], "acd"),
    ([("id", "parent_of", "$d")], "acd"),
    ([("id", "parent_of", ["$c", "$b"])], "abc"),
    ([("category_id", "child_of", "$gold")], "ac"),
    ([("category_id", "child_of", "$sub")], "c"),
    ([("category_id", "parent_of", "$sub")], "ac"),
    ([("child_ids", "any", [("name", "like", "gamma")])], "a"),
    ([("child_ids", "not any", [("name", "like", "gamma")])], "bcd"),
    ([("country_id", "any", [("code", "=", "BE")])], "a"),
    ([("country_id", "not any", [("code", "=", "BE")])], "bcd"),
    ([("child_ids", "any", [("child_ids", "any", [("name", "like", "Delta")])])], "a"),
    ([("category_id", "any", ["|", ("id", "=", "$sub"), ("id", "=", 0)])], "c"),
]

LOGIC: list[tuple[list[Any], str]] = [
    ([], "abcd"),
    ([("is_company", "=", True), ("city", "=", "Paris")], "b"),
    (["&", ("is_company", "=", True), ("city", "=", "Paris")], "b"),
    (["|", ("city", "=", "Paris"), ("city", "=", "Brussels")], "ab"),
    (["!", ("city", "=", "Paris")], "acd"),
    (["!", ("city", "=", False)], "ab"),
    (["!", "|", ("city", "=", "Paris"), ("city", "=", "Brussels")], "cd"),
    (["!", "&", ("is_company", "=", True), ("city", "=", "Paris")], "acd"),
    (["!", "!", ("city", "=", "Paris")], "b"),
    (["|", "&", ("is_company", "=", True), ("color", ">", 3), ("name", "like", "Delta")], "bd"),
    (["|", "|", ("color", "=", 1), ("color", "=", 5), ("color", "=", 3)], "abc"),
    (["&", "|", ("color", "=", 1), ("color", "=", 5), "!", ("city", "=", "Paris")], "a"),
    (["|", ("city", "=", "Paris"), ("city", "=", "Brussels"), ("color", ">", 1)], "b"),
    (["!", ("country_id.code", "=", "BE")], "bcd"),
    (["!", ("child_ids.name", "like", "gamma")], "bcd"),
    (["!", ("name", "ilike", "a")], ""),
    ([("city", "=?", False)], "abcd"),
    ([("city", "=?", None)], "abcd"),
    ([("city", "=?", "Paris")], "b"),
    ([(1, "=", 1)], "abcd"),
    ([(0, "=", 1)], ""),
    (["|", (0, "=", 1), ("city", "=", "Paris")], "b"),
]


@pytest.mark.parametrize(
    ("domain", "expected"), COMPARISONS + LISTS + TEXTS + PATHS + TREES + LOGIC, ids=lambda value: repr(value)[:70]
)
def test_a_domain_matches_these_records(odoo: Odoo, people: People, domain: list[Any], expected: str) -> None:
    assert found(odoo, people, domain) == expected
    assert odoo.count("res.partner", [("ref", "=", people.tag), *fill(domain, people)]) == len(expected)


def test_archived_records_are_left_out_unless_asked_for(odoo: Odoo, people: People) -> None:
    assert found(odoo, people, []) == "abcd"
    assert found(odoo, people, [], active_test=False) == "abcde"
    assert found(odoo, people, [("active", "=", False)]) == "e"
    assert found(odoo, people, [("active", "=", True)]) == "abcd"
    assert found(odoo, people, [("active", "in", [True, False])]) == "abcde"


@pytest.mark.parametrize(
    "domain",
    [
        ["&"],
        ["|", ("name", "=", "x")],
        [("name", "=")],
        [("name", "~~", "x")],
        ["name"],
        [("name", "=", "x", "y")],
        [5],
    ],
    ids=repr,
)
def test_a_domain_that_is_none_is_refused(odoo: Odoo, domain: list[Any]) -> None:
    with pytest.raises(OdooValidation) as caught:
        odoo.search("res.partner", domain)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("domain", "model", "name"),
    [
        ([("nme", "=", "x")], "res.partner", "nme"),
        ([("country_id.cod", "=", "BE")], "res.country", "cod"),
        (["|", ("name", "=", "x"), ("child_ids.emial", "=", "x")], "res.partner", "emial"),
    ],
)
def test_an_unknown_field_in_a_domain_is_named(odoo: Odoo, domain: list[Any], model: str, name: str) -> None:
    with pytest.raises(OdooInvalidField) as caught:
        odoo.search("res.partner", domain)
    assert caught.value.details["field"] == name
    assert caught.value.details["model"] == model
    assert name in str(caught.value)


def test_count_refuses_what_search_refuses(odoo: Odoo) -> None:
    with pytest.raises(OdooError):
        odoo.count("res.partner", [("nme", "=", "x")])
