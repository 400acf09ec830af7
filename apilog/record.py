"""The only writer of the log: opens a row before a call, closes it after, redacts on the way in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apilog.models import ApiLog
from hub.errors import HubError
from hub.http.message import Request, Response
from hub.redact import redact_addresses, redact_body, redact_headers, redact_text, redact_url
from hub.rows import Writer

LONGEST = timedelta(minutes=15)
"""More than an exchange can take: the cluster ends a task after five minutes, callers give up earlier."""

_rows = Writer(ApiLog)

KEPT = 64 * 1024
"""Characters of a body that are kept."""


CLOSING = (
    "client",
    "configuration_id",
    "configuration_code",
    "record_ids",
    "record_id",
    "state",
    "response_status",
    "response_headers",
    "response_body",
    "script_log",
    "error_code",
    "error_message",
    "duration_ms",
)
"""The columns that are known only when an exchange ends."""


@dataclass(frozen=True)
class About:
    """What an exchange is about: the columns that do not come from the messages themselves."""

    trace_id: str
    configuration_id: int | None = None
    configuration_code: str = ""
    client: str = ""
    address: str = ""
    operation: str = ""
    model: str = ""
    record_ids: Sequence[int] = ()
    delivery_id: int | None = None
    attempt: int = 1
    secrets: tuple[str, ...] = field(default=(), repr=False)


def body_text(body: bytes | str | None, secrets: Sequence[str] = (), limit: int = KEPT) -> str:
    """A body as the log keeps it: readable, redacted, cut, without the NULs that PostgreSQL refuses."""
    return redact_text(redact_body(body, limit=limit), secrets).replace("\x00", "\ufffd")


def header_rows(headers: Iterable[tuple[str, str]], secrets: Sequence[str] = ()) -> list[list[str]]:
    """Headers as the log keeps them."""
    known = tuple(secrets)
    return [[name, _header_value(name, value, known)] for name, value in headers]


@lru_cache(2048)  # most of them are the same in all messages of a configuration
def _header_value(name: str, value: str, secrets: tuple[str, ...]) -> str:
    ((_, shown),) = redact_headers(((name, value),))
    return redact_text(redact_addresses(shown), secrets)


def outgoing(about: About, request: Request) -> ApiLog:
    """An unsaved open row for a request that is about to be sent; save many at once with open_all."""
    return _rows.new(
        direction=ApiLog.Direction.OUT,
        method=request.method,
        url=redact_text(redact_url(request.url), about.secrets),
        request_headers=header_rows(request.headers, about.secrets),
        request_body=body_text(request.body, about.secrets),
        **_columns(about),
    )


def incoming(about: About, method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes) -> ApiLog:
    """Open a row for a call that came in."""
    row = _rows.new(
        direction=ApiLog.Direction.IN,
        method=method[:8],
        url=redact_url(url),
        request_headers=header_rows(headers),
        request_body=body_text(body),
        **_columns(about),
    )
    _rows.insert(row)
    return row


def stranger(
    about: About, method: str, url: str, headers: list[list[str]], status: int, error: tuple[str, str]
) -> ApiLog:
    """Write a closed row for a call of somebody unknown; ``url`` and ``headers`` as they are to be kept.

    ``error``: the code of what was wrong, and a sentence.
    """
    row = _rows.new(
        direction=ApiLog.Direction.IN,
        method=method[:8],
        url=url,
        request_headers=headers,
        state=ApiLog.State.FAILED,
        response_status=status,
        error_code=error[0],
        error_message=error[1],
        duration_ms=0.0,
        **_columns(about),
    )
    _rows.insert(row)
    return row


def refused(about: About, method: str, url: str, failure: HubError, script_log: Iterable[str] = ()) -> ApiLog:
    """Write a closed row for a call that was not made, because its request could not be built."""
    row = _rows.new(
        direction=ApiLog.Direction.OUT,
        method=method,
        url=redact_text(redact_url(url), about.secrets),
        state=ApiLog.State.FAILED,
        error_code=failure.code,
        error_message=redact_text(failure.message, about.secrets),
        duration_ms=0.0,
        **_columns(about),
    )
    add_script_log(row, script_log, about.secrets)
    _rows.insert(row)
    return row


def add_script_log(row: ApiLog, lines: Iterable[str], secrets: Sequence[str] = ()) -> None:
    """Add what scripts logged to a row that is still to be saved or closed."""
    text = "\n".join(redact_text(line, secrets) for line in lines)
    row.script_log = "\n".join(filter(None, (row.script_log, text)))[:KEPT].replace("\x00", "\ufffd")


def open_all(rows: Sequence[ApiLog]) -> None:
    """Write open rows, in one statement."""
    _rows.insert_all(rows)


def withdraw(rows: Sequence[ApiLog]) -> None:
    """Take back open rows of calls that were not made after all."""
    if rows:
        ApiLog.objects.filter(pk__in=[row.pk for row in rows], state=ApiLog.State.OPEN).delete()


def close(
    row: ApiLog,
    response: Response | None,
    failure: HubError | None,
    secrets: Sequence[str] = (),
    *,
    ok: bool | None = None,
) -> None:
    """Close the row of an outgoing call with the answer that came, or with why none did.

    ``ok``: whether the answer was a success, where its status does not tell.
    """
    told(row, response, failure, secrets, ok=ok)
    _rows.update([row], CLOSING)


def told(
    row: ApiLog,
    response: Response | None,
    failure: HubError | None,
    secrets: Sequence[str] = (),
    *,
    ok: bool | None = None,
) -> None:
    """As ``close``, without writing it: write many at once with close_all."""
    if response is not None:
        row.response_status = response.status
        row.response_headers = header_rows(response.headers, secrets)
        row.response_body = body_text(response.body, secrets)
    good = response is not None and response.ok if ok is None else ok
    _end(row, ok=good and failure is None, failure=failure, secrets=secrets)


def close_all(rows: Sequence[ApiLog]) -> None:
    """Write the ends of these rows."""
    _rows.update(rows, CLOSING)


def answer(row: ApiLog, status: int, headers: Iterable[tuple[str, str]], body: bytes, failure: HubError | None) -> None:
    """Close the row of an incoming call with what was answered."""
    row.response_status = status
    row.response_headers = header_rows(headers)
    row.response_body = body_text(body)
    _finish(row, ok=status < 400, failure=failure, secrets=())


def attempts_lost(delivery_ids: Iterable[int]) -> int:
    """Close what is open of these deliveries, which are about to be tried again: their workers died, or were too slow.

    Answers how many rows that were. A worker that lives after all closes its row again, with what it knows.
    """
    told = "The hub was stopped before the answer came: the message may have arrived. Its delivery tells what followed."
    return _open_rows(delivery_id__in=list(delivery_ids)).update(**_lost(told))


def pages_lost(trace_id: str) -> int:
    """Close what is open of the pages that were fetched with that trace id, for the run is taken up again; how many."""
    told = "The hub was stopped before the answer came. The page is fetched again."
    return _open_rows(trace_id=trace_id, direction=ApiLog.Direction.OUT, delivery_id__isnull=True).update(**_lost(told))


def execution_lost(trace_id: str) -> int:
    """Close what is open of the calls with that trace id, whose job is about to be taken up again; how many."""
    told = "The hub was stopped while it worked on this job: Odoo may have been changed. The job is taken up again."
    return _open_rows(trace_id=trace_id, direction=ApiLog.Direction.IN).update(**_lost(told))


def close_lost(now: datetime | None = None) -> int:
    """Close the rows that are open for longer than any exchange takes: their processes died. Answers how many."""
    rows = _open_rows(started_at__lt=(now or timezone.now()) - LONGEST)
    if not rows.exists():
        return 0
    out = "The hub was stopped before the answer came: nobody knows whether the external system got the message."
    again = f"{out} The delivery is tried again by itself."
    came = (
        "The hub was stopped while it worked on this call: nobody knows whether Odoo was changed. Look at the record "
        "before you send the call again."
    )
    return (
        rows.filter(direction=ApiLog.Direction.IN).update(**_lost(came))
        + rows.filter(direction=ApiLog.Direction.OUT, delivery_id__isnull=True).update(**_lost(out))
        + rows.filter(direction=ApiLog.Direction.OUT).update(**_lost(again))
    )


def _open_rows(**which: Any) -> QuerySet[ApiLog]:
    return ApiLog.objects.filter(state=ApiLog.State.OPEN, **which)


def _lost(message: str) -> dict[str, str]:
    return {"state": ApiLog.State.LOST, "error_code": "INTERRUPTED", "error_message": message}


def _finish(row: ApiLog, *, ok: bool, failure: HubError | None, secrets: Sequence[str]) -> None:
    _end(row, ok=ok, failure=failure, secrets=secrets)
    _rows.update([row], CLOSING)


def _end(row: ApiLog, *, ok: bool, failure: HubError | None, secrets: Sequence[str]) -> None:
    row.state = ApiLog.State.OK if ok else ApiLog.State.FAILED
    if failure is not None:
        row.error_code = failure.code
        row.error_message = redact_text(failure.message, secrets)
    row.duration_ms = round((timezone.now() - row.started_at).total_seconds() * 1000, 1)


def _columns(about: About, now: datetime | None = None) -> dict[str, Any]:
    ids = list(about.record_ids)
    return {
        "trace_id": about.trace_id,
        "configuration_id": about.configuration_id,
        "configuration_code": about.configuration_code,
        "client": about.client,
        "address": about.address[:45],
        "operation": about.operation[:32],
        "model": about.model,
        "record_ids": ids[:1000],
        "record_id": ids[0] if ids else None,
        "delivery_id": about.delivery_id,
        "attempt": about.attempt,
        "started_at": now or timezone.now(),
    }
