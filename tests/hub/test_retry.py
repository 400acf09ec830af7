"""What follows an attempt."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import HubError, InvalidInput
from hub.http import failures
from hub.http.message import Response
from hub.http.retry import DAY, Decision, RetryPolicy, decide, retry_after

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
POLICY = RetryPolicy()
STEADY = RetryPolicy(jitter=0)


def after(status: int, attempt: int = 1, wait: str | None = None, policy: RetryPolicy = STEADY) -> Decision:
    headers = () if wait is None else (("Retry-After", wait),)
    return decide(policy, attempt, response=Response(status, "", headers), now=NOW, rng=random.Random(1))


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("done", [200, 201, 202, 204, 299]),
        ("retry", [408, 425, 429, 500, 501, 502, 503, 504, 599, 999]),
        ("disable", [410]),
        ("dead", [300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 409, 413, 415, 422, 451]),
    ],
)
def test_each_status_has_its_verdict(kind: str, statuses: list[int]) -> None:
    assert {status: after(status).kind for status in statuses} == dict.fromkeys(statuses, kind)


def test_the_delays_follow_the_schedule_to_the_last_attempt() -> None:
    assert [after(500, attempt).delay for attempt in range(1, 8)] == [5, 60, 300, 1800, 7200, 21600, 43200]
    assert after(500, 8).kind == "dead"
    assert "last of 8 attempts" in after(500, 8).reason
    assert POLICY.max_attempts == 8


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (failures.NameNotResolved("x"), "retry"),
        (failures.ConnectFailed("x"), "retry"),
        (failures.ConnectTimeout("x"), "retry"),
        (failures.TlsFailed("x"), "retry"),
        (failures.ReadTimeout("x"), "retry"),
        (failures.TimeExceeded("x"), "retry"),
        (failures.BrokenAnswer("x"), "retry"),
        (failures.EgressRefused("x"), "dead"),
        (failures.InvalidRequest("x"), "dead"),
        (InvalidInput("x"), "dead"),
    ],
)
def test_a_failure_decides_by_whether_it_may_pass(failure: HubError, kind: str) -> None:
    decision = decide(POLICY, 1, failure=failure)
    assert (decision.kind, decision.reason) == (kind, "x")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("86400", DAY),
        ("86401", DAY),
        ("999999999999999999999999", DAY),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("1e9", None),
        ("٣", None),
        ("Mon, 01 Jun 2026 12:02:00 GMT", 120),
        ("Mon, 01 Jun 2026 14:02:00 +0200", 120),
        ("Monday, 01-Jun-26 12:02:00 GMT", 120),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 0),
        ("Mon, 01 Jun 1826 11:00:00 GMT", 0),
        ("Mon, 01 Jun 9999 11:00:00 GMT", DAY),
        ("Mon, 99 Jun 2026 11:00:00 GMT", None),
        ("Mon, 01 Jun 2026 12:00:00 +9999", None),
    ],
)
def test_retry_after_is_read_and_clamped(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds


@given(st.text())
def test_any_retry_after_is_within_a_day_or_ignored(value: str) -> None:
    seconds = retry_after(value, NOW)
    assert seconds is None or 0 <= seconds <= DAY


def test_a_receivers_wish_is_never_undercut() -> None:
    assert after(429, wait="120").delay == 120
    assert after(503, wait="2").delay == 5  # nor is the backoff
    assert after(503, wait="999999").delay == DAY
    assert after(500, wait="garbage").delay == 5
    assert after(429, policy=POLICY, wait="120").delay >= 120


def test_retry_after_on_a_final_status_changes_nothing() -> None:
    assert after(404, wait="5").kind == "dead"
    assert after(200, wait="5").kind == "done"


def test_jitter_spreads_what_failed_together() -> None:
    rng = random.Random(7)
    delays = [decide(POLICY, 2, response=Response(500), rng=rng).delay for _ in range(1000)]
    assert 48 <= min(delays) < 50
    assert 70 < max(delays) <= 72
    assert len({round(delay, 3) for delay in delays}) > 900


@given(st.integers(-5, 20), st.integers(100, 999), st.text(max_size=40), st.integers())
def test_a_decision_is_always_within_bounds(attempt: int, status: int, wait: str, seed: int) -> None:
    response = Response(status, "", (("Retry-After", wait),))
    decision = decide(POLICY, attempt, response=response, now=NOW, rng=random.Random(seed))
    assert 0 <= decision.delay <= DAY
    assert decision.kind in ("done", "retry", "dead", "disable")
    assert decision.kind != "retry" or attempt < POLICY.max_attempts


def test_the_present_time_is_used_when_none_is_given() -> None:
    soon = (datetime.now(UTC) + timedelta(hours=2)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    decision = decide(STEADY, 1, response=Response(503, "", (("Retry-After", soon),)))
    assert 3600 < decision.delay <= 7200


def test_an_attempt_ends_in_one_thing() -> None:
    for ending in ({}, {"response": Response(200), "failure": failures.ReadTimeout("x")}):
        with pytest.raises(ValueError, match="a response or in a failure"):
            decide(POLICY, 1, **ending)  # type: ignore[arg-type]


def test_reasons_say_what_happened() -> None:
    assert "redirect" not in after(304).reason
    assert after(301).reason == "Answered with 301, a redirect, which is not followed. Enter the final address."
    assert decide(POLICY, 1, response=Response(503, "Service Unavailable")).reason == (
        "Answered with 503 Service Unavailable."
    )
