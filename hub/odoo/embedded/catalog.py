"""The registry of a database: the declared models and its custom fields, read anew only when the schema changed."""

from __future__ import annotations

import sqlite3
import threading
from functools import cache

from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.models import ALL
from hub.odoo.embedded.models.technical import custom_field
from hub.odoo.embedded.schema import Registry


@cache
def declared() -> Registry:
    """The models as declared, without any custom field."""
    return Registry(ALL)


class Catalog:
    """Keeps one database's registry; every ALTER TABLE, by whichever process, moves SQLite's schema version."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._version = -1
        self._registry = declared()

    def registry(self, connection: sqlite3.Connection) -> Registry:
        """The registry as of the connection's present transaction."""
        version = connection.execute("PRAGMA schema_version").fetchone()[0]
        with self._lock:
            if version != self._version:
                custom = _custom_fields(connection)
                self._registry = Registry(ALL, custom) if custom else declared()
                self._version = version
            return self._registry


def _custom_fields(connection: sqlite3.Connection) -> dict[str, dict[str, Field]]:
    cursor = connection.execute("SELECT * FROM ir_model_fields WHERE state = 'manual' ORDER BY id")
    names = [column[0] for column in cursor.description]
    options: dict[int, list[tuple[str, str]]] = {}
    sql = "SELECT field_id, value, name FROM ir_model_fields_selection ORDER BY sequence, id"
    for owner, value, label in connection.execute(sql):
        options.setdefault(owner, []).append((value, label))
    result: dict[str, dict[str, Field]] = {}
    for values in cursor.fetchall():
        row = dict(zip(names, values, strict=True))
        result.setdefault(row["model"], {})[row["name"]] = custom_field(row, options.get(row["id"], []))
    return result
