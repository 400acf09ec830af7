"""Domains: read from text, made explicit, checked, walked and joined."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import InvalidInput
from hub.odoo import domain
from hub.odoo.domain import Group, Leaf, Not

A, B, C = ("a", "=", 1), ("b", "=", 2), ("c", "=", 3)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], []),
        (None, []),
        (False, []),
        ([A], [A]),
        ([["a", "=", 1]], [A]),
        ([A, B], ["&", A, B]),
        ([A, B, C], ["&", "&", A, B, C]),
        (["&", A, B], ["&", A, B]),
        (["|", A, B, C], ["&", "|", A, B, C]),
        ([A, "|", B, C], ["&", A, "|", B, C]),
        (["!", A, B], ["&", "!", A, B]),
        (["!", "|", A, B], ["!", "|", A, B]),
        (["|", "|", A, B, C], ["|", "|", A, B, C]),
        ([("a", "IN", (1, 2))], [("a", "in", [1, 2])]),
        ([("a", " not in ", {7})], [("a", "not in", [7])]),
        ([("a", "any", [B, C])], [("a", "any", ["&", B, C])]),
        ([(1, "=", 1)], [(1, "=", 1)]),
    ],
    ids=repr,
)
def test_a_domain_is_written_out_in_full(given: Any, expected: list[Any]) -> None:
    assert domain.normalise(given) == expected


@pytest.mark.parametrize(
    "given",
    [
        "active",
        b"x",
        5,
        [1],
        ["&", A],
        ["|", A],
        ["!"],
        ["&"],
        [A, "|", B],
        [("a", "=")],
        [("a", "=", 1, 2)],
        ["xor", A, B],
        [(5, "=", 1)],
        [("", "=", 1)],
        [(".a", "=", 1)],
        [("a..b", "=", 1)],
        [("a", "===", 1)],
        [("a", None, 1)],
        [("a", "any", "x")],
        {"a": 1},
    ],
    ids=repr,
)
def test_what_is_no_domain_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        domain.normalise(given)
    assert caught.value.status == 400


def test_a_wrong_operator_is_named_with_the_nearest() -> None:
    with pytest.raises(InvalidInput, match="Did you mean 'ilike'") as caught:
        domain.normalise([("name", "ilik", "x")])
    assert caught.value.details["field"] == "name"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[["customer_rank", ">", 0]]', [("customer_rank", ">", 0)]),
        ("[('active', '=', True)]", [("active", "=", True)]),
        ('[["active", "=", true]]', [("active", "=", True)]),
        ("  [ ('a', 'in', (1, 2)), ]  ", [("a", "in", [1, 2])]),
        ("", []),
        ("[]", []),
        ("['|', ('a', '=', None), ('b', '=', 'it''s')]", ["|", ("a", "=", None), ("b", "=", "its")]),
    ],
)
def test_text_is_read_as_json_or_python(text: str, expected: list[Any]) -> None:
    assert domain.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "[('a', '=', uid)]",
        "[('a', '=', __import__('os'))]",
        "[",
        "nonsense",
        "[" * 5000,
        "1 +",
        "('a', '=', 1)",
        "x" * 300_000,
    ],
    ids=lambda text: text[:20],
)
def test_text_that_is_no_domain_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        domain.parse(text)


def test_a_domain_of_too_many_items_is_refused() -> None:
    with pytest.raises(InvalidInput, match="more than"):
        domain.normalise([A] * (domain.MAX_ITEMS + 1))


def test_a_domain_nested_too_deep_is_refused() -> None:
    nested: list[Any] = [A]
    for _level in range(domain.MAX_DEPTH + 2):
        nested = [("child_ids", "any", nested)]
    with pytest.raises(InvalidInput, match="levels"):
        domain.normalise(nested)


def test_the_tree_joins_neighbours_of_one_operator() -> None:
    assert domain.tree([A, B, C]) == Group("&", (Leaf(*A), Leaf(*B), Leaf(*C)))
    assert domain.tree(["|", A, "|", B, C]) == Group("|", (Leaf(*A), Leaf(*B), Leaf(*C)))
    assert domain.tree(["!", A]) == Not(Leaf(*A))
    assert domain.tree([]) == domain.TRUE
    assert domain.tree([(0, "=", 1)]) == domain.FALSE
    assert domain.tree(["&", A, "|", B, C]) == Group("&", (Leaf(*A), Group("|", (Leaf(*B), Leaf(*C)))))


def test_the_tree_of_a_long_domain_is_flat() -> None:
    tree = domain.tree([A] * 2000)
    assert isinstance(tree, Group)
    assert len(tree.children) == 2000


def test_leaves_and_paths_reach_into_any() -> None:
    given = [
        "|",
        ("country_id.code", "=", "BE"),
        ("child_ids", "any", [("email", "!=", False), ("parent_id.name", "=", "x")]),
    ]
    assert domain.paths(given) == {"country_id.code", "child_ids", "child_ids.email", "child_ids.parent_id.name"}
    assert [operator for _path, operator, _value in domain.leaves(given)] == ["=", "any", "!=", "="]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), []),
        (([], []), []),
        (([A], []), [A]),
        (([A], [B, C]), ["&", A, "&", B, C]),
        (([A], ["|", B, C], [A]), ["&", "&", A, "|", B, C, A]),
    ],
)
def test_domains_are_joined_by_and(parts: tuple[list[Any], ...], expected: list[Any]) -> None:
    assert domain.all_of(*parts) == expected


def test_domains_are_joined_by_or_and_an_empty_one_matches_all() -> None:
    assert domain.any_of([A], [B, C]) == ["|", A, "&", B, C]
    assert domain.any_of([A], []) == []


@pytest.mark.parametrize("operator", sorted(domain.OPERATORS))
def test_every_operator_passes(operator: str) -> None:
    value: Any = [A] if "any" in operator else [1] if operator.endswith("in") else "x"
    assert domain.normalise([("field", operator, value)])[0][1] == operator


@pytest.mark.parametrize(
    "deep",
    [["!"] * 3000 + [A], ["|", A, "&", A] * 200 + [A], [("x", "any", ["!"] * 3000 + [A])]],
)
def test_operators_that_nest_too_deeply_are_refused(deep: list[Any]) -> None:
    with pytest.raises(InvalidInput, match="Write it flatter"):
        domain.normalise(deep)


def test_a_long_chain_of_one_operator_is_flat() -> None:
    assert len(domain.normalise(["|"] * 2000 + [A] * 2001)) == 4001
