"""What goes out as an event: what happened, when, to which record, with its data; in one of two spellings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hub.errors import Misconfigured
from hub.flow.plan import OutboundPlan
from hub.odoo.connection import Record
from hub.odoo.values import from_odoo
from hub.transform.mapping import FieldMap

WEBHOOK, EVENT = "webhook", "event"
STYLES = (WEBHOOK, EVENT)
"""The types of a body that are an event."""

LONG = {"create": "record.created", "update": "record.updated", "delete": "record.deleted", "state": "state.changed",
        "batch": "batch.completed"}  # fmt: skip
"""How the style EVENT calls what the style WEBHOOK calls by a word."""

COMPANY = "company_id"


def beside(plan: OutboundPlan, fields: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """What an event says of a record besides the mapping; raises Misconfigured for a batch, which is no event."""
    if plan.body_type not in STYLES:
        return ()
    if plan.is_batch:
        raise Misconfigured("An event is about one record: choose JSON for batches.", field="body_type")
    return (COMPANY,) if COMPANY in fields else ()


def envelope(
    plan: OutboundPlan, data: Mapping[str, Any], mapping: FieldMap, record: Record, event: Mapping[str, Any]
) -> dict[str, Any]:
    """The body of a message about a record; ``event`` as hub.flow.outbound.event_of makes it."""
    kind = str(event.get("type", ""))
    changed = _external(mapping, event.get("changed_fields", ()))
    company = from_odoo(record.get(COMPANY, False), "many2one") if COMPANY in mapping.beside else None
    return _of(
        plan.body_type,
        kind,
        event,
        model=plan.model,
        record_id=record["id"],
        data=_data(plan, kind, data, changed, record, event),
        changed_fields=changed,
        company_id=company,
    )


def summary(plan: OutboundPlan, kind: str, data: Any, event: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a message that is about no single record, such as the end of a batch."""
    return _of(
        plan.body_type, kind, event, model=plan.model, record_id=None, data=data, changed_fields=[], company_id=None
    )


def _of(style: str, kind: str, event: Mapping[str, Any], **rest: Any) -> dict[str, Any]:
    company = rest.pop("company_id")
    return {
        "event": LONG.get(kind, kind) if style == EVENT else kind,
        "timestamp": event.get("at") or datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        **rest,
        "metadata": {"user_id": event.get("user_id"), "company_id": company, "database": event.get("database")},
    }


def _data(
    plan: OutboundPlan,
    kind: str,
    data: Mapping[str, Any],
    changed: Sequence[str],
    record: Record,
    event: Mapping[str, Any],
) -> Any:
    if plan.body_type == WEBHOOK:
        return data
    if kind == "delete":
        return {"id": record["id"]}
    if kind == "state":
        old, new = (_only(event.get(name, {}), plan.state_fields) for name in ("old", "new"))
        return {"id": record["id"], "old": old, "new": new}
    if kind == "update" and changed:
        return {key: value for key, value in data.items() if key in changed}
    return data


def _only(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What was written along with a state is not told with it: nobody asked whether it may be."""
    return {name: value for name, value in values.items() if name in names}


def _external(mapping: FieldMap, changed: Sequence[str]) -> list[str]:
    """The external keys whose values come from the fields that changed, as far as they are keys of the body itself."""
    fields = set(changed)
    rows = [row for row in mapping.readable if {one.split(".")[0] for one in row.paths} & fields]
    return list(dict.fromkeys(row.name.split(".")[0].split("[")[0] for row in rows))
