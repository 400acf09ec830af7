"""The hub's own database is restarted, away for half a minute, or locked by another program."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.running import PATIENCE, RunningHub, until
from tests.faults.conftest import Faulty
from tests.faults.receiver import Receiver
from tests.faults.servers import OwnPostgres

AWAY = 30.0
"""Seconds."""


def create(hub: RunningHub, token: str, name: str) -> tuple[int, Any, Any]:
    """Status, headers and body of a call that makes a customer."""
    request = urllib.request.Request(
        f"{hub.url}/api/sync/v1/res.partner", method="POST", data=json.dumps({"data": {"name": name}}).encode()
    )
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.headers, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.loads(error.read())


def assert_refused_politely(hub: RunningHub, token: str) -> None:
    """503 in the envelope, with the time to come back."""
    status, headers, body = create(hub, token, "While it was away")
    assert status == 503, body
    assert int(headers["Retry-After"]) > 0
    assert body["error"]["code"] == "SERVICE_UNAVAILABLE"


@pytest.mark.long
def test_postgresql_away_for_half_a_minute_is_waited_for(
    postgres: OwnPostgres, start_hub: Callable[..., RunningHub], receiver: Receiver
) -> None:
    faulty = Faulty(start_hub(HUB_DATABASE_URL=postgres.url, HUB_BROKER_URL=""), receiver)
    token = faulty.hub.manage("createtoken", "Shop").strip()
    assert create(faulty.hub, token, "Before")[0] == 201
    receiver.answer = lambda _: time.sleep(0.1) or 200  # type: ignore[func-returns-value]
    ids = faulty.push(60, max_parallel=4)
    until(lambda: len(receiver.arrivals) > 5, "the first messages")
    printed = len(faulty.hub.output)
    postgres.stop()
    ends = time.monotonic() + AWAY
    assert_refused_politely(faulty.hub, token)
    while time.monotonic() < ends:
        assert_refused_politely(faulty.hub, token)
        time.sleep(1)
    postgres.start()
    back = time.monotonic()
    until(lambda: create(faulty.hub, token, "After")[0] == 201, "the API")
    state = faulty.all_delivered(ids)
    assert max(one.at for one in receiver.arrivals) - back < 75
    assert max(receiver.counts().values()) <= 2
    assert max(state["attempts"].values()) <= 2
    assert "Traceback" not in faulty.hub.output[printed:]


def test_a_restart_of_postgresql_is_hardly_noticed(
    postgres: OwnPostgres, start_hub: Callable[..., RunningHub], receiver: Receiver
) -> None:
    faulty = Faulty(start_hub(HUB_DATABASE_URL=postgres.url, HUB_BROKER_URL=""), receiver)
    token = faulty.hub.manage("createtoken", "Shop").strip()
    printed = len(faulty.hub.output)
    postgres.stop("fast")
    assert_refused_politely(faulty.hub, token)
    postgres.start()
    until(lambda: create(faulty.hub, token, "After")[0] == 201, "the API")
    ids = faulty.push(3)
    faulty.all_delivered(ids)
    assert set(receiver.counts().values()) == {1}
    assert "Traceback" not in faulty.hub.output[printed:]


def test_an_sqlite_file_that_another_program_locks_is_waited_for(
    start_hub: Callable[..., RunningHub], receiver: Receiver
) -> None:
    faulty = Faulty(start_hub(HUB_DATABASE_URL="", HUB_BROKER_URL=""), receiver)
    token = faulty.hub.manage("createtoken", "Shop").strip()
    printed = len(faulty.hub.output)
    ids = faulty.push(3, run=False)
    faulty.hub.manage("runconfig", "customers-out")
    other = sqlite3.connect(faulty.hub.data / "hub.sqlite3", isolation_level=None, timeout=PATIENCE)
    other.execute("BEGIN IMMEDIATE")
    assert_refused_politely(faulty.hub, token)
    other.execute("ROLLBACK")
    other.close()
    faulty.all_delivered(ids)
    assert create(faulty.hub, token, "After")[0] == 201
    assert "Traceback" not in faulty.hub.output[printed:]
