"""Payloads that an Odoo really takes: required values, some harmless ones, and related records that exist."""

from __future__ import annotations

from typing import Any

from hub.errors import HubError
from hub.odoo.connection import Odoo
from hub.transform import shapes
from hub.transform.contract import Part, parts
from hub.transform.kinds import Bound, Nested
from hub.transform.kinds.base import TO_MANY

UNIQUE = "{{$guid}}"
"""What Postman replaces by an id of its own each time."""

TELLING = frozenset({"name", "email", "ref", "default_code", "barcode", "login", "client_order_ref"})
"""Fields whose values tell records apart."""

HARMLESS = TELLING | {"phone", "mobile", "street", "street2", "city", "zip", "website", "comment", "function"} | {
    "description", "description_sale", "list_price", "origin", "note",
}  # fmt: skip
"""Fields that may be set to an example on any Odoo."""


def payload(part: Part, odoo: Odoo, match: tuple[str, ...] = (), path: str = "") -> dict[str, Any]:
    """A payload that creates a new record; texts that tell it apart are made unique by Postman, each time anew."""
    found: dict[str, Any] = {}
    for step, one in part.below.items():
        value = _value(one, odoo, match, f"{path}.{step}" if path else str(step))
        if value is not None:
            found[str(step)] = value
    return found


def _value(part: Part, odoo: Odoo, match: tuple[str, ...], path: str) -> Any:
    row = part.row
    if row is None and not part.below:
        return "Text"  # a key that a template names
    if row is None:
        return _below(part, odoo, match, path)
    wanted = row.offered and (part.required or row.name in match or _needed(row) or _harmless(row))
    if not wanted or row.kind.key in ("constant", "template"):
        return None
    if isinstance(row.kind, Nested):
        return _nested(row, odoo)
    value = _related(row, odoo) if row.info.get("relation") else row.kind.sample(row)
    telling = row.name in match or row.rule.odoo_field in TELLING
    return unique(value) if telling and isinstance(value, str) and not row.info.get("size") else value


def _below(part: Part, odoo: Odoo, match: tuple[str, ...], path: str) -> Any:
    if not all(isinstance(step, int) for step in part.below):
        return payload(part, odoo, match, path) or None
    items = {int(step): _value(one, odoo, match, f"{path}[{step}]") for step, one in part.below.items()}
    kept = {number: value for number, value in items.items() if value is not None}
    return [kept.get(number) for number in range(max(kept) + 1)] if kept else None


def unique(value: str) -> str:
    """The text, another one each time."""
    name, at, host = value.partition("@")
    return f"{name}.{UNIQUE}@{host}" if at else f"{value} {UNIQUE}"


def _needed(row: Bound) -> bool:
    """Whether Odoo itself requires it: a relation always; other types have defaults as often as not."""
    return bool(row.info.get("required")) and (row.info.get("type") == "many2one" or row.rule.odoo_field == "name")


def _harmless(row: Bound) -> bool:
    return row.kind.key in ("plain", "phone") and row.rule.odoo_field in HARMLESS and not row.info.get("readonly")


def _nested(row: Bound, odoo: Odoo) -> Any:
    assert row.sub is not None
    one = payload(parts(row.sub), odoo)
    return [one] if row.info["type"] in TO_MANY else one


def _related(row: Bound, odoo: Odoo) -> Any:
    """What tells the first record that there is, as this row wants to be told; its sample where there is none."""
    relation, many = str(row.info["relation"]), row.info["type"] in TO_MANY
    field = row.path.partition(".")[2]
    if row.kind.key in ("country", "records", "script", "table"):
        return row.kind.sample(row)
    try:
        domain = [(field, "!=", False)] if field else []
        records = odoo.search_read(relation, domain, [field or "id"], order="id", limit=1)
    except HubError:
        records = []
    if not records:
        return shapes.BY_TYPE["one2many" if many else "many2one"]
    value = records[0][field or "id"]
    return [value] if many else value
