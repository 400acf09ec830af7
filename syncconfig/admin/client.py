"""API clients and their tokens in the admin; a new token is shown once."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from hub.dialogs import confirm, go_to
from syncconfig.models import ApiClient, ApiToken


class TokenInline(TabularInline):
    """The client's tokens: what is known of them, and when they end."""

    model = ApiToken
    extra = 0
    hide_title = True
    fields = ["shown", "shown_state", "created_at", "last_used_at", "expires_at"]
    readonly_fields = ["shown", "shown_state", "created_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Tokens are made by New token, which shows them."""
        return False

    @display(description="Token")
    def shown(self, obj: ApiToken) -> str:
        """Its first characters."""
        return str(obj)

    @display(
        description="State",
        label={"Valid": "success", "Expired": "warning", "Revoked": "danger", "Client is off": "warning"},
    )
    def shown_state(self, obj: ApiToken) -> str:
        """Whether it opens the door."""
        if obj.revoked_at is not None:
            return "Revoked"
        if obj.expires_at is not None and obj.expires_at <= timezone.now():
            return "Expired"
        return "Valid" if obj.client.active else "Client is off"


@admin.register(ApiClient)
class ApiClientAdmin(ModelAdmin):
    """External systems, what they may use, and when they last called."""

    list_display = ["name", "may_use", "shown_tokens", "last_used", "active"]
    list_filter = ["active"]
    search_fields = ["name", "note"]
    filter_horizontal = ["configurations"]
    inlines = [TokenInline]
    conditional_fields = {"configurations": "all_configurations == false"}
    actions_detail = ["new_token", "revoke_tokens"]
    fieldsets = [(None, {"fields": [("name", "active"), "all_configurations", "configurations", "note"]})]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiClient]:
        """With the time of the last call."""
        return (
            super()
            .get_queryset(request)
            .prefetch_related("configurations", "tokens")
            .annotate(used=Max("tokens__last_used_at"))
        )

    @display(description="May use")
    def may_use(self, obj: ApiClient) -> str:
        """Its configurations."""
        if obj.all_configurations:
            return "all active In configurations"
        return ", ".join(one.name for one in obj.configurations.all()) or "nothing yet: choose configurations"

    @display(description="Valid tokens")
    def shown_tokens(self, obj: ApiClient) -> int:
        """How many would be accepted now."""
        now = timezone.now()
        return sum(
            token.revoked_at is None and (token.expires_at is None or token.expires_at > now)
            for token in obj.tokens.all()
        )

    @display(description="Last call", ordering="used")
    def last_used(self, obj: Any) -> Any:
        """When one of its tokens was last used, to the minute."""
        return obj.used or "never"

    @action(
        description="New token",
        icon="add",
        permissions=["change"],
        url_path="new-token",
        dialog=confirm("New token?", "It is shown once, on the next page. Existing tokens stay valid.", "Make it"),
    )
    def new_token(self, request: HttpRequest, form: Form, object_id: int) -> HttpResponse:
        """Make a token and show it this once."""
        token = ApiClient.objects.get(pk=object_id).issue_token()
        self.message_user(request, f"The new token, shown only now. Copy it: {token}", level=messages.WARNING)
        return _back(request, object_id)

    @action(
        description="Revoke all tokens",
        icon="block",
        permissions=["change"],
        url_path="revoke-tokens",
        dialog=confirm("Revoke all tokens?", "The external system is refused until it gets a new one.", "Revoke"),
    )
    def revoke_tokens(self, request: HttpRequest, form: Form, object_id: int) -> HttpResponse:
        """Refuse all its tokens from now on."""
        count = ApiToken.objects.filter(client_id=object_id, revoked_at__isnull=True).update(revoked_at=timezone.now())
        self.message_user(request, f"{count} token{'s' if count != 1 else ''} revoked: they are refused from now on.")
        return _back(request, object_id)


def _back(request: HttpRequest, object_id: int) -> HttpResponse:
    return go_to(request, reverse("admin:syncconfig_apiclient_change", args=[object_id]))
