"""What is on its way to external systems in one process: whose turn it is, so that nobody holds up the others.

A request that is not answered within a second counts as slow. Slow ones do not take part in the number of requests that
may be under way, and their endpoints get no further ones until they have answered; so others find a free thread.
"""

from __future__ import annotations

import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from apilog import record
from syncconfig import outbox
from syncconfig.attempt import Sending
from syncconfig.hands import Ended, Hands

SLOW = 1.0
"""Seconds."""

MOST_SLOW = 8
"""How many slow requests, at most, come on one of the threads that were asked for."""

PER_ENDPOINT = 64
"""Messages of one endpoint that are kept ready in a process."""

TOGETHER = 0.003
"""Seconds that an answer waits for others, to be written down with them."""

PATIENCE = 0.25
"""Seconds between two looks for whose turn it is, while nothing is answered."""


@dataclass
class Running:
    """A request that is under way."""

    sending: Sending
    began: float

    @property
    def endpoint(self) -> int:
        """Whom it is for."""
        return self.sending.delivery.configuration_id


class Line:
    """Sends with ``threads`` at the same time. To be used from one thread."""

    def __init__(self, hands: Hands, threads: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._hands, self._threads, self._clock = hands, threads, clock
        self._ready: dict[int, deque[Sending]] = {}
        self._running: dict[Sending, Running] = {}
        self._failures: dict[int, int] = {}
        self._renewed = clock()
        self.quarantined = False
        """Whether what is under way may kill this process, so that nothing else is to be claimed beside it."""

    @property
    def ready(self) -> int:
        """How many messages wait for a thread."""
        return sum(map(len, self._ready.values()))

    @property
    def empty(self) -> bool:
        """Whether nothing waits, and nothing is under way."""
        return not self._running and not self._ready

    def add(self, sendings: Iterable[Sending], failures: Mapping[int, int]) -> None:
        """Put messages in line; ``failures``: how many calls in a row failed, by endpoint."""
        for sending in sendings:
            endpoint = sending.delivery.configuration_id
            self._ready.setdefault(endpoint, deque()).append(sending)
            self._failures[endpoint] = failures.get(endpoint, 0)

    def full(self) -> set[int]:
        """The endpoints that need no further messages now."""
        slow = {one.endpoint for one in self._running.values() if self._is_slow(one)}
        held = {one.endpoint for one in self._running.values() if self._failures.get(one.endpoint)}
        return slow | held | {key for key, waiting in self._ready.items() if len(waiting) >= PER_ENDPOINT}

    def start(self) -> None:
        """Let those go whose turn it is, one endpoint after the other."""
        under_way: dict[int, int] = defaultdict(int)
        slow: set[int] = set()
        quick = 0
        for one in self._running.values():
            under_way[one.endpoint] += 1
            if self._is_slow(one):
                slow.add(one.endpoint)
            else:
                quick += 1
        while quick < self._threads and len(self._running) < self._threads * MOST_SLOW:
            turn = [key for key in self._ready if key not in slow and self._may(key, under_way[key])]
            if not turn:
                return
            for endpoint in turn[: self._threads - quick]:
                self._submit(endpoint)
                under_way[endpoint] += 1
                quick += 1

    def collect(self, patience: float = PATIENCE) -> list[Ended]:
        """Those that ended; waits for one, so many seconds at most."""
        found = self._hands.fetch(min(patience, PATIENCE), TOGETHER)
        for one in found:
            del self._running[one.sending]
        self.quarantined = self.quarantined and not self.empty
        return found

    def renew(self) -> None:
        """Prolong the leases of all that is here, when it is time; what was lost to others is not sent."""
        if self._clock() - self._renewed >= outbox.RENEW_EVERY:
            self.keep(self._all())
            self._renewed = self._clock()

    def keep(self, sendings: Iterable[Sending]) -> set[int]:
        """Prolong the leases of these; answers the ids of the messages that are still ours."""
        claims: dict[uuid.UUID, list[int]] = defaultdict(list)
        for one in sendings:
            if one.delivery.claim_id is not None:
                claims[one.delivery.claim_id].append(one.delivery.pk)
        ours: set[int] = set()
        for claim_id, ids in claims.items():
            ours |= outbox.renew(claim_id, ids)
        for endpoint in list(self._ready):
            self._keep_only(endpoint, lambda one: one.delivery.pk in ours or one.delivery.claim_id not in claims)
        return ours

    def give_back(self, endpoints: Collection[int] = (), *, everything: bool = False) -> None:
        """Return what waits for endpoints that do not answer, for these, or all that waits: it has lost no attempt."""
        left = {one.endpoint for one in self._running.values() if self._is_slow(one)} | set(endpoints)
        for endpoint in list(self._ready):
            if everything or endpoint in left:
                waiting = self._ready[endpoint]
                outbox.give_back([one.delivery for one in waiting])
                record.withdraw([one.log for one in waiting])
                del self._ready[endpoint]
        self.quarantined = self.quarantined and not self.empty

    def _is_slow(self, one: Running) -> bool:
        return self._clock() - one.began >= SLOW

    def _may(self, endpoint: int, under_way: int) -> bool:
        """An endpoint that failed gets one request at a time."""
        return not (self._failures.get(endpoint) and under_way)

    def _submit(self, endpoint: int) -> None:
        waiting = self._ready[endpoint]
        sending = waiting.popleft()
        if not waiting:
            del self._ready[endpoint]
        self._running[sending] = Running(sending, self._clock())
        self._hands.give(sending)

    def _keep_only(self, endpoint: int, wanted: Callable[[Sending], bool]) -> None:
        kept = deque(one for one in self._ready[endpoint] if wanted(one))
        record.withdraw([one.log for one in self._ready[endpoint] if one not in kept])
        if kept:
            self._ready[endpoint] = kept
        else:
            del self._ready[endpoint]

    def _all(self) -> Iterator[Sending]:
        for waiting in self._ready.values():
            yield from waiting
        yield from (one.sending for one in self._running.values())
