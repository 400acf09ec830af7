"""What must be in order before the hub's processes start: nobody else there, a free port, the database in step."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import redis
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from hub import locks
from hub.commandline import unreachable
from hub.redact import redact_text

PATIENCE = 5.0
"""Seconds that the queue's Redis may take to answer."""

LOCK_NUMBER = int.from_bytes(hashlib.sha256(b"sync-hub start").digest()[:7])
"""PostgreSQL's advisory lock, where the machines that start at the same time share no folder."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; raises CommandError, with what to do, when that cannot be."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # the web server says how many may wait
    except OSError as error:
        listener.close()
        raise CommandError(_why_not(error, host, port)) from None
    return listener


def check_port(host: str, port: int) -> None:
    """Raise the same CommandError before anything is prepared; nothing listens yet."""
    listen(host, port).close()


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8001
        return f"Port {port} is taken by another program. Stop it, or choose another: HUB_PORT={other} make run"
    if error.errno == errno.EACCES:
        return f"Port {port} needs the rights of an administrator. Choose one above 1023: HUB_PORT=8000 make run"
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine. Set HUB_HOST to 127.0.0.1, or to 0.0.0.0 for all addresses."
    return f"Nothing can listen on {host}, port {port}: {error.strerror}. See HUB_HOST and HUB_PORT."


def is_single(*, web: bool, worker: bool) -> bool:
    """Whether these parts run once in a data folder: on SQLite each, on PostgreSQL the whole hub alone.

    What runs a part of it on PostgreSQL says so, and means to be one of several.
    """
    return connection.vendor == "sqlite" or (web and worker)


@contextmanager
def occupied(data_dir: Path, address: str, *, web: bool, worker: bool) -> Iterator[None]:
    """Hold this data folder for the web server at ``address`` and the workers, as far as they are single.

    Raises CommandError, which names who is there already.
    """
    roles = {"web": web, "worker": worker} if is_single(web=web, worker=worker) else {}
    wanted = [role for role, runs in roles.items() if runs]
    with ExitStack() as held:
        for role in wanted:
            try:
                held.enter_context(locks.take(data_dir / f"{role}.lock", address if web else ""))
            except locks.Taken as taken:
                what = "Sync Hub runs" if web else "The hub's workers run"
                raise CommandError(
                    f"{what} already on the data folder {data_dir} ({taken.holder}). Stop that first, or give "
                    "this one a folder of its own with HUB_DATA_DIR."
                ) from None
            except OSError as error:
                raise _no_lock(data_dir, error) from None
        yield


def _no_lock(data_dir: Path, error: OSError) -> CommandError:
    return CommandError(
        f"The data folder {data_dir} cannot be locked: {error.strerror}. Set HUB_DATA_DIR to a folder on a local disk."
    )


def check_broker(url: str) -> None:
    """Raise CommandError, with what to do, unless the queue's Redis answers."""
    try:
        with redis.from_url(url, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE) as broker:
            broker.ping()
    except (redis.RedisError, OSError, ValueError, TypeError) as error:
        why = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        password = urlsplit(url).password or ""
        raise CommandError(
            f"The Redis of HUB_BROKER_URL does not let the hub in: {redact_text(why, [unquote(password)])}. "
            "Start it, correct the address or the password, or leave HUB_BROKER_URL empty to queue in the database."
        ) from None


@contextmanager
def alone(data_dir: Path, say: Callable[[str], None]) -> Iterator[None]:
    """One hub at a time prepares this data folder, and this PostgreSQL database; the others wait, and find all done."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
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
        except OSError as error:
            raise _no_lock(data_dir, error) from None
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
        raise CommandError(unreachable(error)) from None


def bring_in_step(say: Callable[[str], None]) -> None:
    """Migrate, if there is anything to migrate: to find that out takes a tenth of the time.

    Raises CommandError for a database that a newer version of the hub has migrated: what this one writes would not fit.
    """
    executor = MigrationExecutor(connection)
    own = {one.label for one in apps.get_app_configs() if Path(one.path).parent == settings.BASE_DIR}
    loader = executor.loader
    newer = [key for key in loader.applied_migrations if key[0] in own and key not in loader.disk_migrations]
    if newer:
        raise CommandError(
            f"The hub's database was prepared by a newer version of Sync Hub ({'.'.join(newer[0])}). "
            "Start that version, or put back the database from before."
        )
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Preparing the database ...")
        call_command("migrate", verbosity=0, interactive=False)
