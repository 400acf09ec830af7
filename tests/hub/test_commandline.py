"""Whatever is wrong with the settings, each command says it in one line and ends; nobody sees a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.env import BASE_DIR

COMMANDS = (["hub"], ["migrate"], ["createtoken", "Shop"], ["loaddemo"], ["preview", "customers-out"], ["check"])


def manage(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with these settings and no others."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    settings = {"DJANGO_SETTINGS_MODULE": "hub.settings", "HUB_DATA_DIR": str(data), **environment}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=BASE_DIR, env={**plain, **settings},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def told(ran: subprocess.CompletedProcess[str]) -> str:
    """The one line that it ended with."""
    assert ran.returncode in (1, 2), ran
    lines = ran.stderr.strip().splitlines()
    assert len(lines) == 1, ran.stderr
    return lines[0]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_setting_that_cannot_be_used_stops_every_command(tmp_path: Path, command: list[str]) -> None:
    line = told(manage(tmp_path, *command, HUB_ODOO_URL="odoo.example.com"))
    assert line == (
        "HUB_ODOO_URL cannot be 'odoo.example.com': it must start with https:// or http://, "
        "such as https://mycompany.odoo.com."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_data_folder_that_cannot_be_made_stops_every_command(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "file").touch()
    assert told(manage(tmp_path / "file" / "data", *command)).startswith("HUB_DATA_DIR cannot be ")


@pytest.mark.parametrize("command", COMMANDS[:-1], ids=lambda command: command[0])
def test_a_database_that_is_away_stops_every_command_that_needs_it(tmp_path: Path, command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    line = told(
        manage(tmp_path, *command, HUB_DATABASE_URL=f"postgres://hub:canary@127.0.0.1:{port}/hub", HUB_PORT="1")
    )
    assert "The database of HUB_DATABASE_URL does not let the hub in: connection failed" in line
    assert "canary" not in line


@pytest.fixture
def refusing_postgres() -> Iterator[int]:
    """A PostgreSQL that refuses every password; its port. (Server messages: the protocol's chapter 53.7.)"""
    text = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "hub"\0\0'
    answer = b"E" + (len(text) + 4).to_bytes(4, "big") + text

    def serve() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            with caller:
                while data := caller.recv(4096):
                    if data[4:8] in (b"\x04\xd2\x16\x2f", b"\x04\xd2\x16\x30"):  # asks for TLS or GSSAPI
                        caller.sendall(b"N")
                        continue
                    caller.sendall(answer)
                    break

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def test_a_wrong_password_of_the_database_is_told_without_it(tmp_path: Path, refusing_postgres: int) -> None:
    url = f"postgres://hub:canary@127.0.0.1:{refusing_postgres}/hub"
    line = told(manage(tmp_path, "migrate", HUB_DATABASE_URL=url))
    assert "password authentication failed" in line
    assert line.endswith("Check its host, port, name, user and password.")
    assert "canary" not in line


@pytest.mark.parametrize("command", COMMANDS[2:-1], ids=lambda command: command[0])
def test_before_the_first_start_a_command_says_what_to_do(tmp_path: Path, command: list[str]) -> None:
    assert told(manage(tmp_path, *command)) == (
        "The hub's database is not prepared for this version yet: start the hub, or run manage.py migrate."
    )


def test_a_file_that_is_no_database_is_told_and_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear reader, this is not a database, however long you look at it." * 20)
    file.chmod(0o644)
    line = told(manage(tmp_path / "data", "migrate", HUB_DATABASE_URL=f"sqlite:///{file}"))
    assert line.startswith(f"The hub's database {file} cannot be opened: file is not a database.")
    assert file.stat().st_mode & 0o777 == 0o644


def test_a_redis_that_is_away_stops_the_start_and_nothing_else(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"redis://:canary@127.0.0.1:{port}/0"
    line = told(manage(tmp_path, "hub", "--worker", HUB_BROKER_URL=url))
    assert "The Redis of HUB_BROKER_URL does not let the hub in" in line
    assert "canary" not in line
    assert manage(tmp_path, "migrate", "-v0", HUB_BROKER_URL=url).returncode == 0


@pytest.mark.parametrize("arguments", [["--port", "70000"], ["--port", "abc"], ["--host", "http://127.0.0.1"]])
def test_a_wrong_argument_is_told(tmp_path: Path, arguments: list[str]) -> None:
    ran = manage(tmp_path, "hub", *arguments)
    assert ran.returncode == 2
    assert f"argument {arguments[0]}: write " in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("environment", "what"),
    [
        ({"HUB_ODOO_LOGIN": "me"}, "HUB_ODOO_LOGIN has no effect: without HUB_ODOO_URL the embedded Odoo is used."),
        ({"HUB_ODDO_URL": "https://x"}, "HUB_ODDO_URL is not a setting of the hub and has no effect."),
    ],
)
def test_what_has_no_effect_is_warned_of(tmp_path: Path, environment: dict[str, str], what: str) -> None:
    ran = manage(tmp_path, "check", **environment)
    assert ran.returncode == 0
    assert what in ran.stderr


def test_a_data_folder_that_stays_open_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "index.html").touch()
    tmp_path.chmod(0o755)
    assert f"{tmp_path} is open to other users of this machine." in manage(tmp_path, "check").stderr
