"""Incidents: what was found wrong is held against what is known, and people are owed a notice once each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from syncconfig import notices
from syncconfig.findings import Finding, look
from syncconfig.models import Incident, Notice

BETWEEN = timedelta(seconds=40)
"""Looks that follow each other faster count as one: several machines look each minute."""

LOOKS = 2
"""Seen so often, it is told: what passes within a minute wakes nobody."""


def check(now: datetime | None = None) -> None:
    """Look, and write down what began, what goes on and what is over."""
    update(look(), now)


def update(found: Iterable[Finding], now: datetime | None = None) -> None:
    """Hold these findings, which are all there are, against the open incidents."""
    now = now or timezone.now()
    current = {one.key: one for one in found}
    for one in Incident.objects.filter(over_at__isnull=True):
        finding = current.pop((one.kind, one.subject), None)
        if finding is None:
            _over(one, now)
        else:
            _goes_on(one, finding, now)
    for finding in current.values():
        _begins(finding, now)


def _begins(finding: Finding, now: datetime) -> None:
    try:
        with transaction.atomic():
            Incident.objects.create(
                kind=finding.kind, subject=finding.subject, began_at=finding.since or now, seen_at=now,
                **_told(finding),
            )  # fmt: skip
    except IntegrityError:
        return  # another process was faster


def _goes_on(one: Incident, finding: Finding, now: datetime) -> None:
    still = Incident.objects.filter(pk=one.pk, over_at__isnull=True)
    with transaction.atomic():
        still.update(**_told(finding))
        if not still.filter(seen_at__lte=now - BETWEEN).update(seen_at=now, looks=F("looks") + 1):
            return
        if still.filter(looks=LOOKS).exists():
            _owe(one, Notice.Occasion.BEGAN)


def _over(one: Incident, now: datetime) -> None:
    with transaction.atomic():
        if not Incident.objects.filter(pk=one.pk, over_at__isnull=True).update(over_at=now):
            return
        one.refresh_from_db()
        if one.looks >= LOOKS:
            _owe(one, Notice.Occasion.OVER)
        else:
            one.delete()  # it has passed before anybody was told


def _told(finding: Finding) -> dict[str, object]:
    return {
        "name": finding.name[:200],
        "what": finding.what[:2000],
        "advice": finding.advice,
        "page": finding.page[:300],
        "count": finding.count,
    }


def _owe(one: Incident, occasion: str) -> None:
    owed = [Notice(incident=one, way=way, occasion=occasion) for way in notices.ways()]
    Notice.objects.bulk_create(owed, ignore_conflicts=True)
