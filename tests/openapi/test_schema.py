"""GET .../{model}/schema: what a caller may send and gets back, in words and examples."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from syncconfig.models import ApiClient, Configuration

pytestmark = pytest.mark.django_db
PARTNER = "/api/sync/v1/res.partner"


def told(api: APIClient, code: str, model: str = "res.partner") -> Any:
    """The answer for one configuration."""
    answer = api.get(f"/api/sync/v1/{model}/schema", HTTP_X_SYNC_CONFIG=code)
    assert answer.status_code == 200, answer.content
    return answer.json()


def field(fields: Any, *names: str) -> Any:
    """The field at the end of the names."""
    found = next(one for one in fields if one["name"] == names[0])
    return field(found["fields"], *names[1:]) if len(names) > 1 else found


@pytest.fixture(autouse=True)
def configured(configurations: list[Configuration]) -> None:
    """All tests here ask about the same configurations."""


def test_a_field_tells_type_label_help_and_example(api: APIClient) -> None:
    fields = told(api, "a-plain")["fields"]
    name = field(fields, "name")
    assert (name["type"], name["required"], name["readonly"], name["label"]) == ("string", True, False, "Name")
    assert field(fields, "email")["example"] == "azure@example.com"
    assert field(fields, "customer_rank")["type"] == "integer"
    assert field(fields, "credit_limit")["type"] == "number"
    assert field(fields, "is_company")["type"] == "boolean"
    assert (field(fields, "country_id")["type"], field(fields, "country_id")["relation"]) == ("integer", "res.country")
    assert field(fields, "category_id")["type"] == "array"
    assert field(fields, "image_1920")["format"] == "base64"
    assert field(fields, "trust")["selection"][0] == {"value": "good", "label": "Good Debtor"}
    assert field(fields, "sale_order_count")["readonly"] is True


def test_dotted_keys_lists_and_sub_records_are_nested(api: APIClient) -> None:
    fields = told(api, "b-kinds")["fields"]
    assert field(fields, "contact")["type"] == "object"
    assert field(fields, "contact", "address", "country")["example"] == "DEU"
    assert field(fields, "contact", "address", "country_name")["readonly"] is True
    assert field(fields, "mails")["type"] == "array"
    assert field(fields, "secret_code")["writeonly"] is True
    assert [one["value"] for one in field(fields, "rating")["selection"]] == ["A", "B", "3", 3]
    lines = field(told(api, "orders", "sale.order")["fields"], "lines")
    assert (lines["type"], lines["value_type"]) == ("array", "records")
    assert field(lines["fields"], "sku")["required"] is True
    dates = told(api, "orders", "sale.order")["fields"]
    assert field(dates, "ordered_at")["format"] == "date-time"
    assert field(dates, "valid_until")["example"] == "31/01/2026"


def test_methods_options_and_match_keys_are_those_of_the_caller(api: APIClient) -> None:
    tags = told(api, "tags", "res.partner.category")
    assert (tags["match_keys"], tags["on_match"], tags["unmapped"]) == (["label"], "update", "reject")
    assert [one["name"] for one in tags["options"]["create"]] == [
        "return_fields", "skip_validation", "trigger_workflow",
    ]  # fmt: skip
    assert set(tags["options"]) == {"create", "update", "delete", "batch"}
    client = ApiClient.objects.create(name="Reader", methods=["GET"], all_configurations=True)
    reader = APIClient()
    reader.credentials(HTTP_AUTHORIZATION=f"Bearer {client.issue_token()}")
    seen = told(reader, "tags", "res.partner.category")
    assert (seen["methods"], seen["options"]) == (["GET"], {})


def test_the_example_is_one_that_the_api_takes(api: APIClient) -> None:
    example = told(api, "b-kinds")["example"]
    answer = api.post(PARTNER, {"data": example}, format="json", HTTP_X_SYNC_CONFIG="b-kinds")
    assert answer.status_code == 201, answer.content


def test_without_the_header_the_first_by_code_answers_and_unknown_models_are_not_found(api: APIClient) -> None:
    assert api.get(f"{PARTNER}/schema").json()["configuration"] == "a-plain"
    assert api.get("/api/sync/v1/res.users/schema").status_code == 404
    assert APIClient().get(f"{PARTNER}/schema").status_code == 401


def test_the_search_ability_told_is_the_one_there_is(api: APIClient) -> None:
    for one in told(api, "b-kinds")["fields"]:
        if "searchable" in one:
            domain = f'[["{one["name"]}", "=", false]]'
            answer = api.get(f"{PARTNER}/search", {"domain": domain}, HTTP_X_SYNC_CONFIG="b-kinds")
            assert (answer.status_code == 200) is one["searchable"], one
