"""No page of the admin shows a stored secret, whoever looks; the rest can be read without the right to edit."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer

from hub.fields import EncryptedTextField
from hub.odoo.connection import Odoo
from syncconfig import drain, groups, runs
from syncconfig.models import (
    ApiClient,
    ApiJob,
    ApiToken,
    Configuration,
    Delivery,
    FieldMapping,
    Header,
    OdooConnection,
    Run,
)
from tests.conftest import Make
from tests.syncconfig.test_admin import configuration_form
from webhooks.models import ReceivedMessage

pytestmark = pytest.mark.django_db
MARKER = "canary"
SECRET = "canary-s3cret-value"


@pytest.fixture
def instance(
    make: Make, customers_out: Configuration, customers_in: Configuration, odoo: Odoo, httpserver: HTTPServer
) -> None:
    """A hub in which every secret field of every model holds the marker, and that has worked with them."""
    httpserver.expect_request("/customers").respond_with_json({"you sent": SECRET})
    Configuration.objects.update(auth_password=SECRET, auth_token=SECRET, tls_key=SECRET)
    Configuration.objects.filter(pk=customers_out.pk).update(auth_scheme="bearer")
    for scheme in ("none", "basic", "api_key"):
        one = make(f"out-{scheme}", [("name", "n")], request_type="out", methods=["PUT"], url="https://x.example/a")
        Configuration.objects.filter(pk=one.pk).update(
            auth_scheme=scheme,
            auth_login="login-shown",
            auth_header="X-Key",
            auth_password=SECRET,
            auth_token=SECRET,
            tls_key=SECRET,
        )
    Header.objects.create(configuration=customers_out, name="X-Hidden", value=SECRET, secret=True)
    Header.objects.create(configuration=customers_out, name="Api-Token", value=SECRET, secret=False)
    Header.objects.create(configuration=customers_out, name="X-Version", value="version-shown")
    OdooConnection.objects.create(
        code="real", name="Real", transport="jsonrpc", url="http://127.0.0.1:1", database="database-shown", login="me",
        password=SECRET, api_key=SECRET, hint_token=SECRET,
    )  # fmt: skip
    client = ApiClient.objects.create(name="Web shop")
    client.configurations.add(customers_in)
    client.issue_token()
    ApiJob.objects.create(
        client=client, scheme="bearer", address="192.0.2.1", name="job", method="POST", path="/api/sync/v1/res.partner",
        body=SECRET, answer=SECRET, answer_status=201, state="done", finished_at=timezone.now(), trace_id="req_1",
    )  # fmt: skip
    runs.send_now(customers_out, odoo.create("res.partner", [{"name": "One"}]))
    drain.drain(drain.default_sender(), threads=1)
    runs.start(customers_out)
    Delivery.objects.update(unwritten=SECRET)
    Run.objects.update(position=SECRET)
    ReceivedMessage.objects.create(path="customers", method="POST", body="{}")


def encrypted() -> Iterator[tuple[type[models.Model], str]]:
    """Every secret field of every model."""
    for model in admin.site._registry:
        for one in (model, *(relation.related_model for relation in model._meta.related_objects)):
            for field in one._meta.get_fields():
                if isinstance(field, EncryptedTextField):
                    yield one, field.name


def person(kind: str) -> Client:
    """The browser of a user who may look, who may change, or who may do all."""
    user = User.objects.create_user(kind, password=SECRET, is_staff=True, is_superuser=kind == "administrator")
    if kind == "viewer":
        user.groups.add(Group.objects.get(name=groups.VIEWER))
        user.user_permissions.set(viewing())
    elif kind != "administrator":
        user.groups.add(Group.objects.get(name=groups.MANAGER if kind == "manager" else groups.OPERATOR))
    browser = Client()
    browser.force_login(user)
    return browser


def viewing() -> models.QuerySet[models.Model]:
    """The right to look at everything, users included."""
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__startswith="view_")


def pages() -> Iterator[str]:
    """The address of every page of every model: lists, forms, histories, deletions, and what the buttons lead to."""
    yield reverse("admin:index")
    for model, its_admin in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"admin:{name}_changelist")
        yield reverse(f"admin:{name}_changelist") + "?q=s3cret"
        yield reverse(f"admin:{name}_add")
        for row in model._default_manager.all():
            for page in ("change", "history", "delete"):
                yield reverse(f"admin:{name}_{page}", args=[row.pk])
            for action in getattr(its_admin, "actions_detail", ()):
                yield reverse(f"admin:{name}_{action}", args=[row.pk])


@pytest.mark.usefixtures("instance")
def test_every_secret_field_holds_the_marker_in_this_test() -> None:
    assert {(model.__name__, field) for model, field in encrypted()} == {
        ("Configuration", "auth_password"), ("Configuration", "auth_token"), ("Header", "value"),
        ("OdooConnection", "password"), ("OdooConnection", "api_key"), ("Configuration", "tls_key"),
        ("OdooConnection", "hint_token"),
        ("Delivery", "unwritten"),
        ("ApiJob", "body"), ("ApiJob", "answer"), ("Run", "position"),
    }  # fmt: skip
    for model, field in encrypted():
        assert any(getattr(row, field) == SECRET for row in model._default_manager.all())


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize("kind", ["viewer", "operator", "manager", "administrator"])
def test_no_page_shows_a_stored_secret(kind: str) -> None:
    browser = person(kind)
    digests = [*ApiToken.objects.values_list("digest", flat=True), *User.objects.values_list("password", flat=True)]
    seen = []
    for url in pages():
        answer = browser.get(url)
        assert answer.status_code in (200, 302, 403, 405), url
        if answer.status_code == 200:
            seen.append(url)
        text = answer.content.decode()
        assert MARKER not in text, url
        assert not [digest for digest in digests if digest in text], url
    assert len(seen) > 40


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize("kind", ["viewer", "operator"])
def test_who_may_only_look_reads_all_that_is_no_secret(kind: str) -> None:
    browser = person(kind)
    configuration = Configuration.objects.get(code="out-basic")
    text = browser.get(reverse("admin:syncconfig_configuration_change", args=[configuration.pk])).content.decode()
    assert "login-shown" in text
    assert "https://x.example/a" in text
    assert re.search(r">\s*stored\s*<", text)
    assert '["PUT"]' not in text
    assert "&quot;PUT&quot;" not in text
    assert 'x-show="request_type' not in text, "a field that a script hides"
    assert '<input type="password"' not in text
    headers = browser.get(
        reverse("admin:syncconfig_configuration_change", args=[Configuration.objects.get(code="customers-out").pk])
    ).content.decode()
    assert "version-shown" in headers
    assert "full_name" in headers
    incoming = browser.get(
        reverse("admin:syncconfig_configuration_change", args=[Configuration.objects.get(code="customers-in").pk])
    ).content.decode()
    assert "read and search (GET), create (POST), update (PUT, PATCH), delete (DELETE)" in incoming
    connection = browser.get(
        reverse("admin:syncconfig_odooconnection_change", args=[OdooConnection.objects.get(code="real").pk])
    ).content.decode()
    assert "database-shown" in connection
    assert re.search(r">\s*stored\s*<", connection)


@pytest.mark.usefixtures("instance")
def test_a_secret_that_is_not_there_reads_not_set() -> None:
    Configuration.objects.update(auth_password="", auth_token="", tls_key="")
    configuration = Configuration.objects.get(code="out-basic")
    url = reverse("admin:syncconfig_configuration_change", args=[configuration.pk])
    text = person("viewer").get(url).content.decode()
    assert re.search(r">\s*not set\s*<", text)
    assert not re.search(r">\s*stored\s*<", text)


@pytest.mark.usefixtures("instance")
def test_a_rejected_form_does_not_send_back_what_was_typed(customers_out: Configuration) -> None:
    url = reverse("admin:syncconfig_configuration_change", args=[customers_out.pk])
    form = configuration_form(customers_out, auth_scheme="bearer", auth_token="canary-typed", schedule="wrong")
    answer = person("manager").post(url, form)
    assert answer.status_code == 200
    assert MARKER not in answer.content.decode()


@pytest.mark.usefixtures("instance")
@pytest.mark.parametrize("lookup", ["auth_token__startswith", "auth_token", "headers__value__contains"])
def test_no_list_can_be_narrowed_by_a_secret(lookup: str) -> None:
    answer = person("viewer").get(reverse("admin:syncconfig_configuration_changelist"), {lookup: "c"})
    assert answer.status_code in (302, 400)


def changed(browser: Client, configuration: Configuration, **changes: str) -> str:
    """The page after the form was sent with those values; empty when it was saved."""
    configuration.mappings.all().delete()
    form = configuration_form(configuration, **{"auth_scheme": "bearer", "url": configuration.url, **changes})
    answer = browser.post(reverse("admin:syncconfig_configuration_change", args=[configuration.pk]), form)
    return "" if answer.status_code == 302 else answer.content.decode()


@pytest.fixture
def sending(customers_out: Configuration) -> Configuration:
    """An Out configuration with a token, at a public address."""
    customers_out.url, customers_out.auth_scheme, customers_out.auth_token = "https://a.example/x", "bearer", SECRET
    customers_out.save()
    return customers_out


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/x", "http://a.example/x", "https://a.example:8443/x", "https://a.example.evil.example/x"],
)
def test_a_stored_secret_is_not_taken_along_to_another_address(sending: Configuration, url: str) -> None:
    browser = person("manager")
    assert "the address changed" in changed(browser, sending, url=url)
    assert Configuration.objects.get(pk=sending.pk).url == "https://a.example/x"
    assert changed(browser, sending, url=url, auth_token="typed-again") == ""
    saved = Configuration.objects.get(pk=sending.pk)
    assert (saved.url, saved.auth_token) == (url, "typed-again")


@pytest.mark.parametrize("url", ["https://a.example/other?y=1", "https://A.example:443/x", "https://a.example./x"])
def test_another_path_at_the_same_address_keeps_the_secret(sending: Configuration, url: str) -> None:
    assert changed(person("manager"), sending, url=url) == ""
    assert Configuration.objects.get(pk=sending.pk).auth_token == SECRET


def test_a_secret_header_is_not_taken_along_either(sending: Configuration) -> None:
    Configuration.objects.filter(pk=sending.pk).update(auth_token="", auth_scheme="none")
    header = Header.objects.create(configuration=sending, name="X-Hidden", value=SECRET, secret=True)
    rows = {
        "headers-TOTAL_FORMS": "1", "headers-INITIAL_FORMS": "1", "headers-0-id": str(header.pk),
        "headers-0-configuration": str(sending.pk), "headers-0-name": "X-Hidden", "headers-0-value": "",
        "headers-0-secret": "on", "auth_scheme": "none",
    }  # fmt: skip
    browser = person("manager")
    sending.refresh_from_db()
    assert "the address changed" in changed(browser, sending, url="https://evil.example/x", **rows)
    assert Configuration.objects.get(pk=sending.pk).url == "https://a.example/x"
    assert changed(browser, sending, url="https://a.example/y", **rows) == ""
    typed = {**rows, "headers-0-value": "typed again"}
    assert changed(browser, sending, url="https://evil.example/x", **typed) == ""
    assert Header.objects.get().value == "typed again"


def connection_form(**changes: str) -> dict[str, str]:
    """What the browser posts for a connection to a real Odoo."""
    return {
        "name": "Real", "code": "real", "active": "on", "transport": "jsonrpc", "url": "https://x.odoo.com",
        "database": "x", "login": "me", "api_key": "", "password": "", "connect_timeout": "5", "read_timeout": "30",
        **changes,
    }  # fmt: skip


@pytest.fixture
def real(db: None) -> OdooConnection:
    """A connection with both secrets."""
    return OdooConnection.objects.create(
        code="real", name="Real", transport="jsonrpc", url="https://x.odoo.com", database="x", login="me",
        password=SECRET, api_key=SECRET,
    )  # fmt: skip


def test_a_connection_to_another_host_wants_its_secrets_again(real: OdooConnection) -> None:
    browser, url = person("manager"), reverse("admin:syncconfig_odooconnection_change", args=[real.pk])
    answer = browser.post(url, connection_form(url="https://evil.example"))
    assert answer.content.decode().count("the address changed") == 2
    answer = browser.post(url, connection_form(url="https://evil.example", transport="embedded"))
    answer = browser.post(url, connection_form(url="https://evil.example"))
    assert answer.status_code == 200
    assert SECRET not in {OdooConnection.objects.get().password, OdooConnection.objects.get().api_key}


def test_a_stored_secret_can_be_removed(real: OdooConnection) -> None:
    browser, url = person("manager"), reverse("admin:syncconfig_odooconnection_change", args=[real.pk])
    assert "Remove what is stored" in browser.get(url).content.decode()
    assert browser.post(url, connection_form(**{"password-remove": "on"})).status_code == 302
    found = OdooConnection.objects.get()
    assert (found.password, found.api_key) == ("", SECRET)
    answer = browser.post(url, connection_form(**{"api_key-remove": "on"}))
    assert "Give an API key" in answer.content.decode()
    assert OdooConnection.objects.get().api_key == SECRET


def test_a_removed_secret_may_be_left_behind_when_the_address_changes(real: OdooConnection) -> None:
    url = reverse("admin:syncconfig_odooconnection_change", args=[real.pk])
    form = connection_form(url="https://y.odoo.com", api_key="new key", **{"password-remove": "on"})
    assert person("manager").post(url, form).status_code == 302
    found = OdooConnection.objects.get()
    assert (found.url, found.password, found.api_key) == ("https://y.odoo.com", "", "new key")


def test_secrets_of_another_authorization_type_are_not_kept(sending: Configuration) -> None:
    assert changed(person("manager"), sending, auth_scheme="basic", auth_login="me", auth_password="new") == ""
    saved = Configuration.objects.get(pk=sending.pk)
    assert (saved.auth_token, saved.auth_password) == ("", "new")


def test_the_history_names_a_secret_only_when_it_was_changed(real: OdooConnection) -> None:
    browser, url = person("manager"), reverse("admin:syncconfig_odooconnection_change", args=[real.pk])
    browser.post(url, connection_form(name="Renamed"))
    history = reverse("admin:syncconfig_odooconnection_history", args=[real.pk])
    assert "API key" not in browser.get(history).content.decode()
    browser.post(url, connection_form(name="Renamed", api_key="new"))
    assert "API key" in browser.get(history).content.decode()


def test_a_header_with_a_telling_name_is_secret_without_being_asked(sending: Configuration) -> None:
    rows = {
        "headers-TOTAL_FORMS": "1", "headers-0-configuration": str(sending.pk),
        "headers-0-name": "X-Api-Key", "headers-0-value": "typed",
    }  # fmt: skip
    assert changed(person("manager"), sending, **rows) == ""
    assert Header.objects.get().secret is True


@pytest.mark.parametrize("kind", ["viewer", "operator"])
def test_rows_follow_the_rights_of_their_configuration(sending: Configuration, kind: str) -> None:
    url = reverse("admin:syncconfig_configuration_change", args=[sending.pk])
    form = configuration_form(sending, auth_scheme="bearer", name="Renamed")
    assert person(kind).post(url, form).status_code == 403
    assert Configuration.objects.get(pk=sending.pk).name == "customers-out"
    assert FieldMapping.objects.exists()
