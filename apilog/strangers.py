"""Calls without a valid token: logged without what they sent, and only so many a minute, so that nobody fills the disk.

Each web process counts for itself. What is over the limit stands in one row, which tells about how many there were.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db import DatabaseError

from apilog import record
from apilog.models import ApiLog
from hub.addresses import place
from hub.errors import HubError
from hub.redact import redact_url

logger = logging.getLogger(__name__)

EACH = 10
"""Rows a minute for one address; for IPv6 for its /64 network, out of which one host may choose any address."""

ALL = 60
"""Rows a minute for all addresses together."""

LONGEST_URL, LONGEST_HEADERS = 500, 2000
"""Characters of the address called, and of all headers together, that are kept."""


@dataclass(frozen=True)
class Verdict:
    """``listed``: it gets a row of its own. Otherwise it is the ``more``-th under ``key`` that gets none."""

    listed: bool
    key: str = ""
    more: int = 0


class Quota:
    """Counts the calls of the present minute. ``clock`` answers seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.summaries: dict[str, int] = {}
        """By key, the row that stands for those without one."""
        self._lock = threading.Lock()
        self._minute = -1
        self._listed: Counter[str] = Counter()
        self._more: Counter[str] = Counter()

    def count(self, address: str) -> Verdict:
        """Count a call from there."""
        source = place(address)
        with self._lock:
            minute = int(self.clock() // 60)
            if minute != self._minute:
                self.reset()
                self._minute = minute
            if self._listed[source] < EACH and self._listed.total() < ALL:
                self._listed[source] += 1
                return Verdict(listed=True)
            key = source if self._listed[source] >= EACH else ""  # so there are never more keys than rows
            self._more[key] += 1
            return Verdict(listed=False, key=key, more=self._more[key])

    def reset(self) -> None:
        """Forget this minute's calls."""
        self.summaries, self._listed, self._more = {}, Counter(), Counter()


quota = Quota()


def note(
    about: record.About, method: str, url: str, headers: Iterable[tuple[str, str]], status: int, failure: HubError
) -> None:
    """Log a call of a stranger, or count it. Never fails: the answer does not depend on it."""
    verdict = quota.count(about.address)
    try:
        if verdict.listed:
            kept = _short(record.header_rows(headers))
            record.stranger(about, method, redact_url(url[:LONGEST_URL]), kept, status, (failure.code, failure.message))
        elif verdict.more & (verdict.more - 1) == 0:  # 1, 2, 4, 8 ...: a flood of calls must be no flood of writes
            _sum_up(about, method, status, failure, verdict)
    except DatabaseError as error:
        logger.warning("a call without a valid token could not be logged: %s", type(error).__name__)


def _sum_up(about: record.About, method: str, status: int, failure: HubError, verdict: Verdict) -> None:
    """Write how many there were so far into the row that stands for them."""
    whence = f"from {verdict.key}" if verdict.key else "from many addresses"
    count = "1 more call" if verdict.more == 1 else f"{verdict.more} more calls"
    text = f"At least {count} without a valid token came {whence} within a minute. They are not listed one by one."
    known = quota.summaries.get(verdict.key)
    if known is None or not ApiLog.objects.filter(pk=known).update(error_message=text):
        quota.summaries[verdict.key] = record.stranger(about, method, "", [], status, (failure.code, text)).pk


def _short(headers: list[list[str]]) -> list[list[str]]:
    """As many of them as fit."""
    kept, left = [], LONGEST_HEADERS
    for name, value in headers:
        left -= len(name) + len(value)
        if left >= 0:
            kept.append([name, value])
    return kept
