"""Webhooks in the OpenAPI document: what is registered, what is answered, and what subscribers get."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import validate
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig.models import ApiClient, Configuration
from tests.conftest import Make
from tests.openapi.schemas import answer_of, body_of, headers_of, problems
from tests.webhooks.test_subscriptions import SUBSCRIBE, WEBHOOKS, heard, register, registration, subscription

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/openapi.json"


@pytest.fixture
def partners(make: Make) -> Configuration:
    """Partners, as the reference has them."""
    rows: list[Any] = [(name, name) for name in ("name", "email", "phone", "customer_rank")]
    rows.append(("country_id.code", "address.country"))
    return make("partners", rows, methods=["GET", "POST", "PUT", "DELETE"], request_type="in")


@pytest.fixture
def shop(partners: Configuration) -> ApiClient:
    """A client that may use them."""
    found = ApiClient.objects.create(name="Shop")
    found.grants.create(configuration=partners)
    return found


@pytest.fixture
def api(shop: ApiClient) -> APIClient:
    found = APIClient()
    found.credentials(HTTP_AUTHORIZATION=f"Bearer {shop.issue_token()}")
    return found


@pytest.fixture
def hook(httpserver: HTTPServer) -> str:
    """Where they are sent."""
    httpserver.expect_request("/webhook").respond_with_json({})
    return httpserver.url_for("/webhook")


@pytest.fixture
def document(api: APIClient, odoo: Odoo) -> Any:
    """What the client gets."""
    found = api.get(URL).json()
    validate(found)
    return found


def test_registrations_and_their_answers_are_as_the_document_says(api: APIClient, document: Any, hook: str) -> None:
    paths = document["paths"]
    for path, body in ((WEBHOOKS, registration(hook)), (SUBSCRIBE, subscription(hook))):
        operation = paths[path]["post"]
        assert problems(document, body_of(operation), body) == []
        answer = api.post(path, body, format="json")
        assert problems(document, answer_of(operation, 201), answer.json()) == []
        assert "Location" in headers_of(operation, 201)
    one = answer["Location"]
    changed = api.patch(one, {"status": "paused"}, format="json")
    answers = {
        ("get", WEBHOOKS): api.get(WEBHOOKS),
        ("get", f"{WEBHOOKS}/{{id}}"): api.get(one),
        ("patch", f"{WEBHOOKS}/{{id}}"): changed,
        ("delete", f"{WEBHOOKS}/{{id}}"): api.delete(one),
    }
    for (method, path), answer in answers.items():
        assert problems(document, answer_of(paths[path][method], 200), answer.json()) == [], (method, path)


@pytest.mark.parametrize("path", [WEBHOOKS, SUBSCRIBE])
def test_the_examples_are_ones_that_the_api_takes(api: APIClient, document: Any, path: str) -> None:
    media = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    for example in media["examples"].values():
        assert problems(document, media["schema"], example["value"]) == []
        assert api.post(path, example["value"], format="json").status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "ftp://x.example"}, {"events": []}, {"events": ["record.created"]}, {"events": "create"},
        {"model": "res.users"}, {"fields": ["nmae"]}, {"fields": "name"}, {"conditions": {"a": 1}},
        {"authentication": {"type": "magic"}}, {"authentication": {"type": "bearer"}},
        {"authentication": {"type": "none", "token": "x"}}, {"callback_url": "https://x.example"},
    ],
)  # fmt: skip
def test_what_the_document_forbids_is_refused(api: APIClient, document: Any, changes: dict[str, Any]) -> None:
    body = registration("https://x.example/hook", **changes)
    assert problems(document, body_of(document["paths"][WEBHOOKS]["post"]), body) != []
    assert api.post(WEBHOOKS, body, format="json").status_code in (400, 404)


def test_a_parameter_that_is_not_there_is_refused(api: APIClient) -> None:
    assert api.get(f"{WEBHOOKS}?page=2").json()["error"]["details"]["constraint"] == "unknown_parameter"


def fits(document: Any, message: Any, headers: Any) -> None:
    """A message that arrived is as the document says, and says no more than that."""
    operation = document["webhooks"][message["event"]]["post"]
    schema = body_of(operation)
    assert problems(document, {**schema, "additionalProperties": False}, message) == []
    for one in operation["parameters"]:
        assert problems(document, one["schema"], headers[one["name"]]) == [], one["name"]


def test_what_is_sent_to_webhooks_is_as_the_document_says(
    api: APIClient, document: Any, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, fields=None, conditions=None))
    register(
        api, subscription(hook, events=["record.created", "record.updated", "record.deleted"], filters=None), SUBSCRIBE
    )
    register(api, subscription(hook, events=["batch.completed"], filters=None), SUBSCRIBE)
    (record_id,) = odoo.create("res.partner", [{"name": "John", "customer_rank": 1}])
    messages = heard(httpserver)
    odoo.write("res.partner", [record_id], {"phone": "+1"})
    messages += heard(httpserver)
    odoo.unlink("res.partner", [record_id])
    messages += heard(httpserver)
    operations = [{"method": "create", "data": {"name": "B"}}, {"method": "delete", "id": 999999}]
    api.post("/api/sync/v1/res.partner/batch", {"operations": operations}, format="json")
    messages += heard(httpserver)
    assert {one["event"] for one in messages} == set(document["webhooks"]) - {"state.changed"}
    for one, (request, _) in zip(messages, httpserver.log, strict=True):
        fits(document, one, request.headers)


def test_a_state_that_changes_is_told_as_the_document_says(
    make: Make, shop: ApiClient, api: APIClient, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    orders = make(
        "orders", [("name", "name"), ("state", "state")], model="sale.order", methods=["GET"], request_type="in"
    )
    shop.grants.create(configuration=orders)
    register(api, subscription(hook, events=["state.changed"], model="sale.order", filters={}), SUBSCRIBE)
    (partner_id,) = odoo.create("res.partner", [{"name": "Buyer"}])
    (order,) = odoo.create("sale.order", [{"partner_id": partner_id}])
    heard(httpserver)
    odoo.write("sale.order", [order], {"state": "sent"})
    (changed,) = heard(httpserver)
    fits(api.get(URL).json(), changed, httpserver.log[-1][0].headers)


def test_the_examples_of_messages_fit_their_schemas(document: Any) -> None:
    for name, item in document["webhooks"].items():
        media = item["post"]["requestBody"]["content"]["application/json"]
        for example in media["examples"].values():
            assert problems(document, media["schema"], example["value"]) == [], name


def test_who_may_not_read_registers_nothing_and_may_delete_what_it_has(
    api: APIClient, shop: ApiClient, partners: Configuration, odoo: Odoo
) -> None:
    grant = shop.grants.get()
    grant.methods = ["POST"]
    grant.save()
    document = api.get(URL).json()
    validate(document)
    assert set(document["paths"][WEBHOOKS]) == {"get"}
    assert set(document["paths"][f"{WEBHOOKS}/{{id}}"]) == {"get", "patch", "delete"}
    assert SUBSCRIBE not in document["paths"]
    assert "webhooks" not in document
