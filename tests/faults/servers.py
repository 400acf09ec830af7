"""PostgreSQL and Redis of a test's own, on free ports, to be stopped and started again."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
import redis

from tests.acceptance.running import PATIENCE, free_port, until


def missing(what: str) -> None:
    """Skip, but fail where everything has to be there."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing.")
    pytest.skip(f"{what} is missing.")


class OwnPostgres:
    """A cluster in a folder of its own; trusts whoever comes from ``host``'s network."""

    def __init__(self, host: str = "127.0.0.1", before: tuple[str, ...] = ()) -> None:
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not found:
            missing("PostgreSQL's initdb")
        self.bin, self.host, self.port, self.before = found[-1].parent, host, free_port(), before
        # Not among pytest's folders, which are closed to other users.
        self.folder = Path(tempfile.mkdtemp(prefix="hub-postgres-"))
        self.who: list[str] = []
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("postgres")
            self.who = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self._run([*self.who, str(self.bin / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "trust"])
        with (self.data / "pg_hba.conf").open("a") as file:
            file.write("host all all 0.0.0.0/0 trust\n")

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """Its first database."""
        return f"postgres://postgres@{self.host}:{self.port}/postgres"

    def start(self) -> OwnPostgres:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses={self.host} -c fsync=off -c max_connections=60"
        log = str(self.folder / "log")
        self._run(
            [*self.before, *self.who, str(self.bin / "pg_ctl"), "-w", "-D", str(self.data), "-l", log, "-o", options,
             "start"]
        )  # fmt: skip
        return self

    def stop(self, mode: str = "immediate") -> None:
        """As a crash does it, unless said otherwise."""
        command = [*self.who, str(self.bin / "pg_ctl"), "-w", "-D", str(self.data), "-m", mode, "stop"]
        subprocess.run(command, check=False, capture_output=True)

    def connect(self) -> psycopg.Connection:
        """To look, to lock."""
        return psycopg.connect(self.url)

    def discard(self) -> None:
        """Away with it."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: list[str]) -> None:
        # With its output in a file: the server inherits it, and a pipe would never end.
        with (self.folder / "commands.log").open("a") as log:
            done = subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, check=False, cwd="/")
        assert done.returncode == 0, (self.folder / "commands.log").read_text()


class OwnRedis:
    """A server without a file, so that a restart forgets all."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", before: tuple[str, ...] = ()) -> None:
        if not shutil.which("redis-server"):
            missing("redis-server")
        self.folder, self.host, self.port, self.before = folder, host, free_port(), before
        self.folder.mkdir(parents=True)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its first database."""
        return f"redis://{self.host}:{self.port}/0"

    def start(self) -> OwnRedis:
        """Start it, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self.before, "redis-server", "--bind", self.host, "--port", str(self.port), "--save", "",
                 "--protected-mode", "no", "--dir", str(self.folder)],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        until(self._answers, "Redis")
        return self

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE)
            self.process = None

    def _answers(self) -> bool:
        try:
            with redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def is_listening(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
