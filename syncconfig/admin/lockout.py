"""Who is kept out after too many failed attempts, and a way to let them in again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import action, display

from hub.modeladmin import HubModelAdmin
from hub.moments import short
from hub.readonly import ReadOnlyMixin
from syncconfig import lockout
from syncconfig.models import Lockout


@admin.register(Lockout)
class LockoutAdmin(ReadOnlyMixin, HubModelAdmin):
    """Failed attempts of the last day, by where they came from; for those who may see or change API clients."""

    list_display = ["place", "shown_login", "door", "failures", "shown_last", "shown_state"]
    list_display_links = None
    list_filter = ["door"]
    list_filter_submit = False
    search_fields = ["place", "login"]
    search_help_text = "Network address, user or client ID"
    empty_text = "Whoever fails too often to say who they are, at the API or at the admin's login page, is listed here."
    actions = ["let_in"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lockout]:
        """Those that failed; who got in since is none of them."""
        return super().get_queryset(request).filter(failures__gt=0)

    @display(description="As", ordering="login")
    def shown_login(self, obj: Lockout) -> str:
        """The client or user, as far as there is one."""
        if lockout.is_of_place(obj):
            return "all together"
        return obj.login or "somebody unknown"

    @display(description="Last one", ordering="failed_at")
    def shown_last(self, obj: Lockout) -> str:
        """When they failed for the last time."""
        return short(obj.failed_at)

    @display(description="State", ordering="locked_until", label={"out": "danger", "in": "info"})
    def shown_state(self, obj: Lockout) -> tuple[str, str]:
        """Whether they are kept out now, and until when."""
        if obj.locked_until is None or obj.locked_until <= timezone.now():
            return "in", "May try"
        return "out", f"Kept out until {short(obj.locked_until)}"

    @action(description="Let in again", permissions=["delete"])
    def let_in(self, request: HttpRequest, queryset: QuerySet[Lockout]) -> None:
        """Forget their failures."""
        count = queryset.delete()[0]
        self.message_user(request, f"Let in again: {count}.", level=messages.SUCCESS)

    def get_actions(self, request: HttpRequest) -> Any:
        """Letting in again is the word for deleting."""
        return {name: one for name, one in super().get_actions(request).items() if name != "delete_selected"}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for API clients."""
        return bool(request.user.has_perm("syncconfig.view_apiclient"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change API clients may let them in again."""
        return bool(request.user.has_perm("syncconfig.change_apiclient"))
