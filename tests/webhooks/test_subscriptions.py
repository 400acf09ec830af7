"""Webhooks and events as the reference describes them: registered by the API, told in its two spellings."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.http.client import Client
from hub.odoo.connection import Odoo
from syncconfig import drain, endpoints, listening, resending
from syncconfig.models import ApiClient, ChangeCursor, Configuration, Delivery, FieldMapping
from syncconfig.validators import egress_policy
from tests.conftest import Make
from webhooks.models import Subscription

pytestmark = pytest.mark.django_db
WEBHOOKS, SUBSCRIBE = "/api/sync/v1/webhooks", "/api/sync/v1/events/subscribe"


@pytest.fixture
def partners(make: Make) -> Configuration:
    """Partners, as the reference has them."""
    return make(
        "partners",
        [("name", "name"), ("email", "email"), ("phone", "phone"), ("customer_rank", "customer_rank"),
         ("ref", "secret_ref", {"direction": "in"}), ("country_id.code", "address.country")],
        methods=["GET", "POST", "PUT", "DELETE"], request_type="in",
    )  # fmt: skip


@pytest.fixture
def client(partners: Configuration) -> ApiClient:
    """A client that may use them."""
    found = ApiClient.objects.create(name="Shop")
    found.grants.create(configuration=partners)
    return found


@pytest.fixture
def api(client: ApiClient) -> APIClient:
    found = APIClient()
    found.credentials(HTTP_AUTHORIZATION=f"Bearer {client.issue_token()}")
    return found


@pytest.fixture
def hook(httpserver: HTTPServer) -> str:
    """Where they are sent."""
    httpserver.expect_request("/webhook").respond_with_json({})
    return httpserver.url_for("/webhook")


def registration(address: str, **changes: Any) -> dict[str, Any]:
    """The reference's own example, but for the address."""
    return {
        "url": address, "events": ["create", "update", "delete"], "model": "res.partner",
        "fields": ["name", "email", "phone"], "conditions": [["customer_rank", ">", 0]],
        "authentication": {"type": "bearer", "token": "external-api-token"}, **changes,
    }  # fmt: skip


def subscription(url: str, **changes: Any) -> dict[str, Any]:
    """The reference's other example."""
    return {
        "events": ["record.created", "record.updated"], "model": "res.partner", "callback_url": url,
        "filters": {"customer_rank": [">", 0]}, **changes,
    }  # fmt: skip


def register(api: APIClient, body: dict[str, Any], path: str = WEBHOOKS) -> str:
    answer = api.post(path, body, format="json")
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert found == {"success": True, "webhook_id": found["webhook_id"], "status": "active"}
    assert found["webhook_id"].startswith("wh_")
    return str(found["webhook_id"])


def heard(httpserver: HTTPServer) -> list[Any]:
    """What arrives after a look at Odoo."""
    before = len(httpserver.log)
    ChangeCursor.objects.update(listened_at=None)
    listening.listen_due()
    drain.drain(Client(egress_policy(), pool_size=1), threads=1)
    return [request.get_json() for request, _ in httpserver.log[before:]]


def test_the_references_registration_and_its_payload(
    api: APIClient, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook))
    (record_id,) = odoo.create("res.partner", [{"name": "John Doe", "email": "john@example.com", "customer_rank": 1}])
    odoo.create("res.partner", [{"name": "No customer"}])
    (created,) = heard(httpserver)
    assert created["event"] == "create"
    assert created["model"] == "res.partner"
    assert created["record_id"] == record_id
    assert created["data"] == {"name": "John Doe", "email": "john@example.com", "phone": None}
    assert set(created) == {"event", "timestamp", "model", "record_id", "data", "changed_fields", "metadata"}
    assert set(created["metadata"]) == {"user_id", "company_id", "database"}
    assert httpserver.log[-1][0].headers["Authorization"] == "Bearer external-api-token"
    odoo.write("res.partner", [record_id], {"email": "new@example.com", "phone": "+1234567890"})
    (updated,) = heard(httpserver)
    assert (updated["event"], sorted(updated["changed_fields"])) == ("update", ["email", "phone"])
    assert updated["data"]["name"] == "John Doe"
    assert updated["metadata"]["user_id"] == odoo.user_id()
    odoo.write("res.partner", [record_id], {"street": "not subscribed"})
    assert heard(httpserver) == []
    odoo.unlink("res.partner", [record_id])
    (deleted,) = heard(httpserver)
    assert (deleted["event"], deleted["record_id"], deleted["data"]["name"]) == ("delete", record_id, "John Doe")


def test_the_references_subscription_tells_what_changed_alone(
    api: APIClient, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, subscription(hook, events=["record.created", "record.updated", "record.deleted"]), SUBSCRIBE)
    (record_id,) = odoo.create("res.partner", [{"name": "John", "customer_rank": 1}])
    (created,) = heard(httpserver)
    assert (created["event"], created["data"]["name"]) == ("record.created", "John")
    odoo.write("res.partner", [record_id], {"phone": "+1"})
    (updated,) = heard(httpserver)
    assert (updated["event"], updated["data"], updated["changed_fields"]) == (
        "record.updated",
        {"phone": "+1"},
        ["phone"],
    )
    odoo.unlink("res.partner", [record_id])
    (deleted,) = heard(httpserver)
    assert (deleted["event"], deleted["data"]) == ("record.deleted", {"id": record_id})


def test_a_state_that_changes_is_told_with_what_it_was(
    make: Make, client: ApiClient, api: APIClient, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    orders = make(
        "orders", [("name", "name"), ("state", "state")], model="sale.order", methods=["GET"], request_type="in"
    )
    client.grants.create(configuration=orders)
    register(api, subscription(hook, events=["state.changed"], model="sale.order", filters={}), SUBSCRIBE)
    (partner_id,) = odoo.create("res.partner", [{"name": "Buyer"}])
    (order,) = odoo.create("sale.order", [{"partner_id": partner_id}])
    heard(httpserver)
    odoo.write("sale.order", [order], {"state": "sent"})
    (changed,) = [one for one in heard(httpserver) if one["event"] == "state.changed"]
    assert changed["data"] == {"id": order, "old": {"state": "draft"}, "new": {"state": "sent"}}


def test_who_may_not_read_a_state_does_not_hear_of_it(
    make: Make, client: ApiClient, api: APIClient, odoo: Odoo, hook: str
) -> None:
    orders = make("orders", [("name", "name")], model="sale.order", methods=["GET"], request_type="in")
    client.grants.create(configuration=orders)
    answer = api.post(
        SUBSCRIBE, subscription(hook, events=["state.changed"], model="sale.order", filters={}), format="json"
    )
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "events")


def test_a_batch_that_is_done_is_told_with_its_summary(
    api: APIClient, hook: str, httpserver: HTTPServer, odoo: Odoo
) -> None:
    register(api, subscription(hook, events=["batch.completed"]), SUBSCRIBE)
    operations = [{"method": "create", "data": {"name": f"B {n}"}} for n in range(2)]
    operations.append({"method": "update", "id": 999999, "data": {"name": "x"}})
    answer = api.post("/api/sync/v1/res.partner/batch", {"operations": operations}, format="json")
    ids = [one["id"] for one in answer.json()["results"] if one["success"]]
    (told,) = heard(httpserver)
    assert (told["event"], told["model"], told["record_id"]) == ("batch.completed", "res.partner", None)
    assert told["data"] == {"operations": 3, "succeeded": 2, "failed": 1, "ids": ids}
    (delivery,) = Delivery.objects.all()
    assert delivery.change["at"] == told["timestamp"]
    Delivery.objects.update(change={**delivery.change, "at": "2026-01-01T00:00:00Z"})
    resending.queue(resending.sorted_out(Delivery.objects.all()))
    (again,) = heard(httpserver)
    assert again == {**told, "timestamp": "2026-01-01T00:00:00Z"}, "when it happened, not when it is sent"


def test_what_the_owner_may_not_read_is_not_sent(api: APIClient, odoo: Odoo, hook: str, httpserver: HTTPServer) -> None:
    register(api, registration(hook, fields=[], conditions=[]))
    odoo.create("res.partner", [{"name": "A", "ref": "inward only"}])
    (told,) = heard(httpserver)
    assert "secret_ref" not in told["data"]
    assert "address" in told["data"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": None}, "url"),
        ({"url": "ftp://x.example"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "https://x.example/?token=abcdefghijklmnop"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["record.created"]}, "events"),
        ({"events": "create"}, "events"),
        ({"model": None}, "model"),
        ({"fields": ["nmae"]}, "nmae"),
        ({"fields": "name"}, "fields"),
        ({"conditions": [["secret_ref", "=", "x"]]}, "secret_ref"),
        ({"conditions": {"a": 1}}, "conditions"),
        ({"authentication": {"type": "magic"}}, "authentication.type"),
        ({"authentication": {"type": ["bearer"]}}, "authentication.type"),
        ({"authentication": {"type": "bearer"}}, "authentication.token"),
        ({"authentication": {"type": "none", "token": "x"}}, "authentication.token"),
        ({"callback_url": "https://x.example"}, "callback_url"),
        ({"url": "https://x.example/{{ create_uid.login }}/{{ phone }}"}, "url"),
        ({"url": "https://x.example/{{ data | json }}"}, "url"),
        ({"url": "https://x.example/{% for one in child_ids %}x{% endfor %}"}, "url"),
        ({"url": "https://x.example/{# x #}"}, "url"),
        ({"authentication": {"type": "bearer", "token": "a\nb"}}, "authentication.token"),
        ({"authentication": {"type": "basic", "username": "a:b", "password": "x"}}, "authentication.username"),
        ({"authentication": {"type": "basic", "username": "a", "password": "x\r\n"}}, "authentication.password"),
        *(
            ({"authentication": {"type": "api_key", "header": header, "key": "x"}}, "authentication.header")
            for header in ("Host", "Content-Length", "webhook-id", "Idempotency-Key", "X A", "X\r\nB", "X" * 101)
        ),
        ({"authentication": {"type": "api_key", "header": "X-A", "key": "a\r\nX-B: 1"}}, "authentication.key"),
    ],
)
def test_what_cannot_be_registered_is_named(api: APIClient, odoo: Odoo, changes: dict[str, Any], field: str) -> None:
    answer = api.post(WEBHOOKS, registration("https://x.example/hook", **changes), format="json")
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["details"]["field"] == field
    assert not Subscription.objects.exists()
    assert not Configuration.objects.filter(request_type="out").exists()


def test_the_address_of_an_event_is_no_template_either(api: APIClient, odoo: Odoo) -> None:
    answer = api.post(SUBSCRIBE, subscription("https://x.example/{{ phone }}"), format="json")
    error = answer.json()["error"]
    assert (answer.status_code, error["details"]["field"]) == (400, "callback_url")
    assert "%7B" in error["message"]


def test_an_address_that_was_registered_before_is_not_filled_in(
    api: APIClient, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(re.compile(".*")).respond_with_json({})
    register(api, registration(httpserver.url_for("/hook"), fields=["name"], conditions=[]))
    address = httpserver.url_for("/hook/{{phone}}/{%if-1%}yes{%endif%}")
    Configuration.objects.filter(request_type="out").update(url=address)
    odoo.create("res.partner", [{"name": "A", "phone": "+49-canary"}])
    assert [one["data"] for one in heard(httpserver)] == [{"name": "A"}]
    (request, _) = httpserver.log[-1]
    assert request.path == "/hook/{{phone}}/{%if-1%}yes{%endif%}"


def test_people_cannot_make_a_registered_address_a_template(api: APIClient, odoo: Odoo, hook: str) -> None:
    register(api, registration(hook))
    one = Configuration.objects.get(request_type="out")
    one.url = f"{hook}/{{{{ phone }}}}"
    with pytest.raises(ValidationError, match="as it stands"):
        one.full_clean()


def test_each_sees_its_own_alone(api: APIClient, hook: str, partners: Configuration, odoo: Odoo) -> None:
    mine = register(api, registration(hook))
    assert [one["webhook_id"] for one in api.get(WEBHOOKS).json()["webhooks"]] == [mine]
    told = api.get(f"{WEBHOOKS}/{mine}").json()
    assert (told["status"], told["events"], told["fields"]) == (
        "active", ["create", "update", "delete"], ["name", "email", "phone"],
    )  # fmt: skip
    assert "external-api-token" not in str(told)
    other = ApiClient.objects.create(name="Other", all_configurations=True)
    stranger = APIClient()
    stranger.credentials(HTTP_AUTHORIZATION=f"Bearer {other.issue_token()}")
    assert stranger.get(WEBHOOKS).json()["webhooks"] == []
    for method in ("get", "delete"):
        assert getattr(stranger, method)(f"{WEBHOOKS}/{mine}").status_code == 404
    assert api.delete(f"{WEBHOOKS}/{mine}").status_code == 200
    assert not Subscription.objects.exists()
    assert not Configuration.objects.filter(request_type="out").exists()
    assert not FieldMapping.objects.exclude(configuration=partners).exists()


def test_it_is_paused_and_goes_on(api: APIClient, odoo: Odoo, hook: str, httpserver: HTTPServer) -> None:
    url = f"{WEBHOOKS}/{register(api, registration(hook, conditions=[]))}"
    assert api.patch(url, {"status": "paused"}, format="json").json()["status"] == "paused"
    odoo.create("res.partner", [{"name": "While paused"}])
    assert heard(httpserver) == []
    assert api.patch(url, {"status": "active"}, format="json").json()["status"] == "active"
    assert [one["data"]["name"] for one in heard(httpserver)] == ["While paused"]
    assert api.patch(url, {"status": "gone"}, format="json").status_code == 400
    assert api.patch(url, {"url": "https://x.example"}, format="json").status_code == 400


@pytest.mark.parametrize("lost", ["grant", "methods", "client", "source"])
def test_who_may_not_read_any_more_is_told_nothing_more(
    api: APIClient, client: ApiClient, partners: Configuration, odoo: Odoo, hook: str, httpserver: HTTPServer, lost: str
) -> None:
    register(api, registration(hook, conditions=[]))
    if lost == "grant":
        client.grants.get().delete()
    elif lost == "methods":
        grant = client.grants.get()
        grant.methods = ["POST"]
        grant.save()
    elif lost == "client":
        client.active = False
        client.save()
    else:
        partners.active = False
        partners.save()
    odoo.create("res.partner", [{"name": "Not for them"}])
    assert heard(httpserver) == []
    assert Delivery.objects.filter(state="pending").count() == 1
    assert "may not read" in endpoints.told(Subscription.objects.get().configuration)


def test_a_client_that_is_deleted_takes_its_webhooks_along(
    api: APIClient, client: ApiClient, hook: str, odoo: Odoo
) -> None:
    register(api, registration(hook))
    client.delete()
    assert not Configuration.objects.filter(request_type="out").exists()


def test_a_client_has_a_limited_number(api: APIClient, hook: str, odoo: Odoo, settings: Settings) -> None:
    for _ in range(50):
        register(api, registration(hook))
    assert api.post(WEBHOOKS, registration(hook), format="json").status_code == 429


def test_the_secret_of_a_registration_is_not_logged(api: APIClient, hook: str, odoo: Odoo) -> None:
    register(api, registration(hook, authentication={"type": "bearer", "token": "canary-token"}))
    log = ApiLog.objects.get()
    assert "canary" not in log.request_body + log.response_body
    assert log.operation == "webhooks"


def test_who_calls_without_a_token_has_no_webhooks(partners: Configuration, odoo: Odoo) -> None:
    partners.accepts_anybody, partners.trusted_networks = True, "127.0.0.0/8"
    partners.save()
    answer = APIClient().post(WEBHOOKS, registration("https://x.example/hook"), format="json")
    assert answer.status_code in (401, 403)
