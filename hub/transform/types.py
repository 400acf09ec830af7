"""Checks a caller's value against the type of an Odoo field, before Odoo is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.errors import InvalidInput, OdooValidation
from hub.odoo.values import to_odoo

INTEGER_MOST = 2**31 - 1
"""Odoo stores integers in four bytes."""


def inward(value: Any, info: Mapping[str, Any], name: str, *, check: bool = True) -> Any:
    """Odoo's value for a caller's; raises InvalidInput that names ``name`` and the constraint.

    Without ``check``, only what Odoo spells differently is converted: dates, and a many2one given as an object.
    """
    kind = str(info["type"])
    if value is None:
        return False
    checker = CHECKS.get(kind) if check else None
    if checker is not None:
        value = checker(value, info, name)
    try:
        return to_odoo(value, kind)
    except OdooValidation as error:
        raise wrong(name, value, "format", error.message) from None


def wrong(name: str, value: Any, constraint: str, message: str) -> InvalidInput:
    """The error for one field, in the form of the seeds' ``details``."""
    shown = value if isinstance(value, int | float | bool) or value is None else str(value)[:100]
    return InvalidInput(f"`{name}`: {message}", field=name, value=shown, constraint=constraint)


def _text(value: Any, info: Mapping[str, Any], name: str) -> Any:
    if value is False:
        return False
    if not isinstance(value, str):
        raise wrong(name, value, "type", "send text in quotes.")
    size = info.get("size")
    if size and len(value) > size:
        raise wrong(name, value, "length", f"the text has {len(value)} characters; Odoo keeps {size}.")
    return value


def _integer(value: Any, info: Mapping[str, Any], name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise wrong(name, value, "type", "send a whole number.")
    if abs(value) > INTEGER_MOST:
        raise wrong(name, value, "range", f"the number must be between -{INTEGER_MOST} and {INTEGER_MOST}.")
    return int(value)


def _number(value: Any, info: Mapping[str, Any], name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong(name, value, "type", "send a number, such as 12.5.")
    if abs(value) > 1e300:
        raise wrong(name, value, "range", "the number is too large.")
    return value


def _boolean(value: Any, info: Mapping[str, Any], name: str) -> bool:
    if not isinstance(value, bool):
        raise wrong(name, value, "type", "send true or false.")
    return value


def _moment(value: Any, info: Mapping[str, Any], name: str) -> Any:
    if value is not False and not isinstance(value, str):
        raise wrong(name, value, "type", "send a date in ISO 8601, such as 2026-01-31T14:30:00Z or 2026-01-31.")
    return value or False


def _selection(value: Any, info: Mapping[str, Any], name: str) -> Any:
    if value is False:
        return False
    choices = [choice[0] for choice in info.get("selection") or ()]
    if choices and value not in choices:
        raise wrong(name, value, "selection", f"choose one of: {', '.join(map(str, choices))}.")
    return value


def _many2one(value: Any, info: Mapping[str, Any], name: str) -> Any:
    record_id = value.get("id") if isinstance(value, Mapping) else value
    if record_id is False or record_id is None:
        return False
    if isinstance(record_id, bool) or not isinstance(record_id, int) or not 0 < record_id <= INTEGER_MOST:
        raise wrong(name, value, "type", f'send the id of a record of {info.get("relation")}, as 235 or {{"id": 235}}.')
    return record_id


def _x2many(value: Any, info: Mapping[str, Any], name: str) -> Any:
    if isinstance(value, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        return [[6, 0, value]]
    commands = isinstance(value, list) and all(
        isinstance(one, list) and one and isinstance(one[0], int) and one[0] in range(7) for one in value
    )
    if not commands:
        raise wrong(
            name, value, "type", 'send a list of ids, or commands such as [[6, 0, [1, 2]]] or [[0, 0, {"name": "x"}]].'
        )
    return value


def _binary(value: Any, info: Mapping[str, Any], name: str) -> Any:
    if value is not False and not isinstance(value, str):
        raise wrong(name, value, "type", "send the file's content as base64 text.")
    return value


CHECKS: dict[str, Callable[[Any, Mapping[str, Any], str], Any]] = {
    "char": _text,
    "text": _text,
    "html": _text,
    "integer": _integer,
    "float": _number,
    "monetary": _number,
    "boolean": _boolean,
    "date": _moment,
    "datetime": _moment,
    "selection": _selection,
    "many2one": _many2one,
    "one2many": _x2many,
    "many2many": _x2many,
    "binary": _binary,
}
