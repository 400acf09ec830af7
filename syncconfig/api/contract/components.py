"""The parts of an OpenAPI document that are the same for every hub: errors, headers, parameters, options."""

from __future__ import annotations

from typing import Any

from hub.api.pagination import DEFAULT_PER_PAGE, MAX_PER_PAGE
from hub.flow.options import Options
from hub.flow.reading import MAX_LIMIT
from hub.transform import shapes

Json = dict[str, Any]

ERRORS: dict[int, tuple[str, str, str]] = {
    400: ("VALIDATION_ERROR", "The input is wrong; `details` names the field.", "`email` is required."),
    401: ("AUTHENTICATION_ERROR", "The hub does not know you, or not in this way.", "Say who you are."),
    403: ("PERMISSION_DENIED", "Not for you, or not for the hub's Odoo user.", "You may not DELETE on res.partner."),
    404: ("NOT_FOUND", "No such record, or nothing at this address.", "There is no res.partner with id 999."),
    405: ("METHOD_NOT_ALLOWED", "Your configuration does not offer this method.", "DELETE is not allowed."),
    406: ("NOT_ACCEPTABLE", "The API answers in JSON.", "The API answers in JSON: accept application/json."),
    409: ("DUPLICATE_RECORD", "The record exists already, or the first such request is under way.", "It exists."),
    413: ("PAYLOAD_TOO_LARGE", "The body is larger than the hub takes.", "The body is larger than 10 MB."),
    415: ("UNSUPPORTED_MEDIA_TYPE", "The body is of a type that this address does not read.", "Send the body as JSON."),
    422: ("IDEMPOTENCY_KEY_REUSED", "The Idempotency-Key was used for another body.", "Use a new key."),
    429: ("RATE_LIMIT_EXCEEDED", "Too many calls: come back after `Retry-After` seconds.", "You may call 100 times."),
    500: ("INTERNAL_ERROR", "A fault of the hub, or of its configuration; quote the `trace_id`.", "Something failed."),
    502: ("ODOO_PROTOCOL", "Odoo's answer could not be understood.", "Odoo's answer could not be understood."),
    503: ("ODOO_UNAVAILABLE", "Not now: try again after `Retry-After` seconds.", "Odoo does not answer just now."),
}
"""Status, with a code that goes with it, what it means, and a message."""

ALL = (401, 403, 404, 405, 406, 413, 429, 500, 502, 503)
"""What every address may answer."""

HEADERS: dict[str, Json] = {
    "X-Request-ID": {"description": "The trace id to quote when asking for help.", "schema": {"type": "string"}},
    "X-RateLimit-Limit": {"description": "Calls in the window.", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "Calls that are left.", "schema": {"type": "integer"}},
    "X-RateLimit-Reset": {
        "description": "When the window ends, in seconds since 1970.",
        "schema": {"type": "integer"},
    },
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}},
    "WWW-Authenticate": {"description": "The ways to say who you are that would do.", "schema": {"type": "string"}},
    "Location": {"description": "The address of the record.", "schema": {"type": "string"}},
    "Preference-Applied": {"description": "respond-async", "schema": {"type": "string"}},
    "ETag": {"description": "The file's SHA-256, between quotation marks.", "schema": {"type": "string"}},
    "Content-Disposition": {"description": "That it is a download, and its name.", "schema": {"type": "string"}},
    "Cache-Control": {
        "description": "private, no-cache: keep it for yourself, and ask with `If-None-Match`.",
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "This is the first answer again; nothing was done.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
ON_ALL = ("X-Request-ID", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
"""The headers of every answer."""

ON_ERRORS = {
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    429: (*ON_ALL[1:], "Retry-After"),
    503: ("Retry-After",),
}

PARAMETERS: dict[str, Json] = {
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Any text of your own, such as a UUID: however often the request is sent, it is done once.",
        "schema": {"type": "string", "pattern": r"^[\x21-\x7e]{1,255}$"},
    },
    "Prefer": {
        "name": "Prefer",
        "in": "header",
        "description": "respond-async: do not wait; the answer is 202 with a job (RFC 7240). Others are left aside.",
        "schema": {"type": "string"},
    },
    "id": {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The record's id.",
        "schema": dict(shapes.ID),
        "example": 42,
    },
    "domain": {
        "name": "domain",
        "in": "query",
        "description": 'Which records: Odoo\'s notation, as JSON or as a Python list. [["name", "ilike", "azure"]]',
        "schema": {"type": "string"},
    },
    "limit": {
        "name": "limit",
        "in": "query",
        "description": "Records at the most.",
        "schema": {"type": "integer", "minimum": 0, "maximum": MAX_LIMIT, "default": 80},
    },
    "offset": {
        "name": "offset",
        "in": "query",
        "description": "Records to skip.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 2**31, "default": 0},
    },
    "page": {
        "name": "page",
        "in": "query",
        "description": "Which page, from 1.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 10_000_000, "default": 1},
    },
    "per_page": {
        "name": "per_page",
        "in": "query",
        "description": "Records of a page.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PER_PAGE, "default": DEFAULT_PER_PAGE},
    },
}

SWITCHES: dict[str, tuple[bool, str]] = {
    "skip_validation": (False, "The hub leaves it to Odoo to check types and required values."),
    "partial_update": (True, "False: the data replaces the record; what is left out becomes its default or empty."),
    "trigger_workflow": (True, "False: Odoo writes no tracking message and tells no follower."),
    "cascade": (False, "The sub-records that the mapping shows are deleted with the record."),
    "archive_instead": (False, "The record is archived, not deleted."),
    "transaction": (False, "All operations or none."),
    "continue_on_error": (False, "One that fails does not stop those after it."),
}
RETURN_FIELDS = "What the answer shows of the record."
OPTIONS = {
    "create": Options.OF_CREATE,
    "update": Options.OF_UPDATE,
    "delete": Options.OF_DELETE,
    "batch": Options.OF_BATCH,
}
NEEDS = {
    "create": {"POST"},
    "update": {"PUT", "PATCH"},
    "delete": {"DELETE"},
    "batch": {"POST", "PUT", "PATCH", "DELETE"},
}
"""The HTTP methods of which a caller must have one for the operation."""


def about_options(operation: str) -> list[Json]:
    """The options of an operation, for people."""
    return [
        {"name": "return_fields", "type": "array", "default": [], "description": RETURN_FIELDS}
        if name == "return_fields"
        else {"name": name, "type": "boolean", "default": SWITCHES[name][0], "description": SWITCHES[name][1]}
        for name in OPTIONS[operation]
    ]


def options_schema(operation: str, readable: list[str]) -> Json:
    """The options of an operation; ``readable``: the fields that may be asked back."""
    properties: Json = {}
    for name in OPTIONS[operation]:
        if name == "return_fields":
            item = {"type": "string"} | ({"enum": readable} if readable else {})
            properties[name] = {"type": "array", "items": item, "description": RETURN_FIELDS}
        else:
            default, told = SWITCHES[name]
            properties[name] = {"type": "boolean", "default": default, "description": told}
    found: Json = {"type": ["object", "null"], "properties": properties, "additionalProperties": False}
    if operation == "batch":
        both = {name: {"const": True} for name in ("transaction", "continue_on_error")}
        found["not"] = {"type": "object", "properties": both, "required": list(both)}
    return found


def error_schema() -> Json:
    """The error envelope."""
    return {
        "type": "object",
        "required": ["success", "error"],
        "properties": {
            "success": {"const": False},
            "error": {
                "type": "object",
                "required": ["code", "message", "details", "trace_id"],
                "properties": {
                    "code": {"type": "string", "description": "For programs."},
                    "message": {"type": "string", "description": "For people: what is wrong, and what to do."},
                    "details": {
                        "type": "object",
                        "properties": {
                            "field": {"type": "string"},
                            "value": {"description": "What was sent."},
                            "constraint": {"type": "string"},
                        },
                    },
                    "trace_id": {"type": "string", "examples": ["req_9f3c2a1b0d4e5f67"]},
                },
            },
        },
    }


def error_responses() -> dict[str, Json]:
    """The answers that say no, by status."""
    found: dict[str, Json] = {}
    for status, (code, meaning, message) in ERRORS.items():
        details = {"field": "email", "value": None, "constraint": "required"} if status == 400 else {}
        error = {"code": code, "message": message, "details": details, "trace_id": "req_9f3c2a1b0d4e5f67"}
        found[f"Error{status}"] = {
            "description": meaning,
            "headers": header_references("X-Request-ID", *ON_ERRORS.get(status, ())),
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Error"},
                    "example": {"success": False, "error": error},
                }
            },
        }
    return found


def header_references(*names: str) -> dict[str, Json]:
    """References to headers of the document."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def pagination() -> Json:
    """The block under a page of a list."""
    link = {"type": ["string", "null"]}
    numbers = {name: {"type": "integer", "minimum": 0} for name in ("total", "page", "per_page", "pages")}
    return {
        "type": "object",
        "required": [*numbers, "next", "previous"],
        "properties": {**numbers, "next": link, "previous": link},
        "examples": [
            {
                "total": 500,
                "page": 1,
                "per_page": 50,
                "pages": 10,
                "next": "/api/sync/v1/res.partner?page=2",
                "previous": None,
            }
        ],
    }


def job() -> Json:
    """A request that is carried out later."""
    text, moment = {"type": ["string", "null"]}, {"type": ["string", "null"], "format": "date-time"}
    properties: Json = {
        "id": {"type": "string", "format": "uuid"},
        "status": {"enum": ["queued", "running", "done", "failed", "cancelled"]},
        "url": {"type": "string"},
        "method": {"type": "string"},
        "path": {"type": "string"},
        "configuration": text,
        "progress": {"type": ["object", "null"]},
        "attempts": {"type": "integer", "minimum": 0},
        "created_at": moment,
        "started_at": moment,
        "finished_at": moment,
        "trace_id": {"type": "string"},
        "error": text,
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def shared_schemas() -> dict[str, Json]:
    """The schemas that no configuration changes."""
    return {"Error": error_schema(), "Pagination": pagination(), "Commands": shapes.commands(), "Job": job()}
