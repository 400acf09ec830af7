"""Pushing records to a third party: what arrives, what is retried, what is given up, and what the log tells."""

from __future__ import annotations

import json
import socket
import uuid
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apilog import record
from apilog.models import ApiLog
from hub.env import new_encryption_key
from hub.http.client import Client
from hub.http.message import Request as HttpRequest
from hub.odoo.connection import Odoo
from syncconfig import drain, outbox, runs
from syncconfig.models import Configuration, Delivery, Endpoint, Header, Run
from syncconfig.validators import egress_policy
from tests.conftest import Make

pytestmark = pytest.mark.django_db


@pytest.fixture
def sender() -> Client:
    """The real client; the demo's settings let it reach this machine."""
    return Client(egress_policy(), pool_size=4)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def push(configuration: Configuration, sender: Client, *ids: int) -> list[Delivery]:
    """Queue these records and send them."""
    runs.send_now(configuration, ids)
    drain.drain(sender, threads=4)
    return list(Delivery.objects.order_by("id"))


def partner(odoo: Odoo, **values: Any) -> int:
    """A contact in Odoo."""
    (record_id,) = odoo.create("res.partner", [{"name": "Ada", "email": "ada@example.com", **values}])
    return record_id


def test_a_record_arrives_under_its_external_names(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers", method="POST").respond_with_json({"ok": True}, status=201)
    (country,) = odoo.search("res.country", [("code", "=", "DE")])
    record_id = partner(odoo, country_id=country)
    (delivery,) = push(customers_out, sender, record_id)
    assert (delivery.state, delivery.last_status, delivery.attempts) == ("done", 201, 1)
    request = httpserver.log[0][0]
    assert request.get_json() == {
        "external_id": record_id, "full_name": "Ada", "email_address": "ada@example.com", "address": {"country": "DE"},
    }  # fmt: skip
    assert request.headers["Content-Type"] == "application/json"
    assert uuid.UUID(request.headers["Idempotency-Key"])


def test_a_repetition_has_the_same_key_and_newer_values_have_another_one(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    """A receiver that remembers keys answers what it answered before, or refuses another body under the same key."""
    httpserver.expect_request("/customers").respond_with_json({}, status=503)
    record_id = partner(odoo)
    push(customers_out, sender, record_id)

    def again() -> None:
        Delivery.objects.update(due_at=Delivery.objects.get().created_at)
        Endpoint.objects.all().delete()
        drain.drain(sender, threads=1)

    again()
    odoo.write("res.partner", [record_id], {"name": "Ada Lovelace"})
    again()
    first, second, third = [request.headers["Idempotency-Key"] for request, _ in httpserver.log]
    assert first == second != third


def test_a_record_that_cannot_be_sent_is_given_up_without_the_rest_of_its_batch(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers").respond_with_json({})
    customers_out.is_paginated, customers_out.page_size = True, 3
    customers_out.save()
    customers_out.mappings.filter(odoo_field="email").update(required=True)
    good, bad, fine = (partner(odoo, email=mail) for mail in ("a@example.com", "", "c@example.com"))
    push(customers_out, sender, good, bad, fine)
    assert [one["external_id"] for one in httpserver.log[0][0].get_json()] == [good, fine]
    sent, given_up = Delivery.objects.order_by("id")
    assert (sent.state, sent.record_ids) == ("done", [good, fine])
    assert (given_up.state, given_up.record_ids) == ("dead", [bad])
    assert "email_address" in given_up.last_error
    odoo.write("res.partner", [bad], {"email": "b@example.com"})
    outbox.replay(Delivery.objects.filter(pk=given_up.pk))
    drain.drain(sender, threads=1)
    assert [one["external_id"] for one in httpserver.log[1][0].get_json()] == [bad]


def test_paginated_configurations_send_batches(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers").respond_with_json({})
    customers_out.is_paginated, customers_out.page_size = True, 2
    customers_out.save()
    ids = [partner(odoo, name=f"Ada {number}") for number in range(5)]
    assert [one.state for one in push(customers_out, sender, *ids)] == ["done"] * 3
    bodies = sorted((request.get_json() for request, _ in httpserver.log), key=lambda body: body[0]["external_id"])
    assert [[one["external_id"] for one in body] for body in bodies] == [ids[:2], ids[2:4], ids[4:]]


@pytest.mark.parametrize(
    ("columns", "header", "value"),
    [
        (
            {"auth_scheme": "basic", "auth_login": "user", "auth_password": "pass"},
            "Authorization",
            "Basic dXNlcjpwYXNz",
        ),
        (
            {"auth_scheme": "bearer", "auth_token": "sk_live_abc123xyz789"},
            "Authorization",
            "Bearer sk_live_abc123xyz789",
        ),
        ({"auth_scheme": "api_key", "auth_token": "k3y-0f-1t", "auth_header": "X-Key"}, "X-Key", "k3y-0f-1t"),
    ],
)
def test_authorization_reaches_the_receiver_and_not_the_log(
    customers_out: Configuration,
    sender: Client,
    odoo: Odoo,
    httpserver: HTTPServer,
    columns: dict[str, str],
    header: str,
    value: str,
) -> None:
    httpserver.expect_request("/customers").respond_with_handler(echo_headers)
    Configuration.objects.filter(pk=customers_out.pk).update()
    for name, column in columns.items():
        setattr(customers_out, name, column)
    customers_out.save()
    push(customers_out, sender, partner(odoo))
    assert httpserver.log[0][0].headers[header] == value
    row = ApiLog.objects.get()
    kept = json.dumps([row.request_headers, row.response_headers, row.request_body, row.response_body, row.url])
    assert value.rsplit(maxsplit=1)[-1] not in kept
    assert columns.get("auth_password", "\0") not in kept


def test_a_key_in_the_address_reaches_the_receiver_and_not_the_log(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers").respond_with_handler(lambda request: Response(request.url))
    customers_out.auth_scheme, customers_out.auth_token, customers_out.auth_header = "api_key_query", "k3y 0f-1t", "k"
    customers_out.save()
    push(customers_out, sender, partner(odoo))
    assert httpserver.log[0][0].args.to_dict() == {"k": "k3y 0f-1t"}
    row = ApiLog.objects.get()
    assert row.url.endswith("/customers?k=•••")
    assert "k3y" not in row.url + row.response_body


def echo_headers(request: Request) -> Response:
    """A careless receiver that repeats what it was sent."""
    return Response(json.dumps(dict(request.headers)), content_type="application/json")


def test_custom_headers_are_sent_and_secret_ones_stay_out_of_the_log(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers").respond_with_handler(echo_headers)
    Header.objects.create(configuration=customers_out, name="X-API-Version", value="2.0")
    Header.objects.create(configuration=customers_out, name="X-Tenant", value="canary-tenant", secret=True)
    push(customers_out, sender, partner(odoo))
    sent = httpserver.log[0][0].headers
    assert (sent["X-API-Version"], sent["X-Tenant"]) == ("2.0", "canary-tenant")
    row = ApiLog.objects.get()
    kept = json.dumps([row.request_headers, row.response_body])
    assert "2.0" in kept
    assert "canary-tenant" not in kept


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_passing_failure_is_tried_again(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, status: int
) -> None:
    httpserver.expect_request("/customers").respond_with_data("busy", status=status)
    (delivery,) = push(customers_out, sender, partner(odoo))
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("pending", 1, status)
    assert delivery.due_at > delivery.created_at
    assert str(status) in delivery.last_error


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422, 302])
def test_a_lasting_refusal_is_given_up_at_once(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, status: int
) -> None:
    httpserver.expect_request("/customers").respond_with_data("no", status=status)
    (delivery,) = push(customers_out, sender, partner(odoo))
    assert (delivery.state, delivery.last_status) == ("dead", status)
    assert delivery.finished_at is not None


def test_after_the_last_attempt_it_is_given_up(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers").respond_with_data("busy", status=500)
    customers_out.max_attempts = 2
    customers_out.save()
    push(customers_out, sender, partner(odoo))
    Delivery.objects.update(due_at=Delivery.objects.get().created_at)
    drain.drain(sender, threads=1)
    assert (Delivery.objects.get().state, len(httpserver.log)) == ("dead", 2)
    assert [(row.attempt, row.state) for row in ApiLog.objects.order_by("id")] == [(1, "failed"), (2, "failed")]


def test_an_attempt_whose_worker_died_is_called_interrupted_and_leads_to_the_next_one(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, admin_client: Browser
) -> None:
    httpserver.expect_request("/customers").respond_with_json({})
    runs.send_now(customers_out, [partner(odoo)])
    (claimed,) = outbox.claim(1)
    died = record.outgoing(
        record.About(trace_id=claimed.trace_id, delivery_id=claimed.pk), HttpRequest("POST", customers_out.url)
    )
    record.open_all([died])
    Delivery.objects.update(claimed_until=claimed.created_at)
    drain.drain(sender, threads=1)
    first, second = ApiLog.objects.order_by("id")
    assert (first.state, second.state, second.attempt) == ("lost", "ok", 2)
    page = admin_client.get(reverse("admin:apilog_apilog_change", args=[first.pk])).content.decode()
    assert "the message may have arrived" in page
    assert reverse("admin:apilog_apilog_change", args=[second.pk]) in page
    assert "attempt 2" in page


def test_a_worker_that_died_in_the_last_attempt_makes_no_further_one(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    customers_out.max_attempts = 1
    customers_out.save()
    runs.send_now(customers_out, [partner(odoo)])
    outbox.claim(1)
    Delivery.objects.update(claimed_until=Delivery.objects.get().created_at)
    drain.drain(sender, threads=1)
    assert (Delivery.objects.get().state, httpserver.log) == ("dead", [])


def test_nobody_listening_is_a_failure_with_a_reason(customers_out: Configuration, sender: Client, odoo: Odoo) -> None:
    customers_out.url = f"http://127.0.0.1:{free_port()}/nobody"
    customers_out.save()
    (delivery,) = push(customers_out, sender, partner(odoo))
    assert delivery.state == "pending"
    row = ApiLog.objects.get()
    assert (row.state, row.response_status, row.error_code) == ("failed", None, "CONNECT_FAILED")
    assert "127.0.0.1" in row.error_message


def test_a_record_that_is_gone_is_skipped(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    record_id = partner(odoo)
    odoo.unlink("res.partner", [record_id])
    (delivery,) = push(customers_out, sender, record_id)
    assert (delivery.state, httpserver.log) == ("skipped", [])


def test_a_record_outside_the_filter_domain_is_skipped(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    customers_out.domain = "[('email', '!=', False)]"
    customers_out.save()
    (delivery,) = push(customers_out, sender, partner(odoo, email=False))
    assert (delivery.state, httpserver.log) == ("skipped", [])


def test_a_required_value_that_is_empty_fails_with_its_name(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    customers_out.mappings.filter(odoo_field="email").update(required=True)
    good, bad = partner(odoo), partner(odoo, email=False)
    httpserver.expect_request("/customers").respond_with_json({})
    by_record = {one.record_id: one for one in push(customers_out, sender, good, bad)}
    assert by_record[good].state == "done"
    assert by_record[bad].state == "dead"
    assert "email" in by_record[bad].last_error


def test_one_broken_configuration_fails_alone(
    customers_out: Configuration, make: Make, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers").respond_with_json({})
    broken = make(
        "broken", [("emial", "mail")], request_type="out", methods=["POST"], url=httpserver.url_for("/customers")
    )
    record_id = partner(odoo)
    runs.send_now(broken, [record_id])
    push(customers_out, sender, record_id)
    assert Delivery.objects.get(configuration=customers_out).state == "done"
    dead = Delivery.objects.get(configuration=broken)
    assert dead.state == "dead"
    assert "`email`" in dead.last_error


def test_while_odoo_is_away_messages_wait_and_lose_no_attempt(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    record_id = partner(odoo)
    connection = customers_out.connection
    connection.transport, connection.url, connection.login, connection.password = (
        "jsonrpc",
        f"http://127.0.0.1:{free_port()}",
        "a",
        "b",
    )
    connection.database = "x"
    connection.save()
    (delivery,) = push(customers_out, sender, record_id)
    assert (delivery.state, delivery.attempts, httpserver.log) == ("pending", 0, [])
    assert "127.0.0.1" in delivery.last_error


def test_with_a_wrong_encryption_key_messages_wait_and_lose_no_attempt(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, settings: Settings
) -> None:
    customers_out.auth_scheme, customers_out.auth_token = "bearer", "secret-token"
    customers_out.save()
    runs.send_now(customers_out, [partner(odoo)])
    settings.HUB_ENCRYPTION_KEYS = [new_encryption_key()]
    drain.drain(sender, threads=1)
    row = Delivery.objects.get()
    assert (row.state, row.attempts, httpserver.log) == ("pending", 0, [])
    with pytest.raises(CommandError, match="HUB_ENCRYPTION_KEYS"):
        call_command("loaddemo")


def test_a_run_queues_every_matching_record_once_and_ends(customers_out: Configuration, odoo: Odoo) -> None:
    customers_out.domain = "[('name', 'like', 'Run ')]"
    customers_out.save()
    ids = odoo.create("res.partner", [{"name": f"Run {number}"} for number in range(1200)])
    run = runs.start(customers_out)
    runs.work()
    run.refresh_from_db()
    assert (run.state, run.records) == ("done", 1200)
    assert sorted(Delivery.objects.values_list("record_id", flat=True)) == sorted(ids)


def test_a_killed_run_goes_on_where_it_was(customers_out: Configuration, odoo: Odoo) -> None:
    customers_out.domain = "[('name', 'like', 'Run ')]"
    customers_out.save()
    ids = odoo.create("res.partner", [{"name": f"Run {number}"} for number in range(700)])
    run = runs.start(customers_out)
    Run.objects.filter(pk=run.pk).update(state="running", cursor=ids[499], records=500)
    runs.work()
    assert sorted(Delivery.objects.values_list("record_id", flat=True)) == ids[500:]


def test_a_second_run_waits_for_the_first(customers_out: Configuration) -> None:
    runs.start(customers_out)
    with pytest.raises(Exception, match="running already"):
        runs.start(customers_out)


def test_a_run_of_a_broken_configuration_says_why(customers_out: Configuration) -> None:
    customers_out.mappings.create(odoo_field="emial", external_key="mail")
    run = runs.start(customers_out)
    runs.work()
    run.refresh_from_db()
    assert run.state == "failed"
    assert "`emial`" in run.error
