"""The log in the admin: found by trace id or record, request and response side by side."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin
from unfold.decorators import display

from apilog.models import ApiLog
from hub.readonly import ReadOnlyMixin

STATE_LABELS = {ApiLog.State.OPEN: "info", ApiLog.State.OK: "success", ApiLog.State.FAILED: "danger"}
DIRECTION_LABELS = {ApiLog.Direction.IN: "info", ApiLog.Direction.OUT: "primary"}


def pretty(text: str) -> str:
    """JSON with line breaks; anything else as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


@admin.register(ApiLog)
class ApiLogAdmin(ReadOnlyMixin, ModelAdmin):
    """What went in and out."""

    list_display = [
        "started_at",
        "shown_direction",
        "shown_state",
        "configuration_code",
        "operation",
        "shown_records",
        "response_status",
        "shown_duration",
        "shown_error",
    ]
    list_display_links = ["started_at"]
    list_filter = ["state", "direction", "configuration_code", "model"]
    list_filter_submit = False
    search_fields = ["=trace_id", "=record_id", "configuration_code", "client"]
    search_help_text = "Trace id, record id, configuration or client"
    date_hierarchy = None
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/apilog/exchange.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One exchange, with its neighbours of the same trace id."""
        row = ApiLog.objects.filter(pk=object_id).first() if object_id.isdigit() else None
        extra = dict(extra_context or {})
        if row is not None:
            extra |= {
                "row": row,
                "request_body": pretty(row.request_body),
                "response_body": pretty(row.response_body),
                "related": ApiLog.objects.filter(trace_id=row.trace_id).exclude(pk=row.pk).order_by("id")[:20],
                "state_label": STATE_LABELS[ApiLog.State(row.state)],
            }
        return super().change_view(request, object_id, form_url, extra)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Other pages link here with these."""
        return lookup in {"delivery_id", "configuration_code", "trace_id"} or super().lookup_allowed(
            lookup, value, request
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiLog]:
        """The list needs no bodies."""
        found = super().get_queryset(request)
        return found.defer("request_body", "response_body", "request_headers", "response_headers")

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
        return f"{obj.model} {ids}".strip()

    @display(description="Time", ordering="duration_ms")
    def shown_duration(self, obj: ApiLog) -> str:
        """How long it took."""
        return "" if obj.duration_ms is None else f"{obj.duration_ms:.0f}\u00a0ms"

    @display(description="Error")
    def shown_error(self, obj: ApiLog) -> str:
        """What went wrong, shortened."""
        return obj.error_message if len(obj.error_message) <= 60 else f"{obj.error_message[:59]}…"
