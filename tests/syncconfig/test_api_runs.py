"""Triggering Out configurations from outside: by the API, by manage.py runconfig, and from Python."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client as Browser
from django.urls import reverse
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient
from werkzeug import Response

from apilog.models import ApiLog
from hub.http.client import Client
from hub.odoo.connection import Odoo
from syncconfig import drain, groups, runs
from syncconfig.models import ApiClient, Configuration, Delivery, Grant, Run
from syncconfig.models.client import RUN
from syncconfig.validators import egress_policy
from tests.conftest import Make
from tests.syncconfig.test_another_database import switch
from tests.syncconfig.test_client_admin import change, form

pytestmark = pytest.mark.django_db
__all__ = ["switch"]
URL = "/api/sync/v1/configs/customers-out/run"


@pytest.fixture
def shop(customers_out: Configuration) -> ApiClient:
    """A client that was given this one configuration to run."""
    client = ApiClient.objects.create(name="Web shop")
    Grant.objects.create(client=client, configuration=customers_out, methods=[RUN])
    return client


@pytest.fixture
def caller(shop: ApiClient) -> APIClient:
    """It, calling."""
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {shop.issue_token()}")
    return caller


@pytest.fixture
def three(odoo: Odoo, customers_out: Configuration, httpserver: HTTPServer) -> list[int]:
    """The ids of all records that the configuration sends, to a receiver that takes them."""
    httpserver.expect_request("/customers").respond_with_json({"ok": True}, status=201)
    customers_out.domain = "[('ref', '=', 'three')]"
    customers_out.save()
    return odoo.create("res.partner", [{"name": name, "ref": "three"} for name in ("Ada", "Bob", "Eve")])


def work() -> None:
    """What the cluster does."""
    runs.work()
    sender = Client(egress_policy(), pool_size=2)
    drain.drain(sender, threads=2)
    sender.close()


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def arrived(httpserver: HTTPServer) -> list[int]:
    """The ids of the records that the receiver got."""
    return sorted(request.get_json()["external_id"] for request, _ in httpserver.log)


# By the API -------------------------------------------------------------------------------------------


def test_a_run_is_started_and_followed_to_its_end(caller: APIClient, three: list[int], httpserver: HTTPServer) -> None:
    answer = caller.post(URL)
    run = answer.json()["run"]
    assert answer.status_code == 202
    assert answer["Location"] == run["url"] == f"/api/sync/v1/runs/{run['id']}"
    assert (run["configuration"], run["status"], run["records"]) == ("customers-out", "queued", 0)
    runs.work()
    queued = caller.get(run["url"]).json()["run"]
    assert (queued["status"], queued["records"], queued["deliveries"], queued["waiting"]) == ("running", 3, 3, 3)
    work()
    over = caller.get(run["url"]).json()["run"]
    assert (over["status"], over["sent"], over["failed"], over["waiting"]) == ("done", 3, 0, 0)
    assert arrived(httpserver) == three
    row = Run.objects.get()
    assert (row.event, row.client and row.client.name) == ("api", "Web shop")
    assert set(Delivery.objects.values_list("event", flat=True)) == {"api"}
    logged = ApiLog.objects.filter(operation="run").get()
    assert (logged.configuration_code, logged.response_status) == ("customers-out", 202)


def test_what_is_given_up_counts_as_failed(caller: APIClient, three: list[int], httpserver: HTTPServer) -> None:
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_handler(
        lambda request: Response(status=422 if request.get_json()["full_name"] == "Bob" else 201)
    )
    run = caller.post(URL).json()["run"]
    work()
    over = caller.get(run["url"]).json()["run"]
    assert (over["status"], over["deliveries"], over["sent"], over["failed"]) == ("done", 3, 2, 1)


def test_ids_narrow_the_configurations_domain_and_never_widen_it(
    caller: APIClient, three: list[int], odoo: Odoo, httpserver: HTTPServer
) -> None:
    (stranger,) = odoo.create("res.partner", [{"name": "Zoe"}])
    caller.post(URL, {"ids": [three[2], three[0], three[0], stranger]}, format="json")
    work()
    assert arrived(httpserver) == [three[0], three[2]]
    assert Run.objects.get().records == 2


def test_a_domain_narrows_it_too(caller: APIClient, three: list[int], odoo: Odoo, httpserver: HTTPServer) -> None:
    odoo.create("res.partner", [{"name": "Ada"}])
    caller.post(URL, {"domain": ["|", ["name", "=", "Ada"], ["name", "=", "Eve"]]}, format="json")
    work()
    assert arrived(httpserver) == [three[0], three[2]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"id": 1}, "id"),
        ({"ids": 1}, "ids"),
        ({"ids": []}, "ids"),
        ({"ids": ["1"]}, "ids"),
        ({"ids": [True]}, "ids"),
        ({"ids": [0]}, "ids"),
        ({"ids": [2**31]}, "ids"),
        ({"ids": list(range(1, 10_002))}, "ids"),
        ({"ids": [1], "domain": []}, "domain"),
        ({"domain": "[('name', '=', 'Ada')]"}, "domain"),
        ({"domain": [["name", "="]]}, "domain"),
        ({"domain": [["name", "is", "Ada"]]}, "name"),
        ({"domain": [["credit_limit", ">", 5]]}, "credit_limit"),
        ({"domain": [["country_id.name", "=", "Germany"]]}, "country_id.name"),
        ({"domain": [["id", "any", [["credit_limit", ">", 5]]]]}, "id"),
    ],
)
def test_a_body_that_is_wrong_is_refused_and_names_the_field(
    caller: APIClient, three: list[int], body: Any, field: str
) -> None:
    answer = caller.post(URL, body, format="json")
    assert error(answer) == (400, "VALIDATION_ERROR"), answer.content
    assert answer.json()["error"]["details"]["field"] == field
    assert not Run.objects.exists()


def test_a_body_that_is_no_json_is_refused(caller: APIClient, three: list[int]) -> None:
    assert caller.post(URL, "{", content_type="application/json").status_code == 400
    assert not Run.objects.exists()


def test_only_who_was_given_it_may_run_it(
    caller: APIClient, shop: ApiClient, customers_in: Configuration, customers_out: Configuration
) -> None:
    assert error(caller.post("/api/sync/v1/configs/nothing/run")) == (404, "NOT_FOUND")
    assert error(caller.post("/api/sync/v1/configs/customers-in/run")) == (404, "NOT_FOUND")
    assert error(caller.get(URL)) == (405, "METHOD_NOT_ALLOWED")
    assert error(APIClient().post(URL)) == (401, "AUTHENTICATION_ERROR")
    Grant.objects.all().delete()
    ApiClient.objects.update(all_configurations=True)
    assert error(caller.post(URL)) == (403, "PERMISSION_DENIED"), "all means all that can be called"
    assert caller.get("/api/sync/v1/").json()["runs"] == []
    assert not Run.objects.exists()


def test_a_grant_to_run_lets_nobody_read_or_write(caller: APIClient, customers_out: Configuration) -> None:
    index = caller.get("/api/sync/v1/").json()
    assert index["resources"] == []
    assert [(one["configuration"], one["url"]) for one in index["runs"]] == [("customers-out", URL)]
    assert error(caller.post("/api/sync/v1/res.partner", {"data": {}}, format="json")) == (404, "NOT_FOUND")
    assert error(caller.post("/api/sync/v1/in/customers-out", {}, format="json")) == (404, "NOT_FOUND")


def test_a_scope_counts(caller: APIClient, shop: ApiClient, customers_out: Configuration, three: list[int]) -> None:
    secret = shop.issue_secret()
    fields = {"grant_type": "client_credentials", "client_id": shop.login, "client_secret": secret}
    scoped = APIClient().post(
        "/api/sync/v1/oauth/token",
        urlencode(fields | {"scope": "customers-out"}),
        content_type="application/x-www-form-urlencoded",
    )
    assert scoped.status_code == 200, scoped.content
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {scoped.json()['access_token']}")
    assert caller.post(URL).status_code == 202
    shop.tokens.filter(kind="access").update(scope="customers-in")
    assert error(caller.post(URL)) == (403, "PERMISSION_DENIED")


def test_what_is_off_or_runs_already_is_a_409(caller: APIClient, customers_out: Configuration) -> None:
    assert caller.post(URL).status_code == 202
    assert error(caller.post(URL)) == (409, "RUN_IN_PROGRESS")
    assert Run.objects.count() == 1
    Run.objects.all().delete()
    Configuration.objects.update(active=False)
    assert error(caller.post(URL)) == (409, "CONFIGURATION_INACTIVE")
    Configuration.objects.update(active=True)
    customers_out.connection.active = False
    customers_out.connection.save()
    assert error(caller.post(URL)) == (409, "CONFIGURATION_INACTIVE")
    assert not Run.objects.exists()


def test_runs_of_what_one_may_not_run_are_not_there(caller: APIClient, make: Make) -> None:
    other = make("other-out", [("name", "name")], request_type="out", methods=["POST"], url="https://x.example.com/")
    run = runs.start(other)
    assert error(caller.get(f"/api/sync/v1/runs/{run.pk}")) == (404, "NOT_FOUND")
    assert error(caller.get("/api/sync/v1/runs/987654")) == (404, "NOT_FOUND")


def test_a_key_starts_one_run(caller: APIClient, three: list[int]) -> None:
    first, again = (caller.post(URL, headers={"Idempotency-Key": "night"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert again["Location"] == first["Location"]
    assert again["Idempotency-Replayed"] == "true"
    assert Run.objects.count() == 1


def test_a_run_that_cannot_go_on_says_why(caller: APIClient, customers_out: Configuration) -> None:
    customers_out.mappings.create(position=9, odoo_field="no_such_field", external_key="x")
    run = caller.post(URL).json()["run"]
    runs.work()
    told = caller.get(run["url"]).json()["run"]
    assert told["status"] == "failed"
    assert "no_such_field" in told["error"]


# In the admin -----------------------------------------------------------------------------------------


def test_what_a_client_may_run_is_ticked_for_it_alone(
    admin_client: Browser, customers_in: Configuration, customers_out: Configuration
) -> None:
    client = ApiClient.objects.create(name="Web shop")
    page = change(client)
    assert admin_client.post(page, form(all_configurations="on", runs=[customers_out.pk])).status_code == 302
    assert [(one.configuration.code, one.methods) for one in client.grants.all()] == [("customers-out", ["POST"])]
    listed = admin_client.get(reverse("admin:syncconfig_apiclient_changelist")).content.decode()
    assert "all active In configurations (GET, POST), customers-out (run)" in listed
    assert "checked" in admin_client.get(page).content.decode().split('name="runs"')[1].split(">")[0]
    wrong = admin_client.post(page, form(runs=[customers_in.pk]))
    assert "is not one of the available choices" in wrong.content.decode()
    admin_client.post(page, form(grants=[f"{customers_in.pk}:GET"], runs=[]))
    assert [one.configuration.code for one in client.grants.all()] == ["customers-in"]


def test_who_may_only_look_reads_what_a_client_may_run(shop: ApiClient, customers_out: Configuration) -> None:
    customers_out.name = "Customers to the CRM"
    customers_out.save()
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.groups.add(Group.objects.get(name=groups.VIEWER))
    browser = Browser()
    browser.force_login(viewer)
    text = browser.get(change(shop)).content.decode()
    assert "May run" in text
    assert "Customers to the CRM" in text
    assert 'name="runs"' not in text


def test_the_page_of_a_run_tells_who_asked_for_which_part(
    admin_client: Browser, caller: APIClient, three: list[int]
) -> None:
    caller.post(URL, {"ids": three[:1]}, format="json")
    text = admin_client.get(reverse("admin:syncconfig_run_change", args=[Run.objects.get().pk])).content.decode()
    assert "Web shop" in text
    assert f"[[&quot;id&quot;, &quot;in&quot;, [{three[0]}]]]" in text
