"""The threads that make attempts: each takes the next one when it is free, and what came of it is fetched."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType

from hub.http.message import Response, Sender
from syncconfig import attempt
from syncconfig.attempt import Sending


@dataclass(frozen=True)
class Ended:
    """One attempt that is over: its answer, or why there is none."""

    sending: Sending
    response: Response | None
    error: BaseException | None = None

    @property
    def is_success(self) -> bool:
        """An answer with a status of 2xx."""
        return self.response is not None and self.response.ok


class Hands:
    """Up to ``most`` threads, each started when all others are busy; at the end of the block they are waited for.

    In place of concurrent.futures: waiting for the first of several futures costs more than all the rest of a handover.
    To be used from one thread.
    """

    def __init__(self, sender: Sender, most: int) -> None:
        self._sender, self._most = sender, most
        self._tasks: SimpleQueue[Sending | None] = SimpleQueue()
        self._ended: SimpleQueue[Ended] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._busy = 0

    def __enter__(self) -> Hands:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def give(self, sending: Sending) -> None:
        """Have an attempt made; it waits for a free thread when ``most`` are busy."""
        self._busy += 1
        if self._busy > len(self._threads) < self._most:
            thread = threading.Thread(target=self._work, name=f"delivery_{len(self._threads)}")
            thread.start()
            self._threads.append(thread)
        self._tasks.put(sending)

    def fetch(self, patience: float, together: float = 0.0) -> list[Ended]:
        """What ended: waits so many seconds for a first one, then ``together`` for others that are about to end."""
        found: list[Ended] = []
        try:
            while self._busy > len(found):
                found.append(self._ended.get(timeout=together if found else patience))
        except Empty:
            pass
        self._busy -= len(found)
        return found

    def _work(self) -> None:
        while (sending := self._tasks.get()) is not None:
            try:
                ended = Ended(sending, attempt.make(sending, self._sender))
            except BaseException as error:  # noqa: BLE001 - handed to the thread that writes it down
                ended = Ended(sending, None, error)
            self._ended.put(ended)
            del sending, ended  # nothing is kept of a message while the thread waits for the next one
