"""Deliveries and runs in the admin: what is owed, what arrived, what was given up; and sending it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from hub.dialogs import button, confirm, go_to
from hub.errors import HubError
from hub.modeladmin import HubModelAdmin
from hub.moments import NO_BREAK, short
from hub.readonly import ReadOnlyMixin
from syncconfig import held, outbox, resending
from syncconfig.admin import pulling, replaying
from syncconfig.admin.deleting import UnsentMixin
from syncconfig.models import Delivery, Run

DELIVERY_LABELS = {
    Delivery.State.PENDING: "warning",
    Delivery.State.SENDING: "info",
    Delivery.State.HELD: "danger",
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
class DeliveryAdmin(UnsentMixin, ReadOnlyMixin, HubModelAdmin):
    """The outbox. Nothing in it is edited; it is sent again."""

    list_display = [
        "shown_record",
        "configuration",
        "event",
        "shown_state",
        "attempts",
        "shown_error",
        "shown_created",
        "shown_due",
    ]
    empty_text = "A message to an external system stands here from the moment it is owed until long after it arrived."
    list_filter = ["state", "configuration", "event", ("run", admin.RelatedFieldListFilter)]
    list_filter_submit = False
    search_fields = ["=record_id", "trace_id", "=message_id"]
    search_help_text = "Record id, trace id or message id"
    list_select_related = ["configuration"]
    actions = ["send_again", "send_from_present", "discard"]
    actions_detail = ["send_this_again", "send_this_from_present", "discard_this", "compare", "see_attempts"]
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
                    "database",
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
        return obj.records_text().replace(" ", NO_BREAK, 1)

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

    @display(description="Created", ordering="created_at")
    def shown_created(self, obj: Delivery) -> str:
        """When it was owed."""
        return short(obj.created_at)

    @display(description="Next try", ordering="due_at")
    def shown_due(self, obj: Delivery) -> str:
        """When it is sent, or sent again."""
        return short(obj.due_at) if obj.state == Delivery.State.PENDING else ""

    def has_replay_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change configurations, and who was given this alone."""
        user = request.user
        return user.has_perm("syncconfig.change_configuration") or user.has_perm("syncconfig.replay_delivery")

    @admin.action(description="Send again", permissions=["replay"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Queue the chosen finished messages once more."""
        ids = list(queryset.values_list("pk", flat=True))
        try:
            replaying.tell(request, resending.sorted_out(Delivery.objects.filter(pk__in=ids)))
        except HubError as error:
            self.message_user(request, error.message, level=messages.ERROR)

    @admin.action(description="Send from the present Odoo (held ones)", permissions=["replay"])
    def send_from_present(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """A person says that the ids mean the same in the Odoo that is connected now."""
        self._decide(request, held.send_from_present, queryset, "queued with the records of the present Odoo")

    @admin.action(description="Discard (held ones)", permissions=["replay"])
    def discard(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Nobody needs them any more."""
        self._decide(request, held.discard, queryset, "discarded")

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """The decision is asked for where one is to be made."""
        actions = super().get_actions_detail(request, object_id)
        delivery = self.get_object(request, str(object_id))
        if delivery is not None and delivery.held_at is not None:
            return [one for one in actions if not one.action_name.endswith("send_this_again")]
        kept_out: tuple[str, ...] = ("from_present", "discard_this")
        if delivery is not None and self._elsewhere(delivery):
            kept_out += ("send_this_again",)
        return [one for one in actions if not one.action_name.endswith(kept_out)]

    def _elsewhere(self, delivery: Delivery) -> str:
        """Why it is not sent again: it is another database's; "" where that cannot be told just now."""
        try:
            return resending.elsewhere(delivery)
        except HubError:
            return ""

    @button(
        "Send from the present Odoo",
        "move_down",
        "replay",
        "send-from-present",
        dialog=confirm(
            "Send from the present Odoo?",
            "The record with the same id is read from the Odoo that is connected now. Do this only when it is the "
            "same database under another name.",
            "Send",
        ),
    )
    def send_this_from_present(self, request: HttpRequest, delivery: Delivery) -> HttpResponse:
        """The same, for this message."""
        one = Delivery.objects.filter(pk=delivery.pk)
        if self._decide(request, held.send_from_present, one, "queued with the record of the present Odoo"):
            self.log_change(request, delivery, "Sent from the present Odoo by hand.")
        return go_to(request, reverse("admin:syncconfig_delivery_change", args=[delivery.pk]))

    @button(
        "Discard",
        "delete_sweep",
        "replay",
        "discard",
        dialog=confirm("Discard?", "It is never sent.", "Discard"),
    )
    def discard_this(self, request: HttpRequest, delivery: Delivery) -> HttpResponse:
        """The same, for this message."""
        if self._decide(request, held.discard, Delivery.objects.filter(pk=delivery.pk), "discarded"):
            self.log_change(request, delivery, "Discarded by hand.")
        return go_to(request, reverse("admin:syncconfig_delivery_change", args=[delivery.pk]))

    def _decide(
        self,
        request: HttpRequest,
        act: Callable[[QuerySet[Delivery]], int],
        chosen: QuerySet[Delivery],
        done: str,
    ) -> int:
        """Act on the held ones among the chosen, and tell; answers how many they were."""
        ids = list(chosen.values_list("pk", flat=True))
        try:
            count = act(Delivery.objects.filter(pk__in=ids))
        except HubError as error:
            self.message_user(request, error.message, level=messages.ERROR)
            return 0
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, f"{count} {done}. Only those that are held can be.", level=level)
        return count

    @button(
        "Send again",
        "replay",
        "replay",
        "send-again",
        dialog=confirm("Send again?", "The record is read anew from Odoo and sent with today's mapping.", "Send"),
    )
    def send_this_again(self, request: HttpRequest, delivery: Delivery) -> HttpResponse:
        """Queue this message once more."""
        try:
            elsewhere = resending.elsewhere(delivery)
            count = outbox.replay(Delivery.objects.filter(pk=delivery.pk))
        except HubError as error:
            elsewhere, count = error.message, 0
        told = "Queued again." if count else elsewhere or "It is waiting or being sent already."
        if count:
            self.log_change(request, delivery, "Sent again by hand.")
        self.message_user(request, told, level=messages.SUCCESS if count else messages.WARNING)
        return go_to(request, reverse("admin:syncconfig_delivery_change", args=[delivery.pk]))

    @button("Compare", "difference", "view", "compare")
    def compare(self, request: HttpRequest, delivery: Delivery) -> HttpResponse:
        """What went out, against what would go out now."""
        return replaying.of_one(request, delivery)

    @button("Attempts in the log", "receipt_long", "view", "attempts")
    def see_attempts(self, request: HttpRequest, delivery: Delivery) -> HttpResponse:
        """Each attempt's request and response."""
        return HttpResponseRedirect(f"{reverse('admin:apilog_apilog_changelist')}?delivery_id={delivery.pk}")


@admin.register(Run)
class RunAdmin(ReadOnlyMixin, HubModelAdmin):
    """Runs of whole configurations: how far they are, and what they queued."""

    list_display = [
        "configuration",
        "event",
        "shown_state",
        "records",
        "shown_items",
        "shown_deliveries",
        "error",
        "shown_created",
    ]
    empty_text = (
        "A run sends all records of an Out configuration, or pulls its list: by its button Run now, on its schedule, "
        "or by API."
    )
    list_filter = ["state", "configuration"]
    list_select_related = ["configuration"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("configuration", "event"),
                    ("client", "shown_within"),
                    ("state", "records"),
                    ("cursor", "error"),
                ]
            },
        ),
        ("When", {"fields": [("created_at", "due_at", "finished_at")]}),
    ]

    readonly_fields = ["shown_within", "shown_failures", "shown_notes"]
    pull_fieldsets = [
        (
            None,
            {
                "fields": [
                    ("configuration", "event"),
                    ("client", "from_start"),
                    ("state", "error"),
                    ("pages", "records"),
                    ("items_created", "items_updated", "items_unchanged"),
                    ("items_skipped", "items_failed"),
                    "shown_failures",
                    "shown_notes",
                ]
            },
        ),
        ("When", {"fields": [("created_at", "due_at", "finished_at")]}),
        ("For looking it up", {"fields": ["trace_id", "database"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Run | None = None) -> Any:
        """What became of records, or of a pull's items."""
        return self.pull_fieldsets if obj is not None and obj.pulls else super().get_fieldsets(request, obj)

    @display(description="Items pulled")
    def shown_items(self, obj: Run) -> str:
        """What became of them."""
        return pulling.counts(obj)

    @display(description="Failed items")
    def shown_failures(self, obj: Run) -> SafeString | str:
        """Which ones, and why."""
        return pulling.failures(obj)

    @display(description="To know")
    def shown_notes(self, obj: Run) -> SafeString | str:
        """What is no failure, and should be known."""
        return format_html_join("", "<p>{}</p>", [(one,) for one in obj.notes]) or "Nothing."

    @display(description="Only")
    def shown_within(self, obj: Run) -> str:
        """The domain that narrowed it."""
        return json.dumps(obj.within, ensure_ascii=False) if obj.within else "all that match the filter domain"

    @display(description="State", ordering="state", label=RUN_LABELS)
    def shown_state(self, obj: Run) -> Any:
        """How far it is."""
        return obj.state, obj.get_state_display()

    @display(description="Created", ordering="created_at")
    def shown_created(self, obj: Run) -> str:
        """When it was asked for."""
        return short(obj.created_at)

    @display(description="Deliveries")
    def shown_deliveries(self, obj: Run) -> str:
        """A way to its messages; of a pull, to its calls."""
        if obj.pulls:
            return format_html(
                '<a class="text-primary-600 dark:text-primary-500" href="{}?q={}">Show its calls</a>',
                reverse("admin:apilog_apilog_changelist"),
                obj.trace_id,
            )
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}?run__id__exact={}">Show them</a>',
            reverse("admin:syncconfig_delivery_changelist"),
            obj.pk,
        )
