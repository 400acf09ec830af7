"""What one run has taken so far: time, calls to Odoo, log; the first limit that it exceeds ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hub.transform.script.errors import ScriptLimit, too_much
from hub.transform.script.limits import Limits

LEVELS = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "critical"}


@dataclass(frozen=True)
class LogLine:
    """One line that a script logged or printed; ``level`` as in Python's logging, or ``print``."""

    level: str
    logger: str
    message: str

    def __str__(self) -> str:
        return self.message if self.level == "print" else f"{self.level.upper()} {self.message}"


class Account:
    """Counts one run against its limits. ``exceeded`` is the limit that it broke, if it did."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.logs: list[LogLine] = []
        self.calls = 0
        self.exceeded: ScriptLimit | None = None
        self._room = limits.log
        self._printed = ""
        self._started = time.monotonic()
        self._waited = 0.0

    def check_time(self) -> None:
        """Raise ScriptLimit when the run may ask for nothing more."""
        passed = time.monotonic() - self._started
        if passed - self._waited > self.limits.seconds:
            self._exceed(too_much("time", f"The script ran longer than {self.limits.seconds:g} s."))
        elif passed > self.limits.wait_seconds:
            text = f"The script waited for Odoo longer than {self.limits.wait_seconds:g} s. Read fewer records."
            self._exceed(too_much("wait", text))
        self.settle()

    def settle(self) -> None:
        """Raise the limit that was exceeded, if one was."""
        if self.exceeded is not None:
            raise self.exceeded

    def _exceed(self, limit: ScriptLimit) -> None:
        self.exceeded = self.exceeded or limit

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time that is not the script's own."""
        started = time.monotonic()
        try:
            yield
        finally:
            self._waited += time.monotonic() - started

    @contextmanager
    def call(self) -> Iterator[None]:
        """One call to Odoo."""
        if self.calls >= self.limits.calls:
            text = f"The script made more than {self.limits.calls} calls to Odoo. Search once for all records."
            self._exceed(too_much("calls", text))
        self.settle()
        self.calls += 1
        with self.waiting():
            yield

    def log(self, level: int, logger: str, message: str) -> None:
        """Keep one logged line."""
        self._take([LogLine(LEVELS.get(level, "info"), logger, message)], len(message))
        self.settle()

    def printed(self, stream: str, text: str) -> None:
        """Take what the script prints, in pieces; too much ends the run at its next request."""
        if self.exceeded is None:
            *lines, self._printed = (self._printed + text).split("\n")
            self._take([LogLine("print", stream, line) for line in lines], len(text))
        if self.exceeded is not None:
            self._printed = ""

    def finish(self) -> None:
        """Take the last printed line, which had no end; raise the limit that was exceeded, if one was."""
        if self._printed and self.exceeded is None:
            self.logs.append(LogLine("print", "stdout", self._printed))
            self._printed = ""
        self.settle()

    def _take(self, lines: list[LogLine], size: int) -> None:
        self._room -= size + 8 * len(lines)
        if self._room < 0:
            text = f"The script logged or printed more than {self.limits.log:,} characters. Log less."
            self._exceed(too_much("log", text))
        if self.exceeded is None:
            self.logs.extend(lines)
