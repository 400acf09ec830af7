"""Odoo connections in the admin, with Test connection and the browser of the embedded Odoo."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from hub.widgets import SecretsAdminMixin, SecretsMixin
from syncconfig import checking, listening
from syncconfig.admin import browser
from syncconfig.models import OdooConnection

HEARD = {
    listening.OUTBOX: "outbox: every change, at once",
    listening.POLLING: "polling: creations and updates, every few seconds",
}


class ConnectionForm(SecretsMixin):
    """The connection's form; empty secrets keep what is stored."""

    class Meta:
        """All that people may change."""

        model = OdooConnection
        exclude = ("from_environment",)


admin.site.index_title = "Overview"
admin.site.extra_urls = browser.urls  # type: ignore[attr-defined]  # Unfold's site asks for it


@admin.register(OdooConnection)
class OdooConnectionAdmin(SecretsAdminMixin, ModelAdmin):
    """Where Odoo is, and whether it can be reached."""

    form = ConnectionForm
    list_display = ["name", "place", "shown_check", "shown_changes", "active"]
    list_filter = ["active", "transport"]
    search_fields = ["name", "code", "url"]
    prepopulated_fields = {"code": ["name"]}
    readonly_fields = ["shown_environment", "last_check", "shown_changes"]
    actions_detail = ["test_connection"]
    warn_unsaved_form = True
    conditional_fields = dict.fromkeys(("url", "database", "login", "password", "api_key"), "transport != 'embedded'")

    def get_fieldsets(self, request: HttpRequest, obj: OdooConnection | None = None) -> Any:
        """The demo's connection takes its address from the environment, so there is none to type."""
        where = ["transport", "url", ("database", "login"), "api_key", "password", "company_id"]
        if obj is not None and obj.from_environment:
            where = ["shown_environment", "company_id"]
        sets: list[Any] = [
            (None, {"fields": [("name", "code"), "active"]}),
            ("Where Odoo is", {"fields": where}),
            ("Timeouts in seconds", {"fields": [("connect_timeout", "read_timeout")]}),
        ]
        if obj is not None:
            sets.append(("What the hub sees", {"fields": ["last_check", "shown_changes"]}))
        return sets

    @display(description="Where")
    def place(self, obj: OdooConnection) -> str:
        """The address, or that it is the embedded one."""
        if obj.is_embedded:
            return "Embedded Odoo (in the hub itself)"
        target = obj.target()
        return f"{target.url} · {target.database}"

    @display(description="Set by the environment")
    def shown_environment(self, obj: OdooConnection) -> str:
        """Where the demo's connection points, and how to point it elsewhere."""
        return f"{self.place(obj)}. The HUB_ODOO_* settings decide; they take effect at the next start."

    @display(description="Last check")
    def last_check(self, obj: OdooConnection) -> str:
        """When it was checked, and what it said."""
        if obj.checked_at is None:
            return "Never checked: press Test connection above."
        return f"{date_format(timezone.localtime(obj.checked_at), 'DATETIME_FORMAT')}: {obj.check_message}"

    @display(description="Last check", label={"OK": "success", "Failed": "danger", "Never checked": "info"})
    def shown_check(self, obj: OdooConnection) -> str:
        """How the last check ended."""
        if obj.check_ok is None:
            return "Never checked"
        return "OK" if obj.check_ok else "Failed"

    @display(description="Changes in Odoo are heard by")
    def shown_changes(self, obj: OdooConnection) -> str:
        """The way that is used, which the connection itself decides."""
        return HEARD[listening.source_of(obj)]

    @action(description="Test connection", icon="network_check", permissions=["change"], url_path="test-connection")
    def test_connection(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Log in, ask for the version and read one record."""
        connection = OdooConnection.objects.get(pk=object_id)
        ok = checking.check(connection)
        level = messages.SUCCESS if ok else messages.ERROR
        self.message_user(request, connection.check_message, level=level)
        return HttpResponseRedirect(reverse("admin:syncconfig_odooconnection_change", args=[object_id]))
