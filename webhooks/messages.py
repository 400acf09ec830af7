"""What the hub sends to registered webhooks, for the section ``webhooks`` of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.flow import events
from hub.transform import contract
from syncconfig.api.contract.components import Json
from syncconfig.api.contract.operations import Message, message, one_of, schemas
from syncconfig.api.contract.resources import Resource
from webhooks.contract import TAG

WHEN = "2026-01-15T10:30:00Z"
MESSAGE_ID = "7b0c1f0e-5d0b-4a53-9f0e-0f5f3f1c8a11"
RECORD_ID: Json = {"type": "integer", "minimum": 1}
COUNT: Json = {"type": "integer", "minimum": 0}
STATE: Json = {"type": "object", "required": ["state"], "properties": {"state": {"type": ["string", "null"]}}}
HEADERS: list[Json] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "The message's id, the same over all attempts: who has seen it leaves it aside.",
        "schema": {"type": "string", "format": "uuid"},
        "example": MESSAGE_ID,
    },
    {
        "name": "User-Agent",
        "in": "header",
        "required": True,
        "description": "Who calls.",
        "schema": {"const": "SyncHub"},
    },
]
RESPONSES: Json = {
    "2XX": {"description": "It arrived. Answer within 15 seconds; the body is not looked at."},
    "3XX": {"description": "Not followed: this message is given up."},
    "408": {"description": "Not now: it is tried again, up to seven times within a day."},
    "410": {"description": "No more: the hub pauses the webhook."},
    "425": {"description": "Not now, as 408."},
    "429": {
        "description": "Not now: nothing is sent to you before the time that `Retry-After` names.",
        "headers": {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
    },
    "4XX": {"description": "Not wanted: this message is given up."},
    "5XX": {"description": "Not now, as 408; a 503 with `Retry-After` as 429."},
}
SPELLINGS = {
    events.WEBHOOK: "To who registered by `POST /webhooks`.",
    events.EVENT: "To who registered by `POST /events/subscribe`.",
}
ABOUT = "The header `Authorization`, or the one of your API key, is as you registered it."


# Schemas ----------------------------------------------------------------------------------------------


def _readable(resources: Sequence[Resource]) -> list[Resource]:
    return [one for one in resources if "GET" in one.methods]


@schemas
def data_schemas(resources: Sequence[Resource]) -> dict[str, Json]:
    """What is sent of a record: the fields that its reader may see, without an id unless the mapping has one."""
    return {f"{one.code}.event": _data(one) for one in _readable(resources)}


def _data(one: Resource) -> Json:
    title = f"{one.configuration.name}: what webhooks are sent"
    if one.flow is None:
        return {"type": "object", "title": title, "description": one.trouble}
    return contract.given(one.parts) | {"title": title}


def _record(held: Sequence[Resource]) -> Json:
    return one_of([{"$ref": f"#/components/schemas/{one.code}.event"} for one in held])


def _sample(held: Sequence[Resource]) -> Any:
    return contract.sample(held[0].parts, read=True) if held[0].flow is not None else {}


def _closed(**properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}


def _body(name: str, held: Sequence[Resource], data: Json, *, record: bool) -> Json:
    number: Json = {"type": ["integer", "null"]}
    return _closed(
        event={"const": name},
        timestamp={"type": "string", "format": "date-time"},
        model={"type": "string", "enum": list(dict.fromkeys(one.configuration.model for one in held))},
        record_id=RECORD_ID if record else {"type": "null"},
        data=data,
        changed_fields={
            "type": "array",
            "items": {"type": "string"},
            "description": "Of an update: the keys in `data` whose values changed, where that is known.",
        },
        metadata=_closed(
            user_id=number | {"description": "Who changed it in Odoo, where Odoo tells."},
            company_id=number,
            database={"type": ["string", "null"]},
        ),
    )


def _example(name: str, held: Sequence[Resource], data: Any, changed: Sequence[str], *, record: bool) -> Json:
    return {
        "event": name,
        "timestamp": WHEN,
        "model": held[0].configuration.model,
        "record_id": 42 if record else None,
        "data": data,
        "changed_fields": list(changed),
        "metadata": {"user_id": 2 if record else None, "company_id": 1 if record else None, "database": "production"},
    }


# Messages ---------------------------------------------------------------------------------------------


def _register(name: str, style: str, summary: str, data: Json | None, example: Any, changes: bool = False) -> None:
    """Register a message; without ``data`` it holds the record, and with ``changes`` the keys that changed."""
    record = name != events.LONG["batch"]

    def describe(resources: Sequence[Resource]) -> Json | None:
        held = _readable(resources)
        if not held:
            return None
        shown = _sample(held) if example is None else example
        changed = list(shown)[:1] if changes else []
        if changes and style == events.EVENT:
            shown = {key: shown[key] for key in changed}
        schema = _body(name, held, _record(held) if data is None else data, record=record)
        told = _example(name, held, shown, changed, record=record)
        media = {"schema": schema, "examples": {"message": {"value": told}}}
        operation: Json = {
            "operationId": f"told-{name}",
            "summary": summary,
            "description": f"{SPELLINGS[style]} {ABOUT}",
            "tags": [TAG],
            "parameters": HEADERS,
            "requestBody": {"required": True, "content": {"application/json": media}},
            "responses": RESPONSES,
        }
        return {"post": operation}

    described: Message = describe
    message(name)(described)


_register("create", events.WEBHOOK, "A record was created", None, None)
_register("update", events.WEBHOOK, "A record was changed", None, None, changes=True)
_register("delete", events.WEBHOOK, "A record is gone; its last values", None, None)
_register("record.created", events.EVENT, "A record was created", None, None)
_register("record.updated", events.EVENT, "A record was changed; what changed", None, None, changes=True)
_register("record.deleted", events.EVENT, "A record is gone; its id", _closed(id=RECORD_ID), {"id": 42})
_register(
    "state.changed", events.EVENT, "The state of a record changed", _closed(id=RECORD_ID, old=STATE, new=STATE),
    {"id": 42, "old": {"state": "draft"}, "new": {"state": "sale"}},
)  # fmt: skip
_register(
    "batch.completed", events.EVENT, "A batch of this API was carried out",
    _closed(operations=COUNT, succeeded=COUNT, failed=COUNT, ids={"type": "array", "items": RECORD_ID}),
    {"operations": 3, "succeeded": 2, "failed": 1, "ids": [42, 43]},
)  # fmt: skip
