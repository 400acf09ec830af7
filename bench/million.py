"""A million records from the embedded Odoo to a receiver, in batches, the hub killed on the way: memory, and who came.

Prints records/s, the memory of the last worker early and at its largest, and whether each record arrived.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from bench.processes import child, receiver
from tests.acceptance.running import ROOT

RECORDS = 1_000_000
BATCH = 1000
KILLS = 3


def run(records: int = RECORDS) -> None:
    """Prepare, run with kills, and count."""
    with TemporaryDirectory(prefix="hub-million-") as folder, receiver() as port:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")} | {
            "HUB_DATA_DIR": str(Path(folder) / "data"),
            "HUB_ALLOWED_NETWORKS": "127.0.0.1/32",
            "DJANGO_SETTINGS_MODULE": "hub.settings",
        }
        child("bench.millions", {"records": records, "port": port}, environment)
        began = time.monotonic()
        memory = [_work(environment, kill_after=random.uniform(0.5, 3.0) * records / 100_000) for _ in range(KILLS)]
        memory.append(_work(environment))
        took = time.monotonic() - began
        with urlopen(f"http://127.0.0.1:{port}/next", timeout=600) as answer:
            ids = [record["id"] for _, body in json.load(answer) for record in body]
        _print(records, took, memory, {"different": len(set(ids)), "records": len(ids)})


def _work(environment: dict[str, str], kill_after: float | None = None) -> dict[str, Any]:
    """A worker until it is done, or killed; its memory in MB, at the beginning and at its largest."""
    worker = subprocess.Popen([sys.executable, "-m", "bench.millions", "work"], cwd=ROOT, env=environment)
    ends = time.monotonic() + kill_after if kill_after is not None else float("inf")
    found: list[float] = []
    while worker.poll() is None:
        found.append(_resident(worker.pid))
        if time.monotonic() > ends:
            worker.kill()
        time.sleep(0.2)
    early = found[: max(len(found) // 10, 15)]
    return {"early": max(early, default=0.0), "late": max(found, default=0.0), "killed": kill_after is not None}


def _resident(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:")), 0.0)


def _print(records: int, took: float, memory: list[dict[str, Any]], got: dict[str, int]) -> None:
    last = memory[-1]
    print(f"\n{records} records in batches of {BATCH}, the worker killed {KILLS} times")
    print(f"  {records / took:.0f} records/s, {took:.0f} s in all")
    print(f"  memory of the last worker: {last['early']:.0f} MB early, {last['late']:.0f} MB at the most")
    print(f"  arrived: {got['different']} different records, {got['records'] - got['different']} of them twice")
    if got["different"] != records:
        raise SystemExit("Not every record arrived.")
