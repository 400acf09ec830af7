"""Rows that are written at every call, by statements that are put together once.

Django builds and compiles the SQL of each ``save`` anew, which costs more than the database takes to carry it out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models import Field, Model
from django.db.models.base import ModelState

from hub.turns import Turn

PATIENCE = 10.0
"""Seconds to wait for one's turn."""

MOST_VALUES = 900
"""Values in a statement: older SQLite takes 999."""

Row = TypeVar("Row", bound=Model)

PLAIN: dict[type[Field[Any, Any]], type] = {
    models.CharField: str,
    models.TextField: str,
    models.BooleanField: bool,
    models.FloatField: float,
    models.IntegerField: int,
    models.BigIntegerField: int,
    models.SmallIntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveBigIntegerField: int,
    models.PositiveSmallIntegerField: int,
}
"""Of which type the values of Django's own fields are that both databases take as they are."""


def turn() -> AbstractContextManager[None]:
    """One short write after the other, on SQLite. Inside of a transaction, which has SQLite's lock already, nothing."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return nullcontext()
    return _turn_of(str(connection.settings_dict["NAME"])).taken()


@cache
def _turn_of(database: str) -> Turn:
    path = Path(database)
    return Turn(path if path.is_absolute() else None, PATIENCE)


class Writer(Generic[Row]):
    """Inserts and updates rows of one model: values go through Django's fields, signals are not sent."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model
        self._updates: dict[tuple[str, ...], tuple[str, list[Column]]] = {}

    def new(self, **values: Any) -> Row:
        """A row that is not written yet: the model's own way looks at each argument, at three times the cost."""
        row = self.model.__new__(self.model)
        row._state = ModelState()
        row.__dict__.update(self._fixed)
        for name, default in self._made:
            row.__dict__[name] = default()
        row.__dict__.update(values)
        return row

    def insert(self, row: Row) -> None:
        """Write a new row, which then knows its primary key."""
        self.insert_all([row])

    def insert_all(self, rows: Sequence[Row]) -> None:
        """Write new rows, which then know their primary keys.

        Both databases answer the keys in the order of the rows, as Django's ``bulk_create`` takes for granted, too.
        """
        most = len(rows) if _reads_json() else max(MOST_VALUES // len(self._columns), 1)
        for start in range(0, len(rows), max(most, 1)):
            part = rows[start : start + most]
            if _reads_json():
                sql, values = self._insert_read, [_as_json(part, self._columns)]
            else:
                sql = self._insert if len(part) == 1 else self._insert_of(len(part))
                values = [value for row in part for value in _values(row, self._columns)]
            with turn(), connection.cursor() as cursor:
                cursor.execute(sql, values)
                keys = [key for (key,) in cursor.fetchall()]
            for row, key in zip(part, keys, strict=True):
                row.pk = key
                row._state.adding = False
                row._state.db = connection.alias

    def update(self, rows: Sequence[Row], names: Sequence[str]) -> None:
        """Write these columns of rows that are there."""
        sql, columns = self._update(tuple(names))
        with turn(), connection.cursor() as cursor:
            if _reads_json():
                cursor.execute(sql, [_as_json(rows, [self._key, *columns])])
            else:
                cursor.executemany(sql, [[*_values(row, columns), row.pk] for row in rows])

    @cached_property
    def _columns(self) -> list[Column]:
        return [Column.of(one) for one in self.model._meta.concrete_fields if not one.primary_key]

    @cached_property
    def _key(self) -> Column:
        return Column.of(self.model._meta.pk)

    @cached_property
    def _fixed(self) -> dict[str, Any]:
        """What is the same in each new row."""
        made = {name for name, _ in self._made}
        fields = self.model._meta.concrete_fields
        return {one.attname: one.get_default() for one in fields if one.attname not in made}

    @cached_property
    def _made(self) -> list[tuple[str, Callable[[], Any]]]:
        """What is made for each new row, such as its lists."""
        fields = self.model._meta.concrete_fields
        return [(one.attname, one.default) for one in fields if one.has_default() and callable(one.default)]

    @cached_property
    def _insert(self) -> str:
        return self._insert_of(1)

    def _insert_of(self, rows: int) -> str:
        names = ", ".join(_quoted(one.column) for one in self._columns)
        places = ", ".join(["%s"] * len(self._columns))
        values = ", ".join([f"({places})"] * rows)
        return f"INSERT INTO {self._table} ({names}) VALUES {values} RETURNING {_quoted(self._key.column)}"  # noqa: S608

    @cached_property
    def _insert_read(self) -> str:
        names = ", ".join(_quoted(one.column) for one in self._columns)
        rows = f"SELECT {names} FROM {self._read}"  # noqa: S608 - names
        return f"INSERT INTO {self._table} ({names}) {rows} RETURNING {_quoted(self._key.column)}"

    @property
    def _table(self) -> str:
        return _quoted(self.model._meta.db_table)

    @property
    def _read(self) -> str:
        return f"json_populate_recordset(NULL::{self._table}, %s)"

    def _update(self, names: tuple[str, ...]) -> tuple[str, list[Column]]:
        """The statement for these columns, and the columns in its order."""
        found = self._updates.get(names)
        if found is None:
            columns = [one for one in self._columns if one.name in names]
            named = [_quoted(one.column) for one in columns]
            key = _quoted(self._key.column)
            if _reads_json():
                parts = ", ".join(f"{one} = new.{one}" for one in named)
                sql = f"UPDATE {self._table} SET {parts} FROM {self._read} AS new WHERE {self._table}.{key} = new.{key}"  # noqa: S608
            else:
                parts = ", ".join(f"{one} = %s" for one in named)
                sql = f"UPDATE {self._table} SET {parts} WHERE {key} = %s"  # noqa: S608 - names
            found = self._updates[names] = sql, columns
        return found


class Column(NamedTuple):
    """What there is to know of a field for each of its values."""

    name: str
    attribute: str
    column: str
    plain: type | None
    """Values of just this type go to the database as they are; None where the field converts all of them."""

    prepare: Callable[[Any, Any], Any]
    """What makes a database value of any other one."""

    @classmethod
    def of(cls, field: Field[Any, Any]) -> Column:
        """For a field; one of a class of its own, such as an encrypted text, is never taken as plain."""
        is_json = type(field) is models.JSONField and field.encoder is None
        prepare = (_as_it_is if _reads_json() else _json) if is_json else field.get_db_prep_save
        return cls(field.name, field.attname, str(field.column), PLAIN.get(type(field)), prepare)


def _values(row: Model, columns: Sequence[Column]) -> list[Any]:
    database = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up anew for each of its attributes
    values = []
    for one in columns:
        value = getattr(row, one.attribute)
        if type(value) is not one.plain and not (value is None and one.plain is not None):
            value = _member(value) if one.plain is str and isinstance(value, str) else one.prepare(value, database)
        values.append(value)
    return values


def _member(value: str) -> str:
    """The plain text of a choice, such as ``State.OPEN``."""
    return value.value if isinstance(value, models.TextChoices) else value


def _reads_json() -> bool:
    """Whether the database takes rows as one JSON text.

    So PostgreSQL does: psycopg takes longer to find a thousand places in a statement than the server to carry it out.
    """
    return connection.vendor == "postgresql"


def _as_json(rows: Sequence[Row], columns: Sequence[Column]) -> str:
    names = [one.column for one in columns]
    return _TELL([dict(zip(names, _values(row, columns), strict=True)) for row in rows])


_TELL = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=str).encode
"""``default``: times and UUIDs, whose texts PostgreSQL reads."""


def _as_it_is(value: Any, database: Any) -> Any:
    return value


def _json(value: Any, database: Any) -> str | None:
    """JSON as SQLite keeps it; Django wraps it three times to the same end."""
    return None if value is None else _ENCODE(value)


_ENCODE = json.JSONEncoder().encode


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
