"""How the addresses of webhooks describe themselves: what callers register."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.flow import events
from syncconfig.api.contract.components import Json
from syncconfig.api.contract.operations import (
    TAGS,
    Operation,
    Subject,
    endpoint,
    envelope,
    one_of,
    schemas,
    security_of,
)
from syncconfig.api.contract.parameters import chooser, shared
from syncconfig.api.contract.resources import Resource
from webhooks import subscriptions

TAG = "webhooks"
TAGS[TAG] = (
    "Addresses that the hub is to call when records change. What it sends there stands under *Webhooks*, at the end."
)
TEXT: Json = {"type": "string"}
NEEDED: Json = {"type": "string", "minLength": 1}
REPLAYED = ("Idempotency-Replayed",)
WEBHOOK_ID: Json = {"type": "string", "examples": ["wh_4f1d2c3b5a697887"]}
STATUS: Json = {
    "type": "string",
    "enum": ["active", "paused", "waiting"],
    "description": "waiting: the hub calls you again after a rest, for you did not answer or asked for one.",
}
ID: Json = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The webhook's id.",
    "schema": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
    "example": "wh_4f1d2c3b5a697887",
}
FOLLOWING: Json = {
    name: {"operationId": f"{name}-webhook", "parameters": {"id": "$response.body#/webhook_id"}}
    for name in ("get", "change", "delete")
}


# Schemas ----------------------------------------------------------------------------------------------


@schemas
def shared_schemas(resources: Sequence[Resource]) -> dict[str, Json]:
    """A webhook as its owner sees it, and how the hub says to the owner's system who it is."""
    return {"Webhook": _webhook(), "WebhookAuthentication": _authentication()}


def _webhook() -> Json:
    known = [*subscriptions.SHORT, *subscriptions.CALLED]
    properties: Json = {
        "webhook_id": WEBHOOK_ID,
        "status": STATUS,
        "reason": {"type": ["string", "null"], "description": "Why nothing is sent, while that is so."},
        "url": TEXT,
        "events": {"type": "array", "items": {"type": "string", "enum": known}},
        "model": TEXT,
        "fields": {"type": "array", "items": TEXT},
        "created_at": {"type": "string", "format": "date-time"},
    }
    return {"type": "object", "required": list(properties), "properties": properties}


WRITTEN = {
    "token": "^[!-~]+$",
    "username": "^[^:\\x00-\\x1f\\x7f]+$",
    "password": "^[^\\x00-\\x1f\\x7f]+$",
    "header": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    "key": "^[\\t -~]+$",
}
"""What the texts of an authentication are made of."""


def _authentication() -> Json:
    ways = [
        {
            "type": "object",
            "required": ["type", *names],
            "properties": {"type": {"const": kind}, **{name: NEEDED | {"pattern": WRITTEN[name]} for name in names}},
            "additionalProperties": False,
        }
        for kind, names in subscriptions.AUTH.items()
    ]
    about = "How the hub says to your system who it is. It is stored encrypted, and never shown."
    return {"description": about, "anyOf": [*ways, {"type": "null"}]}


def _registration(one: Resource, style: str) -> Json:
    """What is registered by one configuration: its model, and fields under its names."""
    by_event = style == events.EVENT
    names = list(one.readable)
    properties: Json = {
        "callback_url" if by_event else "url": _url(),
        "events": _events(_heard(one) if by_event else subscriptions.SHORT),
        "model": {"const": one.configuration.model},
        "fields": {
            "type": ["array", "null"],
            "items": {"type": "string", "enum": names} if names else TEXT,
            "description": "Of these alone; an update that changes none of them is not told. All unless you say.",
        },
        "filters" if by_event else "conditions": _filters() if by_event else _conditions(),
        "authentication": {"$ref": "#/components/schemas/WebhookAuthentication"},
    }
    return {
        "type": "object",
        "title": one.configuration.name,
        "required": [next(iter(properties)), "events", "model"],
        "properties": properties,
        "additionalProperties": False,
    }


def _url() -> Json:
    about = "The address that the hub is to call, as it stands: a brace in it is written %7B."
    return {"type": "string", "pattern": r"^https?://[^\s{]+$", "description": about}


def _heard(one: Resource) -> list[str]:
    """The events that its readers may hear of."""
    tells_states = subscriptions.has_state(one.readable.values())
    return [name for name, key in subscriptions.CALLED.items() if key != "state" or tells_states]


def _events(known: Sequence[str]) -> Json:
    return {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(known)}}


def _conditions() -> Json:
    about = 'Which records: a search domain over the fields that you may read. [["name", "ilike", "azure"]]'
    return {"type": ["array", "null"], "description": about}


def _filters() -> Json:
    about = "Which records: by field the value that it must have, or an operator and a value."
    return {"type": ["object", "array", "null"], "description": about}


def _example(one: Resource, style: str) -> Json:
    by_event = style == events.EVENT
    address = "callback_url" if by_event else "url"
    names = [name for name, row in one.readable.items() if row.out.searchable]
    field = next((name for name in names if name not in ("id", "create_date", "write_date")), "id")
    found: dict[str, Any] = {
        address: "https://external-api.com/webhook",
        "events": ["record.created", "record.updated"] if by_event else ["create", "update", "delete"],
        "model": one.configuration.model,
        "authentication": {"type": "bearer", "token": "external-api-token"},
    }
    found["filters" if by_event else "conditions"] = {field: ["!=", False]} if by_event else [[field, "!=", False]]
    return found


# Addresses --------------------------------------------------------------------------------------------


def _ways(resources: Sequence[Resource]) -> list[dict[str, list[str]]]:
    """The ways to say who one is; webhooks belong to clients, so that nobody else has some."""
    return [way for way in security_of(resources) if way] or [{"bearer": []}]


def _register(subject: Subject, style: str, name: str, summary: str) -> Operation | None:
    held = subject.offering("GET")
    if not held:
        return None
    answer = envelope("webhook_id", "status", webhook_id=WEBHOOK_ID, status={"const": "active"})
    return Operation(
        name, summary, TAG, {201: ("Registered.", answer)},
        description=f"Fields go by the names under which you read them. You may have {subscriptions.MOST} webhooks.",
        parameters=[shared("Idempotency-Key"), chooser(held)],
        body=one_of([_registration(one, style) for one in held]),
        body_examples={one.code: _example(one, style) for one in held},
        errors=(409, 422), security=_ways(held), headers={201: ("Location", *REPLAYED)}, links={201: FOLLOWING},
    )  # fmt: skip


@endpoint("post", "/webhooks", "hub")
def register(subject: Subject) -> Operation | None:
    """Register one."""
    return _register(subject, events.WEBHOOK, "register-webhook", "Register an address that is called on changes")


@endpoint("post", "/events/subscribe", "hub")
def subscribe(subject: Subject) -> Operation | None:
    """The same in the spelling of events."""
    return _register(subject, events.EVENT, "subscribe", "Subscribe to events, in their own spelling")


@endpoint("get", "/webhooks", "hub")
def listed(subject: Subject) -> Operation:
    """One's own."""
    one: Json = {"type": "array", "items": {"$ref": "#/components/schemas/Webhook"}}
    return Operation(
        "list-webhooks", "Your webhooks", TAG, {200: ("The newest first.", envelope("webhooks", webhooks=one))},
        errors=(400,), security=_ways(subject.resources),
    )  # fmt: skip


def _told() -> Json:
    return {"allOf": [envelope(), {"$ref": "#/components/schemas/Webhook"}]}


@endpoint("get", "/webhooks/{id}", "hub")
def read(subject: Subject) -> Operation:
    """One of them."""
    return Operation(
        "get-webhook", "One of your webhooks, and how it does", TAG, {200: ("The webhook.", _told())},
        parameters=[ID], errors=(400,), security=_ways(subject.resources),
    )  # fmt: skip


@endpoint("patch", "/webhooks/{id}", "hub")
def change(subject: Subject) -> Operation:
    """Pause it, or let it go on."""
    body: Json = {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"enum": ["active", "paused"]}},
        "additionalProperties": False,
    }
    return Operation(
        "change-webhook", "Pause a webhook, or let it go on", TAG, {200: ("As it is now.", _told())},
        description="What comes up while it is paused waits. For anything else register a new webhook.",
        parameters=[ID, shared("Idempotency-Key")],
        body=body, body_examples={"pause": {"status": "paused"}, "go on": {"status": "active"}},
        errors=(409, 422), security=_ways(subject.resources), headers={200: REPLAYED},
    )  # fmt: skip


@endpoint("delete", "/webhooks/{id}", "hub")
def delete(subject: Subject) -> Operation:
    """Nothing is sent any more."""
    answer = envelope("message", "webhook_id", message=TEXT, webhook_id=WEBHOOK_ID)
    return Operation(
        "delete-webhook", "Delete a webhook", TAG, {200: ("Nothing is sent any more, not even what waits.", answer)},
        parameters=[ID, shared("Idempotency-Key")],
        errors=(400, 409, 422), security=_ways(subject.resources), headers={200: REPLAYED},
    )  # fmt: skip
