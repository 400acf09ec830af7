"""Hubs, receivers and servers that end with the test, and the marker that keeps all of this out of `make test`."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files import locks

from tests.acceptance.running import PATIENCE, RunningHub, until
from tests.faults import diagnosis
from tests.faults.receiver import Receiver
from tests.faults.servers import OwnPostgres, OwnRedis

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this folder are ``faults``; each takes as long as it takes, in the suites of their own."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("faults")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure says what the hubs were doing, before they are taken away."""
    report = yield
    if report.failed and diagnosis.watched:
        report.sections.append(("what the hubs were doing", diagnosis.told()))
    return report


QUIET = """
from syncconfig.models import Configuration
for one in Configuration.objects.filter(request_type='out'):
    one.schedule, one.on_create, one.on_update, one.on_delete = '', False, False, False
    one.active = one.code == 'customers-out'
    one.save()
print(json.dumps(True))
"""
QUEUE = """
from syncconfig import runs
from syncconfig.models import Configuration
from syncconfig.plans import odoo_of
one = Configuration.objects.get(code='customers-out')
one.url = {url!r}
for name, value in {columns!r}.items():
    setattr(one, name, value)
ids = odoo_of(one.connection).create('res.partner', [{{'name': f'Fault {{n}}'}} for n in range({many})])
one.domain = "[('name', 'like', 'Fault ')]"
one.save()
if {run}:
    runs.start(one)
print(json.dumps(ids))
"""
LEFT = "SELECT record_id, state, attempts, last_error, finished_at FROM syncconfig_delivery"
OPEN = "SELECT count(*) FROM apilog_apilog WHERE state = 'open'"


@contextmanager
def connected(hub: RunningHub) -> Iterator[Any]:
    """The hub's database, to be looked at."""
    url = hub.environment["HUB_DATABASE_URL"]
    with closing(psycopg.connect(url) if url else sqlite3.connect(hub.data / "hub.sqlite3", timeout=PATIENCE)) as one:
        yield one


class Faulty:
    """One hub, one receiver, and what the tests do with both."""

    def __init__(self, hub: RunningHub, receiver: Receiver) -> None:
        self.hub, self.receiver = hub, receiver
        assert hub.shell(QUIET)  # nothing but what the test asks for

    def push(self, many: int, run: bool = True, **columns: Any) -> list[int]:
        """Make so many records in Odoo and have them pushed; their ids. ``columns`` of the configuration."""
        return self.hub.shell(QUEUE.format(url=f"{self.receiver.url}/customers", many=many, run=run, columns=columns))  # type: ignore[no-any-return]

    def left(self) -> Any:
        """What stands in the outbox and the log; asked often, so it takes no process of its own."""
        with connected(self.hub) as database:
            rows = database.execute(LEFT).fetchall()
            [(is_open,)] = database.execute(OPEN).fetchall()
        return {
            "states": dict(Counter(state for _, state, *_ in rows)),
            "unfinished": sum(finished is None for *_, finished in rows),
            "attempts": {record: attempts for record, _, attempts, *_ in rows},
            "errors": {record: error for record, _, _, error, _ in rows},
            "open": is_open,
        }

    def all_delivered(self, ids: list[int]) -> Any:
        """Wait until nothing is owed any more; all must have arrived. Answers ``left``."""
        until(lambda: set(self.receiver.counts()) >= set(ids), "all messages")
        found = until(lambda: state if not (state := self.left())["unfinished"] else None, "an empty outbox")
        assert found["states"] == {"done": len(ids)}, found
        return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A third party on loopback."""
    one = Receiver()
    yield one
    one.close()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables and nothing in them, made once for all processes of pytest."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder) / "empty"
    with folder.with_suffix(".lock").open("a") as lock:
        locks.lock(lock, locks.LOCK_EX)
        if not (folder / "made").exists():
            RunningHub(folder, HUB_DATABASE_URL="").manage("migrate", "-v", "0")
            (folder / "made").touch()
    return folder / "hub.sqlite3"


@pytest.fixture
def start_hub(tmp_path: Path, empty_database: Path) -> Iterator[Callable[..., RunningHub]]:
    """Start a hub with further settings; it is discarded, whatever happens."""
    started: list[RunningHub] = []

    def start(**environment: str) -> RunningHub:
        hub = RunningHub(
            tmp_path / f"data{len(started)}",
            **{"HUB_ALLOWED_NETWORKS": "127.0.0.0/8", "HUB_WORKERS": "2", **environment},
        )
        if not hub.environment["HUB_DATABASE_URL"]:
            hub.data.mkdir(mode=0o700)
            shutil.copy(empty_database, hub.data)  # its making takes longer than many a test
        started.append(hub)
        diagnosis.watched.append(hub)
        return hub.start()

    yield start
    diagnosis.watched.clear()
    for hub in started:
        hub.discard()


@pytest.fixture
def postgres() -> Iterator[OwnPostgres]:
    """A PostgreSQL of its own."""
    one = OwnPostgres()
    try:
        yield one.start()
    finally:
        one.discard()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[OwnRedis]:
    """A Redis of its own."""
    one = OwnRedis(tmp_path / "redis")
    yield one.start()
    one.kill()


@pytest.fixture(params=["sqlite", "postgresql"])
def faulty(request: pytest.FixtureRequest, start_hub: Callable[..., RunningHub], receiver: Receiver) -> Faulty:
    """A hub on each kind of database, with its receiver."""
    url = request.getfixturevalue("postgres").url if request.param == "postgresql" else ""
    return Faulty(start_hub(HUB_DATABASE_URL=url, HUB_BROKER_URL=""), receiver)
