"""Loopback servers for tests: each connection is handed to a function that may misbehave as it likes."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

from hub.http.guard import EgressPolicy

LOOPBACK = EgressPolicy(allowed_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")))

Behaviour = Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Server:
    """A listening server; ``connections`` counts what was accepted, ``requests`` holds what came, whole."""

    port: int
    scheme: str = "http"
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    """Set when the test is over: what a hanging behaviour waits for."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/"

    def read(self, connection: socket.socket) -> bytes:
        """One request, with its body when it has a Content-Length; empty at the end of the connection."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return b""
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                while len(body) < int(line.partition(b":")[2]):
                    body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        return self.requests[-1]


@contextmanager
def serving(behave: Callable[[Server, socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """A server on a free port of 127.0.0.1 that does that with each connection, in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    server = Server(listener.getsockname()[1], "https" if tls else "http")
    threads: list[threading.Thread] = []

    def handle(connection: socket.socket) -> None:
        try:
            with tls.wrap_socket(connection, server_side=True) if tls else connection as wrapped:
                behave(server, wrapped)
        except OSError:
            pass  # the client has gone, as it should in many a test
        finally:
            connection.close()

    def accept() -> None:
        while not server.released.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            server.connections += 1
            threads.append(threading.Thread(target=handle, args=(connection,), daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        server.released.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        acceptor.join()


def answering(answer: bytes) -> Callable[[Server, socket.socket], None]:
    """Answer each request on the connection with those bytes, until the client ends it."""

    def behave(server: Server, connection: socket.socket) -> None:
        while server.read(connection):
            connection.sendall(answer)

    return behave


def answering_once(answer: bytes) -> Callable[[Server, socket.socket], None]:
    """Answer one request with those bytes and close."""

    def behave(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(answer)

    return behave


def dripping(head: bytes, drop: bytes, every: float) -> Callable[[Server, socket.socket], None]:
    """Send ``head``, then ``drop`` again and again, ``every`` so many seconds, for as long as the client takes it."""

    def behave(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(head)
        while not server.released.wait(every):
            connection.sendall(drop)

    return behave


def flooding(head: bytes, block: bytes, times: int) -> Callable[[Server, socket.socket], None]:
    """Send ``head``, then the block that many times, as fast as it goes."""

    def behave(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(head)
        for _ in range(times):
            connection.sendall(block)

    return behave
