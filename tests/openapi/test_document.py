"""The OpenAPI document: valid, for whom it is meant, and true of what the API takes and gives."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from openapi_spec_validator import validate
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from hub.transform.kinds import Kind
from hub.transform.shapes import PICTURE
from syncconfig.models import ApiClient, Configuration
from syncconfig.models.client import RUN
from tests.conftest import Make
from tests.openapi.configurations import KINDS, ORDERS, PLAIN
from tests.openapi.schemas import answer_of, body_of, problems

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/openapi.json"
PARTNER, ORDER = "/api/sync/v1/res.partner", "/api/sync/v1/sale.order"


@pytest.fixture
def document(api: APIClient, configurations: list[Configuration]) -> Any:
    """What a client that may use everything gets."""
    answer = api.get(URL)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_it_is_a_valid_document_of_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_address_of_the_api_is_in_it_with_its_methods(document: Any) -> None:
    methods = {path: set(item) for path, item in document["paths"].items()}
    every = {"get", "post"}
    assert methods == {
        "/api/sync/v1/": {"get"},
        "/api/sync/v1/openapi.json": {"get"},
        "/api/sync/v1/postman": {"get"},
        "/api/sync/v1/oauth/token": {"post"},
        "/api/sync/v1/jobs": {"get"},
        "/api/sync/v1/jobs/{job_id}": {"get", "delete"},
        **{f"/api/sync/v1/in/{code}": {"post"} for code in ("a-plain", "b-kinds", "orders", "tags", "shop")},
        **{f"/api/sync/v1/{model}": every for model in ("res.partner", "sale.order", "res.partner.category")},
        **{
            f"/api/sync/v1/{model}/{{id}}": {"get", "put", "patch", "delete"}
            for model in ("res.partner", "sale.order", "res.partner.category")
        },
        **{f"/api/sync/v1/{model}/batch": {"post"} for model in ("res.partner", "sale.order", "res.partner.category")},
        **{
            f"/api/sync/v1/{model}/{end}": {"get"}
            for model in ("res.partner", "sale.order", "res.partner.category", "product.product")
            for end in ("search", "schema")
        },
        "/api/sync/v1/product.product": {"get"},
        "/api/sync/v1/product.product/{id}": {"get"},
        "/api/sync/v1/res.partner/{id}/{key}/content": {"get", "put"},
        "/api/sync/v1/webhooks": {"get", "post"},
        "/api/sync/v1/webhooks/{id}": {"get", "patch", "delete"},
        "/api/sync/v1/events/subscribe": {"post"},
    }


def test_operations_have_ids_of_their_own_headers_errors_and_ways_to_say_who_one_is(document: Any) -> None:
    operations = [one for item in document["paths"].values() for one in item.values()]
    ids = [one["operationId"] for one in operations]
    assert len(ids) == len(set(ids)) > 30
    create = document["paths"][PARTNER]["post"]
    assert create["security"] == [{"bearer": []}, {"basic": []}, {"oauth2": []}]
    assert {"400", "401", "403", "404", "409", "413", "415", "422", "429", "500", "502", "503"} <= set(
        create["responses"]
    )
    assert {"X-Request-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Location"} <= set(
        create["responses"]["201"]["headers"]
    )
    assert "Retry-After" in document["components"]["responses"]["Error429"]["headers"]
    names = {one.get("name") or one["$ref"].rsplit("/", 1)[1] for one in create["parameters"]}
    assert names == {"Idempotency-Key", "X-Sync-Config", "Prefer", "expand"}
    flow = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "http://testserver/api/sync/v1/oauth/token"
    assert set(flow["scopes"]) == {"a-plain", "b-kinds", "orders", "tags", "shop", "products"}


def test_the_keys_are_the_external_ones_nested(document: Any) -> None:
    schemas = document["components"]["schemas"]
    made = schemas["b-kinds.create"]["properties"]
    assert set(made) >= {"number", "contact", "mails", "rating", "tags", "first", "last", "secret_code"}
    assert set(made["contact"]["properties"]) == {"phone", "address"}
    assert set(made["contact"]["properties"]["address"]["properties"]) == {"city", "country"}
    shown = schemas["b-kinds.record"]["properties"]
    assert "secret_code" not in shown
    assert set(shown["contact"]["properties"]["address"]["properties"]) == {"city", "country", "country_name"}
    assert set(schemas["orders.create"]["properties"]["lines"]["items"]["properties"]) == {"sku", "quantity", "price"}
    assert schemas["orders.create"]["required"] == ["customer"]
    assert "required" not in schemas["orders.update"]
    assert schemas["a-plain.create"]["properties"]["trust"]["enum"] == ["good", "normal", "bad", None, False]
    assert "sale_order_count" not in schemas["a-plain.create"]["properties"]
    assert not {"odoo_field", "order_line", "default_code"} & set(json.dumps(document).split('"'))


def test_the_examples_fit_their_schemas(document: Any) -> None:
    seen = 0
    for item in document["paths"].values():
        for operation in item.values():
            for media in operation.get("requestBody", {}).get("content", {}).values():
                for name, example in media.get("examples", {}).items():
                    assert problems(document, media["schema"], example["value"]) == [], (operation["operationId"], name)
                    seen += 1
    assert seen > 15


GOOD: list[tuple[str, dict[str, Any]]] = [
    ("a-plain", {"name": "A", "email": None, "customer_rank": 3, "credit_limit": 1.5, "is_company": True}),
    ("a-plain", {"name": "A", "trust": "good", "country_id": {"id": 1, "name": "x"}, "category_id": []}),
    ("a-plain", {"name": "A", "child_ids": [[0, 0, {"name": "C"}]], "image_1920": PICTURE, "email": False}),
    ("b-kinds", {"number": "1", "first": "Ada", "last": "L", "contact": {"phone": "+14155550123"}, "rating": "A"}),
    ("b-kinds", {"number": "2", "first": "A", "last": "B", "contact": {"address": {"country": "DEU"}}, "rating": 3}),
    ("b-kinds", {"number": "3", "first": "A", "last": "B", "mails": ["a@example.com"], "tags": ["New"], "limit": 10}),
]
BAD: list[tuple[str, dict[str, Any]]] = [
    ("a-plain", {"email": "a@example.com"}),
    ("a-plain", {"name": ""}),
    ("a-plain", {"name": None}),
    ("a-plain", {"name": False}),
    ("a-plain", {"name": 5}),
    ("a-plain", {"name": "A", "customer_rank": 1.5}),
    ("a-plain", {"name": "A", "customer_rank": 2**31}),
    ("a-plain", {"name": "A", "is_company": "yes"}),
    ("a-plain", {"name": "A", "trust": "best"}),
    ("a-plain", {"name": "A", "country_id": "DE"}),
    ("a-plain", {"name": "A", "country_id": {"name": "Germany"}}),
    ("a-plain", {"name": "A", "category_id": [[9, 0, 0]]}),
    ("a-plain", {"name": "A", "category_id": [0]}),
    ("a-plain", {"name": "A", "child_ids": [[0, 0]]}),
    ("a-plain", {"name": "A", "sale_order_count": 1}),
    ("a-plain", {"name": "A", "emial": "x"}),
    ("b-kinds", {"number": "1", "first": "A", "last": "B", "rating": "D"}),
    ("b-kinds", {"number": "1", "first": "A", "last": "B", "contact": "x"}),
    ("b-kinds", {"number": "1", "first": "A", "last": "B", "contact": {"fax": "x"}}),
    ("b-kinds", {"number": "1", "first": "A", "last": "B", "mails": ["a", "b", "c"]}),
    ("b-kinds", {"number": "1", "first": "A", "last": "B", "tags": "New"}),
    ("b-kinds", {"first": "A", "last": "B"}),
]


@pytest.mark.parametrize(("code", "data"), GOOD)
def test_what_the_schema_allows_the_api_takes_and_shows_as_the_schema_says(
    api: APIClient, document: Any, code: str, data: dict[str, Any]
) -> None:
    schema = document["components"]["schemas"][f"{code}.create"]
    assert problems(document, schema, data) == []
    answer = api.post(PARTNER, {"data": data}, format="json", HTTP_X_SYNC_CONFIG=code)
    assert answer.status_code == 201, answer.content
    assert problems(document, answer_of(document["paths"][PARTNER]["post"], 201), answer.json()) == []
    strict = {**document["components"]["schemas"][f"{code}.record"], "additionalProperties": False}
    shown = api.get(f"{PARTNER}/{answer.json()['id']}", HTTP_X_SYNC_CONFIG=code).json()["data"]
    assert problems(document, strict, shown) == []
    unasked = {name for name, one in strict["properties"].items() if "contentEncoding" not in one}
    assert set(shown) - {"id"} == unasked - {"id", "create_date", "write_date"}


@pytest.mark.parametrize(("code", "data"), BAD)
def test_what_the_schema_forbids_the_api_refuses(
    api: APIClient, document: Any, code: str, data: dict[str, Any]
) -> None:
    assert problems(document, document["components"]["schemas"][f"{code}.create"], data) != []
    answer = api.post(PARTNER, {"data": data}, format="json", HTTP_X_SYNC_CONFIG=code)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


def test_orders_with_lines_go_in_and_come_out_as_the_schema_says(
    api: APIClient, document: Any, odoo: Odoo, product: str
) -> None:
    odoo.create("res.partner", [{"name": "Only one of this name"}])
    data = {
        "customer": "Only one of this name",
        "ordered_at": "2026-01-15T10:30:00+02:00",
        "valid_until": "31/01/2026",
        "lines": [{"sku": product, "quantity": 2, "price": 5}],
    }
    assert problems(document, body_of(document["paths"][ORDER]["post"]), {"data": data}) == []
    answer = api.post(ORDER, {"data": data}, format="json")
    assert answer.status_code == 201, answer.content
    shown = api.get(f"{ORDER}/{answer.json()['id']}").json()
    assert problems(document, answer_of(document["paths"][f"{ORDER}/{{id}}"]["get"], 200), shown) == []
    assert shown["data"]["lines"] == [{"sku": product, "quantity": 2, "price": 5}]
    without = {**data, "lines": [{"quantity": 2}]}
    assert problems(document, body_of(document["paths"][ORDER]["post"]), {"data": without}) != []
    refused = api.post(ORDER, {"data": without}, format="json")
    assert refused.json()["error"]["details"]["field"] == "lines[0].sku"


def test_each_value_type_says_what_it_takes_and_gives() -> None:
    used = {row[2].get("kind", "plain") for rows in (PLAIN, KINDS, ORDERS) for row in rows if len(row) > 2}
    assert used | {"records"} == set(Kind.registry), "a new value type belongs into the configurations of these tests"


# For whom ---------------------------------------------------------------------------------------------


def test_a_client_sees_what_it_was_given_and_no_more(configurations: list[Configuration]) -> None:
    client = ApiClient.objects.create(name="Reader")
    client.grants.create(configuration=configurations[2], methods=["GET"])
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {client.issue_token()}")
    document = api.get(URL).json()
    validate(document)
    assert {path.split("/")[4] for path in document["paths"]} == {
        "",
        "openapi.json",
        "postman",
        "oauth",
        "jobs",
        "sale.order",
        "webhooks",
        "events",
    }
    assert set(document["paths"][ORDER]) == {"get"}
    assert "orders.create" not in document["components"]["schemas"]
    assert "a-plain" not in json.dumps(document)


def test_a_configuration_for_another_scheme_is_not_in_it(api: APIClient, configurations: list[Configuration]) -> None:
    Configuration.objects.filter(code="orders").update(accepts_bearer=False)
    assert ORDER not in api.get(URL).json()["paths"]


def test_nobody_else_sees_anything(configurations: list[Configuration], client: Client) -> None:
    assert client.get(URL).status_code == 401
    assert client.get("/postman").status_code == 401
    client.force_login(User.objects.create_user("plain", is_staff=True))
    assert client.get(URL).status_code == 401


@pytest.mark.parametrize("group", ["API Sync Viewer", "API Sync Operator", "API Sync Manager"])
def test_users_of_the_admin_who_may_look_see_all_of_it(
    configurations: list[Configuration], client: Client, group: str
) -> None:
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    document = client.get(URL).json()
    validate(document)
    assert {"/api/sync/v1/in/shop", PARTNER, ORDER} <= set(document["paths"])
    assert client.get("/postman").status_code == 200
    assert client.get(PARTNER).status_code == 401, "the session opens the contract, and no record"


def test_a_token_that_is_sent_counts_before_the_session(
    configurations: list[Configuration], admin_client: Client
) -> None:
    assert admin_client.get(URL, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_configuration_that_cannot_work_spoils_nothing_but_itself(
    api: APIClient, configurations: list[Configuration]
) -> None:
    configurations[2].mappings.create(odoo_field="no_such_field", external_key="ghost")
    document = api.get(URL).json()
    validate(document)
    assert "no_such_field" in json.dumps(document["tags"])
    assert document["components"]["schemas"]["a-plain.create"]["required"] == ["name"]


def test_a_script_that_reads_first_leaves_the_shape_open(api: APIClient, make: Make) -> None:
    make(
        "scripted", [("name", "name", {"required": True})], request_type="in", methods=["POST"],
        script_before="result = {'name': request_data['title']}", script_response="result = 'thanks'",
    )  # fmt: skip
    document = api.get(URL).json()
    body = {"data": {"title": "Ada"}}
    assert problems(document, body_of(document["paths"][PARTNER]["post"]), body) == []
    answer = api.post(PARTNER, body, format="json", HTTP_X_SYNC_CONFIG="scripted")
    assert answer.json()["data"] == "thanks"
    assert problems(document, answer_of(document["paths"][PARTNER]["post"], 201), answer.json()) == []


def test_an_amount_that_is_too_large_to_be_converted_is_refused(api: APIClient, document: Any) -> None:
    data = {"number": "1", "first": "A", "last": "B", "limit": 6.8e235}
    assert problems(document, document["components"]["schemas"]["b-kinds.create"], data) != []
    answer = api.post(PARTNER, {"data": data}, format="json", HTTP_X_SYNC_CONFIG="b-kinds")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "limit")


def test_what_is_done_later_is_described_as_it_is(api: APIClient, document: Any) -> None:
    operation = document["paths"][PARTNER]["post"]
    accepted = api.post(PARTNER, {"data": {"name": "Later"}}, format="json", HTTP_PREFER="respond-async")
    assert accepted.status_code == 202
    assert problems(document, answer_of(operation, 202), accepted.json()) == []
    assert set(operation["responses"]["202"]["headers"]) >= {"Location", "Retry-After", "Preference-Applied"}
    paths = document["paths"]
    listed, one = api.get("/api/sync/v1/jobs"), api.get(accepted["Location"])
    assert problems(document, answer_of(paths["/api/sync/v1/jobs"]["get"], 200), listed.json()) == []
    assert problems(document, answer_of(paths["/api/sync/v1/jobs/{job_id}"]["get"], 200), one.json()) == []
    cancelled = api.delete(accepted["Location"])
    assert problems(document, answer_of(paths["/api/sync/v1/jobs/{job_id}"]["delete"], 200), cancelled.json()) == []


def test_runs_are_described_to_who_may_start_them(
    api: APIClient, configurations: list[Configuration], customers_out: Configuration
) -> None:
    assert "/api/sync/v1/configs/{code}/run" not in api.get(URL).json()["paths"]
    ApiClient.objects.get().grants.create(configuration=customers_out, methods=[RUN])
    document = api.get(URL).json()
    validate(document)
    started = api.post("/api/sync/v1/configs/customers-out/run", {"ids": [1]}, format="json")
    paths = document["paths"]
    operation = paths["/api/sync/v1/configs/{code}/run"]["post"]
    assert operation["parameters"][0]["schema"]["enum"] == ["customers-out"]
    assert problems(document, answer_of(operation, 202), started.json()) == []
    told = api.get(started["Location"]).json()
    assert problems(document, answer_of(paths["/api/sync/v1/runs/{run_id}"]["get"], 200), told) == []
