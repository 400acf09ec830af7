"""How changes in an Odoo are heard: the ways there are, and the one that a connection takes now."""

from __future__ import annotations

from hub.errors import HubError
from syncconfig import plans
from syncconfig.models import ChangeCursor, OdooConnection

OUTBOX, POLLING, INSIDE = "outbox", "polling", "inside"


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


def database_of(connection: OdooConnection) -> str:
    """The database that it leads to; empty when that cannot be told, as with a damaged file."""
    try:
        return plans.database_of(connection)
    except HubError:
        return ""
