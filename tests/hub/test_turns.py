"""Who writes to a SQLite file: one after the other, over threads, processes, forks and deaths."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from django.db.models import CharField, TextField

from hub.fields import EncryptedTextField
from hub.rows import Column
from hub.turns import Turn

LONG = 60.0
processes = multiprocessing.get_context("spawn")


def hold(file: Path, channel: Connection) -> None:
    """Take the turn, say so, and give it back when told."""
    with Turn(file, LONG).taken():
        channel.send("mine")
        channel.recv()


def holder(file: Path) -> tuple[Any, Connection]:
    here, there = processes.Pipe()
    process = processes.Process(target=hold, args=(file, there))
    process.start()
    assert here.recv() == "mine"
    return process, here


def test_one_thread_after_the_other(tmp_path: Path) -> None:
    turn, inside, most = Turn(tmp_path / "a.sqlite3", LONG), 0, 0

    def write() -> None:
        nonlocal inside, most
        for _ in range(50):
            with turn.taken():
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=write) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert most == 1


def test_another_process_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite3"
    process, channel = holder(file)
    order: list[str] = []

    def write() -> None:
        with Turn(file, LONG).taken():
            order.append("written")

    thread = threading.Thread(target=write)
    thread.start()
    order.append("other still there")
    channel.send("done")
    thread.join()
    process.join()
    assert order == ["other still there", "written"]


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_who_waited_in_vain_goes_on_to_sqlites_own_lock(tmp_path: Path, seconds: float) -> None:
    file = tmp_path / "a.sqlite3"
    process, channel = holder(file)
    with Turn(file, seconds).taken():
        assert process.is_alive()  # it has the turn still
    channel.send("done")
    process.join()


def test_a_dead_process_has_no_turn(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite3"
    process, _ = holder(file)
    process.kill()
    process.join()
    with Turn(file, LONG).taken():
        pass


FORK = """
import os, sys
from pathlib import Path
from hub.turns import Turn

turn = Turn(Path(sys.argv[1]), 60.0)
with turn.taken():
    child = os.fork()
    if not child:
        turn.seconds = 0.05  # its parent has the turn, so it goes on without
        with turn.taken():
            os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_fork_does_not_inherit_the_turn_of_a_thread_that_it_has_not(tmp_path: Path) -> None:
    script = [sys.executable, "-c", FORK, str(tmp_path / "a.sqlite3")]
    assert subprocess.run(script, capture_output=True, text=True, check=True).stdout.strip() == "7"


def test_a_database_in_memory_needs_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Turn(None, LONG).taken():
        assert not list(tmp_path.iterdir())


def test_only_djangos_own_fields_may_pass_values_as_they_are() -> None:
    kept, own = CharField(), EncryptedTextField()
    for field in (kept, own):
        field.set_attributes_from_name("value")
    assert Column.of(kept).plain is str
    assert isinstance(own, TextField)
    assert Column.of(own).plain is None  # else it would be written in clear
