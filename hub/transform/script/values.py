"""What crosses into the sandbox and back: record sets, rows as Odoo's own Python sees them, exposed objects."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic_monty import MontyClassProxy

from hub.odoo.connection import Record
from hub.odoo.values import ODOO_DATETIME
from hub.transform.records import ids_of
from hub.transform.script.errors import ScriptError


@dataclass(frozen=True)
class Records:
    """A record set to hand in, or one that a script gave back. ``known`` are rows already read, as Odoo reads them."""

    model: str
    ids: Sequence[int]
    known: Sequence[Record] = field(default=(), repr=False, compare=False)


@dataclass(frozen=True)
class Exposed:
    """An object of the hub for scripts: these attributes, these methods, nothing else.

    Methods get plain values and :class:`Records`, and answer with plain values, Records or Exposed.
    """

    label: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    methods: Mapping[str, Callable[..., Any]] = field(default_factory=dict, repr=False)


Kinds = dict[str, tuple[str, str]]
"""Of each field its type and, for a relation, the other model."""


def kinds_of(fields: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> Kinds:
    """The kinds of those of ``names`` that are fields."""
    found: Kinds = {}
    for name in names:
        if name in fields:
            kind = str(fields[name].get("type", "char"))
            found[name] = (kind, str(fields[name].get("relation") or "") if _relates(kind) else "")
    return found


def _relates(kind: str) -> bool:
    return kind in ("many2one", "one2many", "many2many")


def row_in(record: Record, kinds: Kinds) -> dict[str, Any]:
    """A row as the sandbox keeps it: ids for relations, dates as objects, ``False`` for empty."""
    return {name: value_in(record[name], kind) for name, (kind, _) in kinds.items() if name in record}


def value_in(value: Any, kind: str) -> Any:
    """One value that Odoo read over the wire, as Odoo's own Python would hold it.

    Binary content stays base64 text; a reference becomes ``(model, id)``, which the sandbox makes a record of.
    """
    if kind in ("one2many", "many2many"):
        return ids_of(value)
    if kind == "many2one":
        return next(iter(ids_of(value)), False)
    if value is None or value is False:
        return {"integer": 0, "float": 0.0, "monetary": 0.0}.get(kind, False)
    if kind in ("date", "datetime") and isinstance(value, str):
        return _moment(value, kind)
    if kind == "reference" and isinstance(value, str) and "," in value:
        model, _, number = value.partition(",")
        return (model, int(number)) if number.isdecimal() else value
    if kind == "binary" and isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


def _moment(value: str, kind: str) -> Any:
    try:
        if kind == "date":
            return date.fromisoformat(value[:10])
        return datetime.strptime(value[:19], ODOO_DATETIME)  # noqa: DTZ007 - Odoo's datetimes are naive UTC
    except ValueError:
        return value


def rows_out(rows: Iterable[Record], fields: Mapping[str, Mapping[str, Any]]) -> list[Record]:
    """Rows for ``read`` and ``search_read``: many2one as ``(id, name)``, dates as objects."""
    kinds = kinds_of(fields, fields)
    return [{name: _shown(value, kinds.get(name, ("", ""))[0]) for name, value in row.items()} for row in rows]


def _shown(value: Any, kind: str) -> Any:
    if kind == "many2one":
        return tuple(value) if isinstance(value, list) else value
    return value_in(value, kind) if kind in ("date", "datetime") else value


def from_sandbox(value: Any) -> Any:
    """A value that left the sandbox, record sets as :class:`Records`; raises ScriptError for what is no data."""
    if value is None or isinstance(value, bool | int | float | str | bytes | date | timedelta | Decimal):
        return value
    if isinstance(value, Mapping):
        return {from_sandbox(k): from_sandbox(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return tuple(from_sandbox(item) for item in value)
    if isinstance(value, list | set | frozenset):
        return [from_sandbox(item) for item in value]
    if isinstance(value, MontyClassProxy):
        return Records(str(value.attributes.get("model", "")), tuple(value.attributes.get("ids", ())))
    raise ScriptError(f"A value of type {type(value).__name__} cannot leave the script. Send text, numbers or lists.")


def for_odoo(value: Any) -> Any:
    """Values and domains as Odoo takes them: a record set as its id, several or after ``in`` as a list of ids."""
    if isinstance(value, Records):
        return list(value.ids) if len(value.ids) > 1 else next(iter(value.ids), False)
    if isinstance(value, dict):
        return {key: for_odoo(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        if len(value) == 3 and value[1] in ("in", "not in") and isinstance(value[2], Records):
            return [value[0], value[1], list(value[2].ids)]
        return [for_odoo(item) for item in value]
    return value
