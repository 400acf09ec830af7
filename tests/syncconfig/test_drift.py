"""Fields that Odoo no longer has, or has otherwise: told in the admin before they break a run."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_httpserver import HTTPServer

from hub.odoo.connection import Odoo
from syncconfig import drain, drift, runs, tasks
from syncconfig.models import Configuration, FieldMapping, OdooConnection
from tests.conftest import Make
from tests.syncconfig.test_admin import configuration_form

pytestmark = pytest.mark.django_db


@pytest.fixture
def custom(odoo: Odoo) -> int:
    """A custom field of contacts; its id in ir.model.fields."""
    (model,) = odoo.search("ir.model", [("model", "=", "res.partner")])
    values = {"name": "x_level", "model_id": model, "ttype": "char", "field_description": "Level"}
    return odoo.create("ir.model.fields", [values])[0]


def test_a_field_that_is_gone_is_told_until_it_is_back(make: Make, odoo: Odoo, custom: int) -> None:
    configuration = make(
        "levels", [("name", "name"), ("x_level", "level")], methods=["POST"], url="https://x.example.com"
    )
    assert drift.check(configuration) == []
    odoo.unlink("ir.model.fields", [custom])
    assert tasks.check_fields() == {"levels": "level: res.partner has no field `x_level`."}
    configuration.refresh_from_db()
    assert "x_level" in configuration.drift
    assert "x_level" in configuration.mappings.get(external_key="level").drift


def test_another_type_is_told_until_a_person_saves_the_mapping(make: Make, odoo: Odoo) -> None:
    configuration = make("people", [("name", "name"), ("city", "city")], methods=["POST"], url="https://x.example.com")
    assert drift.check(configuration) == []
    FieldMapping.objects.filter(external_key="city").update(odoo_type="integer")
    assert drift.check(configuration) == [
        "city: city was integer and is now char. Look whether the row still fits, and save."
    ]
    assert drift.check(configuration) != []
    assert drift.check(configuration, accept=True) == []
    assert drift.check(configuration) == []


def test_a_field_that_came_just_now_can_be_mapped_and_sent_at_once(
    page: Client, make: Make, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/x").respond_with_json({})
    configuration = make("levels", [("name", "name")], methods=["POST"], url=httpserver.url_for("/x"))
    assert drift.check(configuration) == []  # all fields are known, and remembered
    (model,) = odoo.search("ir.model", [("model", "=", "res.partner")])
    values = {"name": "x_fresh", "model_id": model, "ttype": "char", "field_description": "Fresh"}
    odoo.create("ir.model.fields", [values])
    row = configuration.mappings.get()
    rows = {
        "mappings-TOTAL_FORMS": "1", "mappings-INITIAL_FORMS": "1", "mappings-0-id": row.pk,
        "mappings-0-odoo_field": "x_fresh", "mappings-0-external_key": "fresh", "mappings-0-kind": "plain",
        "mappings-0-position": "0", "mappings-0-configuration": configuration.pk,
    }  # fmt: skip
    answer = page.post(
        change(configuration), configuration_form(configuration, code="levels", url=configuration.url, **rows)
    )
    assert answer.status_code == 302, answer.content.decode()[:3000]
    (record_id,) = odoo.create("res.partner", [{"name": "x", "x_fresh": "yes"}])
    runs.send_now(Configuration.objects.get(), [record_id])
    drain.drain(drain.default_sender(), threads=1)
    assert httpserver.log[0][0].get_json() == {"fresh": "yes"}


def test_an_optional_row_may_miss_its_field(make: Make) -> None:
    configuration = make("x", [("name", "name"), ("nosuch", "nosuch", {"optional": True})])
    assert drift.check(configuration) == []


def test_an_odoo_that_is_away_stops_no_other_check(make: Make, odoo: Odoo, tmp_path: Path) -> None:
    away = OdooConnection.objects.create(code="away", name="Away", url="http://127.0.0.1:9", database="x", login="x")
    make("a", [("name", "name")], connection=away)
    make("b", [("nosuch", "x")])
    assert set(tasks.check_fields()) == {"b"}
    out = StringIO()
    with pytest.raises(CommandError, match="2 of 2 configurations need a look"):
        call_command("checkdrift", stdout=out)
    assert "a: could not be checked" in out.getvalue()


@pytest.fixture
def page(admin_user: User, client: Client) -> Client:
    client.force_login(admin_user)
    return client


def change(configuration: Configuration) -> str:
    return reverse("admin:syncconfig_configuration_change", args=[configuration.pk])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"domain": "[('nme', '=', 1)]"}, "Did you mean `name`?"),
        ({"domain": "[('country_id.cod', '=', 'DE')]"}, "Did you mean `code`?"),
        ({"domain": "[('child_ids', 'any', [('nme', '=', 1)])]"}, "has no field `nme`"),
        ({"model": "res.partnr"}, "res.partnr"),
        ({"domain": "[('type', '=', 'bogus')]"}, "is never 'bogus'"),
    ],
)
def test_a_filter_domain_is_held_against_odoo_when_it_is_saved(
    page: Client, customers_out: Configuration, changes: dict[str, Any], told: str
) -> None:
    customers_out.mappings.all().delete()
    answer = page.post(change(customers_out), configuration_form(customers_out, **changes))
    assert answer.status_code == 200
    assert told.replace("'", "&#x27;") in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "columns", "told"),
    [
        ("qty_available", {"on_update": "on"}, True),
        ("qty_available", {"on_create": "on"}, False),
        ("display_name", {"on_update": "on"}, False),
        ("display_name", {"on_update": "on", "trigger_fields": "display_name"}, True),
        ("list_price", {"on_update": "on"}, False),
    ],
)
def test_saving_tells_of_fields_whose_changes_odoo_tells_nobody(
    page: Client, make: Make, field: str, columns: dict[str, Any], told: bool
) -> None:
    url = "https://shop.example.com/stock"
    stock = make("stock", [(field, "key")], model="product.template", methods=["PUT"], url=url)
    row = {
        "mappings-TOTAL_FORMS": "1", "mappings-INITIAL_FORMS": "1", "mappings-0-id": stock.mappings.get().pk,
        "mappings-0-odoo_field": field, "mappings-0-external_key": "key", "mappings-0-kind": "plain",
        "mappings-0-direction": "both", "mappings-0-position": "0", "mappings-0-configuration": stock.pk,
    }  # fmt: skip
    form = configuration_form(stock, model=stock.model, **row, **columns)
    answer = page.post(change(stock), form, follow=True).content.decode()
    assert "Filter domain:" in answer
    assert (f"Odoo computes {field} when somebody reads the record" in answer) is told


ALIKE = "cannot tell that they are gone"


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"on_delete": "on", "on_update": "on"}, True),
        ({"on_delete": "on", "on_create": "on"}, True),
        ({"on_delete": "on"}, False),
        ({"on_update": "on", "on_create": "on"}, False),
        ({"on_delete": "on", "on_update": "on", "body_type": "webhook"}, False),
        ({"on_delete": "on", "on_update": "on", "url": "https://x.example.com/{{ event.type }}"}, False),
    ],
)
def test_saving_tells_where_a_deletion_looks_like_all_the_rest(
    page: Client, customers_out: Configuration, columns: dict[str, Any], told: bool
) -> None:
    customers_out.mappings.all().delete()
    answer = page.post(change(customers_out), configuration_form(customers_out, **columns), follow=True)
    assert "Filter domain:" in answer.content.decode()
    assert (ALIKE in answer.content.decode()) is told


def test_saving_tells_how_many_records_match(page: Client, customers_out: Configuration, odoo: Odoo) -> None:
    customers_out.mappings.all().delete()
    odoo.create("res.partner", [{"name": "One", "ref": "only"}])
    form = configuration_form(customers_out, domain="[('ref', '=', 'only')]")
    answer = page.post(change(customers_out), form, follow=True)
    assert "Filter domain: 1 record matches now." in answer.content.decode()
    found = page.get(change(customers_out).replace("change/", "matching/")).json()
    assert found == {"text": "1 record matches now."}


@pytest.mark.parametrize(
    ("field", "key", "told"),
    [("emial", "email", "Did you mean `email`?"), ("name", "name.first", "exclude each other")],
)
def test_a_row_is_held_against_odoo_when_it_is_saved(
    page: Client, customers_out: Configuration, field: str, key: str, told: str
) -> None:
    customers_out.mappings.all().delete()
    rows: dict[str, Any] = {"mappings-TOTAL_FORMS": "2"}
    for number, (name, external) in enumerate((("name", "name"), (field, key))):
        rows |= {
            f"mappings-{number}-odoo_field": name, f"mappings-{number}-external_key": external,
            f"mappings-{number}-kind": "plain", f"mappings-{number}-position": str(number),
            f"mappings-{number}-configuration": customers_out.pk,
        }  # fmt: skip
    answer = page.post(change(customers_out), configuration_form(customers_out, **rows))
    assert told in answer.content.decode()
    assert not customers_out.mappings.exists()


def test_an_odoo_that_is_away_keeps_nobody_from_saving(page: Client, make: Make) -> None:
    away = OdooConnection.objects.create(code="away", name="Away", url="http://127.0.0.1:9", database="x", login="x")
    configuration = make("a", [], connection=away, methods=["POST"], url="https://x.example.com")
    form = configuration_form(configuration, name="Renamed", domain="[('anything', '=', 1)]")
    answer = page.post(change(configuration), form, follow=True)
    configuration.refresh_from_db()
    assert configuration.name == "Renamed"
    assert "Odoo cannot be asked" in answer.content.decode() or "could not be held" in answer.content.decode()


def test_the_form_is_offered_odoos_fields_also_behind_dots(page: Client, customers_out: Configuration) -> None:
    url = change(customers_out).replace("change/", "fields/")
    assert {"value": "email", "label": "Email (char)"} in page.get(url).json()["fields"]
    behind = page.get(url, {"path": "parent_id.country_id"}).json()["fields"]
    assert "parent_id.country_id.code" in {one["value"] for one in behind}
    assert page.get(url, {"path": "name"}).json() == {"fields": []}


def test_the_button_checks_the_fields(page: Client, customers_out: Configuration) -> None:
    url = change(customers_out).replace("change/", "check-fields/")
    assert "All mapped fields are in Odoo" in page.post(url, follow=True).content.decode()
    customers_out.mappings.filter(odoo_field="email").update(odoo_field="emial")
    assert "Did you mean `email`" in page.post(url, follow=True).content.decode()
    lists = page.get(reverse("admin:syncconfig_configuration_changelist")).content.decode()
    assert "Fields changed" in lists
