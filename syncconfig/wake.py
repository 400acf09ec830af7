"""Wake-up calls to the cluster: one task for many causes. Work stands in tables; a lost call loses nothing."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from syncconfig.models import Wake

TASKS = {
    "deliver": "syncconfig.tasks.deliver",
    "listen": "syncconfig.tasks.listen",
    "run": "syncconfig.tasks.run_pending",
    "jobs": "syncconfig.tasks.work_on_jobs",
}
LONG = {"jobs": 840}
"""Seconds that a task may take which may take longer than others; less than apilog.record.LONGEST."""

STALE = timedelta(seconds=20)
"""A call that nobody answered for so long is repeated: its task was lost, or waits behind a long one."""

MOMENT = timedelta(seconds=1)
"""A call younger than this is about to be answered by a free worker, if there is one."""


def after_commit(name: str) -> None:
    """Wake the worker ``name`` once the caller's transaction is committed."""
    transaction.on_commit(partial(call, name))


def call(name: str) -> bool:
    """Queue the task, unless a call is on its way already."""
    now = timezone.now()
    with transaction.atomic():
        waiting = Wake.objects.filter(name=name)
        free = Q(requested_at__isnull=True) | Q(requested_at__lt=now - STALE)
        if not waiting.filter(free).update(requested_at=now):
            if waiting.exists():
                return False
            Wake.objects.get_or_create(name=name, defaults={"requested_at": now})
    # Redis knows nothing of transactions: a worker that had the task before the row is committed could not tick the
    # row off, and nobody else would be called for as long as a lost call is waited for.
    options = {"timeout": LONG[name]} if name in LONG else {}
    async_task(TASKS[name], task_name=f"{name} {now:%H:%M:%S.%f}", **options)
    return True


def heard(name: str) -> None:
    """The task has begun: the next cause calls again. To be said before looking for work."""
    Wake.objects.filter(name=name).update(requested_at=None)


def is_called(besides: str) -> bool:
    """Whether another task than this one waits for a worker, and not just since this moment."""
    since = timezone.now() - MOMENT
    return Wake.objects.exclude(name=besides).filter(requested_at__lt=since).exists()
