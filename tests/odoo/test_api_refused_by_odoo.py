"""What Odoo itself refuses, in the same form as what the hub refuses, with the caller's names."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from tests.conftest import Make
from tests.contract.conftest import Maker

pytestmark = pytest.mark.django_db
API = "/api/sync/v1"
ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def refused(api: APIClient, model: str, **data: Any) -> tuple[int, dict[str, Any]]:
    """Status and error of a create."""
    answer = api.post(f"{API}/{model}", {"data": data}, format="json")
    assert answer.status_code >= 400, answer.content
    return answer.status_code, answer.json()["error"]


def test_a_value_that_odoo_needs(api: APIClient, make: Make, odoo: Odoo) -> None:
    make("tags", [("name", "label"), ("color", "color")], model="res.partner.category", request_type="in", methods=ALL)
    status, error = refused(api, "res.partner.category", color=1)
    assert (status, error["code"]) == (400, "VALIDATION_ERROR")
    assert (error["details"]["field"], error["details"]["constraint"]) == ("label", "required")


def test_a_record_that_is_not_there(api: APIClient, make: Make, odoo: Odoo) -> None:
    rows = [("name", "name"), ("country_id", "land"), ("category_id", "labels")]
    make("people", rows, request_type="in", methods=ALL)
    status, error = refused(api, "res.partner", name="Hub", land=999_999)
    assert (status, error["code"]) == (400, "VALIDATION_ERROR")
    assert error["details"]["field"] == "land"
    assert error["details"]["constraint"] == "exists"
    assert error["details"]["value"] == 999_999
    batch = {"operations": [{"method": "create", "data": {"name": "Hub", "land": 999_999}}]}
    (result,) = api.post(f"{API}/res.partner/batch", batch, format="json").json()["results"]
    assert result["error"]["details"]["field"] == "land"


def test_a_value_that_must_be_unique(api: APIClient, make: Make, made: Maker) -> None:
    rows = [("name", "name"), ("barcode", "ean"), ("type", "type")]
    make("products", rows, model="product.product", request_type="in", methods=ALL)
    code = f"HUB{uuid.uuid4().hex[:10]}"
    made("product.product", name="Hub first", barcode=code)
    status, error = refused(api, "product.product", name="Hub second", ean=code)
    assert status in (400, 409)
    assert error["code"] in ("DUPLICATE_RECORD", "VALIDATION_ERROR")
    assert code in error["message"] or error["details"].get("field") == "ean"
    assert "Traceback" not in error["message"]


def test_a_duplicate_of_the_database_names_the_field(api: APIClient, make: Make, made: Maker) -> None:
    rows = [("key", "name"), ("value", "content")]
    make("parameters", rows, model="ir.config_parameter", request_type="in", methods=ALL)
    key = f"hub.{uuid.uuid4().hex}"
    made("ir.config_parameter", key=key, value="1")
    status, error = refused(api, "ir.config_parameter", name=key, content="2")
    assert (status, error["code"]) == (409, "DUPLICATE_RECORD")
    assert (error["details"]["field"], error["details"]["constraint"]) == ("name", "unique")


@pytest.mark.odoo
def test_a_rule_of_the_database_is_named(api: APIClient, make: Make, odoo: Odoo) -> None:
    if odoo.transport == "embedded":
        pytest.skip("the embedded Odoo has no check constraints")
    make("people", [("name", "name"), ("email", "email"), ("type", "type")], request_type="in", methods=ALL)
    status, error = refused(api, "res.partner", email="hub@example.com", type="contact")
    assert (status, error["code"]) == (400, "VALIDATION_ERROR")
    assert error["details"]["constraint"] == "check"
    assert error["details"]["rule"] == "res_partner_check_name"
