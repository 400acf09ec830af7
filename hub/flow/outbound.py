"""Odoo's records on their way out: choosing them page by page, and building the request that carries them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.flow.filters import domain_of
from hub.flow.plan import OutboundPlan
from hub.http.auth import scheme
from hub.http.message import Request
from hub.odoo import domain as domains
from hub.odoo.connection import Odoo, Record
from hub.transform import records
from hub.transform.mapping import FieldMap, Fields

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


def fetch(plan: OutboundPlan, odoo: Odoo, ids: Iterable[int], describe: records.Describe) -> dict[int, Record]:
    """The records as they are now, by id; those that are gone, or no longer match the domain, are left out."""
    mapping = bind(plan, describe(plan.model))
    paths = [rule.path for rule in mapping.readable()]
    found = odoo.search_read(
        plan.model,
        _narrowed(plan, ("id", "in", sorted(set(ids)))),
        records.roots(paths),
        order="id",
        context={"active_test": False},
    )
    return {record["id"]: record for record in records.complete(odoo, plan.model, found, paths, describe)}


def bind(plan: OutboundPlan, fields: Fields) -> FieldMap:
    """The plan's mapping for that Odoo; raises Misconfigured."""
    return FieldMap.bind(plan.model, plan.rules, fields)


def from_values(plan: OutboundPlan, record_id: int, values: Mapping[str, Any], fields: Fields) -> Record:
    """A record that is gone, from its last values: what they do not hold is empty."""
    record: Record = {rule.path: values.get(rule.path, False) for rule in bind(plan, fields).readable()}
    return record | {"id": record_id}


def build(plan: OutboundPlan, chosen: Sequence[Record], fields: Fields, message_id: str) -> Request:
    """The request for one record, or for a batch as a JSON list; raises InvalidInput for a required empty value.

    ``message_id`` goes along as Idempotency-Key: a receiver can tell a repetition from news.
    """
    mapping = bind(plan, fields)
    payloads = [mapping.outward(record) for record in chosen]
    body = payloads if plan.is_batch else payloads[0]
    own = {name.lower() for name, _ in plan.headers}
    standard = (
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
        ("User-Agent", "SyncHub"),
        ("Idempotency-Key", message_id),
    )
    headers = tuple((name, value) for name, value in standard if name.lower() not in own)
    return Request(
        method=plan.method,
        url=plan.url,
        headers=(*headers, *plan.headers, *scheme(plan.auth_scheme).headers(plan.credentials)),
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(),
        connect_timeout=plan.connect_timeout,
        read_timeout=plan.read_timeout,
    )


def _narrowed(plan: OutboundPlan, leaf: tuple[str, str, Any]) -> list[Any]:
    return domains.all_of([leaf], domain_of(plan.domain))
