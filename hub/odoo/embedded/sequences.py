"""Document numbers without gaps: ``S00001``, ``INV/2026/00001``; taken within the document's transaction."""

from __future__ import annotations

from hub.odoo.embedded.session import Session

TABLE = "CREATE TABLE IF NOT EXISTS hub_sequence (name TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID"


def next_number(session: Session, name: str) -> int:
    """The next number of the sequence, from 1."""
    sql = (
        "INSERT INTO hub_sequence (name, last) VALUES (?, 1) "
        "ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last"
    )
    return int(session.rows(sql, [name])[0][0])
