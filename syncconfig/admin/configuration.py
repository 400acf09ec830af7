"""Configurations in the admin: in tabs, with only the fields that their direction needs."""

from __future__ import annotations

from typing import Any

from cron_descriptor import FormatException, get_description
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet, TextField
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from hub.dialogs import confirm, go_to
from hub.errors import HubError
from hub.widgets import SecretsAdminMixin, SecretsMixin
from syncconfig import listening, runs, schedules
from syncconfig.admin import previewing
from syncconfig.choices import METHODS
from syncconfig.models import Configuration, Delivery, FieldMapping, Header

OUT = "request_type == 'out'"
IN = "request_type == 'in'"
ONLY_OUT = (
    "url",
    "connect_timeout",
    "read_timeout",
    "auth_scheme",
    "domain",
    "is_paginated",
    "on_create",
    "on_update",
    "on_delete",
    "schedule",
    "max_attempts",
    "shown_schedule",
)
MAIN = [("name", "code"), ("request_type", "active"), ("connection", "model"), "methods", "unmapped", "url"]
OUT_TABS = [
    (
        "Authorization",
        {"classes": ["tab"], "fields": ["auth_scheme", "auth_login", "auth_password", "auth_token", "auth_header"]},
    ),
    ("Records", {"classes": ["tab"], "fields": ["domain", "is_paginated", "page_size"]}),
    ("Triggers", {"classes": ["tab"], "fields": ["on_create", "on_update", "on_delete", "schedule", "shown_schedule"]}),
    ("Delivery", {"classes": ["tab"], "fields": [("connect_timeout", "read_timeout"), "max_attempts"]}),
]


class ConfigurationForm(SecretsMixin):
    """The configuration's form: methods as checkboxes, secrets kept when left empty."""

    methods = forms.MultipleChoiceField(
        choices=METHODS,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=True,
        label="HTTP methods",
        help_text=Configuration._meta.get_field("methods").help_text,
        error_messages={"required": "Choose the HTTP method with which the external system is called."},
    )

    class Meta:
        """All that people may change."""

        model = Configuration
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "request_type" in self.fields:
            # The other direction is another configuration: none of its settings would fit.
            self.fields["request_type"].disabled = True
            self.fields["request_type"].help_text = "Chosen when the configuration is made."


class MappingInline(TabularInline):
    """Which Odoo field goes under which key."""

    model = FieldMapping
    tab = True
    extra = 0
    hide_title = True
    verbose_name = "field mapping"
    formfield_overrides = {TextField: {"widget": UnfoldAdminTextInputWidget}}
    ordering_field = "position"
    hide_ordering_field = True

    def get_fields(self, request: HttpRequest, obj: Configuration | None = None) -> list[str]:
        """A row of an Out configuration only goes out; one of an In configuration is read and written."""
        of_direction = "skip_empty" if obj is not None and obj.is_out else "direction"
        return [
            "odoo_field",
            "external_key",
            "kind",
            "detail",
            "required",
            "default",
            of_direction,
            "optional",
            "position",
        ]


class HeaderForm(SecretsMixin):
    """A header's row: the value is shown unless it is secret."""

    class Meta:
        """All columns."""

        model = Header
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance.secret:
            self.fields["value"].widget = UnfoldAdminTextInputWidget()

    def clean(self) -> dict[str, Any]:
        """A stored secret is never brought to light by unticking Secret: whoever does so types the value anew."""
        typed = self.cleaned_data.get("value")
        cleaned = super().clean()
        if self.instance.pk and self.initial.get("secret") and not cleaned.get("secret") and not typed:
            self.add_error("value", "Type the value again: a secret one is not shown.")
        return cleaned


class HeaderInline(SecretsAdminMixin, TabularInline):
    """What an Out configuration sends along."""

    model = Header
    form = HeaderForm
    hide_title = True
    tab = True
    extra = 0
    fields = ["name", "value", "secret"]


@admin.register(Configuration)
class ConfigurationAdmin(SecretsAdminMixin, ModelAdmin):
    """What is exchanged, and whether it works."""

    form = ConfigurationForm
    list_display = ["name", "direction", "model", "shown_methods", "shown_state", "shown_triggers", "active"]
    list_filter = ["request_type", "active", "connection", "model"]
    search_fields = ["name", "code", "model", "url"]
    prepopulated_fields = {"code": ["name"]}
    readonly_fields = ["shown_schedule"]
    actions_detail = ["preview", "run_now", "see_logs"]
    actions = ["run_selected"]
    warn_unsaved_form = True
    conditional_fields = {
        **dict.fromkeys(ONLY_OUT, OUT),
        "unmapped": IN,
        "page_size": f"{OUT} && is_paginated == true",
        "auth_login": f"{OUT} && auth_scheme == 'basic'",
        "auth_password": f"{OUT} && auth_scheme == 'basic'",
        "auth_token": f"{OUT} && (auth_scheme == 'bearer' || auth_scheme == 'api_key')",
        "auth_header": f"{OUT} && auth_scheme == 'api_key'",
    }
    add_fieldsets = [(None, {"fields": MAIN}), ("Note", {"fields": ["note"]})]

    def get_fieldsets(self, request: HttpRequest, obj: Configuration | None = None) -> Any:
        """A new one begins with the main fields; what its direction needs further follows when it is saved."""
        if obj is None or not obj.is_out:
            return self.add_fieldsets
        return [(None, {"fields": MAIN}), *OUT_TABS, ("Note", {"classes": ["tab"], "fields": ["note"]})]

    def get_inlines(self, request: HttpRequest, obj: Configuration | None) -> list[Any]:
        """Rows belong to a configuration that exists; headers to one that sends."""
        if obj is None:
            return []
        return [MappingInline, HeaderInline] if obj.is_out else [MappingInline]

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Run now is for Out."""
        actions = super().get_actions_detail(request, object_id)
        is_out = Configuration.objects.filter(pk=object_id, request_type="out").exists()
        return [one for one in actions if is_out or not one.action_name.endswith("run_now")]

    def response_add(
        self, request: HttpRequest, obj: Configuration, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Go on with the mappings."""
        self.message_user(request, f"“{obj.name}” is made. Now say which fields are exchanged.", level=messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:syncconfig_configuration_change", args=[obj.pk]) + "#mappings")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows; what happens in Odoo from this moment on is heard."""
        super().save_related(request, form, formsets, change)
        listening.begin()

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

    @display(
        description="Is it working?", label={"OK": "success", "Waiting": "warning", "Given up": "danger", "Off": None}
    )
    def shown_state(self, obj: Configuration) -> tuple[str, str]:
        """What the deliveries say."""
        if not obj.active:
            return "Off", "Off"
        if given_up := obj.deliveries.filter(state=Delivery.State.DEAD).count():
            return "Given up", f"{given_up} given up"
        if waiting := obj.deliveries.filter(finished_at__isnull=True).count():
            return "Waiting", f"{waiting} waiting"
        return "OK", "OK"

    @display(description="Starts")
    def shown_triggers(self, obj: Configuration) -> str:
        """When it is carried out."""
        if not obj.is_out:
            return "when called"
        found = [
            word for word, on in (("create", obj.on_create), ("update", obj.on_update), ("delete", obj.on_delete)) if on
        ]
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
        for _ in range(3):
            moment = schedules.next_time(obj.schedule, moment)
            times.append(date_format(timezone.localtime(moment), "D j M H:i"))
        return f"{in_words(obj.schedule)}. Next: {', '.join(times)} ({timezone.get_current_timezone_name()})."

    @action(
        description="Run now",
        icon="play_arrow",
        permissions=["change"],
        url_path="run-now",
        dialog=confirm("Run now?", "All records that match the filter domain are sent to the external system.", "Run"),
    )
    def run_now(self, request: HttpRequest, form: Form, object_id: int) -> HttpResponse:
        """Send all records that match the filter domain."""
        self._run(request, Configuration.objects.get(pk=object_id))
        return go_to(request, reverse("admin:syncconfig_configuration_change", args=[object_id]))

    @action(description="Preview", icon="visibility", permissions=["view"], url_path="preview")
    def preview(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What would be sent or written; nothing is."""
        return previewing.page(request, object_id)

    @action(description="Logs", icon="receipt_long", permissions=["view"], url_path="logs")
    def see_logs(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """What this configuration exchanged."""
        code = Configuration.objects.get(pk=object_id).code
        return HttpResponseRedirect(f"{reverse('admin:apilog_apilog_changelist')}?configuration_code={code}")

    @admin.action(description="Run now: send all matching records")
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
            self.message_user(
                request,
                f"“{configuration.name}” has been started. Its records appear under Deliveries in a moment.",
                level=messages.SUCCESS,
            )


def in_words(cron: str) -> str:
    """A cron line as a sentence; the line itself where it cannot be told."""
    try:
        return str(get_description(cron))
    except FormatException:
        return cron
