"""What a search finds by values of each kind, and that no value ends in a fault of the hub."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig.models import Configuration
from tests.conftest import Make
from tests.contract.conftest import Maker
from tests.odoo.test_api_files import png

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/res.partner/search"


@pytest.fixture
def people(make: Make) -> Configuration:
    """Partners, with related records by a code or a name, and a picture."""
    rows: list[Any] = [
        ("name", "name"),
        ("country_id", "country", {"kind": "lookup", "detail": "code"}),
        ("country_id.code", "code", {"direction": "out"}),
        ("country_id", "iso", {"kind": "country", "detail": "alpha-3", "direction": "out"}),
        ("category_id", "tags", {"kind": "lookup", "detail": "name"}),
        ("image_1920", "picture"),
        ("avatar_1920", "avatar", {"optional": True}),
        ("color", "color"),
        ("active", "active"),
    ]
    return make("people", rows, request_type="in", methods=["GET"])


@pytest.fixture
def label(people: Configuration, made: Maker, odoo: Odoo) -> str:
    """How the names of three partners begin: a German one, an American one with a tag and a picture, a bare one."""
    label = f"Hub {uuid.uuid4()}"
    germany, america = (odoo.search("res.country", [("code", "=", code)])[0] for code in ("DE", "US"))
    tag = made("res.partner.category", name=label)
    made("res.partner", name=f"{label} de", country_id=germany)
    picture = base64.b64encode(png()).decode()
    made("res.partner", name=f"{label} us", country_id=america, category_id=[(6, 0, [tag])], image_1920=picture)
    made("res.partner", name=f"{label} bare")
    return label


def found(api: APIClient, label: str, *condition: Any) -> str:
    """The ends of the names of those that match."""
    domain = json.dumps([["name", "like", label], [one if one != "TAG" else label for one in condition]])
    answer = api.get(URL, {"domain": domain, "fields": "name", "order": "name"})
    assert answer.status_code == 200, answer.content
    assert answer.json()["count"] == len(answer.json()["records"])
    return " ".join(one["name"].rpartition(" ")[2] for one in answer.json()["records"])


def test_related_records_are_searched_as_they_are_shown(api: APIClient, label: str) -> None:
    for key, america in (("country", "US"), ("code", "US"), ("iso", "USA")):
        assert found(api, label, key, "=", america) == "us"
        for nothing in (None, False):
            assert found(api, label, key, "=", nothing) == "bare"
            assert found(api, label, key, "!=", nothing) == "de us"
            assert found(api, label, key, "in", [america, nothing]) == "bare us"
            assert found(api, label, key, "not in", [america, nothing]) == "de"
        assert found(api, label, key, "!=", america) == "bare de"
        assert found(api, label, key, "not in", [america]) == "bare de"
    assert found(api, label, "country", "not like", "U") == "bare de"
    assert found(api, label, "tags", "=", "TAG") == "us"
    assert found(api, label, "tags", "!=", "TAG") == "bare de"
    assert found(api, label, "tags", "=", None) == "bare de"


def test_a_file_is_searched_for_being_there_and_by_nothing_else(api: APIClient, label: str) -> None:
    assert found(api, label, "picture", "!=", False) == "us"
    assert found(api, label, "picture", "=", None) == "bare de"
    assert found(api, label, "picture", "not in", [False]) == "us"
    for operator, value in (
        ("=", "x"),
        ("!=", "x"),
        ("=", True),
        ("ilike", "x"),
        ("in", ["x"]),
        ("in", []),
        (">", "x"),
    ):
        details = refusal(api, json.dumps([["picture", operator, value]]))
        assert (details["field"], details["constraint"]) == ("picture", "searchable")


@pytest.mark.odoo
def test_a_field_that_odoo_cannot_search_by_is_refused_by_name(
    api: APIClient, people: Configuration, odoo: Odoo
) -> None:
    if odoo.transport == "embedded":
        pytest.skip("the embedded Odoo can search by all that it has")
    for condition in (["avatar", "=", None], ["avatar", "ilike", "x"]):
        details = refusal(api, json.dumps([condition]))
        assert (details["field"], details["constraint"]) == ("avatar", "searchable")
    (shown,) = [one for one in api.get(URL.replace("search", "schema")).json()["fields"] if one["name"] == "avatar"]
    assert shown["searchable"] is False


@pytest.mark.parametrize(
    ("domain", "field"),
    [
        ('[["id","=",NaN]]', "id"),
        ('[["color",">",Infinity]]', "color"),
        ('[["color",">",-Infinity]]', "color"),
        ('[["color","=","nan"]]', "color"),
        ('[["id","in",[1e400]]]', "id"),
        ("[('id','in',(1,1e400))]", "id"),
        ('[["active","=",NaN]]', "active"),
        ('[["name","=",NaN]]', "name"),
        ("[('name','=',b'x')]", "name"),
        ("[('color','=',1j)]", "color"),
        ("[('name','=',...)]", "name"),
        ('[[1.0,"=",1]]', "domain"),
        ("[(True,'=',True)]", "domain"),
    ],
)
def test_what_json_has_not_is_refused(api: APIClient, people: Configuration, domain: str, field: str) -> None:
    assert refusal(api, domain)["field"] == field


def refusal(api: APIClient, domain: str) -> dict[str, Any]:
    """The details of the error to a search."""
    answer = api.get(URL, {"domain": domain})
    assert answer.status_code == 400, answer.content
    details: dict[str, Any] = answer.json()["error"]["details"]
    return details
