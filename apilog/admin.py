"""The log in the admin: found by trace id or record, request and response side by side."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import Truncator
from unfold.decorators import display

from apilog import naming
from apilog.models import ApiLog
from hub.modeladmin import HubModelAdmin
from hub.moments import NO_BREAK, short
from hub.readonly import ReadOnlyMixin

STATE_LABELS = {
    ApiLog.State.OPEN: "info",
    ApiLog.State.OK: "success",
    ApiLog.State.FAILED: "danger",
    ApiLog.State.LOST: "warning",
}
SHOWN = 20
"""Neighbours that an exchange's page lists."""

DIRECTION_LABELS = {ApiLog.Direction.IN: "info", ApiLog.Direction.OUT: "primary"}


def pretty(text: str) -> str:
    """JSON with line breaks; anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


@admin.register(ApiLog)
class ApiLogAdmin(ReadOnlyMixin, HubModelAdmin):
    """What went in and out."""

    list_display = [
        "shown_start",
        "shown_direction",
        "shown_state",
        "shown_configuration",
        "operation",
        "shown_records",
        "response_status",
        "shown_duration",
        "shown_error",
    ]
    list_display_links = ["shown_start"]
    list_filter = ["state", "direction", "configuration_code", "model"]
    list_filter_submit = False
    empty_text = "Each call that comes in or goes out gets a row here, with its request and its answer."
    search_fields = ["=trace_id", "=record_id", "configuration_code", "client", "=address"]
    search_help_text = "Configuration, client, record id, trace id or network address"
    date_hierarchy = None
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/apilog/exchange.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One exchange, with the other attempts of its delivery and its neighbours of the same trace id."""
        row = self.get_object(request, unquote(object_id))
        extra = dict(extra_context or {})
        if row is not None:
            attempts = list(self._attempts(row))
            extra |= {
                "row": row,
                "request_body": pretty(row.request_body),
                "response_body": pretty(row.response_body),
                "attempts": attempts,
                "related": ApiLog.objects.filter(trace_id=row.trace_id)
                .exclude(pk__in=[row.pk, *(one.pk for one in attempts)])
                .order_by("id")[:SHOWN],
                "name": naming.names().get(row.configuration_code, ""),
                "title": f"{row.method} {row.url}",
                "show_history": False,
                "state_label": STATE_LABELS[ApiLog.State(row.state)],
            }
        return super().change_view(request, object_id, form_url, extra)

    def _attempts(self, row: ApiLog) -> QuerySet[ApiLog]:
        """The other attempts of the same delivery."""
        found = ApiLog.objects.filter(delivery_id=row.delivery_id) if row.delivery_id else ApiLog.objects.none()
        return found.exclude(pk=row.pk).order_by("id")[:SHOWN]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Other pages link here with these."""
        return lookup in {"delivery_id", "configuration_code", "trace_id"} or super().lookup_allowed(
            lookup, value, request
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiLog]:
        """The list needs no bodies."""
        found = super().get_queryset(request)
        return found.defer("request_body", "response_body", "request_headers", "response_headers")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[ApiLog], search_term: str
    ) -> tuple[QuerySet[ApiLog], bool]:
        """What is searched for may be the name of a configuration, too."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        codes = naming.codes_of(search_term)
        return (found | queryset.filter(configuration_code__in=codes) if codes else found), may_have_duplicates

    def prepare_rows(self, rows: list[ApiLog]) -> None:
        """The names of the configurations, for all rows at once."""
        names = naming.names()
        for row in rows:
            row.configuration_name = names.get(row.configuration_code, row.configuration_code)  # type: ignore[attr-defined]

    @display(description="Started", ordering="started_at")
    def shown_start(self, obj: ApiLog) -> str:
        """When."""
        return short(obj.started_at)

    @display(description="Configuration", ordering="configuration_code")
    def shown_configuration(self, obj: Any) -> str:
        """By its name; what was deleted, by its code."""
        return str(obj.configuration_name)

    @display(description="Direction", ordering="direction", label=DIRECTION_LABELS)
    def shown_direction(self, obj: ApiLog) -> Any:
        """In or out."""
        return obj.direction, obj.direction.capitalize()

    @display(description="State", ordering="state", label=STATE_LABELS)
    def shown_state(self, obj: ApiLog) -> Any:
        """How it ended."""
        return obj.state, obj.get_state_display()

    @display(description="Records")
    def shown_records(self, obj: ApiLog) -> str:
        """Model and ids."""
        ids = ", ".join(map(str, obj.record_ids[:3])) + ("…" if len(obj.record_ids) > 3 else "")
        return f"{obj.model}{NO_BREAK}{ids}".strip()

    @display(description="Time", ordering="duration_ms")
    def shown_duration(self, obj: ApiLog) -> str:
        """How long it took."""
        return "" if obj.duration_ms is None else f"{obj.duration_ms:.0f}\u00a0ms"

    @display(description="Error")
    def shown_error(self, obj: ApiLog) -> str:
        """What went wrong, shortened."""
        return Truncator(obj.reason).chars(60)
