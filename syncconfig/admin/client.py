"""API clients and their tokens in the admin; a new token is shown once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldBooleanWidget

from hub.dialogs import button, confirm, go_to
from hub.errors import HubError
from hub.modeladmin import HubModelAdmin
from hub.moments import short
from syncconfig import companies
from syncconfig.admin import grants
from syncconfig.admin.configuration_form import MethodsField
from syncconfig.admin.deleting import UnsentMixin, counted
from syncconfig.admin.grants import OUT, RunsField
from syncconfig.admin.reading import for_reading, methods_of_callers
from syncconfig.choices import METHODS
from syncconfig.models import ApiClient, ApiToken, Configuration, Grant

FOR_READING = {"grants": "shown_grants", "methods": "shown_methods", "runs": "shown_runs"}


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes none at run time
    """A token's row: when it ends, and a box to end it now."""

    revoke = forms.BooleanField(required=False, widget=UnfoldBooleanWidget)

    class Meta:
        """The rest is only shown."""

        model = ApiToken
        fields = ["expires_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.revoked_at is not None:
            self.fields["revoke"].disabled = True

    def save(self, commit: bool = True) -> Any:
        """Revoked now, if the box is ticked."""
        if self.cleaned_data.get("revoke") and self.instance.revoked_at is None:
            self.instance.revoked_at = timezone.now()
        return super().save(commit)


class TokenInline(TabularInline):
    """The client's tokens and secrets: what is known of them, and when they end."""

    model = ApiToken
    form = TokenForm
    extra = 0
    tab = True
    hide_title = True
    can_delete = False
    readonly_fields = ["shown", "shown_kind", "shown_state", "created_at", "last_used_at"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Who may only look revokes nothing."""
        box = ["revoke"] if self.has_change_permission(request, obj) else []
        return [*self.readonly_fields, "expires_at", *box]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Access tokens come and go by themselves."""
        return super().get_queryset(request).exclude(kind=ApiToken.Kind.ACCESS)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are made by the buttons, which show them."""
        return False

    @display(description="Begins with")
    def shown(self, obj: ApiToken) -> str:
        """Its first characters."""
        return str(obj)

    @display(description="Kind")
    def shown_kind(self, obj: ApiToken) -> str:
        """Token or secret."""
        return obj.get_kind_display()

    @display(
        description="State",
        label={"Valid": "success", "Expired": "warning", "Revoked": "danger", "Client is off": "warning"},
    )
    def shown_state(self, obj: ApiToken) -> str:
        """Whether it opens the door."""
        if obj.revoked_at is not None:
            return "Revoked"
        if not obj.in_force(timezone.now()):
            return "Expired"
        return "Valid" if obj.client.active else "Client is off"


class ApiClientForm(forms.ModelForm):  # type: ignore[type-arg]  # Django takes none at run time
    """The client's form: what it may use as a table of check boxes."""

    methods = MethodsField(
        choices=METHODS, widget=UnfoldAdminCheckboxSelectMultipleWidget, required=False, label="HTTP methods"
    )
    grants = grants.GrantsField(
        required=False,
        label="Configurations",
        help_text="Tick what it may do: GET reads and searches, POST creates, PUT and PATCH update, DELETE deletes.",
    )
    runs = RunsField(
        queryset=Configuration.objects.filter(request_type=OUT),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=False,
        label="May run",
        help_text="Out configurations that it may start: POST /api/sync/v1/configs/CODE/run. “May use all” does not "
        "include these.",
    )

    class Meta:
        """All that people may change."""

        model = ApiClient
        fields = ["name", "login", "active", "all_configurations", "methods", "networks", "company_id",
                  "calls_per_hour", "calls_per_minute", "jobs_waiting", "note"]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = list(Configuration.objects.filter(request_type="in"))
        self.unchecked = ""
        if "grants" in self.fields:
            self.fields["grants"].offer(self.offered)  # type: ignore[attr-defined]
            self.initial["grants"] = grants.ticked(self.instance)
        if "runs" in self.fields:
            self.initial["runs"] = grants.runs_of(self.instance)
        if "methods" in self.fields:
            self.fields["methods"].help_text = ApiClient._meta.get_field("methods").help_text

    def clean(self) -> dict[str, Any]:
        """A client that may use all may do something; its company exists."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("methods"):
            if cleaned.get("all_configurations"):
                self.add_error("methods", "Choose at least one HTTP method; GET alone lets it read.")
            cleaned["methods"] = self.instance.methods or grants.ALL
        self._check_company(cleaned)
        return cleaned

    def _check_company(self, cleaned: dict[str, Any]) -> None:
        company, chosen = cleaned.get("company_id"), cleaned.get("grants") or {}
        if not company or not {"company_id", "grants", "all_configurations"} & set(self.changed_data):
            return
        used = [one for one in self.offered if cleaned.get("all_configurations") or one.pk in chosen]
        try:
            wrong = companies.missing(company, used)
        except HubError as error:
            self.unchecked = error.message
            return
        if wrong:
            self.add_error("company_id", wrong)

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]  # Django's own hook, left out of its stubs
        if "grants" in self.cleaned_data:
            grants.save(self.instance, self.cleaned_data["grants"], self.offered)
        if "runs" in self.cleaned_data:
            grants.save_runs(self.instance, self.cleaned_data["runs"])


@admin.register(ApiClient)
class ApiClientAdmin(UnsentMixin, HubModelAdmin):
    """External systems, what they may use, and when they last called."""

    form = ApiClientForm
    list_display = ["name", "login", "may_use", "shown_tokens", "last_used", "active"]
    list_filter = ["active"]
    search_fields = ["name", "login", "note"]
    search_help_text = "Name, client ID or note"
    empty_text = "An API client is an external system that may call the hub. Its tokens open the door."
    inlines = [TokenInline]
    conditional_fields = {"grants": "all_configurations == false", "methods": "all_configurations == true"}
    actions_detail = ["new_token", "new_secret", "revoke_tokens"]
    fieldsets = [
        (None, {"fields": [("name", "login"), ("active", "company_id"), "note"]}),
        ("May use", {"classes": ["tab"], "fields": ["all_configurations", "methods", "grants", "runs"]}),
        ("Networks", {"classes": ["tab"], "fields": ["networks"]}),
        ("Limits", {"classes": ["tab"], "fields": [("calls_per_hour", "calls_per_minute"), "jobs_waiting"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: ApiClient | None = None) -> Any:
        """Who may only look reads words in place of check boxes, and only those that count."""
        if obj is None or self.has_change_permission(request):
            return self.fieldsets
        return for_reading(self.fieldsets, FOR_READING, ["shown_grants" if obj.all_configurations else "shown_methods"])

    def get_inlines(self, request: HttpRequest, obj: ApiClient | None) -> list[Any]:
        """Tokens belong to a client that exists."""
        return [] if obj is None else list(self.inlines)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiClient]:
        """With the time of the last call."""
        lasting = ApiToken.objects.exclude(kind=ApiToken.Kind.ACCESS)
        granted = Grant.objects.select_related("configuration")
        return (
            super()
            .get_queryset(request)
            .prefetch_related(Prefetch("tokens", lasting), Prefetch("grants", granted))
            .annotate(used=Max("tokens__last_used_at"))
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """How many tokens go with them: a list of all that were ever issued would help nobody."""
        return counted(ApiClient.objects.filter(pk__in=[one.pk for one in objs]))

    def save_model(self, request: HttpRequest, obj: ApiClient, form: ApiClientForm, change: bool) -> None:
        """Save, and say what could not be checked."""
        super().save_model(request, obj, form, change)
        if form.unchecked:
            self.message_user(
                request, f"Saved, but the company could not be looked up: {form.unchecked}", level=messages.WARNING
            )

    @display(description="May use")
    def may_use(self, obj: ApiClient) -> str:
        """Its configurations."""
        runs = [f"{name} (run)" for name in grants.runs_in_words(obj)]
        if obj.all_configurations:
            less = set(obj.methods) < set(grants.ALL)
            every = "all active In configurations" + (f" ({', '.join(obj.methods)})" if less else "")
            return ", ".join([every, *runs])
        return ", ".join([*grants.in_words(obj), *runs]) or "nothing yet: choose configurations"

    @display(description="Configurations")
    def shown_grants(self, obj: ApiClient) -> str:
        """What it may use, a line each."""
        return format_html_join("", "<div>{}</div>", [(line,) for line in grants.in_words(obj)]) or "None."

    @display(description="May run")
    def shown_runs(self, obj: ApiClient) -> str:
        """The Out configurations that it may start, a line each."""
        return format_html_join("", "<div>{}</div>", [(line,) for line in grants.runs_in_words(obj)]) or "None."

    @display(description="HTTP methods")
    def shown_methods(self, obj: ApiClient) -> str:
        """What it may do with all configurations."""
        return methods_of_callers(obj.methods)

    @display(description="Valid tokens")
    def shown_tokens(self, obj: ApiClient) -> int:
        """How many would be accepted now."""
        now = timezone.now()
        return sum(token.in_force(now) for token in obj.tokens.all())

    @display(description="Last call", ordering="used")
    def last_used(self, obj: Any) -> str:
        """When one of its tokens was last used, to the minute."""
        return short(obj.used, "never")

    @button(
        "New token",
        "add",
        "change",
        "new-token",
        dialog=confirm(
            "New token?",
            "It is shown once, on the next page. It is sent as Bearer token, or as the password of Basic. Existing "
            "tokens stay valid.",
            "Make it",
        ),
    )
    def new_token(self, request: HttpRequest, client: ApiClient) -> HttpResponse:
        """Make a token and show it this once."""
        token = client.issue_token()
        self.log_change(request, client, "Made a new token.")
        self.message_user(request, f"The new token, shown only now. Copy it: {token}", level=messages.WARNING)
        return _back(request, client)

    @button(
        "New OAuth secret",
        "vpn_key",
        "change",
        "new-secret",
        dialog=confirm(
            "New OAuth secret?",
            "It is shown once, on the next page. With the client ID and this secret the external system gets access "
            "tokens, each valid for an hour. Existing secrets stay valid.",
            "Make it",
        ),
    )
    def new_secret(self, request: HttpRequest, client: ApiClient) -> HttpResponse:
        """Make a secret for OAuth 2.0 and show it this once."""
        secret = client.issue_secret()
        self.log_change(request, client, "Made a new OAuth secret.")
        self.message_user(
            request,
            f"The client ID is {client.login}. The new secret, shown only now. Copy it: {secret}",
            level=messages.WARNING,
        )
        return _back(request, client)

    @button(
        "Revoke all",
        "block",
        "change",
        "revoke-tokens",
        dialog=confirm(
            "Revoke all tokens and secrets?", "The external system is refused until it gets a new one.", "Revoke"
        ),
    )
    def revoke_tokens(self, request: HttpRequest, client: ApiClient) -> HttpResponse:
        """Refuse all its tokens and secrets from now on."""
        valid = ApiToken.objects.filter(client=client, revoked_at__isnull=True)
        count = valid.exclude(kind=ApiToken.Kind.ACCESS).count()
        valid.update(revoked_at=timezone.now())
        self.log_change(request, client, "Revoked all tokens and secrets.")
        self.message_user(request, f"{count} token{'s' if count != 1 else ''} revoked: they are refused from now on.")
        return _back(request, client)


def _back(request: HttpRequest, client: ApiClient) -> HttpResponse:
    return go_to(request, reverse("admin:syncconfig_apiclient_change", args=[client.pk]))
