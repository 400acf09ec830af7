"""Whether Odoo holds a value already: what would be written, beside what was read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from hub.odoo.connection import Record
from hub.transform import properties
from hub.transform.kinds.base import TO_MANY
from hub.transform.mapping import Fields
from hub.transform.records import ids_of

NUMBERS = ("integer", "float", "monetary")


def changes(values: Mapping[str, Any], record: Record, fields: Fields) -> dict[str, Any]:
    """Those of the values that the record, which was read, has not."""
    return {
        name: value
        for name, value in values.items()
        if name not in record or not same(value, record[name], fields.get(name, {}))
    }


def same(value: Any, held: Any, info: Mapping[str, Any]) -> bool:
    """Whether a value that would be written is the one that was read; when in doubt it is not."""
    kind = info.get("type")
    if kind in NUMBERS:
        return _same_number(value or 0, held or 0, info)
    if kind == "many2one":
        return _first(value) == _first(held)
    if kind in TO_MANY:
        return _same_records(value, held)
    if kind == properties.TYPE and isinstance(value, Mapping):
        return bool(value == properties.values_of(held))
    if value in (False, None, "") and held in (False, None, ""):
        return True
    return type(value) is type(held) and bool(value == held)


def _same_number(value: Any, held: Any, info: Mapping[str, Any]) -> bool:
    if not isinstance(value, int | float) or not isinstance(held, int | float):
        return False
    digits = info.get("digits")
    if isinstance(digits, list | tuple) and len(digits) == 2 and isinstance(digits[1], int):
        return bool(abs(value - held) < 0.5 * 10 ** -digits[1])
    return math.isclose(value, held, rel_tol=1e-9, abs_tol=1e-9)


def _same_records(value: Any, held: Any) -> bool:
    """Commands that set, add or remove links change nothing where the links are so; all others do something."""
    there = set(held) if isinstance(held, list | tuple) else set()
    if not isinstance(value, list):
        return False
    after = set(there)
    for command in value:
        if not isinstance(command, list | tuple) or not command:
            return False
        if command[0] == 6:
            after = set(command[2])
        elif command[0] == 4:
            after.add(command[1])
        elif command[0] == 3:
            after.discard(command[1])
        elif command[0] == 5:
            after = set()
        else:
            return False
    return after == there


def _first(value: Any) -> int | None:
    found = ids_of(value)
    return found[0] if found else None
