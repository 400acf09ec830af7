"""What the API refuses: wrong callers, wrong methods, wrong bodies; each in the envelope, each logged."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.odoo.connection import Odoo
from syncconfig.models import ApiClient, Configuration
from tests.conftest import Make

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/res.partner"
DEEP = '{"data": ' + "[" * 100_000 + "]" * 100_000 + "}"


@pytest.fixture(autouse=True)
def configured(customers_in: Configuration) -> None:
    """All tests here talk to the same configuration."""


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The error of the envelope, after looking at its form."""
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert body["success"] is False
    assert set(body["error"]) == {"code", "message", "details", "trace_id"}
    assert body["error"]["trace_id"] == answer["X-Request-ID"]
    assert body["error"]["code"] == code
    error: dict[str, Any] = body["error"]
    return error


@pytest.mark.parametrize(
    "header", ["", "Bearer ", "Bearer wrong", "Basic dXNlcjpwYXNz", "hub_x", "Bearer hub_" + "x" * 5000]
)
def test_a_wrong_authorization_is_refused(header: str) -> None:
    answer = APIClient().get(URL, headers={"Authorization": header} if header else {})
    refused(answer, 401, "AUTHENTICATION_ERROR")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_expired_token_is_refused() -> None:
    token = ApiClient.objects.create(name="Old").issue_token(timedelta(seconds=-1))
    refused(APIClient().get(URL, headers={"Authorization": f"Bearer {token}"}), 401, "AUTHENTICATION_ERROR")


def test_revoked_token_is_refused(api: APIClient) -> None:
    ApiClient.objects.get().tokens.update(revoked_at=timezone.now())
    refused(api.get(URL), 401, "AUTHENTICATION_ERROR")


def test_tokens_of_a_client_that_is_off_are_refused(api: APIClient) -> None:
    ApiClient.objects.update(active=False)
    refused(api.get(URL), 401, "AUTHENTICATION_ERROR")


def test_a_client_sees_only_the_configurations_it_was_given(api: APIClient, make: Make) -> None:
    other = make("products-in", [("name", "name")], model="product.product", request_type="in", methods=["GET"])
    client = ApiClient.objects.get()
    client.all_configurations = False
    client.save()
    client.configurations.add(other)
    refused(api.get(URL), 403, "PERMISSION_DENIED")
    assert [one["configuration"] for one in api.get("/api/sync/v1/").json()["resources"]] == ["products-in"]


def test_a_client_whose_only_configuration_is_deleted_may_use_nothing(api: APIClient, make: Make) -> None:
    other = make("products-in", [("name", "name")], model="product.product", request_type="in", methods=["GET"])
    ApiClient.objects.update(all_configurations=False)
    ApiClient.objects.get().configurations.add(other)
    other.delete()
    assert api.get("/api/sync/v1/").json()["resources"] == []
    refused(api.get(URL), 403, "PERMISSION_DENIED")


@pytest.mark.parametrize("change", [{"active": False}, {"request_type": "out"}])
def test_a_configuration_that_is_off_or_out_answers_nobody(api: APIClient, change: dict[str, Any]) -> None:
    Configuration.objects.update(**change)
    refused(api.get(URL), 404, "NOT_FOUND")


def test_a_method_that_the_configuration_does_not_offer_is_refused(api: APIClient, customers_in: Configuration) -> None:
    customers_in.methods = ["GET"]
    customers_in.save()
    error = refused(api.post(URL, {"data": {"name": "x"}}, format="json"), 405, "METHOD_NOT_ALLOWED")
    assert "GET" in error["message"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"email": "a@example.com"}, "name"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "x", "emial": "a@example.com"}, "emial"),
        ({"name": "x", "customer_rank": "many"}, "customer_rank"),
        ({"name": "x", "is_company": "perhaps"}, "is_company"),
        ({"name": "x", "country_id": "nowhere"}, "country_id"),
        ({"name": {"first": "x"}}, "name"),
    ],
)
def test_wrong_data_is_refused_with_the_callers_own_key_before_odoo_is_asked(
    api: APIClient, odoo: Odoo, data: dict[str, Any], field: str
) -> None:
    before = odoo.count("res.partner", context={"active_test": False})
    error = refused(api.post(URL, {"data": data}, format="json"), 400, "VALIDATION_ERROR")
    assert error["details"]["field"] == field
    assert odoo.count("res.partner", context={"active_test": False}) == before


@pytest.mark.parametrize(
    "body",
    [
        "{", "[]", '"x"', "", "{}", '{"data": 1}', '{"data": {"name": NaN}}', '{"data": {"name": "a", "name": "b"}}',
        '{"data": {"name": "a\\u0000"}}', '{"data": {"name": "\\ud800"}}', DEEP,
        '{"data": {"name": "x", "customer_rank": ' + "9" * 5000 + "}}", '{"name": "x"}',
        '{"data": {"name": "x"}, "options": {"cascade": true}}', '{"data": {"name": "x"}, "options": {"colour": true}}',
        '{"data": {"name": "x"}, "options": {"return_fields": "name"}}', '{"data": {"name": "x"}, "options": []}',
        '{"data": {"name": "x", "customer_rank": 1e400}}',
    ],
)  # fmt: skip
def test_a_body_that_is_not_what_the_api_reads_is_a_400(api: APIClient, odoo: Odoo, body: str) -> None:
    before = odoo.count("res.partner", context={"active_test": False})
    refused(api.post(URL, body, content_type="application/json"), 400, "VALIDATION_ERROR")
    assert odoo.count("res.partner", context={"active_test": False}) == before


@pytest.mark.parametrize(
    ("where", "body", "details"),
    [
        ("", [], {"value": [], "constraint": "type"}),
        ("/batch", "x", {"value": "x", "constraint": "type"}),
        (
            "/batch",
            {"operations": [5], "options": {"transaction": True}},
            {"index": 0, "value": 5, "constraint": "type"},
        ),
        ("", {"data": 1}, {"field": "data", "value": 1, "constraint": "type"}),
    ],
)
def test_what_is_no_object_has_no_field_name_but_its_own(
    api: APIClient, where: str, body: Any, details: dict[str, Any]
) -> None:
    error = refused(api.post(f"{URL}{where}", body, format="json"), 400, "VALIDATION_ERROR")
    assert error["details"] == details


def test_an_answer_that_is_no_json_ends_in_the_log_too(api: APIClient, odoo_file: Path, odoo: Odoo) -> None:
    (record_id,) = odoo.create("res.partner", [{"name": "Ada"}])
    with closing(sqlite3.connect(odoo_file)) as database:
        database.execute("UPDATE res_partner SET credit_limit = 9e999 WHERE id = ?", (record_id,))
        database.commit()
    refused(api.get(f"{URL}/{record_id}"), 500, "INTERNAL_ERROR")
    row = ApiLog.objects.latest("pk")
    assert (row.state, row.response_status, row.error_code) == ("failed", 500, "INTERNAL_ERROR")


def test_bytes_that_are_not_utf_8_are_a_400(api: APIClient) -> None:
    refused(
        api.generic("POST", URL, b'{"data": {"name": "\xff"}}', content_type="application/json"),
        400,
        "VALIDATION_ERROR",
    )


def test_another_content_type_is_a_415(api: APIClient) -> None:
    refused(api.post(URL, "name=x", content_type="application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE")


def test_more_than_ten_megabytes_are_a_413(api: APIClient) -> None:
    body = '{"data": {"name": "' + "x" * 11_000_000 + '"}}'
    refused(api.post(URL, body, content_type="application/json"), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "path",
    [
        "no.such.model", "res.partner/0", "res.partner/99999999999", "res.partner/x/y", "res.partner/", "x" * 5000,
        "res%00partner", "%ff", "../other",
    ],
)  # fmt: skip
def test_an_address_that_does_not_exist_is_a_404_in_the_envelope(api: APIClient, path: str) -> None:
    refused(api.get(f"/api/sync/v1/{path}"), 404, "NOT_FOUND")


def test_a_mapping_to_a_field_that_odoo_has_not_is_told_as_the_configurations_fault(
    api: APIClient, customers_in: Configuration
) -> None:
    customers_in.mappings.create(odoo_field="emial", external_key="mail")
    error = refused(api.get(URL), 500, "CONFIGURATION_ERROR")
    assert "`emial`" in error["message"]
    assert "`email`" in error["message"]


def test_an_optional_mapping_to_such_a_field_is_left_out(
    api: APIClient, customers_in: Configuration, odoo: Odoo
) -> None:
    customers_in.mappings.create(odoo_field="x_not_here", external_key="extra", optional=True)
    record_id = odoo.search("res.partner", [], limit=1)[0]
    assert "extra" not in api.get(f"{URL}/{record_id}").json()["data"]
    answer = api.post(URL, {"data": {"name": "x", "extra": 1}}, format="json")
    assert refused(answer, 400, "VALIDATION_ERROR")["details"]["field"] == "extra"


def test_every_refusal_is_in_the_log_with_its_reason(api: APIClient) -> None:
    refused(api.post(URL, {"data": {}}, format="json", headers={"X-Request-ID": "my-own-id"}), 400, "VALIDATION_ERROR")
    row = ApiLog.objects.get()
    assert (row.state, row.trace_id, row.error_code, row.response_status) == (
        "failed",
        "my-own-id",
        "VALIDATION_ERROR",
        400,
    )
    assert row.client == "Web shop"
    assert row.configuration_code == "customers-in"
    refused(APIClient().get(URL), 401, "AUTHENTICATION_ERROR")
    assert ApiLog.objects.latest("id").error_code == "AUTHENTICATION_ERROR"


def test_what_the_server_is_made_of_is_nobodys_business(api: APIClient, customers_in: Configuration) -> None:
    answer = api.options("/api/sync/v1/res.partner")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
