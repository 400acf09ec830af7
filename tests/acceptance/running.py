"""A whole hub in processes of its own, as `make run` starts it, on a free port with a data folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT = Path(__file__).resolve().parent.parent.parent
T = TypeVar("T")
PATIENCE = 180.0
"""Seconds after which a wait is a failure: only ever reached when something is broken."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def until(look: Callable[[], T], what: str) -> T:
    """Wait until ``look`` answers something true, and answer that."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {PATIENCE:.0f} s in vain for {what}")


def new_database() -> str:
    """The URL of a database of its own, on the server of HUB_TEST_DATABASE_URL; empty without one: SQLite."""
    server = os.environ.get("HUB_TEST_DATABASE_URL", "")
    if not server:
        return ""
    name = f"hub_running_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(at_database(server, "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return at_database(server, name)


def drop_database(url: str) -> None:
    """Remove such a database."""
    name = urlsplit(url).path.lstrip("/")
    if name.startswith("hub_running_"):
        with psycopg.connect(at_database(url, "postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def at_database(url: str, name: str) -> str:
    """The same server's URL with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


class RunningHub:
    """Starts, talks to, kills and stops one hub."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")} | {
            "HUB_DATA_DIR": str(data),
            "HUB_PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "hub.settings",
            "HUB_DATABASE_URL": new_database(),
            "HUB_BROKER_URL": os.environ.get("HUB_TEST_BROKER_URL", ""),
            **environment,
        }
        self.arguments: tuple[str, ...] = ()
        self.before: tuple[str, ...] = ()
        """What its command begins with, such as one that enters another network."""
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """All that it printed, over all starts."""
        path = self.data / "output.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> RunningHub:
        """Start it and wait until it answers."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self.data / "output.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.before, sys.executable, "manage.py", "hub", *self.arguments], cwd=ROOT, env=self.environment,
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        until(self.answers, f"an answer from {self.url}; it printed:\n{self.output}")
        return self

    def stop(self) -> int:
        """As Ctrl-C does; answers the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    def discard(self) -> None:
        """End it and take its database away."""
        self.kill_everything()
        drop_database(self.environment["HUB_DATABASE_URL"])

    def kill_everything(self) -> int:
        """SIGKILL to every process of this hub, at once; answers how many there were."""
        count = self._kill_all()
        if self.process is not None:
            self.process.wait(PATIENCE)
        until(lambda: not self._kill_all(), "the death of all processes")  # one may just have been forked
        return count

    def _kill_all(self) -> int:
        pids = self.pids()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return len(pids)

    def pids(self) -> list[int]:
        """The processes that run with this hub's data folder in their environment."""
        mark = f"HUB_DATA_DIR={self.data}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
                except OSError:
                    continue  # it ended while we looked, or is not ours to see
        return found

    def cpu_seconds(self, mark: str) -> float:
        """The CPU time that its processes with ``mark`` in their command line have taken so far."""
        ticks = 0
        for pid in self.pids():
            entry = Path("/proc") / str(pid)
            try:
                if mark.encode() in (entry / "cmdline").read_bytes():
                    ticks += sum(map(int, (entry / "stat").read_text().rpartition(")")[2].split()[11:13]))
            except OSError:
                continue
        return ticks / os.sysconf("SC_CLK_TCK")

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """What another command prints, on the same data."""
        done = subprocess.run(
            [*self.before, sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment,
            capture_output=True, text=True, input=stdin, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def shell(self, code: str) -> Any:
        """The JSON that Python code prints inside the hub."""
        return json.loads(self.manage("shell", "-v", "0", "-c", f"import json\n{code}"))

    def call(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        """The JSON that the API answers."""
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        request.add_header("Authorization", f"Bearer {token}")
        request.add_header("Content-Type", "application/json")
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(request, data=data, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def answers(self) -> bool:
        """Whether its web server does."""
        assert self.process is not None
        assert self.process.poll() is None, f"it ended:\n{self.output}"
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
