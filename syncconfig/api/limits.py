"""Limits on how often a caller may call: by the hour, and by the minute for bursts.

Exact also for calls at the same moment, by several processes and machines: one statement of the database counts and
tells.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from hub import rows
from hub.addresses import place
from hub.errors import LimitExceeded
from syncconfig.models import ApiClient, CallCount, Configuration

HOUR, MINUTE = 3600, 60
TABLE = CallCount._meta.db_table

COUNT = f"""
    INSERT INTO {TABLE} (caller, seconds, starts, calls) VALUES (%s, %s, %s, 1), (%s, %s, %s, 1)
    ON CONFLICT (caller, seconds) DO UPDATE SET
        calls = CASE WHEN {TABLE}.starts = excluded.starts THEN {TABLE}.calls + 1 ELSE 1 END,
        starts = excluded.starts
    RETURNING seconds, calls
"""  # noqa: S608 - a table's name


@dataclass(frozen=True)
class Standing:
    """Where a caller stands in one window: ``reset`` is when it ends, in seconds since 1970."""

    limit: int
    used: int
    reset: int

    @property
    def remaining(self) -> int:
        """Calls that are left."""
        return max(self.limit - self.used, 0)

    def headers(self) -> dict[str, str]:
        """The reference's three headers."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
        }


class TooMany(LimitExceeded):
    """A limit was exceeded; ``standing`` is that of the window concerned."""

    def __init__(self, message: str, retry_after: float, standing: Standing) -> None:
        super().__init__(message, retry_after, limit=standing.limit, reset=standing.reset)
        self.standing = standing


def count(client: ApiClient, now: float | None = None) -> Standing | None:
    """Count a call of the client; where it stands, by the hour if that is limited; None when nothing is.

    Raises TooMany for a call beyond a limit. Such calls count, too: who does not stop is not let in the sooner.
    """
    return _count(f"client {client.pk}", client.calls_per_hour, client.calls_per_minute, now)


def count_place(address: str, opened: Iterable[Configuration], now: float | None = None) -> Standing | None:
    """The same for a caller without a token, by where it is; the widest limits of the configurations open to it."""
    hours, minutes = zip(*((one.anybody_per_hour, one.anybody_per_minute) for one in opened), strict=True)
    per_hour, per_minute = (0 if 0 in found else max(found) for found in (hours, minutes))
    return _count(f"from {place(address)}", per_hour, per_minute, now)


def _count(caller: str, per_hour: int, per_minute: int, now: float | None) -> Standing | None:
    limits = {HOUR: per_hour, MINUTE: per_minute}
    if not any(limits.values()):
        return None
    moment = time.time() if now is None else now
    starts = {seconds: int(moment) // seconds * seconds for seconds in limits}
    with rows.turn(), connection.cursor() as cursor:
        cursor.execute(COUNT, [caller, HOUR, starts[HOUR], caller, MINUTE, starts[MINUTE]])
        used = dict(cursor.fetchall())
    standings = {
        seconds: Standing(limit, used[seconds], starts[seconds] + seconds) for seconds, limit in limits.items() if limit
    }
    for seconds, word in ((MINUTE, "minute"), (HOUR, "hour")):
        standing = standings.get(seconds)
        if standing is not None and standing.used > standing.limit:
            raise TooMany(
                f"You may call {standing.limit} times in one {word}, and have. Go on when it is over.",
                standing.reset - moment,
                standing,
            )
    return standings.get(HOUR) or standings[MINUTE]


def forget(now: float | None = None) -> int:
    """Delete the counts of windows that are over for long; answers how many rows."""
    over = (time.time() if now is None else now) - 2 * HOUR
    return CallCount.objects.filter(starts__lt=over).delete()[0]
