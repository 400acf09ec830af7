"""Rows that are written at every call, by statements that are put together once.

Django builds and compiles the SQL of each ``save`` anew, which costs more than the database takes to carry it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models import Field, Model

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

    def insert(self, row: Row) -> None:
        """Write a new row, which then knows its primary key."""
        self.insert_all([row])

    def insert_all(self, rows: Sequence[Row]) -> None:
        """Write new rows, which then know their primary keys; some at a time: a statement takes only so many values.

        Both databases answer the keys in the order of the rows, as Django's ``bulk_create`` takes for granted, too.
        """
        most = max(MOST_VALUES // len(self._columns), 1)
        for start in range(0, len(rows), most):
            part = rows[start : start + most]
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
        values = [[*_values(row, columns), row.pk] for row in rows]
        with turn(), connection.cursor() as cursor:
            cursor.executemany(sql, values)

    @cached_property
    def _columns(self) -> list[Column]:
        return [Column.of(one) for one in self.model._meta.concrete_fields if not one.primary_key]

    @cached_property
    def _insert(self) -> str:
        return self._insert_of(1)

    def _insert_of(self, rows: int) -> str:
        names = ", ".join(_quoted(one.column) for one in self._columns)
        places = ", ".join(["%s"] * len(self._columns))
        values = ", ".join([f"({places})"] * rows)
        key = _quoted(self.model._meta.pk.column)
        return f"INSERT INTO {_quoted(self.model._meta.db_table)} ({names}) VALUES {values} RETURNING {key}"  # noqa: S608

    def _update(self, names: tuple[str, ...]) -> tuple[str, list[Column]]:
        """The statement for these columns, and the columns in its order."""
        found = self._updates.get(names)
        if found is None:
            columns = [one for one in self._columns if one.name in names]
            parts = ", ".join(f"{_quoted(one.column)} = %s" for one in columns)
            key = _quoted(self.model._meta.pk.column)
            sql = f"UPDATE {_quoted(self.model._meta.db_table)} SET {parts} WHERE {key} = %s"  # noqa: S608 - names
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
        return cls(field.name, field.attname, str(field.column), PLAIN.get(type(field)), field.get_db_prep_save)


def _values(row: Model, columns: Sequence[Column]) -> list[Any]:
    database = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up anew for each of its attributes
    values = []
    for one in columns:
        value = getattr(row, one.attribute)
        as_it_is = type(value) is one.plain or (value is None and one.plain is not None)
        values.append(value if as_it_is else one.prepare(value, database))
    return values


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
