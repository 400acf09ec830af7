"""Deliveries and runs in the admin: what is owed, what arrived, what was given up; and sending it again."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from hub.dialogs import confirm, go_to
from hub.readonly import ReadOnlyMixin
from syncconfig import outbox
from syncconfig.models import Delivery, Run

DELIVERY_LABELS = {
    Delivery.State.PENDING: "warning",
    Delivery.State.SENDING: "info",
    Delivery.State.DONE: "success",
    Delivery.State.SKIPPED: None,
    Delivery.State.DEAD: "danger",
}
RUN_LABELS = {
    Run.State.PENDING: "warning",
    Run.State.RUNNING: "info",
    Run.State.DONE: "success",
    Run.State.FAILED: "danger",
}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyMixin, ModelAdmin):
    """The outbox. Nothing in it is edited; it is sent again."""

    list_display = [
        "shown_record",
        "configuration",
        "event",
        "shown_state",
        "attempts",
        "last_status",
        "shown_error",
        "created_at",
        "due_at",
    ]
    list_filter = ["state", "configuration", "event", ("run", admin.RelatedFieldListFilter)]
    list_filter_submit = False
    search_fields = ["=record_id", "trace_id", "=message_id"]
    search_help_text = "Record id, trace id or message id"
    list_select_related = ["configuration"]
    actions = ["send_again"]
    actions_detail = ["send_this_again", "see_attempts"]
    list_per_page = 50
    show_full_result_count = False
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("configuration", "event"),
                    ("records", "attempts"),
                    ("state", "last_status"),
                    "last_error",
                ]
            },
        ),
        ("When", {"fields": [("created_at", "due_at", "finished_at")]}),
        ("For looking it up", {"fields": [("message_id", "trace_id"), "last_values"]}),
    ]
    readonly_fields = ["records", "last_values", "message_id"]

    @display(description="Record")
    def shown_record(self, obj: Delivery) -> str:
        """Model and the first ids."""
        return obj.records_text()

    @display(description="Records")
    def records(self, obj: Delivery) -> str:
        """Model and all ids."""
        return f"{obj.model} {', '.join(map(str, obj.record_ids))}"

    @display(description="Last values")
    def last_values(self, obj: Delivery) -> str:
        """What a deleted record held; all others are read from Odoo when they are sent."""
        if obj.values is None:
            return "Read from Odoo when it is sent."
        return json.dumps(obj.values, ensure_ascii=False)

    @display(description="State", ordering="state", label=DELIVERY_LABELS)
    def shown_state(self, obj: Delivery) -> Any:
        """Where it is."""
        return obj.state, obj.get_state_display()

    @display(description="Why")
    def shown_error(self, obj: Delivery) -> str:
        """What went wrong, shortened."""
        return obj.last_error if len(obj.last_error) <= 80 else f"{obj.last_error[:79]}…"

    def has_replay_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change configurations may send again."""
        return bool(request.user.has_perm("syncconfig.change_configuration"))

    @admin.action(description="Send again", permissions=["replay"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Queue the chosen finished messages once more."""
        count = outbox.replay(Delivery.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))))
        self.message_user(
            request, f"{count} queued again. What waits already was left as it is.", level=messages.SUCCESS
        )

    @action(
        description="Send again",
        icon="replay",
        permissions=["replay"],
        url_path="send-again",
        dialog=confirm("Send again?", "The record is read anew from Odoo and sent with today's mapping.", "Send"),
    )
    def send_this_again(self, request: HttpRequest, form: Form, object_id: int) -> HttpResponse:
        """Queue this message once more."""
        count = outbox.replay(Delivery.objects.filter(pk=object_id))
        told = "Queued again." if count else "It is waiting or being sent already."
        self.message_user(request, told, level=messages.SUCCESS if count else messages.WARNING)
        return go_to(request, reverse("admin:syncconfig_delivery_change", args=[object_id]))

    @action(description="Attempts in the log", icon="receipt_long", permissions=["view"], url_path="attempts")
    def see_attempts(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Each attempt's request and response."""
        return HttpResponseRedirect(f"{reverse('admin:apilog_apilog_changelist')}?delivery_id={object_id}")


@admin.register(Run)
class RunAdmin(ReadOnlyMixin, ModelAdmin):
    """Runs of whole configurations: how far they are, and what they queued."""

    list_display = [
        "configuration",
        "event",
        "shown_state",
        "records",
        "shown_deliveries",
        "error",
        "created_at",
        "finished_at",
    ]
    list_filter = ["state", "configuration"]
    list_select_related = ["configuration"]
    fieldsets = [
        (None, {"fields": [("configuration", "event"), ("state", "records"), ("cursor", "error")]}),
        ("When", {"fields": [("created_at", "due_at", "finished_at")]}),
    ]

    @display(description="State", ordering="state", label=RUN_LABELS)
    def shown_state(self, obj: Run) -> Any:
        """How far it is."""
        return obj.state, obj.get_state_display()

    @display(description="Deliveries")
    def shown_deliveries(self, obj: Run) -> str:
        """A way to its messages."""
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}?run__id__exact={}">Show them</a>',
            reverse("admin:syncconfig_delivery_changelist"),
            obj.pk,
        )
