"""The addresses of what is not waited for: jobs, and runs of Out configurations."""

from __future__ import annotations

from syncconfig.api.contract.components import Json
from syncconfig.api.contract.operations import LATER, Operation, Subject, endpoint, envelope, security_of

TAG = "hub"
JOB: Json = {"$ref": "#/components/schemas/Job"}
STATES: Json = {"type": "string", "enum": ["", "queued", "running", "done", "failed", "cancelled"]}
NUMBER: Json = {"type": "integer", "minimum": 0}
REPLAYED = "Idempotency-Replayed"


def _parameter(name: str, place: str, schema: Json, about: str) -> Json:
    return {"name": name, "in": place, "required": place == "path", "description": about, "schema": schema}


JOB_ID = _parameter("job_id", "path", {"type": "string", "format": "uuid"}, "The job's id.")


@endpoint("get", "/jobs", "hub")
def jobs(subject: Subject) -> Operation:
    """The caller's own jobs."""
    answer = envelope(
        "data",
        "pagination",
        data={"type": "array", "items": JOB},
        pagination={"$ref": "#/components/schemas/Pagination"},
    )
    return Operation(
        "list-jobs", "Your requests that are carried out later", TAG, {200: ("The newest first.", answer)},
        parameters=[
            _parameter("status", "query", STATES, "Those alone."),
            *({"$ref": f"#/components/parameters/{name}"} for name in ("page", "per_page")),
        ],
        errors=(400,), security=security_of(subject.resources),
    )  # fmt: skip


@endpoint("get", "/jobs/{job_id}", "hub")
def job(subject: Subject) -> Operation:
    """One of them."""
    answer: Json = {"type": ["object", "null"], "description": "What the request was answered, once it is over."}
    told = envelope("job", job={"allOf": [JOB, {"required": ["answer"], "properties": {"answer": answer}}]})
    return Operation(
        "get-job", "How far a job is, and its answer", TAG, {200: ("The job.", told)},
        parameters=[JOB_ID], security=security_of(subject.resources), headers={200: ("Retry-After",)},
    )  # fmt: skip


@endpoint("delete", "/jobs/{job_id}", "hub")
def cancel(subject: Subject) -> Operation:
    """Cancel one."""
    return Operation(
        "cancel-job", "Cancel a job that still waits", TAG, {200: ("Cancelled.", LATER)},
        parameters=[JOB_ID, {"$ref": "#/components/parameters/Idempotency-Key"}],
        errors=(400, 409, 422), security=security_of(subject.resources), headers={200: (REPLAYED,)},
    )  # fmt: skip


def _run() -> Json:
    text, moment = {"type": ["string", "null"]}, {"type": ["string", "null"], "format": "date-time"}
    counts = dict.fromkeys(("records", "failed", "skipped", "waiting"), NUMBER)
    of_sending = dict.fromkeys(("deliveries", "sent"), NUMBER)
    failure: Json = {
        "type": "object",
        "properties": {"item": {"type": "string"}, "page": NUMBER, "reason": {"type": "string"}},
    }
    of_pulling: Json = dict.fromkeys(("pages", "created", "updated", "unchanged"), NUMBER)
    of_pulling["failures"] = {"type": "array", "items": failure}
    of_pulling["notes"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "What a person should know of it, though it is no failure.",
    }
    properties: Json = {
        "id": NUMBER, "configuration": {"type": "string"}, "status": {"enum": ["queued", "running", "done", "failed"]},
        "url": {"type": "string"}, **counts, "error": text, "trace_id": text, "created_at": moment,
        "finished_at": moment,
    }  # fmt: skip
    all_of_them = {**properties, **of_sending, **of_pulling}
    return envelope("run", run={"type": "object", "required": list(properties), "properties": all_of_them})


@endpoint("post", "/configs/{code}/run", "hub")
def start(subject: Subject) -> Operation | None:
    """Start an Out configuration."""
    if not subject.runs:
        return None
    ids = {"type": "array", "items": {"type": "integer", "minimum": 1}, "description": "These records alone."}
    domain = {"description": "Those of the configuration's records that match, in Odoo's notation."}
    from_start = {"type": "boolean", "description": "Of one that pulls: fetch everything, whatever was fetched before."}
    return Operation(
        "start-run", "Start an Out configuration", TAG, {202: ("Started.", _run())},
        description="`ids` or `domain` narrow the configuration's own filter, and never widen it.",
        parameters=[
            _parameter("code", "path", {"type": "string", "enum": list(subject.runs)}, "The configuration's code."),
            {"$ref": "#/components/parameters/Idempotency-Key"},
        ],
        body={
            "type": "object",
            "properties": {"ids": ids, "domain": domain, "from_start": from_start},
            "additionalProperties": False,
        },
        body_required=False, body_examples={"some": {"ids": [42, 43]}, "all": {}},
        errors=(409, 422), security=[{"bearer": []}], headers={202: ("Location", "Retry-After", REPLAYED)},
    )  # fmt: skip


@endpoint("get", "/runs/{run_id}", "hub")
def run(subject: Subject) -> Operation | None:
    """How far it is."""
    if not subject.runs:
        return None
    return Operation(
        "get-run", "How far a run is", TAG, {200: ("The run.", _run())},
        parameters=[_parameter("run_id", "path", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}, "Its id.")],
        security=[{"bearer": []}], headers={200: ("Retry-After",)},
    )  # fmt: skip
