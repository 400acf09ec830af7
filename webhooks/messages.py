"""What the hub sends to registered webhooks, for the section ``webhooks`` of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.flow import events
from hub.transform import contract
from syncconfig.api.contract.components import Json
from syncconfig.api.contract.operations import one_of, schemas, section
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


# Messages ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """One message: without ``data`` it holds the record, and with ``changes`` the keys of it that changed."""

    name: str
    style: str
    summary: str
    data: Json | None = None
    sample: Mapping[str, Any] = field(default_factory=dict)
    changes: bool = False
    record: bool = True

    def item(self, held: Sequence[Resource]) -> Json:
        """The path item, for who may read by these configurations."""
        schema = _body(self.name, held, _record(held) if self.data is None else self.data, record=self.record)
        media = {"schema": schema, "examples": {"message": {"value": self._example(held)}}}
        operation: Json = {
            "operationId": f"told-{self.name}",
            "summary": self.summary,
            "description": f"{SPELLINGS[self.style]} {ABOUT}",
            "tags": [TAG],
            "parameters": HEADERS,
            "requestBody": {"required": True, "content": {"application/json": media}},
            "responses": RESPONSES,
        }
        return {"post": operation}

    def _example(self, held: Sequence[Resource]) -> Json:
        data = dict(self.sample) if self.data is not None else _sample(held)
        changed = list(data)[:1] if self.changes else []
        if self.changes and self.style == events.EVENT:
            data = {key: data[key] for key in changed}
        who = {"user_id": 2, "company_id": 1} if self.record else {"user_id": None, "company_id": None}
        return {
            "event": self.name,
            "timestamp": WHEN,
            "model": held[0].configuration.model,
            "record_id": 42 if self.record else None,
            "data": data,
            "changed_fields": changed,
            "metadata": {**who, "database": "production"},
        }


MESSAGES = (
    Told("create", events.WEBHOOK, "A record was created"),
    Told("update", events.WEBHOOK, "A record was changed", changes=True),
    Told("delete", events.WEBHOOK, "A record is gone; its last values"),
    Told("record.created", events.EVENT, "A record was created"),
    Told("record.updated", events.EVENT, "A record was changed; what changed", changes=True),
    Told("record.deleted", events.EVENT, "A record is gone; its id", _closed(id=RECORD_ID), {"id": 42}),
    Told(
        "state.changed", events.EVENT, "The state of a record changed", _closed(id=RECORD_ID, old=STATE, new=STATE),
        {"id": 42, "old": {"state": "draft"}, "new": {"state": "sale"}},
    ),
    Told(
        "batch.completed", events.EVENT, "A batch of this API was carried out",
        _closed(operations=COUNT, succeeded=COUNT, failed=COUNT, ids={"type": "array", "items": RECORD_ID}),
        {"operations": 3, "succeeded": 2, "failed": 1, "ids": [42, 43]}, record=False,
    ),
)  # fmt: skip


@section("webhooks")
def calls(resources: Sequence[Resource]) -> Json:
    """The calls that the hub makes, by name: path items; none to who may read nothing."""
    held = _readable(resources)
    return {one.name: one.item(held) for one in MESSAGES} if held else {}
