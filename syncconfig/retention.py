"""Forgetting what is over: logs, deliveries that arrived, runs, and changes that everybody has heard."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from apilog.retention import in_batches, purge_logs
from hub.odoo.connect import identity_of
from hub.odoo.connection import Target
from hub.odoo.embedded.outbox import discard_changes
from syncconfig import echo, hints, lockout, sources
from syncconfig.api import idempotency, limits
from syncconfig.models import ApiJob, ApiToken, ChangeCursor, Delivery, EchoNote, IdempotencyKey, Incident, Run

OVER = (Delivery.State.DONE, Delivery.State.SKIPPED)
"""What was given up stays until a person has looked."""


def clean_up() -> dict[str, int]:
    """Delete what is older than HUB_KEEP_DAYS; answers how many of each."""
    before = timezone.now() - timedelta(days=settings.HUB_KEEP_DAYS)
    return {
        "log rows": purge_logs(before),
        "deliveries": in_batches(lambda: Delivery.objects.filter(state__in=OVER, finished_at__lt=before)),
        "runs": in_batches(lambda: Run.objects.exclude(state__in=Run.UNFINISHED).filter(finished_at__lt=before)),
        "incidents": in_batches(lambda: Incident.objects.filter(over_at__lt=before)),
        "jobs": in_batches(lambda: ApiJob.objects.filter(finished_at__lt=before)),
        "idempotency keys": in_batches(
            lambda: IdempotencyKey.objects.filter(created_at__lt=timezone.now() - idempotency.KEPT)
        ),
        "tokens": in_batches(lambda: _over(before)),
        "counts": limits.forget(),
        "lockouts": lockout.forget(),
        "changes": _heard_changes(),
        "deletions": in_batches(hints.over),
        "echo notes": in_batches(
            lambda: EchoNote.objects.filter(created_at__lt=timezone.now() - timedelta(seconds=echo.VALID))
        ),
    }


def _over(before: datetime) -> QuerySet[ApiToken]:
    """Tokens that opened no door for long; access tokens, which come by the hour, for a day."""
    ended = ApiToken.objects.alias(ended=Coalesce("revoked_at", "expires_at"))
    yesterday = timezone.now() - timedelta(days=1)
    return ended.filter(Q(ended__lt=before) | Q(ended__lt=yesterday, kind=ApiToken.Kind.ACCESS))


def _heard_changes() -> int:
    """Events of the embedded Odoo that every cursor has passed."""
    if not settings.HUB_EMBEDDED_ODOO.exists():
        return 0
    database = identity_of(Target(str(settings.HUB_EMBEDDED_ODOO), transport="embedded"))
    cursors = ChangeCursor.objects.filter(source=sources.OUTBOX, database=database)
    heard = [cursor.position["sequence"] for cursor in cursors if cursor.position]
    return discard_changes(settings.HUB_EMBEDDED_ODOO, min(heard)) if heard else 0
