"""Whether a record that is gone would have been found: the embedded Odoo is asked the same while it is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.odoo.connection import Target
from hub.odoo.embedded import EmbeddedOdoo
from hub.odoo.matching import matches

VALUES = {
    "name": "Ann Smith", "ref": "T5X", "email": False, "active": True, "color": 3, "customer_rank": 0,
    "comment": "50% off_", "is_company": False, "date": "2026-03-01",
}  # fmt: skip

DOMAINS: list[Any] = [
    [],
    [("name", "=", "Ann Smith")],
    [("name", "=", "ann smith")],
    [("name", "!=", "Ann Smith")],
    [("email", "=", False)],
    [("email", "!=", False)],
    [("email", "=", "x")],
    [("email", "!=", "x")],
    [("email", "like", "x")],
    [("email", "not like", "x")],
    [("email", "in", [False, "x"])],
    [("name", "like", "Smi")],
    [("name", "like", "smi")],
    [("name", "ilike", "SMI")],
    [("name", "not ilike", "SMI")],
    [("name", "=like", "Ann%")],
    [("name", "=like", "Ann")],
    [("name", "=ilike", "%smith")],
    [("name", "like", "A_n%S")],
    [("comment", "like", "50% off")],
    [("color", ">", 2)],
    [("color", ">", 3)],
    [("color", ">=", 3)],
    [("color", "<", 3)],
    [("color", "<=", 3)],
    [("color", "in", [1, 3])],
    [("color", "not in", [1, 3])],
    [("customer_rank", "=", 0)],
    [("customer_rank", "=", False)],
    [("is_company", "=", False)],
    [("is_company", "!=", True)],
    [("active", "=", True)],
    [("ref", "=?", False)],
    [("ref", "=?", "T5X")],
    [("ref", "=?", "other")],
    ["|", ("ref", "=", "other"), ("color", "=", 3)],
    ["&", ("ref", "=", "T5X"), "!", ("color", "=", 3)],
    ["!", "|", ("ref", "=", "other"), ("color", "=", 4)],
    [(1, "=", 1)],
    [(0, "=", 1)],
]


@pytest.fixture(scope="module")
def odoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedOdoo]:
    with EmbeddedOdoo(Target(str(tmp_path_factory.mktemp("odoo") / "odoo.sqlite3"), database="empty")) as connection:
        yield connection


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
def test_it_is_as_odoo_finds_it(domain: Any, odoo: EmbeddedOdoo) -> None:
    known = {name: value for name, value in VALUES.items() if name in odoo.fields_get("res.partner")}
    (record_id,) = odoo.create("res.partner", [known])
    (held,) = odoo.read("res.partner", [record_id], list(known))
    found = odoo.search("res.partner", [*domain, ("id", "=", record_id)], context={"active_test": False})
    assert matches(domain, held) is bool(found)


@pytest.mark.parametrize(
    "domain",
    [
        [("country_id.code", "=", "DE")],
        [("parent_id", "child_of", 1)],
        [("unknown", "=", 1)],
        [("country_id", "=", "Germany")],
        ["|", ("name", "=", "x"), ("country_id.code", "=", "DE")],
        ["!", ("country_id.code", "=", "DE")],
    ],
    ids=str,
)
def test_what_the_values_do_not_tell_is_neither(domain: Any) -> None:
    assert matches(domain, {**VALUES, "country_id": 57, "parent_id": 1}) is None


def test_one_false_condition_is_enough_to_know() -> None:
    assert matches([("country_id.code", "=", "DE"), ("ref", "=", "other")], VALUES) is False
    assert matches(["|", ("country_id.code", "=", "DE"), ("ref", "=", "T5X")], VALUES) is True


@pytest.mark.parametrize(
    ("held", "fits"), [([57, "Germany"], True), (57, True), ([58, "France"], False), (False, False)]
)
def test_a_relation_is_its_id(held: Any, fits: bool) -> None:
    assert matches([("country_id", "=", 57)], {"country_id": held}) is fits
    assert matches([("country_id", "in", [57])], {"country_id": held}) is fits


def test_a_list_of_records_holds_one_of_them() -> None:
    assert matches([("category_id", "in", [1, 2])], {"category_id": [2, 5]}) is True
    assert matches([("category_id", "in", [1, 3])], {"category_id": [2, 5]}) is False
    assert matches([("category_id", "=", False)], {"category_id": []}) is True


@pytest.mark.parametrize(
    ("operator", "moment", "fits"),
    [
        (">", "2026-01-01 00:00:00", True),
        ("<", "2026-01-01 00:00:00", False),
        ("=", "2026-02-01 10:00:00", True),
        (">", "2026-01-01", None),
    ],
)
def test_moments_are_compared_in_odoos_spelling(operator: str, moment: str, fits: bool | None) -> None:
    assert matches([("write_date", operator, moment)], {"write_date": "2026-02-01 10:00:00"}) is fits
