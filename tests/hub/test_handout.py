"""Tasks wait in the queue, where every machine can take them, until a worker is free."""

from __future__ import annotations

from collections import deque
from multiprocessing import get_context
from multiprocessing.queues import Queue
from typing import Any

from django_q.brokers import Broker

from hub.handout import Desk, Tally


class Waiting(Broker):
    """A queue in memory."""

    def __init__(self, *tasks: str) -> None:
        super().__init__("waiting")
        self.tasks = deque(tasks)
        self.failed: list[Any] = []

    def dequeue(self) -> Any:
        """The next one."""
        return [(None, self.tasks.popleft())] if self.tasks else None

    def fail(self, task_id: Any) -> None:
        """One that cannot be read."""
        self.failed.append(task_id)


def desk(workers: int, *tasks: str) -> tuple[Desk, Tally, Waiting]:
    """With so many workers."""
    tally, broker = Tally(workers), Waiting(*tasks)
    own: Queue[Any] = get_context("fork").Queue()
    return Desk(tally, broker, own), tally, broker


def hand_on(one: Desk) -> list[str]:
    """As the pusher does, until it gets nothing."""
    taken = []
    while found := one.dequeue():
        for _, task in found:
            one.put(task)
            taken.append(task)
    return taken


def test_no_more_is_taken_than_there_are_free_workers() -> None:
    one, tally, broker = desk(2, "a", "b", "c", "d")
    assert hand_on(one) == ["a", "b"]
    assert list(broker.tasks) == ["c", "d"], "for whoever is free first"
    tally.begin(0)
    assert hand_on(one) == []
    tally.end(0)
    assert hand_on(one) == ["c"]


def test_a_worker_that_is_gone_makes_room_for_the_next_one() -> None:
    one, tally, _ = desk(1, "hangs", "next")
    hand_on(one)
    tally.begin(0)
    tally.replaced(0)
    assert tally.free == 1
    assert hand_on(one) == ["next"]


def test_a_worker_that_ended_in_order_is_counted_once() -> None:
    one, tally, _ = desk(2, "a", "b")
    hand_on(one)
    tally.begin(1)
    tally.end(1)
    tally.replaced(1)
    assert tally.free == 1


def test_the_numbers_are_shared_with_forked_processes() -> None:
    _, tally, _ = desk(2)
    tally.hand_out()
    child = get_context("fork").Process(target=tally.end, args=(1,))
    child.start()
    child.join()
    assert tally.free == 2


def test_a_task_that_cannot_be_read_takes_no_workers_place() -> None:
    one, tally, broker = desk(1, "damaged", "good")
    assert one.dequeue() == [(None, "damaged")]
    one.fail(None)  # what the pusher does with it, in place of handing it on
    assert broker.failed == [None]
    assert tally.free == 1
    assert hand_on(one) == ["good"]
