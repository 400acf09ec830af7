"""Checks a caller's value against the type of an Odoo field, before Odoo is asked."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from hub.errors import InvalidInput, OdooValidation
from hub.odoo import commands
from hub.odoo.commands import Code, Command
from hub.odoo.values import to_odoo

INTEGER_MOST = 2**31 - 1
"""Odoo stores integers in four bytes."""

CHAR_MOST = 10_000
"""Characters of a text of one line where Odoo itself sets no limit: more is a mistake, and no list can show it."""

SHOWN_CHOICES = 12
"""Choices of a selection that an error lists: time zones have hundreds."""

NEVER_EMPTY = ("boolean", "integer", "float", "monetary")
"""Types whose empty value is one of their values: false and 0."""


def inward(value: Any, info: Mapping[str, Any], name: str, *, check: bool = True) -> Any:
    """Odoo's value for a caller's; raises InvalidInput that names ``name`` and the constraint.

    Without ``check``, only what Odoo spells differently is converted: dates, and a many2one given as an object.
    Commands for a one2many or many2many are those of a configuration: for a caller's see ``hub.transform.lines``.
    """
    kind = str(info["type"])
    if value is None or (value is False and kind not in NEVER_EMPTY):
        if check and info.get("required") and kind not in NEVER_EMPTY:
            raise wrong(name, value, "required", "Odoo needs a value here.")
        return False
    if kind in ("one2many", "many2many"):
        return _x2many(value, name)
    checker = CHECKS.get(kind) if check else None
    if checker is not None:
        value = checker(value, info, name)
    try:
        return to_odoo(value, kind)
    except OdooValidation as error:
        raise wrong(name, value, "format", error.message) from None


def nothing(value: Any) -> bool:
    """Whether a caller means no value at all; 0 is one."""
    return value is None or value is False or value == ""


def whole(value: Any) -> Any:
    """5 for 5.0, also in lists: JSON knows one kind of number, and some write whole ones so."""
    if isinstance(value, list):
        return [whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def wrong(name: str, value: Any, constraint: str, message: str) -> InvalidInput:
    """The error for one field, in the form of the seeds' ``details``; ``value`` as it was sent."""
    return InvalidInput(f"`{name}`: {message}", field=name, value=value, constraint=constraint)


def _text(value: Any, info: Mapping[str, Any], name: str) -> Any:
    if not isinstance(value, str):
        raise wrong(name, value, "type", "send text in quotes.")
    size = info.get("size")
    if size and len(value) > size:
        raise wrong(name, value, "length", f"the text has {len(value)} characters; Odoo keeps {size}.")
    if info["type"] == "char" and not size and len(value) > CHAR_MOST:
        raise wrong(
            name, value, "length", f"the text has {len(value)} characters; a text of one line has {CHAR_MOST} at most."
        )
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
    if not isinstance(value, str):
        raise wrong(name, value, "type", "send a date in ISO 8601, such as 2026-01-31T14:30:00Z or 2026-01-31.")
    return value or False


def _selection(value: Any, info: Mapping[str, Any], name: str) -> Any:
    choices = [choice[0] for choice in info.get("selection") or ()]
    if choices and value not in choices:
        words = [str(choice) for choice in choices]
        near = get_close_matches(str(value)[:100], words, n=1)
        hint = f"did you mean {near[0]}? Choose one of" if near else "choose one of"
        more = f" and {len(words) - SHOWN_CHOICES} more" if len(words) > SHOWN_CHOICES else ""
        raise wrong(name, value, "selection", f"{hint}: {', '.join(words[:SHOWN_CHOICES])}{more}.")
    return value


def _many2one(value: Any, info: Mapping[str, Any], name: str) -> Any:
    if isinstance(value, Mapping) and "id" not in value:
        raise wrong(name, value, "type", f'name the record of {info.get("relation")} by its id: {{"id": 235}}.')
    record_id = whole(value["id"] if isinstance(value, Mapping) else value)
    if record_id is None:
        return inward(None, info, name)
    if not is_id(record_id):
        raise wrong(name, value, "type", f'send the id of a record of {info.get("relation")}, as 235 or {{"id": 235}}.')
    return record_id


def is_id(value: Any) -> bool:
    """Whether it can be a record's id."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= INTEGER_MOST


def _reference(value: Any, info: Mapping[str, Any], name: str) -> Any:
    if not (isinstance(value, str) and re.fullmatch(r"[a-z0-9_.]+,[1-9][0-9]{0,9}", value)):
        raise wrong(name, value, "type", "send the model and the id of a record, such as res.partner,5.")
    return value


def _properties(value: Any, info: Mapping[str, Any], name: str) -> Any:
    fits = isinstance(value, Mapping) or (isinstance(value, list) and all(isinstance(one, Mapping) for one in value))
    if not fits:
        raise wrong(
            name, value, "type", 'send the values by name, {"color": "red"}, or the list of properties as it came out.'
        )
    items = value if isinstance(value, list) else []
    if any(one.get(flag) for one in items for flag in ("definition_changed", "definition_deleted")):
        raise wrong(name, value, "relation", "which properties there are is no record's own: change that in Odoo.")
    return value


def _binary(value: Any, info: Mapping[str, Any], name: str) -> Any:
    if not isinstance(value, str):
        raise wrong(name, value, "type", "send the file's content as base64 text.")
    try:
        text = value if value.isascii() and value.isprintable() else "".join(value.split())
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        hint = " Leave out all up to the comma." if value.startswith("data:") else ""
        raise wrong(name, value, "format", f"this is no base64 (RFC 4648).{hint}") from None
    return text


CHECKS: dict[str, Callable[[Any, Mapping[str, Any], str], Any]] = {
    "char": _text,
    "text": _text,
    "html": _text,
    "integer": _integer,
    "many2one_reference": _integer,
    "float": _number,
    "monetary": _number,
    "boolean": _boolean,
    "date": _moment,
    "datetime": _moment,
    "selection": _selection,
    "many2one": _many2one,
    "reference": _reference,
    "binary": _binary,
    "properties": _properties,
}
"""By type; what is not here (json) takes any value."""


# Lists of records ---------------------------------------------------------------------------------


def commands_of(value: Any, name: str) -> list[Command]:
    """The commands in a caller's value; raises InvalidInput that names the place in the list."""
    try:
        return commands.parse(value, name)
    except InvalidInput as error:
        if not isinstance(value, list) or not any(isinstance(one, list) for one in value):
            message = 'send a list of ids, or commands such as [[6, 0, [1, 2]]] or [[0, 0, {"name": "x"}]].'
            raise wrong(name, value, "type", message) from None
        raise InvalidInput(error.message, **{**error.details, "constraint": "command"}) from None


def _x2many(value: Any, name: str) -> Any:
    value = whole(value)
    given = commands_of(value, name)
    if value == []:
        return [Command(Code.SET).as_list()]
    ids = [one for command in given for one in (command.id, *command.ids)]
    if any(one > INTEGER_MOST for one in ids):
        raise wrong(name, max(ids), "range", "there is no record with this id.")
    return [one.as_list() for one in given]
