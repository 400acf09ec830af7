"""Tasks are taken from the queue when a worker is free for them, and not before.

django-q2's pusher takes whatever waits and keeps it in its own memory, however busy its workers are. With several
machines a task would so wait at one whose workers are all taken, for minutes, while those of another have nothing to
do; and whatever a killed machine had kept would be lost. What is left in the queue is there for whoever is free first.
"""

from __future__ import annotations

import time
from multiprocessing.queues import Queue
from multiprocessing.sharedctypes import RawArray
from typing import Any

from django_q.brokers import Broker

PAUSE = 0.02
"""Seconds between two looks for a free worker, while there is none."""


class Tally:
    """How many tasks were handed out, and how many of them are over. Shared by a cluster's processes.

    Each number has one writer, so there is no lock that a killed process could take with it.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._handed = RawArray("l", 1)
        self._begun = RawArray("l", workers)
        self._ended = RawArray("l", workers)

    def hand_out(self) -> None:
        """One more is on its way to the workers. For the pusher."""
        self._handed[0] += 1

    def begin(self, place: int) -> None:
        """The worker at that place has begun one."""
        self._begun[place] += 1

    def end(self, place: int) -> None:
        """It has ended it, well or not."""
        self._ended[place] += 1

    def replaced(self, place: int) -> None:
        """The worker at that place is gone, and what it had begun with it. For the guard."""
        self._ended[place] = self._begun[place]

    @property
    def free(self) -> int:
        """How many workers neither have a task nor are about to get one."""
        return self.workers - int(self._handed[0]) + sum(map(int, self._ended))


class Desk:
    """Between the queue, the pusher and the workers' own queue: what the pusher takes for both of them."""

    def __init__(self, tally: Tally, broker: Broker, tasks: Queue[Any]) -> None:
        self._tally, self._broker, self._tasks = tally, broker, tasks

    @property
    def list_key(self) -> str:
        """The queue's name."""
        return str(self._broker.list_key)

    def dequeue(self) -> Any:
        """The next task, or None; while no worker is free, None after a moment, and the task stays where it is."""
        if self._tally.free < 1:
            time.sleep(PAUSE)
            return None
        return self._broker.dequeue()

    def fail(self, task: Any) -> None:
        """A task that cannot be read."""
        self._broker.fail(task)

    def put(self, task: Any) -> None:
        """On to the workers."""
        self._tally.hand_out()
        self._tasks.put(task)
