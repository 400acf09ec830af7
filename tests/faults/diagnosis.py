"""What hubs were doing when a test failed: told with the failure, so that nobody has to guess."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.acceptance.running import RunningHub

TAIL = 6_000
"""Characters of what a hub printed last."""

ROWS = """
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import OrmQ, Schedule
from apilog.models import ApiLog
from syncconfig.models import ChangeCursor, Delivery, Endpoint, Run, Wake

def rows(query, *names):
    return [dict(zip(names, map(str, one))) for one in query.values_list(*names)[:40]]

print(json.dumps({
    "now": str(timezone.now()),
    "queue": get_broker().queue_size(),
    "queue in the database": rows(OrmQ.objects.all(), "id", "lock"),
    "wake": rows(Wake.objects.all(), "name", "requested_at"),
    "runs": rows(
        Run.objects.order_by("-id"), "state", "due_at", "claim_id", "claimed_until", "cursor", "records", "error"),
    "endpoints": rows(
        Endpoint.objects.all(), "configuration__code", "failures", "waits_until", "why", "paused_at", "paused_why"),
    "unfinished": rows(
        Delivery.objects.filter(finished_at=None).order_by("id"),
        "id", "record_id", "configuration__code", "configuration__active", "state", "attempts", "due_at", "claim_id",
        "claimed_until", "held_at", "last_error"),
    "cursors": rows(ChangeCursor.objects.all(), "model", "source", "position", "listened_at", "error"),
    "schedules": rows(Schedule.objects.all(), "name", "next_run", "repeats"),
    "tried more than once": rows(Delivery.objects.filter(attempts__gt=1), "id", "record_id", "state", "attempts"),
    "calls without success": rows(
        ApiLog.objects.exclude(state="ok").order_by("-id"),
        "id", "started_at", "state", "delivery_id", "attempt", "response_status", "error_message", "duration_ms"),
}))
"""

watched: list[RunningHub] = []
"""The hubs of the test that runs."""


def told() -> str:
    """The state of the tables, and of each hub its living processes and its last words."""
    return "\n\n".join([_tables(), *map(_hub, watched)])


def _tables() -> str:
    """Of the first hub that runs: several share one database."""
    running = [one for one in watched if one.process is not None and one.process.poll() is None]
    for hub in (running or watched)[:1]:
        try:
            found = hub.shell(ROWS)
        except (AssertionError, OSError, ValueError) as error:
            return f"The tables cannot be read: {error}"
        return "\n".join(f"{name}: {_lines(rows)}" for name, rows in found.items())
    return ""


def _lines(rows: Any) -> str:
    if not isinstance(rows, list):
        return str(rows)
    return "".join(f"\n    {' '.join(f'{name}={value}' for name, value in row.items())}" for row in rows) or "nothing"


def _hub(hub: RunningHub) -> str:
    processes = "\n".join(f"    {_process(one)}" for one in sorted(hub.pids()))
    return f"{hub.data.name} runs\n{processes}\nand printed last\n{hub.output[-TAIL:]}"


def _process(pid: int) -> str:
    """What it is, whether it runs or sleeps, and in what."""
    entry = Path("/proc") / str(pid)
    try:
        after = (entry / "stat").read_text().rpartition(")")[2].split()
        command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        threads = len(list((entry / "task").iterdir()))
        waits = (entry / "wchan").read_text()
    except OSError:
        return f"{pid}: gone"
    return f"{pid}: state {after[0]}, child of {after[1]}, {threads} threads, in {waits or '-'}: {command[-100:]}"
