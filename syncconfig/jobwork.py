"""Carrying jobs out: each is answered by the very view that would have answered at once, and the answer is kept."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponseBase
from django.urls import resolve

from apilog import record
from hub import stopping
from hub.api import trace
from hub.api.envelope import failure
from hub.crypto import WrongKey
from hub.errors import HubError, OdooUnavailable
from syncconfig import jobs
from syncconfig.models import ApiJob

logger = logging.getLogger(__name__)

BUDGET = 120.0
"""Seconds after which a worker begins no further job and calls the next one."""


class Interrupted(HubError):
    """Every worker that began the job died over it."""

    code = "INTERRUPTED"


def work(budget: float = BUDGET) -> int:
    """Carry out what is due until nothing is, or the budget (seconds) is spent; answers how many jobs were begun."""
    ends = time.monotonic() + budget
    begun = 0
    while not stopping.asked() and time.monotonic() < ends and (job := jobs.claim()) is not None:
        begun += 1
        carry_out(job)
    return begun


def carry_out(job: ApiJob) -> None:
    """Do what a claimed job asks for, and keep the answer. A fault of one job stops no other."""
    if job.attempts > 1:
        record.execution_lost(job.trace_id)
    with _as(job):
        try:
            if job.attempts > jobs.MOST_ATTEMPTS:
                raise Interrupted(
                    "Each worker that began this job died over it. Odoo may have been changed: look before you ask "
                    "again, and quote the trace_id."
                )
            with jobs.kept(job):
                status, body, location = _answer(job)
        except jobs.Lost:
            logger.warning("job %s was taken up by another worker", job.uuid)
            return
        except HubError as error:
            status, body, location = error.status, failure(error), ""
        except Exception:
            logger.exception("job %s", job.uuid)
            fault = HubError("Something went wrong in the hub. Quote the trace_id when you report it.")
            status, body, location = fault.status, failure(fault), ""
    if job.failure is not None and _passes(job.failure) and job.attempts < jobs.MOST_ATTEMPTS:
        jobs.again(job, jobs.DELAYS[job.attempts - 1], job.failure.for_callers()["message"])
    else:
        jobs.finish(job, status, body, location)


@contextmanager
def _as(job: ApiJob) -> Iterator[None]:
    """Within, the job is the current one, and its trace id that of every log row and line."""
    traced, working = trace.current.set(job.trace_id), jobs.current.set(job)
    try:
        yield
    finally:
        jobs.current.reset(working)
        trace.current.reset(traced)


def _answer(job: ApiJob) -> tuple[int, Any, str]:
    """Status, content and Location of the view's answer."""
    match = resolve(job.path)
    response: HttpResponseBase = match.func(_request(job), *match.args, **match.kwargs)
    content = json.loads(getattr(response, "content", b"") or b"null")
    return response.status_code, content, response.headers.get("Location", "")


def _request(job: ApiJob) -> WSGIRequest:
    """The request as it came; raises WrongKey when its body cannot be decrypted any more."""
    try:
        body = ApiJob.objects.values_list("body", flat=True).get(pk=job.pk).encode("latin-1")
    except WrongKey:
        raise WrongKey(
            "The job's body cannot be decrypted: none of the keys in HUB_ENCRYPTION_KEYS fits. Ask again."
        ) from None
    headers = dict(job.headers)
    environ = {
        "REQUEST_METHOD": job.method,
        "PATH_INFO": job.path.encode().decode("latin-1"),  # as PEP 3333 has it
        "QUERY_STRING": job.query,
        "REMOTE_ADDR": job.address,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "CONTENT_TYPE": headers.pop("Content-Type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
    }
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return WSGIRequest(environ)


def _passes(failure: HubError) -> bool:
    """Whether it passes by itself, and trying again does no harm."""
    if not failure.retryable or failure.status != OdooUnavailable.status:
        return False
    return not isinstance(failure, OdooUnavailable) or failure.repeatable
