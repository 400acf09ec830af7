"""Making an embedded Odoo: tables, the records that every Odoo has, demo data; safe to repeat, and twice at once."""

from __future__ import annotations

import uuid
from pathlib import Path

from hub.errors import OdooUnavailable
from hub.odoo.embedded import outbox
from hub.odoo.embedded.catalog import declared
from hub.odoo.embedded.database import Database
from hub.odoo.embedded.demo import base, business
from hub.odoo.embedded.session import Session
from hub.odoo.embedded.tables import create_tables, describe, fingerprint, meta, set_meta

ADMIN = 2
"""The administrator's user id, as in Odoo."""


def install(path: str | Path, *, demo: bool = True) -> None:
    """Create the embedded Odoo in that file, or bring an older one up to date; an up-to-date one costs one read.

    ``demo`` adds the demo records, once: what users did with them since is left alone.
    """
    path = Path(path)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise OdooUnavailable(f"The folder for the embedded Odoo can't be made: {exc.strerror}.") from exc
    database = Database(path, busy_seconds=60.0)
    try:
        ensure(database, demo=demo)
    finally:
        database.close()


def ensure(database: Database, *, demo: bool) -> None:
    """The same for an open database."""
    wanted = fingerprint(declared())
    with database.transaction(write=False) as connection:
        ready = meta(connection, "schema") == wanted and meta(connection, "uuid")
        if ready and (not demo or meta(connection, "demo")):
            return
    # Whoever comes second waits here for the first, then finds everything done.
    with database.transaction(write=True) as connection:
        session = Session(connection, declared(), ADMIN, (1,), {"hub_origin": "install"}, superuser=True)
        if meta(connection, "schema") != wanted:
            create_tables(connection, session.registry)
            describe(session)
            if not meta(connection, "schema"):
                base.load(session)
            set_meta(connection, "schema", wanted)
        if not meta(connection, "uuid"):
            set_meta(connection, "uuid", uuid.uuid4().hex[:12])
        if demo and not meta(connection, "demo"):
            business.load(session)
            set_meta(connection, "demo", "1")
        session.pending.clear()
        outbox.flush(session)
