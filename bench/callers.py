"""Run as a process of its own: some callers that make the same request over and over, and the times that it took."""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from bench.figures import percentile

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
        self.connection = http.client.HTTPConnection("127.0.0.1", self.what["port"], timeout=60)
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

    def call(self) -> None:
        """One exchange; remembers an answer that is not the one expected."""
        what = self.what
        self.connection.request(what["method"], what["path"], body=what.get("body"), headers=what["headers"])
        answer = self.connection.getresponse()
        body = answer.read().decode()
        if answer.status != what["status"] or what["refused"] in body:
            self.wrong = f"{what['method']} {what['path']}: {answer.status} {body[:300]}"


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
    return {"rate": len(times) / took, "p50": percentile(times, 50) * 1000, "p99": percentile(times, 99) * 1000}


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
