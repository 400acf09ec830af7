"""django-q2's schedules, made safe for its scheduler, which one that cannot be read stops for all."""

from __future__ import annotations

import ast
import logging
from datetime import timedelta

from django.utils import timezone
from django_q.models import Schedule

from hub.outages import AWAY

logger = logging.getLogger(__name__)

PUT_OFF = timedelta(hours=1)


def prepare() -> None:
    """Put off the schedules that are due and cannot be read, each with a line in the log."""
    now = timezone.now()
    for one in Schedule.objects.exclude(repeats=0).filter(next_run__lt=now):
        try:
            _check(one)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not stop the other schedules
            Schedule.objects.filter(pk=one.pk).update(next_run=now + PUT_OFF)
            logger.error(
                "The schedule “%s” cannot be carried out and is put off by an hour; correct or delete it: %s: %s",
                one.name or one.pk, type(error).__name__, str(error)[:200],
            )  # fmt: skip


def _check(one: Schedule) -> None:
    """Do what the scheduler will do; raises what it would raise."""
    if one.args:
        ast.literal_eval(one.args)
    if one.kwargs:
        try:
            found = ast.literal_eval(one.kwargs)
        except (SyntaxError, ValueError):
            found = {}
        if not isinstance(found, dict):
            raise ValueError(f"its keyword arguments are {found!r}")
    if one.schedule_type != Schedule.ONCE:
        one.calculate_next_run(one.next_run)
