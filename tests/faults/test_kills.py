"""SIGKILL of any process at any step: nothing is lost, nothing comes more than once too often, all within 75 s."""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.running import PATIENCE, RunningHub, until
from tests.faults.conftest import Faulty
from tests.faults.processes import cluster_of, holder_of, parent, web_of
from tests.faults.receiver import Arrival

RECOVERY = 75.0
"""Seconds."""


def killing_once(faulty: Faulty, at: int) -> threading.Event:
    """The receiver kills the process that sends the message number ``at``; set when that is done."""
    killed, turn = threading.Event(), iter(range(1, 10_000))
    lock = threading.Lock()

    def answer(arrival: Arrival) -> int:
        with lock:
            number = next(turn)
        if number == at:
            os.kill(holder_of(faulty.hub, arrival.client_port), signal.SIGKILL)
            killed.set()
        return 200

    faulty.receiver.answer = answer
    return killed


def test_a_worker_killed_in_the_middle_of_a_post_sends_it_again_under_the_same_id(faulty: Faulty) -> None:
    killed = killing_once(faulty, at=5)
    ids = faulty.push(12)
    assert killed.wait(PATIENCE)
    begun = time.monotonic()
    state = faulty.all_delivered(ids)
    again = [one for one, count in faulty.receiver.counts().items() if count > 1]
    assert again, "the message that was under way came again"
    for record in again:
        of_record = [one for one in faulty.receiver.arrivals if one.record == record]
        assert len(of_record) == 2
        assert of_record[1].at - begun < RECOVERY
    assert faulty.receiver.same_messages()
    assert max(state["attempts"].values()) == 2
    assert state["open"] == 0


@contextmanager
def no_commits(hub: RunningHub) -> Iterator[None]:
    """Another process holds the outbox's table, so that whatever the workers heard cannot be written down."""
    url = hub.environment["HUB_DATABASE_URL"]
    if url:
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE syncconfig_delivery IN EXCLUSIVE MODE")
            yield
            connection.rollback()
        return
    connection = sqlite3.connect(hub.data / "hub.sqlite3", isolation_level=None, timeout=30)
    connection.execute("BEGIN IMMEDIATE")
    yield
    connection.execute("ROLLBACK")
    connection.close()


def test_a_worker_killed_between_the_answer_and_its_commit_repeats_that_one_message(faulty: Faulty) -> None:
    came, go, sender = threading.Event(), threading.Event(), []

    def answer(arrival: Arrival) -> int:
        if not sender:
            sender.append(holder_of(faulty.hub, arrival.client_port))
            came.set()
            go.wait(PATIENCE)
        return 200

    faulty.receiver.answer = answer
    [record] = faulty.push(1)
    assert came.wait(PATIENCE)
    with no_commits(faulty.hub):
        go.set()  # 200 goes out, and cannot be written down
        until(lambda: faulty.receiver.answered and not holder_busy(faulty, sender[0]), "the answer's arrival")
        os.kill(sender[0], signal.SIGKILL)
    begun = time.monotonic()
    state = faulty.all_delivered([record])
    assert faulty.receiver.counts() == {record: 2}
    assert faulty.receiver.arrivals[-1].at - begun < RECOVERY
    assert faulty.receiver.same_messages()
    assert state["attempts"] == {record: 2}


def holder_busy(faulty: Faulty, pid: int) -> bool:
    """Whether bytes of the answer still wait for that process: by the queue of its connection to the receiver."""
    for line in Path("/proc", str(pid), "net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if int(columns[2].partition(":")[2], 16) == faulty.receiver.port and columns[3] == "01":
            waiting = int(columns[4].partition(":")[2], 16)
            if waiting:
                return True
    return False


@pytest.mark.long
@pytest.mark.parametrize("who", ["idle worker", "monitor", "pusher", "guard", "main", "guard of the part"])
def test_a_cluster_of_which_one_is_killed_goes_on_by_itself(faulty: Faulty, who: str) -> None:
    before = cluster_of(faulty.hub)
    victim = {
        "idle worker": before.workers[0],
        "monitor": before.monitor,
        "pusher": before.pusher,
        "guard": before.guard,
        "main": before.main,
        "guard of the part": parent(before.main),
    }[who]
    os.kill(victim, signal.SIGKILL)
    begun = time.monotonic()
    ids = faulty.push(8)
    state = faulty.all_delivered(ids)
    assert max(one.at for one in faulty.receiver.arrivals) - begun < RECOVERY
    assert max(faulty.receiver.counts().values()) == 1, "nobody was sending: nothing comes twice"
    assert max(state["attempts"].values()) == 1
    after = cluster_of(faulty.hub)
    assert not before.everybody() & after.everybody(), "all were started anew: the dead one may have held a lock"
    until(lambda: tasks_waiting(faulty) == 0, "a queue in which no task waits to be repeated")


QUICK = ("monitor", "web")
SLOW = ("worker", "pusher", "guard", "main", "guard of the part", "guard of the web", "supervisor")
"""Those after whose death a lease has to run out, and the like of the quick ones."""


@pytest.mark.parametrize("who", [*QUICK, *(pytest.param(one, marks=pytest.mark.long) for one in SLOW)])
def test_whoever_is_killed_in_the_middle_of_deliveries_all_arrive(faulty: Faulty, who: str) -> None:
    under_way, go, senders = threading.Event(), threading.Event(), []

    def answer(arrival: Arrival) -> int:
        if not go.is_set():
            senders.append(holder_of(faulty.hub, arrival.client_port))
            under_way.set()
            go.wait(PATIENCE)
        return 200

    faulty.receiver.answer = answer
    before, web = cluster_of(faulty.hub), web_of(faulty.hub)
    ids = faulty.push(20)
    assert under_way.wait(PATIENCE)
    assert faulty.hub.process is not None
    victim = {
        "worker": senders[0],
        "monitor": before.monitor,
        "pusher": before.pusher,
        "guard": before.guard,
        "main": before.main,
        "guard of the part": parent(before.main),
        "web": web,
        "guard of the web": parent(web),
        "supervisor": faulty.hub.process.pid,
    }[who]
    os.kill(victim, signal.SIGKILL)
    go.set()
    if who == "supervisor":  # as systemd, or Docker, would do it
        until(lambda: faulty.hub.process.poll() is not None and not faulty.hub.pids(), "the end of what it had started")
        faulty.hub.start()
    begun = time.monotonic()
    state = faulty.all_delivered(ids)
    assert max(one.at for one in faulty.receiver.arrivals) - begun < RECOVERY
    assert faulty.receiver.same_messages()
    assert max(faulty.receiver.counts().values()) <= 2
    assert max(state["attempts"].values()) <= 2
    assert state["open"] == 0
    if who in ("web", "guard of the web"):
        assert set(faulty.receiver.counts().values()) == {1}, "the workers have nothing to do with it"
        assert cluster_of(faulty.hub) == before
        until(lambda: faulty.hub.answers() and web_of(faulty.hub) != web, "another web server")
    else:
        assert not before.everybody() & cluster_of(faulty.hub).everybody()


def tasks_waiting(faulty: Faulty) -> int:
    """Tasks in the queue that were handed out and not ticked off."""
    return int(
        faulty.hub.shell(
            "from django_q.models import OrmQ; from django.utils import timezone; "
            "print(OrmQ.objects.filter(lock__gt=timezone.now()).count())"
        )
    )


def test_the_whole_cluster_killed_is_started_again(faulty: Faulty) -> None:
    for pid in cluster_of(faulty.hub).everybody():
        with suppress(ProcessLookupError):  # one whose parent is dead ends by itself
            os.kill(pid, signal.SIGKILL)
    begun = time.monotonic()
    faulty.all_delivered(faulty.push(5))
    assert faulty.receiver.arrivals[-1].at - begun < RECOVERY
    assert set(faulty.receiver.counts().values()) == {1}


@pytest.mark.long
def test_a_delivery_that_kills_its_worker_each_time_is_given_up_and_its_neighbours_arrive(faulty: Faulty) -> None:
    poison: list[int] = []
    lock = threading.Lock()

    def answer(arrival: Arrival) -> int:
        with lock:
            if not poison:
                poison.append(arrival.record)
        if arrival.record == poison[0]:
            os.kill(holder_of(faulty.hub, arrival.client_port), signal.SIGKILL)
        return 200

    faulty.receiver.answer = answer
    ids = faulty.push(10, max_attempts=3)
    until(lambda: faulty.left()["states"].get("dead") and not faulty.left()["unfinished"], "the end of it")
    state = faulty.left()
    assert state["states"] == {"dead": 1, "done": len(ids) - 1}
    assert "died during the last attempt" in state["errors"][poison[0]]
    counts = faulty.receiver.counts()
    assert counts.pop(poison[0]) == 3
    assert set(counts) == set(ids) - set(poison)
    assert max(counts.values()) <= 3, "who died along twice is sent by itself"
