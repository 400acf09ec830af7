"""A third party that notes what comes, and answers when and what the test says."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Arrival:
    """One request."""

    path: str
    body: Any
    message_id: str
    """By which a receiver tells a repetition from news."""

    client_port: int
    """The sender's end of the connection: leads to the process that holds it."""

    client: str = "127.0.0.1"
    """The sender's address."""

    authorization: str = ""
    """How the sender showed who it is."""

    at: float = field(default_factory=time.monotonic)

    @property
    def record(self) -> int:
        """The record's id."""
        return int(self.body["external_id"])


Answer = Callable[[Arrival], int]


class Receiver:
    """Listens on a free port of ``host``; ``answer`` is asked for each request's status, and may wait."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.arrivals: list[Arrival] = []
        self.answered: list[Arrival] = []
        self.answer: Answer = lambda _: 200
        self.over = threading.Event()
        """Set when the test is over: what hanging answers wait for."""
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                if len(body) < length:
                    self.close_connection = True  # the sender was killed before it had said all
                    return
                arrival = Arrival(
                    self.path,
                    json.loads(body or b"null"),
                    self.headers["Idempotency-Key"],
                    self.client_address[1],
                    str(self.client_address[0]),
                    self.headers.get("Authorization", ""),
                )
                with receiver._lock:
                    receiver.arrivals.append(arrival)
                status = receiver.answer(arrival)
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "2")
                    self.end_headers()
                    self.wfile.write(b"{}")
                    receiver.answered.append(arrival)
                except OSError:
                    self.close_connection = True  # the sender was killed

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 512
            """Connections that wait to be accepted: with the usual 5, calls at the same moment are lost."""

        self._server = Server((host, 0), Handler)
        self.port = self._server.server_port
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def counts(self) -> Counter[int]:
        """How often each record came."""
        with self._lock:
            return Counter(one.record for one in self.arrivals)

    def same_messages(self) -> bool:
        """Whether all that came of a record was one and the same message."""
        with self._lock:
            pairs = {(one.record, one.message_id) for one in self.arrivals}
        return all(message for _, message in pairs) and len(pairs) == len({record for record, _ in pairs})

    def close(self) -> None:
        """End it."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
