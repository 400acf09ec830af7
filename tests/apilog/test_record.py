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
