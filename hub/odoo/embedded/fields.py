"""What a field of the embedded Odoo is, and short constructors, one for each of Odoo's types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Default = Callable[[Any], Any] | Any
"""A default value, or a function of the session that returns it."""

NUMBERS = frozenset({"integer", "float", "monetary"})
TEXTS = frozenset({"char", "text", "html"})
TO_MANY = frozenset({"one2many", "many2many"})
RELATIONAL = TO_MANY | {"many2one"}

FALSY: dict[str, Any] = {
    "char": "",
    "text": "",
    "html": "",
    "integer": 0,
    "many2one_reference": 0,
    "float": 0.0,
    "monetary": 0.0,
    "boolean": False,
}
"""The value that a domain treats like an empty column (Odoo's ``falsy_value``)."""

SQL_TYPES = {"integer": "INTEGER", "boolean": "INTEGER", "many2one": "INTEGER", "many2one_reference": "INTEGER"} | {
    "float": "REAL",
    "monetary": "REAL",
}


@dataclass(frozen=True)
class Field:
    """One field: as ``fields_get`` shows it, and how it is kept.

    ``sql`` makes a computed field: an expression in which ``{t}`` is the record's table alias. ``inherited``
    names the many2one through which the field is another model's, readable and writable as if it were here
    (Odoo's ``_inherits``); ``related`` a path that is read only. ``relation_table`` with ``column1`` and
    ``column2`` is a many2many's table.
    """

    type: str
    string: str
    name: str = ""
    required: bool = False
    readonly: bool = False
    help: str = ""
    relation: str = ""
    relation_field: str = ""
    relation_table: str = ""
    column1: str = ""
    column2: str = ""
    selection: tuple[tuple[str, str], ...] = ()
    default: Default = None
    size: int = 0
    digits: tuple[int, int] | None = None
    ondelete: str = ""
    sql: str = ""
    inherited: str = ""
    copy: bool = True
    index: bool = False
    translate: bool = False
    company_dependent: bool = False
    manual: bool = False
    domain: tuple[tuple[str, str, Any], ...] = ()
    """What a linked record must meet to be in the list; a domain on ``active`` also turns off hiding by it."""

    image: bool = False
    """A binary that must be a picture."""

    secret: bool = False
    """Kept, but always read and searched as empty."""

    shown_stored: bool | None = None
    """What ``fields_get`` says of ``store`` when that differs from how it is kept here."""

    @property
    def to_many(self) -> bool:
        """A one2many or many2many."""
        return self.type in TO_MANY

    @property
    def relational(self) -> bool:
        """A field that points to records."""
        return self.type in RELATIONAL

    @property
    def column(self) -> bool:
        """Whether the model's table has a column for it."""
        return not (self.sql or self.inherited or self.to_many)

    @property
    def stored(self) -> bool:
        """What ``fields_get`` says of ``store``."""
        if self.shown_stored is not None:
            return self.shown_stored
        return self.column or (self.to_many and not self.inherited)

    @property
    def falsy(self) -> Any:
        """The value that a domain treats like an empty column, or None."""
        return FALSY.get(self.type)

    @property
    def sql_type(self) -> str:
        """The column's type in SQLite."""
        return SQL_TYPES.get(self.type, "TEXT")

    def named(self, name: str) -> Field:
        """The same field under its name in a model."""
        return replace(self, name=name)


def _maker(kind: str) -> Callable[..., Field]:
    def make(string: str, **attributes: Any) -> Field:
        return Field(kind, string, **attributes)

    return make


char = _maker("char")
text = _maker("text")
html = _maker("html")
integer = _maker("integer")
floating = _maker("float")
monetary = _maker("monetary")
boolean = _maker("boolean")
date = _maker("date")
datetime = _maker("datetime")
binary = _maker("binary")
reference_id = _maker("many2one_reference")


def selection(string: str, choices: tuple[tuple[str, str], ...], **attributes: Any) -> Field:
    """A choice; ``choices`` are pairs of the stored value and its label."""
    return Field("selection", string, selection=choices, **attributes)


def many2one(string: str, relation: str, **attributes: Any) -> Field:
    """A link to one record; deleting that one is refused when required, else the link is emptied."""
    attributes.setdefault("ondelete", "restrict" if attributes.get("required") else "set null")
    return Field("many2one", string, relation=relation, **attributes)


def one2many(string: str, relation: str, relation_field: str, **attributes: Any) -> Field:
    """The records whose many2one ``relation_field`` points here; not copied with the record, as in Odoo."""
    attributes.setdefault("copy", False)
    return Field("one2many", string, relation=relation, relation_field=relation_field, **attributes)


def many2many(string: str, relation: str, table: str, column1: str, column2: str, **attributes: Any) -> Field:
    """Links to many records, kept in ``table`` with this model's id in ``column1``."""
    return Field(
        "many2many", string, relation=relation, relation_table=table, column1=column1, column2=column2, **attributes
    )


def inherited(field: Field, through: str) -> Field:
    """The field of the record that the many2one ``through`` points to, as if it were this model's own."""
    return replace(field, inherited=through, shown_stored=False, index=False)


def related(field: Field, table: str, link: str, column: str = "") -> Field:
    """A read-only copy of ``table``'s column for the row that ``link`` points to."""
    expression = f"(SELECT {column or '{name}'} FROM {table} WHERE id = {{t}}.{link})"
    return replace(field, sql=expression, readonly=True)
