"""Run as a process of its own: some callers that make the same request over and over, and the times that it took.

The request is put together once, and of the answer little is looked at: a caller shares the machine with what it
measures, and an HTTP library's work would be a large part of that.
"""

from __future__ import annotations

import json
import re
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from bench.figures import percentile

CONTENT_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *([0-9]+)")

WARM = 2
"""Requests of each caller before the clock starts."""


@dataclass
class Caller:
    """One caller, with a connection that it keeps."""

    what: dict[str, Any]
    barrier: threading.Barrier
    times: list[float] = field(default_factory=list)
    wrong: str = ""

    def run(self) -> None:
        """Warm up, wait for the others, then call until the time is over."""
        self.asked = self._request()
        self._connect()
        for _ in range(WARM):
            self.call()
        self.barrier.wait()
        ends = time.perf_counter() + self.what["seconds"]
        began = time.perf_counter()
        while began < ends and not self.wrong:
            self.call()
            now = time.perf_counter()
            self.times.append(now - began)
            began = now
        self.connection.close()

    def _connect(self) -> None:
        self.connection = socket.create_connection(("127.0.0.1", self.what["port"]), timeout=60)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def call(self) -> None:
        """One exchange; remembers an answer that is not the one expected."""
        self.connection.sendall(self.asked)
        head, _, body = self._read_until(b"\r\n\r\n").partition(b"\r\n\r\n")
        length = CONTENT_LENGTH.search(head)
        if length is not None:
            missing = int(length[1]) - len(body)
            while missing > 0:
                body += self._received()
                missing = int(length[1]) - len(body)
        if head.startswith(b"HTTP/1.0") or b"\r\nConnection: close" in head:
            self.connection.close()  # as Odoo's own server does after each answer
            self._connect()
        status = int(head[9:12])
        what = self.what
        if status != what["status"] or what["refused"].encode() in body or length is None:
            self.wrong = f"{what['method']} {what['path']}: {status} {(head + body)[:500].decode(errors='replace')}"

    def _request(self) -> bytes:
        body = str(self.what.get("body", "")).encode()
        headers = {"Host": f"127.0.0.1:{self.what['port']}", **self.what["headers"], "Content-Length": str(len(body))}
        lines = [f"{self.what['method']} {self.what['path']} HTTP/1.1", *(f"{one}: {headers[one]}" for one in headers)]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _read_until(self, end: bytes) -> bytes:
        read = self._received()
        while end not in read:
            read += self._received()
        return read

    def _received(self) -> bytes:
        part: bytes = self.connection.recv(65536)
        if not part:
            raise ConnectionError("The server closed the connection.")
        return part


def main(what: dict[str, Any]) -> dict[str, float]:
    """The request, ``port``, ``callers`` and ``seconds``; answers requests/s and milliseconds."""
    barrier = threading.Barrier(what["callers"] + 1)
    callers = [Caller(what, barrier) for _ in range(what["callers"])]
    threads = [threading.Thread(target=one.run) for one in callers]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    for one in callers:
        if one.wrong:
            raise SystemExit(one.wrong)
    times = [each for one in callers for each in one.times]
    calls = len(times) + WARM * what["callers"]
    return {
        "rate": len(times) / took,
        "calls": calls,
        "p50": percentile(times, 50) * 1000,
        "p99": percentile(times, 99) * 1000,
    }


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
