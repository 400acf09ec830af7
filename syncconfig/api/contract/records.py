"""The addresses of records: each function describes one, for a model and the configurations that offer it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.flow.operations import MOST
from syncconfig.api.contract import forms
from syncconfig.api.contract.components import NEEDS, Json, options_schema
from syncconfig.api.contract.operations import Operation, Subject, endpoint, envelope, one_of, security_of
from syncconfig.api.contract.parameters import chooser, domain, expand, fields, order, shared
from syncconfig.api.contract.resources import Resource, example_of
from syncconfig.api.contract.schemas import bodies, reference, shown

ID: Json = {"type": "integer", "minimum": 1}
WRITES = ("POST", "PUT", "PATCH", "DELETE")
CREATED = {201: ("Location", "Idempotency-Replayed"), 200: ("Location", "Idempotency-Replayed")}
REPLAYED = {200: ("Idempotency-Replayed",)}


@endpoint("get", "/{model}", "model")
def listed(subject: Subject) -> Operation | None:
    """A page of records."""
    held = subject.offering("GET")
    if not held:
        return None
    page = {"type": "array", "items": one_of([reference(one, "record") for one in held])}
    block: Json = {"$ref": "#/components/schemas/Pagination"}
    return Operation(
        f"list-{subject.model}", "A page of records", subject.model,
        {200: ("The page.", envelope("data", "pagination", data=page, pagination=block))},
        parameters=[
            shared("page"), shared("per_page"), domain(held), fields(held), order(held), *expand(held),
            chooser(held),
        ],
        errors=(400,), security=security_of(held),
    )  # fmt: skip


@endpoint("post", "/{model}", "model")
def create(subject: Subject) -> Operation | None:
    """Create a record."""
    held = subject.offering("POST")
    if not held:
        return None
    answer = envelope(
        "id", "data", id=ID, data=one_of([shown(one) for one in held]),
        updated={"const": True, "description": "The record was there, found by the match keys, and updated."},
    )  # fmt: skip
    matching = [
        f"`{one.code}`: a record with the same {', '.join(one.flow.plan.match)} is "
        f"{'updated instead' if one.flow.plan.updates_matches else 'refused'}."
        for one in held
        if one.flow is not None and one.flow.plan.match
    ]
    told: dict[int, tuple[str, Json | None]] = {
        201: ("Created. `data` holds the `return_fields`, or the id alone.", answer)
    }
    if any(one.flow is not None and one.flow.plan.updates_matches and one.flow.plan.match for one in held):
        told[200] = ("Found by the match keys, and updated.", answer)
    return Operation(
        f"create-{subject.model}", "Create a record", subject.model, told,
        description=" ".join(matching),
        parameters=[*expand(held), shared("Idempotency-Key"), chooser(held)],
        body=bodies(held, "create"), body_examples={one.code: {"data": example_of(one)} for one in held},
        more_bodies={forms.TYPE: forms.media(held, "create")},
        errors=(409, 422), security=security_of(held), may_wait=True, headers=CREATED, links={201: _links(subject)},
    )  # fmt: skip


def _links(subject: Subject) -> Json:
    """From a record that was created to what may be done with it."""
    by_method = {"GET": "get", "PUT": "put", "PATCH": "patch", "DELETE": "delete"}
    names = [name for method, name in by_method.items() if subject.offering(method)]
    names += ["download"] if any(one.files(written=False) for one in subject.offering("GET")) else []
    names += ["upload"] if any(one.files(written=True) for one in subject.offering("PUT", "PATCH")) else []
    return {
        name: {"operationId": f"{name}-{subject.model}", "parameters": {"id": "$response.body#/id"}} for name in names
    }


@endpoint("get", "/{model}/{id}", "model")
def read(subject: Subject) -> Operation | None:
    """One record."""
    held = subject.offering("GET")
    if not held:
        return None
    answer = envelope("id", "data", id=ID, data=one_of([reference(one, "record") for one in held]))
    return Operation(
        f"get-{subject.model}", "One record", subject.model, {200: ("The record.", answer)},
        parameters=[shared("id"), fields(held), *expand(held), chooser(held)],
        errors=(400,), security=security_of(held),
    )  # fmt: skip


def _update(subject: Subject, method: str) -> Operation | None:
    held = subject.offering(method)
    if not held:
        return None
    answer = envelope(
        "id", "updated_fields", "write_date",
        id=ID, updated_fields={"type": "array", "items": {"type": "string"}},
        write_date={"type": ["string", "null"], "format": "date-time"}, data=one_of([shown(one) for one in held]),
    )  # fmt: skip
    examples = {one.code: {"data": example_of(one), "options": {"partial_update": True}} for one in held}
    return Operation(
        f"{method.lower()}-{subject.model}", "Update a record", subject.model,
        {200: ("Updated. With `return_fields`, `data` holds them.", answer)},
        parameters=[shared("id"), *expand(held), shared("Idempotency-Key"), chooser(held)],
        body=bodies(held, "update"), body_examples=examples,
        more_bodies={forms.TYPE: forms.media(held, "update")},
        errors=(409, 422), security=security_of(held), may_wait=True, headers=REPLAYED,
    )  # fmt: skip


@endpoint("put", "/{model}/{id}", "model")
def put(subject: Subject) -> Operation | None:
    """Update a record."""
    return _update(subject, "PUT")


@endpoint("patch", "/{model}/{id}", "model")
def patch(subject: Subject) -> Operation | None:
    """Update a record."""
    return _update(subject, "PATCH")


@endpoint("delete", "/{model}/{id}", "model")
def delete(subject: Subject) -> Operation | None:
    """Delete or archive a record."""
    held = subject.offering("DELETE")
    if not held:
        return None
    answer = envelope("id", "message", id=ID, message={"type": "string", "examples": ["Record archived successfully"]})
    body = {
        "type": "object",
        "properties": {"options": options_schema("delete", [])},
        "additionalProperties": False,
    }
    archives = all(one.flow is not None and "active" in one.flow.map.fields for one in held)
    return Operation(
        f"delete-{subject.model}", "Delete or archive a record", subject.model, {200: ("Gone, or archived.", answer)},
        parameters=[shared("id"), shared("Idempotency-Key"), chooser(held)],
        body=body, body_required=False, body_examples={"delete": {"options": {"archive_instead": archives}}},
        errors=(409, 422), security=security_of(held), may_wait=True, headers=REPLAYED,
    )  # fmt: skip


@endpoint("get", "/{model}/search", "model")
def search(subject: Subject) -> Operation | None:
    """Records that match a domain."""
    held = subject.offering("GET")
    if not held:
        return None
    records = {"type": "array", "items": one_of([reference(one, "record") for one in held])}
    count: Json = {"type": "integer", "minimum": 0, "description": "How many there are in all."}
    return Operation(
        f"search-{subject.model}", "Records that match a domain", subject.model,
        {200: ("The records.", envelope("count", "records", count=count, records=records))},
        parameters=[
            domain(held), fields(held), shared("limit"), shared("offset"), order(held), *expand(held),
            chooser(held),
        ],
        errors=(400,), security=security_of(held),
    )  # fmt: skip


@endpoint("post", "/{model}/batch", "model")
def batch(subject: Subject) -> Operation | None:
    """Many operations in one request."""
    held = subject.offering(*WRITES)
    if not held:
        return None
    body = one_of([_batch_body(one) for one in held])
    answer = results([reference(one, "record") for one in held])
    return Operation(
        f"batch-{subject.model}", "Many operations in one request", subject.model,
        {
            200: ("All went well.", answer),
            207: ("Not all went well; `summary` counts them, and `results` says which.", answer),
        },
        parameters=[shared("Idempotency-Key"), chooser(held)],
        body=body, body_examples={one.code: _batch_example(one) for one in held},
        errors=(409, 422), security=security_of(held), may_wait=True, headers=REPLAYED,
    )  # fmt: skip


def _batch_body(one: Resource) -> Json:
    kinds: list[Json] = []
    for name in ("create", "update", "delete"):
        if NEEDS[name] & set(one.methods):
            properties: dict[str, Any] = {"method": {"const": name}}
            properties |= {"id": dict(ID, maximum=2**31 - 1)} if name != "create" else {}
            properties |= {"data": reference(one, name)} if name != "delete" else {}
            kinds.append(
                {
                    "type": "object",
                    "required": list(properties),
                    "properties": properties,
                    "additionalProperties": False,
                }
            )
    operations = {"type": "array", "minItems": 1, "maxItems": MOST, "items": one_of(kinds)}
    return {
        "type": "object",
        "required": ["operations"],
        "properties": {"operations": operations, "options": options_schema("batch", list(one.readable))},
        "additionalProperties": False,
    }


def _batch_example(one: Resource) -> Json:
    operations: list[Json] = []
    if "POST" in one.methods:
        operations.append({"method": "create", "data": example_of(one)})
    if NEEDS["update"] & set(one.methods):
        operations.append({"method": "update", "id": 42, "data": example_of(one)})
    if "DELETE" in one.methods:
        operations.append({"method": "delete", "id": 43})
    return {"operations": operations, "options": {"continue_on_error": True}}


def results(shown: Sequence[Json]) -> Json:
    """The answer of a batch."""
    error = {"type": "object", "required": ["code", "message", "details"]}
    one: Json = {
        "type": "object",
        "required": ["index", "success"],
        "properties": {
            "index": {"type": "integer", "minimum": 0},
            "success": {"type": "boolean"},
            "id": ID,
            "error": error,
            "data": one_of(shown),
        },
    }
    counts = {name: {"type": "integer", "minimum": 0} for name in ("succeeded", "failed", "not_attempted")}
    return {
        "type": "object",
        "required": ["success", "results"],
        "properties": {
            "success": {"type": "boolean"},
            "results": {"type": "array", "items": one},
            "summary": {"type": "object", "required": list(counts), "properties": counts},
        },
    }


@endpoint("post", "/in/{code}", "configuration")
def intake(subject: Subject) -> Operation | None:
    """What a third party posts in its own form."""
    held = subject.offering("POST")
    if not held:
        return None
    (one,) = held
    record = reference(one, "create")
    body: Json = {"anyOf": [record, {"type": "array", "items": record, "maxItems": MOST}]}
    example: Any = [example_of(one)]
    for step in reversed((one.configuration.records_path or "").split(".") if one.configuration.records_path else []):
        body = {"type": "object", "required": [step], "properties": {step: body}}
        example = {step: example}
    if one.configuration.records_path:
        body = {"anyOf": [body, {"type": "array", "maxItems": 0, "description": "No news."}]}
    return Operation(
        f"in-{one.code}", f"What a third party posts: {one.configuration.name}", subject.model,
        {
            200: ("All went well.", results([reference(one, "record")])),
            207: ("Some went well.", results([reference(one, "record")])),
        },
        description="The record, or each of the list, is created, or updated by its match keys. Where none was taken, "
        "or where all may be sent again, the status is an error's, and its body holds `results` and `summary`, too.",
        parameters=[shared("Idempotency-Key")], body=body, body_examples={one.code: example},
        errors=(409, 422), security=one.security, may_wait=True, headers=REPLAYED,
    )  # fmt: skip
