"""Forgetting what is over: logs, deliveries that arrived, runs, and changes that everybody has heard."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apilog.retention import in_batches, purge_logs
from hub.odoo.embedded.outbox import discard_changes
from syncconfig import listening
from syncconfig.models import ChangeCursor, Delivery, Run

OVER = (Delivery.State.DONE, Delivery.State.SKIPPED)
"""What was given up stays until a person has looked."""


def clean_up() -> dict[str, int]:
    """Delete what is older than HUB_KEEP_DAYS; answers how many of each."""
    before = timezone.now() - timedelta(days=settings.HUB_KEEP_DAYS)
    return {
        "log rows": purge_logs(before),
        "deliveries": in_batches(lambda: Delivery.objects.filter(state__in=OVER, finished_at__lt=before)),
        "runs": in_batches(lambda: Run.objects.exclude(state__in=Run.UNFINISHED).filter(finished_at__lt=before)),
        "changes": _heard_changes(),
    }


def _heard_changes() -> int:
    """Events of the embedded Odoo that every cursor has passed."""
    heard = [
        cursor.position["sequence"]
        for cursor in ChangeCursor.objects.filter(source=listening.OUTBOX)
        if cursor.position.get("place") == str(settings.HUB_EMBEDDED_ODOO)
    ]
    return discard_changes(settings.HUB_EMBEDDED_ODOO, min(heard)) if heard else 0
