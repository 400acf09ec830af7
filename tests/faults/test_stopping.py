"""A deployment stops the hub in the middle of its work, or a worker is not run for longer than its lease."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from tests.acceptance.running import PATIENCE, until
from tests.faults.conftest import Faulty, connected
from tests.faults.processes import holder_of
from tests.faults.receiver import Arrival


def test_a_deployment_waits_for_what_is_under_way_and_nothing_comes_twice(faulty: Faulty) -> None:
    slow = threading.Event()

    def answer(arrival: Arrival) -> int:
        slow.set()
        time.sleep(0.3)  # the receiver's own pace: 100 messages take longer than the hub is given to end
        return 200

    faulty.receiver.answer = answer
    ids = faulty.push(100, max_parallel=2)
    assert slow.wait(PATIENCE)
    assert faulty.hub.process is not None
    faulty.hub.process.send_signal(signal.SIGTERM)
    begun = time.monotonic()
    assert faulty.hub.process.wait(PATIENCE) == 0
    took = time.monotonic() - begun
    assert "did not end in time" not in faulty.hub.output
    assert took < 20 + 8, "the parts' grace, and the supervisor's own end"
    state = faulty.left()
    assert state["states"].get("sending", 0) == 0, "nobody holds anything any more"
    assert state["unfinished"] > 0
    assert state["open"] == 0
    faulty.receiver.answer = lambda _: 200
    faulty.hub.start()
    state = faulty.all_delivered(ids)
    assert set(faulty.receiver.counts().values()) == {1}
    assert set(state["attempts"].values()) == {1}


@pytest.mark.long
def test_a_worker_that_is_stopped_past_its_lease_cannot_write_what_it_learned_late(faulty: Faulty) -> None:
    came, stopped = threading.Event(), []

    def answer(arrival: Arrival) -> int:
        if not stopped:
            stopped.append(holder_of(faulty.hub, arrival.client_port))
            os.kill(stopped[0], signal.SIGSTOP)
            came.set()
            return 400  # what the stopped one will read, and may not write: it would be the end of the message
        return 200

    faulty.receiver.answer = answer
    [record] = faulty.push(1, read_timeout=PATIENCE)  # the answer still counts for the stopped one when it goes on
    try:
        assert came.wait(PATIENCE)
        until(lambda: len(faulty.receiver.arrivals) == 2, "the attempt of another worker")
        until(lambda: faulty.left()["states"] == {"done": 1}, "its success")
    finally:
        os.kill(stopped[0], signal.SIGCONT)
    until(lambda: late_answers(faulty), "the late one's own log row: it has read the answer, and gone on")
    state = faulty.left()
    assert state["states"] == {"done": 1}
    assert state["errors"] == {record: ""}
    assert faulty.receiver.counts() == {record: 2}
    assert faulty.receiver.same_messages()


def late_answers(faulty: Faulty) -> int:
    """How many attempts say that the answer was 400."""
    with connected(faulty.hub) as database:
        [(count,)] = database.execute("SELECT count(*) FROM apilog_apilog WHERE response_status = 400").fetchall()
    return int(count)
