"""Where business users start: what runs, what fails, what waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from apilog.models import ApiLog
from syncconfig.models import Configuration, Delivery, OdooConnection

SHOWN = 8


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: the numbers of the last 24 hours, each with the way to its rows."""
    since = timezone.now() - timedelta(hours=24)
    logs, deliveries = reverse("admin:apilog_apilog_changelist"), reverse("admin:syncconfig_delivery_changelist")
    calls = ApiLog.objects.filter(started_at__gte=since).aggregate(
        came_in=Count("id", filter=Q(direction="in")),
        went_out=Count("id", filter=Q(direction="out")),
        failed=Count("id", filter=Q(state="failed")),
    )
    states = Delivery.objects.filter(Q(state__in=Delivery.UNFINISHED) | Q(state=Delivery.State.DEAD)).aggregate(
        waiting=Count("id", filter=Q(state__in=Delivery.UNFINISHED)),
        dead=Count("id", filter=Q(state=Delivery.State.DEAD)),
    )
    context["cards"] = [
        _card("Calls that came in", calls["came_in"], "last 24 hours", f"{logs}?direction__exact=in"),
        _card("Calls that went out", calls["went_out"], "last 24 hours", f"{logs}?direction__exact=out"),
        _card("Failed calls", calls["failed"], "last 24 hours", f"{logs}?state__exact=failed", bad=calls["failed"] > 0),
        _card("Deliveries waiting", states["waiting"], _oldest(), f"{deliveries}?state__exact=pending"),
        _card(
            "Deliveries given up",
            states["dead"],
            "somebody has to look",
            f"{deliveries}?state__exact=dead",
            bad=states["dead"] > 0,
        ),
    ]
    context["configurations"] = _configurations(since)
    context["failures"] = list(ApiLog.objects.filter(state="failed").order_by("-id")[:SHOWN])
    context["connections"] = list(OdooConnection.objects.all()[:SHOWN])
    return context


def _card(title: str, number: int, note: str, url: str, *, bad: bool = False) -> dict[str, Any]:
    return {"title": title, "number": number, "note": note, "url": url, "bad": bad}


def _oldest() -> str:
    oldest = Delivery.objects.filter(state__in=Delivery.UNFINISHED).order_by("created_at").first()
    if oldest is None:
        return "nothing is waiting"
    minutes = int((timezone.now() - oldest.created_at).total_seconds() // 60)
    return f"the oldest for {minutes} min" if minutes else "for less than a minute"


def _configurations(since: Any) -> list[dict[str, Any]]:
    counted = {
        row["configuration_id"]: row
        for row in ApiLog.objects.filter(started_at__gte=since, configuration_id__isnull=False)
        .order_by()
        .values("configuration_id")
        .annotate(calls=Count("id"), failed=Count("id", filter=Q(state="failed")))
    }
    rows = []
    for one in Configuration.objects.order_by("request_type", "name")[:50]:
        numbers = counted.get(one.pk, {"calls": 0, "failed": 0})
        state = (
            "off" if not one.active else "failing" if numbers["failed"] else "working" if numbers["calls"] else "quiet"
        )
        rows.append({"configuration": one, "state": state, **numbers})
    return rows
