"""Preview: what would be sent or written, row by row, while nothing is."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_httpserver import HTTPServer

from apilog.models import ApiLog
from hub.errors import NotFound
from hub.odoo.connection import Odoo
from syncconfig import preview
from syncconfig.models import Configuration, Delivery

pytestmark = pytest.mark.django_db


def partner(odoo: Odoo, **values: object) -> int:
    """A contact in Odoo."""
    (record_id,) = odoo.create("res.partner", [{"name": "Ada", **values}])
    return record_id


def test_an_out_preview_shows_each_row_and_the_payload_and_sends_nothing(
    customers_out: Configuration, odoo: Odoo, httpserver: HTTPServer
) -> None:
    record_id = partner(odoo, email="ada@example.com")
    shown = preview.of_record(customers_out, record_id)
    rows = {row.source: (row.value, row.result) for row in shown.rows}
    assert rows["name"] == ("Ada", "Ada")
    assert rows["country_id.code"] == (False, None)
    assert shown.result["full_name"] == "Ada"
    assert (shown.method, shown.url) == ("POST", customers_out.url)
    assert (httpserver.log, Delivery.objects.count(), ApiLog.objects.count()) == ([], 0, 0)


def test_without_an_id_the_newest_matching_record_is_taken(customers_out: Configuration, odoo: Odoo) -> None:
    customers_out.domain = "[('email', '=', 'newest@example.com')]"
    customers_out.save()
    partner(odoo, email="newest@example.com")
    newest = partner(odoo, email="newest@example.com")
    assert preview.of_record(customers_out).title == f"res.partner {newest}"


def test_a_row_that_fails_says_why_beside_the_others(customers_out: Configuration, odoo: Odoo) -> None:
    customers_out.mappings.filter(odoo_field="email").update(required=True)
    shown = preview.of_record(customers_out, partner(odoo))
    assert "email" in shown.error
    errors = {row.source: row.error for row in shown.rows}
    assert errors["email"]
    assert errors["name"] == ""


@pytest.mark.parametrize("record_id", [None, 999_999])
def test_a_record_that_is_not_there_is_told(customers_out: Configuration, record_id: int | None) -> None:
    customers_out.domain = "[('name', '=', 'nobody at all')]"
    customers_out.save()
    with pytest.raises(NotFound, match="filter domain"):
        preview.of_record(customers_out, record_id)


def test_secrets_are_not_shown(customers_out: Configuration, odoo: Odoo) -> None:
    customers_out.auth_scheme, customers_out.auth_token = "bearer", "canary-token"
    customers_out.save()
    assert "canary" not in repr(preview.of_record(customers_out, partner(odoo)))


def test_an_in_preview_shows_odoos_values_and_writes_nothing(customers_in: Configuration, odoo: Odoo) -> None:
    before = odoo.count("res.partner")
    shown = preview.of_payload(customers_in, {"name": "Ada", "country_id": {"id": 5}, "is_company": True})
    assert shown.result == {"name": "Ada", "country_id": 5, "is_company": True}
    assert odoo.count("res.partner") == before


def test_an_in_preview_names_the_row_that_is_refused(customers_in: Configuration) -> None:
    shown = preview.of_payload(customers_in, {"name": "Ada", "customer_rank": "many"})
    assert "customer_rank" in shown.error
    assert {row.source for row in shown.rows if row.error} == {"customer_rank"}


def test_the_example_of_an_in_preview_would_be_accepted(customers_in: Configuration) -> None:
    example = preview.example(customers_in)
    assert example["name"]
    assert preview.of_payload(customers_in, example).error == ""


def test_the_command_prints_json_and_fails_when_it_would_be_refused(
    customers_in: Configuration, customers_out: Configuration, odoo: Odoo, tmp_path: Path
) -> None:
    out = StringIO()
    call_command("preview", "customers-out", "--record", str(partner(odoo)), stdout=out)
    assert json.loads(out.getvalue())["result"]["full_name"] == "Ada"
    file = tmp_path / "payload.json"
    file.write_text('{"email": "x"}')
    with pytest.raises(CommandError, match="`name` is required"):
        call_command("preview", "customers-in", "--file", str(file), stdout=StringIO())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing"], "customers-out"),
        (["customers-out", "--file", "x.json"], "--record"),
        (["customers-in", "--record", "1"], "--file"),
        (["customers-in", "--file", "/no/such/file.json"], "cannot be read"),
    ],
)
def test_the_command_says_what_is_wrong_with_its_arguments(
    customers_in: Configuration, customers_out: Configuration, arguments: list[str], told: str
) -> None:
    with pytest.raises(CommandError, match=told):
        call_command("preview", *arguments, stdout=StringIO())


def test_the_page_shows_a_record_a_payload_and_each_refusal(
    admin_user: User, client: Client, customers_in: Configuration, customers_out: Configuration, odoo: Odoo
) -> None:
    client.force_login(admin_user)
    out = reverse("admin:syncconfig_configuration_preview", args=[customers_out.pk])
    record_id = partner(odoo, name="<script>alert(1)</script>")
    text = client.get(out, {"record": record_id}).content.decode()
    assert "full_name" in text
    assert "<script>alert" not in text
    assert "must be a whole number" in client.get(out, {"record": "x"}).content.decode()
    assert "does not exist" in client.get(out, {"record": "999999"}).content.decode()
    inward = reverse("admin:syncconfig_configuration_preview", args=[customers_in.pk])
    assert client.get(inward).status_code == 200
    assert "not valid JSON" in client.post(inward, {"payload": "{"}).content.decode()
    assert "must be a JSON object" in client.post(inward, {"payload": "[]"}).content.decode()
    assert "Values for Odoo" in client.post(inward, {"payload": '{"name": "Ada"}'}).content.decode()


def test_the_page_is_for_those_who_may_see_configurations(
    django_user_model: type[User], client: Client, customers_out: Configuration
) -> None:
    client.force_login(django_user_model.objects.create_user("viewer", is_staff=True))
    url = reverse("admin:syncconfig_configuration_preview", args=[customers_out.pk])
    assert client.get(url).status_code == 403
