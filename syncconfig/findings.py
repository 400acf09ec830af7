"""What is wrong just now and needs a person: looked up in the tables, and asked of each Odoo."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from hub.errors import HubError, OdooAuthentication
from syncconfig import endpoints, plans, sources
from syncconfig.models import Configuration, Delivery, Endpoint, Incident, OdooConnection, Run

logger = logging.getLogger(__name__)

Kind = Incident.Kind


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. ``count``: how many messages or rows it concerns."""

    kind: str
    subject: str
    name: str
    what: str
    advice: str
    page: str
    count: int = 0
    since: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same as before."""
        return self.kind, self.subject


def look() -> list[Finding]:
    """All that is wrong now, one for each kind and configuration or connection."""
    return [*_endpoints(), *_given_up(), *_runs(), *_drift(), *_hearing(), *_odoos()]


def _of(configuration: Configuration, kind: str, what: str, advice: str, **more: object) -> Finding:
    page = reverse("admin:syncconfig_configuration_change", args=[configuration.pk])
    return Finding(kind, f"configuration {configuration.pk}", configuration.name, what, advice, page, **more)  # type: ignore[arg-type]


def _endpoints() -> Iterator[Finding]:
    """Those that are left alone, and those that a 410 paused; whoever was paused by hand is meant to be."""
    rows = Endpoint.objects.select_related("configuration").filter(
        configuration__active=True, configuration__connection__active=True
    )
    for row in rows:
        one = row.configuration
        if row.paused_at is not None:
            if not row.paused_by_hand:
                yield _of(
                    one,
                    Kind.PAUSED,
                    f"It is paused. {row.paused_why}",
                    _to_resume(one),
                    count=endpoints.waiting(one),
                    since=row.paused_at,
                )
        elif row.failures >= endpoints.TOLD:
            yield _of(
                one,
                Kind.ENDPOINT,
                row.why or f"{row.failures} calls in a row failed.",
                "Look whether the external system runs. The hub tries it again by itself; what was meant for it waits.",
                count=endpoints.waiting(one),
            )


def _given_up() -> Iterator[Finding]:
    dead = (
        Delivery.objects.filter(state=Delivery.State.DEAD)
        .order_by()
        .values("configuration_id")
        .annotate(number=Count("id"), first=Min("finished_at"), last=Max("id"))
    )
    found = {row["configuration_id"]: row for row in dead}
    last = Delivery.objects.in_bulk([row["last"] for row in found.values()])
    for one in Configuration.objects.filter(pk__in=found):
        row = found[one.pk]
        number, newest = row["number"], last.get(row["last"])
        why = f" The last one: {newest.last_error}" if newest is not None and newest.last_error else ""
        page = f"{reverse('admin:syncconfig_delivery_changelist')}?state__exact=dead&configuration__id__exact={one.pk}"
        told = f"{number} {'delivery was' if number == 1 else 'deliveries were'} given up.{why}"
        advice = "Mend what the message says, and send them again: choose them in the list, then Send again."
        yield Finding(Kind.GIVEN_UP, f"configuration {one.pk}", one.name, told, advice, page, number, row["first"])


def _runs() -> Iterator[Finding]:
    newest = Run.objects.filter(configuration=OuterRef("pk")).order_by("-id").values("id")[:1]
    last = Configuration.objects.filter(active=True).annotate(last_run=Subquery(newest)).values("last_run")
    for run in Run.objects.filter(pk__in=last, state=Run.State.FAILED).select_related("configuration"):
        yield _of(
            run.configuration,
            Kind.RUN,
            f"Its last run failed: {run.error}",
            "Mend what the message says, and press Run now.",
            since=run.finished_at,
        )


def _drift() -> Iterator[Finding]:
    for one in Configuration.objects.filter(active=True, connection__active=True).exclude(drift=""):
        yield _of(
            one,
            Kind.DRIFT,
            one.drift,
            "Open the tab Field mappings, correct the rows that are marked, and save.",
            count=len(one.drift.splitlines()),
            since=one.drift_checked_at,
        )


def _hearing() -> Iterator[Finding]:
    for one in OdooConnection.objects.filter(active=True):
        if models := sources.broken_in(one):
            yield Finding(
                Kind.HEARING,
                f"connection {one.pk}",
                one.name,
                f"The outbox inside of Odoo was changed or removed there: {', '.join(models)}. Odoo is asked every few "
                "seconds instead, which hears no deletions and knows fewer old values.",
                "Press Hear everything at the connection, which mends it, or remove the outbox there.",
                reverse("admin:syncconfig_odooconnection_change", args=[one.pk]),
                len(models),
            )


def _odoos() -> Iterator[Finding]:
    """Each active connection is asked for something small; its own timeouts hold."""
    for one in OdooConnection.objects.filter(active=True):
        try:
            plans.odoo_of(one).count("res.company")
        except OdooAuthentication as error:
            yield _odoo(one, Kind.ODOO_KEY, error, "Make a new API key in Odoo, and put it into the connection.")
        except HubError as error:
            if error.retryable:
                advice = "Look whether Odoo runs. The hub asks again by itself, and goes on where it was."
                yield _odoo(one, Kind.ODOO_AWAY, error, advice)
        except Exception:  # one connection's fault must not hide what else is wrong
            logger.exception("connection %s could not be asked", one.code)


def _odoo(one: OdooConnection, kind: str, error: HubError, advice: str) -> Finding:
    waiting = Delivery.objects.filter(configuration__connection=one, finished_at__isnull=True).count()
    page = reverse("admin:syncconfig_odooconnection_change", args=[one.pk])
    return Finding(kind, f"connection {one.pk}", one.name, error.message, advice, page, waiting, timezone.now())


def _to_resume(one: Configuration) -> str:
    """What to do about one that was paused."""
    if one.url_is_literal:
        return (
            "It serves a webhook of an API client. Mend what is said here, or ask the client where it is now; then "
            "press Resume on its page. What was meant for it waits. A webhook that nobody wants can be deleted."
        )
    return (
        "Ask the external system where it is now, correct the request URL, and press Resume. "
        "What was meant for it waits."
    )
