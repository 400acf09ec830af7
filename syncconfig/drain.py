"""Sending what is due: claim some, read their records at once, send in parallel, write down what came of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache, partial

from django.conf import settings

from apilog import record
from hub import stopping
from hub.http.client import Client
from hub.http.message import Response, Sender
from hub.outages import patiently
from syncconfig import endpoints, outbox, results, wake
from syncconfig.attempt import Sending
from syncconfig.hands import Hands
from syncconfig.line import MOST_SLOW, PATIENCE, Line
from syncconfig.models import Delivery
from syncconfig.prepared import prepared
from syncconfig.validators import egress_policy

BUDGET = 120.0
"""Seconds after which a drain ends and calls the next one, well before the cluster's task timeout."""

TURN, LOOK = 5.0, 1.0
"""Seconds that a drain has for itself; and between two looks after that whether something else waits for a worker."""

CLAIM_MOST = 128
WAIT = 40.0
"""Seconds for which an absent database is waited for: less than a lease, after which others have the messages."""

QUICK = 1.0
"""Seconds: while a claim is sent in less, the next one is twice as large; slow receivers get small ones again."""


@lru_cache(maxsize=1)
def default_sender() -> Client:
    """The process's one client, with its pooled connections; made in the worker, after the fork."""
    return Client(egress_policy(), pool_size=settings.HUB_DELIVERY_THREADS)


def drain(sender: Sender, threads: int | None = None, budget: float = BUDGET, turn: float = TURN) -> int:
    """Send until nothing is due or the budget (seconds) is spent; answers how many messages were claimed.

    After ``turn`` seconds it makes room for any other task that waits for a worker: all of them may be at this.

    Ends early when the process is to end: what is not begun goes back, what is under way is waited for. While the
    database is away, answers that came are kept, and written as soon as it is back.
    """
    threads = threads or settings.HUB_DELIVERY_THREADS
    began = time.monotonic()
    ends, yields = began + budget, began + turn
    made, size, look_at, begun = 0, threads * 2, 0.0, 0.0
    with Hands(sender, threads * MOST_SLOW) as hands:
        line, gathering = Line(hands, threads), results.Gathering()
        while True:
            now = time.monotonic()
            if now >= yields:
                yields = now + LOOK
                ends = now if patiently(partial(wake.is_called, "deliver"), WAIT) else ends
            over = now >= ends or stopping.asked()
            if not over and (now >= look_at or line.empty) and line.ready < threads and not line.quarantined:
                if begun:
                    size = min(size * 2, CLAIM_MOST) if now - begun < QUICK else threads * 2
                _write(line, gathering)  # so that others may come, and nothing is kept while much is prepared
                claimed = patiently(partial(_claimed, line, size), WAIT)
                made, begun = made + len(claimed), now
                patiently(partial(_line_up, line, claimed), WAIT)
                if not claimed and line.empty:
                    break
                look_at = 0.0 if claimed else now + PATIENCE
            elif over:
                patiently(partial(line.give_back, everything=True), WAIT)
                if line.empty:
                    break
            line.start()
            gathering.add(line.collect(gathering.left))
            if line.empty or not gathering.left:
                _write(line, gathering)
            patiently(line.give_back, WAIT)
            patiently(line.renew, WAIT)
        _write(line, gathering)  # what came last, when nothing else was left to be sent
    return made


def _write(line: Line, gathering: results.Gathering) -> None:
    """Write what came of calls; what is ready for a system that wants no more goes back before it is sent."""
    if stopped := patiently(gathering.write, WAIT):
        patiently(partial(line.give_back, stopped), WAIT)


def _claimed(line: Line, size: int) -> list[Delivery]:
    claimed = outbox.claim(size, passing_over=line.full(), alone=line.empty)
    line.quarantined = line.empty and len(claimed) == 1 and outbox.is_suspect(claimed[0])
    return claimed


def send(
    claimed: Sequence[Delivery], sender: Sender, threads: int = 1, timeout: float | None = None
) -> dict[int, Response]:
    """Send these messages; the answers that came, by the id of the delivery.

    ``timeout``: seconds to wait for each, in place of the configuration's own.
    """
    with Hands(sender, threads) as hands:
        line = Line(hands, threads)
        ready = _line_up(line, claimed, timeout)
        while not line.empty:
            line.start()
            results.write(line.collect())
            line.renew()
    return {one.delivery.pk: one.response for one in ready if one.response is not None}


def _line_up(line: Line, claimed: Sequence[Delivery], timeout: float | None = None) -> list[Sending]:
    """Build the requests, open their log rows, and put them in line."""
    if not claimed:
        return []
    ready = list(prepared(claimed, timeout))
    if outbox.is_old(claimed):
        # Preparing took long: what was lost to another worker meanwhile is that worker's to send.
        ours = line.keep(ready)
        ready = [one for one in ready if one.delivery.pk in ours]
    ailing = endpoints.ailing({one.delivery.configuration_id for one in ready})
    record.open_all([one.log for one in ready])  # the last word to the database: all of this may be repeated
    line.add(ready, ailing)
    return ready
