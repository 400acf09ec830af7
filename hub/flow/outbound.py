"""Odoo's records on their way out: choosing them page by page, and building the request that carries them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.errors import InvalidInput, OdooMissing
from hub.flow import events, scripting, shape
from hub.flow.filters import domain_of
from hub.flow.plan import OutboundPlan
from hub.http import bodies
from hub.http.message import Request
from hub.http.schemes import scheme
from hub.odoo import domain as domains
from hub.odoo.connection import Odoo, Record
from hub.odoo.introspect import nearest
from hub.odoo.values import from_odoo
from hub.transform.mapping import FieldMap
from hub.transform.records import Describe, end_of
from hub.transform.services import Services
from hub.transform.sought import sought

PAGE = 500
"""How many ids a run takes from Odoo at a time."""


def next_ids(plan: OutboundPlan, odoo: Odoo, after: int, limit: int = PAGE, within: Sequence[Any] = ()) -> list[int]:
    """The ids of the next matching records behind ``after``: a keyset, so that any number of records costs the same.

    ``within`` is a domain that narrows the plan's own.
    """
    return odoo.search(plan.model, _narrowed(plan, ("id", ">", after), within), order="id", limit=limit)


NARROWING = ("id", "create_date", "write_date", "active")
"""Fields by which a run may be narrowed besides those that the mapping sends."""


def narrowing(plan: OutboundPlan, given: Any, describe: Describe) -> list[Any]:
    """The domain by which somebody else narrows a run, normalised; raises InvalidInput.

    It may look at what the configuration sends, and no further: else the number of records that match would tell what
    else Odoo knows of them.
    """
    if not isinstance(given, list):
        raise InvalidInput(
            '`domain` must be a list of conditions: [["write_date", ">", "2026-01-15 10:00:00"]].',
            field="domain",
            value=None,
            constraint="type",
        )
    found = domains.normalise(given)
    sent = {rule.odoo_field for rule in plan.rules if rule.odoo_field} | set(NARROWING)
    for name, operator, _ in domains.leaves(found):
        if operator in ("any", "not any") or name not in sent:
            near = nearest(name, sent)
            hint = f" Did you mean `{near}`?" if near else ""
            raise InvalidInput(
                f"`{name}` cannot narrow this run: use the Odoo fields that the configuration sends, without "
                f"`any`.{hint}",
                field=name,
                constraint="unknown_field",
                **({"suggestion": near} if near else {}),
            )
        first = name.partition(".")[0]
        if first not in describe(plan.model):
            raise InvalidInput(f"{plan.model} has no field `{first}`.", field=name, constraint="unknown_field")

    def leaf(name: str, operator: str, value: Any) -> tuple[str, str, Any]:
        return name, operator, sought(value, operator, end_of(plan.model, name, describe), name)

    return domains.converted(found, leaf)


def newest_ids(plan: OutboundPlan, odoo: Odoo, limit: int) -> list[int]:
    """The ids of the newest matching records."""
    return odoo.search(plan.model, domain_of(plan.domain), order="id desc", limit=limit)


def matching(plan: OutboundPlan, odoo: Odoo, ids: Sequence[int]) -> set[int]:
    """Those of ``ids`` that the plan's domain lets through."""
    if not ids:
        return set()
    # Archiving is a change too: it has to be heard of a record that a plain search would not see any more.
    return set(
        odoo.search(plan.model, _narrowed(plan, ("id", "in", list(ids))), order="id", context={"active_test": False})
    )


def present(plan: OutboundPlan, odoo: Odoo, ids: Sequence[int], names: Iterable[str]) -> dict[int, Record]:
    """As matching, with the values that these fields have now; of files their size."""
    wanted = list(names)
    found = (
        odoo.search_read(
            plan.model,
            _narrowed(plan, ("id", "in", list(ids))),
            wanted,
            order="id",
            context={"active_test": False, "bin_size": True},
        )
        if ids
        else []
    )
    return {record["id"]: record for record in found}


def event_of(
    kind: str, told: Mapping[str, Any] | None = None, fields: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """What scripts and templates see of the cause: ``type``, ``changed_fields``, ``old`` and ``new`` by field, ``at``
    (ISO 8601) and ``user_id`` of who did it in Odoo; the latter empty where nobody knows.
    """
    told, fields = told or {}, fields or {}

    def shown(values: Mapping[str, Any]) -> dict[str, Any]:
        kinds = {name: str(fields.get(name, {}).get("type", "char")) for name in values}
        return {name: from_odoo(value, kinds[name]) for name, value in values.items()}

    return {
        "type": kind,
        "changed_fields": list(told.get("changed_fields", ())),
        "old": shown(told.get("old", {})),
        "new": shown(told.get("new", {})),
        "at": told.get("at"),
        "user_id": told.get("user_id"),
    }


def fetch(plan: OutboundPlan, odoo: Odoo, ids: Iterable[int], mapping: FieldMap) -> dict[int, Record]:
    """The records as they are now, by id; those that are gone, or no longer match the domain, are left out."""
    wanted = [name for name in scripting.hints(plan.scripts) if _readable(mapping, name)]
    found = odoo.search_read(
        plan.model,
        _narrowed(plan, ("id", "in", sorted(set(ids)))),
        list(dict.fromkeys([*mapping.fields_to_read(), *sorted(wanted)])),
        order="id",
        context={"active_test": False},
    )
    return {record["id"]: record for record in mapping.complete(odoo, found)}


def bind(plan: OutboundPlan, describe: Describe, services: Services | None = None) -> FieldMap:
    """The plan's mapping for that Odoo, with what its templates need; raises Misconfigured."""
    shape.check(plan)
    beside = dict.fromkeys([*shape.beside(plan), *events.beside(plan, describe(plan.model))])
    return FieldMap.bind(plan.model, plan.rules, describe, services=services, beside=beside)


def from_values(record_id: int, values: Mapping[str, Any], mapping: FieldMap, odoo: Odoo | None = None) -> Record:
    """A record that is gone, from its last values: what they do not hold is empty.

    What lies behind dots is read from ``odoo``, as long as the related record is there.
    """
    paths = [*(one for row in mapping.readable for one in row.paths), *mapping.beside]
    names = mapping.fields_to_read()
    record: Record = {"id": record_id} | {name: values.get(name, False) for name in names if name != "id"}
    if odoo is not None:
        try:
            mapping.complete(odoo, [record])
        except OdooMissing:
            pass  # the related record is gone as well
    return {one: values.get(one, False) for one in paths} | record


@dataclass(frozen=True)
class Built:
    """A request, the records that it carries and its body as data; or, without a request, why there is none."""

    request: Request | None
    records: tuple[Record, ...] = ()
    body: Any = None
    why_not: str = ""


def build(
    plan: OutboundPlan, chosen: Sequence[Record], mapping: FieldMap, services: Services, message_id: str
) -> Built:
    """The request for one record, or for a batch as a JSON list; by way of the plan's scripts.

    By ``message_id`` and what is sent an Idempotency-Key is made: a receiver can tell a repetition from news. Raises
    InvalidInput for a value that does not fit, ScriptError for a script that fails.
    """
    meeting = scripting.meeting(plan.scripts, services, plan.model, chosen)
    if not meeting:
        return Built(None, why_not="The condition is not met.")
    ready = scripting.prepared(plan.scripts, services, plan.model, meeting)
    if not ready:
        return Built(None, why_not="The script before the mapping leaves no record.")
    payloads = [mapping.outward(record) for record in ready]
    body = scripting.mapped(plan.scripts, services, plan.model, ready, payloads if plan.is_batch else payloads[0])
    names = shape.names_of(plan, mapping, ready, body)
    data = shape.files(body, mapping) if bodies.body_type(plan.body_type).sends_files else body
    if plan.body_type in events.STYLES:
        data = body = events.envelope(plan, body, mapping, ready[0], services.event)
    return Built(_request(plan, data, names, message_id), tuple(ready), body)


def build_summary(plan: OutboundPlan, kind: str, data: Any, event: Mapping[str, Any], message_id: str) -> Built:
    """The request for a message that is about no record of Odoo, such as the end of a batch."""
    body = events.summary(plan, kind, data, event)
    return Built(_request(plan, body, {"data": body, "count": 0, "event": event}, message_id), (), body)


def _request(plan: OutboundPlan, data: Any, names: Mapping[str, Any], message_id: str) -> Request:
    own = {name.lower() for name, _ in plan.headers}
    body, content_type = shape.body(plan, data, names)
    url = shape.address(plan, names)
    key = message_id if plan.body_type in events.STYLES else _key(message_id, url, body, content_type)
    standard = (
        *((("Content-Type", content_type),) if content_type else ()),
        ("Accept", bodies.body_type(plan.body_type).accepts),
        ("User-Agent", "SyncHub"),
        ("Idempotency-Key", key),
    )
    headers = tuple((name, value) for name, value in standard if name.lower() not in own)
    auth = scheme(plan.auth_scheme)
    return Request(
        method=plan.method,
        url=auth.address(url, plan.credentials),
        headers=(*headers, *plan.headers, *auth.headers(plan.credentials)),
        body=body,
        connect_timeout=plan.connect_timeout,
        read_timeout=plan.read_timeout,
        tls=plan.tls,
    )


def _key(message_id: str, url: str, body: bytes | None, content_type: str) -> str:
    """The same for the same request again, and another one where the message has other values by now.

    Under one key a receiver answers what it answered before, or refuses another body: what is new would not arrive
    (draft-ietf-httpapi-idempotency-key-header, 2.2). Webhooks keep their message's id, which is what they are known by.
    """
    boundary = content_type.partition("boundary=")[2].encode()  # of a form with files, and new each time
    content = (body or b"").replace(boundary, b"") if boundary else body or b""
    digest = hashlib.sha256(b"\0".join((message_id.encode(), url.encode(), content))).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def _readable(mapping: FieldMap, name: str) -> bool:
    return name in mapping.fields and mapping.fields[name].get("type") != "binary"


def _narrowed(plan: OutboundPlan, leaf: tuple[str, str, Any], within: Sequence[Any] = ()) -> list[Any]:
    return domains.all_of([leaf], list(within), domain_of(plan.domain))
