"""The web server in a thread, with an application that writes down what reaches it, and raw sockets to talk to it."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from hub.web.server import Limits, Server

PATIENCE = 120.0
"""Seconds after which a wait is a failure: only ever reached when something is broken."""


@dataclass
class Application:
    """Answers each request with what it got, and remembers it. ``/wait`` takes until ``go`` is set, ``/large`` is."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """Released for each request that waits."""

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"]
        path = environ["PATH_INFO"]
        found = {
            "method": environ["REQUEST_METHOD"],
            "path": path,
            "in a file": hasattr(body, "fileno") and not hasattr(body, "getvalue"),
            "body": body.read(int(environ.get("CONTENT_LENGTH") or 0)).decode("latin-1"),
            "too large": environ.get("hub.body_too_large", False),
            "from": environ["REMOTE_ADDR"],
            "headers": {name: value for name, value in environ.items() if name.startswith("HTTP_")},
        }
        self.seen.append(found)
        if path == "/wait":
            self.waiting.release()
            assert self.go.wait(PATIENCE)
        answer = b"x" * int(environ["QUERY_STRING"]) if path == "/large" else json.dumps(found).encode()
        start("200 OK", [("Content-Length", str(len(answer))), ("Content-Type", "application/json")])
        return [answer]

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [one["path"] for one in self.seen]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes | bytearray

    @property
    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)


class Wire:
    """One connection of a client that may do what it likes."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), timeout=PATIENCE)
        self.buffer = bytearray()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> Wire:
        """Send bytes."""
        self.socket.sendall(data)
        return self

    def end(self) -> Wire:
        """Say that nothing more comes."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def answer(self) -> Answer:
        """Read one answer; fails when the connection ends before it is whole."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(self.buffer) < length:
            self._more()
        body, self.buffer = self.buffer[:length], self.buffer[length:]
        return Answer(int(first.split(" ")[1]), headers, body)

    def _more(self) -> None:
        part = self.socket.recv(65536)
        assert part, f"the connection ended after {self.buffer[:500]!r}"
        self.buffer += part

    def rest(self) -> bytes:
        """All that comes until the server ends the connection, in one way or the other."""
        try:
            while part := self.socket.recv(65536):
                self.buffer += part
        except ConnectionError:
            pass
        return bytes(self.buffer)


@dataclass
class Serving:
    """A running server."""

    port: int
    server: Server
    application: Application
    thread: threading.Thread

    def wire(self) -> Wire:
        """A new connection to it."""
        return Wire(self.port)

    def get(self, path: str = "/") -> Answer:
        """What it answers to a request on a connection of its own."""
        with self.wire() as wire:
            return wire.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()).answer()

    def until(self, look: Callable[[], object], what: str) -> None:
        """Wait until ``look`` answers something true."""
        ends = time.monotonic() + PATIENCE
        while not look():
            assert time.monotonic() < ends, f"waited in vain for {what}"
            threading.Event().wait(0.02)


@contextmanager
def serving(host: str = "127.0.0.1", **limits: Any) -> Iterator[Serving]:
    """The server with such limits, until the end of the block."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind((host, 0))
    listener.listen(128)
    application = Application()
    port = listener.getsockname()[1]
    server = Server(application, listener, Limits(**limits))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield Serving(port, server, application, thread)
    finally:
        application.go.set()
        server.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        server.close()
