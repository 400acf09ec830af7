"""What is put in order before the processes start."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from hub import preparing


def test_a_free_port_is_free_and_stays_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    preparing.check_port("127.0.0.1", port)
    preparing.check_port("127.0.0.1", port)


def test_a_taken_port_is_said_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CommandError) as failure:
            preparing.check_port("127.0.0.1", port)
    assert str(failure.value) == (
        f"Port {port} is taken by another program. Stop it, or choose another: HUB_PORT={port + 1} make run"
    )


def test_who_listens_takes_the_port_for_itself() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with preparing.listen("127.0.0.1", port):
        with pytest.raises(CommandError, match=f"Port {port} is taken"):
            preparing.listen("127.0.0.1", port)
        socket.create_connection(("127.0.0.1", port), timeout=60).close()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine_is_said(host: str) -> None:
    with pytest.raises(CommandError, match="is not an address of this machine. Set HUB_HOST"):
        preparing.check_port(host, 8000)


@pytest.mark.django_db
def test_a_second_hub_waits_for_the_first(tmp_path: Path) -> None:
    said: list[str] = []
    waits, done = threading.Event(), threading.Event()

    def say(text: str) -> None:
        said.append(text)
        waits.set()

    def second() -> None:
        try:
            with preparing.alone(tmp_path, say):
                done.set()
        finally:
            connection.close()

    with preparing.alone(tmp_path, said.append):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(60)
        assert not done.is_set()
    thread.join(60)
    assert done.is_set()
    assert said == ["Another hub is starting on the same data; waiting for it."]


@pytest.mark.django_db
def test_a_data_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(CommandError, match="cannot be written to: .* Set HUB_DATA_DIR"),
        preparing.alone(tmp_path / "file" / "data", print),
    ):
        pass


@pytest.mark.django_db
def test_a_database_in_step_is_left_alone() -> None:
    said: list[str] = []
    preparing.bring_in_step(said.append)
    assert said == []


@pytest.mark.django_db
def test_a_database_of_a_newer_version_is_told_and_left_alone() -> None:
    MigrationRecorder(connection).record_applied("syncconfig", "9999_from_the_future")
    with pytest.raises(CommandError, match=r"by a newer version of Sync Hub \(syncconfig.9999_from_the_future\)"):
        preparing.bring_in_step(print)
