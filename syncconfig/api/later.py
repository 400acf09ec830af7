"""Prefer: respond-async (RFC 7240, 4.1): a request becomes a job, and its caller is told where to ask for it."""

from __future__ import annotations

import json
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from hub.api import prefer
from hub.api.envelope import success
from hub.crypto import WrongKey
from hub.errors import Conflict
from hub.moments import iso
from syncconfig import jobs, plans
from syncconfig.api.access import CHOOSER, Caller
from syncconfig.models import ApiJob, Configuration

ACCEPTED = 202
ADDRESS = "/api/sync/v1/jobs"
KEPT = ("Content-Type", CHOOSER)
"""The headers that a request is carried out with; the others were heeded when it was accepted."""

ASK_AGAIN = 2
"""Seconds after which it is worth while to ask how far a job is."""


class AnotherDatabase(Conflict):
    """The connection was switched after the job was accepted: its record ids are other records there."""

    code = "ANOTHER_DATABASE"


def accept(
    request: Request, caller: Caller, configuration: Configuration | None, database: str, trace_id: str, name: str
) -> ApiJob:
    """Keep the request of a client for later; ``name``: under which it is carried out once. Raises TooManyJobs."""
    assert caller.client is not None
    return jobs.accept(
        jobs.Wanted(
            client=caller.client,
            token=caller.token,
            scheme=caller.scheme,
            address=caller.address,
            method=str(request.method),
            path=request._request.path_info,
            query=request._request.META.get("QUERY_STRING", ""),
            headers={key: request.headers[key] for key in KEPT if key in request.headers},
            body=request._request.body,
            trace_id=trace_id,
            configuration=configuration,
            database=database,
            name=name,
        )
    )


def accepted(job: ApiJob) -> Response:
    """202, with the job and where to ask for it."""
    return named(Response(success(job=told(job)), status=ACCEPTED))


def named(response: Response) -> Response:
    """The same 202, with the headers that belong to a job or a run (RFC 9110, 15.3.3; RFC 7240, 3)."""
    for kind in ("job", "run"):
        if kind in response.data:
            response.headers["Location"] = response.data[kind]["url"]
            response.headers["Retry-After"] = str(ASK_AGAIN)
    if "job" in response.data:
        response.headers[prefer.APPLIED] = prefer.RESPOND_ASYNC
    return response


def told(job: ApiJob) -> dict[str, Any]:
    """What the API tells of a job, without its answer."""
    return {
        "id": str(job.uuid),
        "status": job.state,
        "url": f"{ADDRESS}/{job.uuid}",
        "method": job.method,
        "path": job.path + (f"?{job.query}" if job.query else ""),
        "configuration": job.configuration.code if job.configuration is not None else None,
        "progress": {"done": job.done, "total": job.total} if job.total is not None else None,
        "attempts": job.attempts,
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at),
        "finished_at": iso(job.finished_at),
        "trace_id": job.trace_id,
        "error": job.error or None,
    }


def answer_of(job: ApiJob) -> dict[str, Any] | None:
    """What the caller would have got at once: ``status``, ``headers`` and ``body``; None while there is none.

    Raises WrongKey when it was encrypted with a key that the hub has no more.
    """
    if job.answer_status is None:
        return None
    try:
        body = ApiJob.objects.values_list("answer", flat=True).get(pk=job.pk)
    except WrongKey:
        raise WrongKey("The job's answer cannot be read any more. The hub's log tells what was done.") from None
    headers = {"Location": job.answer_location} if job.answer_location else {}
    return {"status": job.answer_status, "headers": headers, "body": json.loads(body) if body else None}


def check_database(configuration: Configuration) -> None:
    """Raise AnotherDatabase for a job that was accepted while the connection led elsewhere."""
    job = jobs.current.get()
    if job is None or not job.database:
        return
    present = plans.database_of(configuration.connection)
    if present != job.database:
        raise AnotherDatabase(
            "The Odoo connection leads to another database now than when the job was accepted, where the same ids are "
            "other records. Ask again if the request is meant for the present one."
        )
