"""Odoo's records on their way out: choosing them page by page, and building the request that carries them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.errors import InvalidInput
from hub.flow import scripting
from hub.flow.filters import domain_of
from hub.flow.plan import OutboundPlan
from hub.http.auth import scheme
from hub.http.message import Request
from hub.odoo import domain as domains
from hub.odoo.connection import Odoo, Record
from hub.transform.mapping import FieldMap
from hub.transform.records import Describe
from hub.transform.services import Services

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
    """The plan's mapping for that Odoo; raises Misconfigured."""
    return FieldMap.bind(plan.model, plan.rules, describe, services=services)


def from_values(record_id: int, values: Mapping[str, Any], mapping: FieldMap) -> Record:
    """A record that is gone, from its last values: what they do not hold is empty."""
    record: Record = {one: values.get(one, False) for row in mapping.readable for one in row.paths}
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
    return Built(_request(plan, body, message_id), tuple(ready), body)


def _request(plan: OutboundPlan, body: Any, message_id: str) -> Request:
    own = {name.lower() for name, _ in plan.headers}
    standard = (
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
        ("User-Agent", "SyncHub"),
        ("Idempotency-Key", message_id),
    )
    headers = tuple((name, value) for name, value in standard if name.lower() not in own)
    auth = scheme(plan.auth_scheme)
    return Request(
        method=plan.method,
        url=auth.address(plan.url, plan.credentials),
        headers=(*headers, *plan.headers, *auth.headers(plan.credentials)),
        body=_json(body),
        connect_timeout=plan.connect_timeout,
        read_timeout=plan.read_timeout,
    )


def _json(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except ValueError:
        raise InvalidInput("The payload holds NaN or Infinity, which JSON has not.") from None


def _readable(mapping: FieldMap, name: str) -> bool:
    return name in mapping.fields and mapping.fields[name].get("type") != "binary"


def _narrowed(plan: OutboundPlan, leaf: tuple[str, str, Any]) -> list[Any]:
    return domains.all_of([leaf], domain_of(plan.domain))
