"""Jobs in the admin: what clients asked for and did not wait for; cancelled, and run again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import display

from hub.dialogs import button, confirm, go_to
from hub.errors import HubError
from hub.modeladmin import HubModelAdmin
from hub.moments import short
from hub.readonly import ReadOnlyMixin
from syncconfig import jobs
from syncconfig.models import ApiJob

LABELS = {
    ApiJob.State.QUEUED: "warning",
    ApiJob.State.RUNNING: "info",
    ApiJob.State.DONE: "success",
    ApiJob.State.FAILED: "danger",
    ApiJob.State.CANCELLED: None,
}


@admin.register(ApiJob)
class ApiJobAdmin(ReadOnlyMixin, HubModelAdmin):
    """Requests that came with Prefer: respond-async. What was sent and answered stands in the log."""

    list_display = [
        "shown_request",
        "client",
        "configuration",
        "shown_state",
        "shown_progress",
        "shown_answer",
        "shown_error",
        "shown_created",
        "shown_finished",
    ]
    empty_text = (
        "A client that sends Prefer: respond-async is not kept waiting: its request stands here until it is carried "
        "out, and its answer until it is forgotten."
    )
    list_filter = ["state", "client", "configuration"]
    list_filter_submit = False
    search_fields = ["=uuid", "trace_id"]
    search_help_text = "Job id or trace id"
    list_select_related = ["client", "configuration"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["cancel_selected", "run_selected_again"]
    actions_detail = ["cancel_this", "run_this_again", "see_logs"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("client", "configuration"),
                    ("method", "path"),
                    ("state", "shown_progress"),
                    ("answer_status", "attempts"),
                    "error",
                ]
            },
        ),
        ("When", {"fields": [("created_at", "started_at"), ("due_at", "finished_at")]}),
        ("For looking it up", {"fields": [("uuid", "trace_id"), ("address", "database")]}),
    ]
    readonly_fields = ["uuid", "shown_progress"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiJob]:
        """Without what is large, or could not be decrypted."""
        return super().get_queryset(request).defer(*jobs.BIG)

    @display(description="Request")
    def shown_request(self, obj: ApiJob) -> str:
        """Method and address, shortened."""
        text = str(obj).replace("/api/sync/v1/", "")
        return text if len(text) <= 60 else f"{text[:59]}…"

    @display(description="State", ordering="state", label=LABELS)
    def shown_state(self, obj: ApiJob) -> Any:
        """Where it is."""
        return obj.state, obj.get_state_display()

    @display(description="Operations")
    def shown_progress(self, obj: ApiJob) -> str:
        """How many operations of a batch are done."""
        return f"{obj.done} of {obj.total}" if obj.total is not None else ""

    @display(description="Answer", ordering="answer_status")
    def shown_answer(self, obj: ApiJob) -> str:
        """The HTTP status."""
        return str(obj.answer_status or "")

    @display(description="Why")
    def shown_error(self, obj: ApiJob) -> str:
        """What went wrong, shortened."""
        return obj.error if len(obj.error) <= 80 else f"{obj.error[:79]}…"

    @display(description="Created", ordering="created_at")
    def shown_created(self, obj: ApiJob) -> str:
        """When it was accepted."""
        return short(obj.created_at)

    @display(description="Finished", ordering="finished_at")
    def shown_finished(self, obj: ApiJob) -> str:
        """When its answer was there."""
        return short(obj.finished_at)

    def has_control_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change API clients, and who was given this alone."""
        user = request.user
        return user.has_perm("syncconfig.change_apiclient") or user.has_perm("syncconfig.control_apijob")

    @admin.action(description="Cancel (waiting ones)", permissions=["control"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[ApiJob]) -> None:
        """Never carry out the chosen ones that still wait."""
        count = sum(self._cancelled(one) for one in queryset.filter(state=ApiJob.State.QUEUED))
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, f"{count} cancelled. Only those that wait can be.", level=level)

    @admin.action(description="Run again (finished ones)", permissions=["control"])
    def run_selected_again(self, request: HttpRequest, queryset: QuerySet[ApiJob]) -> None:
        """Queue the chosen finished ones once more."""
        count = jobs.run_again(ApiJob.objects.filter(pk__in=list(queryset.values_list("pk", flat=True))))
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, f"{count} queued again. Only those that are over can be.", level=level)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """What can be done with it now."""
        job = self.get_object(request, str(object_id))
        left_out = []
        if job is None or job.state != ApiJob.State.QUEUED:
            left_out.append("cancel_this")
        if job is None or job.finished_at is None:
            left_out.append("run_this_again")
        actions = super().get_actions_detail(request, object_id)
        return [one for one in actions if not one.action_name.endswith(tuple(left_out) or ("\0",))]

    @button(
        "Cancel",
        "cancel",
        "control",
        "cancel",
        dialog=confirm("Cancel?", "It is never carried out, and its client is told so.", "Cancel it"),
    )
    def cancel_this(self, request: HttpRequest, job: ApiJob) -> HttpResponse:
        """Never carry it out."""
        if self._cancelled(job):
            self.log_change(request, job, "Cancelled by hand.")
            self.message_user(request, "Cancelled.", level=messages.SUCCESS)
        else:
            self.message_user(request, "It is under way or over by now.", level=messages.WARNING)
        return go_to(request, reverse("admin:syncconfig_apijob_change", args=[job.pk]))

    @button(
        "Run again",
        "replay",
        "control",
        "run-again",
        dialog=confirm(
            "Run again?",
            "The request is carried out once more, with what the client may do today. A record that it created is "
            "found again, not created twice; updates and deletions are repeated.",
            "Run",
        ),
    )
    def run_this_again(self, request: HttpRequest, job: ApiJob) -> HttpResponse:
        """Queue it once more."""
        count = jobs.run_again(ApiJob.objects.filter(pk=job.pk))
        if count:
            self.log_change(request, job, "Run again by hand.")
        told = "Queued again." if count else "It waits or runs already."
        self.message_user(request, told, level=messages.SUCCESS if count else messages.WARNING)
        return go_to(request, reverse("admin:syncconfig_apijob_change", args=[job.pk]))

    @button("Calls in the log", "receipt_long", "view", "logs")
    def see_logs(self, request: HttpRequest, job: ApiJob) -> HttpResponse:
        """The call that asked for it, and each time that it was carried out."""
        return HttpResponseRedirect(f"{reverse('admin:apilog_apilog_changelist')}?q={job.trace_id}")

    @staticmethod
    def _cancelled(job: ApiJob) -> bool:
        try:
            jobs.cancel(job)
        except HubError:
            return False
        return True
