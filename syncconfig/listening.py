"""From changes in Odoo to messages in the outbox: heard, reduced to one a record, and queued with the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hub.api.trace import new_trace_id
from hub.errors import HubError, Misconfigured
from hub.flow import outbound
from hub.odoo import polling
from hub.odoo.changes import Change
from hub.odoo.connection import Odoo
from hub.odoo.embedded import EmbeddedOdoo
from hub.odoo.embedded.database import Database
from hub.odoo.embedded.outbox import last_sequence, read_changes
from syncconfig import outbox, plans
from syncconfig.models import ChangeCursor, Configuration, Delivery, OdooConnection

PAGE = 500
EMBEDDED_EVERY = timedelta(seconds=0.9)
ERROR_EVERY = timedelta(seconds=15)
OUTBOX, POLLING = "outbox", "polling"
EVENTS = {
    "create": (Delivery.Event.CREATE, "on_create"),
    "write": (Delivery.Event.UPDATE, "on_update"),
    "unlink": (Delivery.Event.DELETE, "on_delete"),
}


class Watched(NamedTuple):
    """A model of an Odoo that some active configuration wants to hear of."""

    connection: OdooConnection
    model: str


def watched() -> list[Watched]:
    """All of them."""
    wanting = [
        one
        for one in Configuration.objects.filter(
            active=True, request_type="out", connection__active=True
        ).select_related("connection")
        if one.listens
    ]
    return list({(one.connection_id, one.model): Watched(one.connection, one.model) for one in wanting}.values())


def begin() -> None:
    """Mark the present for each that was never listened to where it is now, so that nothing from now on is missed.

    To be called when a configuration begins to listen; an Odoo that cannot be reached is marked at its first look.
    """
    known = {(one.connection_id, one.model, one.position.get("place")) for one in ChangeCursor.objects.all()}
    for one in watched():
        if (one.connection.pk, one.model, _place(one.connection)) not in known:
            with suppress(HubError):
                _cursor(one, plans.odoo_of(one.connection))


def due() -> list[Watched]:
    """Those whose time it is: never heard, or last heard longer ago than the interval."""
    cursors = {(one.connection_id, one.model): one for one in ChangeCursor.objects.all()}
    now = timezone.now()

    def is_due(one: Watched) -> bool:
        cursor = cursors.get((one.connection.pk, one.model))
        if cursor is None or cursor.listened_at is None:
            return True
        return now - cursor.listened_at >= _interval(one, cursor)

    return [one for one in watched() if is_due(one)]


def listen_due() -> int:
    """Listen to each that is due; one that fails is noted at its cursor and stops no other. Answers messages queued."""
    queued = 0
    for one in due():
        try:
            queued += listen(one)
        except HubError as error:
            ChangeCursor.objects.filter(connection=one.connection, model=one.model).update(
                error=error.message, listened_at=timezone.now()
            )
    return queued


def listen(one: Watched) -> int:
    """Hear all that changed in one model since the cursor; a first time only marks the present."""
    odoo = plans.odoo_of(one.connection)
    cursor = _cursor(one, odoo)
    queued = 0
    more = True
    while more:
        changes, position, more = _heard(one, odoo, cursor)
        if not changes and position == cursor.position:
            ChangeCursor.objects.filter(pk=cursor.pk).update(listened_at=timezone.now(), error="")
            break
        added = _queue(one, odoo, cursor, changes, position)
        if added is None:
            break
        queued += added
        cursor.position = position
    return queued


def source_of(connection: OdooConnection) -> str:
    """How changes of that Odoo are heard: the embedded one keeps an outbox, others are asked."""
    return OUTBOX if connection.is_embedded else POLLING


def newest_per_record(changes: Sequence[Change]) -> list[Change]:
    """One change a record: several writes are one, a write after a create is the create, a deletion ends all.

    A record that was created and deleted between two looks is no news at all.
    """
    found: dict[int, Change] = {}
    for change in changes:
        before = found.pop(change.record_id, None)
        if change.event == "unlink" and before is not None and before.event == "create":
            continue
        found[change.record_id] = (
            before if before is not None and (before.event, change.event) == ("create", "write") else change
        )
    return list(found.values())


def _cursor(one: Watched, odoo: Odoo) -> ChangeCursor:
    source = source_of(one.connection)
    place = _place(one.connection)
    cursor = ChangeCursor.objects.filter(connection=one.connection, model=one.model).first()
    if cursor is None or cursor.source != source or cursor.position.get("place") != place:
        # Another Odoo than before has another history: begin at its present.
        position = {"sequence": last_sequence(_database(odoo))} if source == OUTBOX else polling.start(odoo, one.model)
        cursor, _ = ChangeCursor.objects.update_or_create(
            connection=one.connection,
            model=one.model,
            defaults={
                "source": source,
                "position": {**position, "place": place},
                "listened_at": timezone.now(),
                "error": "",
            },
        )
    return cursor


def _database(odoo: Odoo) -> Database:
    if not isinstance(odoo, EmbeddedOdoo):
        raise Misconfigured("Only the embedded Odoo keeps an outbox of its own.")
    return odoo.database


def _place(connection: OdooConnection) -> str:
    target = connection.target()
    return f"{target.url} {target.database}".strip()


def _interval(one: Watched, cursor: ChangeCursor) -> timedelta:
    if cursor.error:
        return ERROR_EVERY
    return EMBEDDED_EVERY if cursor.source == OUTBOX else timedelta(seconds=settings.HUB_POLL_SECONDS)


def _heard(one: Watched, odoo: Odoo, cursor: ChangeCursor) -> tuple[list[Change], dict[str, Any], bool]:
    place = {"place": cursor.position["place"]}
    if cursor.source == OUTBOX:
        changes = read_changes(_database(odoo), cursor.position["sequence"], PAGE, models=[one.model])
        sequence = changes[-1].sequence if changes else cursor.position["sequence"]
        return changes, {"sequence": sequence, **place}, len(changes) == PAGE
    look = polling.look(odoo, one.model, cursor.position)
    return look.changes, {**look.position, **place}, look.more and bool(look.changes)


def _queue(
    one: Watched, odoo: Odoo, cursor: ChangeCursor, changes: Sequence[Change], position: dict[str, Any]
) -> int | None:
    """Queue what the changes cause and move the cursor, in one transaction; None when another worker was faster."""
    messages = [message for configuration in _listeners(one) for message in _messages(configuration, odoo, changes)]
    with transaction.atomic():
        held = ChangeCursor.objects.select_for_update().filter(pk=cursor.pk).first()
        if held is None or held.position != cursor.position:
            return None
        held.position, held.listened_at, held.error = position, timezone.now(), ""
        held.save(update_fields=["position", "listened_at", "error"])
        return outbox.queue(messages)


def _listeners(one: Watched) -> list[Configuration]:
    found = Configuration.objects.filter(active=True, request_type="out", connection=one.connection, model=one.model)
    return [configuration for configuration in found if configuration.listens]


def _messages(configuration: Configuration, odoo: Odoo, changes: Sequence[Change]) -> list[Delivery]:
    wanted = [change for change in newest_per_record(changes) if getattr(configuration, EVENTS[change.event][1])]
    alive = [change.record_id for change in wanted if change.event != "unlink"]
    matching = outbound.matching(plans.outbound_plan(configuration), odoo, alive)
    return [
        Delivery(
            configuration=configuration,
            event=EVENTS[change.event][0],
            model=change.model,
            record_ids=[change.record_id],
            record_id=change.record_id,
            trace_id=new_trace_id(),
            values=dict(change.old_values) if change.event == "unlink" else None,
        )
        for change in wanted
        if change.event == "unlink" or change.record_id in matching
    ]
