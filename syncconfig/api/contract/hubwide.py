"""The addresses that are not about records: what one may use, access tokens, and the contract itself."""

from __future__ import annotations

from syncconfig.api.contract.components import ALL, OPTIONS, Json, header_references
from syncconfig.api.contract.operations import TAGS, Operation, Subject, endpoint, envelope, security_of
from syncconfig.api.contract.parameters import chooser
from syncconfig.api.oauth import FORM

TAG = "hub"
TAGS[TAG] = "The hub itself: what you may use, access tokens, requests that are carried out later, this document."
METHODS: Json = {"type": "array", "items": {"enum": ["GET", "POST", "PUT", "PATCH", "DELETE"]}}
TEXT: Json = {"type": "string"}


def _run() -> Json:
    """An Out configuration that may be started."""
    names = ("configuration", "name", "model", "url")
    return {"type": "object", "required": list(names), "properties": dict.fromkeys(names, TEXT)}


@endpoint("get", "/", "hub")
def index(subject: Subject) -> Operation:
    """What the caller may use."""
    resource = {
        "type": "object",
        "required": ["configuration", "name", "model", "methods", "fields", "url"],
        "properties": {
            "configuration": TEXT, "name": TEXT, "model": TEXT, "methods": METHODS,
            "fields": {"type": "array", "items": TEXT}, "url": TEXT,
        },
    }  # fmt: skip
    answer = envelope(
        "client",
        "resources",
        "runs",
        client=TEXT,
        resources={"type": "array", "items": resource},
        runs={"type": "array", "items": _run()},
    )
    return Operation(
        "index", "What you may use", TAG, {200: ("Your configurations, in the way in which you ask.", answer)},
        security=security_of(subject.resources),
    )  # fmt: skip


@endpoint("get", "/{model}/schema", "model")
def schema(subject: Subject) -> Operation:
    """The fields of a model."""
    one = {
        "type": "object",
        "required": ["name", "type", "required", "readonly", "writeonly"],
        "properties": {
            "name": TEXT,
            "type": {"enum": ["string", "integer", "number", "boolean", "object", "array", "null", "any"]},
            "format": TEXT, "required": {"type": "boolean"}, "readonly": {"type": "boolean"},
            "writeonly": {"type": "boolean"}, "label": TEXT, "description": TEXT, "value_type": TEXT,
            "selection": {"type": "array"}, "max_length": {"type": "integer"}, "relation": TEXT, "default": {},
            "searchable": {"type": "boolean"}, "example": {}, "fields": {"type": "array"},
        },
    }  # fmt: skip
    names = (
        "configuration",
        "name",
        "model",
        "url",
        "methods",
        "match_keys",
        "unmapped",
        "fields",
        "options",
        "example",
    )
    answer = envelope(
        *names, configuration=TEXT, name=TEXT, model=TEXT, url=TEXT, methods=METHODS,
        match_keys={"type": "array", "items": TEXT}, on_match={"enum": ["update", "refuse"]},
        unmapped={"enum": ["reject", "ignore"]}, fields={"type": "array", "items": one},
        options={"type": "object", "properties": {name: {"type": "array"} for name in OPTIONS}},
        example={"type": "object"},
    )  # fmt: skip
    return Operation(
        f"schema-{subject.model}", "The fields, methods and options", subject.model,
        {200: ("What you may send, and what you get.", answer)},
        parameters=[chooser(subject.resources)], security=security_of(subject.resources),
    )  # fmt: skip


@endpoint("get", "/openapi.json", "hub")
def openapi(subject: Subject) -> Operation:
    """This document."""
    needed = ["openapi", "info", "paths"]
    answer = {"type": "object", "required": needed, "properties": {"openapi": {"const": "3.1.0"}}}
    return Operation(
        "openapi", "This document", TAG, {200: ("OpenAPI 3.1.", answer)}, security=security_of(subject.resources)
    )


@endpoint("get", "/postman", "hub")
def postman(subject: Subject) -> Operation:
    """The same for Postman."""
    answer = {"type": "object", "required": ["info", "item", "variable"]}
    return Operation(
        "postman", "A Postman collection", TAG, {200: ("Collection format 2.1.", answer)},
        security=security_of(subject.resources),
    )  # fmt: skip


@endpoint("post", "/oauth/token", "hub")
def token(subject: Subject) -> Operation | None:
    """An access token by client credentials."""
    codes = [one.code for one in subject.resources if one.configuration.accepts_oauth]
    if not codes:
        return None
    body = {
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": {"const": "client_credentials"},
            "client_id": TEXT | {"description": "Unless it is sent as Basic."},
            "client_secret": TEXT | {"description": "Unless it is sent as Basic."},
            "scope": TEXT | {"description": f"Codes of configurations: {', '.join(codes)}. Empty: all of them."},
        },
    }
    granted = {
        "type": "object",
        "required": ["access_token", "token_type", "expires_in"],
        "properties": {
            "access_token": TEXT, "token_type": {"const": "Bearer"}, "expires_in": {"type": "integer"}, "scope": TEXT,
        },
    }  # fmt: skip
    refused = {
        "type": "object",
        "required": ["error", "error_description"],
        "properties": {"error": TEXT, "error_description": TEXT},
    }
    told = {400: "Not a request of RFC 6749.", 401: "The client ID or its secret is wrong.", 429: "Too many."}
    return Operation(
        "token", "An access token (OAuth 2.0 client credentials)", TAG, {200: ("A token for an hour.", granted)},
        body=body, body_type=FORM,
        body_examples={
            "client": {"grant_type": "client_credentials", "client_id": "web-shop", "client_secret": "hub_secret_..."}
        },
        error_responses={
            status: {
                "description": told.get(status, "See RFC 6749, 5.2."),
                "headers": header_references("X-Request-ID"),
                "content": {"application/json": {"schema": refused}},
            }
            for status in (400, 415, *ALL)
        },
        security=[{"basic": []}, {}],
    )  # fmt: skip
