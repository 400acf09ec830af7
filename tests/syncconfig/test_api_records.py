"""Creating, reading, updating and deleting Odoo's records through the API."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig.models import Configuration

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/res.partner"


@pytest.fixture(autouse=True)
def configured(customers_in: Configuration) -> None:
    """All tests here talk to the same configuration."""


def new(odoo: Odoo, **values: Any) -> int:
    """A partner made in Odoo itself."""
    (record_id,) = odoo.create("res.partner", [{"name": "Ada", **values}])
    return record_id


def test_create_answers_201_with_the_id_and_the_record_is_in_odoo(api: APIClient, odoo: Odoo) -> None:
    answer = api.post(URL, {"data": {"name": "Test Customer", "email": "test@example.com"}}, format="json")
    assert answer.status_code == 201
    body = answer.json()
    assert body == {"success": True, "id": body["id"], "data": {"id": body["id"]}}
    assert answer["Location"] == f"{URL}/{body['id']}"
    (record,) = odoo.read("res.partner", [body["id"]], ["name", "email"])
    assert (record["name"], record["email"]) == ("Test Customer", "test@example.com")


def test_return_fields_come_back_with_dates_in_iso_8601(api: APIClient) -> None:
    body = {
        "data": {"name": "Ada"},
        "options": {"skip_validation": False, "return_fields": ["id", "name", "create_date"]},
    }
    data = api.post(URL, body, format="json").json()["data"]
    assert list(data) == ["id", "name", "create_date"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", data["create_date"])


def test_get_answers_all_mapped_fields_with_relations_as_ids_and_empty_as_null(api: APIClient, odoo: Odoo) -> None:
    (country,) = odoo.search("res.country", [("code", "=", "DE")])
    record_id = new(odoo, country_id=country)
    data = api.get(f"{URL}/{record_id}").json()["data"]
    assert data["name"] == "Ada"
    assert data["country_id"] == country
    assert data["email"] is None
    assert data["is_company"] is False


def test_get_answers_only_the_fields_asked_for(api: APIClient, odoo: Odoo) -> None:
    assert list(api.get(f"{URL}/{new(odoo)}?fields=email,name").json()["data"]) == ["id", "email", "name"]


@pytest.mark.parametrize("method", ["put", "patch"])
def test_update_writes_and_tells_the_fields_and_the_write_date(api: APIClient, odoo: Odoo, method: str) -> None:
    record_id = new(odoo, phone="1")
    body = {
        "data": {"email": "newemail@example.com", "phone": "+9876543210"},
        "options": {"partial_update": True, "trigger_workflow": False},
    }
    answer = getattr(api, method)(f"{URL}/{record_id}", body, format="json")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["success"], told["id"], told["updated_fields"]) == (True, record_id, ["email", "phone"])
    assert told["write_date"].endswith("Z")
    (record,) = odoo.read("res.partner", [record_id], ["name", "email", "phone"])
    assert (record["name"], record["email"], record["phone"]) == ("Ada", "newemail@example.com", "+9876543210")


def test_null_for_a_yes_or_no_says_nothing_of_it(api: APIClient, odoo: Odoo, customers_in: Configuration) -> None:
    customers_in.mappings.create(odoo_field="active", external_key="active")
    customers_in.mappings.create(odoo_field="child_ids", external_key="contacts")

    def is_so(record_id: int) -> tuple[bool, bool]:
        (read,) = odoo.read("res.partner", [record_id], ["active", "is_company"])
        return read["active"], read["is_company"]

    data = {"name": "Ada", "active": None, "is_company": True, "contacts": [[0, 0, {"name": "Bob", "active": None}]]}
    record_id = api.post(URL, {"data": data}, format="json").json()["id"]
    assert is_so(record_id) == (True, True)
    assert odoo.count("res.partner", [("parent_id", "=", record_id)]) == 1
    answer = api.patch(
        f"{URL}/{record_id}", {"data": {"active": None, "is_company": None, "city": "Ulm"}}, format="json"
    )
    assert answer.json()["updated_fields"] == ["city"]
    assert is_so(record_id) == (True, True)
    nothing = api.patch(f"{URL}/{record_id}", {"data": {"active": None}}, format="json")
    assert (nothing.status_code, nothing.json()["error"]["details"]["field"]) == (400, "data")
    whole = {"data": {"name": "Ada", "is_company": None}, "options": {"partial_update": False}}
    odoo.write("res.partner", [record_id], {"active": False})
    assert api.put(f"{URL}/{record_id}", whole, format="json").status_code == 200
    assert is_so(record_id) == (True, False)


def test_a_full_update_empties_what_is_left_out(api: APIClient, odoo: Odoo) -> None:
    record_id = new(odoo, phone="1", email="a@example.com")
    body = {"data": {"name": "Ada", "email": "b@example.com"}, "options": {"partial_update": False}}
    answer = api.put(f"{URL}/{record_id}", body, format="json")
    assert answer.status_code == 200, answer.content
    (record,) = odoo.read("res.partner", [record_id], ["name", "email", "phone"])
    assert (record["name"], record["email"], record["phone"]) == ("Ada", "b@example.com", False)


def test_a_full_update_without_what_is_required_is_refused_and_changes_nothing(api: APIClient, odoo: Odoo) -> None:
    record_id = new(odoo, phone="1")
    body = {"data": {"email": "b@example.com"}, "options": {"partial_update": False}}
    answer = api.put(f"{URL}/{record_id}", body, format="json")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "name")
    (record,) = odoo.read("res.partner", [record_id], ["phone"])
    assert record["phone"] == "1"


def test_delete_removes_the_record(api: APIClient, odoo: Odoo) -> None:
    record_id = new(odoo)
    answer = api.delete(f"{URL}/{record_id}")
    assert answer.json() == {"success": True, "message": "Record deleted successfully", "id": record_id}
    assert odoo.count("res.partner", [("id", "=", record_id)], context={"active_test": False}) == 0


def test_archive_instead_keeps_the_record_archived(api: APIClient, odoo: Odoo) -> None:
    record_id = new(odoo)
    body = {"options": {"cascade": False, "archive_instead": True}}
    answer = api.delete(f"{URL}/{record_id}", body, format="json")
    assert answer.json() == {"success": True, "message": "Record archived successfully", "id": record_id}
    assert odoo.count("res.partner", [("id", "=", record_id), ("active", "=", False)]) == 1


@pytest.mark.parametrize(("method", "body"), [("get", None), ("put", {"data": {"name": "x"}}), ("delete", None)])
def test_a_record_that_is_not_there_is_not_found(api: APIClient, method: str, body: Any) -> None:
    answer = getattr(api, method)(f"{URL}/999999", body, format="json")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["code"] == "NOT_FOUND"
    assert "999999" in error["message"]


def test_list_answers_a_page_and_the_pagination_block(api: APIClient, odoo: Odoo) -> None:
    odoo.create("res.partner", [{"name": f"Page {number}"} for number in range(5)])
    query = {"domain": '[["name","like","Page "]]', "order": "name", "per_page": 2, "page": 2, "fields": "name"}
    answer = api.get(URL, query).json()
    assert [record["name"] for record in answer["data"]] == ["Page 2", "Page 3"]
    block = answer["pagination"]
    assert {key: block[key] for key in ("total", "page", "per_page", "pages")} == {
        "total": 5,
        "page": 2,
        "per_page": 2,
        "pages": 3,
    }
    assert "page=3" in block["next"]
    assert "page=1" in block["previous"]
    assert [record["name"] for record in api.get(block["next"]).json()["data"]] == ["Page 4"]


def test_an_empty_list_has_no_pages(api: APIClient) -> None:
    block = api.get(URL, {"domain": '[["name","=","nobody at all"]]'}).json()["pagination"]
    assert (block["total"], block["pages"], block["next"], block["previous"]) == (0, 0, None, None)
