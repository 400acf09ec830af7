"""What a pull makes of its items' dates: one in the future, forms without an order, values of several kinds."""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apilog.models import ApiLog
from hub.odoo.connection import Odoo
from syncconfig import pullcursor, runs
from syncconfig.api.running import told
from syncconfig.models import PullCursor, Run
from tests.conftest import Make
from tests.syncconfig.pulling import SINCE, contact, listed, paged, pull, pulled, run

pytestmark = pytest.mark.django_db
FUTURE = "2099-01-01T00:00:00Z"


def asked(httpserver: HTTPServer) -> list[str | None]:
    """What was asked for as the cursor."""
    return [request.args.get("updated_since") for request, _ in httpserver.log]


def test_one_date_in_the_future_does_not_end_the_pull(
    make: Make, httpserver: HTTPServer, odoo: Odoo, admin_client: Browser
) -> None:
    listed(httpserver, [contact(1, at="2026-01-02T00:00:00Z"), contact(2, at=FUTURE)])
    configuration = pull(make, httpserver, **SINCE)
    done = run(configuration)
    assert (done.state, done.error, len(pulled(odoo))) == ("done", "", 2)
    assert PullCursor.objects.get().value == "2026-01-02T00:00:00Z"
    (note,) = done.notes
    assert note.startswith(f"Item 2 (C-2) of page 1: at is {FUTURE}, which lies in the future")
    assert "not taken as the cursor" in note
    page = admin_client.get(reverse("admin:syncconfig_run_change", args=[done.pk])).content.decode()
    assert note.replace("'", "&#x27;") in page
    assert told(done)["notes"] == [note]
    assert "lies in the future" in ApiLog.objects.get().script_log
    out = io.StringIO()
    call_command("runconfig", "contacts-pull", "--wait", stdout=out)
    assert "lies in the future" in out.getvalue()
    assert asked(httpserver) == [None, "2026-01-01T23:59:00Z"]


def test_a_run_that_was_asked_for_long_ago_takes_dates_up_to_its_own_beginning(
    make: Make, httpserver: HTTPServer
) -> None:
    now = pullcursor.moment(timezone.now())
    listed(httpserver, [contact(1, at=now)])
    started = runs.start(pull(make, httpserver, **SINCE))
    Run.objects.update(created_at=datetime.fromisoformat("2026-01-01T00:00:00Z"))
    runs.work()
    started.refresh_from_db()
    assert (started.notes, PullCursor.objects.get().value) == ([], now)


def test_the_beginning_of_a_run_is_kept_with_its_place(make: Make, httpserver: HTTPServer) -> None:
    items = [contact(1, at="2026-01-01"), contact(2, at=FUTURE), contact(3, at="2026-01-03")]
    httpserver.expect_request("/contacts").respond_with_handler(paged(lambda: items, 1))
    started = runs.start(pull(make, httpserver, paging="page", items_path="$.data", **SINCE))
    began = set()
    while not started.finished_at:
        runs.work(budget=0)
        started.refresh_from_db()
        began |= {json.loads(started.position)["began"]} if started.position else set()
    assert len(began) == 1
    assert (started.state, len(started.notes)) == ("done", 1)
    assert PullCursor.objects.get().value == "2026-01-03"


def test_a_cursor_in_the_future_that_is_there_already_is_left_behind(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, [contact(1, at="2026-01-02T00:00:00Z")])
    configuration = pull(make, httpserver, **SINCE)
    run(configuration)
    PullCursor.objects.update(value=FUTURE)
    done = run(configuration)
    assert asked(httpserver) == [None, None]
    assert f"The cursor {FUTURE}, which was kept until now, lies in the future" in done.notes[0]
    assert PullCursor.objects.get().value == "2026-01-02T00:00:00Z"


def test_only_the_first_notes_stand_at_the_run_and_all_of_them_in_the_log(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, [contact(number, at=FUTURE) for number in range(1, 21)])
    done = run(pull(make, httpserver, **SINCE))
    assert len(done.notes) == 11
    assert "stands in the log" in done.notes[-1]
    assert ApiLog.objects.get().script_log.count("lies in the future") == 20
    assert not PullCursor.objects.exists()


def test_dates_of_day_month_year_are_understood_and_sent_back_as_such(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, [contact(1, at="21.10.2026"), contact(2, at="01.11.2026")])
    configuration = pull(make, httpserver, **SINCE)
    assert [run(configuration).state for _ in range(2)] == ["done", "done"]
    assert PullCursor.objects.get().value == "01.11.2026"
    assert asked(httpserver) == [None, "31.10.2026"]


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("10/21/2026", "11/01/2026", "Item 1 (C-1) of page 1: at is 10/21/2026. Dates in this form cannot be a cursor"),
        (17, "abc", "Item 1 (C-2) of page 2: at is abc, which is a text, and of other items it is a number."),
    ],
)
def test_values_without_an_order_fail_the_run_when_all_is_in_odoo(
    make: Make, httpserver: HTTPServer, odoo: Odoo, first: Any, second: Any, words: str
) -> None:
    items = [contact(1, at=first), contact(2, at=second), contact(3, at=first)]
    httpserver.expect_request("/contacts").respond_with_handler(paged(lambda: items, 1))
    configuration = pull(make, httpserver, paging="page", items_path="$.data", **SINCE)
    failed = run(configuration)
    assert (failed.state, failed.pages, failed.tally["created"], len(pulled(odoo))) == ("failed", 4, 3, 3)
    assert failed.error.startswith(words)
    assert "an ascending number, or begin from the time" in failed.error
    assert not PullCursor.objects.exists(), "the next run begins where this one did"
    run(configuration)
    assert set(asked(httpserver)) == {None}


def test_what_is_no_cursor_is_told_without_our_secrets(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, [contact(1, at=17), contact(2, at="canary-token")])
    failed = run(pull(make, httpserver, auth_scheme="bearer", auth_token="canary-token", **SINCE))
    assert "which is a text" in failed.error
    assert "canary" not in failed.error


def test_the_time_of_the_run_is_a_cursor_whatever_the_items_say(make: Make, httpserver: HTTPServer) -> None:
    listed(httpserver, [contact(1, at=FUTURE), contact(2, at="11/21/2026")])
    done = run(pull(make, httpserver, **SINCE | {"cursor_by": "time"}))
    assert (done.state, done.notes) == ("done", [])


def test_a_run_of_a_hub_that_did_not_note_its_beginning_goes_on_at_its_page(make: Make, httpserver: HTTPServer) -> None:
    items = [contact(number, at=f"2026-01-0{number}") for number in (1, 2, 3)]
    pages: list[str] = []

    def answer(request: Request) -> Response:
        pages.append(request.args["page"])
        return paged(lambda: items, 1)(request)

    httpserver.expect_request("/contacts").respond_with_handler(answer)
    started = runs.start(pull(make, httpserver, paging="page", items_path="$.data", **SINCE))
    runs.work(budget=0)
    started.refresh_from_db()
    before = json.loads(started.position)
    before["newest"] = before.pop("reached")["value"]
    del before["began"]
    Run.objects.update(position=json.dumps(before))
    runs.work()
    started.refresh_from_db()
    assert (started.state, pages, started.tally["created"]) == ("done", ["1", "2", "3", "4"], 3)
    assert PullCursor.objects.get().value == "2026-01-03"
