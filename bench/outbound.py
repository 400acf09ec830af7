"""Deliveries a second beside a bare loop of requests, and the delay from commit to arrival."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Cell, median_by_key, percentile, table
from bench.processes import child, receiver, running_hub, server_named
from tests.acceptance.running import drop_database, new_database

ROUNDS = 3
BARE = 1200
RECORDS = 1920
SAMPLES = {"queued": 40, "changed": 12, "full": 4000, "seconds": 8.0}


def throughput(database: str) -> None:
    """One process drains; the ratio is to a bare ``requests.Session`` in that same process, round by round."""
    rows: list[list[Cell]] = []
    for name, server in servers(database):
        for endpoints in (1, 8):
            got = _drained(server, endpoints)
            rows.append(
                [f"{name}, {endpoints} endpoint{'s'[: endpoints > 1]}"]
                + [got[key] for key in ("bare", "drain", "ratio", "bare_cpu", "drain_cpu", "cpu_ratio")]
            )
    heads = ["deliveries, one process", "bare/s", "hub/s", "ratio", "bare CPU ms", "hub CPU ms", "CPU ratio"]
    table(f"Outbound, medians of {ROUNDS} rounds", heads, rows)


def servers(database: str) -> list[tuple[str, str]]:
    """SQLite, and the PostgreSQL server, if there is one."""
    return [("SQLite", ""), *([("PostgreSQL", database)] if database else [])]


def _drained(server: str, endpoints: int) -> dict[str, float]:
    with TemporaryDirectory(prefix="hub-bench-") as folder, receiver() as port, server_named(server):
        url = new_database()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")} | {
            "HUB_DATA_DIR": str(Path(folder) / "data"),
            "HUB_DATABASE_URL": url,
            "HUB_ALLOWED_NETWORKS": "127.0.0.1/32",  # where the receiver is
            "DJANGO_SETTINGS_MODULE": "hub.settings",
        }
        what = {"port": port, "rounds": ROUNDS, "bare": BARE, "records": RECORDS, "endpoints": endpoints}
        try:
            return median_by_key(child("bench.draining", what, environment))
        finally:
            drop_database(url)


def delay(database: str) -> None:
    """Milliseconds until a message arrives: on a running hub that has nothing else to do, and at half of its rate."""
    rows: list[list[Cell]] = []
    for name, server in servers(database):
        with receiver() as port, running_hub(server) as hub:
            got = child("bench.delays", {"port": port, **SAMPLES}, hub.environment)
        causes = {
            "queued": "idle: a message is queued",
            "changed": "idle: a record changes in the embedded Odoo",
            "loaded": f"queued at half load ({got['rate'] / 2:.0f}/s)",
        }
        for key, cause in causes.items():
            rows.append([f"{name}, {cause}", len(got[key]), *(percentile(got[key], one) * 1000 for one in (50, 99))])
    table("From commit to arrival, two workers", ["cause", "samples", "p50 ms", "p99 ms"], rows)


def run(database: str) -> None:
    """All that concerns what the hub sends."""
    throughput(database)
    delay(database)
