"""A request with Prefer: respond-async on a running hub, by the real cluster; also when that is killed over it."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.running import PATIENCE, RunningHub, until

URL = "/api/sync/v1/res.partner"


def later(hub: RunningHub, token: str, path: str, body: Any) -> Any:
    """The job that the hub makes of a request."""
    request = urllib.request.Request(f"{hub.url}{path}", data=json.dumps(body).encode(), method="POST")
    for name, value in (
        ("Authorization", f"Bearer {token}"), ("Content-Type", "application/json"), ("Prefer", "respond-async"),
    ):  # fmt: skip
        request.add_header(name, value)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        job = json.loads(answer.read())["job"]
        assert (answer.status, answer.headers["Location"]) == (202, job["url"])
        assert answer.headers["Preference-Applied"] == "respond-async"
    return job


def client(hub: RunningHub, *arguments: str) -> str:
    """The token of a client that may ask as often as these tests do."""
    token = hub.manage("createtoken", "Shop", *arguments).strip()
    hub.shell(
        "from syncconfig.models import ApiClient\nprint(ApiClient.objects.update(calls_per_minute=0, calls_per_hour=0))"
    )
    return token


def over(hub: RunningHub, token: str, url: str) -> Any:
    """The job, once it is over."""

    def look() -> Any:
        job = hub.call("GET", url, token=token)["job"]
        return job if job["status"] not in ("queued", "running") else None

    return until(look, "the end of the job")


def creates(count: int) -> dict[str, Any]:
    return {"operations": [{"method": "create", "data": {"name": f"Later {number}"}} for number in range(count)]}


def found(hub: RunningHub, token: str) -> int:
    """How many records there are."""
    return int(
        hub.call("GET", f"{URL}/search?domain=[[%22name%22,%22=like%22,%22Later%20%25%22]]", token=token)["count"]
    )


def test_the_cluster_carries_a_batch_out_and_its_client_reads_the_answer(start_hub: Callable[..., RunningHub]) -> None:
    hub = start_hub()
    token = client(hub)
    job = later(hub, token, f"{URL}/batch", creates(500))
    told = over(hub, token, job["url"])
    assert (told["status"], told["answer"]["status"], told["progress"]) == ("done", 200, {"done": 500, "total": 500})
    assert len(told["answer"]["body"]["results"]) == found(hub, token) == 500


def test_a_job_whose_worker_is_killed_is_carried_out_after_the_restart_once(
    start_hub: Callable[..., RunningHub],
) -> None:
    hub = start_hub()
    token = client(hub)
    assert found(hub, token) == 0
    # Odoo's database is locked by somebody else: the worker is in the middle of its work, for as long as we want.
    odoo = sqlite3.connect(hub.data / "odoo.sqlite3", isolation_level=None)
    odoo.execute("BEGIN IMMEDIATE")
    job = later(hub, token, f"{URL}/batch", creates(300))
    until(lambda: hub.call("GET", job["url"], token=token)["job"]["status"] == "running", "a worker that has it")
    assert hub.kill_everything() >= 3
    odoo.execute("ROLLBACK")
    odoo.close()
    hub.start()
    told = over(hub, token, job["url"])
    assert (told["status"], told["answer"]["status"]) == ("done", 200)
    assert told["attempts"] >= 2
    assert found(hub, token) == 300


def test_a_run_is_started_from_outside_and_followed_to_its_end(start_hub: Callable[..., RunningHub]) -> None:
    hub = start_hub()
    token = client(hub, "--run", "products-out")
    run = hub.call("POST", "/api/sync/v1/configs/products-out/run", token=token)["run"]

    def look() -> Any:
        told = hub.call("GET", run["url"], token=token)["run"]
        return told if told["status"] not in ("queued", "running") else None

    told = until(look, "the end of the run")
    assert told["status"] == "done"
    assert told["sent"] == told["deliveries"] > 0
    assert told["records"] > told["sent"], "in batches"
    assert "0 failed" in hub.manage("runconfig", "products-out", "--wait")
    with pytest.raises(urllib.error.HTTPError) as refused:
        hub.call("POST", "/api/sync/v1/configs/customers-out/run", token=token)
    refused.value.close()
    assert refused.value.code == 403
