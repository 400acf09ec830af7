"""What a third party posts in a form of its own: a shop's webhook becomes records."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.odoo.connection import Odoo
from syncconfig.models import Configuration
from tests.conftest import Make

pytestmark = pytest.mark.django_db
ROWS: list[Any] = [
    ("ref", "customer.id", {"required": True}),
    ("name", "customer.name", {"kind": "template", "detail": "{{ customer.first_name }} {{ customer.last_name }}"}),
    ("email", "customer.emails[0]"),
    ("country_id", "customer.address.country_code", {"kind": "country"}),
]


@pytest.fixture
def shop(make: Make) -> Configuration:
    """Orders of a shop, of which the customers are wanted."""
    return make(
        "shop", ROWS, request_type="in", methods=["POST"], unmapped="ignore", records_path="orders",
        match_keys="customer.id",
    )  # fmt: skip


def order(number: str, first: str = "Ada", country: str = "DE") -> dict[str, Any]:
    customer = {
        "id": number,
        "first_name": first,
        "last_name": "Lovelace",
        "emails": ["a@example.com", "b@example.com"],
    }
    return {"id": 1, "total": "9.99", "customer": customer | {"address": {"country_code": country}}}


def test_each_record_of_the_list_is_made_or_updated(api: APIClient, shop: Configuration, odoo: Odoo) -> None:
    body = {"topic": "orders/create", "orders": [order("C1"), order("C2", "Grace"), order("C1", "Augusta")]}
    answer = api.post("/api/sync/v1/in/shop", body, format="json")
    assert answer.status_code == 200, answer.content
    first, second, again = (one["id"] for one in answer.json()["results"])
    assert first == again != second
    (record,) = odoo.read("res.partner", [first], ["name", "email", "ref", "country_id"])
    assert (record["name"], record["email"], record["ref"]) == ("Augusta Lovelace", "a@example.com", "C1")
    assert record["country_id"][1] == "Germany"
    row = ApiLog.objects.get()
    assert (row.operation, row.configuration_code, row.record_ids) == ("intake", "shop", [first, second, first])


def test_one_that_does_not_fit_does_not_stop_the_others(api: APIClient, shop: Configuration) -> None:
    answer = api.post("/api/sync/v1/in/shop", {"orders": [order("C1", country="??"), order("C2")]}, format="json")
    assert answer.status_code == 207
    bad, good = answer.json()["results"]
    assert (bad["error"]["details"]["field"], good["success"]) == ("customer.address.country_code", True)


@pytest.mark.parametrize("body", [{"orders": 5}, {"order": []}, [], 5, {"orders": None}])
def test_a_body_without_records_is_refused_or_empty(api: APIClient, shop: Configuration, body: Any) -> None:
    answer = api.post("/api/sync/v1/in/shop", body, format="json")
    assert answer.status_code == (200 if body == [] else 400), answer.content


def test_without_a_path_the_body_is_the_record(api: APIClient, shop: Configuration, odoo: Odoo) -> None:
    Configuration.objects.update(records_path="")
    assert api.post("/api/sync/v1/in/shop", order("C9"), format="json").status_code == 200
    assert odoo.count("res.partner", [("ref", "=", "C9")]) == 1


def test_an_unknown_code_and_one_that_lets_nobody_create(api: APIClient, make: Make) -> None:
    make("reader", [("name", "name")], request_type="in", methods=["GET"])
    assert api.post("/api/sync/v1/in/nothing", {}, format="json").status_code == 404
    assert api.post("/api/sync/v1/in/reader", {}, format="json").status_code == 405
