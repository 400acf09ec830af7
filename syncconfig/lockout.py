"""Who fails to say who they are is kept out for a while, which grows: at the API and at the admin's login page.

Two things are counted for each place (an address; for IPv6 its /64 network): the failures with one login or token, and
all failures together. So nobody is locked out by what others do from elsewhere, and one system with an old token, which
tries for ever, does not lock out its neighbours.

Exact, also for attempts at the same moment, by several processes and machines: each is counted under a lock of its row.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from hub.addresses import place
from hub.errors import LimitExceeded
from syncconfig.models import Lockout

FREE_ONE, FREE_ALL = 5, 30
"""Failures before the first lock: with one login or token, and of a place in all. Each hour forgives as many."""

FIRST, LONGEST = timedelta(seconds=30), timedelta(hours=1)
"""The first lock; each further failure doubles it, up to the longest."""

FORGOTTEN = timedelta(days=1)


class TooManyFailures(LimitExceeded):
    """Nothing that this caller sends is looked at before ``retry_after`` seconds are over."""


@dataclass(frozen=True)
class Attempt:
    """Somebody at one of the doors. ``who`` is what they call themselves, or a digest of the token that they sent."""

    door: Lockout.Door
    address: str
    who: str

    @property
    def keys(self) -> dict[str, int]:
        """The rows that count it, in an order that no two processes take differently, with how much is free."""
        found = {_key(self.door, place(self.address), ""): FREE_ALL}
        if self.who:
            found[_key(self.door, place(self.address), self.who)] = FREE_ONE
        return dict(sorted(found.items()))


def check(attempt: Attempt, now: datetime | None = None) -> bool:
    """Whether there were failures with this login; raises TooManyFailures while it, or its place, is locked."""
    rows = Lockout.objects.filter(key__in=attempt.keys)
    moment = now or timezone.now()
    own = False
    for row in rows:
        _refuse_locked(row, moment)
        own = own or (row.failures > 0 and attempt.keys[row.key] == FREE_ONE)
    return own


def count(attempt: Attempt, known: Callable[[], bool] = lambda: False, now: datetime | None = None) -> None:
    """Count a failure; raises TooManyFailures, and counts nothing, while the login or its place is locked.

    ``known`` tells whether somebody of that name exists: other names are not written down.
    """
    moment = now or timezone.now()
    check(attempt, moment)  # who is locked and goes on costs one look, and holds up nobody who writes
    named = attempt.who[:150] if attempt.who and known() else ""
    with transaction.atomic():
        rows = [_row(attempt, key, free, named, moment) for key, free in attempt.keys.items()]
        for row in rows:
            _refuse_locked(row, moment)
        for row in rows:
            _count(row, attempt.keys[row.key], moment)


def clear(attempt: Attempt, *, counted: bool = False) -> None:
    """After a success: forget the failures with this login. ``counted``: the attempt itself was counted beforehand."""
    for key, free in attempt.keys.items():
        if free == FREE_ONE:
            Lockout.objects.filter(key=key).update(failures=0, locked_until=None)
        elif counted:
            _take_back(key)


def is_of_place(row: Lockout) -> bool:
    """Whether the row counts all failures of its place, and not those with one login."""
    return row.key == _key(row.door, row.place, "")


def _take_back(key: str) -> None:
    with transaction.atomic():
        row = Lockout.objects.select_for_update().filter(key=key).first()
        if row is not None:
            row.failures = max(row.failures - 1, 0)
            row.locked_until = row.locked_until if row.failures >= FREE_ALL else None
            row.save(update_fields=["failures", "locked_until"])


def forget(now: datetime | None = None) -> int:
    """Delete what nobody has added to for a day; answers how many rows."""
    return Lockout.objects.filter(failed_at__lt=(now or timezone.now()) - FORGOTTEN).delete()[0]


def _row(attempt: Attempt, key: str, free: int, named: str, moment: datetime) -> Lockout:
    return Lockout.objects.select_for_update().get_or_create(
        key=key,
        defaults={
            "door": attempt.door,
            "place": place(attempt.address),
            "login": named if free == FREE_ONE else "",
            "failed_at": moment,
        },
    )[0]


def _count(row: Lockout, free: int, moment: datetime) -> None:
    free_since = max(row.failed_at, row.locked_until or row.failed_at)
    forgiven = max(int((moment - free_since) / timedelta(hours=1) * free), 0)
    row.failures = max(row.failures - forgiven, 0) + 1
    over = row.failures - free
    row.failed_at, row.locked_until = moment, moment + min(FIRST * 2 ** min(over, 20), LONGEST) if over >= 0 else None
    row.save(update_fields=["failures", "failed_at", "locked_until"])


def _refuse_locked(row: Lockout, moment: datetime) -> None:
    if row.locked_until is not None and row.locked_until > moment:
        seconds = math.ceil((row.locked_until - moment).total_seconds())
        raise TooManyFailures(f"Too many failed attempts. Try again in {in_words(seconds)}.", seconds)


def in_words(seconds: int) -> str:
    """``30 seconds``, ``4 minutes``."""
    number, unit = (seconds, "second") if seconds < 120 else (math.ceil(seconds / 60), "minute")
    return f"{number} {unit}{'s' if number != 1 else ''}"


def _key(door: str, source: str, who: str) -> str:
    return hashlib.sha256("\n".join((door, source, who)).encode(errors="surrogatepass")).hexdigest()
