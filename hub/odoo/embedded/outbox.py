"""The change outbox: a row for each record that a transaction created, changed or deleted, committed with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub.odoo.changes import Change
from hub.odoo.embedded.database import Database
from hub.odoo.embedded.session import Pending, Session
from hub.odoo.embedded.values import shown

TABLE = """
CREATE TABLE IF NOT EXISTS hub_outbox (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL, record_id INTEGER NOT NULL, event TEXT NOT NULL, uid INTEGER NOT NULL,
    origin TEXT NOT NULL, changed TEXT NOT NULL, old TEXT NOT NULL, at TEXT NOT NULL
)
"""

_INSERT = """
INSERT INTO hub_outbox (model, record_id, event, uid, origin, changed, old, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

UNANNOUNCED = frozenset({"ir.model", "ir.model.fields", "ir.model.fields.selection", "ir.model.data"})
"""Models whose own changes say nothing to an integration."""


def note_create(session: Session, model: str, ids: Sequence[int]) -> None:
    """Remember that the records are new."""
    if model not in UNANNOUNCED:
        for one in ids:
            session.pending[(model, one)] = Pending("create", session.uid)


def note_write(session: Session, model: str, record_id: int, old: dict[str, Any]) -> None:
    """Remember what the changed fields were; the first old value of a transaction is the one that counts."""
    if model in UNANNOUNCED or not old:
        return
    known = session.pending.setdefault((model, record_id), Pending("write", session.uid))
    if known.event == "write":
        known.old = {**old, **known.old}


def note_unlink(session: Session, model: str, record_id: int, old: dict[str, Any]) -> None:
    """Remember what was deleted; what was created in the same transaction was never there."""
    if model in UNANNOUNCED:
        return
    known = session.pending.get((model, record_id))
    if known is not None and known.event == "create":
        del session.pending[(model, record_id)]
        return
    earlier = known.old if known else {}
    session.pending[(model, record_id)] = Pending("unlink", session.uid, {**old, **earlier})


def flush(session: Session) -> None:
    """Write the transaction's events, one a record, in the order in which they began."""
    if not session.pending:
        return
    origin = str(session.context.get("hub_origin") or "")[:1000]
    rows = [
        (
            model,
            record_id,
            pending.event,
            pending.uid,
            origin,
            json.dumps(_changed(session, model, record_id, pending)),
            json.dumps(pending.old) if pending.old else "{}",
            session.now,
        )
        for (model, record_id), pending in session.pending.items()
    ]
    session.run_many(_INSERT, rows)
    session.pending.clear()


def _changed(session: Session, model: str, record_id: int, pending: Pending) -> dict[str, Any]:
    """The names of what was written, and what it is now; not of lists of records, which stand in no column."""
    if pending.event != "write":
        return {}
    known = session[model].fields
    fields = [
        known[name] for name in pending.old if name in known and known[name].column and known[name].type != "binary"
    ]
    columns = "".join(f', "{field.name}"' for field in fields)
    rows = session.rows(f"SELECT id{columns} FROM {session[model].table} WHERE id = ?", [record_id])
    values = rows[0][1:] if rows else ()
    new = {field.name: shown(field, value) for field, value in zip(fields, values, strict=False)}
    return {"names": list(pending.old), "new": new}


def read_changes(
    source: str | Path | Database, after: int = 0, limit: int = 500, models: Sequence[str] | None = None
) -> list[Change]:
    """The events after the cursor ``after``, oldest first, at most ``limit``, of those models alone if named.

    Cheap enough to ask every second: one walk along the primary key.
    """
    sql = "SELECT sequence, model, record_id, event, uid, origin, changed, old, at FROM hub_outbox WHERE sequence > ?"
    parameters: list[Any] = [after]
    if models is not None:
        sql += " AND model IN (SELECT value FROM json_each(?))"
        parameters.append(json.dumps(list(models)))
    with _database(source).transaction(write=False) as connection:
        rows = connection.execute(f"{sql} ORDER BY sequence LIMIT ?", [*parameters, limit]).fetchall()
    return [_change(row) for row in rows]


def last_sequence(source: str | Path | Database) -> int:
    """The cursor after the newest event ever written: where somebody starts who wants only what is to come."""
    with _database(source).transaction(write=False) as connection:
        row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'hub_outbox'").fetchone()
    return int(row[0]) if row else 0


def discard_changes(source: str | Path | Database, upto: int) -> int:
    """Delete the events up to and including the cursor ``upto``; how many they were."""
    with _database(source).transaction(write=True) as connection:
        return connection.execute("DELETE FROM hub_outbox WHERE sequence <= ?", [upto]).rowcount


def _database(source: str | Path | Database) -> Database:
    return source if isinstance(source, Database) else Database(source)


def _change(row: tuple[Any, ...]) -> Change:
    sequence, model, record_id, event, uid, origin, changed, old, at = row
    told = json.loads(changed)
    if isinstance(told, list):  # as earlier versions wrote it
        told = {"names": told}
    return Change(
        sequence=sequence,
        model=model,
        record_id=record_id,
        event=event,
        at=datetime.strptime(at, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC),
        user_id=uid,
        origin=origin,
        changed_fields=tuple(told.get("names", ())),
        old_values=json.loads(old),
        new_values=told.get("new", {}),
        transaction=str(sequence),  # a transaction leaves one event a record
    )
