"""The tables of the registry's models: created, extended by new columns, and described in ``ir.model``."""

from __future__ import annotations

import hashlib
import sqlite3

from hub.odoo.embedded import filestore, outbox, sequences
from hub.odoo.embedded.schema import Model, Registry
from hub.odoo.embedded.session import Session

_META = "CREATE TABLE IF NOT EXISTS hub_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"


def fingerprint(registry: Registry) -> str:
    """A digest of everything that the tables depend on: when it is unchanged, nothing has to be done."""
    described = repr([(model.name, model.unique, sorted(model.fields.items())) for model in registry.models.values()])
    # A default may be a function, whose repr holds an address that differs in every process.
    text = "".join(part.split(">", 1)[-1] for part in described.split("<function "))
    return hashlib.sha256((text + filestore.TABLE).encode()).hexdigest()


def meta(connection: sqlite3.Connection, name: str) -> str:
    """A note about the database; empty when there is none, or no such table yet."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'hub_meta'").fetchone()
    row = connection.execute("SELECT value FROM hub_meta WHERE name = ?", [name]).fetchone() if known else None
    return str(row[0]) if row else ""


def set_meta(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Keep a note about the database."""
    connection.execute("INSERT OR REPLACE INTO hub_meta (name, value) VALUES (?, ?)", [name, value])


def create_tables(connection: sqlite3.Connection, registry: Registry) -> None:
    """Create what is missing, tables, columns and indexes; what is there stays."""
    for statement in (_META, sequences.TABLE, outbox.TABLE, filestore.TABLE):
        connection.execute(statement)
    for model in registry.models.values():
        _create_table(connection, model)
    for table, ((one, _model), (two, _comodel)) in registry.tables.items():
        connection.execute(
            f'CREATE TABLE IF NOT EXISTS {table} ("{one}" INTEGER NOT NULL, "{two}" INTEGER NOT NULL, '
            f'PRIMARY KEY ("{one}", "{two}")) WITHOUT ROWID'
        )
        connection.execute(f'CREATE INDEX IF NOT EXISTS {table}_back ON {table} ("{two}", "{one}")')


def _create_table(connection: sqlite3.Connection, model: Model) -> None:
    columns = ", ".join(f'"{field.name}" {field.sql_type}' for field in model.columns)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {model.table} (id INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
    present = {row[1] for row in connection.execute(f"PRAGMA table_info({model.table})")}
    for field in model.columns:
        if field.name not in present:
            connection.execute(f'ALTER TABLE {model.table} ADD COLUMN "{field.name}" {field.sql_type}')
        if field.index:
            connection.execute(
                f'CREATE INDEX IF NOT EXISTS {model.table}_{field.name} ON {model.table} ("{field.name}")'
            )
    connection.execute(f"CREATE INDEX IF NOT EXISTS {model.table}_changed ON {model.table} (write_date, id)")
    for unique in model.unique:
        names = ", ".join(f'"{column}"' for column in unique.columns)
        index = f"{model.table}_{'_'.join(unique.columns)}_uniq"
        connection.execute(f"CREATE UNIQUE INDEX IF NOT EXISTS {index} ON {model.table} ({names})")


def describe(session: Session) -> None:
    """Bring ``ir.model`` and ``ir.model.fields`` in line with the declared models; custom fields stay."""
    stamp = (session.now, session.uid, session.now, session.uid)
    for model in session.registry.models.values():
        model_id = session.one("SELECT id FROM ir_model WHERE model = ?", [model.name])
        if model_id is None:
            session.run(
                'INSERT INTO ir_model (name, model, "order", state, transient, create_date, create_uid, write_date, '
                "write_uid) VALUES (?, ?, ?, 'base', 0, ?, ?, ?, ?)",
                [model.label, model.name, model.order, *stamp],
            )
            model_id = session.one("SELECT id FROM ir_model WHERE model = ?", [model.name])
        _describe_fields(session, model, model_id, stamp)


def _describe_fields(session: Session, model: Model, model_id: int, stamp: tuple[str, int, str, int]) -> None:
    known = {row[0] for row in session.rows("SELECT name FROM ir_model_fields WHERE model = ?", [model.name])}
    rows = [
        (
            field.name,
            model.name,
            model_id,
            field.string,
            field.type,
            field.relation or None,
            field.relation_field or None,
            field.relation_table or None,
            field.help or None,
            int(field.required),
            int(field.readonly),
            int(field.stored),
            int(field.index),
            int(field.copy),
            field.size,
            "base",
            *stamp,
        )
        for field in model.fields.values()
        if field.name not in known
    ]
    session.run_many(
        "INSERT INTO ir_model_fields (name, model, model_id, field_description, ttype, relation, relation_field, "
        'relation_table, help, required, readonly, store, "index", copied, size, state, create_date, create_uid, '
        "write_date, write_uid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
