"""What a caller sees: relations with their names, the fields that there are, and no parameter passed over."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig.models import Configuration, OdooConnection
from tests.conftest import Make
from tests.contract.conftest import Maker

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/res.partner"
ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@pytest.fixture
def people(make: Make) -> Configuration:
    """Partners, with relations of each kind."""
    rows: list[Any] = [
        ("name", "name"),
        ("country_id", "country"),
        ("parent_id", "parent_id"),
        ("category_id", "tags"),
        ("country_id.code", "code", {"direction": "out"}),
        ("state_id", "state", {"kind": "lookup", "detail": "name"}),
        ("ref", "ref"),
    ]
    return make("people", rows, request_type="in", methods=ALL)


@pytest.fixture
def ada(people: Configuration, made: Maker, odoo: Odoo) -> dict[str, Any]:
    """A partner with relations; those without: its id is `bare`."""
    label = f"Hub {uuid.uuid4()}"
    country = odoo.search_read("res.country", [("code", "=", "DE")], ["display_name"])[0]
    tag = made("res.partner.category", name=f"{label} tag")
    return {
        "label": label,
        "country": {"id": country["id"], "name": country["display_name"]},
        "tags": [{"id": tag, "name": f"{label} tag"}],
        "id": made("res.partner", name=label, country_id=country["id"], category_id=[(6, 0, [tag])], ref=label),
        "bare": made("res.partner", name=f"{label} bare", ref=label),
    }


def test_expand_gives_the_name_beside_the_id(api: APIClient, ada: dict[str, Any]) -> None:
    data = api.get(f"{URL}/{ada['id']}?expand=country,tags,parent_id").json()["data"]
    assert (data["country"], data["tags"], data["parent_id"]) == (ada["country"], ada["tags"], None)
    data = api.get(f"{URL}/{ada['id']}").json()["data"]
    assert (data["country"], data["tags"]) == (ada["country"]["id"], [ada["tags"][0]["id"]])
    data = api.get(f"{URL}/{ada['bare']}?expand=country,tags").json()["data"]
    assert (data["country"], data["tags"]) == (None, [])


def test_expand_works_in_lists_and_searches_and_what_comes_out_goes_in(api: APIClient, ada: dict[str, Any]) -> None:
    query = {
        "domain": f'[["ref", "=", "{ada["label"]}"]]',
        "fields": "name,country",
        "expand": "country",
        "order": "id",
    }
    found = api.get(f"{URL}/search", query).json()["records"]
    listed = api.get(URL, query).json()["data"]
    assert found == listed
    assert [one["country"] for one in found] == [ada["country"], None]
    change = {"data": {"country": found[0]["country"]}}
    assert api.put(f"{URL}/{ada['bare']}", change, format="json").status_code == 200
    assert api.get(f"{URL}/{ada['bare']}").json()["data"]["country"] == ada["country"]["id"]


def test_expand_works_for_return_fields(api: APIClient, ada: dict[str, Any], made: Maker) -> None:
    body = {"data": {"name": ada["label"], "country": ada["country"]["id"]}, "options": {"return_fields": ["country"]}}
    created = api.post(f"{URL}?expand=country", body, format="json").json()
    made.keep_track("res.partner", [created["id"]])
    assert created["data"]["country"] == ada["country"]
    changed = api.patch(f"{URL}/{created['id']}?expand=country", body, format="json").json()
    assert changed["data"]["country"] == ada["country"]


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("expand=cuntry", "cuntry", "Did you mean `country`"),
        ("expand=name", "name", "no relation"),
        ("expand=code", "code", "no relation"),
        ("expand=state", "state", "These can be: country, parent_id, tags"),
        ("expand=country&fields=name", "country", "not among the fields of this answer"),
        ("expand=country_id", "country_id", "not among the fields"),
    ],
)
def test_what_cannot_be_expanded_is_named(
    api: APIClient, ada: dict[str, Any], query: str, field: str, told: str
) -> None:
    for url in (f"{URL}/{ada['id']}", URL, f"{URL}/search"):
        answer = api.get(f"{url}?{query}")
        error = answer.json()["error"]
        assert (answer.status_code, error["details"]["field"]) == (400, field)
        assert told in error["message"]


def test_an_optional_field_that_this_odoo_has_not_is_not_listed(
    api: APIClient, make: Make, connection: OdooConnection
) -> None:
    rows: list[Any] = [
        ("name", "name"),
        ("x_hub_never", "never", {"optional": True}),
        ("country_id.x_hub_never", "land.never", {"optional": True, "direction": "out"}),
        ("child_ids", "contacts", {"kind": "records", "detail": "keep"}),
        ("child_ids.name", "contacts[].name"),
        ("child_ids.x_hub_never", "contacts[].never", {"optional": True}),
    ]
    make("people", rows, request_type="in", methods=ALL)
    (offered,) = api.get("/api/sync/v1/").json()["resources"]
    assert offered["fields"] == ["name", "contacts", "contacts[].name"]
    for key in ("never", "land.never"):
        answer = api.get(f"{URL}?fields={key}")
        assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, key)
        assert "is not in this Odoo" in answer.json()["error"]["message"]
    near = api.get(f"{URL}?fields=neve").json()["error"]["message"]
    assert "never" not in near


def test_the_index_answers_also_while_odoo_does_not(api: APIClient, make: Make, connection: OdooConnection) -> None:
    make("people", [("name", "name"), ("ref", "ref", {"optional": True})], request_type="in", methods=ALL)
    OdooConnection.objects.update(transport="jsonrpc", url="http://127.0.0.1:9", database="x", login="x", api_key="x")
    (offered,) = api.get("/api/sync/v1/").json()["resources"]
    assert offered["fields"] == ["name", "ref"]


@pytest.mark.parametrize(
    ("url", "query", "field", "told"),
    [
        ("/", "limt=1", "limt", "It takes none"),
        ("/res.partner", "limit=1", "limit", "It takes: domain"),
        ("/res.partner", "per-page=1", "per-page", "Did you mean `per_page`"),
        ("/res.partner", "page=1&page=2", "page", "more than once"),
        ("/res.partner/search", "filter=1", "filter", "It takes: domain"),
        ("/res.partner/search", "limits=1", "limits", "Did you mean `limit`"),
        ("/res.partner/search", "limit=1&limit=1", "limit", "more than once"),
        ("/res.partner/search", "fields=name&fields=email", "fields", "with commas"),
        ("/res.partner/1", "field=name", "field", "Did you mean `fields`"),
        ("/res.partner/1", "domain=[]", "domain", "It takes: fields, expand"),
        ("/res.partner/1/photo/content", "size=1", "size", "It takes none"),
    ],
)
def test_a_parameter_that_an_address_does_not_know_is_refused(
    api: APIClient, people: Configuration, url: str, query: str, field: str, told: str
) -> None:
    answer = api.get(f"/api/sync/v1{url}?{query}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["details"]["field"]) == (400, "VALIDATION_ERROR", field)
    assert told in error["message"]


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_parameters_of_a_change_are_known_too(api: APIClient, ada: dict[str, Any], method: str) -> None:
    url = URL if method == "post" else f"{URL}/{ada['id']}"
    answer = getattr(api, method)(f"{url}?expnd=country", {"data": {"name": "x"}}, format="json")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "expnd")
    assert "Did you mean `expand`" in answer.json()["error"]["message"]


def test_a_list_of_conditions_may_be_sent_as_repeated_parameters_with_empty_fields(
    api: APIClient, ada: dict[str, Any]
) -> None:
    query = [("domain", f'["ref", "=", "{ada["label"]}"]'), ("domain", '["name", "like", "bare"]'), ("fields", "")]
    answer = api.get(f"{URL}/search?" + "&".join(f"{name}={value}" for name, value in query))
    assert [one["id"] for one in answer.json()["records"]] == [ada["bare"]]
