"""What another program's absence looks like: the database or Redis is away, restarts, or is locked."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from django.db import InterfaceError, OperationalError, close_old_connections

AWAY = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)
"""Exceptions that pass by themselves when the other program is back."""

DATABASE_AWAY = (OperationalError, InterfaceError)

AGAIN = 0.5
"""Seconds between two tries."""

T = TypeVar("T")
logger = logging.getLogger(__name__)


def one_line(error: BaseException) -> str:
    """The error's first line, with its kind where that says more."""
    text = str(error).strip().partition("\n")[0]
    return text or type(error).__name__


def patiently(action: Callable[[], T], seconds: float, clock: Callable[[], float] = time.monotonic) -> T:
    """Do it, and again while the database is away, for so many seconds; then raise what it raised.

    ``action`` must do no harm when it is repeated. To be called outside of transactions.
    """
    ends = clock() + seconds
    told = False
    while True:
        try:
            return action()
        except DATABASE_AWAY as error:
            close_old_connections()  # the broken one is not taken again
            if clock() >= ends:
                raise
            if not told:
                logger.warning("The database does not answer (%s); trying again.", one_line(error))
                told = True
            time.sleep(AGAIN)


class OutageFilter(logging.Filter):
    """Makes one line of an outage's traceback: nobody's code is wrong, and while it lasts it comes each second."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Put the error's first line in the place of the traceback; lets every record pass."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, AWAY):
            told = f"{record.getMessage()}: {type(error).__name__}: {one_line(error)}"
            record.msg, record.args, record.exc_info, record.exc_text = told[:500], (), None, None
        return True
