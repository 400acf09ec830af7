"""A lock is held by one process, tells who that is, and ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from hub import locks, preparing
from hub.env import BASE_DIR


def holder(path: Path) -> subprocess.Popen[str]:
    """Another process that holds the lock, and has a child that outlives it."""
    script = (
        "import subprocess, sys; from pathlib import Path; from hub import locks\n"
        "held = locks.take(Path(sys.argv[1]), 'http://127.0.0.1:8000')\n"
        "child = subprocess.Popen(['cat'], stdin=subprocess.PIPE)\n"
        "print('held', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=BASE_DIR, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_taken_lock_tells_who_has_it_and_is_free_once_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "web.lock"
    other = holder(path)
    try:
        with pytest.raises(locks.Taken) as taken:
            locks.take(path)
        assert taken.value.holder == locks.Holder(other.pid, "http://127.0.0.1:8000")
        other.kill()
        other.wait()
        locks.take(path).close()  # though a child of its holder lives
    finally:
        os.killpg(other.pid, signal.SIGKILL)
        for pipe in (other.stdin, other.stdout):
            assert pipe is not None
            pipe.close()


def test_a_lock_that_is_let_go_can_be_taken_again(tmp_path: Path) -> None:
    locks.take(tmp_path / "web.lock").close()
    with locks.take(tmp_path / "web.lock", "http://127.0.0.1:8001"):
        assert str(os.getpid()) in (tmp_path / "web.lock").read_text()


def test_nobody_else_may_read_the_lock(tmp_path: Path) -> None:
    with locks.take(tmp_path / "web.lock"):
        assert (tmp_path / "web.lock").stat().st_mode & 0o077 == 0


ADDRESS = "http://127.0.0.1:8000"


@pytest.mark.django_db
def test_a_second_hub_on_the_same_folder_is_told_who_runs_there(tmp_path: Path) -> None:
    with (
        preparing.occupied(tmp_path, ADDRESS, web=True, worker=True),
        pytest.raises(CommandError) as refused,
        preparing.occupied(tmp_path, "http://127.0.0.1:8001", web=True, worker=True),
    ):
        pass
    assert str(refused.value) == (
        f"Sync Hub runs already on the data folder {tmp_path} (pid {os.getpid()}, {ADDRESS}). Stop that first, or "
        "give this one a folder of its own with HUB_DATA_DIR."
    )


@pytest.mark.django_db
def test_web_server_and_workers_of_one_folder_run_side_by_side(tmp_path: Path) -> None:
    with (
        preparing.occupied(tmp_path, ADDRESS, web=True, worker=False),
        preparing.occupied(tmp_path, ADDRESS, web=False, worker=True),
    ):
        pass


@pytest.mark.django_db
def test_several_workers_share_a_folder_on_postgresql_and_only_there(tmp_path: Path) -> None:
    from django.db import connection

    with preparing.occupied(tmp_path, ADDRESS, web=False, worker=True):
        if connection.vendor == "postgresql":
            with preparing.occupied(tmp_path, ADDRESS, web=False, worker=True):
                pass
            return
        with (
            pytest.raises(CommandError, match="The hub's workers run already"),
            preparing.occupied(tmp_path, ADDRESS, web=False, worker=True),
        ):
            pass


@pytest.mark.django_db
def test_two_folders_are_two_hubs(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    with (
        preparing.occupied(tmp_path, ADDRESS, web=True, worker=True),
        preparing.occupied(tmp_path / "second", ADDRESS, web=True, worker=True),
    ):
        pass
