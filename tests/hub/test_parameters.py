"""Domains that came as repeated parameters, as HTTP libraries write a list of conditions."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from hub.errors import InvalidInput
from hub.flow.parameters import domain_of
from hub.odoo import domain as domains

TYPES = {"name": "char", "rank": "integer", "active": "boolean", "price": "float", "country": "many2one", "tags": ""}


def sent(domain: Any) -> list[str]:
    """The values of ``domain=`` that requests makes of it."""
    url = requests.Request("GET", "http://hub/", params={"domain": domain}).prepare().url
    assert url is not None
    return parse_qs(urlsplit(url).query, keep_blank_values=True).get("domain", [])


@pytest.mark.parametrize(
    "domain",
    [
        [],
        [["rank", ">", 0]],
        [("rank", "=", -1), ("price", "<", 1.5)],
        [["name", "=", "0"], ["active", "=", True]],
        [["name", "like", "a [b] (c)"]],
        [["name", "=", "["]],
        ["|", "!", ["name", "=", "x y"], "&", ["active", "=", False], ["rank", "!=", 7]],
        [["name", "in", ["x", "y"]], ["country", "in", [1, 2]], ["tags", "not in", [3]]],
        [["name", "=", ""], ["name", "=", False], ["country", "=", False]],
        [["country", "child_of", [4]], ["country", "child_of", 4]],
        [["country", "like", "Ger"], ["name", "ilike", "False"]],
    ],
)
def test_what_requests_makes_of_a_list_means_the_same_as_the_list(domain: list[Any]) -> None:
    assert domain_of(sent(domain), TYPES.__getitem__) == domains.normalise(domain)


@pytest.mark.parametrize(
    "texts",
    [
        ['["name","=","x"]', '["rank",">",1]'],
        ["('name', '=', 'x')", "('rank', '>', 1)"],
        ["&", '["name","=","x"]', '["rank",">",1]'],
        ["", '["name","=","x"]', "rank", ">", "1"],
        ['[["name","=","x"],["rank",">",1]]'],
    ],
)
def test_conditions_may_also_come_whole(texts: list[str]) -> None:
    assert domain_of(texts, TYPES.__getitem__) == ["&", ("name", "=", "x"), ("rank", ">", 1)]


@pytest.mark.parametrize("texts", [["name", "="], ["name", "=", "x", "rank"], ["&", "name", "=", "x"], ["|", "!"]])
def test_a_condition_that_is_not_complete_is_refused(texts: list[str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        domain_of(texts, TYPES.__getitem__)
    assert caught.value.details["field"] == "domain"


@pytest.mark.parametrize(("text", "kind", "value"), [("true", "boolean", True), ("null", "many2one", None)])
def test_json_spellings_are_understood(text: str, kind: str, value: Any) -> None:
    assert domain_of(["x", "=", text], lambda name: kind) == domains.normalise([["x", "=", value]])
