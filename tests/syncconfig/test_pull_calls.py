"""The calls of a pull: who is called and with what, what is tried again, and how a run goes on."""

from __future__ import annotations

import gc
import json
import time
import tracemalloc
import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import serializers
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apilog.models import ApiLog
from hub import stopping
from hub.http.client import Client
from hub.http.message import KEEP
from hub.http.message import Request as HttpRequest
from hub.http.message import Response as HttpResponse
from hub.odoo.connection import Odoo
from syncconfig import endpoints, pulls, runs
from syncconfig.api.running import told
from syncconfig.models import Endpoint, Header, PullCursor, Run
from syncconfig.validators import egress_policy
from tests.conftest import Make
from tests.syncconfig.pulling import SINCE, contact, listed, paged, pull, pulled, run

pytestmark = pytest.mark.django_db


def again(started: Run) -> Run:
    """Go on with a run that waits, whatever it waits for."""
    Endpoint.objects.update(waits_until=None)
    Run.objects.filter(pk=started.pk).update(due_at=timezone.now(), claimed_until=None)
    runs.work()
    started.refresh_from_db()
    return started


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_page_that_fails_for_now_is_tried_again_later_and_no_page_twice(
    make: Make, httpserver: HTTPServer, odoo: Odoo, status: int
) -> None:
    items = [contact(number) for number in range(4)]
    pages = paged(lambda: items, 2)
    trouble = [Response("busy", status=status), Response("busy", status=status)]

    def answer(request: Request) -> Response:
        return trouble.pop() if request.args["page"] == "2" and trouble else pages(request)

    httpserver.expect_request("/contacts").respond_with_handler(answer)
    started = run(pull(make, httpserver, paging="page", items_path="$.data"))
    assert (started.state, started.pages, started.attempts) == ("pending", 1, 1)
    assert str(status) in started.error
    assert started.due_at > timezone.now()
    assert started.finished_at is None
    assert again(started).attempts == 2
    done = again(started)
    assert (done.state, done.error, done.tally["created"], done.pages) == ("done", "", 4, 3)
    assert [request.args["page"] for request, _ in httpserver.log] == ["1", "2", "2", "2", "3"]
    assert [(row.attempt, row.state) for row in ApiLog.objects.order_by("id")] == [
        (1, "ok"), (1, "failed"), (2, "failed"), (3, "ok"), (1, "ok"),
    ]  # fmt: skip


def test_after_the_last_attempt_the_run_fails(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/contacts").respond_with_data("busy", status=500)
    started = run(pull(make, httpserver, max_attempts=2))
    assert started.state == "pending"
    failed = again(started)
    assert failed.state == "failed"
    assert "That was the last of 2 attempts" in failed.error


def test_an_endpoint_that_fails_again_and_again_is_left_alone(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/contacts").respond_with_data("busy", status=500)
    configuration = pull(make, httpserver)
    started = run(configuration)
    for _ in range(4):
        again(started)
    assert Endpoint.objects.get().failures == endpoints.BREAK
    Run.objects.update(due_at=timezone.now())
    assert not runs.pending().exists(), "it is due, and the endpoint rests"
    Endpoint.objects.update(waits_until=timezone.now() - timedelta(seconds=1))
    httpserver.clear()
    listed(httpserver, [contact(1)])
    runs.work()
    started.refresh_from_db()
    assert (started.state, Endpoint.objects.get().failures) == ("done", 0)


def test_a_paused_configuration_pulls_nothing_until_it_is_resumed(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, [contact(1)])
    configuration = pull(make, httpserver)
    endpoints.pause(configuration, "by hand")
    started = run(configuration)
    assert (started.state, len(httpserver.log)) == ("pending", 0)
    endpoints.resume(configuration)
    runs.work()
    started.refresh_from_db()
    assert (started.state, len(httpserver.log)) == ("done", 1)


def test_a_410_pauses_the_configuration(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/contacts").respond_with_data("gone", status=410)
    assert run(pull(make, httpserver)).state == "failed"
    assert Endpoint.objects.get().paused_at is not None


def test_a_limit_of_calls_a_minute_holds_between_pages(make: Make, httpserver: HTTPServer) -> None:
    items = [contact(number) for number in range(6)]
    httpserver.expect_request("/contacts").respond_with_handler(paged(lambda: items, 1))
    started = run(pull(make, httpserver, paging="page", items_path="$.data", max_per_minute=1))
    assert (started.state, started.pages, len(httpserver.log)) == ("pending", 1, 1)
    assert started.due_at > timezone.now() + timedelta(seconds=20)
    assert "may be called" in started.error


def test_a_worker_whose_time_is_up_leaves_the_rest_to_the_next_one(
    make: Make, httpserver: HTTPServer, odoo: Odoo
) -> None:
    listed(httpserver, [contact(number) for number in range(250)])
    started = runs.start(pull(make, httpserver))
    counts = []
    for _ in range(3):
        runs.work(budget=0)
        started.refresh_from_db()
        counts.append((started.records, started.state))
    assert counts == [(100, "pending"), (200, "pending"), (250, "done")]
    assert started.tally["created"] == len(pulled(odoo)) == 250


def test_a_pull_under_way_ends_with_its_page_when_the_hub_is_to_stop_and_goes_on_behind_it(
    make: Make, httpserver: HTTPServer, odoo: Odoo, stopping_is_forgotten: None
) -> None:
    items = [contact(number, at=number) for number in range(6)]
    pages = paged(lambda: items, 2)
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.args["page"])
        if asked == ["1", "2"]:
            stopping.ask()  # while this page is on its way
        return pages(request)

    httpserver.expect_request("/contacts").respond_with_handler(answer)
    started = run(pull(make, httpserver, paging="page", items_path="$.data", **SINCE))
    assert (started.state, started.pages, started.records, started.error) == ("pending", 2, 4, "")
    assert (started.claim_id, started.claimed_until) == (None, None), "the next worker need not wait"
    assert len(pulled(odoo)) == 4, "the page is stored before the worker ends"
    assert not PullCursor.objects.exists(), "the next run would begin behind what is not here yet"
    assert runs.work() == 0, "and no other run is begun"
    stopping.forget()
    runs.work()
    started.refresh_from_db()
    assert (started.state, started.records) == ("done", 6)
    assert asked == ["1", "2", "3", "4"], "no page twice"
    assert PullCursor.objects.get().value == 5


@pytest.fixture
def stopping_is_forgotten() -> Iterator[None]:
    """Whatever happens, the next test's hub is not to stop."""
    yield
    stopping.forget()


def test_a_run_taken_up_by_another_worker_is_written_by_that_one_alone(make: Make, httpserver: HTTPServer) -> None:
    class TakenUp(Client):
        """While the page is on its way, another worker takes the run up."""

        def send(self, request: HttpRequest, *, keep: int = KEEP) -> HttpResponse:
            Run.objects.update(claim_id=uuid.uuid4(), pages=7)
            return super().send(request, keep=keep)

    listed(httpserver, [contact(1)])
    started = runs.start(pull(make, httpserver))
    started.claim_id = uuid.uuid4()
    started.save()
    pulls.carry_out(started, time.monotonic() + 60, TakenUp(egress_policy()))
    kept = Run.objects.get()
    assert (kept.pages, kept.records, kept.items_created, kept.state) == (7, 0, 0, "pending")


def test_pages_that_lead_in_a_circle_end_with_an_error(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, [contact(1)])
    failed = run(pull(make, httpserver, paging="page"))
    assert (failed.state, failed.records) == ("failed", 2)
    assert "does not seem to know the parameter" in failed.error


# Calls -----------------------------------------------------------------------------------------------------


def test_the_call_is_authorised_and_no_secret_is_kept(make: Make, httpserver: HTTPServer) -> None:
    configuration = pull(
        make, httpserver, paging="next", next_path="$.next", items_path="$.data",
        auth_scheme="api_key_query", auth_token="k3y-0f-1t", auth_header="api_key",
    )  # fmt: skip
    Header.objects.create(configuration=configuration, name="X-Tenant", value="canary-tenant", secret=True)

    def answer(request: Request) -> Response:
        assert request.args["api_key"] == "k3y-0f-1t"
        assert request.headers["X-Tenant"] == "canary-tenant"
        following = None if "page" in request.args else f"{request.url}&page=2"
        return Response(json.dumps({"data": [contact(1)][: following is not None], "next": following}))

    httpserver.expect_request("/contacts").respond_with_handler(answer)
    started = runs.start(configuration)
    runs.work(budget=0)
    started.refresh_from_db()
    assert json.loads(started.position)["place"] == {"url": httpserver.url_for("/contacts?page=2")}
    runs.work()
    httpserver.check_assertions()
    started.refresh_from_db()
    assert (started.state, started.pages) == ("done", 2)
    kept = json.dumps([stored(), list(ApiLog.objects.values())], default=str)
    assert "k3y-0f-1t" not in kept
    assert "canary-tenant" not in kept


def stored() -> str:
    """The run as it stands in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM syncconfig_run")
        return str(cursor.fetchall())


@pytest.mark.parametrize("end", ["done", "failed"])
def test_a_key_in_the_next_address_is_never_in_clear_in_the_database(
    make: Make, httpserver: HTTPServer, admin_client: Browser, end: str
) -> None:
    def answer(request: Request) -> Response:
        if "page" not in request.args:
            following = f"{request.base_url}?page=2&api_key=canary-theirs&seen=Bearer%20canary-ours"
            return Response(json.dumps({"data": [contact(1)], "next": following}))
        assert request.args["api_key"] == "canary-theirs", "the place is whole after the worker was another one"
        return Response(
            json.dumps({"data": [contact(2, id="canary-ours", full_name=None)]}), 200 if end == "done" else 400
        )

    httpserver.expect_request("/contacts").respond_with_handler(answer)
    started = runs.start(
        pull(
            make, httpserver, paging="next", next_path="$.next", items_path="$.data", auth_scheme="bearer",
            auth_token="canary-ours",
        )
    )  # fmt: skip
    runs.work(budget=0)
    started.refresh_from_db()
    assert (started.state, started.pages) == ("pending", 1)
    assert "canary" in started.position
    page = reverse("admin:syncconfig_run_change", args=[started.pk])
    assert "canary" not in stored() + admin_client.get(page).content.decode()
    assert "canary" not in json.dumps(told(started)) + serializers.serialize("json", [started])
    runs.work()
    httpserver.check_assertions()
    started.refresh_from_db()
    assert (started.state, started.position) == (end, "")
    assert "canary" not in stored() + admin_client.get(page).content.decode() + json.dumps(told(started))
    assert "canary" not in json.dumps(list(ApiLog.objects.values()), default=str)


def test_oauth_gets_its_token_first(make: Make, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/token", method="POST").respond_with_json({"access_token": "pull-t0ken"})
    headers = {"Authorization": "Bearer pull-t0ken"}
    httpserver.expect_request("/contacts", method="GET", headers=headers).respond_with_json([contact(1)])
    configuration = pull(
        make, httpserver, auth_scheme="oauth2", oauth_url=httpserver.url_for("/token"), auth_login="pull-id",
        auth_password="pull-secret",
    )  # fmt: skip
    assert run(configuration).tally["created"] == 1
    assert "pull-t0ken" not in json.dumps(list(ApiLog.objects.values()), default=str)


def test_another_system_is_not_called_with_what_this_one_says(make: Make, httpserver: HTTPServer) -> None:
    other = f"http://127.0.0.1:{httpserver.port}/elsewhere"
    listed(httpserver, {"data": [contact(1)], "next": other})
    failed = run(pull(make, httpserver, paging="next", next_path="$.next", items_path="$.data"))
    assert failed.state == "failed"
    assert "another system" in failed.error
    assert [request.path for request, _ in httpserver.log] == ["/contacts"]
    (row,) = ApiLog.objects.all()
    assert (row.state, row.error_code) == ("failed", "PAGE_REFUSED")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("<html>Log in</html>", "no JSON"),
        ('{"error": "no"}', "nothing at $.data"),
        ("", "empty"),
    ],
)
def test_an_answer_without_the_list_fails_and_says_why(
    make: Make, httpserver: HTTPServer, body: str, told: str
) -> None:
    httpserver.expect_request("/contacts").respond_with_data(body)
    failed = run(pull(make, httpserver, items_path="$.data"))
    assert failed.state == "failed"
    assert told in failed.error
    assert told in ApiLog.objects.get().error_message


def test_a_success_that_says_it_is_none_fails(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, {"ok": False, "data": []})
    failed = run(pull(make, httpserver, items_path="$.data", success_if="response['json']['ok']"))
    assert failed.state == "failed"
    assert "condition on it is not met" in failed.error


def test_memory_does_not_grow_with_the_pages(make: Make, httpserver: HTTPServer) -> None:
    size, early, late = 100, 5, 25

    def answer(request: Request) -> Response:
        page = int(request.args["page"])
        items = [contact(page * size + number, note="x" * 500, at=page) for number in range(size)]
        return Response(json.dumps(items if page <= late else []), content_type="application/json")

    httpserver.expect_request("/contacts").respond_with_handler(answer)
    started = runs.start(pull(make, httpserver, paging="page", **SINCE))
    held: dict[int, int] = {}
    tracemalloc.start()
    try:
        while not started.finished_at:
            runs.work(budget=0)
            started.refresh_from_db()
            httpserver.clear_log()
            gc.collect()
            held[started.pages] = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert (started.state, started.tally["created"]) == ("done", late * size)
    assert held[late] - held[early] < 512 * 1024, "2,000 items lie between the two"
