"""The admin's browser of records on a real Odoo: its models, a list, a record with all its fields."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from syncconfig.models import OdooConnection
from tests import real_odoo

pytestmark = [pytest.mark.django_db, pytest.mark.odoo]


@pytest.fixture(params=["jsonrpc", "json2"])
def page(request: pytest.FixtureRequest, admin_user: User, client: Client) -> Client:
    """An administrator's browser, with the real Odoo connected."""
    place = real_odoo.place()
    columns = {name: place[name] for name in ("url", "database", "login", "api_key")}
    OdooConnection.objects.create(code="real", name="Real Odoo", transport=request.param, **columns)
    client.force_login(admin_user)
    return client


def test_models_records_and_a_record_of_the_real_odoo(page: Client) -> None:
    place = real_odoo.place()
    front = page.get("/admin/odoo/").content.decode()
    assert f"You see <b>Real Odoo</b>: {place['url']}, database {place['database']}." in front
    assert "sale.order.line" in front
    assert "ir.config_parameter" not in front

    records = page.get("/admin/odoo/res.partner/?q=Azure").content.decode()
    assert "Azure Interior" in records

    for model in ("res.partner", "product.product", "sale.order", "account.move", "res.users", "res.company"):
        shown = page.get(f"/admin/odoo/{model}/")
        assert shown.status_code == 200, model
    record = page.get("/admin/odoo/res.partner/1/")
    assert record.status_code == 200
    assert "image_1920" in record.content.decode()
    assert len(record.content) < 400_000  # a picture's size, not the picture
    assert place["api_key"] not in record.content.decode()


@pytest.mark.parametrize(
    "path", ["no.such.model/", "no.such.model/1/", "res.partner/99999999/", "ir.config_parameter/1/"]
)
def test_what_is_not_there_or_not_shown_is_a_404(page: Client, path: str) -> None:
    assert page.get(f"/admin/odoo/{path}").status_code == 404


def test_a_user_of_odoo_opens_and_hides_what_its_name_calls_a_secret(page: Client) -> None:
    answer = page.get("/admin/odoo/res.users/2/")
    assert answer.status_code == 200
