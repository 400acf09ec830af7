"""The cluster's schedules: one for each configuration that has one, and the standing ones."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django_q.models import Schedule

from hub.cron import next_due

STANDING = {
    "hub: look after everything": ("syncconfig.tasks.look_after", "* * * * *"),
    "hub: forget what is over": ("syncconfig.tasks.clean_up", "17 3 * * *"),
    "hub: check mapped fields": ("syncconfig.tasks.check_fields", "47 3 * * *"),
}
"""Name: (task, cron). The supervisor looks each second; this is the net below it."""


def name_of(configuration_id: int) -> str:
    """The name of a configuration's schedule."""
    return f"configuration {configuration_id}"


def next_time(cron: str, after: datetime | None = None) -> datetime:
    """When ``cron`` is next due, in the hub's time zone; raises InvalidInput for one that never is."""
    return next_due(cron, timezone.localtime(after))


def keep_in_step(configuration_id: int, cron: str) -> None:
    """Make, change or remove the schedule of a configuration; an empty ``cron`` removes it."""
    name = name_of(configuration_id)
    if not cron:
        Schedule.objects.filter(name=name).delete()
        return
    found = Schedule.objects.filter(name=name).first()
    if found is None:
        _make(name, "syncconfig.tasks.run_scheduled", cron, args=f"{configuration_id},")
    elif found.cron != cron:
        Schedule.objects.filter(pk=found.pk).update(cron=cron, next_run=next_time(cron))


def ensure_standing() -> None:
    """Make the standing schedules that are missing."""
    for name, (task, cron) in STANDING.items():
        if not Schedule.objects.filter(name=name).exists():
            _make(name, task, cron)


def _make(name: str, task: str, cron: str, args: str = "") -> None:
    Schedule.objects.create(
        name=name,
        func=task,
        args=args or None,
        schedule_type=Schedule.CRON,
        cron=cron,
        next_run=next_time(cron),
        repeats=-1,
    )
