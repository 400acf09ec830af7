"""Order, limit, offset and count of a search."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import OdooInvalidField, OdooValidation
from hub.odoo.connection import Odoo
from tests.contract.conftest import People


def mine(people: People) -> list[Any]:
    return [("ref", "=", people.tag)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("id", "abcd"),
        ("id desc", "dcba"),
        ("id DESC", "dcba"),
        ("color", "dacb"),
        ("color desc", "bcad"),
        ("color desc, id", "bcad"),
        ("is_company, id", "cdab"),
        ("is_company desc, id desc", "badc"),
        ("is_company desc,color desc", "bacd"),
        ("city, id", "abcd"),
        ("city desc, id", "cdba"),
        ("function, id", "cabd"),
        ("country_id, id", "abcd"),
        ("country_id desc, id", "cdba"),
        ("city asc, id asc", "abcd"),
    ],
)
def test_records_come_in_the_order_asked_for(odoo: Odoo, people: People, order: str, expected: str) -> None:
    assert people.letters(odoo.search("res.partner", mine(people), order=order)) == expected
    records = odoo.search_read("res.partner", mine(people), ["name"], order=order)
    assert people.letters([record["id"] for record in records]) == expected


@pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    [
        (0, None, "abcd"),
        (0, 2, "ab"),
        (1, 2, "bc"),
        (3, 2, "d"),
        (4, 2, ""),
        (9, None, ""),
        (2, None, "cd"),
        (0, 99, "abcd"),
    ],
)
def test_limit_and_offset_cut_a_page(odoo: Odoo, people: People, offset: int, limit: int | None, expected: str) -> None:
    ids = odoo.search("res.partner", mine(people), order="id", offset=offset, limit=limit)
    assert people.letters(ids) == expected
    records = odoo.search_read("res.partner", mine(people), order="id", offset=offset, limit=limit)
    assert people.letters([record["id"] for record in records]) == expected


def test_count_is_the_number_of_all_matches(odoo: Odoo, people: People) -> None:
    assert odoo.count("res.partner", mine(people)) == 4
    assert odoo.count("res.partner", mine(people), context={"active_test": False}) == 5
    assert odoo.count("res.partner", [*mine(people), ("id", "=", 0)]) == 0


def test_an_unknown_field_in_the_order_is_named(odoo: Odoo) -> None:
    with pytest.raises(OdooInvalidField) as caught:
        odoo.search("res.partner", order="nme desc")
    assert caught.value.details["field"] == "nme"


@pytest.mark.parametrize("order", ["name; drop table res_partner", "name upwards", "name,,id", "(select 1)"])
def test_an_order_that_is_none_is_refused(odoo: Odoo, order: str) -> None:
    with pytest.raises(OdooValidation):
        odoo.search("res.partner", order=order)


def test_the_models_own_order_holds_when_none_is_given(odoo: Odoo, people: People) -> None:
    """Partners come by their complete name: a contact is named after its company, not its parent."""
    assert people.letters(odoo.search("res.partner", mine(people))) == "adcb"


def test_countries_come_by_name(odoo: Odoo) -> None:
    names = [
        record["name"] for record in odoo.search_read("res.country", [("code", "in", ["FR", "BE", "DE"])], ["name"])
    ]
    assert names == ["Belgium", "France", "Germany"]


@pytest.mark.parametrize("page", [{"limit": 2}, {"limit": 2, "offset": 1}, {"offset": 1}])
def test_a_limited_search_of_everything_leaves_no_trace_in_the_next_one(
    odoo: Odoo, people: People, page: dict[str, int]
) -> None:
    everything = {"active_test": False}
    total = odoo.count("res.partner", [], context=everything)
    for _ in range(2):
        assert len(odoo.search("res.partner", [], order="id", context=everything, **page)) == min(
            page.get("limit", total), total - page.get("offset", 0)
        )
    assert len(odoo.search("res.partner", [], context=everything)) == total
