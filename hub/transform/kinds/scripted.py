"""Values that a few lines of Python make."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hub.odoo.values import ODOO_DATETIME, from_odoo
from hub.transform import types
from hub.transform.kinds.base import Bound, Kind, bad_detail
from hub.transform.script.compiled import compiled
from hub.transform.script.errors import ScriptError
from hub.transform.script.lint import parse, problems
from hub.transform.script.values import Records, value_in
from hub.transform.services import Incoming, Outgoing
from hub.transform.shapes import Schema

NAMES = ("env", "self", "value", "records", "record", "model", "request_data", "data", "event")
"""What a script for a value finds."""


class Script(Kind):
    """By a script in the sandbox."""

    key = "script"
    example = "result = (value or '').upper()"
    label = "Script"
    sentence = (
        "What the Python script in Detail makes of `value`; `records` is the record, `request_data` the data so far: "
        "result = (value or '').upper(). In: `value` is what the caller sends."
    )
    searchable = False
    makes_own = True
    one_way = True

    def parse(self, detail: str) -> str:
        """The script, if it can run; with the line where it cannot."""
        if not detail.strip():
            raise bad_detail("Write a script, such as: result = (value or '').strip().upper()")
        tree, found = parse(detail)
        found = found or (problems(tree, NAMES) if tree is not None else [])
        if found:
            raise bad_detail(f"Line {found[0].line}: {found[0].message}")
        return detail

    def hints(self, options: str) -> frozenset[str]:
        """Names in the script that may be fields, to be read at once for all records."""
        try:
            return compiled(options, frozenset(NAMES)).hints
        except ScriptError:
            return frozenset()

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The script's result as JSON has it."""
        names = {
            "value": value_in(value, str(row.end["type"])),
            "records": (one := Records(row.model, [outgoing.record["id"]], [outgoing.record])),
            "record": one,
            "model": row.model,
            "request_data": dict(outgoing.payload),
            "data": dict(outgoing.payload),
        }
        return as_json(row.services.script(row.options, names))

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """The script's result, checked by the field's type."""
        held = Records(row.model, [] if incoming.record_id is None else [incoming.record_id])
        names = {
            "value": value,
            "records": held,
            "record": held,
            "model": row.model,
            "request_data": dict(incoming.data),
            "data": dict(incoming.data),
        }
        return types.inward(as_values(row.services.script(row.options, names)), row.info, row.name)

    def accepts(self, row: Bound) -> Schema:
        """Whatever the script makes something of."""
        return {}

    def gives(self, row: Bound) -> Schema:
        """Whatever the script gives."""
        return {}


def as_json(value: Any) -> Any:
    """A script's result for the world outside: ISO 8601, numbers, ids for records, ``None`` for nothing."""
    if isinstance(value, Records):
        return list(value.ids) if len(value.ids) > 1 else next(iter(value.ids), None)
    if isinstance(value, datetime):
        return from_odoo(value.strftime(ODOO_DATETIME), "datetime") if value.tzinfo is None else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ScriptError(f"The script gives {value}, which is no number for anybody else. Give None instead.")
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, dict):
        return {_key(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def as_values(value: Any) -> Any:
    """A script's result on its way into Odoo: as ``as_json``, dates in Odoo's own spelling."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.strftime(ODOO_DATETIME)
    if isinstance(value, dict):
        return {_key(key): as_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_values(item) for item in value]
    return as_json(value)


def _key(key: Any) -> str:
    return key if isinstance(key, str) else str(as_json(key))
