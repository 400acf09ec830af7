"""The guard of one part: starts it, passes on the order to stop, and lets nothing of it outlive the supervisor.

Run by hub.supervise as ``python launch.py LIFELINE COMMAND...`` in a session of its own. LIFELINE is the number of a
socket whose other end the supervisor holds: the pid of the command goes into it, and when the supervisor is gone, even
by SIGKILL, its end closes, and the guard kills all that is left. ``LIFELINE,FD`` passes a further descriptor on to the
command, under the same number. Standard library only, and Linux's prctl where it is.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

CLEANING = 5.0
"""Seconds to wait for killed processes to be gone; only one stuck in the kernel takes longer."""


def prctl(option: int, value: int) -> None:
    """Linux's prctl; nothing elsewhere, where the lifeline has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def guard(lifeline: int, command: list[str], passed: Sequence[int] = ()) -> int:
    """Run the command to its end, or to the supervisor's; the exit code as a shell would give it."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # what the command leaves behind becomes ours, and can be found
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    try:
        main = start(command, passed)
    except OSError as error:
        print(f"{command[0]} cannot be started: {error.strerror}", file=sys.stderr)  # noqa: T201 - its only channel
        return 127
    for descriptor in passed:
        os.close(descriptor)  # the guard has no use for it, and would keep it open
    try:
        os.write(lifeline, f"{main.pid}\n".encode())
    except OSError:
        pass  # the supervisor has gone already; the loop will see it, too
    try:
        while main.poll() is None:
            ready, _, _ = select.select([wake, lifeline], [], [], 1.0)
            if wake in ready:
                os.read(wake, 4096)
            if lifeline in ready and abandoned(lifeline):
                break
            if stopping:
                stopping.clear()
                main.terminate()  # the main process alone: it stops its own children in its own order
    finally:
        clean_up(main)
    code = main.returncode
    return 128 - code if code is not None and code < 0 else code or 0


def abandoned(lifeline: int) -> bool:
    """Whether the other end is closed; the supervisor never says anything."""
    try:
        return not os.read(lifeline, 64)
    except OSError:
        return True  # reset, when it had not read the pid yet


def start(command: list[str], passed: Sequence[int] = ()) -> subprocess.Popen[bytes]:
    """The command in a process group of its own; should the guard be killed, it is killed, too (Linux)."""
    own = os.getpid()

    def bind() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != own:
            os._exit(1)

    return subprocess.Popen(  # noqa: S603 - the supervisor's command, not a user's
        command,
        stdin=subprocess.DEVNULL,
        process_group=0,
        pass_fds=passed,
        preexec_fn=bind,  # noqa: PLW1509 - the guard has one thread
    )


def kill_group(group: int) -> None:
    """SIGKILL to the whole process group, if there is one."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # gone already; macOS says PermissionError where only zombies are left


def clean_up(main: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the command's group, and every stray descendant that has become the guard's child."""
    deadline = time.monotonic() + CLEANING
    kill_group(main.pid)
    while time.monotonic() < deadline:
        for pid in strays():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # ended by itself
        if not reaped_any(main):
            return
        time.sleep(0.01)


def reaped_any(main: subprocess.Popen[bytes]) -> bool:
    """Take note of one that has ended; whether there may be more."""
    if main.poll() is None:
        return True
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def strays() -> list[int]:
    """The guard's children, on Linux."""
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:
        return []


if __name__ == "__main__":
    first, *further = map(int, sys.argv[1].split(","))
    sys.exit(guard(first, sys.argv[2:], further))
