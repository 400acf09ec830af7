"""The processes that a measurement needs beside its own: hubs, callers, receivers; all end with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.acceptance.running import ROOT, RunningHub

DATABASE = "HUB_TEST_DATABASE_URL"
MOST_SECONDS = 1800.0
"""A child that takes longer is stuck."""


def child(module: str, what: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Any:
    """Run a module in a process of its own: ``what`` goes in as JSON, its last printed line comes back as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=dict(environment) if environment is not None else None,
        input=json.dumps(what),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=MOST_SECONDS,
    )
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def receiver() -> Iterator[int]:
    """A receiver in a process of its own; gives its port. It ends when its standard input closes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.receiver"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(MOST_SECONDS)
        process.stdout.close()


@contextmanager
def running_hub(database: str = "", **environment: str) -> Iterator[RunningHub]:
    """A whole hub with fresh data, on a new database of that PostgreSQL server, else on SQLite."""
    with TemporaryDirectory(prefix="hub-bench-") as folder, server_named(database):
        hub = RunningHub(Path(folder) / "data", HUB_ALLOWED_NETWORKS="127.0.0.1/32", **environment)
        try:
            yield hub.start()
        finally:
            hub.discard()


@contextmanager
def server_named(database: str) -> Iterator[None]:
    """Let new hubs take their databases from that server; SQLite when it is empty."""
    before = os.environ.pop(DATABASE, None)
    if database:
        os.environ[DATABASE] = database
    try:
        yield
    finally:
        os.environ.pop(DATABASE, None)
        if before is not None:
            os.environ[DATABASE] = before
