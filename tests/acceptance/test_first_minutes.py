"""The README's first five minutes, by a newcomer's hand: start, post, see it pushed, find both calls, stop."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.running import ROOT, RunningHub, until

Start = Callable[..., RunningHub]

RECEIVED = """
from webhooks.models import ReceivedMessage
print(json.dumps([json.loads(one.body) for one in ReceivedMessage.objects.filter(path='customers')]))
"""
LOGGED = """
from apilog.models import ApiLog
print(json.dumps([[one.direction, one.state, one.configuration_code, one.request_body, one.response_body] for one in ApiLog.objects.order_by('id')]))
"""  # noqa: E501 - one expression


def printed_token(hub: RunningHub) -> str:
    """The demo token, from what the hub printed."""
    found = re.search(r"hub_[\w-]{30,}", hub.output)
    assert found is not None, hub.output
    return found[0]


def curl_lines() -> list[str]:
    """The curl commands of the README."""
    return re.findall(r"^(curl .*?(?:\\\n.*?)*)(?:\n```|\n\n)", (ROOT / "README.md").read_text(), re.MULTILINE)


def run_curl(hub: RunningHub, command: str) -> Any:
    """What a command of the README answers on this hub."""
    import json

    here = command.replace("http://127.0.0.1:8000", hub.url).replace("curl ", "curl -sS ", 1)
    environment = {"TOKEN": printed_token(hub), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    return json.loads(subprocess.run(["bash", "-c", here], env=environment, capture_output=True, check=True).stdout)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_readmes_first_five_minutes(start_hub: Start) -> None:
    hub = start_hub()
    assert re.search(r"admin", hub.output)
    create, search = curl_lines()

    created = run_curl(hub, create)
    assert created["success"] is True
    record_id = created["id"]

    received = until(lambda: hub.shell(RECEIVED), "the push of the new customer")
    assert len(received) == 1
    assert (received[0]["external_id"], received[0]["full_name"]) == (record_id, "Test Customer")
    assert received[0]["email_address"] == "test@example.com"

    logged = until(
        lambda: rows if len(rows := hub.shell(LOGGED)) == 2 and rows[1][1] != "open" else [], "both calls in the log"
    )
    assert [row[:3] for row in logged] == [["in", "ok", "customers-in"], ["out", "ok", "customers-out"]]
    assert "Test Customer" in logged[0][3]
    assert str(record_id) in logged[0][4]
    assert "full_name" in logged[1][3]

    found = run_curl(hub, search)
    assert found["count"] > 0
    assert set(found["records"][0]) == {"id", "name", "default_code", "list_price"}


def test_ctrl_c_ends_all_of_it_and_a_second_start_shows_the_same_login(start_hub: Start) -> None:
    hub = start_hub()
    token = printed_token(hub)
    assert hub.stop() == 0
    assert hub.pids() == []
    before = len(hub.output)
    hub.start()
    again = hub.output[before:]
    assert token in again
    assert hub.call("GET", "/api/sync/v1/", token=token)["success"] is True


def test_a_taken_port_is_told_in_one_sentence(start_hub: Start) -> None:
    hub = start_hub()
    second = RunningHub(hub.data.with_name("second"), HUB_PORT=str(hub.port))
    second.data.mkdir()
    done = subprocess.run(
        [sys.executable, "manage.py", "hub"], cwd=ROOT, env=second.environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert str(hub.port) in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


RUN = """
from syncconfig import runs
from syncconfig.models import Configuration
one = Configuration.objects.get(code='products-out')
one.domain = "[('create_date', '>=', (datetime.now() - timedelta(days=7)).strftime('%Y-%m-%d'))]"
one.full_clean()
one.save()
print(runs.start(one).pk)
"""


def test_a_run_pushes_the_products_of_the_last_days_in_batches(start_hub: Start) -> None:
    hub = start_hub()
    assert hub.shell(RUN) > 0
    sizes = until(
        lambda: hub.shell(
            "from webhooks.models import ReceivedMessage\n"
            "from syncconfig.models import Delivery\n"
            "left = Delivery.objects.exclude(state='done').exists() or not Delivery.objects.exists()\n"
            "print(json.dumps([] if left else [len(json.loads(m.body)) for m in ReceivedMessage.objects.all()]))"
        ),
        "all batches",
    )
    assert max(sizes) == 20
    assert min(sizes) > 0


DUE_NOW = """
from django.utils import timezone
from django_q.models import Schedule
from syncconfig.models import Configuration
from syncconfig.schedules import name_of
one = Configuration.objects.get(code='products-out')
print(Schedule.objects.filter(name=name_of(one.pk)).update(next_run=timezone.now()))
"""
SCHEDULED = """
from syncconfig.models import Delivery
states = list(Delivery.objects.filter(event='schedule').values_list('state', flat=True))
print(json.dumps(states if states and set(states) == {'done'} else []))
"""


def test_a_schedule_that_is_due_is_carried_out_by_the_cluster(start_hub: Start) -> None:
    hub = start_hub()
    assert hub.shell(DUE_NOW) == 1
    assert len(until(lambda: hub.shell(SCHEDULED), "the scheduled deliveries")) > 1


def test_two_web_processes_share_the_port_and_one_that_is_killed_is_replaced(start_hub: Start) -> None:
    hub = start_hub(HUB_WEB_PROCESSES="2")
    token = printed_token(hub)
    first = until(lambda: pids if len(pids := web_processes(hub)) == 2 else [], "two web processes")
    for pid in first:
        os.kill(pid, signal.SIGKILL)
        assert hub.call("GET", "/api/sync/v1/", token=token)["success"] is True
    until(lambda: len({*web_processes(hub)} - {*first}) == 2, "two others")
    assert hub.stop() == 0
    assert hub.pids() == []


def web_processes(hub: RunningHub) -> list[int]:
    """The pids of the web server, without their guards."""
    found = []
    for pid in hub.pids():
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it has just ended
        if arguments[1:3] == [b"-m", b"hub.web"]:
            found.append(pid)
    return found
