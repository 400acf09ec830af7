"""The admin: every page opens, buttons do what they say, secrets are never shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection as database
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient
from werkzeug import Request, Response

from hub.odoo.connection import Odoo
from syncconfig import drain, outbox, runs
from syncconfig.models import ApiClient, Configuration, Delivery, Header, OdooConnection, Run
from webhooks.models import ReceivedMessage

pytestmark = pytest.mark.django_db
SURE = {"_form_submitted": "True"}
"""What the dialog of a button posts."""


@pytest.fixture
def page(admin_user: User, client: Client) -> Client:
    """An administrator's browser."""
    client.force_login(admin_user)
    return client


@pytest.fixture
def filled(customers_out: Configuration, customers_in: Configuration, odoo: Odoo, httpserver: HTTPServer) -> None:
    """Something on every page: a run, deliveries that arrived and failed, log rows, a received message."""
    httpserver.expect_request("/customers").respond_with_json({"<script>": "<script>alert(1)</script>"})
    customers_out.auth_scheme, customers_out.auth_token = "bearer", "canary-token"
    customers_out.schedule = "0 * * * *"
    customers_out.save()
    Header.objects.create(configuration=customers_out, name="X-Secret", value="canary-header", secret=True)
    ids = odoo.create("res.partner", [{"name": "<script>alert(2)</script>"}, {"name": "Second"}])
    runs.send_now(customers_out, ids)
    drain.drain(drain.default_sender(), threads=2)
    runs.start(customers_out)
    ApiClient.objects.create(name="Web shop").issue_token()
    ReceivedMessage.objects.create(path="customers", method="POST", body='{"a": "<script>alert(3)</script>"}')


MODELS = sorted(
    (model._meta.app_label, model._meta.model_name)
    for model in admin.site._registry
    if model._meta.app_label in ("apilog", "syncconfig", "webhooks", "auth", "django_q")
)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(("app", "model"), MODELS)
def test_each_list_and_form_opens_without_secrets_or_live_scripts(page: Client, app: str, model: str) -> None:
    answers = [page.get(reverse(f"admin:{app}_{model}_changelist"))]
    found = next(one for one in admin.site._registry if (one._meta.app_label, one._meta.model_name) == (app, model))
    first = found._default_manager.first()
    if first is not None:
        answers.append(page.get(reverse(f"admin:{app}_{model}_change", args=[first.pk])))
    for answer in answers:
        assert answer.status_code == 200
        text = answer.content.decode()
        assert "canary" not in text
        assert "<script>alert" not in text
        assert "script-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("name", ["odooconnection", "configuration", "apiclient"])
def test_each_add_form_opens(page: Client, name: str) -> None:
    assert page.get(reverse(f"admin:syncconfig_{name}_add")).status_code == 200


@pytest.mark.parametrize("empty", [True, False])
def test_the_overview_opens_on_an_empty_hub_and_on_a_full_one(
    page: Client, empty: bool, request: pytest.FixtureRequest
) -> None:
    if not empty:
        request.getfixturevalue("filled")
    answer = page.get(reverse("admin:index"))
    assert answer.status_code == 200
    text = answer.content.decode()
    assert ("There is no configuration yet" in text) is empty
    assert ("customers-out" in text) is not empty


def test_an_empty_secret_keeps_what_is_stored_and_a_new_one_replaces_it(
    page: Client, connection: OdooConnection
) -> None:
    connection.transport, connection.url = "jsonrpc", "https://x.odoo.com"
    connection.database, connection.login = "x", "me"
    connection.api_key = "stored-key"
    connection.save()
    url = reverse("admin:syncconfig_odooconnection_change", args=[connection.pk])
    form = {
        "name": "Main Odoo", "code": "main", "active": "on", "transport": "jsonrpc", "url": "https://x.odoo.com",
        "database": "x", "login": "me", "api_key": "", "password": "", "connect_timeout": "5", "read_timeout": "30",
    }  # fmt: skip
    assert page.post(url, form).status_code == 302
    assert OdooConnection.objects.get().api_key == "stored-key"
    page.post(url, {**form, "api_key": "new-key"})
    assert OdooConnection.objects.get().api_key == "new-key"


def configuration_form(configuration: Configuration, **changes: Any) -> dict[str, Any]:
    """What the browser posts for a configuration without rows."""
    return {
        "name": "Customers", "code": configuration.code, "request_type": "out", "active": "on",
        "connection": configuration.connection_id, "model": "res.partner", "methods": ["POST"], "unmapped": "reject",
        "url": "https://api.example.com/partners", "auth_scheme": "none", "domain": "",
        "page_size": "100", "schedule": "",
        "connect_timeout": "5", "read_timeout": "15", "max_attempts": "8", "note": "",
        "max_parallel": "0", "max_per_minute": "0",
        "body_type": "json", "tls_check": "on", "answers-TOTAL_FORMS": "0", "answers-INITIAL_FORMS": "0",
        "samples-TOTAL_FORMS": "0", "samples-INITIAL_FORMS": "0", "mappings-TOTAL_FORMS": "0",
        "mappings-INITIAL_FORMS": "0", "headers-TOTAL_FORMS": "0",
        "headers-INITIAL_FORMS": "0",
        **changes,
    }  # fmt: skip


def test_a_configuration_is_saved_with_new_rows(page: Client, customers_out: Configuration) -> None:
    customers_out.mappings.all().delete()
    rows = {
        "mappings-TOTAL_FORMS": "1", "mappings-0-odoo_field": "email", "mappings-0-external_key": "email_address",
        "mappings-0-kind": "plain", "mappings-0-direction": "both",
        "mappings-0-position": "0", "mappings-0-configuration": customers_out.pk,
        "headers-TOTAL_FORMS": "1", "headers-0-name": "X-API-Version", "headers-0-value": "2.0",
        "headers-0-configuration": customers_out.pk,
    }  # fmt: skip
    url = reverse("admin:syncconfig_configuration_change", args=[customers_out.pk])
    answer = page.post(url, configuration_form(customers_out, **rows))
    assert answer.status_code == 302, answer.context["errors"]
    saved = Configuration.objects.get()
    assert [(row.odoo_field, row.external_key) for row in saved.mappings.all()] == [("email", "email_address")]
    assert [(header.name, header.value) for header in saved.headers.all()] == [("X-API-Version", "2.0")]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"methods": ["PUT", "POST"]}, "exactly one HTTP method"),
        ({"url": ""}, "needs the address"),
        ({"domain": "[('a'"}, "neither JSON nor a Python list"),
        ({"schedule": "now and then"}, "five fields"),
        ({"schedule": "0 0 31 2 *"}, "never comes"),
        ({"auth_scheme": "bearer"}, "needs the token"),
    ],
)
def test_a_wrong_configuration_is_told_at_its_field(
    page: Client, customers_out: Configuration, change: dict[str, Any], told: str
) -> None:
    customers_out.mappings.all().delete()
    url = reverse("admin:syncconfig_configuration_change", args=[customers_out.pk])
    answer = page.post(url, configuration_form(customers_out, **change))
    assert answer.status_code == 200
    assert told in answer.content.decode()


def test_run_now_asks_then_starts_a_run_and_says_when_one_goes_on(page: Client, customers_out: Configuration) -> None:
    url = reverse("admin:syncconfig_configuration_run_now", args=[customers_out.pk])
    assert "Run now?" in page.get(url).content.decode()
    assert not Run.objects.exists()
    assert "has been started" in page.post(url, SURE, follow=True).content.decode()
    assert Run.objects.count() == 1
    assert "running already" in page.post(url, SURE, follow=True).content.decode()


def test_test_connection_tells_the_version_and_the_failure(page: Client, connection: OdooConnection) -> None:
    url = reverse("admin:syncconfig_odooconnection_test_connection", args=[connection.pk])
    assert page.get(url).status_code == 405, "a link acts"
    assert OdooConnection.objects.get().checked_at is None
    assert "19.0" in page.post(url, follow=True).content.decode()
    connection.transport, connection.url = "jsonrpc", "http://127.0.0.1:1"
    connection.database, connection.login, connection.password = "x", "x", "canary-password"
    connection.save()
    text = page.post(url, follow=True).content.decode()
    assert "127.0.0.1" in text
    assert "canary" not in text
    assert OdooConnection.objects.get().check_ok is False


def test_a_connection_that_is_needed_is_not_deleted_and_its_page_says_why(
    page: Client, customers_out: Configuration
) -> None:
    url = reverse("admin:syncconfig_odooconnection_delete", args=[customers_out.connection_id])
    assert "configurations need it: customers-out" in page.get(url, follow=True).content.decode()
    page.post(url, {"post": "yes"})
    assert OdooConnection.objects.exists()
    customers_out.delete()
    assert page.get(url).status_code == 200
    page.post(url, {"post": "yes"})
    assert not OdooConnection.objects.exists()


def test_what_goes_with_a_configuration_is_counted_not_listed(page: Client, customers_out: Configuration) -> None:
    runs.send_now(customers_out, range(1, 301))
    with CaptureQueriesContext(database) as queries:
        answer = page.get(reverse("admin:syncconfig_configuration_delete", args=[customers_out.pk]))
    text = answer.content.decode()
    assert "Deliveries: 300" in text
    assert "Field mappings: 4" in text
    assert "res.partner 17" not in text
    assert len(queries) < 20
    page.post(reverse("admin:syncconfig_configuration_delete", args=[customers_out.pk]), {"post": "yes"})
    assert not Delivery.objects.exists()


def test_what_is_wrong_with_a_field_is_told_once(page: Client, connection: OdooConnection) -> None:
    form = {"name": "x", "code": "x", "request_type": "out", "connection": connection.pk, "model": "res.partner"}
    text = page.post(reverse("admin:syncconfig_configuration_add"), form).content.decode()
    assert text.count("exactly one HTTP method: choose one") == 1
    methods = text.split('id="id_methods"')[1].split("field-unmapped")[0]
    assert "This field is required" not in methods


@pytest.mark.parametrize("name", ["configuration", "odooconnection", "apiclient", "delivery", "run"])
def test_an_empty_list_says_what_will_stand_there(page: Client, name: str) -> None:
    url = reverse(f"admin:syncconfig_{name}_changelist")
    text = page.get(url).content.decode()
    assert " yet</h2>" in text
    assert "yielded" not in text
    assert "Nothing matches" not in text
    if name != "run":
        assert "Nothing matches" in page.get(url, {"q": "zzz"}).content.decode()


def test_a_complete_list_does_not_offer_to_show_all(page: Client, customers_out: Configuration) -> None:
    runs.send_now(customers_out, [1])
    url = reverse("admin:syncconfig_delivery_changelist")
    assert "Show all" not in page.get(url).content.decode()
    assert "Show all" in page.get(url, {"state__exact": "dead"}).content.decode()


def test_a_new_user_may_log_in(page: Client) -> None:
    password = "a-long-passphrase"
    page.post(
        reverse("admin:auth_user_add"), {"username": "jane", "password1": password, "password2": password}, follow=True
    )
    assert Client().login(username="jane", password=password)
    assert User.objects.get(username="jane").is_staff
    text = page.get(reverse("admin:auth_user_changelist")).content.decode()
    assert "none: sees nothing" in text


def test_a_users_page_shows_nothing_of_the_passwords_digest(page: Client, admin_user: User) -> None:
    text = page.get(reverse("admin:auth_user_change", args=[admin_user.pk])).content.decode()
    assert "Nobody can read it" in text
    assert admin_user.password.split("$")[1][:4] not in text


def test_a_new_token_is_shown_once(page: Client) -> None:
    client = ApiClient.objects.create(name="Web shop", all_configurations=True)
    url = reverse("admin:syncconfig_apiclient_new_token", args=[client.pk])
    text = page.post(url, SURE, follow=True).content.decode()
    assert "shown only now" in text
    token = text.split("Copy it: ")[1].split("<")[0].strip()
    assert Client().get("/api/sync/v1/", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert token not in page.get(reverse("admin:syncconfig_apiclient_change", args=[client.pk])).content.decode()


def test_revoked_tokens_are_refused(page: Client) -> None:
    client = ApiClient.objects.create(name="Web shop")
    token = client.issue_token()
    page.post(reverse("admin:syncconfig_apiclient_revoke_tokens", args=[client.pk]), SURE)
    assert Client().get("/api/sync/v1/", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_delivery_that_was_given_up_is_sent_again_by_its_button_and_in_bulk(
    page: Client, customers_out: Configuration
) -> None:
    runs.send_now(customers_out, [1, 2])
    for delivery in outbox.claim(10):
        outbox.dead(delivery, "refused")
    first, second = Delivery.objects.order_by("id")
    page.post(reverse("admin:syncconfig_delivery_send_this_again", args=[first.pk]), SURE)
    page.post(
        reverse("admin:syncconfig_delivery_changelist"), {"action": "send_again", "_selected_action": [second.pk]}
    )
    assert [one.state for one in Delivery.objects.all()] == ["pending", "pending"]


@pytest.mark.usefixtures("connection")
def test_the_embedded_odoo_can_be_looked_through(page: Client, odoo: Odoo) -> None:
    (record_id,) = odoo.create("res.partner", [{"name": "Find me"}])
    assert "res.partner" in page.get(reverse("admin:odoo_browser")).content.decode()
    found = page.get(reverse("admin:odoo_browser_records", args=["res.partner"]), {"q": "find me"}).content.decode()
    assert "Find me" in found
    assert "1 record," in found
    record = page.get(reverse("admin:odoo_browser_record", args=["res.partner", record_id])).content.decode()
    assert "Find me" in record
    for model, pk in (("no.such.model", None), ("res.partner", 999_999)):
        args = [model] if pk is None else [model, pk]
        name = "odoo_browser_records" if pk is None else "odoo_browser_record"
        assert page.get(reverse(f"admin:{name}", args=args)).status_code == 404


def test_users_without_the_right_see_neither_odoo_nor_buttons(
    client: Client, django_user_model: type[User], customers_out: Configuration
) -> None:
    user = django_user_model.objects.create_user("viewer", is_staff=True)
    client.force_login(user)
    assert client.get(reverse("admin:odoo_browser")).status_code == 403
    url = reverse("admin:syncconfig_configuration_run_now", args=[customers_out.pk])
    assert client.post(url, SURE).status_code == 403
    assert not Run.objects.exists()


def header_rows(header: Header, **row: Any) -> dict[str, Any]:
    """What the browser posts for one header that exists."""
    return {
        "headers-TOTAL_FORMS": "1",
        "headers-INITIAL_FORMS": "1",
        "headers-0-id": header.pk,
        "headers-0-configuration": header.configuration_id,
        "headers-0-name": header.name,
        **{f"headers-0-{name}": value for name, value in row.items()},
    }


def test_a_header_is_shown_unless_it_is_secret_and_unticking_secret_does_not_show_it(
    page: Client, customers_out: Configuration
) -> None:
    customers_out.mappings.all().delete()
    plain = Header.objects.create(configuration=customers_out, name="X-API-Version", value="2.0-shown")
    url = reverse("admin:syncconfig_configuration_change", args=[customers_out.pk])
    assert "2.0-shown" in page.get(url).content.decode()
    page.post(url, configuration_form(customers_out, **header_rows(plain, value="", secret="on")))
    assert Header.objects.get().secret is True
    assert "2.0-shown" not in page.get(url).content.decode()
    answer = page.post(url, configuration_form(customers_out, **header_rows(plain, value="")))
    assert "Type the value again" in answer.content.decode()
    assert Header.objects.get().secret is True


def test_whatever_was_looked_at_in_the_browser_callers_search_as_before(
    page: Client, api: APIClient, customers_in: Configuration, odoo: Odoo
) -> None:
    models = [row["model"] for row in odoo.search_read("ir.model", [], ["model"])]
    assert len(models) > 20
    for model in models:
        assert page.get(f"/admin/odoo/{model}/?q=a").status_code == 200, model
    for domain in ('[["name","ilike","a"]]', '["|",["email","=",false],["city","=","Ulm"]]', "[]"):
        answer = api.get("/api/sync/v1/res.partner/search", {"domain": domain, "limit": "5"})
        assert answer.status_code == 200, answer.content


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_form_asks_an_odoo(
    page: Client, customers_out: Configuration, httpserver: HTTPServer
) -> None:
    """On SQLite nobody could write meanwhile, and an Odoo may take a minute to say nothing."""
    mine, seen = connections["default"], []

    def answer(_: Request) -> Response:
        seen.append(mine.in_atomic_block)
        return Response("not an Odoo", status=502)

    httpserver.expect_request(re.compile(".*")).respond_with_handler(answer)
    OdooConnection.objects.filter(pk=customers_out.connection_id).update(
        transport="jsonrpc", url=httpserver.url_for(""), database="x", login="x", api_key="key"
    )
    customers_out.refresh_from_db()
    url = reverse("admin:syncconfig_configuration_change", args=[customers_out.pk])
    form = configuration_form(customers_out) | {"note": "changed"}
    answered = page.post(url, form, follow=True).content.decode()
    assert "could not be held against Odoo" in answered or "cannot be asked just now" in answered
    customers_out.refresh_from_db()
    assert customers_out.note == "changed"
    assert seen
    assert not any(seen)
