"""Searching through the API: domains in every form that callers send."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig.models import Configuration

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/res.partner/search"


@pytest.fixture(autouse=True)
def people(customers_in: Configuration, odoo: Odoo) -> None:
    """Five people to find, one of them archived."""
    odoo.create(
        "res.partner",
        [
            {"name": f"Find {name}", "customer_rank": rank, "email": f"{name}@example.com"}
            for rank, name in enumerate("abcd")
        ]
        + [{"name": "Find archived", "active": False}],
    )


def found(api: APIClient, domain: Any, **query: Any) -> list[str]:
    """The names that a search finds."""
    answer = api.get(URL, {"domain": domain, "order": "name", "fields": "name", **query})
    assert answer.status_code == 200, answer.content
    return [record["name"] for record in answer.json()["records"]]


@pytest.mark.parametrize(
    "domain",
    [
        '[["name","like","Find "],["customer_rank",">",1]]',
        "[('name', 'like', 'Find '), ('customer_rank', '>', 1)]",
        "['&', ('name', 'like', 'Find '), '!', ('customer_rank', '<=', 1)]",
    ],
)
def test_json_and_python_domains_find_the_same(api: APIClient, domain: str) -> None:
    assert found(api, domain) == ["Find c", "Find d"]


def test_no_domain_finds_all_and_counts_them(api: APIClient, odoo: Odoo) -> None:
    answer = api.get(URL, {"limit": 3}).json()
    assert len(answer["records"]) == 3
    assert answer["count"] == odoo.count("res.partner")


def test_count_is_the_total_not_the_page(api: APIClient) -> None:
    answer = api.get(URL, {"domain": '[["name","like","Find "]]', "limit": 2, "offset": 1, "order": "name desc"}).json()
    assert (answer["count"], [record["name"] for record in answer["records"]]) == (4, ["Find c", "Find b"])


def test_a_page_behind_the_end_still_counts(api: APIClient) -> None:
    answer = api.get(URL, {"domain": '[["name","like","Find "]]', "offset": 100}).json()
    assert (answer["count"], answer["records"]) == (4, [])


def test_archived_records_are_found_when_asked_for(api: APIClient, customers_in: Configuration) -> None:
    customers_in.mappings.create(odoo_field="active", external_key="active")
    assert found(api, '[["name","like","Find "],["active","=",false]]') == ["Find archived"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"domain": '[["emial","=","x"]]'}, "emial"),
        ({"domain": '[["user_ids.password","!=",false]]'}, "user_ids.password"),
        ({"fields": "name,comment"}, "comment"),
        ({"order": "comment desc"}, "comment"),
        ({"limit": "many"}, "limit"),
        ({"limit": "100000"}, "limit"),
        ({"offset": "-1"}, "offset"),
    ],
)
def test_what_is_not_exposed_or_not_a_number_is_refused_by_name(
    api: APIClient, query: dict[str, str], field: str
) -> None:
    answer = api.get(URL, query)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["details"]["field"]) == ("VALIDATION_ERROR", field)


@pytest.mark.parametrize(
    "domain", ["[", "name", "[1,2]", '[["name","="]]', '[["name","frobs","x"]]', "__import__('os')", '["&"]']
)
def test_a_domain_that_is_none_is_a_400(api: APIClient, domain: str) -> None:
    answer = api.get(URL, {"domain": domain})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


def test_a_misspelt_field_gets_a_suggestion(api: APIClient) -> None:
    assert "Did you mean `email`?" in api.get(URL, {"domain": '[["emial","=","x"]]'}).json()["error"]["message"]
