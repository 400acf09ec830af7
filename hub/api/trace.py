"""The id that follows one request through answer, log rows and printed lines."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}")

current: ContextVar[str] = ContextVar("trace_id", default="-")
"""The trace id of the request or task that this thread works on; ``-`` outside of any."""


def new_trace_id() -> str:
    """A fresh id in the form of the seeds' envelope, such as ``req_9f3c...``."""
    return f"req_{secrets.token_hex(8)}"


def accepted(given: str) -> str:
    """The caller's own id when it is harmless, otherwise a fresh one."""
    return given if ACCEPTED.fullmatch(given) else new_trace_id()


class TraceMiddleware:
    """Gives each request an id, takes the caller's own when it is harmless, and sends it back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        trace_id = accepted(request.headers.get(HEADER, ""))
        request.trace_id = trace_id  # type: ignore[attr-defined]  # for what Django logs of it afterwards
        token = current.set(trace_id)
        try:
            response = self.get_response(request)
        finally:
            current.reset(token)
        response.headers[HEADER] = trace_id
        return response


class OneLineFilter(logging.Filter):
    """Makes one short line of what anybody can cause, such as with an unknown host name."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Cut the message, and take the traceback off; lets every record pass."""
        record.msg, record.args, record.exc_info = record.getMessage()[:300], (), None
        return True


class TraceFilter(logging.Filter):
    """Puts the trace id on each line that is logged."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add ``trace_id``; lets every record pass."""
        record.trace_id = getattr(getattr(record, "request", None), "trace_id", "") or current.get()
        return True
