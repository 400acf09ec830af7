"""``configuration.make_outbound_request``: records are sent from Python at once, and their answers come back."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apilog.models import ApiLog
from hub.errors import InvalidInput
from hub.odoo.connection import Odoo
from syncconfig import outbox, runs
from syncconfig.models import Configuration, Delivery
from tests.syncconfig.test_api_runs import arrived, three, work

pytestmark = pytest.mark.django_db
__all__ = ["three"]


def test_one_record_is_sent_at_once_and_its_answer_comes_back(
    customers_out: Configuration, three: list[int], httpserver: HTTPServer
) -> None:
    outcome = customers_out.make_outbound_request(three[0], timeout=60)
    assert (outcome.ok, outcome.status, outcome.json(), outcome.record_ids) == (True, 201, {"ok": True}, [three[0]])
    assert arrived(httpserver) == [three[0]]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("done", 1, 201)
    logged = ApiLog.objects.get(delivery_id=delivery.pk)
    assert (logged.response_status, logged.record_ids) == (201, [three[0]])


def test_several_records_get_an_outcome_each_or_one_a_batch(
    customers_out: Configuration, three: list[int], odoo: Odoo, httpserver: HTTPServer
) -> None:
    outcomes = customers_out.make_outbound_request(odoo.read("res.partner", three, ["name"]))
    assert [(one.record_ids, one.status) for one in outcomes] == [([one], 201) for one in three]
    customers_out.is_paginated, customers_out.page_size = True, 2
    customers_out.save()
    outcomes = customers_out.make_outbound_request(three)
    assert [one.record_ids for one in outcomes] == [three[:2], three[2:]]
    assert customers_out.make_outbound_request([]) == []


def test_what_fails_is_told_and_tried_again_by_the_outbox(
    customers_out: Configuration, three: list[int], httpserver: HTTPServer
) -> None:
    httpserver.clear()
    httpserver.expect_ordered_request("/customers").respond_with_data("busy", status=503)
    httpserver.expect_ordered_request("/customers").respond_with_json({}, status=201)
    outcome = customers_out.make_outbound_request(three[0])
    assert (outcome.ok, outcome.will_be_tried_again, outcome.status, outcome.text) == (False, True, 503, "busy")
    assert "503" in outcome.error
    Delivery.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    work()
    assert Delivery.objects.get().state == "done"


def test_what_is_refused_or_does_not_match_is_no_success_and_final(
    customers_out: Configuration, three: list[int], odoo: Odoo, httpserver: HTTPServer
) -> None:
    (stranger,) = odoo.create("res.partner", [{"name": "Zoe"}])
    skipped = customers_out.make_outbound_request(stranger)
    assert (skipped.ok, skipped.will_be_tried_again, skipped.status, skipped.text) == (False, False, None, "")
    assert "does not match the filter domain" in skipped.error
    with pytest.raises(ValueError, match="No answer"):
        skipped.json()
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_json({"error": "taken"}, status=422)
    refused = customers_out.make_outbound_request({"id": three[0], "name": "Ada"})
    assert (refused.ok, refused.will_be_tried_again, refused.json()) == (False, False, {"error": "taken"})


def test_the_timeout_is_the_callers(customers_out: Configuration, three: list[int], httpserver: HTTPServer) -> None:
    httpserver.clear()
    release = threading.Event()

    def slow(request: Request) -> Response:
        release.wait()
        return Response(status=201)

    httpserver.expect_request("/customers").respond_with_handler(slow)
    outcome = customers_out.make_outbound_request(three[0], timeout=0.2)
    release.set()
    assert (outcome.ok, outcome.status, outcome.will_be_tried_again) == (False, None, True)


def test_meanwhile_no_worker_sends_it_too(
    customers_out: Configuration, three: list[int], httpserver: HTTPServer
) -> None:
    looks: list[list[Delivery]] = []

    def watched(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('UPDATE "syncconfig_delivery"'):
            looks.append(outbox.claim(10))  # as a worker would that looks just now
        return execute(sql, params, many, context)

    with database.execute_wrapper(watched):
        customers_out.make_outbound_request(three)
    assert len(looks) > 1
    assert not any(looks)
    assert arrived(httpserver) == three


@pytest.mark.parametrize("records", ["1", 0, -1, True, {"name": "Ada"}, [None]])
def test_what_is_no_record_is_refused(customers_out: Configuration, records: Any) -> None:
    with pytest.raises(InvalidInput, match="A record is its id"):
        customers_out.make_outbound_request(records)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("timeout", [0, -1, 301, float("nan"), "60"])
def test_a_timeout_that_is_none_is_refused(customers_out: Configuration, timeout: Any) -> None:
    with pytest.raises(InvalidInput, match="timeout"):
        customers_out.make_outbound_request(1, timeout=timeout)


def test_what_sends_nothing_is_refused(customers_in: Configuration, customers_out: Configuration) -> None:
    with pytest.raises(InvalidInput, match="In configuration"):
        customers_in.make_outbound_request(1)
    customers_out.active = False
    with pytest.raises(runs.SwitchedOff):
        customers_out.make_outbound_request(1)
