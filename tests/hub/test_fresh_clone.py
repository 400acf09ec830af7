"""A newcomer's two commands in a fresh clone, installed from the package index (`make test-network`)."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.network


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last commit, in a folder with another name, with spaces in it."""
    folder = tmp_path_factory.mktemp("home") / "my hub"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    return folder


def start(clone: Path, port: int) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUB_", "DJANGO_"))}
    return subprocess.Popen(
        ["make", "run"], cwd=clone, env={**kept, "HUB_PORT": str(port)}, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def until_ready(process: subprocess.Popen[str], port: int) -> tuple[str, float]:
    """What it printed up to its greeting, and the seconds until the web server answered."""
    begun, printed = time.monotonic(), ""
    assert process.stdout
    while "Stop it with Ctrl-C" not in printed:
        line = process.stdout.readline()
        assert line, f"it ended: {printed}"
        printed += line
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).read()
            return printed, time.monotonic() - begun
        except OSError:
            assert process.poll() is None, printed


def stop(process: subprocess.Popen[str]) -> None:
    """Ctrl-C reaches the whole foreground group; afterwards nobody holds the output any more."""
    os.killpg(process.pid, signal.SIGINT)
    process.communicate()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="module", autouse=True)
def installed(clone: Path) -> None:
    subprocess.run([clone / "scripts" / "bootstrap"], check=True, stdin=subprocess.DEVNULL)


def test_make_run_greets_with_all_that_a_newcomer_needs(clone: Path, port: int) -> None:
    process = start(clone, port)
    printed, _ = until_ready(process, port)
    stop(process)
    assert f"http://127.0.0.1:{port}/admin/" in printed
    assert re.search(r"admin / \S{8,}", printed)
    assert re.search(r"Token +\S{20,}", printed)


def test_a_second_start_is_quick_and_says_the_same(clone: Path, port: int) -> None:
    shutil.rmtree(clone / "var")
    seconds, printed = [], []
    for _ in range(3):
        process = start(clone, port)
        text, took = until_ready(process, port)
        stop(process)
        seconds.append(took)
        printed.append(text)
    assert printed[1] == printed[2]
    assert printed[0].partition("Sync Hub")[2] == printed[2].partition("Sync Hub")[2]
    assert seconds[2] < seconds[0]  # with nothing to be set up


def test_a_taken_port_is_one_sentence(clone: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        process = start(clone, port)
        out, _ = process.communicate()
    assert f"Port {port} is taken by another program. Stop it, or choose another: HUB_PORT={port + 1} make run" in out
    assert "Traceback" not in out
