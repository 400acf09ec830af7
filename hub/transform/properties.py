"""Properties: values of one record whose names and types a parent record defines, a product's by its category.

Odoo writes them all at once, empties those that are not named, and drops or empties what does not fit, without a word.
So they are checked here one by one, and put beside those that the record has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from hub.odoo.values import from_odoo
from hub.transform import types
from hub.transform.records import ids_of
from hub.transform.services import Services

Property = Mapping[str, Any]
"""One as Odoo reads it: ``name``, ``type``, ``string``, of a record also ``value``, where it has one."""

TYPE = "properties"
EMPTY = ("selection", "date", "datetime", "many2one", "many2many", "tags", "char", "text", "html")
"""Types whose empty value may be spelt ``false``, too."""

LISTS = ("many2many", "tags")


@dataclass(frozen=True)
class Owner:
    """The record whose properties are written; ``record_id`` is None for a new one."""

    model: str
    fields: Mapping[str, Mapping[str, Any]]
    services: Services
    record_id: int | None = None
    check: bool = True
    """Whether types are checked here, or left to Odoo."""


def outward(value: Any) -> Any:
    """The list for the world outside, each ``value`` as that of a field of its type."""
    if not isinstance(value, list):
        return from_odoo(value, "properties")
    return [dict(one) | ({"value": _shown(one)} if one.get("type") != "separator" else {}) for one in value]


def values_of(held: Any) -> dict[str, Any]:
    """The values by name, in Odoo's form, in what Odoo read; properties without one are not in it."""
    given = held if isinstance(held, list) else []
    return {one["name"]: _kept(one["value"], str(one.get("type"))) for one in given if "value" in one}


def settle(values: dict[str, Any], owner: Owner, names: Mapping[str, str]) -> None:
    """Make what the values of Odoo say of properties whole: those that were not sent stay as they are.

    Last, for another of the values may say which properties there are: a product's category. ``names`` are the caller's
    keys by field. Raises InvalidInput that names the property (``properties.colour``) for one that the record has not,
    and for a value that it does not take. Where Odoo does not tell what there is, what was sent is left to it.
    """
    for field, value in list(values.items()):
        if owner.fields.get(field, {}).get("type") == TYPE and isinstance(value, Mapping | list):
            values[field] = _merged(value, field, names.get(field, field), values, owner)


def _merged(value: Any, field: str, name: str, values: Mapping[str, Any], owner: Owner) -> dict[str, Any]:
    sent = dict(value) if isinstance(value, Mapping) else _by_name(value, name)
    services, model, record_id = owner.services, owner.model, owner.record_id
    held = services.properties(model, field, record_id) if record_id is not None else []
    moves = record_id is None or owner.fields[field].get("definition_record") in values
    known = services.definition(model, field, values) if moves else held
    if known is None:
        return values_of(held) | {key: False if one is None else one for key, one in sent.items()}
    defined = {str(one["name"]): one for one in known}
    if unknown := [key for key in sent if key not in defined]:
        near = get_close_matches(unknown[0], sorted(defined), n=1)
        hint = f" Did you mean `{near[0]}`?" if near else f" It has: {', '.join(defined)}." if defined else ""
        message = f"the record has no such property.{hint}"
        raise types.wrong(f"{name}.{unknown[0]}", sent[unknown[0]], "unknown_field", message)
    made = {key: found for key, one in sent.items() if (found := _one(one, defined[key], name, owner)) is not None}
    if record_id is None:
        return made
    after = (_defaults(known) if moves else {}) | values_of(held) | made
    after = {key: after[key] for key in defined if key in after}
    now = [{**one, "value": after[key]} if key in after else one for key, one in defined.items()]
    services.note_properties(model, field, record_id, now)
    return after


def _defaults(known: Sequence[Property]) -> dict[str, Any]:
    return {str(one["name"]): _kept(one["default"], str(one["type"])) for one in known if one.get("default")}


def _by_name(given: Sequence[Any], name: str) -> dict[str, Any]:
    """The values in a list as it came out; an entry without one says nothing of it."""
    found: dict[str, Any] = {}
    for index, one in enumerate(given):
        key = one.get("name") if isinstance(one, Mapping) else None
        if not isinstance(key, str):
            raise types.wrong(f"{name}[{index}]", one, "type", 'name the property: {"name": "...", "value": ...}.')
        if "value" in one or one.get("type") == "separator":
            found[key] = one.get("value")
    return found


def _one(value: Any, about: Property, name: str, owner: Owner) -> Any:
    """Odoo's value for that of one property, False for none; None for what holds no value at all."""
    where, kind = f"{name}.{about['name']}", str(about["type"])
    if kind == "separator":
        if types.nothing(value):
            return None
        raise types.wrong(where, value, "read_only", "it is a heading, and holds no value: leave it out.")
    if value is None or (types.nothing(value) and kind in EMPTY):
        return [] if kind in LISTS else False
    if kind in LISTS:
        return _list(value, kind, about, where, owner)
    info = {"type": kind, "selection": about.get("selection"), "relation": about.get("comodel")}
    if kind == "selection" and owner.check and not info["selection"]:
        raise types.wrong(where, value, "selection", "it has no choices in Odoo.")
    made = types.inward(_without_name(value), info, where, check=owner.check)
    if kind == "many2one":
        _refuse_missing([made], about, where, value, owner)
    return made


def _list(value: Any, kind: str, about: Property, where: str, owner: Owner) -> Any:
    if not isinstance(value, list):
        if not owner.check:
            return value
        raise types.wrong(where, value, "type", "send a list.")
    if kind == "tags":
        known = [one[0] for one in about.get("tags") or ()]
        for one in value if owner.check else ():
            if one not in known:
                raise types.wrong(where, one, "selection", f"choose from: {', '.join(map(str, known)) or 'none yet'}.")
        return value
    info = {"type": "many2one", "relation": about.get("comodel")}
    ids = [types.inward(_without_name(one), info, where, check=owner.check) for one in value]
    _refuse_missing(ids, about, where, value, owner)
    return ids


def _without_name(value: Any) -> Any:
    """The id in ``[id, name]``, as Odoo shows a record."""
    return value[0] if isinstance(value, list) and len(value) == 2 and isinstance(value[1], str) else value


def _refuse_missing(ids: Sequence[Any], about: Property, where: str, value: Any, owner: Owner) -> None:
    """Raise InvalidInput for an id that no record has: Odoo would take it, and show nothing."""
    wanted, model = [one for one in ids if isinstance(one, int) and one], str(about.get("comodel") or "")
    there = owner.services.there(model, wanted) if model else ()
    gone = [one for one in wanted if one not in there]
    if gone:
        raise types.wrong(where, value, "exists", f"there is no record of {model or 'its model'} with id {gone[0]}.")


def _kept(value: Any, kind: str) -> Any:
    """A value that Odoo read as it keeps it: relations by their ids."""
    if kind == "many2one":
        return next(iter(ids_of(value)), False)
    if kind == "many2many" and isinstance(value, list):
        return [one[0] if isinstance(one, list | tuple) else one for one in value]
    return value


def _shown(one: Property) -> Any:
    kind = str(one.get("type"))
    value = _kept(one.get("value"), kind)
    if not value and kind in LISTS:
        return []
    return None if value is False and kind != "boolean" else from_odoo(value, kind)
