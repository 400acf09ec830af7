"""API clients in the admin: what they may use as a table, their networks and company, tokens and secrets shown once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from hub.odoo.connection import Odoo
from syncconfig import groups
from syncconfig.models import ApiClient, ApiToken, Configuration
from tests.conftest import Make
from tests.syncconfig.test_admin import SURE, configuration_form

pytestmark = pytest.mark.django_db
ADD = reverse("admin:syncconfig_apiclient_add")


@pytest.fixture
def page(admin_client: Client) -> Client:
    return admin_client


@pytest.fixture
def products_in(make: Make) -> Configuration:
    return make("products-in", [("name", "name")], model="product.product", request_type="in", methods=["GET"])


def form(**changes: Any) -> dict[str, Any]:
    """What the browser posts for a client."""
    return {
        "name": "Web shop", "login": "web-shop", "active": "on", "methods": ["GET", "POST"], "networks": "",
        "company_id": "", "calls_per_hour": "1000", "calls_per_minute": "100", "jobs_waiting": "100",
        "note": "", "tokens-TOTAL_FORMS": "0",
        "tokens-INITIAL_FORMS": "0", **changes,
    }  # fmt: skip


def change(client: ApiClient) -> str:
    return reverse("admin:syncconfig_apiclient_change", args=[client.pk])


def test_a_new_client_gets_an_id_and_what_was_ticked(
    page: Client, customers_in: Configuration, products_in: Configuration, customers_out: Configuration
) -> None:
    text = page.get(ADD).content.decode()
    assert f'value="{customers_in.pk}:DELETE"' in text
    assert f'value="{products_in.pk}:GET"' in text
    assert f'value="{products_in.pk}:POST"' not in text, "it is not offered"
    assert f'value="{customers_out.pk}:' not in text, "nobody calls it"
    boxes = [f"{customers_in.pk}:GET", f"{customers_in.pk}:POST", f"{products_in.pk}:GET"]
    assert page.post(ADD, form(login="", grants=boxes)).status_code == 302
    client = ApiClient.objects.get()
    assert client.login == "web-shop"
    given = {grant.configuration.code: grant.methods for grant in client.grants.all()}
    assert given == {"customers-in": ["GET", "POST"], "products-in": ["GET"]}
    listed = page.get(reverse("admin:syncconfig_apiclient_changelist")).content.decode()
    assert "customers-in (GET, POST), products-in" in listed


def test_boxes_can_be_unticked_and_what_the_table_did_not_show_stays(page: Client, customers_in: Configuration) -> None:
    client = ApiClient.objects.create(name="Web shop")
    client.configurations.add(customers_in)
    Configuration.objects.update(methods=["GET", "POST"])
    text = page.get(change(client)).content.decode()
    assert f'value="{customers_in.pk}:GET"' in text
    page.post(change(client), form(grants=[f"{customers_in.pk}:GET"]))
    assert client.grants.get().methods == ["GET", "PUT", "PATCH", "DELETE"]
    assert "Configurations" in LogEntry.objects.latest("id").get_change_message()
    page.post(change(client), form(grants=[]))
    assert not client.grants.exists()


def test_a_box_that_the_table_has_not_is_refused(page: Client, customers_out: Configuration) -> None:
    for box in (f"{customers_out.pk}:POST", "x", "1:TRACE"):
        assert "was changed meanwhile" in page.post(ADD, form(grants=[box])).content.decode()


def test_may_use_all_wants_a_method(page: Client) -> None:
    answer = page.post(ADD, form(all_configurations="on", methods=[]))
    assert "Choose at least one HTTP method" in answer.content.decode()
    assert page.post(ADD, form(all_configurations="on", methods=["GET"])).status_code == 302
    assert ApiClient.objects.get().methods == ["GET"]
    assert page.post(ADD, form(name="Other", login="other", methods=[])).status_code == 302


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"networks": "10.0.0.5/8"}, "write 10.0.0.0/8 for all of it"),
        ({"networks": "everywhere"}, "is no network"),
        ({"login": "web shop"}, "valid “slug”"),
        ({"company_id": "987654"}, "has no company 987654"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    page: Client, customers_in: Configuration, odoo: Odoo, changes: dict[str, str], told: str
) -> None:
    text = page.post(ADD, form(grants=[f"{customers_in.pk}:GET"], **changes)).content.decode()
    assert told in text
    assert not ApiClient.objects.exists()


def test_a_company_that_cannot_be_looked_up_is_saved_with_a_warning(
    page: Client, customers_in: Configuration, odoo: Odoo
) -> None:
    connection = customers_in.connection
    connection.transport, connection.url, connection.database = "jsonrpc", "http://127.0.0.1:1", "x"
    connection.save()
    boxes = [f"{customers_in.pk}:GET"]
    answer = page.post(ADD, form(company_id="2", grants=boxes), follow=True)
    assert "the company could not be looked up" in answer.content.decode()
    assert ApiClient.objects.get().company_id == 2


def test_a_new_secret_is_shown_once_and_gets_tokens(page: Client) -> None:
    client = ApiClient.objects.create(name="Web shop")
    url = reverse("admin:syncconfig_apiclient_new_secret", args=[client.pk])
    text = page.post(url, SURE, follow=True).content.decode()
    assert "The client ID is web-shop" in text
    secret = text.split("Copy it: ")[1].split("<")[0].strip()
    assert secret.startswith("hub_secret_")
    body = {"grant_type": "client_credentials", "client_id": "web-shop", "client_secret": secret}
    answer = Client().post(
        "/api/sync/v1/oauth/token",
        "&".join(f"{name}={value}" for name, value in body.items()),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 200
    access = answer.json()["access_token"]
    for address in (change(client), reverse("admin:syncconfig_apiclient_history", args=[client.pk])):
        text = page.get(address).content.decode()
        assert secret not in text
        assert access not in text
        assert access[:16] not in text, "access tokens come and go"
    assert "Made a new OAuth secret" in text


def test_one_token_is_revoked_by_its_box_and_all_by_the_button(page: Client) -> None:
    client = ApiClient.objects.create(name="Web shop", all_configurations=True)
    tokens = [client.issue_token(), client.issue_token()]
    secret = client.issue_secret()
    rows: dict[str, Any] = {"tokens-TOTAL_FORMS": "3", "tokens-INITIAL_FORMS": "3"}
    for number, row in enumerate(client.tokens.order_by("-id")):
        rows |= {f"tokens-{number}-id": str(row.pk), f"tokens-{number}-client": str(client.pk)}
    rows["tokens-2-revoke"] = "on"  # the oldest
    answer = page.post(change(client), form(all_configurations="on", **rows))
    assert answer.status_code == 302, answer.content
    statuses = [Client().get("/api/sync/v1/", headers={"Authorization": f"Bearer {one}"}).status_code for one in tokens]
    assert statuses == [401, 200]
    assert "Revoked" in page.get(change(client)).content.decode()
    access, _ = client.issue_access(client.tokens.get(kind="secret"), timedelta(hours=1), "")
    page.post(reverse("admin:syncconfig_apiclient_revoke_tokens", args=[client.pk]), SURE)
    for one in (tokens[1], access):
        assert Client().get("/api/sync/v1/", headers={"Authorization": f"Bearer {one}"}).status_code == 401
    assert secret
    assert not ApiToken.objects.filter(revoked_at__isnull=True).exists()


def test_who_may_only_look_reads_what_a_client_may_and_changes_nothing(customers_in: Configuration) -> None:
    client = ApiClient.objects.create(name="Web shop", networks="10.0.0.0/8")
    client.grants.create(configuration=customers_in, methods=["GET"])
    client.issue_token()
    user = User.objects.create_user("vera", is_staff=True)
    user.groups.add(Group.objects.get(name=groups.VIEWER))
    viewer = Client()
    viewer.force_login(user)
    text = viewer.get(change(client)).content.decode()
    assert "customers-in (GET)" in text
    assert "10.0.0.0/8" in text
    assert 'name="grants"' not in text
    assert "revoke" not in text.lower().replace("revoked", "")
    assert viewer.post(change(client), form()).status_code == 403
    assert viewer.get(reverse("admin:syncconfig_lockout_changelist")).status_code == 200


def test_who_may_call_is_chosen_at_the_configuration(page: Client, customers_in: Configuration) -> None:
    url = reverse("admin:syncconfig_configuration_change", args=[customers_in.pk])
    assert "Who may call" in page.get(url).content.decode()
    customers_in.mappings.all().delete()
    limits = {"anybody_per_hour": "1000", "anybody_per_minute": "100"}
    common = {"request_type": "in", "methods": ["GET"], "on_match": "update", **limits}
    for name in ("auth_scheme", "url"):
        common[name] = "none" if name == "auth_scheme" else ""
    answer = page.post(url, configuration_form(customers_in, **common))
    assert "Choose at least one way" in answer.content.decode()
    answer = page.post(
        url, configuration_form(customers_in, accepts_anybody="on", trusted_networks="0.0.0.0/0", **common)
    )
    assert "too large a part of the world" in answer.content.decode()
    answer = page.post(url, configuration_form(customers_in, accepts_anybody="on", trusted_networks="", **common))
    assert "Name the networks" in answer.content.decode()
    answer = page.post(
        url,
        configuration_form(
            customers_in, accepts_basic="on", accepts_anybody="on", trusted_networks="10.0.0.0/8", **common
        ),
    )
    assert answer.status_code == 302, re.findall(r"errorlist.*?</ul>", answer.content.decode(), re.DOTALL)
    customers_in.refresh_from_db()
    assert [str(one) for one in customers_in.accepted] == ["basic", "none"]


def test_the_question_before_deleting_a_client_counts_its_tokens(page: Client, customers_in: Configuration) -> None:
    client = ApiClient.objects.create(name="Web shop")
    client.configurations.add(customers_in)
    client.issue_secret()
    client.issue_access(client.tokens.get(), timedelta(hours=1), "")
    url = reverse("admin:syncconfig_apiclient_delete", args=[client.pk])
    text = page.get(url).content.decode()
    assert "hub_access" not in text
    assert re.search(r"Tokens and secrets:?\s*2", text, re.IGNORECASE)
    page.post(url, {"post": "yes"})
    assert not ApiToken.objects.exists()
    assert Configuration.objects.exists()
