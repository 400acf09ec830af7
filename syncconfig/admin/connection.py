"""Odoo connections in the admin, with Test connection and the browser of the embedded Odoo."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from unfold.decorators import display

from hub.dialogs import button, confirm, go_to
from hub.errors import HubError
from hub.modeladmin import HubModelAdmin
from hub.widgets import SecretsAdminMixin, SecretsMixin
from syncconfig import checking, hearing, held, listening, sources
from syncconfig.admin import browser
from syncconfig.models import OdooConnection
from syncconfig.models.connection import EMBEDDED

HEARD = {
    sources.OUTBOX: "outbox: every change, at once",
    sources.INSIDE: "an outbox inside of Odoo: creations, updates and deletions, within a second or two",
    sources.HINTS: "webhooks: Odoo hints, and the hub looks; creations, updates and deletions, within seconds",
    sources.POLLING: "polling: creations and updates, every few seconds; “Hear everything” sets up more",
}
HELD = (
    "{} waiting deliveries name records of another database than this connection leads to now. "
    "They are held, not sent; see Deliveries, state Another database."
)


class ConnectionForm(SecretsMixin):
    """The connection's form; empty secrets keep what is stored, as long as the address leads to the same Odoo."""

    goes_to = "url"

    class Meta:
        """All that people may change."""

        model = OdooConnection
        exclude = ("from_environment",)

    def unused(self, cleaned: dict[str, Any]) -> set[str]:
        """The embedded Odoo asks for no credentials."""
        return {"password", "api_key"} if cleaned.get("transport") == EMBEDDED else set()


admin.site.index_title = "Overview"
admin.site.extra_urls = browser.urls  # type: ignore[attr-defined]  # Unfold's site asks for it


@admin.register(OdooConnection)
class OdooConnectionAdmin(SecretsAdminMixin, HubModelAdmin):
    """Where Odoo is, and whether it can be reached."""

    form = ConnectionForm
    list_display = ["name", "place", "shown_check", "shown_changes", "active"]
    list_filter = ["active", "transport"]
    search_fields = ["name", "code", "url"]
    search_help_text = "Name, code or address"
    empty_text = "A connection says where an Odoo is, and as which of its users the hub works."
    prepopulated_fields = {"code": ["name"]}
    readonly_fields = ["shown_environment", "last_check", "shown_changes", "shown_hints"]
    actions_detail = ["test_connection", "hear_everything", "hear_by_webhooks", "webhooks_by_hand", "stop_hearing"]
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
            hints = ["shown_hints"] if sources.way_of(obj) == sources.HINTS else []
            sets.append(("What the hub sees", {"fields": ["last_check", "shown_changes", *hints]}))
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
        if models := sources.broken_in(obj):
            return f"{HEARD[sources.POLLING]}. The outbox in Odoo was changed or removed: {', '.join(models)}"
        return HEARD[sources.way_of(obj)]

    @display(description="Hints")
    def shown_hints(self, obj: OdooConnection) -> str:
        """Whether they arrive."""
        return hearing.arrivals(obj) if sources.way_of(obj) == sources.HINTS else "None are expected."

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """One that configurations need is not deleted; what to do instead is said."""
        connection = self.get_object(request, unquote(object_id))
        needed = list(connection.configurations.all()) if connection is not None else []
        if not needed or not self.has_delete_permission(request):
            return super().delete_view(request, object_id, extra_context)
        self.message_user(
            request,
            f"“{connection}” cannot be deleted while configurations need it: {', '.join(map(str, needed))}. Delete "
            "them first, or give them another connection. To stop using it, switch it off.",
            level=messages.ERROR,
        )
        return HttpResponseRedirect(reverse("admin:syncconfig_odooconnection_change", args=[connection.pk]))

    def save_model(self, request: HttpRequest, obj: OdooConnection, form: Any, change: bool) -> None:
        """Say what becomes of messages when the connection leads to another database; hear that from now on."""
        super().save_model(request, obj, form, change)
        self.afterwards(request, listening.begin)
        self.afterwards(request, lambda: self._tell_what_is_held(request, obj))

    def _tell_what_is_held(self, request: HttpRequest, connection: OdooConnection) -> None:
        with suppress(HubError):
            if waiting := held.strange(connection):
                self.message_user(request, HELD.format(waiting), level=messages.WARNING)

    def has_test_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may change it, and whoever was given this alone."""
        return self.has_change_permission(request) or request.user.has_perm("syncconfig.test_odooconnection")

    @button("Test connection", "network_check", "test", "test-connection", posts=True)
    def test_connection(self, request: HttpRequest, connection: OdooConnection) -> HttpResponse:
        """Log in, ask for the version and read one record."""
        ok = checking.check(connection)
        level = messages.SUCCESS if ok else messages.ERROR
        self.message_user(request, connection.check_message, level=level)
        return HttpResponseRedirect(reverse("admin:syncconfig_odooconnection_change", args=[connection.pk]))

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Setting up is for a real Odoo, taking down for one in which something was set up."""
        connection = self.get_object(request, str(object_id))
        way = sources.way_of(connection) if connection is not None else sources.OUTBOX
        left_out = {
            sources.OUTBOX: ("hear_everything", "hear_by_webhooks", "webhooks_by_hand", "stop_hearing"),
            sources.POLLING: ("stop_hearing",),
            sources.HINTS: (),
            sources.INSIDE: ("webhooks_by_hand",),
        }[way]
        actions = super().get_actions_detail(request, object_id)
        return [one for one in actions if not one.action_name.endswith(left_out or ("\0",))]

    @button(
        "Hear everything",
        "hearing",
        "change",
        "hear",
        dialog=confirm(
            "Set up the best that this Odoo allows?",
            "An outbox: the hub makes a small model and three automation rules for each model that it listens to, in "
            "Odoo's own settings. Deletions are heard then, too, and everything within a second or two. Where that may "
            "not be, webhooks. Doing it again mends what was set up. “Stop hearing” removes all of it.",
            "Set up",
        ),
    )
    def hear_everything(self, request: HttpRequest, connection: OdooConnection) -> HttpResponse:
        """Set up the strongest way, or mend what there is."""
        return self._hearing(request, connection, hearing.set_up)

    @button(
        "Hear by webhooks",
        "webhook",
        "change",
        "hear-by-webhooks",
        dialog=confirm(
            "Set up webhooks in this Odoo?",
            "The hub makes two automation rules for each model that it listens to, in Odoo's own settings; they tell "
            "it when to look. Deletions are heard then, too, within seconds, and Odoo is seldom asked in vain. Odoo "
            "must reach the hub at HUB_PUBLIC_URL. What was set up before is replaced.",
            "Set up",
        ),
    )
    def hear_by_webhooks(self, request: HttpRequest, connection: OdooConnection) -> HttpResponse:
        """Set the webhooks up, or mend them."""
        return self._hearing(request, connection, partial(hearing.set_up, by=hearing.WEBHOOK))

    @button(
        "Webhook addresses",
        "key",
        "change",
        "webhook-addresses",
        dialog=confirm(
            "New addresses for Odoo's webhooks?",
            "For webhooks that somebody makes by hand in Odoo, the next page shows two addresses, this once, and what "
            "to do with them. Those that the hub made get new ones by themselves. Former addresses lead nowhere then.",
            "New addresses",
        ),
    )
    def webhooks_by_hand(self, request: HttpRequest, connection: OdooConnection) -> HttpResponse:
        """Make new addresses; show those that people are to type."""
        has_own = bool(sources.hints_of(connection))
        return self._hearing(request, connection, hearing.renew if has_own else hearing.by_hand)

    @button(
        "Stop hearing",
        "hearing_disabled",
        "change",
        "stop-hearing",
        dialog=confirm(
            "Remove what was set up in this Odoo?",
            "What an outbox holds is heard first. Then model and rules are removed, and the hub asks every few seconds "
            "again; deletions are not heard any more. Webhooks that were made by hand lead nowhere then.",
            "Remove",
        ),
    )
    def stop_hearing(self, request: HttpRequest, connection: OdooConnection) -> HttpResponse:
        """Remove it; nothing is left behind."""
        return self._hearing(request, connection, hearing.remove)

    def _hearing(
        self, request: HttpRequest, connection: OdooConnection, work: Callable[[OdooConnection], str]
    ) -> HttpResponse:
        try:
            self.message_user(request, work(connection), level=messages.SUCCESS)
            self.log_change(request, connection, "Changed how changes in Odoo are heard.")
        except HubError as error:
            self.message_user(request, error.message, level=messages.ERROR)
        return go_to(request, reverse("admin:syncconfig_odooconnection_change", args=[connection.pk]))
