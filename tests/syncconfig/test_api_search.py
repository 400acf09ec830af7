"""Searching through the API: domains in every form that callers send."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
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


@pytest.fixture
def dated(customers_in: Configuration, odoo: Odoo) -> str:
    """The moment of a record's last change, as the API tells it."""
    for field in ("write_date", "active", "color", "image_1920", "category_id", "country_id.code"):
        customers_in.mappings.create(odoo_field=field, external_key=field.replace(".", "_"))
    (one,) = odoo.search_read("res.partner", [("name", "=", "Find b")], ["write_date"])
    return str(one["write_date"]).replace(" ", "T") + "Z"


@pytest.mark.parametrize(
    ("operator", "shift", "hit"),
    [("=", "Z", True), (">=", "Z", True), (">", "Z", False), ("=", "+00:00", True), ("<", ".5Z", False)],
)
def test_what_the_api_tells_of_a_moment_can_be_searched_for(
    api: APIClient, dated: str, operator: str, shift: str, hit: bool
) -> None:
    moment = dated[:-1] + shift
    condition = json.dumps([["name", "=", "Find b"], ["write_date", operator, moment]])
    assert found(api, condition) == (["Find b"] if hit else [])


def test_a_moment_in_another_zone_is_the_same_moment(api: APIClient, dated: str) -> None:
    there = datetime.fromisoformat(dated).astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat()
    assert found(api, json.dumps([["name", "=", "Find b"], ["write_date", "=", there]])) == ["Find b"]
    assert found(api, json.dumps([["name", "=", "Find b"], ["write_date", "in", [there]]])) == ["Find b"]
    day = dated[:10]
    assert found(api, json.dumps([["name", "=", "Find b"], ["write_date", ">=", day]])) == ["Find b"]


@pytest.mark.parametrize(
    ("condition", "constraint"),
    [
        (["write_date", ">", "2026-13-45"], "format"),
        (["write_date", ">", 5], "type"),
        (["active", "=", "maybe"], "type"),
        (["color", "=", "abc"], "type"),
        (["color", "=", 10**12], "range"),
        (["name", "=", {"a": 1}], "type"),
        (["name", "in", [["x"]]], "type"),
        (["name", "like", ["x"]], "type"),
    ],
    ids=str,
)
def test_a_value_that_no_such_field_has_is_refused_by_the_hub(
    api: APIClient, dated: str, condition: list[Any], constraint: str
) -> None:
    answer = api.get(URL, {"domain": json.dumps([condition])})
    assert answer.status_code == 400
    details = answer.json()["error"]["details"]
    assert (details["field"], details["constraint"]) == (condition[0], constraint)


@pytest.mark.parametrize("value", [True, "true", 1])
def test_a_boolean_is_searched_for_in_each_spelling(api: APIClient, dated: str, value: Any) -> None:
    names = ["Find a", "Find b", "Find c", "Find d"]
    assert found(api, json.dumps([["name", "like", "Find "], ["active", "=", value]])) == names


@pytest.mark.parametrize("name", ["category_id", "country_id_code"])
def test_an_order_that_odoo_cannot_keep_names_the_callers_field(api: APIClient, dated: str, name: str) -> None:
    answer = api.get(URL, {"order": f"{name} desc"})
    details = answer.json()["error"]["details"]
    assert (answer.status_code, details["field"], details["value"]) == (400, "order", name)


def test_a_file_comes_only_where_it_is_named(api: APIClient, dated: str) -> None:
    (whole,) = api.get(URL, {"domain": '[["name","=","Find b"]]'}).json()["records"]
    assert "image_1920" not in whole
    assert "color" in whole
    (named,) = api.get(URL, {"domain": '[["name","=","Find b"]]', "fields": "name,image_1920"}).json()["records"]
    assert set(named) == {"id", "name", "image_1920"}
    assert "image_1920" not in api.get(f"/api/sync/v1/res.partner/{named['id']}").json()["data"]
