"""The hub's web server in a process of its own, on real data, without the cluster: quick to start."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import Any

import psycopg

from tests.acceptance.running import ROOT, RunningHub, free_port, until
from tests.web.wire import Wire

RESOURCE = "/api/sync/v1/res.partner"


class WebAlone(RunningHub):
    """Its data are made by ``prepare``; ``beside`` starts another one on them, with other settings."""

    def __init__(self, data: Path) -> None:
        super().__init__(data)
        self.token = ""

    def prepare(self) -> None:
        """Make the database and the demo."""
        self.data.mkdir(parents=True, exist_ok=True)
        self.manage("migrate", "-v0")
        self.token = json.loads(self.manage("loaddemo"))["token"]

    @contextmanager
    def beside(self, **environment: str) -> Iterator[WebAlone]:
        """Another one on the same data."""
        other = copy(self)
        other.port = free_port()
        other.environment = self.environment | {"HUB_PORT": str(other.port)} | environment
        try:
            yield other.start()
        finally:
            assert other.stop() == 0

    def start(self) -> WebAlone:
        """As the supervisor does it."""
        with (
            socket.create_server(("127.0.0.1", self.port)) as listener,
            (self.data / "output.log").open("ab") as log,
        ):
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hub.web", str(listener.fileno())],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, pass_fds=[listener.fileno()],
            )  # fmt: skip
        until(self.answers, f"an answer from {self.url}; it printed:\n{self.output}")
        return self

    def wire(self) -> Wire:
        """A connection to it."""
        return Wire(self.port)

    def head(self, method: str, path: str, *lines: str, token: bool = True) -> bytes:
        """Start line and headers of a request, with an empty line behind them."""
        bearer = [f"Authorization: Bearer {self.token}"] if token else []
        every = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *bearer, *lines]
        return "\r\n".join([*every, "", ""]).encode()

    def new_record(self) -> int:
        """The id of a customer made by the API."""
        return int(self.call("POST", RESOURCE, {"data": {"name": "Wire"}}, self.token)["id"])

    def logged(self, columns: str, where: str) -> list[tuple[Any, ...]]:
        """Rows of the log, oldest first."""
        query = f"SELECT {columns} FROM apilog_apilog WHERE {where} ORDER BY id"
        if url := self.environment["HUB_DATABASE_URL"]:
            with psycopg.connect(url) as postgres:
                return postgres.execute(query.encode()).fetchall()
        sqlite = sqlite3.connect(self.data / "hub.sqlite3")
        try:
            return sqlite.execute(query).fetchall()
        finally:
            sqlite.close()
