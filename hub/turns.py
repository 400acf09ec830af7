"""One writer of a SQLite file after the other, and the next one at once.

SQLite lets those who wait for its lock sleep between two looks, for up to 0.1 s. Here the threads of a process wake
each other, and processes look at a lock file beside the database each fraction of a millisecond. SQLite's own lock
still decides: whoever writes without asking, or has waited here in vain, waits there.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOK = 0.0003
"""Seconds between two looks whether another process is done: about as long as a short write takes."""


class Turn:
    """The turn to write to one SQLite file; None: to one in this process's memory.

    ``seconds`` is how long to wait for it, before SQLite decides after all.
    """

    def __init__(self, database: Path | None, seconds: float) -> None:
        self.file = database.with_name(f"{database.name}-turn") if database is not None else None
        self.seconds = seconds
        self._begin()

    def _begin(self) -> None:
        """Nothing is inherited through a fork: the thread that has the turn is not in the child."""
        self._process = os.getpid()
        self._thread = threading.Lock()
        self._descriptor: int | None = None

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Write within; never nested, and short."""
        if self._process != os.getpid():
            self._begin()
        ends = time.monotonic() + self.seconds
        if not self._thread.acquire(timeout=self.seconds):
            yield
            return
        try:
            mine = self._lock(ends)
            try:
                yield
            finally:
                if mine is not None:
                    fcntl.lockf(mine, fcntl.LOCK_UN)
        finally:
            self._thread.release()

    def _lock(self, ends: float) -> int | None:
        """The descriptor of the locked file; None where it cannot be locked, or not in time."""
        if self.file is None:
            return None
        # POSIX locks: they belong to this process alone, whatever is forked, and end with it however it dies.
        try:
            if self._descriptor is None:
                self._descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            while True:
                try:
                    fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return self._descriptor
                except (BlockingIOError, PermissionError):
                    if time.monotonic() > ends:
                        return None
                time.sleep(LOOK)
        except OSError:
            return None
