"""What Odoo computes or sets is not written; what replacing a record leaves out becomes what Odoo makes of it."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig.models import Configuration
from tests.conftest import Make
from tests.contract.conftest import Maker
from tests.odoo.test_api_lines import ALL, ORDER, PARTNER, family, orders, partners, put

pytestmark = pytest.mark.django_db
__all__ = ["family", "orders", "partners"]


# What Odoo computes --------------------------------------------------------------------------------


def test_what_odoo_computes_is_not_written(
    api: APIClient, orders: Configuration, made: Maker, family: tuple[int, int, int], odoo: Odoo
) -> None:
    order = made("sale.order", partner_id=family[0])
    status, details = put(api, f"{ORDER}/{order}", amount_total=5)
    assert (status, details) == (400, {"field": "amount_total", "value": 5, "constraint": "read_only"})
    assert odoo.read("sale.order", [order], ["amount_total"])[0]["amount_total"] == 0
    for name in ("id", "create_date", "write_date", "create_uid", "write_uid"):
        status, details = put(api, f"{ORDER}/{order}", None, **{name: 1})
        assert (status, details) == (400, {"field": name, "value": 1, "constraint": "read_only"})
    fields = {one["name"]: one for one in api.get(f"{ORDER}/schema").json()["fields"]}
    assert fields["amount_total"]["readonly"] is True
    assert fields["state"]["readonly"] is False
    assert put(api, f"{ORDER}/{order}", state="sent")[0] == 200


def test_what_odoo_computes_until_it_is_written_may_be_written(
    api: APIClient, make: Make, made: Maker, family: tuple[int, int, int], odoo: Odoo
) -> None:
    fields = ["partner_id", "partner_invoice_id", "user_id", "validity_date"]
    make("orders", [(name, name) for name in fields], model="sale.order", request_type="in", methods=ALL)
    order = made("sale.order", partner_id=family[0])
    status, _ = put(api, f"{ORDER}/{order}", partner_invoice_id=family[2], validity_date="2030-01-31")
    assert status == 200
    (read,) = odoo.read("sale.order", [order], ["partner_invoice_id", "validity_date"])
    assert (read["partner_invoice_id"][0], read["validity_date"]) == (family[2], "2030-01-31")


# Replacing a record --------------------------------------------------------------------------------


def test_replacing_resets_what_is_left_out_to_odoos_defaults(
    api: APIClient, partners: Configuration, made: Maker, odoo: Odoo
) -> None:
    partner = made("res.partner", name="Old", email="old@example.com", color=7, type="invoice")
    status, answer = put(api, f"{PARTNER}/{partner}", {"partial_update": False}, name="New")
    assert status == 200, answer
    names = {"name", "email", "type", "lang", "active", "color", "child_ids", "category_id"}
    assert set(answer["updated_fields"]) == names
    (read,) = odoo.read("res.partner", [partner], ["name", "email", "type", "lang", "active", "color"])
    assert (read["name"], read["email"], read["color"]) == ("New", False, 0)
    assert (read["active"], read["type"]) == (True, "contact")
    default = odoo.call("res.partner", "default_get", kwargs={"fields": ["lang"]})
    assert read["lang"] == default.get("lang", False)


def test_replacing_wants_what_odoo_needs_and_has_no_default_for(
    api: APIClient, make: Make, made: Maker, family: tuple[int, int, int], odoo: Odoo
) -> None:
    rows: list[Any] = [("partner_id", "customer"), ("partner_invoice_id", "invoice_to"), ("client_order_ref", "ref")]
    rows += [("state", "state"), ("note", "note", {"default": '"thanks"'})]
    make("orders", rows, model="sale.order", request_type="in", methods=ALL)
    order = made("sale.order", partner_id=family[0], client_order_ref="old")
    status, details = put(api, f"{ORDER}/{order}", {"partial_update": False}, ref="new")
    assert (status, details) == (400, {"field": "customer", "value": None, "constraint": "required"})
    status, answer = put(api, f"{ORDER}/{order}", {"partial_update": False}, customer=family[0])
    assert (status, sorted(answer["updated_fields"])) == (200, ["customer", "note", "ref"])
    (read,) = odoo.read("sale.order", [order], ["client_order_ref", "state", "note", "partner_invoice_id"])
    assert (read["client_order_ref"], read["state"]) == (False, "draft")
    assert "thanks" in read["note"]
    assert read["partner_invoice_id"]
