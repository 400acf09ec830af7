"""The SQLite file: connections that are reused, transactions, and its errors told in the hub's own terms."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from hub.datafolder import keep_private
from hub.errors import OdooError, OdooProtocol, OdooUnavailable, OdooValidation
from hub.turns import Turn

MAX_IDLE = 8
"""Connections kept open between calls."""

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
_NO_FILE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Database:
    """One SQLite file, used by any number of threads and processes; each call borrows a connection.

    ``busy_seconds`` is how long a writer waits for another one before it gives up with OdooUnavailable.
    """

    def __init__(self, path: str | Path, busy_seconds: float = 10.0) -> None:
        self.path = Path(path)
        self.busy_seconds = busy_seconds
        self._lock = threading.Lock()
        self._turn = Turn(self.path, busy_seconds)
        self._idle: list[sqlite3.Connection] = []
        self._process = os.getpid()
        self._inherited: list[sqlite3.Connection] = []

    @contextmanager
    def transaction(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end, rolled back on any error. A writer has the file to itself."""
        with translated(self.path), self._turn.taken() if write else nullcontext():
            connection = self._borrow()
            try:
                connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                try:
                    yield connection
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
            except BaseException:
                # A commit that failed leaves its transaction open; the next borrower must not find it.
                with suppress(sqlite3.Error):
                    connection.rollback()
                raise
            finally:
                self._give_back(connection)

    def close(self) -> None:
        """Close the idle connections; the next transaction opens one anew."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _borrow(self) -> sqlite3.Connection:
        with self._lock:
            self._forget_after_fork()
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if self._process == os.getpid() and len(self._idle) < MAX_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _forget_after_fork(self) -> None:
        # SQLite forbids to use, or even to close, a connection in a child process: keep it, untouched.
        if self._process != os.getpid():
            self._inherited.extend(self._idle)
            self._idle = []
            self._process = os.getpid()

    def _open(self) -> sqlite3.Connection:
        keep_private(self.path)
        connection = sqlite3.connect(
            self.path, timeout=self.busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        try:
            self._write_ahead(connection)
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA wal_autocheckpoint=4000")
            connection.execute("PRAGMA cache_size=-16000")
            connection.execute("PRAGMA temp_store=MEMORY")
        except BaseException:
            connection.close()
            raise
        connection.create_function("fold_like", 2, _fold_like, deterministic=True)
        return connection

    def _write_ahead(self, connection: sqlite3.Connection) -> None:
        """Switch to WAL, for which SQLite itself does not wait while another process does the same to a new file."""
        ends = time.monotonic() + self.busy_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > ends:
                    raise
                time.sleep(0.02)


def _fold_like(pattern: str | None, text: str | None) -> bool | None:
    """ILIKE for patterns beyond ASCII, whose case SQLite's own LIKE does not fold."""
    if pattern is None or text is None:
        return None
    return _matches(pattern.casefold(), str(text).casefold())


def _matches(pattern: str, text: str) -> bool:
    """Match ``%`` and ``_`` without recursion, in time proportional to the product of the lengths at worst."""
    tokens = _tokens(pattern)
    at = token = 0
    star = star_at = -1
    while at < len(text):
        if token < len(tokens) and tokens[token] == ("%", True):
            star, star_at = token, at
            token += 1
        elif token < len(tokens) and (tokens[token] == ("_", True) or tokens[token] == (text[at], False)):
            token += 1
            at += 1
        elif star >= 0:
            star_at += 1
            token, at = star + 1, star_at
        else:
            return False
    return all(one == ("%", True) for one in tokens[token:])


def _tokens(pattern: str) -> list[tuple[str, bool]]:
    """Each character with whether it is a wildcard; a backslash takes the next one literally."""
    result: list[tuple[str, bool]] = []
    escaped = False
    for letter in pattern:
        if letter == "\\" and not escaped:
            escaped = True
            continue
        result.append((letter, letter in "%_" and not escaped))
        escaped = False
    return result


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into the hub's."""
    try:
        yield
    except sqlite3.Error as exc:
        raise _error(exc, path) from exc
    except OverflowError as exc:
        raise OdooValidation("A number is too large to be stored.", "builtins.OverflowError") from exc
    except UnicodeEncodeError as exc:
        raise OdooValidation("A text holds characters that cannot be stored (lone surrogates).") from exc


def _error(exc: sqlite3.Error, path: Path) -> OdooError:
    code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY:
        return OdooUnavailable("The embedded Odoo is busy: another process holds its database. Try again.", sent=False)
    if code in _NO_FILE:
        return OdooUnavailable(
            f"The embedded Odoo's file {path.name} can't be opened or written: {exc}. "
            "Check that its folder exists, is writable and has space.",
            sent=False,
        )
    if code in _DAMAGED:
        return OdooProtocol(f"The file {path.name} is not an embedded Odoo's database, or it is damaged.")
    if isinstance(exc, (sqlite3.IntegrityError, sqlite3.DataError)):
        return OdooValidation(f"The values break a rule of the database: {exc}.", "odoo.exceptions.ValidationError")
    if isinstance(exc, (sqlite3.InterfaceError, sqlite3.ProgrammingError)):
        return OdooValidation(f"A value can't be stored: {exc}.", "builtins.ValueError")
    return OdooProtocol(f"The embedded Odoo's database failed: {exc}.")
