"""Hints of an Odoo that something was changed: noted at once, and looked after soon.

A hint is never the truth. It causes a look, as polling takes it, and nothing that it says is believed but which model,
and which record may be gone: of that, Odoo is asked. Many hints cause one look, never more than one a second.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from hub.odoo import polling
from hub.odoo.changes import Change
from hub.odoo.connection import Odoo
from hub.odoo.hinting import Addresses
from syncconfig import sources
from syncconfig.models import ChangeCursor, DeletionHint, OdooConnection

FOLLOW_UPS = tuple(timedelta(seconds=seconds) for seconds in (0, 2.5, 6, 20, 60))
"""When to look after a hint: at once; when the seconds are over that polling leaves for its next look; and later, for
an Odoo whose clock is ahead, or that sends its hints before the commit, as 17 and 18 do."""

EVERY = timedelta(seconds=1)
"""The shortest time between two looks, however many hints come."""

BURST = timedelta(seconds=0.25)
"""Hints that come so soon after another one are not noted."""

STRAY = timedelta(seconds=10)
"""How far Odoo's clock and the hub's may be apart before a change counts as one of which no hint came."""

PAGE = 500
MOST = 50_000
"""Deletions of a connection that can wait to be looked at; what is hinted at beyond is not noted."""

UNDECIDED = timedelta(minutes=5)
"""After so long, a record that still exists was not deleted: its transaction was rolled back, or the hint was a lie."""

KEPT = timedelta(days=1)
"""How long it is remembered that a deletion was told, for another hint of it to be no news."""


def new_token() -> str:
    """What an Odoo's hints are known by: 256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


def addresses(connection: OdooConnection, token: str = "") -> Addresses:
    """Where that Odoo is to send its hints; with the token that is given, or else its own."""
    start, end = f"{settings.HUB_PUBLIC_URL}/api/hints/{connection.pk}", f"?token={token or connection.hint_token}"
    return Addresses(f"{start}{end}", f"{start}/deleted{end}")


def is_right(connection: OdooConnection, token: str) -> bool:
    """Whether that is the token by which the hints of the database are known that the connection leads to now."""
    known = sources.hint_token_of(connection)
    return bool(known) and hmac.compare_digest(known.encode(), token.encode(errors="replace"))


def note(connection: OdooConnection, model: str, deleted: int | None = None) -> None:
    """Note that something was changed in the model, or that this record may be gone; of models that are listened to."""
    now, database = timezone.now(), sources.database_of(connection)
    cursor = ChangeCursor.objects.filter(connection=connection, model=model, database=database)
    last = list(cursor.values_list("hinted_at", flat=True))
    if not last:
        return
    if deleted is not None:
        _note_deletion(connection, database, model, deleted, now)
    if last[0] is None or last[0] < now - BURST:
        cursor.update(hinted_at=now)


def _note_deletion(connection: OdooConnection, database: str, model: str, record_id: int, now: datetime) -> None:
    if DeletionHint.objects.filter(connection=connection, told_at=None).count() >= MOST:
        return
    DeletionHint.objects.bulk_create(
        [
            DeletionHint(
                connection=connection, database=database, model=model, record_id=record_id, hinted_at=now, check_at=now
            )
        ],
        update_conflicts=True,
        unique_fields=["connection", "database", "model", "record_id"],
        update_fields=["hinted_at", "check_at"],
    )


# When to look -------------------------------------------------------------------------------------------------------


def is_due(cursor: ChangeCursor, now: datetime) -> bool:
    """Whether a hint wants a look at its model now."""
    at, looked = cursor.hinted_at, cursor.listened_at
    if at is None or looked is None or now - looked < EVERY:
        return False
    return any(looked < at + wait <= now for wait in FOLLOW_UPS)


def deletions_due(now: datetime) -> set[tuple[int, str, str]]:
    """Connection, model and database of the records of which Odoo is to be asked whether they are gone."""
    rows = DeletionHint.objects.filter(told_at=None, check_at__lte=now)
    return set(rows.values_list("connection_id", "model", "database").distinct())


def arrive(connection: OdooConnection, cursor: ChangeCursor) -> bool:
    """Whether the hints of that model do arrive, so that asking all the time can be spared."""
    if cursor.hinted_at is None or not sources.hint_token_of(connection):
        return False
    return cursor.unhinted_at is None or cursor.unhinted_at < cursor.hinted_at


def interval(connection: OdooConnection, cursor: ChangeCursor) -> timedelta:
    """How often an Odoo is asked without a hint."""
    hinted = arrive(connection, cursor)
    return timedelta(seconds=settings.HUB_HINTED_POLL_SECONDS if hinted else settings.HUB_POLL_SECONDS)


def went_astray(cursor: ChangeCursor, changes: Iterable[Change], now: datetime) -> bool:
    """Whether there are changes among these of which a hint should have come, and did not."""
    if cursor.hinted_at is None:
        return False
    return any(cursor.hinted_at + STRAY < one.at < now - STRAY for one in changes)


# What is gone -------------------------------------------------------------------------------------------------------


def deletions(
    cursor: ChangeCursor, odoo: Odoo, after: int = 0, *, last: bool = False
) -> tuple[list[Change], int | None]:
    """Of a page of hints the records that are gone in Odoo, and ``after`` what to go on; None at the end.

    Those that exist are looked at again later, ever more seldom, and then forgotten. What came and went before anybody
    heard of it is no news. ``last``: all, whether it is their time or not.
    """
    now = timezone.now()
    rows = _of(cursor).filter(told_at=None, pk__gt=after).order_by("pk")
    page = list((rows if last else rows.filter(check_at__lte=now))[:PAGE])
    lost = polling.gone(odoo, cursor.model, [one.record_id for one in page])
    changes, over = [], []
    for one in page:
        if one.record_id not in lost:
            if now - one.hinted_at >= UNDECIDED:
                over.append(one.pk)
            else:
                _of(cursor).filter(pk=one.pk).update(check_at=now + (now - one.hinted_at) + FOLLOW_UPS[1])
        elif _was_known(cursor, one.record_id):
            changes.append(Change(0, cursor.model, one.record_id, "unlink", one.hinted_at))
        else:
            over.append(one.pk)
    DeletionHint.objects.filter(pk__in=over).delete()
    return changes, page[-1].pk if len(page) == PAGE else None


def _was_known(cursor: ChangeCursor, record_id: int) -> bool:
    return cursor.source != sources.POLLING or polling.was_known(cursor.position, record_id)


def untold(cursor: ChangeCursor, ids: Collection[int]) -> set[int]:
    """Which of these deletions were not told before; to be called in the transaction that queues them.

    From now on they were. Those of an outbox, too, as far as somebody hinted at them.
    """
    rows = _of(cursor).filter(record_id__in=list(ids))
    told = {one.record_id for one in rows.select_for_update() if one.told_at is not None}
    rows.filter(told_at=None).update(told_at=timezone.now())
    return set(ids) - told


def _of(cursor: ChangeCursor) -> QuerySet[DeletionHint]:
    return DeletionHint.objects.filter(connection=cursor.connection_id, database=cursor.database, model=cursor.model)


def over() -> QuerySet[DeletionHint]:
    """What is over: long told, or never looked at, because nobody listens any more."""
    before = timezone.now() - KEPT
    return DeletionHint.objects.filter(Q(told_at__lt=before) | Q(told_at=None, hinted_at__lt=before))
