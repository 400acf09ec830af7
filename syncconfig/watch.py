"""The look that the supervisor takes each second: is there work that nobody was woken for, is something stuck?"""

from __future__ import annotations

import logging
import time

from django.db import Error, close_old_connections

from syncconfig import listening, outbox, runs, wake

logger = logging.getLogger(__name__)

STUCK = 60.0
"""Seconds for which messages may be due while no worker holds any: then the cluster hangs."""


class Watch:
    """Called about once a second by the supervisor; remembers since when nothing moved."""

    def __init__(self) -> None:
        self._moved = time.monotonic()

    def __call__(self) -> list[str]:
        """Wake what has work; answers the names of the parts that must be restarted."""
        close_old_connections()
        try:
            wake_what_has_work()
            if not outbox.due_count() or outbox.anything_claimed():
                self._moved = time.monotonic()
        except Error as error:
            # The database may be away for a while; the next second brings the next look.
            logger.warning("cannot look for work: %s", type(error).__name__)
            self._moved = time.monotonic()
        finally:
            close_old_connections()
        if time.monotonic() - self._moved < STUCK:
            return []
        self._moved = time.monotonic()
        return ["worker"]


tick = Watch()
"""What settings.HUB_TICK names."""


def wake_what_has_work() -> list[str]:
    """Call the workers that have something to do; answers their names."""
    work = {"run": runs.pending().exists(), "listen": bool(listening.due()), "deliver": bool(outbox.due_count())}
    called = [name for name, there_is in work.items() if there_is]
    for name in called:
        wake.call(name)
    return called
