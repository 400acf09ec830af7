"""Configurations in the admin: in tabs, with only the fields that their direction needs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from unfold.decorators import display

from apilog import naming
from hub.cron import check_cron, in_words
from hub.dialogs import button, confirm, go_to, record_of
from hub.errors import HubError
from hub.redact import redact_url
from hub.widgets import SecretsAdminMixin
from syncconfig import drift, endpoints, listening, runs, schedules
from syncconfig.admin import advice, previewing, replaying, testing
from syncconfig.admin.answers import AnswerInline
from syncconfig.admin.configuration_form import IN, KEYS_JS, OUT, ConfigurationForm
from syncconfig.admin.deleting import UnsentMixin, counted
from syncconfig.admin.headers import HeaderInline
from syncconfig.admin.mapping import MappingInline
from syncconfig.admin.pulling import OF_SENDING, PullMixin
from syncconfig.admin.reading import for_reading, methods_of_callers
from syncconfig.admin.tabs import IN_TABS, MAIN, OUT_TABS, PULL_TABS, SCRIPT_TAB
from syncconfig.health import LABELS, health_of
from syncconfig.models import Configuration

ONLY_OUT = (
    "url",
    "query",
    "body_type",
    "body_template",
    "tls_check",
    "tls_ca",
    "tls_certificate",
    "tls_key",
    "status_rules",
    "success_if",
    "max_parallel",
    "max_per_minute",
    "shown_endpoint",
    "connect_timeout",
    "read_timeout",
    "auth_scheme",
    "domain",
    "is_paginated",
    "on_create",
    "on_update",
    "on_delete",
    "on_state",
    "not_back_to",
    "schedule",
    "max_attempts",
    "shown_schedule",
)


@admin.register(Configuration)
class ConfigurationAdmin(UnsentMixin, SecretsAdminMixin, PullMixin):
    """What is exchanged, and whether it works."""

    class Media:
        """Field names to choose from, and the count of records."""

        js = ["hub/configuration.js"]

    form = ConfigurationForm
    long_secrets = ("tls_key",)
    list_display = ["name", "direction", "model", "shown_methods", "shown_state", "shown_triggers", "active"]
    list_filter = ["request_type", "active", "connection", "model"]
    search_fields = ["name", "code", "model", "url"]
    search_help_text = "Name, code, Odoo model or address"
    empty_text = "A configuration says which records are exchanged with which external system."
    prepopulated_fields = {"code": ["name"]}
    filter_horizontal = ["not_back_to"]
    readonly_fields = ["shown_schedule", "shown_count", "shown_endpoint", "shown_pagings", "shown_cursor"]
    actions_detail = [
        "preview",
        "run_now",
        "pull_everything",
        "pause",
        "resume",
        "send_again",
        "run_samples",
        "check_fields",
        "see_logs",
    ]
    actions = ["run_selected"]
    warn_unsaved_form = True
    conditional_fields = {
        **dict.fromkeys(ONLY_OUT, OUT),
        **dict.fromkeys(("unmapped", "records_path"), IN),
        "match_keys": f"{IN} || methods.includes('GET')",
        **dict.fromkeys(("trusted_networks", "anybody_per_hour", "anybody_per_minute"), "accepts_anybody == true"),
        "on_match": f"{IN} && match_keys != ''",
        "trigger_fields": f"{OUT} && on_update == true",
        **dict.fromkeys(("state_field", "state_from", "state_to"), f"{OUT} && on_state == true"),
        "page_size": f"{OUT} && is_paginated == true",
        "xml_root": f"{OUT} && body_type == 'xml'",
        **dict.fromkeys(("auth_login", "auth_password"), f"{OUT} && ['basic', 'oauth2'].includes(auth_scheme)"),
        **dict.fromkeys(("oauth_url", "oauth_scope"), f"{OUT} && auth_scheme == 'oauth2'"),
        "auth_token": f"{OUT} && ['bearer', {KEYS_JS}].includes(auth_scheme)",
        "auth_header": f"{OUT} && [{KEYS_JS}].includes(auth_scheme)",
    }
    add_fieldsets = [(None, {"fields": MAIN})]

    def get_fieldsets(self, request: HttpRequest, obj: Configuration | None = None) -> Any:
        """A new one begins with the main fields; what its direction needs further follows when it is saved."""
        if obj is None:
            return self.add_fieldsets
        tabs = PULL_TABS if obj.pulls else OUT_TABS if obj.is_out else IN_TABS
        sets = [(None, {"fields": MAIN}), *tabs, SCRIPT_TAB]
        replaced = {} if self.has_change_permission(request) else {"methods": "methods_in_words", "url": "shown_url"}
        of_in = ("unmapped", "match_keys", "on_match", "records_path")
        if obj.pulls:
            return for_reading(sets, replaced, set(of_in) - {"match_keys"})
        return for_reading(sets, replaced, of_in if obj.is_out else ("url", "shown_url"))

    def get_inlines(self, request: HttpRequest, obj: Configuration | None) -> list[Any]:
        """Rows belong to a configuration that exists; headers to one that sends."""
        if obj is None:
            return []
        if not obj.is_out:
            return [MappingInline, testing.SampleInline]
        if obj.pulls:
            return [MappingInline, HeaderInline, testing.SampleInline]
        return [MappingInline, HeaderInline, AnswerInline, testing.SampleInline]

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Run now is for Out, running samples for those that have some."""
        actions = super().get_actions_detail(request, object_id)
        configuration = self.get_object(request, str(object_id))
        left_out = []
        if configuration is None or not configuration.is_out:
            left_out += ["run_now", "pause", "resume", "send_again"]
        else:
            left_out.append("pause" if endpoints.standings([configuration]) else "resume")
            if configuration.pulls:
                left_out += OF_SENDING
        if configuration is None or not configuration.pulls:
            left_out.append("pull_everything")
        if configuration is None or not configuration.samples.exists():
            left_out.append("run_samples")
        return [one for one in actions if not one.action_name.endswith(tuple(left_out))]

    def response_add(
        self, request: HttpRequest, obj: Configuration, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on with the mappings."""
        self.message_user(request, f"“{obj.name}” is made. Now say which fields are exchanged.", level=messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:syncconfig_configuration_change", args=[obj.pk]) + "#mappings")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows; what happens in Odoo from this moment on is heard."""
        super().save_related(request, form, formsets, change)
        self.afterwards(request, listening.begin)
        self.afterwards(request, lambda: self._tell_about_odoo(request, form.instance, formsets))

    def _tell_about_odoo(self, request: HttpRequest, configuration: Configuration, formsets: Any) -> None:
        """Take the fields' present types for right; say what Odoo could not be asked, or how many records match."""
        unchecked = next((one.unchecked for one in formsets if getattr(one, "unchecked", "")), "")
        if unchecked:
            self.message_user(
                request, f"Saved, but the fields could not be held against Odoo: {unchecked}", level=messages.WARNING
            )
            return
        try:
            drift.check(configuration, accept=True)
        except HubError as error:
            self.message_user(request, f"Odoo cannot be asked just now: {error.message}", level=messages.WARNING)
            return
        if configuration.is_out and not configuration.pulls:
            self.message_user(request, f"Filter domain: {testing.counted(configuration)}", level=messages.INFO)
            for sentence in advice.on(configuration):
                self.message_user(request, sentence, level=messages.WARNING)

    def get_urls(self) -> list[Any]:
        """With what the form's own script asks for."""
        return [
            path("<int:object_id>/fields/", self.admin_site.admin_view(self.fields_json)),
            path("<int:object_id>/matching/", self.admin_site.admin_view(self.matching_json)),
            *super().get_urls(),
        ]

    def fields_json(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Odoo's fields for the mapping's rows."""
        return testing.fields(request, self._viewed(request, object_id))

    def matching_json(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """How many records match."""
        return testing.matching(request, self._viewed(request, object_id))

    def _viewed(self, request: HttpRequest, object_id: int) -> Configuration:
        if not self.has_view_permission(request):
            raise PermissionDenied
        configuration = record_of(self, request, str(object_id))
        assert isinstance(configuration, Configuration)
        return configuration

    @display(description="Matching records")
    def shown_count(self, obj: Configuration) -> str:
        """Filled in by the page's script, so that an Odoo that is away does not hold up the page."""
        return mark_safe("<span data-hub-count>Counting …</span>")

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """How much goes with them, counted: a list of a hundred thousand deliveries would help nobody."""
        return counted(Configuration.objects.filter(pk__in=[one.pk for one in objs]))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Configuration]:
        """With the connection that the list shows."""
        return super().get_queryset(request).select_related("connection")

    @display(description="Direction", ordering="request_type", label={"In": "info", "Out": "primary"})
    def direction(self, obj: Configuration) -> str:
        """In or Out."""
        return "Out" if obj.is_out else "In"

    @display(description="Methods")
    def shown_methods(self, obj: Configuration) -> str:
        """The HTTP methods."""
        return ", ".join(obj.methods)

    @display(description="HTTP methods")
    def methods_in_words(self, obj: Configuration) -> str:
        """What callers may do; for Out, the one with which the external system is called."""
        return ", ".join(obj.methods) if obj.is_out else methods_of_callers(obj.methods)

    @display(description="Request URL")
    def shown_url(self, obj: Configuration) -> str:
        """The address; an old one may hold a secret."""
        return redact_url(obj.url)

    def prepare_rows(self, rows: list[Configuration]) -> None:
        """How each of them does."""
        found = health_of(rows)
        for row in rows:
            row.health = found[row.pk]  # type: ignore[attr-defined]

    @display(description="Is it working?", label=LABELS)
    def shown_state(self, obj: Any) -> tuple[str, str]:
        """What its calls and deliveries say, as on the overview."""
        return obj.health.state, obj.health.text

    @display(description="Starts")
    def shown_triggers(self, obj: Configuration) -> str:
        """When it is carried out."""
        if not obj.is_out:
            return "when called"
        found = [
            word for word, on in (("create", obj.on_create), ("update", obj.on_update), ("delete", obj.on_delete)) if on
        ]
        if obj.on_state:
            found.append(f"{obj.state_field} {obj.state_from or 'any'} → {obj.state_to or 'any'}")
        words = [f"on {', '.join(found)}"] if found else []
        if obj.schedule:
            words.append(in_words(obj.schedule).lower())
        return "; ".join(words) or "by hand"

    @display(description="The schedule in words")
    def shown_schedule(self, obj: Configuration) -> str:
        """The cron line in words, with the next three times."""
        if not obj.pk or not obj.schedule:
            return "No schedule: records are sent by hand, by the API, or when they change."
        times, moment = [], timezone.now()
        try:
            check_cron(obj.schedule)
            for _ in range(3):
                moment = schedules.next_time(obj.schedule, moment)
                local = timezone.localtime(moment)
                year = " Y" if local.year != timezone.localdate().year else ""
                times.append(date_format(local, f"D j M{year} H:i"))
        except HubError as error:
            return error.message
        return f"{in_words(obj.schedule)}. Next: {', '.join(times)} ({timezone.get_current_timezone_name()})."

    def has_run_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change it, and whoever was given this alone."""
        return self.has_change_permission(request) or request.user.has_perm("syncconfig.run_configuration")

    @button(
        "Run now",
        "play_arrow",
        "run",
        "run-now",
        dialog=confirm(
            "Run now?",
            "All records that match the filter domain are sent to the external system; a pull fetches its list.",
            "Run",
        ),
    )
    def run_now(self, request: HttpRequest, configuration: Configuration) -> HttpResponse:
        """Send all records that match the filter domain."""
        self._run(request, configuration)
        return go_to(request, reverse("admin:syncconfig_configuration_change", args=[configuration.pk]))

    @display(description="External system")
    def shown_endpoint(self, obj: Configuration) -> str:
        """Whether it is called at all."""
        return endpoints.told(obj)

    @button(
        "Pause",
        "pause",
        "run",
        "pause",
        dialog=confirm("Pause?", "Nothing is sent until somebody resumes it. What comes up meanwhile waits.", "Pause"),
    )
    def pause(self, request: HttpRequest, configuration: Configuration) -> HttpResponse:
        """Send nothing for a while."""
        if endpoints.pause(configuration, f"Paused by {request.user}."):
            self.log_change(request, configuration, "Paused by hand.")
        self.message_user(request, f"“{configuration.name}” sends nothing until it is resumed.", level=messages.SUCCESS)
        return go_to(request, reverse("admin:syncconfig_configuration_change", args=[configuration.pk]))

    @button(
        "Resume",
        "resume",
        "run",
        "resume",
        dialog=confirm("Resume?", "What waits is sent now, whatever happened before.", "Resume"),
    )
    def resume(self, request: HttpRequest, configuration: Configuration) -> HttpResponse:
        """Send again."""
        if endpoints.resume(configuration):
            self.log_change(request, configuration, "Resumed by hand.")
        self.message_user(request, f"“{configuration.name}” sends again.", level=messages.SUCCESS)
        return go_to(request, reverse("admin:syncconfig_configuration_change", args=[configuration.pk]))

    @button("Send again", "replay", "replay", "send-again")
    def send_again(self, request: HttpRequest, configuration: Configuration) -> HttpResponse:
        """Finished messages, then and now."""
        return replaying.page(request, configuration)

    def has_replay_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change configurations, and who was given this alone."""
        return self.has_change_permission(request) or request.user.has_perm("syncconfig.replay_delivery")

    @button("Preview", "visibility", "view", "preview")
    def preview(self, request: HttpRequest, configuration: Configuration) -> HttpResponse:
        """What would be sent or written; nothing is."""
        return previewing.page(request, configuration, may_call=self.has_run_permission(request))

    @button("Run samples", "science", "run", "samples", posts=True)
    def run_samples(self, request: HttpRequest, configuration: Configuration) -> HttpResponse:
        """What the samples give, beside what is expected."""
        return testing.results(request, configuration)

    @button("Check fields", "rule", "run", "check-fields", posts=True)
    def check_fields(self, request: HttpRequest, configuration: Configuration) -> HttpResponse:
        """Does each mapped field still exist in Odoo?"""
        try:
            found = drift.check(configuration)
        except HubError as error:
            self.message_user(request, f"Odoo cannot be asked just now: {error.message}", level=messages.ERROR)
        else:
            for sentence in found:
                self.message_user(request, sentence, level=messages.ERROR)
            if not found:
                self.message_user(request, "All mapped fields are in Odoo, as they were.", level=messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:syncconfig_configuration_change", args=[configuration.pk]))

    @button("Logs", "receipt_long", "view", "logs")
    def see_logs(self, request: HttpRequest, configuration: Configuration) -> HttpResponse:
        """What this configuration exchanged."""
        return HttpResponseRedirect(
            f"{reverse('admin:apilog_apilog_changelist')}?configuration_code={configuration.code}"
        )

    @admin.action(description="Run now: send all matching records", permissions=["run"])
    def run_selected(self, request: HttpRequest, queryset: QuerySet[Configuration]) -> None:
        """Run each of the chosen configurations."""
        for configuration in queryset:
            self._run(request, configuration)

    def _run(self, request: HttpRequest, configuration: Configuration) -> None:
        try:
            runs.start(configuration)
        except HubError as error:
            self.message_user(request, error.message, level=messages.ERROR)
        else:
            self.log_change(request, configuration, "Run by hand.")
            self.message_user(
                request,
                f"“{configuration.name}” has been started. Its records appear under Deliveries in a moment.",
                level=messages.SUCCESS,
            )


@naming.tell
def names_by_code() -> dict[str, str]:
    """How people call the configurations, for the log, which knows their codes."""
    return dict(Configuration.objects.values_list("code", "name"))
