"""Sockets that know when their attempt must end: each single wait is cut to what is left of it.

An ordinary timeout counts from byte to byte, so a server that drips holds its caller for as long as it likes.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

from hub.http.failures import (
    BrokenAnswer,
    ConnectFailed,
    ConnectTimeout,
    HttpFailure,
    NameNotResolved,
    ReadTimeout,
    TimeExceeded,
)
from hub.http.guard import EgressPolicy, Endpoint, literal

HEAD_LIMIT = 256 * 1024
"""How many bytes an answer may spend before its body: status lines and headers."""

RESOLVERS = threading.BoundedSemaphore(64)
"""How many look-ups may be under way: the system's resolver has no timeout, so each may hold a thread for long."""


@dataclass
class Attempt:
    """One attempt under way in this thread; times are in seconds, on the monotonic clock."""

    policy: EgressPolicy
    host: str
    connect_timeout: float
    read_timeout: float
    wall: float
    started: float = field(default_factory=time.monotonic)
    head: int = HEAD_LIMIT
    """What is left of HEAD_LIMIT; without end once the body has begun."""
    opened: bool = False
    """Whether a connection was opened for it; otherwise it goes over one that was kept."""
    fresh: bool = False
    """Whether it must not use a kept connection."""
    closing: list[Callable[[], None]] = field(default_factory=list)
    """What must be closed when the attempt fails before there is an answer."""

    @property
    def answered(self) -> bool:
        """Whether a single byte has come back."""
        return self.head != HEAD_LIMIT

    @property
    def left(self) -> float:
        """Seconds until the wall cap; TimeExceeded when there are none."""
        left = self.started + self.wall - time.monotonic()
        if left <= 0:
            raise self.exceeded()
        return left

    def close(self) -> None:
        """Let go of the connection of an attempt that failed."""
        while self.closing:
            self.closing.pop()()

    def check(self) -> None:
        """Raise TimeExceeded when the attempt has run into its wall cap."""
        _ = self.left

    def exceeded(self) -> TimeExceeded:
        """The failure of this attempt at its wall cap."""
        return TimeExceeded(f"{self.host} did not finish its answer within {self.wall:g} seconds.")

    def silent(self) -> HttpFailure:
        """The failure of a wait that ran out: by the wall cap, or by the read timeout."""
        if time.monotonic() >= self.started + self.wall:
            return self.exceeded()
        return ReadTimeout(f"{self.host} did not answer within {self.read_timeout:g} seconds.")


class _Current(threading.local):
    attempt: Attempt | None = None


_current = _Current()


@contextmanager
def attempting(attempt: Attempt) -> Iterator[Attempt]:
    """Sockets that this thread uses meanwhile belong to that attempt."""
    before, _current.attempt = _current.attempt, attempt
    try:
        yield attempt
    finally:
        _current.attempt = before


def current() -> Attempt:
    """The attempt that this thread is making."""
    assert _current.attempt is not None, "a guarded socket is used outside of an attempt"
    return _current.attempt


class TimedSocket(socket.socket):
    """A TCP socket whose waits end with the attempt."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """As socket.recv_into; ReadTimeout or TimeExceeded instead of TimeoutError."""
        attempt = current()
        self.settimeout(min(attempt.read_timeout, attempt.left))
        try:
            return _counted(attempt, super().recv_into(*args, **kwargs))
        except TimeoutError:
            raise attempt.silent() from None

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        """As socket.sendall; TimeExceeded when the server doesn't take it in time."""
        attempt = current()
        self.settimeout(attempt.left)
        try:
            super().sendall(*args, **kwargs)
        except TimeoutError:
            raise attempt.exceeded() from None


class TimedTlsSocket(ssl.SSLSocket):
    """The same under TLS, where sending is one ``send`` for each record."""

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """As SSLSocket.recv_into; ReadTimeout or TimeExceeded instead of TimeoutError."""
        attempt = current()
        self.settimeout(min(attempt.read_timeout, attempt.left))
        try:
            return _counted(attempt, super().recv_into(*args, **kwargs))
        except TimeoutError:
            raise attempt.silent() from None

    def send(self, *args: Any, **kwargs: Any) -> int:
        """As SSLSocket.send; TimeExceeded when the server doesn't take it in time."""
        attempt = current()
        self.settimeout(attempt.left)
        try:
            return super().send(*args, **kwargs)
        except TimeoutError:
            raise attempt.exceeded() from None


def _counted(attempt: Attempt, number: int) -> int:
    attempt.head -= number
    if attempt.head < 0:
        raise BrokenAnswer(f"{attempt.host} sent more than {HEAD_LIMIT // 1024} KiB of headers.")
    return number


def open_socket(host: str, port: int) -> TimedSocket:
    """A connection to the first address that answers, of those that the attempt's policy allows."""
    attempt = current()
    attempt.opened = True
    deadline = time.monotonic() + min(attempt.connect_timeout, attempt.left)
    endpoints = _resolve(attempt, host, port, deadline)
    for place, endpoint in enumerate(endpoints):
        seconds = (deadline - time.monotonic()) / (len(endpoints) - place)  # a dead address leaves time for the others
        try:
            return _connect(endpoint, max(seconds, 0.001))
        except OSError as error:
            last = error
    if isinstance(last, TimeoutError):
        raise ConnectTimeout(
            f"{host} did not accept a connection on port {port} within {attempt.connect_timeout:g} seconds."
        ) from last
    raise ConnectFailed(
        f"Could not connect to {host} on port {port}: {(last.strerror or 'no connection').lower()}. "
        "Check the address, and that the service runs."
    ) from last


def _connect(endpoint: Endpoint, timeout: float) -> TimedSocket:
    connection = TimedSocket(endpoint.family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.connect(endpoint.address)
    except BaseException:
        connection.close()
        raise
    return connection


def _resolve(attempt: Attempt, host: str, port: int, deadline: float) -> list[Endpoint]:
    """The policy's addresses, looked up in a thread that is left behind when the resolver takes too long."""
    if literal(host) is not None:
        return attempt.policy.addresses(host, port)
    answers: SimpleQueue[list[Endpoint] | BaseException] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(attempt.policy.addresses(host, port))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
            answers.put(error)
        finally:
            RESOLVERS.release()

    if not RESOLVERS.acquire(timeout=max(deadline - time.monotonic(), 0)):
        raise NameNotResolved(f"Could not resolve {host}: too many look-ups are waiting for an answer.")
    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(deadline - time.monotonic(), 0.001))
    except Empty:
        raise NameNotResolved(f"Could not resolve {host} within {attempt.connect_timeout:g} seconds.") from None
    if isinstance(answer, BaseException):
        raise answer
    return answer
