"""The warm pool: many threads, dead workers, other scripts, forks, and nothing left behind at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.transform.script import Limits, ScriptLimit, ScriptUnavailable, run
from hub.transform.script.compiled import compiled
from hub.transform.script.pool import Pool

ROOT = Path(__file__).resolve().parent.parent.parent
LIMITS = Limits()


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(size=2, patience=60)
    yield made
    made.close()


def double(pool: Pool, number: int) -> int:
    found: int = run("result = value * 2", {"value": number}, pool=pool).result
    return found


def worker(pool: Pool, source: str = "result = value * 2") -> int:
    """The process that holds the script now."""
    with pool.session(compiled(source, frozenset({"env", "self", "value"})), LIMITS) as session:
        pid = session.worker
    assert pid is not None
    return pid


def test_a_few_workers_serve_many_threads(pool: Pool) -> None:
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(lambda n: double(pool, n), range(400))) == [2 * n for n in range(400)]


def test_many_scripts_share_the_workers(pool: Pool) -> None:
    def one(number: int) -> int:
        found: int = run(f"result = value + {number % 7}", {"value": number}, pool=pool).result
        return found

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(one, range(200))) == [n + n % 7 for n in range(200)]


def test_a_script_stays_in_its_worker(pool: Pool) -> None:
    double(pool, 1)
    assert worker(pool) == worker(pool)


def test_a_worker_that_was_killed_is_replaced_unseen(pool: Pool) -> None:
    double(pool, 1)
    for _ in range(3):
        killed = worker(pool)
        os.kill(killed, signal.SIGKILL)
        assert double(pool, 21) == 42
        assert worker(pool) != killed


def test_all_workers_killed_at_once_are_replaced(pool: Pool) -> None:
    sources = ["result = value * 2", "result = value * 3"]
    for pid in [worker(pool, source) for source in sources]:
        os.kill(pid, signal.SIGKILL)
    assert [run(source, {"value": 2}, pool=pool).result for source in sources] == [4, 6]


def test_endless_scripts_do_not_starve_the_others(pool: Pool) -> None:
    short = Limits(seconds=0.2)

    def endless(_: int) -> str:
        with pytest.raises(ScriptLimit) as caught:
            run("while True: pass", {}, limits=short, pool=pool)
        return str(caught.value.details["limit"])

    with ThreadPoolExecutor(6) as threads:
        stuck = threads.map(endless, range(6))
        assert list(threads.map(lambda n: double(pool, n), range(50))) == [2 * n for n in range(50)]
        assert list(stuck) == ["time"] * 6


def test_who_waits_too_long_for_a_worker_is_told_to_come_again() -> None:
    pool = Pool(size=1, patience=0.1)
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with pool.session(compiled("result = 1", frozenset()), LIMITS):
            inside.set()
            leave.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert inside.wait(60)
        with pytest.raises(ScriptUnavailable) as caught:
            double(pool, 1)
        assert caught.value.retryable
    finally:
        leave.set()
        holder.join()
        pool.close()


def test_a_closed_pool_starts_anew(pool: Pool) -> None:
    double(pool, 1)
    pool.close()
    assert double(pool, 2) == 4


def python(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_importing_starts_nothing() -> None:
    found = python(
        "import hub.transform.script, os, pathlib\n"
        "print(pathlib.Path(f'/proc/self/task/{os.getpid()}/children').read_text().strip() == '')"
    )
    assert found.stdout == "True\n", found.stderr


def test_a_process_forked_before_the_first_script_runs_its_own() -> None:
    found = python(
        "import os\nfrom hub.transform.script import run\n"
        "pid = os.fork()\n"
        "os.write(1, f\"{run('result = 2', {}).result}\\n\".encode())\n"  # a line at once: both write to the same pipe
        "if pid == 0: os._exit(0)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))"
    )
    assert found.stdout == "2\n2\n0\n", found.stderr


def test_a_process_forked_after_the_first_script_is_refused_instead_of_hanging() -> None:
    found = python(
        "import os\nfrom hub.transform.script import ScriptUnavailable, run\n"
        "run('result = 1', {})\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    try: run('result = 2', {})\n"
        "    except ScriptUnavailable as error: print('after the fork' in error.message, flush=True)\n"
        "    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
        "print(run('result = 3', {}).result)"
    )
    assert found.stdout == "True\n7\n3\n", found.stderr


def test_a_process_that_is_killed_leaves_no_worker() -> None:
    code = (
        "import os, signal\nfrom hub.transform.script.pool import Pool\n"
        "from hub.transform.script.compiled import compiled\nfrom hub.transform.script import Limits\n"
        "with Pool().session(compiled('result = 1', frozenset()), Limits()) as session:\n"
        "    print(session.worker, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    found = python(code)
    assert found.returncode == -signal.SIGKILL
    pid = int(found.stdout)
    for _ in range(2000):
        if not Path(f"/proc/{pid}").exists() or "Z (" in Path(f"/proc/{pid}/status").read_text():
            return
        threading.Event().wait(0.01)
    pytest.fail("the worker outlived its process")
