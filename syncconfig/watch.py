"""The look that the supervisor takes each second: is there work that nobody was woken for, is something stuck?"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.db import Error, close_old_connections

from apilog import record
from syncconfig import held, jobs, listening, outbox, runs, wake

logger = logging.getLogger(__name__)

LOG_EVERY = 60.0
"""Seconds between two looks for log rows that nobody will close."""

STUCK = 60.0
"""Seconds for which messages or jobs may be due while no worker holds any: then the cluster hangs."""


class Watch:
    """Called about once a second by the supervisor; remembers since when nothing moved, by ``clock`` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._moved = clock()
        self._read = float("-inf")

    def __call__(self) -> list[str]:
        """Wake what has work; answers the names of the parts that must be restarted."""
        close_old_connections()
        try:
            wake_what_has_work()
            self._look_at_the_log()
            waiting = outbox.due_count() or jobs.claimable()
            if not waiting or outbox.anything_claimed() or jobs.held():
                self._moved = self._clock()
        except Error as error:
            # The database may be away for a while; the next second brings the next look.
            logger.warning("cannot look for work: %s", type(error).__name__)
            self._moved = self._clock()
        finally:
            close_old_connections()
        if self._clock() - self._moved < STUCK:
            return []
        self._moved = self._clock()
        return ["worker"]

    def _look_at_the_log(self) -> None:
        """At the start, and then each minute: close the log rows of processes that died."""
        if self._clock() - self._read >= LOG_EVERY:
            self._read = self._clock()
            record.close_lost()


tick = Watch()
"""What settings.HUB_TICK names."""


def wake_what_has_work() -> list[str]:
    """Call the workers that have something to do; answers their names."""
    held.release()
    work = {
        "run": runs.pending().exists(),
        "listen": bool(listening.due()),
        "deliver": bool(outbox.due_count()),
        "jobs": jobs.claimable(),
    }
    called = [name for name, there_is in work.items() if there_is]
    for name in called:
        wake.call(name)
    return called
