"""The loopback receiver, run as a process of its own: answers 201 at once and remembers when each message came.

``GET /next`` waits for the next message and answers all that came as pairs of time and JSON body; ``GET /count``
answers their number. Both forget what they told. Times are ``time.monotonic()``, one clock for all processes.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import Any

LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
arrived: list[tuple[float, bytes]] = []
waiting: list[asyncio.Transport] = []


class Receiver(asyncio.Protocol):
    """One connection: as little HTTP/1.1 as the senders need, so that it costs little beside what is measured."""

    def __init__(self) -> None:
        self.buffer = bytearray()

    def connection_made(self, transport: Any) -> None:
        """Keep the way back."""
        self.transport: asyncio.Transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            found = LENGTH.search(self.buffer, 0, end)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self.buffer) < whole:
                return
            self._take(bytes(self.buffer[:end]), bytes(self.buffer[end + 4 : whole]))
            del self.buffer[:whole]

    def _take(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET /next"):
            waiting.append(self.transport)
            _tell()
        elif head.startswith(b"GET /count"):
            _answer(self.transport, b"200 OK", str(len(arrived)).encode())
            arrived.clear()
        else:
            arrived.append((time.monotonic(), body))
            _answer(self.transport, b"201 Created", b"{}")
            _tell()


def _tell() -> None:
    if waiting and arrived:
        told = json.dumps([[when, json.loads(body)] for when, body in arrived]).encode()
        arrived.clear()
        _answer(waiting.pop(), b"200 OK", told)


def _answer(transport: asyncio.Transport, status: bytes, body: bytes) -> None:
    length = str(len(body)).encode()
    transport.write(
        b"HTTP/1.1 " + status + b"\r\nContent-Type: application/json\r\nContent-Length: " + length + b"\r\n\r\n" + body
    )


async def serve() -> None:
    """Print the port, then serve until standard input closes."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    server = await loop.create_server(Receiver, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve())
