"""Runs the hub's parts side by side: starts each anew when it dies, and stops all of them together.

Each part is started through hub.launch, which sees to it that nothing of a part outlives it, or the supervisor.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from hub import launch

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds before a part that died is started again: doubled each time it dies early, up to the longest."""

SETTLED = 60.0
"""Seconds after which a part counts as running well, so that its next pause is the first one again."""

KILL_PATIENCE = 8.0
"""Seconds that a guard may take to clear up after a kill, before it is killed itself."""


@dataclass(frozen=True)
class Part:
    """One program to keep running; ``env`` adds to the environment.

    It inherits ``listener``, whose number it must have in ``argv``. Several parts may share one: the system hands each
    connection to one of them, and while one is started again, connections wait instead of being refused.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    listener: socket.socket | None = None


class Supervisor:
    """Keeps the parts running until it is told to stop.

    ``grace`` is how long, in seconds, a part may take to end after SIGTERM before it is killed. ``tick`` is called
    about once a second with the supervisor; it may call ``restart``. ``say`` gets a sentence at each event.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        grace: float = 20.0,
        tick: Callable[[Supervisor], None] | None = None,
        say: Callable[[str], None] = print,
        pause: float = FIRST_PAUSE,
    ) -> None:
        self.grace = grace
        self._tick = tick
        self._say = _safely(say)
        self._runs = {part.name: Run(part, self._say, pause) for part in parts}
        self._signals: list[int] = []
        self._stopping = False

    def run(self) -> int:
        """Start all parts and keep them running; 0 once they have ended because of ``stop`` or a signal."""
        with self._listening() as wake:
            for run in self._runs.values():
                run.start()
            next_tick = time.monotonic() + 1
            while not (self._stopping and all(run.process is None for run in self._runs.values())):
                select.select([wake], [], [], 0.2)
                self._hear(wake)
                for run in self._runs.values():
                    run.step(self._stopping)
                if self._tick and not self._stopping and time.monotonic() >= next_tick:
                    self._call_tick(self._tick)
                    next_tick = time.monotonic() + 1
        return 0

    def stop(self) -> None:
        """Ask every part to end, and return; ``run`` comes back when they have."""
        if not self._stopping:
            self._stopping = True
            for run in self._runs.values():
                run.ask_to_end(self.grace)
                if run.part.listener is not None:
                    run.part.listener.close()  # the parts still have it; with the last of them it is gone

    def restart(self, name: str, why: str) -> None:
        """End that part, as ``stop`` would, and start it again; harmless while it is under way already."""
        run = self._runs[name]
        if run.process is not None and run.deadline is None:
            self._say(f"{name} is started anew: {why}")
            run.ask_to_end(self.grace)

    def pid(self, name: str) -> int | None:
        """The pid of that part's main process, when it runs."""
        return self._runs[name].main

    @contextlib.contextmanager
    def _listening(self) -> Iterator[int]:
        """Signals are noted, and wake the loop; afterwards they mean what they meant before."""
        wake, waker = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(waker, False)
        before = {number: signal.signal(number, self._note) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
        old_waker = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
        try:
            yield wake
        finally:
            signal.set_wakeup_fd(old_waker)
            for number, handler in before.items():
                signal.signal(number, handler)
            for run in self._runs.values():
                run.kill()  # only after an exception in the loop is there anything left
            os.close(wake)
            os.close(waker)

    def _note(self, number: int, _: FrameType | None) -> None:
        if number in STOP_SIGNALS:
            self._signals.append(number)

    def _hear(self, wake: int) -> None:
        """Act on the signals that came: the first stops, another stops at once."""
        with contextlib.suppress(BlockingIOError):
            os.read(wake, 4096)
        while self._signals:
            self._signals.pop(0)
            if self._stopping:
                for run in self._runs.values():
                    run.kill()
            else:
                self._say("Stopping (once more to stop at once).")
                self.stop()

    def _call_tick(self, tick: Callable[[Supervisor], None]) -> None:
        try:
            tick(self)
        except Exception as error:  # noqa: BLE001 - a watchdog that fails must not take the hub with it
            self._say(f"The watchdog failed: {type(error).__name__}: {error}")


class Run:
    """One part, its present process and what is to happen to it."""

    def __init__(self, part: Part, say: Callable[[str], None], pause: float) -> None:
        self.part = part
        self.say = say
        self.process: subprocess.Popen[bytes] | None = None
        self.main: int | None = None
        self.deadline: float | None = None
        """When its grace ends, once it has been asked to end."""
        self._first_pause = self._pause = pause
        self._killed = False
        self._lifeline: socket.socket | None = None
        self._started = self._start_at = 0.0

    def start(self) -> None:
        """Start the part under a new guard, in a session of its own."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        passed = [theirs.fileno(), *([self.part.listener.fileno()] if self.part.listener is not None else [])]
        numbers = ",".join(map(str, passed))
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(launch.__file__)), numbers, *self.part.argv],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=passed,
                env={**os.environ, **self.part.env},
            )
        self._lifeline, self.main, self.deadline, self._killed = ours, None, None, False
        self._started = time.monotonic()

    def step(self, stopping: bool) -> None:
        """Look after the part: note its pid, kill it when its grace is over, start it when it has died."""
        now = time.monotonic()
        if self.process is None:
            if not stopping and now >= self._start_at:
                self.start()
            return
        self._hear_pid()
        code = self.process.poll()
        if code is not None:
            self._ended(code, stopping)
        elif self.deadline is not None and now >= self.deadline:
            if not self._killed:
                self.say(f"{self.part.name} did not end in time and is killed.")
            self.kill()

    def ask_to_end(self, grace: float) -> None:
        """SIGTERM to the part's main process, by way of its guard."""
        if self.process is not None and self.deadline is None:
            self.deadline = time.monotonic() + grace
            self.process.terminate()

    def kill(self) -> None:
        """SIGKILL to the part's processes; the second time, after some patience, to its guard as well."""
        if self.process is None:
            return
        self._hear_pid()
        now = time.monotonic()
        if self._killed and self.deadline is not None and now < self.deadline:
            return
        if self._killed or self.main is None:
            self.process.kill()
        if self.main is not None:
            launch.kill_group(self.main)
        self._killed, self.deadline = True, now + KILL_PATIENCE

    def _hear_pid(self) -> None:
        """The guard's first word is the pid of the main process."""
        if self.main is None and self._lifeline is not None:
            with contextlib.suppress(BlockingIOError, ConnectionError):
                self.main = int(self._lifeline.recv(64) or 0) or None

    def _ended(self, code: int, stopping: bool) -> None:
        """Clear up; a part that was not asked to end is started again, after a pause that grows."""
        if code < 0 and self.main is not None:
            launch.kill_group(self.main)  # a guard that was killed itself leaves this to us
        if self._lifeline is not None:
            self._lifeline.close()
        asked, self.process, self.main, self.deadline = self.deadline is not None, None, None, None
        if stopping:
            return
        now = time.monotonic()
        if asked:
            self._start_at = now
            return
        if now - self._started >= SETTLED:
            self._pause = self._first_pause
        self._start_at = now + self._pause
        self.say(f"{self.part.name} ended {_how(code)}; it is started again in {self._pause:g} s.")
        self._pause = min(self._pause * 2, LONGEST_PAUSE)


def _safely(say: Callable[[str], None]) -> Callable[[str], None]:
    """The same, but a terminal that is gone, or a pipe that nobody reads, stops nothing."""

    def said(text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            say(text)

    return said


def _how(code: int) -> str:
    number = -code if code < 0 else code - 128
    if number in signal.valid_signals():
        return f"by {signal.Signals(number).name}"
    return f"with code {code}"
