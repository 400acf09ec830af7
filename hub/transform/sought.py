"""Values that are searched for: checked and converted by the field's type, before Odoo is asked.

Odoo takes moments in its own spelling alone, and tells what its code stumbled over where a value does not fit a field.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from hub.errors import OdooValidation
from hub.odoo.values import to_odoo
from hub.transform.types import INTEGER_MOST, wrong

RELATIVE = re.compile(r"(?:now|today|[=+-])")
"""How Odoo 19's own moments begin, such as ``today -7d``: it reads them itself."""

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
EQUAL = ("=", "!=", "==", "<>")
TREES = ("child_of", "parent_of")
NUMBERS = ("float", "monetary")


def sought(value: Any, operator: str, info: Mapping[str, Any], name: str) -> Any:
    """Odoo's value for one in a condition on a field; raises InvalidInput that names ``name`` and the constraint.

    A list, for ``in`` and its like, is converted one by one. What no type is known to rule out is left as it is.
    """
    if not info.get("searchable", True):
        raise wrong(name, value, "searchable", "Odoo cannot search by this field: it keeps no column of it.")
    if info["type"] == "binary" and not _asks_for_none(value, operator):
        raise wrong(
            name,
            value,
            "searchable",
            "what is in a file cannot be searched: ask for none by = null, for one by != null.",
        )
    if isinstance(value, list | tuple) and ("in" in operator.split() or operator in TREES or operator in ("=", "!=")):
        return [_one(one, operator, info, name) for one in value]
    return _one(value, operator, info, name)


def _asks_for_none(value: Any, operator: str) -> bool:
    """Whether a condition on a file only asks whether there is one; for all others Odoo finds every record."""
    given = value if isinstance(value, list | tuple) else [value]
    return operator in (*EQUAL, "in", "not in") and bool(given) and all(one is None or one is False for one in given)


def _one(value: Any, operator: str, info: Mapping[str, Any], name: str) -> Any:
    if value is None or isinstance(value, bool):
        return bool(value) if info["type"] == "boolean" else value or False
    if isinstance(value, Mapping | list | tuple):
        raise wrong(
            name, value, "type", f"the operator `{operator}` compares with one value, such as a text or number."
        )
    kind = str(info["type"])
    if "like" in operator:
        return value
    if kind in ("date", "datetime"):
        return _moment(value, kind, name)
    if kind == "boolean":
        return _boolean(value, name)
    if kind == "integer" or kind in NUMBERS:
        return _number(value, kind, name)
    return value


def _moment(value: Any, kind: str, name: str) -> Any:
    if not isinstance(value, str):
        raise wrong(name, value, "type", "compare with a date in ISO 8601, such as 2026-01-31T14:30:00Z or 2026-01-31.")
    text = value.strip()
    if not text or RELATIVE.match(text):
        return text
    try:
        return to_odoo(text, "date" if DATE.fullmatch(text) else kind)
    except OdooValidation as error:
        raise wrong(name, value, "format", error.message) from None


def _boolean(value: Any, name: str) -> bool:
    words = {"true": True, "false": False, "1": True, "0": False}
    found = words.get(str(value).strip().lower())
    if found is None:
        raise wrong(name, value, "type", "compare with true or false.")
    return found


def _number(value: Any, kind: str, name: str) -> Any:
    try:
        number = float(value) if isinstance(value, str) else value
    except ValueError:
        number = math.nan
    if isinstance(number, float) and math.isnan(number):  # also of a text
        raise wrong(name, value, "type", "compare with a number.")
    if abs(number) > (INTEGER_MOST if kind == "integer" else 1e300):
        raise wrong(name, value, "range", "the number is larger than any that Odoo keeps here.")
    return int(number) if kind == "integer" and number == int(number) else number
