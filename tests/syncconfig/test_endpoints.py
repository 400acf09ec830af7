"""Endpoints that do not answer, ask for a rest, take only so much, or are paused: what waits loses no attempt."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from hub.http.client import Client
from hub.odoo.connection import Odoo
from syncconfig import drain, endpoints, outbox, runs
from syncconfig.health import health_of
from syncconfig.models import Configuration, Delivery, Endpoint
from tests.conftest import Make
from tests.syncconfig.test_push import free_port, partner, sender

pytestmark = pytest.mark.django_db
__all__ = ["sender"]


def queue(configuration: Configuration, *records: int) -> None:
    """A message for each record."""
    outbox.queue(
        [
            Delivery(configuration=configuration, event="update", model="res.partner", record_ids=[one], record_id=one)
            for one in records
        ]
    )


def states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def fail(configuration: Configuration, times: int = endpoints.BREAK) -> None:
    for _ in range(times):
        endpoints.failed(configuration.pk, "connection refused.")


def test_an_endpoint_that_does_not_answer_is_left_alone(
    customers_out: Configuration, sender: Client, odoo: Odoo
) -> None:
    Configuration.objects.update(url=f"http://127.0.0.1:{free_port()}/x")
    runs.send_now(customers_out, [partner(odoo) for _ in range(40)])
    drain.drain(sender, threads=4)
    tried = Delivery.objects.filter(attempts=1).count()
    assert endpoints.BREAK <= tried < 20
    assert Delivery.objects.filter(attempts=0, state="pending").count() == 40 - tried
    assert not outbox.due_count()
    endpoint = Endpoint.objects.get()
    assert endpoint.failures == tried
    assert f"{tried} calls in a row failed" in endpoint.why


def test_after_the_rest_one_message_is_tried_and_the_others_wait_for_it(customers_out: Configuration) -> None:
    queue(customers_out, 1, 2, 3)
    fail(customers_out)
    assert outbox.claim(10) == []
    later = timezone.now() + timedelta(seconds=endpoints.FIRST_REST * 2)
    (probe,) = outbox.claim(10, now=later)
    assert outbox.claim(10, now=later) == []
    endpoints.answered(customers_out.pk)
    assert len(outbox.claim(10, now=later)) == 2
    assert outbox.done(probe, 200)


def rests_of(configuration: Configuration, number: int, *, answers: bool = False) -> list[float]:
    """The seconds for which it is left alone, of so many calls that fail one after the other."""
    queue(configuration, 1)
    now = timezone.now()
    fail(configuration, endpoints.BREAK - 1)
    assert Endpoint.objects.get().waits_until is None
    found = []
    for _ in range(number):
        endpoints.failed(configuration.pk, "x", now=now, answers=answers)
        until = Endpoint.objects.get().waits_until
        assert until is not None
        found.append((until - now).total_seconds())
        now = until
        (tried,) = outbox.claim(10, now=now)
        outbox.postpone(tried, -3600, "for the next try")
    return found


def test_tries_that_fail_double_the_rest_up_to_a_limit(customers_out: Configuration) -> None:
    found = rests_of(customers_out, 25)
    rests, between = found[:: endpoints.TRIES], [one for at, one in enumerate(found) if at % endpoints.TRIES]
    assert 0.8 * endpoints.FIRST_REST < rests[0] < 1.2 * endpoints.FIRST_REST
    assert all(1.5 < second / first < 2.6 for first, second in pairwise(rests[:5]))
    assert max(rests) < 1.2 * endpoints.LONGEST_REST
    assert all(0.8 * endpoints.BETWEEN < one < 1.2 * endpoints.BETWEEN for one in between)


def test_a_system_that_answers_with_errors_rests_no_longer_each_time(customers_out: Configuration) -> None:
    rests = rests_of(customers_out, 13, answers=True)[:: endpoints.TRIES]
    assert all(0.8 * endpoints.FIRST_REST < one < 1.2 * endpoints.FIRST_REST for one in rests)


@pytest.mark.parametrize(("status", "doubled"), [(500, False), (501, False), (502, True), (503, True), (504, True)])
def test_statuses_tell_whether_a_system_is_there(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, status: int, doubled: bool
) -> None:
    httpserver.expect_request("/customers").respond_with_data("", status=status)
    fail(customers_out)
    Endpoint.objects.update(waits_until=timezone.now(), rests=1, tries=endpoints.TRIES - 1)
    runs.send_now(customers_out, [partner(odoo)])
    began = timezone.now()
    drain.drain(sender, threads=1)
    until = Endpoint.objects.get().waits_until
    assert until is not None
    assert ((until - began).total_seconds() > 1.5 * endpoints.FIRST_REST) is doubled


def test_a_message_that_fails_after_a_rest_does_not_speak_for_those_behind_it(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    answers = iter([503, 200, 200, 200])
    httpserver.expect_request("/customers").respond_with_handler(lambda _: Response(status=next(answers)))
    fail(customers_out)
    runs.send_now(customers_out, [partner(odoo) for _ in range(4)])
    for _ in range(2):
        Endpoint.objects.update(waits_until=timezone.now())
        drain.drain(sender, threads=1)
    endpoint = Endpoint.objects.get()
    assert (endpoint.failures, endpoint.rests, endpoint.waits_until) == (0, 0, None)
    assert sorted(states()) == ["done", "done", "done", "pending"]


def test_calls_that_fail_together_cost_one_rest(customers_out: Configuration) -> None:
    queue(customers_out, 1)
    now = timezone.now()
    for _ in range(64):  # all of them were under way when it went away
        endpoints.failed(customers_out.pk, "x", now=now)
    endpoint = Endpoint.objects.get()
    assert endpoint.waits_until is not None
    assert (endpoint.waits_until - now).total_seconds() < 1.2 * endpoints.FIRST_REST
    assert "64 calls in a row failed" in endpoint.why
    later = endpoint.waits_until
    assert outbox.claim(10, now=later), "it is tried again"
    endpoints.failed(customers_out.pk, "x", now=later + timedelta(seconds=1))
    endpoint.refresh_from_db()
    assert 0 < (endpoint.waits_until - later).total_seconds() < 1.5 * endpoints.BETWEEN
    endpoints.answered(customers_out.pk)
    for _ in range(endpoints.BREAK):
        endpoints.failed(customers_out.pk, "x", now=later)
    endpoint.refresh_from_db()
    assert (endpoint.waits_until - later).total_seconds() < 1.2 * endpoints.FIRST_REST, "an answer forgets all"


def test_the_rest_that_an_ailing_endpoint_asks_for_is_granted(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers").respond_with_data("", status=429, headers={"Retry-After": "120"})
    fail(customers_out, 2)
    runs.send_now(customers_out, [partner(odoo)])
    drain.drain(sender, threads=1)
    queue(customers_out, 901)
    assert Endpoint.objects.get().failures == 0, "it answered"
    assert outbox.claim(10, now=timezone.now() + timedelta(seconds=100)) == []


def test_an_endpoint_that_answers_again_is_as_good_as_new(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers").respond_with_json({})
    fail(customers_out, 3)
    runs.send_now(customers_out, [partner(odoo)])
    drain.drain(sender, threads=1)
    assert states() == ["done"]
    assert Endpoint.objects.get().failures == 0


@pytest.mark.parametrize(("status", "failures"), [(500, 1), (503, 1), (400, 0), (404, 0), (429, 0), (200, 0)])
def test_what_counts_as_no_answer(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, status: int, failures: int
) -> None:
    httpserver.expect_request("/customers").respond_with_data("", status=status)
    runs.send_now(customers_out, [partner(odoo)])
    drain.drain(sender, threads=1)
    assert sum(Endpoint.objects.values_list("failures", flat=True)) == failures


def test_a_rest_that_one_answer_asks_for_holds_for_all(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers").respond_with_data("", status=429, headers={"Retry-After": "120"})
    runs.send_now(customers_out, [partner(odoo)])
    drain.drain(sender, threads=1)
    queue(customers_out, 901, 902)
    assert outbox.claim(10) == []
    assert "429" in endpoints.told(customers_out)
    assert len(outbox.claim(10, now=timezone.now() + timedelta(seconds=200))) == 3


def test_410_pauses_the_configuration_until_somebody_resumes_it(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, admin_client: Browser
) -> None:
    httpserver.expect_request("/customers").respond_with_data("", status=410)
    runs.send_now(customers_out, [partner(odoo)])
    drain.drain(sender, threads=1)
    assert states() == ["dead"]
    queue(customers_out, 7)
    assert outbox.claim(10) == []
    assert health_of([customers_out])[customers_out.pk].state == "Paused"
    page = reverse("admin:syncconfig_configuration_change", args=[customers_out.pk])
    assert "410 Gone" in admin_client.get(page).content.decode()
    resume = reverse("admin:syncconfig_configuration_resume", args=[customers_out.pk])
    admin_client.post(resume, {"_form_submitted": "1", "confirm": "on"}, follow=True)
    assert len(outbox.claim(10)) == 1


@pytest.mark.parametrize(("status", "calls"), [(410, 1), (429, 1), (500, endpoints.BREAK)])
def test_what_is_ready_for_a_system_that_wants_no_more_goes_back_unsent(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, status: int, calls: int
) -> None:
    httpserver.expect_request("/customers").respond_with_data("", status=status)
    runs.send_now(customers_out, [partner(odoo) for _ in range(30)])
    drain.drain(sender, threads=1)
    assert len(httpserver.log) == calls
    assert Delivery.objects.filter(state=Delivery.State.PENDING, attempts=0).count() == 30 - calls


def test_what_is_paused_waits_and_is_told(customers_out: Configuration, admin_client: Browser) -> None:
    pause = reverse("admin:syncconfig_configuration_pause", args=[customers_out.pk])
    admin_client.post(pause, {"_form_submitted": "1", "confirm": "on"}, follow=True)
    queue(customers_out, 1, 2)
    assert outbox.claim(10) == []
    assert endpoints.told(customers_out).startswith("Paused. Paused by admin. 2 messages wait.")
    assert endpoints.resume(customers_out)
    assert not endpoints.resume(customers_out)
    assert len(outbox.claim(10)) == 2


def test_no_more_than_so_many_at_the_same_time_over_all_workers(customers_out: Configuration, make: Make) -> None:
    Configuration.objects.filter(pk=customers_out.pk).update(max_parallel=2)
    other = make("other", [("name", "n")], request_type="out", methods=["POST"], url="https://x.example/y")
    queue(customers_out, *range(1, 20))
    queue(other, 1, 2)
    first = outbox.claim(10)
    assert sorted(one.configuration_id for one in first) == sorted([customers_out.pk] * 2)
    assert [one.configuration_id for one in outbox.claim(10)] == [other.pk] * 2
    assert outbox.claim(10) == []
    outbox.done(first[0], 200)
    assert len(outbox.claim(10)) == 1


def test_no_more_than_so_many_a_minute(customers_out: Configuration) -> None:
    Configuration.objects.filter(pk=customers_out.pk).update(max_per_minute=60)
    queue(customers_out, *range(1, 300))
    now, sent = timezone.now(), 0
    for second in range(60):
        claimed = outbox.claim(100, now=now + timedelta(seconds=second))
        outbox.all_done(claimed, [200] * len(claimed))
        sent += len(claimed)
        assert sent <= second + endpoints.BURST
    assert 58 <= sent <= 62


@pytest.mark.parametrize("per_minute", [1, 30, 6000])
def test_a_rate_limit_lets_through_what_it_says(customers_out: Configuration, per_minute: int) -> None:
    Configuration.objects.filter(pk=customers_out.pk).update(max_per_minute=per_minute)
    one = endpoints.limited([customers_out.pk])[customers_out.pk]
    now, sent = timezone.now(), 0
    for second in range(120):
        one = endpoints.limited([customers_out.pk])[customers_out.pk]
        sent += endpoints.allow(one, 1000, now + timedelta(seconds=second))
    assert per_minute * 1.9 <= sent <= per_minute * 2 + max(per_minute / 60 * endpoints.BURST, 1)


def test_an_endpoint_that_hangs_does_not_hold_up_the_others(
    customers_out: Configuration, make: Make, sender: Client, odoo: Odoo
) -> None:
    """With one thread: the others' messages arrive while the first one's receiver is still silent."""
    with HTTPServer(threaded=True) as server:
        _hang(customers_out, make, sender, odoo, server)


def _hang(customers_out: Configuration, make: Make, sender: Client, odoo: Odoo, httpserver: HTTPServer) -> None:
    arrived, let_go, waited = threading.Event(), threading.Event(), []

    def hang(request: Request) -> Response:
        waited.append(let_go.wait(50))
        return Response("{}")

    def receive(request: Request) -> Response:
        if len([one for one, _ in httpserver.log if one.path == "/other"]) >= 4:
            arrived.set()
        return Response("{}")

    httpserver.expect_request("/customers").respond_with_handler(hang)
    httpserver.expect_request("/other").respond_with_handler(receive)
    other = make("other", [("name", "n")], request_type="out", methods=["POST"], url=httpserver.url_for("/other"))
    Configuration.objects.filter(pk=customers_out.pk).update(url=httpserver.url_for("/customers"))
    Configuration.objects.update(read_timeout=60)
    ids = [partner(odoo) for _ in range(5)]
    runs.send_now(customers_out, ids)
    runs.send_now(other, ids)
    watcher = threading.Thread(target=lambda: arrived.wait(60) and let_go.set())
    watcher.start()
    drain.drain(sender, threads=1)
    watcher.join()
    assert all(waited), "the silent one was answered because its time was over"
    assert set(states()) == {"done"}


def test_what_was_claimed_and_not_begun_goes_back_without_a_trace(
    customers_out: Configuration, odoo: Odoo, httpserver: HTTPServer, sender: Client
) -> None:
    httpserver.expect_request("/customers").respond_with_json({})
    runs.send_now(customers_out, [partner(odoo) for _ in range(3)])
    claimed = outbox.claim(3)
    outbox.give_back(claimed[1:])
    rows: list[Any] = list(Delivery.objects.order_by("id").values_list("state", "attempts", "claim_id"))
    assert rows[0][:2] == ("sending", 1)
    assert rows[1:] == [("pending", 0, None)] * 2
    outbox.give_back(claimed[1:])  # no longer ours: nothing happens
    assert Delivery.objects.filter(attempts=0).count() == 2
    drain.drain(sender, threads=1)
    assert states() == ["sending", "done", "done"]
