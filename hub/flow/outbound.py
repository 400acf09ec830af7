"""Odoo's records on their way out: choosing them page by page, and building the request that carries them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.flow import scripting, shape
from hub.flow.filters import domain_of
from hub.flow.plan import OutboundPlan
from hub.http.message import Request
from hub.http.schemes import scheme
from hub.odoo import domain as domains
from hub.odoo.connection import Odoo, Record
from hub.transform.mapping import FieldMap
from hub.transform.records import Describe
from hub.transform.services import Services

ACCEPTED = {"json": "application/json", "xml": "application/xml, application/json;q=0.9"}
"""What answers the hub would like best, by the type of the body that it sends."""

PAGE = 500
"""How many ids a run takes from Odoo at a time."""


def next_ids(plan: OutboundPlan, odoo: Odoo, after: int, limit: int = PAGE) -> list[int]:
    """The ids of the next matching records behind ``after``: a keyset, so that any number of records costs the same."""
    return odoo.search(plan.model, _narrowed(plan, ("id", ">", after)), order="id", limit=limit)


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
    return FieldMap.bind(plan.model, plan.rules, describe, services=services, beside=shape.beside(plan))


def from_values(record_id: int, values: Mapping[str, Any], mapping: FieldMap) -> Record:
    """A record that is gone, from its last values: what they do not hold is empty."""
    paths = [*(one for row in mapping.readable for one in row.paths), *mapping.beside]
    record: Record = {one: values.get(one, False) for one in paths}
    return record | {"id": record_id}


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

    ``message_id`` goes along as Idempotency-Key: a receiver can tell a repetition from news. Raises InvalidInput for a
    value that does not fit, ScriptError for a script that fails.
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
    data = shape.files(body, mapping) if plan.body_type == "multipart" else body
    return Built(_request(plan, data, names, message_id), tuple(ready), body)


def _request(plan: OutboundPlan, data: Any, names: Mapping[str, Any], message_id: str) -> Request:
    own = {name.lower() for name, _ in plan.headers}
    body, content_type = shape.body(plan, data, names)
    standard = (
        *((("Content-Type", content_type),) if content_type else ()),
        ("Accept", ACCEPTED.get(plan.body_type, "application/json, */*;q=0.5")),
        ("User-Agent", "SyncHub"),
        ("Idempotency-Key", message_id),
    )
    headers = tuple((name, value) for name, value in standard if name.lower() not in own)
    auth = scheme(plan.auth_scheme)
    return Request(
        method=plan.method,
        url=auth.address(shape.address(plan, names), plan.credentials),
        headers=(*headers, *plan.headers, *auth.headers(plan.credentials)),
        body=body,
        connect_timeout=plan.connect_timeout,
        read_timeout=plan.read_timeout,
        tls=plan.tls,
    )


def _readable(mapping: FieldMap, name: str) -> bool:
    return name in mapping.fields and mapping.fields[name].get("type") != "binary"


def _narrowed(plan: OutboundPlan, leaf: tuple[str, str, Any]) -> list[Any]:
    return domains.all_of([leaf], domain_of(plan.domain))
