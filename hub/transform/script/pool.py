"""The warm pool: a few workers of Monty that serve all threads of the process, each keeping the script it ran last.

It is made with the first script. A process that is forked after that cannot use Monty, whose runtime does not survive
a fork: there every run is refused at once with a sentence, instead of hanging.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic_monty import Monty, MontyError

from hub.transform.script.compiled import Compiled
from hub.transform.script.errors import ScriptUnavailable
from hub.transform.script.limits import Limits
from hub.transform.script.session import Session, WorkerDied, image

WORKERS = 8
"""Worker processes of one process at the most, about 10 MB each: so many threads, or different scripts, stay warm."""

PATIENCE = 30.0
"""Seconds to wait for a worker before the run is refused."""

RUNS = 10_000
"""Runs of one session before it is made anew."""

Key = tuple[Compiled, Limits]


class Pool:
    """At most ``size`` sessions, made when needed, the one not used for longest making room for another script."""

    def __init__(self, size: int = WORKERS, patience: float = PATIENCE) -> None:
        self._size = size
        self._patience = patience
        self._idle: OrderedDict[int, tuple[Key, Session]] = OrderedDict()
        self._live = 0
        self._changed = threading.Condition()
        self._starting = threading.Lock()
        self._monty: Monty | None = None
        self._image = b""

    @contextmanager
    def session(self, script: Compiled, limits: Limits, *, fresh: bool = False) -> Iterator[Session]:
        """A session with that script, for one run, ``fresh`` if need be; after an error it is not used again."""
        session = self._take((script, limits), fresh)
        try:
            yield session
        except BaseException:
            self._drop(session)
            raise
        if session.runs >= RUNS:
            self._drop(session)
            return
        with self._changed:
            self._idle[id(session)] = ((script, limits), session)
            self._changed.notify()

    def close(self) -> None:
        """End all workers; the next run starts new ones."""
        with self._starting, self._changed:
            idle = [session for _, session in self._idle.values()]
            self._idle.clear()
            self._live -= len(idle)
            monty, self._monty = self._monty, None
        for session in idle:
            session.close()
        if monty is not None:
            monty.__exit__(None, None, None)

    def _take(self, key: Key, fresh: bool) -> Session:
        """An idle session with the script, else a new one in the place of none or of the oldest idle one."""
        deadline = time.monotonic() + self._patience
        with self._changed:
            while True:
                for number, (held, session) in reversed(self._idle.items()):
                    if held == key and not fresh:
                        del self._idle[number]
                        return session
                if self._live < self._size:
                    self._live += 1
                    retired = None
                    break
                if self._idle:
                    retired = self._idle.popitem(last=False)[1][1]
                    break
                if not self._changed.wait(deadline - time.monotonic()):
                    raise ScriptUnavailable("All workers for scripts are busy. Try again in a moment.")
        return self._made(key, retired)

    def _started(self) -> Monty:
        """Monty's own pool, which starts a worker when one is asked for and replaces dead ones."""
        with self._starting:
            if self._monty is None:
                self._monty = self._start()
            return self._monty

    def _start(self) -> Monty:
        # One more than sessions: a worker that is being given back still counts for a moment.
        made = Monty(min_processes=1, max_processes=self._size + 1, checkout_timeout=self._patience).__enter__()
        self._image = image(made)
        return made

    def _made(self, key: Key, retired: Session | None) -> Session:
        try:
            if retired is not None:
                retired.close()
            monty = self._started()
            try:
                return Session(monty, self._image, *key)
            except WorkerDied:  # one that was killed while it waited
                return Session(monty, self._image, *key)
        except BaseException as error:
            with self._changed:
                self._live -= 1
                self._changed.notify()
            if isinstance(error, WorkerDied | TimeoutError | OSError):
                raise ScriptUnavailable("No worker for scripts could be started. Try again in a moment.") from error
            raise

    def _drop(self, session: Session) -> None:
        session.close()
        with self._changed:
            self._live -= 1
            self._changed.notify()


class _Process:
    """The pool of this process, if it has one, and whether it was forked from one that had."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pool: Pool | None = None
        self.inherited: list[Pool] = []  # kept for ever: taking them apart would touch the parent's workers

    def forked(self) -> None:
        self.lock = threading.Lock()
        if self.pool is not None:
            self.inherited.append(self.pool)
            self.pool = None


_process = _Process()
os.register_at_fork(after_in_child=_process.forked)


def shared() -> Pool:
    """The pool of this process; raises ScriptUnavailable in one that was forked after its parent had run scripts."""
    with _process.lock:
        if _process.inherited:
            raise ScriptUnavailable(
                "This process was forked from one that had run scripts already, so it cannot run any. "
                "Run the first script after the fork."
            )
        if _process.pool is None:
            _process.pool = Pool()
        return _process.pool


@atexit.register
def close() -> None:
    """End this process's workers, if there are any."""
    with _process.lock:
        pool, _process.pool = _process.pool, None
    if pool is not None:
        try:
            pool.close()
        except MontyError:
            pass  # at the end of the process there is nothing left to mend
