"""The log: opened before the call, closed after it, without secrets, and never in the way."""

from __future__ import annotations

import pytest

from apilog import record
from apilog.models import ApiLog
from hub.http.failures import ConnectFailed
from hub.http.message import Request, Response

pytestmark = pytest.mark.django_db
ABOUT = record.About(trace_id="req_1", configuration_code="x", secrets=("canary-value",))


def opened(request: Request) -> ApiLog:
    """An open row for a request."""
    row = record.outgoing(ABOUT, request)
    record.open_all([row])
    return ApiLog.objects.get()


def test_a_row_is_open_until_the_answer_is_there() -> None:
    row = opened(Request("POST", "https://example.com/a", body=b'{"a": 1}'))
    assert (row.state, row.response_status, row.duration_ms) == ("open", None, None)
    record.close(row, Response(200, "OK", (("X-A", "1"),), b'{"ok": true}'), None)
    row.refresh_from_db()
    assert (row.state, row.response_status, row.response_body) == ("ok", 200, '{"ok": true}')
    assert row.duration_ms is not None


def test_a_failure_without_an_answer_is_closed_with_its_reason() -> None:
    row = opened(Request("POST", "https://example.com/a"))
    record.close(row, None, ConnectFailed("Nobody answers at example.com."))
    row.refresh_from_db()
    assert (row.state, row.error_code, row.error_message) == (
        "failed",
        "CONNECT_FAILED",
        "Nobody answers at example.com.",
    )


def test_secrets_are_redacted_by_name_and_by_value_on_both_sides() -> None:
    request = Request(
        "POST",
        "https://example.com/a?api_key=canary-url&q=canary-value",
        headers=(("Authorization", "Bearer canary-bearer"), ("X-Other", "canary-value")),
        body=b'{"password": "canary-body", "note": "canary-value"}',
    )
    row = opened(request)
    record.close(
        row, Response(200, "OK", (("Set-Cookie", "canary-cookie"),), b"you sent canary-value"), None, ABOUT.secrets
    )
    row.refresh_from_db()
    assert "canary" not in repr(
        [row.url, row.request_headers, row.request_body, row.response_headers, row.response_body]
    )


@pytest.mark.parametrize("body", [b"\xff\xfe\x00\x01", b"a\x00b", b"x" * 300_000, b'{"a": "' + b"y" * 300_000])
def test_any_body_can_be_logged_and_is_cut(body: bytes) -> None:
    row = opened(Request("POST", "https://example.com/a", body=body))
    assert len(row.request_body) < 70_000
    assert "\x00" not in row.request_body


def age(row: ApiLog, **columns: object) -> None:
    """Let the row have been opened longer ago than any exchange takes."""
    ApiLog.objects.filter(pk=row.pk).update(started_at=row.started_at - record.LONGEST * 2, **columns)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"direction": "in"}, "whether Odoo was changed"),
        ({}, "whether the external system got the message"),
        ({"delivery_id": 1}, "tried again by itself"),
    ],
)
def test_a_row_that_nobody_will_close_says_that_its_end_is_unknown(columns: dict[str, object], told: str) -> None:
    row = opened(Request("POST", "https://example.com/a"))
    assert record.close_lost() == 0, "it may still be on its way"
    age(row, **columns)
    assert record.close_lost() == 1
    assert record.close_lost() == 0
    row.refresh_from_db()
    assert (row.state, row.error_code) == ("lost", "INTERRUPTED")
    assert told in row.error_message


def test_a_row_that_was_given_up_too_early_tells_the_truth_in_the_end() -> None:
    row = opened(Request("POST", "https://example.com/a"))
    age(row)
    record.close_lost()
    record.close(row, Response(200, "OK", (), b""), None)
    row.refresh_from_db()
    assert (row.state, row.error_code, row.error_message) == ("ok", "", "")


def test_only_open_rows_of_the_deliveries_that_are_tried_again_are_closed() -> None:
    other, closed, mine = (opened_for(delivery) for delivery in (2, 1, 1))
    record.close(closed, Response(200, "OK", (), b""), None)
    assert record.attempts_lost([1]) == 1
    assert [ApiLog.objects.get(pk=row.pk).state for row in (other, closed, mine)] == ["open", "ok", "lost"]


def opened_for(delivery: int) -> ApiLog:
    """An open row of a delivery."""
    row = record.outgoing(record.About(trace_id="req_1", delivery_id=delivery), Request("POST", "https://example.com"))
    record.open_all([row])
    return row


def test_a_key_in_an_address_among_the_headers_is_hidden() -> None:
    row = record.outgoing(ABOUT, Request("GET", "https://example.com"))
    headers = (
        ("Link", '<https://x.example/?o=3&sig=PAGEKEY77PAGEKEY77>; rel="next"'),
        ("Location", "/?api_key=canary"),
    )
    record.close(row, Response(200, "OK", headers, b""), None)
    assert "PAGEKEY77" not in str(row.response_headers)
    assert "canary" not in str(row.response_headers)
