"""``/metrics`` in Prometheus' format: counted in the database, so that any process tells the same of all."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Avg, Count, Min
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from apilog.models import ApiLog
from hub.api.errors import json_error
from hub.errors import NotPermitted
from hub.proxies import DISBELIEVED
from syncconfig import jobs
from syncconfig.models import ChangeCursor, Delivery, OdooConnection, Run

RECENT = timedelta(minutes=5)
LOOPBACK = {"127.0.0.1", "::1"}
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


class HubCollector(Collector):
    """Reads the numbers anew at each scrape."""

    def collect(self) -> Iterator[Metric]:
        """All families."""
        yield _deliveries()
        yield _oldest()
        yield from _calls()
        yield _gauge("hub_runs_unfinished", "Runs that have not queued all their records.", _unfinished_runs())
        yield _gauge("hub_jobs_unfinished", "Requests that wait to be carried out, or are.", jobs.unfinished().count())
        yield _gauge(
            "hub_listeners_failing",
            "Models of an Odoo whose changes could not be heard at the last look.",
            ChangeCursor.objects.exclude(error="").count(),
        )
        yield _gauge(
            "hub_connections_failing",
            "Odoo connections whose last check failed.",
            OdooConnection.objects.filter(active=True, check_ok=False).count(),
        )


def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers, for whoever has the token, or for this machine when there is none."""
    if not _may_read(request):
        return json_error(NotPermitted("Set HUB_METRICS_TOKEN and send it as Authorization: Bearer TOKEN."))
    registry = CollectorRegistry()
    registry.register(HubCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if settings.HUB_METRICS_TOKEN:
        given = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {settings.HUB_METRICS_TOKEN}".encode())
    # A proxy on this machine speaks for strangers.
    forwarded = DISBELIEVED in request.META or any(name in request.headers for name in FORWARDED)
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not forwarded


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _deliveries() -> Metric:
    family = GaugeMetricFamily(
        "hub_deliveries", "Deliveries by configuration and state.", labels=["configuration", "state"]
    )
    counted = Delivery.objects.order_by().values("configuration__code", "state").annotate(count=Count("id"))
    for row in counted:
        family.add_metric([row["configuration__code"], row["state"]], row["count"])
    return family


def _oldest() -> Metric:
    due = Delivery.objects.filter(finished_at__isnull=True, held_at__isnull=True, due_at__lte=timezone.now())
    oldest = due.aggregate(oldest=Min("due_at"))["oldest"]
    age = (timezone.now() - oldest).total_seconds() if oldest is not None else 0.0
    return _gauge("hub_oldest_due_delivery_seconds", "How long the longest waiting due delivery has been due.", age)


def _calls() -> Iterator[Metric]:
    labels = ["direction", "configuration", "state"]
    count = GaugeMetricFamily("hub_calls_5m", "Calls of the last five minutes.", labels=labels)
    time = GaugeMetricFamily("hub_call_duration_5m_milliseconds", "Their mean duration.", labels=labels)
    rows = (
        ApiLog.objects.filter(started_at__gte=timezone.now() - RECENT)
        .order_by()
        .values("direction", "configuration_code", "state")
        .annotate(count=Count("id"), mean=Avg("duration_ms"))
    )
    for row in rows:
        values = [row["direction"], row["configuration_code"], row["state"]]
        count.add_metric(values, row["count"])
        if row["mean"] is not None:
            time.add_metric(values, row["mean"])
    yield count
    yield time


def _unfinished_runs() -> int:
    return Run.objects.filter(state__in=Run.UNFINISHED).count()


urlpatterns = [path("", metrics, name="metrics")]
