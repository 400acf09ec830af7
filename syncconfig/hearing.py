"""The strongest way of hearing an Odoo: an outbox inside of it, set up, checked, mended and removed over RPC."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.db import transaction

from hub.errors import Misconfigured
from hub.odoo import inside, polling
from hub.odoo.connection import Odoo
from syncconfig import listening, plans, seen, sources
from syncconfig.models import ChangeCursor, Configuration, OdooConnection


def set_up(connection: OdooConnection) -> str:
    """Set the outbox up for all models that are listened to, or mend it; answers a sentence.

    What changed until then is heard the old way first, so that nothing falls between the two.
    """
    if connection.is_embedded:
        raise Misconfigured("The embedded Odoo keeps an outbox of its own: there is nothing to set up.")
    odoo = plans.odoo_of(connection)
    mine = [one for one in listening.watched() if one.connection.pk == connection.pk]
    name = sources.outbox_of(connection) or inside.name_of(secrets.token_hex(4))
    wanted = sorted({one.model for one in mine})
    inside.set_up(odoo, name, wanted)
    over = _tidy(connection, odoo, name, wanted)
    state = inside.check(odoo, name)
    if not sources.outbox_of(connection):
        for one in mine:
            listening.listen(one, last=True)
        _switch(connection, odoo.identity(), name)
        seen.forget(Configuration.objects.filter(connection=connection).values_list("pk", flat=True))
    models = ", ".join(state.models) or "no model yet"
    told = f" Removed, because nothing listens to it any more: {', '.join(over)}." if over else ""
    return f"Odoo tells of every change now: {models}. More models follow when configurations listen to them.{told}"


def check(connection: OdooConnection) -> str:
    """What is there, in a sentence; raises Misconfigured when something that should be there is not."""
    source = sources.source_of(connection)
    if source == sources.OUTBOX:
        return "The embedded Odoo keeps an outbox of its own."
    if source == sources.POLLING:
        return "Odoo is asked every few seconds; deletions are not heard. An outbox can be set up."
    odoo, name = plans.odoo_of(connection), sources.outbox_of(connection)
    wanted = {one.model for one in listening.watched() if one.connection.pk == connection.pk}
    over = _tidy(connection, odoo, name, wanted)
    state = inside.check(odoo, name)
    missing = sorted(wanted - set(state.models))
    if missing or not state.outbox:
        raise Misconfigured(
            f"The outbox inside of Odoo was changed or removed there: {', '.join(missing) or 'its model'} is not heard."
            " Set it up again."
        )
    told = f" Removed, because nothing listens to it any more: {', '.join(over)}." if over else ""
    return f"The outbox inside of Odoo is whole: {', '.join(state.models) or 'no model yet'}.{told}"


def remove(connection: OdooConnection) -> str:
    """Hear what is left, take the outbox out of Odoo, and ask from now on."""
    name = sources.outbox_of(connection)
    if not name:
        return "There is no outbox to remove."
    odoo = plans.odoo_of(connection)
    mine = [one for one in listening.watched() if one.connection.pk == connection.pk]
    for one in mine:
        seen.begin(listening.listeners(one), odoo, odoo.identity())
    positions = {one.model: polling.start(odoo, one.model) for one in mine}
    for one in mine:
        listening.listen(one)
    inside.remove(odoo, name)
    with transaction.atomic():
        _mark(connection, {})
        cursors = ChangeCursor.objects.filter(connection=connection, database=odoo.identity())
        for cursor in cursors:
            cursor.source, cursor.position = sources.POLLING, positions.get(cursor.model, {})
            cursor.save(update_fields=["source", "position"])
    return "The outbox is removed from Odoo. The hub asks every few seconds again; deletions are not heard any more."


def _tidy(connection: OdooConnection, odoo: Odoo, name: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """Remove what is there for models that nothing listens to; should something do so again, it begins anew."""
    over = inside.tidy(odoo, name, wanted)
    ChangeCursor.objects.filter(connection=connection, database=odoo.identity(), model__in=over).delete()
    return over


def _switch(connection: OdooConnection, database: str, name: str) -> None:
    with transaction.atomic():
        _mark(connection, {"database": database, "outbox": name})
        ChangeCursor.objects.filter(connection=connection, database=database).update(
            source=sources.INSIDE, position={"taken": []}, error=""
        )


def _mark(connection: OdooConnection, hears_by: dict[str, str]) -> None:
    connection.hears_by = hears_by
    OdooConnection.objects.filter(pk=connection.pk).update(hears_by=hears_by)
