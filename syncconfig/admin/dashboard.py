"""Where business users start: what runs, what fails, what waits, as far as they may see it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from apilog import naming
from apilog.models import ApiLog
from syncconfig.health import RECENT, calls_since, health_of
from syncconfig.models import Configuration, Delivery, Incident, OdooConnection

SEEN = (
    "apilog.apilog",
    "syncconfig.delivery",
    "syncconfig.configuration",
    "syncconfig.odooconnection",
    "syncconfig.incident",
)
SHOWN = 8
MOST = 50
"""Configurations on the overview; the list has them all."""


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's callback: the numbers of the last 24 hours, each with the way to its rows."""
    logs, deliveries, configurations, connections, incidents = (may_see(request, name) for name in SEEN)
    context["cards"] = [
        *(_calls() if logs else []),
        *(_deliveries() if deliveries else []),
        *(_incidents() if incidents else []),
    ]
    context["sees"] = {
        "configurations": configurations,
        "connections": connections,
        "failures": logs,
        "anything": logs or deliveries or configurations or connections or incidents,
    }
    context["may_add"] = {
        "configurations": request.user.has_perm("syncconfig.add_configuration"),
        "connections": request.user.has_perm("syncconfig.add_odooconnection"),
    }
    if configurations:
        context["configurations"] = _configurations()
        context["more"] = max(Configuration.objects.count() - MOST, 0)
    if connections:
        context["connections"] = list(OdooConnection.objects.all()[:SHOWN])
    if logs:
        context["failures"] = _failures()
    return context


def may_see(request: HttpRequest, model: str) -> bool:
    """Whether the user may look at the pages of ``app.model``."""
    app, name = model.split(".")
    return request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(f"{app}.change_{name}")


def _calls() -> list[dict[str, Any]]:
    since = timezone.now() - RECENT
    calls = calls_since(since).aggregate(
        came_in=Count("id", filter=Q(direction=ApiLog.Direction.IN)),
        went_out=Count("id", filter=Q(direction=ApiLog.Direction.OUT)),
        failed=Count("id", filter=Q(state__in=ApiLog.BAD)),
    )
    bad = calls["failed"]
    return [
        _card("Calls that came in", calls["came_in"], "last 24 hours", "apilog_apilog", direction__exact="in"),
        _card("Calls that went out", calls["went_out"], "last 24 hours", "apilog_apilog", direction__exact="out"),
        _card("Failed calls", bad, "last 24 hours", "apilog_apilog", bad=bad > 0, state__in=",".join(ApiLog.BAD)),
    ]


def _deliveries() -> list[dict[str, Any]]:
    kept = Q(held_at__isnull=False)
    states = Delivery.objects.filter(Q(finished_at__isnull=True) | Q(state=Delivery.State.DEAD)).aggregate(
        waiting=Count("id", filter=Q(finished_at__isnull=True) & ~kept),
        held=Count("id", filter=kept),
        dead=Count("id", filter=Q(state=Delivery.State.DEAD)),
    )
    waiting, held, dead = states["waiting"], states["held"], states["dead"]
    due = f"{Delivery.State.PENDING},{Delivery.State.SENDING}"
    note = "somebody has to look" if dead else "nothing to look after"
    cards = [
        _card("Deliveries waiting", waiting, _oldest(), "syncconfig_delivery", state__in=due),
        _card("Deliveries given up", dead, note, "syncconfig_delivery", bad=dead > 0, state__exact="dead"),
    ]
    if held:
        other = "of another database"
        cards.append(_card("Deliveries held", held, other, "syncconfig_delivery", bad=True, state__exact="held"))
    return cards


def _incidents() -> list[dict[str, Any]]:
    """What needs a person now; no card while nothing does."""
    is_open = Incident.objects.filter(over_at__isnull=True)
    newest = is_open.order_by("-began_at").first()
    if newest is None:
        return []
    note = f"the newest: {newest.get_kind_display()}"
    return [_card("Open incidents", is_open.count(), note, "syncconfig_incident", bad=True, state="open")]


def _card(title: str, number: int, note: str, rows: str, *, bad: bool = False, **query: str) -> dict[str, Any]:
    url = f"{reverse(f'admin:{rows}_changelist')}?{urlencode(query, safe=',')}"
    return {"title": title, "number": number, "note": note, "url": url, "bad": bad}


def _oldest() -> str:
    waiting = Delivery.objects.filter(finished_at__isnull=True, held_at__isnull=True)
    oldest = waiting.order_by("created_at").first()
    if oldest is None:
        return "nothing is waiting"
    minutes = int((timezone.now() - oldest.created_at).total_seconds() // 60)
    if minutes >= 120:
        return f"the oldest for {minutes // 60} h" if minutes < 48 * 60 else f"the oldest for {minutes // 1440} days"
    return f"the oldest for {minutes} min" if minutes else "for less than a minute"


def _configurations() -> list[dict[str, Any]]:
    shown = list(Configuration.objects.select_related("connection").order_by("request_type", "name")[:MOST])
    health = health_of(shown)
    return [{"configuration": one, "health": health[one.pk]} for one in shown]


def _failures() -> list[dict[str, Any]]:
    names = naming.names()
    rows = ApiLog.objects.filter(state__in=ApiLog.BAD).order_by("-id").defer("request_body", "response_body")
    return [
        {"row": row, "name": names.get(row.configuration_code) or row.configuration_code or row.operation or row.url}
        for row in rows[:SHOWN]
    ]
