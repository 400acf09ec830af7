"""Two machines with web server and workers on one PostgreSQL and one Redis: nothing is sent twice, one can die."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.running import PATIENCE, RunningHub, until
from tests.faults import diagnosis
from tests.faults.conftest import Faulty
from tests.faults.machines import Machine, network
from tests.faults.receiver import Arrival, Receiver
from tests.faults.servers import OwnPostgres, OwnRedis

KEYS = {
    "HUB_SECRET_KEY": "one-key-for-both-machines-0123456789abcdef",
    "HUB_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}


class HubOn(RunningHub):
    """A hub on such a machine."""

    def __init__(self, machine: Machine, data: Path, **environment: str) -> None:
        self.machine = machine
        super().__init__(
            data,
            **KEYS,
            HUB_HOST=machine.address,
            HUB_ALLOWED_NETWORKS="10.213.0.0/16",
            HUB_WORKERS="2",
            **environment,
        )
        self.before = machine.inside

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.machine.address}:{self.port}"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[HubOn, HubOn, Receiver]]:
    """Two machines, and a receiver that both reach."""
    with network(2) as net:
        database = OwnPostgres(net.here)
        broker = OwnRedis(tmp_path / "redis", net.here)
        receiver = Receiver(net.here)
        hubs: list[HubOn] = []
        try:
            database.start()
            broker.start()
            for number, machine in enumerate(net.machines):
                hubs.append(
                    HubOn(
                        machine,
                        tmp_path / f"machine{number}",
                        HUB_DATABASE_URL=database.url,
                        HUB_BROKER_URL=broker.url,
                        HUB_DEMO="1",
                    )
                )
                if number:  # both work for the same Odoo, which here is a file
                    hubs[-1].data.mkdir(mode=0o700)
                    (hubs[-1].data / "odoo.sqlite3").symlink_to(hubs[0].data / "odoo.sqlite3")
                diagnosis.watched.append(hubs[-1])
                hubs[-1].start()
            yield hubs[0], hubs[1], receiver
        finally:
            diagnosis.watched.clear()
            for hub in hubs:
                hub.kill_everything()
            receiver.close()
            broker.kill()
            database.discard()


def test_two_machines_share_the_work_and_one_carries_on_alone(two: tuple[HubOn, HubOn, Receiver]) -> None:
    one, other, receiver = two
    senders: set[str] = set()
    both = threading.Event()

    def answer(arrival: Arrival) -> int:
        senders.add(arrival.client)
        if len(senders) == 2:
            both.set()
        both.wait(PATIENCE)  # until both machines send
        return 200

    receiver.answer = answer
    faulty = Faulty(one, receiver)
    ids = faulty.push(120, read_timeout=PATIENCE)  # for as long as the slower machine takes to begin
    state = faulty.all_delivered(ids)
    assert senders == {one.machine.address, other.machine.address}
    assert set(receiver.counts().values()) == {1}, "no message was sent by both"
    assert set(state["attempts"].values()) == {1}

    under_way = threading.Event()

    def hold(arrival: Arrival) -> int:
        if arrival.client == one.machine.address:
            under_way.set()
            receiver.over.wait(PATIENCE)  # its sender is killed meanwhile
        under_way.wait(PATIENCE)  # the other machine leaves it something to begin with
        return 200

    before = len(receiver.arrivals)
    receiver.answer = hold
    other.manage("runconfig", "customers-out")
    assert under_way.wait(PATIENCE)
    begun = time.monotonic()
    assert one.kill_everything() >= 6
    remaining = Faulty(other, receiver)
    until(lambda: not remaining.left()["unfinished"], "what the dead one held")
    later = receiver.arrivals[before:]
    assert {arrival.record for arrival in later} == set(ids)
    assert max(arrival.at for arrival in later) - begun < 75
    times = [sum(arrival.record == record for arrival in later) for record in ids]
    assert max(times) == 2
    with urllib.request.urlopen(f"{other.url}/readyz", timeout=PATIENCE) as ready:
        assert json.loads(ready.read()) == {"status": "ok"}
