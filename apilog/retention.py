"""Forgetting old log rows, in batches small enough that nobody waits for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db.models import QuerySet

from apilog.models import ApiLog

BATCH = 1000


def purge_logs(before: datetime) -> int:
    """Delete the log rows that were opened before that time; answers how many."""
    return in_batches(lambda: ApiLog.objects.filter(started_at__lt=before))


def in_batches(rows: Callable[[], QuerySet[ApiLog]] | Callable[[], QuerySet]) -> int:  # type: ignore[type-arg]
    """Delete what the query finds, a batch a transaction, so that writers come in between."""
    count = 0
    while ids := list(rows().order_by("pk").values_list("pk", flat=True)[:BATCH]):
        count += rows().model._default_manager.filter(pk__in=ids).delete()[0]
    return count
