"""Starting where a hub runs already, and what others on the machine may see of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.acceptance.running import ROOT, RunningHub, free_port
from tests.acceptance.test_first_minutes import printed_token

Start = Callable[..., RunningHub]

URLS = """
from syncconfig.models import Configuration
print(json.dumps(sorted(Configuration.objects.filter(request_type='out').values_list('url', flat=True))))
"""


def start_again(hub: RunningHub, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start another one on the same data."""
    return subprocess.run(
        [sys.executable, "manage.py", "hub", *arguments], cwd=ROOT, env={**hub.environment, **environment},
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_second_hub_on_the_same_folder_says_who_runs_there_and_changes_nothing(start_hub: Start) -> None:
    hub = start_hub()
    assert hub.process is not None
    before = hub.shell(URLS)
    for again in (start_again(hub, HUB_PORT=str(free_port())), start_again(hub, "--port", str(free_port()))):
        assert again.returncode == 1
        assert f"Sync Hub runs already on the data folder {hub.data} (pid {hub.process.pid}, {hub.url})" in again.stderr
        assert again.stderr.count("\n") == 1
        assert again.stdout == ""
    assert hub.shell(URLS) == before
    hub.kill_everything()
    hub.start()  # what was killed holds nothing


def test_another_port_by_argument_moves_the_demo_too(start_hub: Start) -> None:
    hub = start_hub()
    hub.stop()
    port = free_port()
    hub.port = port
    hub.arguments = ("--port", str(port))
    hub.start()
    assert hub.environment["HUB_PORT"] != str(port)
    assert hub.shell(URLS)[0] == f"http://127.0.0.1:{port}/demo/receiver/customers"
    assert hub.call("GET", "/api/sync/v1/", token=printed_token(hub))["success"] is True


def test_nobody_else_on_the_machine_may_read_what_the_hub_keeps(start_hub: Start) -> None:
    hub = start_hub()
    hub.call("POST", "/api/sync/v1/res.partner", {"data": {"name": "x"}}, token=printed_token(hub))
    kept = [file for file in Path(hub.data).iterdir() if file.name != "output.log"]  # that one is the test's own
    assert {"odoo.sqlite3", "secret_key", "demo.json"} <= {file.name for file in kept}
    assert [file.name for file in kept if file.stat().st_mode & 0o077] == []
