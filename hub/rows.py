"""Rows that are written at every call, by statements that are put together once.

Django builds and compiles the SQL of each ``save`` anew, which costs more than the database takes to carry it out.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import Field, Model

PATIENCE = 10.0
"""Seconds to wait for one's turn; then SQLite decides, for a fork may have left it with a thread that is not here."""

MOST_VALUES = 900
"""Values in a statement: older SQLite takes 999."""

_writing = threading.Lock()

Row = TypeVar("Row", bound=Model)


@contextmanager
def turn() -> Iterator[None]:
    """One short write of this process after the other, on SQLite.

    SQLite lets those who wait for its lock sleep, for up to 0.1 s, between two looks; here they are woken. Not for use
    inside of a transaction, which holds SQLite's lock already.
    """
    mine = connection.vendor == "sqlite" and not connection.in_atomic_block and _writing.acquire(timeout=PATIENCE)
    try:
        yield
    finally:
        if mine:
            _writing.release()


class Writer(Generic[Row]):
    """Inserts and updates rows of one model: values go through Django's fields, signals are not sent."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model

    def insert(self, row: Row) -> None:
        """Write a new row, which then knows its primary key."""
        with turn(), connection.cursor() as cursor:
            cursor.execute(self._insert, self._values(row, self._fields))
            row.pk = cursor.fetchone()[0]
        row._state.adding = False
        row._state.db = connection.alias

    def insert_all(self, rows: Sequence[Row]) -> None:
        """Write new rows, which then know their primary keys; some at a time: a statement takes only so many values.

        Both databases answer the keys in the order of the rows, as Django's ``bulk_create`` takes for granted, too.
        """
        most = max(MOST_VALUES // len(self._fields), 1)
        for start in range(0, len(rows), most):
            part = rows[start : start + most]
            sql = self._insert_of(len(part))
            with turn(), connection.cursor() as cursor:
                cursor.execute(sql, [value for row in part for value in self._values(row, self._fields)])
                keys = [key for (key,) in cursor.fetchall()]
            for row, key in zip(part, keys, strict=True):
                row.pk = key
                row._state.adding = False
                row._state.db = connection.alias

    def update(self, rows: Sequence[Row], columns: Sequence[str]) -> None:
        """Write these columns of rows that are there."""
        fields = [one for one in self._fields if one.name in columns]
        sql = self._update(fields)
        with turn(), connection.cursor() as cursor:
            cursor.executemany(sql, [[*self._values(row, fields), row.pk] for row in rows])

    @cached_property
    def _fields(self) -> list[Field[Any, Any]]:
        return [one for one in self.model._meta.concrete_fields if not one.primary_key]

    @cached_property
    def _insert(self) -> str:
        return self._insert_of(1)

    def _insert_of(self, rows: int) -> str:
        quoted = _quoted
        names = ", ".join(quoted(one.column) for one in self._fields)
        places = ", ".join(["%s"] * len(self._fields))
        values = ", ".join([f"({places})"] * rows)
        key = quoted(self.model._meta.pk.column)
        return f"INSERT INTO {quoted(self.model._meta.db_table)} ({names}) VALUES {values} RETURNING {key}"  # noqa: S608

    def _update(self, fields: Sequence[Field[Any, Any]]) -> str:
        quoted = _quoted
        parts = ", ".join(f"{quoted(one.column)} = %s" for one in fields)
        key = quoted(self.model._meta.pk.column)
        return f"UPDATE {quoted(self.model._meta.db_table)} SET {parts} WHERE {key} = %s"  # noqa: S608 - names

    @staticmethod
    def _values(row: Row, fields: Sequence[Field[Any, Any]]) -> list[Any]:
        database = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up anew for each of its attributes
        return [one.get_db_prep_save(getattr(row, one.attname), database) for one in fields]


def _quoted(name: str | None) -> str:
    return connection.ops.quote_name(str(name))
