"""Is it working? One rule for the overview and for the list of configurations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from apilog.models import ApiLog
from syncconfig import endpoints
from syncconfig.models import Configuration, Delivery

RECENT = timedelta(hours=24)
LAST = 20
"""Calls that are looked at: when half of them failed, or more, the configuration is failing."""

OFF, CHANGED, GIVEN_UP, FAILING = "Off", "Fields changed", "Given up", "Failing"
PAUSED, RESTING = "Paused", "Left alone"
WAITING, OK, QUIET = "Waiting", "OK", "Quiet"
LABELS = {
    OFF: None,
    CHANGED: "danger",
    GIVEN_UP: "danger",
    FAILING: "danger",
    PAUSED: "warning",
    RESTING: "danger",
    WAITING: "warning",
    OK: "success",
    QUIET: None,
}
MEANING = {
    OFF: "Switched off, or its Odoo connection is.",
    CHANGED: "Odoo's fields are not what its mapping needs: open it to see which.",
    GIVEN_UP: "Deliveries were given up: somebody has to look.",
    FAILING: f"Half of the last {LAST} calls failed, or more.",
    PAUSED: "Nothing is sent until somebody presses Resume.",
    RESTING: "The external system does not answer, or asked for a rest: it is tried again later.",
    WAITING: "Deliveries wait to be sent, or to be tried again.",
    OK: "It works.",
    QUIET: "No call in the last 24 hours.",
}


@dataclass(frozen=True)
class Health:
    """How a configuration does, and the numbers of the last 24 hours."""

    state: str
    text: str
    calls: int = 0
    failed: int = 0

    @property
    def label(self) -> str | None:
        """The colour."""
        return LABELS[self.state]

    @property
    def meaning(self) -> str:
        """The state in a sentence."""
        return MEANING[self.state]


def health_of(configurations: Iterable[Configuration], now: datetime | None = None) -> dict[int, Health]:
    """How each of them does, by id."""
    chosen = {one.pk: one for one in configurations}
    since = (now or timezone.now()) - RECENT
    calls = _calls(since)
    owed = _owed(chosen)
    standing = endpoints.standings(list(chosen.values()))
    found = {}
    for pk, one in chosen.items():
        number, failed = calls.get(pk, (0, 0))
        given_up, waiting = owed.get(pk, (0, 0))
        if not one.active or not one.connection.active:
            state, text = OFF, OFF
        elif one.drift:
            state = text = CHANGED
        elif pk in standing:
            state = PAUSED if standing[pk].paused else RESTING
            text = f"{state}, {waiting} waiting" if waiting else state
        elif given_up:
            state, text = GIVEN_UP, f"{given_up} given up"
        elif failed and _is_failing(pk, since):
            state, text = FAILING, FAILING
        elif waiting:
            state, text = WAITING, f"{waiting} waiting"
        else:
            state = text = OK if number else QUIET
        found[pk] = Health(state, text, number, failed)
    return found


def calls_since(since: datetime) -> QuerySet[ApiLog]:
    """The exchanges that began after that time."""
    return ApiLog.objects.filter(started_at__gte=since)


def _calls(since: datetime) -> dict[int | None, tuple[int, int]]:
    rows = (
        calls_since(since)
        .filter(configuration_id__isnull=False)
        .order_by()
        .values("configuration_id")
        .annotate(calls=Count("id"), failed=Count("id", filter=Q(state__in=ApiLog.BAD)))
    )
    return {row["configuration_id"]: (row["calls"], row["failed"]) for row in rows}


def _owed(chosen: Iterable[int]) -> dict[int, tuple[int, int]]:
    rows = (
        Delivery.objects.filter(
            Q(finished_at__isnull=True) | Q(state=Delivery.State.DEAD), configuration__in=list(chosen)
        )
        .order_by()
        .values("configuration_id")
        .annotate(
            given_up=Count("id", filter=Q(state=Delivery.State.DEAD)),
            waiting=Count("id", filter=Q(finished_at__isnull=True)),
        )
    )
    return {row["configuration_id"]: (row["given_up"], row["waiting"]) for row in rows}


def _is_failing(configuration_id: int, since: datetime) -> bool:
    ended = ApiLog.objects.filter(configuration_id=configuration_id).exclude(state=ApiLog.State.OPEN).order_by("-id")
    last = [state for state, began in ended.values_list("state", "started_at")[:LAST] if began >= since]
    return 2 * sum(state in ApiLog.BAD for state in last) >= max(len(last), 1)
