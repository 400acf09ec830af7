"""The supervisor with real processes. All of them inherit one pipe, so its end is the proof that nobody is left."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import os, sys
from hub.supervise import Part, Supervisor
parts = [Part(name, [sys.executable, "-u", "-c", code]) for name, code in {parts!r}.items()]
{more}
sys.exit(Supervisor(parts, say=lambda text: os.write(1, f"say: {{text}}\\n".encode()), {options}).run())
"""

LIVE = """
import os, signal, sys
os.write(1, f"{name} is {os.getpid()} {os.getppid()}\\n".encode())
signal.sigwait([signal.SIGUSR1])
"""
GENTLE = """
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.write(1, f"{name} is {os.getpid()} {os.getppid()}\\n".encode())
signal.sigwait([signal.SIGTERM])
os.write(1, b"{name} drains\\n")
"""
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + LIVE
PARENT = """
import os, signal, subprocess, sys
CHILD = '''
import os, signal, sys
if {escape}: os.setsid()
signal.signal(signal.SIGTERM, lambda *_: os.write(1, b"child got the signal\\\\n"))
os.write(1, f"child is {os.getpid()}\\\\n".encode())
while True: signal.pause()
'''
subprocess.Popen([sys.executable, "-u", "-c", CHILD])
os.write(1, f"parent is {os.getpid()} {os.getppid()}\\n".encode())
{then}
"""

SERVER = """
import os, signal, socket, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
listener = socket.socket(fileno=int(sys.argv[1]))
os.write(1, f"server is {os.getpid()}\\n".encode())
listener.settimeout(0.05)
while signal.SIGTERM not in signal.sigpending():
    try:
        listener.accept()[0].sendall(b"hello")
    except TimeoutError:
        pass
listener.close()
os.write(1, b"server drains\\n")
signal.sigwait([signal.SIGUSR1])
"""
LISTENING = """
import socket
listener = socket.create_server(("127.0.0.1", 0))
argv = [sys.executable, "-u", "-c", {code!r}, str(listener.fileno())]
parts += [Part("server", argv, listener=listener), Part("server 2", argv, listener=listener)]
os.write(1, f"port {{listener.getsockname()[1]}}\\n".encode())
"""


def parent(escape: bool = False, then: str = "signal.pause()") -> str:
    """A part with a child, which leaves the process group if told to."""
    return PARENT.replace("{escape}", str(escape)).replace("{then}", then)


class Hub:
    """A running supervisor and what its processes have printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.seen: list[str] = []

    def until(self, *patterns: str) -> list[re.Match[str]]:
        """Read on until each pattern has matched a line; the matches in the order of the patterns."""
        found: dict[str, re.Match[str]] = {}
        assert self.process.stdout
        while len(found) < len(patterns):
            line = self.process.stdout.readline()
            assert line, f"ended without {set(patterns) - set(found)}: {self.seen}"
            self.seen.append(line.rstrip())
            for pattern in patterns:
                if pattern not in found and (match := re.match(pattern, line)):
                    found[pattern] = match
        return [found[pattern] for pattern in patterns]

    def pids(self, *names: str) -> list[int]:
        return [int(match[1]) for match in self.until(*(rf"{name} is (\d+)" for name in names))]

    def end(self) -> int:
        """Read to the end, which comes when the last process that holds the pipe is gone; the supervisor's code."""
        assert self.process.stdout
        self.seen += self.process.stdout.read().splitlines()
        return self.process.wait()


@contextmanager
def running(parts: dict[str, str], options: str = "", more: str = "") -> Iterator[Hub]:
    named = {name: code.replace("{name}", name) for name, code in parts.items()}
    program = PROGRAM.format(parts=named, options=options, more=more)
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        try:
            yield Hub(process)
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_signal_ends_all_parts_in_their_own_way(number: signal.Signals) -> None:
    with running({"web": GENTLE, "worker": GENTLE}) as hub:
        hub.pids("web", "worker")
        hub.process.send_signal(number)
        assert hub.end() == 0
    assert {"web drains", "worker drains"} <= {*hub.seen}


def test_the_signal_reaches_the_main_process_alone() -> None:
    with running({"worker": parent()}) as hub:
        hub.pids("parent", "child")
        hub.process.terminate()
        assert hub.end() == 0
    assert "child got the signal" not in hub.seen


def test_a_keyboard_interrupt_of_the_whole_foreground_group_reaches_no_part() -> None:
    with running({"worker": parent()}) as hub:
        hub.pids("parent", "child")
        os.killpg(hub.process.pid, signal.SIGINT)
        assert hub.end() == 0
    assert "child got the signal" not in hub.seen
    assert not [line for line in hub.seen if "Traceback" in line]


@pytest.mark.parametrize("escape", [False, True], ids=["in its group", "in a session of its own"])
def test_grandchildren_end_with_their_part(escape: bool) -> None:
    with running({"worker": parent(escape)}) as hub:
        hub.pids("parent", "child")
        hub.process.terminate()
        assert hub.end() == 0


@pytest.mark.parametrize("escape", [False, True], ids=["in its group", "in a session of its own"])
def test_a_killed_supervisor_leaves_no_orphan(escape: bool) -> None:
    with running({"web": LIVE, "worker": parent(escape)}) as hub:
        hub.pids("web", "parent", "child")
        hub.process.kill()
        hub.end()  # would wait for ever for an orphan


def test_a_part_that_dies_is_started_again_and_the_others_go_on() -> None:
    with running({"web": LIVE, "worker": LIVE}, "pause=0.01") as hub:
        web, worker = hub.pids("web", "worker")
        os.kill(worker, signal.SIGKILL)
        said, again = hub.until(r"say: worker ended (.*); it is started again", r"worker is (\d+)")
        assert said[1] == "by SIGKILL"
        assert int(again[1]) != worker
        os.kill(web, 0)
        hub.process.terminate()
        assert hub.end() == 0
    assert sum(line.startswith("web is") for line in hub.seen) == 1


@pytest.mark.parametrize("escape", [False, True], ids=["in its group", "in a session of its own"])
def test_what_a_dead_part_left_behind_is_killed_before_it_starts_again(escape: bool) -> None:
    with running({"worker": parent(escape)}, "pause=0.01") as hub:
        old, child = hub.pids("parent", "child")
        os.kill(old, signal.SIGKILL)
        hub.pids("parent")
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
        hub.process.terminate()
        assert hub.end() == 0


def test_a_part_whose_guard_is_killed_is_cleared_away_and_started_again() -> None:
    with running({"worker": parent()}, "pause=0.01") as hub:
        match, _ = hub.until(r"parent is (\d+) (\d+)", r"child is")
        os.kill(int(match[2]), signal.SIGKILL)
        assert hub.pids("parent") != [int(match[1])]
        hub.process.terminate()
        assert hub.end() == 0


def test_a_part_that_does_not_end_in_time_is_killed() -> None:
    with running({"web": GENTLE, "worker": STUBBORN}, "grace=0.3") as hub:
        hub.pids("web", "worker")
        hub.process.terminate()
        assert hub.end() == 0
    assert "say: worker did not end in time and is killed." in hub.seen
    assert "say: web did not end in time and is killed." not in hub.seen


def test_a_second_signal_ends_all_at_once() -> None:
    with running({"worker": STUBBORN}, "grace=3600") as hub:
        hub.pids("worker")
        hub.process.send_signal(signal.SIGINT)
        hub.until("say: Stopping")
        hub.process.send_signal(signal.SIGINT)
        assert hub.end() == 0


def test_a_part_that_keeps_dying_waits_longer_each_time() -> None:
    with running({"bad": "raise SystemExit(3)", "good": LIVE}, "pause=0.01") as hub:
        said = hub.until(
            *(f"say: bad ended with code 3; it is started again in {s} s" for s in ("0.01", "0.02", "0.04"))
        )
        assert len(said) == 3
        hub.process.terminate()
        assert hub.end() == 0
    assert sum(line.startswith("good is") for line in hub.seen) == 1


def test_a_program_that_is_not_there_is_said_and_stops_nobody() -> None:
    more = "parts.append(Part('ghost', ['/no/such/program']))"
    with running({"web": LIVE}, "pause=0.01", more) as hub:
        hub.until("say: ghost ended with code 127", "web is")
        hub.process.terminate()
        assert hub.end() == 0


def test_the_watchdog_can_have_a_part_started_anew() -> None:
    more = """
asked = []
def tick(supervisor):
    if not asked and supervisor.pid("worker"):
        asked.append(supervisor.restart("worker", "the oldest delivery is due for 90 s"))
        supervisor.restart("worker", "twice does no harm")
"""
    with running({"web": LIVE, "worker": GENTLE}, "tick=tick", more) as hub:
        hub.pids("web", "worker")
        hub.until("say: worker is started anew: the oldest delivery is due for 90 s", "worker drains")
        hub.pids("worker")
        hub.process.terminate()
        assert hub.end() == 0
    assert not [line for line in hub.seen if "twice" in line or "started again" in line]


def test_a_watchdog_that_fails_is_said_and_asked_again() -> None:
    with running({"web": LIVE}, "tick=tick", "def tick(supervisor): 1 / 0") as hub:
        hub.until("say: The watchdog failed: ZeroDivisionError")
        hub.until("say: The watchdog failed: ZeroDivisionError")
        hub.process.terminate()
        assert hub.end() == 0


def test_a_part_has_its_own_environment_and_no_input() -> None:
    code = "import os, signal, sys; print('env', os.environ['HUB_X'], repr(sys.stdin.read())); signal.pause()"
    more = f"parts.append(Part('x', [sys.executable, '-u', '-c', {code!r}], {{'HUB_X': 'canary'}}))"
    with running({}, "", more) as hub:
        hub.until("env canary ''")
        hub.process.terminate()
        assert hub.end() == 0


def test_parts_share_a_listener_that_outlives_them_and_ends_with_the_order_to_stop() -> None:
    with running({"other": GENTLE}, "pause=0.01", LISTENING.format(code=SERVER)) as hub:
        port = int(hub.until(r"port (\d+)")[0][1])
        pids = [hub.pids("server")[0], hub.pids("server")[0]]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        with socket.create_connection(("127.0.0.1", port), timeout=60) as waiting:
            assert waiting.recv(5) == b"hello"
        assert not {hub.pids("server")[0], hub.pids("server")[0]} & {*pids}
        hub.process.terminate()
        hub.until("server drains")
        hub.until("server drains")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=60)
        hub.process.terminate()  # they wait for another signal: the second one ends them
        assert hub.end() == 0


def test_nobody_to_tell_is_no_reason_to_fail() -> None:
    more = """
def gone(text): raise BrokenPipeError
real, Supervisor = Supervisor, lambda parts, say: real(parts, say=gone)
"""
    with running({"worker": GENTLE}, "", more) as hub:
        hub.pids("worker")
        hub.process.terminate()
        assert hub.end() == 0
    assert "worker drains" in hub.seen
