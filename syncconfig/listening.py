"""From changes in Odoo to messages in the outbox: heard, reduced to one a record, and queued with the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from hub.errors import HubError, Misconfigured, OdooAccess, OdooError
from hub.odoo import hinting, inside, polling
from hub.odoo.changes import Change, per_record
from hub.odoo.connection import Odoo
from hub.odoo.embedded import EmbeddedOdoo
from hub.odoo.embedded.database import Database
from hub.odoo.embedded.outbox import last_sequence, read_changes
from syncconfig import hints, outbox, plans, seen, sources, triggers
from syncconfig.models import ChangeCursor, Configuration, Delivery, OdooConnection
from syncconfig.sources import INSIDE, OUTBOX, POLLING, outbox_of, source_of

PAGE = 500
EMBEDDED_EVERY = timedelta(seconds=0.9)
ERROR_EVERY = timedelta(seconds=15)
INSIDE_EVERY = timedelta(seconds=1)
CHECK_EVERY = timedelta(minutes=1)
"""How often an outbox inside of an Odoo is looked over: anybody with the right to can switch its rules off there."""


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
    known = _Cursors()
    for one in watched():
        cursor = known.of(one)
        with suppress(HubError):
            if cursor is None:
                _cursor(one, plans.odoo_of(one.connection))
            elif cursor.source == POLLING:
                seen.begin(listeners(one), plans.odoo_of(one.connection), cursor.database)


def due() -> list[Watched]:
    """Those whose time it is: never heard, last heard longer ago than the interval, or hinted at."""
    cursors = _Cursors()
    now = timezone.now()
    deletions = hints.deletions_due(now)

    def is_due(one: Watched) -> bool:
        cursor = cursors.of(one)
        if cursor is None or cursor.listened_at is None:
            return True
        if now - cursor.listened_at >= _interval(one, cursor):
            return True
        if cursor.error or now - cursor.listened_at < hints.EVERY:
            return False
        return hints.is_due(cursor, now) or (one.connection.pk, one.model, cursor.database) in deletions

    return [one for one in watched() if is_due(one)]


def listen_due() -> int:
    """Listen to each that is due; one that fails is noted at its cursor and stops no other. Answers messages queued."""
    queued = 0
    for one in due():
        try:
            queued += listen(one)
        except HubError as error:
            _note(one, error)
    return queued


def listen(one: Watched, *, last: bool = False, anew: bool = False) -> int:
    """Hear all that changed in one model since the cursor; a first time only marks the present.

    ``last``: this way is not gone again, so the seconds that polling leaves for its next look are heard, too. ``anew``:
    look now whether an outbox inside of Odoo is whole.
    """
    odoo = plans.odoo_of(one.connection)
    cursor = _cursor(one, odoo)
    name = outbox_of(one.connection)
    if not name or not (anew or _wants_check(cursor)):
        return _hear(one, odoo, cursor, last)
    try:
        whole = one.model in inside.check(odoo, name).models
    except OdooAccess:  # who set it up could see its rules, and this user cannot
        whole = cursor.source == INSIDE
    if cursor.source == INSIDE or not whole:
        return _hear(one, odoo, _checked(one, odoo, cursor, whole), last)
    asked_for = inside.told(odoo, name, one.model)
    queued = _hear(one, odoo, cursor, True)
    inside.drop(odoo, name, asked_for)
    _place(cursor, INSIDE, {"taken": []})
    return queued


def _wants_check(cursor: ChangeCursor) -> bool:
    checked = cursor.position.get("checked")
    return checked is None or timezone.now() - datetime.fromisoformat(checked) >= CHECK_EVERY


def _checked(one: Watched, odoo: Odoo, cursor: ChangeCursor, whole: bool) -> ChangeCursor:
    """The cursor after a look at the outbox; of one that is not whole, Odoo is asked: from when it was last whole."""
    if whole or cursor.source != INSIDE:
        return _place(cursor, cursor.source, cursor.position)
    before = cursor.position.get("checked")
    moment = datetime.fromisoformat(before) if before else cursor.listened_at or timezone.now()
    return _place(cursor, POLLING, polling.since(odoo, one.model, moment))


def _place(cursor: ChangeCursor, source: str, position: dict[str, Any]) -> ChangeCursor:
    """Put it there, with the time of this look, unless another worker was faster."""
    with transaction.atomic():
        held = ChangeCursor.objects.select_for_update().get(pk=cursor.pk)
        if (held.source, held.position) == (cursor.source, cursor.position):
            held.source, held.position = source, {**position, "checked": timezone.now().isoformat()}
            held.save(update_fields=["source", "position"])
    return held


def _hear(one: Watched, odoo: Odoo, cursor: ChangeCursor, last: bool) -> int:
    queued = 0
    more = True
    while more:
        changes, position, more = _heard(one, odoo, cursor, last)
        if not changes and position == cursor.position:
            ChangeCursor.objects.filter(pk=cursor.pk).update(listened_at=timezone.now(), error="")
            break
        added = _queue(one, odoo, cursor, changes, position)
        if added is None:
            return queued
        queued += added
        cursor.position = position
    return queued + _listen_for_deletions(one, odoo, cursor, last)


def _listen_for_deletions(one: Watched, odoo: Odoo, cursor: ChangeCursor, last: bool) -> int:
    """Of those that were hinted at; an outbox tells its own."""
    queued, after = 0, 0 if cursor.source != OUTBOX else None
    while after is not None:
        changes, after = hints.deletions(cursor, odoo, after, last=last)
        added = _queue(one, odoo, cursor, changes, cursor.position) if changes else 0
        if added is None:
            break
        queued += added
    return queued


class _Cursors:
    """All cursors, to be asked for the one of a model in the database that its connection leads to now."""

    def __init__(self) -> None:
        self._found = {(one.connection_id, one.model, one.database): one for one in ChangeCursor.objects.all()}
        self._databases: dict[int, str] = {}

    def of(self, one: Watched) -> ChangeCursor | None:
        """That cursor; none for a database that was never listened to."""
        key = one.connection.pk
        if key not in self._databases:
            self._databases[key] = sources.database_of(one.connection)
        return self._found.get((key, one.model, self._databases[key]))


def _note(one: Watched, error: HubError) -> None:
    """Write down why it could not be heard; a cursor without a position waits for its first look."""
    ChangeCursor.objects.update_or_create(
        connection=one.connection,
        model=one.model,
        database=sources.database_of(one.connection),
        defaults={"error": error.message, "listened_at": timezone.now()},
        create_defaults={
            "error": error.message,
            "listened_at": timezone.now(),
            "source": source_of(one.connection),
        },
    )


def _cursor(one: Watched, odoo: Odoo) -> ChangeCursor:
    """Where to go on in that database; at its present, when it was never listened to."""
    here = ChangeCursor.objects.filter(connection=one.connection, model=one.model)
    database = odoo.identity()
    cursor = here.filter(database=database).first() or _of_earlier_version(one, database)
    if cursor is None or not cursor.position:
        columns = {
            "source": source_of(one.connection),
            "position": _present(one, odoo),
            "listened_at": timezone.now(),
            "error": "",
        }
        cursor, _ = here.update_or_create(
            connection=one.connection, model=one.model, database=database, defaults=columns
        )
        here.exclude(pk=cursor.pk).update(error="")  # what was wrong with another database is over
    return cursor


def _present(one: Watched, odoo: Odoo) -> dict[str, Any]:
    """The position from which on all that is to come is heard."""
    source = source_of(one.connection)
    if source == OUTBOX:
        return {"sequence": last_sequence(_database(odoo))}
    if source == INSIDE:
        inside.set_up(odoo, outbox_of(one.connection), [one.model])
        return {"taken": []}
    if name := sources.hints_of(one.connection):
        with suppress(OdooError):  # it is asked as well; and `listening` says what is missing
            hinting.set_up(odoo, name, hints.addresses(one.connection), [one.model])
    seen.begin(listeners(one), odoo, odoo.identity())
    return polling.start(odoo, one.model)


def _of_earlier_version(one: Watched, database: str) -> ChangeCursor | None:
    """The cursor that a hub left which noted the place within the position, if it is this place."""
    target = one.connection.target()
    before = ChangeCursor.objects.filter(connection=one.connection, model=one.model, database="").first()
    if before is None or before.position.pop("place", None) != f"{target.url} {target.database}".strip():
        return None
    before.database = database
    before.save(update_fields=["database", "position"])
    return before


def _database(odoo: Odoo) -> Database:
    if not isinstance(odoo, EmbeddedOdoo):
        raise Misconfigured("Only the embedded Odoo keeps an outbox of its own.")
    return odoo.database


def _interval(one: Watched, cursor: ChangeCursor) -> timedelta:
    if cursor.error:
        return ERROR_EVERY
    if cursor.source == INSIDE:
        return INSIDE_EVERY
    return EMBEDDED_EVERY if cursor.source == OUTBOX else hints.interval(one.connection, cursor)


def _heard(one: Watched, odoo: Odoo, cursor: ChangeCursor, last: bool) -> tuple[list[Change], dict[str, Any], bool]:
    if cursor.source == OUTBOX:
        changes = read_changes(_database(odoo), cursor.position["sequence"], PAGE, models=[one.model])
        sequence = changes[-1].sequence if changes else cursor.position["sequence"]
        return changes, {"sequence": sequence}, len(changes) == PAGE
    kept = {name: value for name, value in cursor.position.items() if name == "checked"}
    if cursor.source == INSIDE:
        told = inside.look(odoo, outbox_of(one.connection), one.model, cursor.position)
        return told.changes, told.position | kept, bool(told.changes)
    now = timezone.now() + timedelta(hours=1) if last else None
    look = polling.look(odoo, one.model, cursor.position, now)
    return look.changes, look.position | kept, look.more and bool(look.changes)


def _queue(
    one: Watched, odoo: Odoo, cursor: ChangeCursor, changes: Sequence[Change], position: dict[str, Any]
) -> int | None:
    """Queue what the changes cause and move the cursor, in one transaction.

    None when another worker was faster, or somebody changed meanwhile what is to be sent: then they are looked at anew.
    """
    events, told = per_record(changes), cursor.source != POLLING
    asking = listeners(one) if events else []
    found = [triggers.caused(each, odoo, cursor.database, events, told=told) for each in asking]
    with transaction.atomic():
        if not _still_ask(asking):
            return None
        held = ChangeCursor.objects.select_for_update().filter(pk=cursor.pk).first()
        if held is None or held.position != cursor.position:
            return None
        now = timezone.now()
        if hints.went_astray(held, changes, now):
            held.unhinted_at = now
        held.position, held.listened_at, held.error = position, now, ""
        held.save(update_fields=["position", "listened_at", "error", "unhinted_at"])
        for each in found:
            if each.memory is not None:
                each.memory.save()
        messages = [message for each in found for message in each.messages]
        gone = {one.record_id for one in changes if one.event == "unlink"} if held.source != OUTBOX else set()
        if gone:  # a hint and an outbox may tell of the same deletion
            untold = hints.untold(held, gone)
            messages = [one for one in messages if one.event != Delivery.Event.DELETE or one.record_id in untold]
        return outbox.queue(messages)


def _still_ask(asking: Sequence[Configuration]) -> bool:
    """Whether these are set as they were read; until the transaction ends, they stay so."""
    rows = Configuration.objects.filter(pk__in=[one.pk for one in asking]).select_related("connection").order_by("pk")
    locked = rows.select_for_update(of=("self",), no_key=True)  # messages may be queued for them meanwhile
    return {one.pk: triggers.terms(one) for one in locked} == {one.pk: triggers.terms(one) for one in asking}


def listeners(one: Watched) -> list[Configuration]:
    """The configurations that want to hear of it."""
    found = Configuration.objects.filter(
        active=True, request_type="out", connection=one.connection, model=one.model
    ).select_related("connection")
    return [configuration for configuration in found if configuration.listens]
