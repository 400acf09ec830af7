"""Large files of the embedded Odoo: kept in pieces beside the records, so that none is ever whole in memory.

A binary column holds base64 text, or for a large file a reference: bytes with the file's number and its size. Nobody
can write one through the interface, whose values are text.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from hub.errors import OdooProtocol

if TYPE_CHECKING:
    from hub.odoo.embedded.schema import Model
    from hub.odoo.embedded.session import Session

TABLE = """
CREATE TABLE IF NOT EXISTS hub_file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number INTEGER NOT NULL, position INTEGER NOT NULL, data BLOB NOT NULL, UNIQUE (number, position)
)
"""

LARGE = 1024 * 1024
"""Bytes from which a file is kept in pieces."""

PIECE = 192 * 1024
"""Bytes of a piece."""

CACHE = 1024
"""KiB that SQLite may keep of the database while a file goes in or out; it would take all that it is given."""


@dataclass(frozen=True)
class Kept:
    """A file that is in the table already; ``head`` are its first bytes, which tell what it is."""

    number: int
    size: int
    head: bytes

    @property
    def reference(self) -> bytes:
        """What a column holds."""
        return b"%d %d" % (self.number, self.size)


def keep(session: Session, source: IO[bytes], size: int) -> Kept:
    """Take ``size`` bytes from ``source``; raises OdooProtocol when it ends before."""
    number = int(session.one("SELECT coalesce(max(number), 0) + 1 FROM hub_file"))
    left, position, head = size, 0, b""
    while left:
        piece = source.read(min(PIECE, left))
        if not piece:
            raise OdooProtocol("The file ended before its announced length. Send it again.")
        head = head or piece[:64]
        session.run("INSERT INTO hub_file (number, position, data) VALUES (?, ?, ?)", [number, position, piece])
        left, position = left - len(piece), position + 1
    return Kept(number, size, head)


def pieces(session: Session, reference: bytes) -> Iterator[bytes]:
    """The file, piece by piece."""
    number = int(reference.split()[0])
    rows = session.db.execute("SELECT data FROM hub_file WHERE number = ? ORDER BY position", [number])
    for row in rows:
        yield row[0]


def text(session: Session, reference: bytes) -> str:
    """The whole file as base64, as Odoo reads it."""
    return base64.b64encode(b"".join(pieces(session, reference))).decode()


def size_of(reference: bytes) -> str:
    """How Odoo shows a file that it does not read (its context key bin_size)."""
    amount = float(reference.split()[1])
    for unit in ("bytes", "Kb", "Mb"):
        if amount < 1024:
            return f"{amount:.2f} {unit}"
        amount /= 1024
    return f"{amount:.2f} Gb"


def sweep(session: Session) -> None:
    """Delete the files that no record refers to any more; those of deleted records, when the next large one comes."""
    kept = " UNION ALL ".join(
        f'SELECT "{field.name}" AS one FROM {model.table} WHERE typeof("{field.name}") = \'blob\''
        for model in session.registry.models.values()
        for field in _binaries(model)
    )
    found = session.rows(
        f"SELECT id FROM hub_file WHERE number NOT IN (SELECT CAST(CAST(one AS TEXT) AS INTEGER) FROM ({kept}))"
    )
    # One by one: a statement keeps in memory all that it deletes, until it is done.
    session.run_many("DELETE FROM hub_file WHERE id = ?", found)


def _binaries(model: Model) -> list[Any]:
    return [field for field in model.columns if field.type == "binary"]


@contextmanager
def little_cache(session: Session) -> Iterator[None]:
    """Within it SQLite keeps little of the database in memory."""
    before = session.one("PRAGMA cache_size")
    session.run(f"PRAGMA cache_size=-{CACHE}")
    try:
        yield
    finally:
        session.run(f"PRAGMA cache_size={before}")
        session.run("PRAGMA shrink_memory")
