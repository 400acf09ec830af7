"""What must be in order before the hub's processes start: a free port, a folder to write to, the database in step."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

LOCK_NUMBER = int.from_bytes(hashlib.sha256(b"sync-hub start").digest()[:7])
"""PostgreSQL's advisory lock, where the machines that start at the same time share no folder."""


def check_port(host: str, port: int) -> None:
    """Raise CommandError, with what to do, unless a server could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            raise CommandError(_why_not(error, host, port)) from None


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8001
        return f"Port {port} is taken by another program. Stop it, or choose another: HUB_PORT={other} make run"
    if error.errno == errno.EACCES:
        return f"Port {port} needs the rights of an administrator. Choose one above 1023: HUB_PORT=8000 make run"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine. Set HUB_HOST to 127.0.0.1, or to 0.0.0.0 for all addresses."
    return f"Nothing can listen on {host}, port {port}: {error.strerror}. See HUB_HOST and HUB_PORT."


@contextmanager
def alone(data_dir: Path, say: Callable[[str], None]) -> Iterator[None]:
    """One hub at a time prepares this data folder, and this PostgreSQL database; the others wait, and find all done."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "start.lock").open("w")
    except OSError as error:
        raise CommandError(
            f"The data folder {data_dir} cannot be written to: {error.strerror}. Set HUB_DATA_DIR to one of your own."
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another hub is starting on the same data; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        with _alone_in_database():
            yield


@contextmanager
def _alone_in_database() -> Iterator[None]:
    try:
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_NUMBER])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_NUMBER])
    except OperationalError as error:
        first = str(error).strip().partition("\n")[0]
        raise CommandError(f"The database does not answer: {first}. Check HUB_DATABASE_URL.") from None


def bring_in_step(say: Callable[[str], None]) -> None:
    """Migrate, if there is anything to migrate: to find that out takes a tenth of the time."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database ...")
        call_command("migrate", verbosity=0, interactive=False)
