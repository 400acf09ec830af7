"""How changes in an Odoo are heard: the ways there are, and the one that a connection takes now."""

from __future__ import annotations

from hub.errors import HubError
from syncconfig import plans
from syncconfig.models import ChangeCursor, OdooConnection

OUTBOX, POLLING, INSIDE = "outbox", "polling", "inside"

HINTS = "hints"
"""Polling, as far as positions are concerned; at better moments."""


def source_of(connection: OdooConnection) -> str:
    """How changes of that Odoo are heard: by an outbox, its own or one that was set up in it; else by asking."""
    if connection.is_embedded:
        return OUTBOX
    return INSIDE if outbox_of(connection) else POLLING


def is_told(connection: OdooConnection, database: str, model: str) -> bool:
    """Whether that Odoo tells what changed in the model, and by which call."""
    cursors = ChangeCursor.objects.filter(connection=connection, database=database, model=model)
    source = cursors.values_list("source", flat=True).first()
    return (source or source_of(connection)) != POLLING


def outbox_of(connection: OdooConnection) -> str:
    """The outbox inside of the database that the connection leads to now, or ""."""
    there = connection.hears_by.get("database") == database_of(connection)
    return str(connection.hears_by.get("outbox", "")) if there else ""


def broken_in(connection: OdooConnection) -> list[str]:
    """The models that are asked for although an outbox was set up for them, because it is not whole any more."""
    if not outbox_of(connection):
        return []
    cursors = ChangeCursor.objects.filter(connection=connection, database=database_of(connection), source=POLLING)
    return sorted(cursors.values_list("model", flat=True))


def hints_of(connection: OdooConnection) -> str:
    """What the names of the rules begin with that the hub made in that database for hints, or ""."""
    there = connection.hears_by.get("database") == database_of(connection)
    return str(connection.hears_by.get("hints", "")) if there else ""


def way_of(connection: OdooConnection) -> str:
    """As source_of, but HINTS for an Odoo that is asked when it hints at something."""
    source = source_of(connection)
    return HINTS if source == POLLING and hint_token_of(connection) else source


def hint_token_of(connection: OdooConnection) -> str:
    """What the hints of the database are known by that the connection leads to now, or ""; another one's count not."""
    there = bool(connection.hint_token) and connection.hears_by.get("database") == database_of(connection)
    return connection.hint_token if there else ""


def database_of(connection: OdooConnection) -> str:
    """The database that it leads to; empty when that cannot be told, as with a damaged file."""
    try:
        return plans.database_of(connection)
    except HubError:
        return ""
