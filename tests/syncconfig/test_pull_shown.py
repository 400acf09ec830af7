"""How people see a pull: its run in the admin, by the API and on the command line; its preview and its samples."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.odoo.connection import Odoo
from syncconfig import runs, samples
from syncconfig.groups import MANAGER, OPERATOR, VIEWER
from syncconfig.models import ApiClient, Configuration, Grant, Run, Sample
from syncconfig.models.client import RUN
from tests.conftest import Make
from tests.syncconfig.pulling import contact, pull, pulled, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def pulling(make: Make, httpserver: HTTPServer) -> Configuration:
    """A list of three, one of which is bad."""
    items = [contact(1), contact(2, full_name=None), contact(3)]
    httpserver.expect_request("/contacts").respond_with_json(items)
    return pull(make, httpserver)


def change_page(configuration: Configuration) -> str:
    """Its address in the admin."""
    return reverse("admin:syncconfig_configuration_change", args=[configuration.pk])


def command(name: str, *arguments: str) -> str:
    """What it prints."""
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def test_the_api_starts_a_pull_and_tells_of_its_items(pulling: Configuration, api: APIClient) -> None:
    Grant.objects.create(client=ApiClient.objects.get(), configuration=pulling, methods=[RUN])
    address = "/api/sync/v1/configs/contacts-pull/run"
    answer = api.post(address, {"from_start": True}, format="json")
    assert answer.status_code == 202, answer.content
    assert answer.json()["run"]["status"] == "queued"
    runs.work()
    told = api.get(answer["Location"]).json()["run"]
    assert {name: told[name] for name in ("status", "records", "pages", "created", "failed", "waiting")} == {
        "status": "done", "records": 3, "pages": 1, "created": 2, "failed": 1, "waiting": 0,
    }  # fmt: skip
    (failure,) = told["failures"]
    assert (failure["item"], failure["page"]) == ("C-2", 1)
    assert Run.objects.get().from_start
    for body in ({"ids": [1]}, {"domain": []}, {"from_start": "yes"}):
        refused = api.post(address, body, format="json")
        assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (400, next(iter(body)))


def test_from_start_is_refused_for_configurations_that_send(customers_out: Configuration, api: APIClient) -> None:
    Grant.objects.create(client=ApiClient.objects.get(), configuration=customers_out, methods=[RUN])
    refused = api.post("/api/sync/v1/configs/customers-out/run", {"from_start": True}, format="json")
    assert (refused.status_code, refused.json()["error"]["details"]["field"]) == (400, "from_start")
    assert not Run.objects.exists()


def test_the_command_follows_a_pull_and_fails_when_an_item_does(pulling: Configuration) -> None:
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 of 3 items failed"):
        call_command("runconfig", "contacts-pull", "--wait", stdout=out)
    assert "1 pages, 3 items: 2 created, 0 updated, 0 unchanged, 1 failed" in out.getvalue()
    assert "page 1, C-2: `full_name` is required" in out.getvalue()


def test_the_command_pulls_from_the_start_on_demand(pulling: Configuration, customers_out: Configuration) -> None:
    command("runconfig", "contacts-pull", "--from-start")
    assert Run.objects.get().from_start
    with pytest.raises(CommandError, match="configurations that pull"):
        command("runconfig", "customers-out", "--from-start")
    with pytest.raises(CommandError, match="--ids: .*pulls"):
        command("runconfig", "contacts-pull", "--ids", "5")


def test_the_command_says_that_it_goes_on_later(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/contacts").respond_with_data("busy", status=503)
    pull(make, httpserver)
    with pytest.raises(CommandError, match="the hub goes on. Answered with 503"):
        command("runconfig", "contacts-pull", "--wait", "--timeout", "0")


# Preview and samples ---------------------------------------------------------------------------------------


def test_the_preview_shows_the_first_page_item_by_item_and_writes_nothing(
    pulling: Configuration, odoo: Odoo, admin_client: Browser
) -> None:
    odoo.create("res.partner", [{"name": "Old", "ref": "C-3", "email": "3@example.com"}])
    before = pulled(odoo)
    page = admin_client.get(change_page(pulling).replace("change/", "preview/")).content.decode()
    assert "would be created" in page
    assert "would be updated" in page
    assert "would fail" in page
    assert "`full_name` is required" in page
    assert "1@example.com" in page
    assert pulled(odoo) == before
    (row,) = ApiLog.objects.all()
    assert (row.operation, row.state) == ("pull: preview", "ok")


@pytest.mark.parametrize("group", [VIEWER, OPERATOR, MANAGER])
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_who_may_run_a_pull_causes_a_call_by_its_preview(
    pulling: Configuration, httpserver: HTTPServer, group: str, method: str
) -> None:
    user = User.objects.create_user("person", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    browser = Browser()
    browser.force_login(user)
    page = getattr(browser, method)(change_page(pulling).replace("change/", "preview/"), {"item": "1"})
    assert page.status_code == 200
    may_not = group == VIEWER
    assert (len(httpserver.log), ApiLog.objects.count()) == ((0, 0) if may_not else (1, 1))
    assert ("Ask an API Sync Operator" in page.content.decode()) is may_not


def test_the_preview_shows_any_item_row_by_row(pulling: Configuration, admin_client: Browser) -> None:
    address = change_page(pulling).replace("change/", "preview/")
    assert "3@example.com" in admin_client.get(address, {"item": "3"}).content.decode()
    assert "has no item 9" in admin_client.get(address, {"item": "9"}).content.decode()
    assert "whole number" in admin_client.get(address, {"item": "x"}).content.decode()


def test_the_preview_says_what_is_wrong_with_the_page(
    make: Make, httpserver: HTTPServer, admin_client: Browser
) -> None:
    httpserver.expect_request("/contacts").respond_with_data("no", status=403)
    configuration = pull(make, httpserver)
    page = admin_client.get(change_page(configuration).replace("change/", "preview/")).content.decode()
    assert "Answered with 403" in page
    assert ApiLog.objects.get().state == "failed"


def test_the_preview_of_the_command_line(pulling: Configuration) -> None:
    told = json.loads(command("preview", "contacts-pull"))
    assert [one["outcome"] for one in told["items"]] == ["would be created", "would fail", "would be created"]
    assert told["result"]["name"] == "Pulled 1"
    with pytest.raises(CommandError, match="leave them out"):
        command("preview", "contacts-pull", "--record", "5")


def test_an_item_is_kept_as_a_sample_and_run_without_the_third_party(
    pulling: Configuration, httpserver: HTTPServer, admin_client: Browser
) -> None:
    address = change_page(pulling).replace("change/", "preview/")
    kept = admin_client.post(address, {"item": "3", "name": "Third", "keep": "1"})
    assert kept.status_code == 302, kept.content.decode()
    sample = Sample.objects.get()
    assert (sample.data["id"], sample.expected["name"]) == ("C-3", "Pulled 3")
    httpserver.clear()
    assert samples.run(sample).ok
    pulling.mappings.filter(external_key="full_name").update(odoo_field="city")
    assert not samples.run(sample).ok
    assert not httpserver.log


# The admin -------------------------------------------------------------------------------------------------


def form_of(page: Any) -> dict[str, Any]:
    """What the browser would send back."""
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    for formset in page.context["inline_admin_formsets"]:
        for one in [formset.formset.management_form, *formset.formset.forms]:
            data |= {one[name].html_name: one[name].value() for name in one.fields}
    return {name: "" if value is None else value for name, value in data.items() if value is not False}


def test_the_form_of_a_pull_shows_what_a_pull_needs(pulling: Configuration, admin_client: Browser) -> None:
    page = admin_client.get(change_page(pulling))
    fields = set(page.context["adminform"].form.fields)
    assert {"paging", "items_path", "cursor_by", "match_keys", "query", "schedule", "max_attempts"} <= fields
    assert not fields & {"domain", "on_create", "body_type", "is_paginated", "records_path", "unmapped", "max_parallel"}
    text = page.content.decode()
    assert "Link header" in text
    assert "send-again" not in text
    assert "pull-everything" in text
    assert "No run has come to its end yet" in text


def test_a_pull_is_changed_by_its_form(pulling: Configuration, admin_client: Browser) -> None:
    page = admin_client.get(change_page(pulling))
    data = form_of(page) | {"paging": "page", "size_parameter": "per_page", "page_size": "50", "items_path": "$.data"}
    saved = admin_client.post(change_page(pulling), data)
    assert saved.status_code == 302, saved.context["adminform"].form.errors if saved.context else ""
    pulling.refresh_from_db()
    assert (pulling.methods, pulling.paging, pulling.page_size) == (["GET"], "page", 50)
    wrong = admin_client.post(change_page(pulling), data | {"paging": "cursor", "match_keys": ""})
    assert {"next_path", "match_keys"} <= set(wrong.context["adminform"].form.errors)


def test_a_configuration_that_sends_does_not_become_one_that_pulls(
    customers_out: Configuration, pulling: Configuration, admin_client: Browser
) -> None:
    data = form_of(admin_client.get(change_page(customers_out)))
    refused = admin_client.post(change_page(customers_out), data | {"methods": ["GET"]})
    assert "methods" in refused.context["adminform"].form.errors
    data = form_of(admin_client.get(change_page(pulling)))
    assert admin_client.post(change_page(pulling), data | {"methods": ["POST"]}).status_code == 302
    pulling.refresh_from_db()
    assert pulling.methods == ["GET"]


def test_a_pull_is_made_by_the_form(connection: Any, admin_client: Browser) -> None:
    address = reverse("admin:syncconfig_configuration_add")
    data = {
        "name": "Pull", "code": "pull", "request_type": "out", "connection": connection.pk, "model": "res.partner",
        "methods": ["GET"], "url": "https://api.example.com/contacts", "active": "on", "unmapped": "reject",
        "on_match": "update",
    }  # fmt: skip
    page = admin_client.post(address, data)
    assert "A pull needs the external keys" in str(page.context["adminform"].form.errors["match_keys"])
    assert admin_client.post(address, data | {"match_keys": "id"}).status_code == 302
    assert Configuration.objects.get(code="pull").pulls


def test_the_run_shows_what_became_of_the_items(pulling: Configuration, admin_client: Browser) -> None:
    done = run(pulling)
    page = admin_client.get(reverse("admin:syncconfig_run_change", args=[done.pk])).content.decode()
    assert "C-2" in page
    assert "`full_name` is required" in page
    listed = admin_client.get(reverse("admin:syncconfig_run_changelist")).content.decode()
    assert "2 created, 0 updated, 0 unchanged, 1 failed" in listed
    assert f"?q={done.trace_id}" in listed


def test_everything_is_pulled_by_a_button(pulling: Configuration, admin_client: Browser) -> None:
    address = change_page(pulling).replace("change/", "pull-everything/")
    admin_client.get(address)
    assert not Run.objects.exists()
    admin_client.post(address, {"_form_submitted": "True"})
    started = Run.objects.get()
    assert (started.from_start, started.pulls, started.event) == (True, True, "manual")


def test_what_a_third_party_says_is_shown_as_text(make: Make, httpserver: HTTPServer, admin_client: Browser) -> None:
    evil = "<script>alert(1)</script>"
    httpserver.expect_request("/contacts").respond_with_json([contact(1, id=evil, full_name=None)])
    configuration = pull(make, httpserver)
    done = run(configuration)
    for address in (
        reverse("admin:syncconfig_run_change", args=[done.pk]),
        change_page(configuration).replace("change/", "preview/"),
    ):
        page = admin_client.get(address).content.decode()
        assert "alert(1)" in page
        assert evil not in page
