"""What is read at every call and changes seldom, remembered by each process until somebody changes it.

Clients, tokens, configurations and mappings cost more to read than all that a call does with them. The database itself
counts each change of theirs, by triggers: so a change counts whoever makes it, in whichever process, by whichever
statement, and asking for the count tells whether what is remembered still holds.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

TABLE = "syncconfig_generation"
PREFIX = "syncconfig_remembered_"

WATCHED: dict[str, tuple[str, ...]] = {
    "odooconnection": ("checked_at", "check_ok", "check_message", "updated_at"),
    "configuration": ("drift", "drift_checked_at", "updated_at"),
    "fieldmapping": ("drift", "odoo_type"),
    "header": (),
    "answermapping": (),
    "configuration_not_back_to": (),
    "apiclient": (),
    "grant": (),
    "apitoken": ("last_used_at",),
}
"""The models, and their columns that may change without anything having to be read anew."""

BELIEVED = 30.0
"""Seconds for which something is remembered at most: Odoo's fields are a part of it, which no trigger watches."""

MOST = 10_000
"""How many things a process remembers."""

Thing = TypeVar("Thing")


@dataclass
class Look:
    """What is remembered of the configuration as it is now. For one call: take a new one for the next."""

    number: int
    until: float
    things: dict[Hashable, Any] = field(default_factory=dict)

    def get(self, key: Hashable, load: Callable[[], Thing]) -> Thing:
        """The thing under ``key``, which ``load`` reads where it is not remembered. It is shared: don't change it.

        Nothing (None) is not remembered, so that asking for what is not there costs no memory.
        """
        found = self.things.get(key)
        if found is None:
            found = load()
            if found is not None and len(self.things) < MOST:
                self.things[key] = found
        return found


_shared = Look(0, 0.0)


def look() -> Look:
    """What is remembered now; nothing inside of a transaction, which sees what others don't."""
    global _shared  # noqa: PLW0603 - one for the process; two threads that replace it at once do no harm
    if connection.in_atomic_block:
        return Look(0, 0.0)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT number FROM {TABLE}")  # noqa: S608 - a constant
        number = cursor.fetchone()[0]
    now, found = time.monotonic(), _shared
    if number <= 0:
        return Look(number, 0.0)
    if found.number != number or now >= found.until:
        found = _shared = Look(number, now + BELIEVED)
    return found


# The triggers --------------------------------------------------------------------------------------------


def install() -> None:
    """Make the count and its triggers, where they are not: after each migration, for SQLite loses them in some."""
    statements = list(_statements())
    needed = {_model(name)._meta.db_table for name in WATCHED}
    version = hashlib.sha256("\n".join(statements).encode()).hexdigest()
    with transaction.atomic(), connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if not needed.issubset(tables):
            return  # on the way back to nothing
        if TABLE not in tables:
            cursor.execute(f"CREATE TABLE {TABLE} (number bigint NOT NULL, version varchar(64) NOT NULL)")
            cursor.execute(f"INSERT INTO {TABLE} VALUES (-1, '')")  # noqa: S608 - a constant
        cursor.execute(f"SELECT number, version FROM {TABLE}")  # noqa: S608 - a constant
        number, found = cursor.fetchone()
        names = _names(cursor)
        if number > 0 and found == version and len(names) == len(statements):
            return
        _drop(cursor, names)
        if connection.vendor == "postgresql":
            cursor.execute(BUMP)
        for statement in statements:
            cursor.execute(statement)
        cursor.execute(f"UPDATE {TABLE} SET number = abs(number) + 1, version = %s", [version])  # noqa: S608


def remove() -> None:
    """Remove the triggers, and let nothing be remembered: PostgreSQL alters no table while triggers of it wait."""
    with transaction.atomic(), connection.cursor() as cursor:
        if TABLE in connection.introspection.table_names(cursor):
            _drop(cursor, _names(cursor))
            cursor.execute(f"UPDATE {TABLE} SET number = -abs(number)")  # noqa: S608 - a constant


def before_migrate(plan: object = (), **_: object) -> None:
    """Django's pre_migrate, which comes for each app."""
    if plan:
        remove()


def after_migrate(**_: object) -> None:
    """Django's post_migrate."""
    install()


BUMP = f"""
    CREATE OR REPLACE FUNCTION {PREFIX}bump() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN UPDATE {TABLE} SET number = number + 1; RETURN NULL; END $$
"""  # noqa: S608 - constants


def _statements() -> Iterator[str]:
    for name, passed in WATCHED.items():
        table = _model(name)._meta.db_table
        quoted = connection.ops.quote_name
        columns = [quoted(str(one.column)) for one in _model(name)._meta.concrete_fields if one.column not in passed]
        events = {"insert": "INSERT", "update": f"UPDATE OF {', '.join(columns)}", "delete": "DELETE"}
        for key, event in events.items():
            if connection.vendor == "postgresql":
                # At the commit, when no lock is waited for any more: so two that change things cannot stop each other.
                yield (
                    f"CREATE CONSTRAINT TRIGGER {PREFIX}{name}_{key} AFTER {event} ON {table} "
                    f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {PREFIX}bump()"
                )
            else:
                count = f"UPDATE {TABLE} SET number = number + 1"  # noqa: S608 - a constant
                yield f"CREATE TRIGGER {PREFIX}{name}_{key} AFTER {event} ON {table} BEGIN {count}; END"
        if connection.vendor == "postgresql":
            yield (
                f"CREATE TRIGGER {PREFIX}{name}_truncate AFTER TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}bump()"
            )


def _model(name: str) -> type[Model]:
    return apps.get_model("syncconfig", name)


def _names(cursor: CursorWrapper) -> list[tuple[str, str]]:
    if connection.vendor == "postgresql":
        cursor.execute(
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE NOT tgisinternal AND starts_with(tgname, %s) AND pg_table_is_visible(tgrelid)",
            [PREFIX],
        )
    else:
        cursor.execute(
            "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{PREFIX}%"]
        )
    return list(cursor.fetchall())


def _drop(cursor: CursorWrapper, names: list[tuple[str, str]]) -> None:
    for name, table in names:
        cursor.execute(f"DROP TRIGGER {name}{f' ON {table}' if connection.vendor == 'postgresql' else ''}")
