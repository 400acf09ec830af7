"""Webhooks that callers registered, and the demo receiver: what arrived."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from hub.modeladmin import HubModelAdmin
from hub.moments import short
from hub.readonly import ReadOnlyMixin
from syncconfig import endpoints
from syncconfig.admin.deleting import UnsentMixin, goes_along
from syncconfig.models import ApiClient, Configuration
from webhooks import rights
from webhooks.models import ReceivedMessage, Subscription


@admin.register(ReceivedMessage)
class ReceivedMessageAdmin(ReadOnlyMixin, HubModelAdmin):
    """A stand-in for a third party: each call as it came."""

    list_display = ["shown_moment", "method", "shown_path", "shown_body"]
    list_filter = ["path"]
    search_fields = ["body"]
    search_help_text = "Part of what was sent"
    empty_text = "Press Run now on one of the demo's Out configurations: what it sends arrives here."
    list_before_template = "admin/webhooks/receiver_note.html"
    fields = ["received_at", "method", "path", "message_id", "shown_headers", "pretty_body"]
    readonly_fields = ["shown_headers", "pretty_body"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see deliveries may see what arrived."""
        return bool(request.user.has_perm("syncconfig.view_delivery")) or super().has_view_permission(request, obj)

    @display(description="Received", ordering="received_at")
    def shown_moment(self, obj: ReceivedMessage) -> str:
        """When."""
        return short(obj.received_at)

    @display(description="Address")
    def shown_path(self, obj: ReceivedMessage) -> str:
        """Below /demo/receiver/."""
        return f"/{obj.path}"

    @display(description="What it carried")
    def shown_body(self, obj: ReceivedMessage) -> str:
        """The beginning of the body."""
        return obj.body if len(obj.body) <= 120 else f"{obj.body[:119]}…"

    @display(description="Body")
    def pretty_body(self, obj: ReceivedMessage) -> str:
        """The body, JSON with line breaks."""
        try:
            text = json.dumps(json.loads(obj.body), indent=2, ensure_ascii=False)
        except ValueError:
            text = obj.body
        return format_html('<pre class="hub-code">{}</pre>', text)

    @display(description="Headers")
    def shown_headers(self, obj: ReceivedMessage) -> str:
        """A line each."""
        return "\n".join(f"{name}: {value}" for name, value in obj.headers)


@admin.register(Subscription)
class SubscriptionAdmin(UnsentMixin, ReadOnlyMixin, HubModelAdmin):
    """What external systems registered: each is served by an Out configuration, where all else is to be seen."""

    list_display = [
        "public_id",
        "client",
        "shown_model",
        "shown_events",
        "shown_url",
        "shown_state",
        "shown_registered",
    ]
    list_filter = ["client"]
    list_select_related = list(rights.NEEDED)
    search_fields = ["public_id", "client__name", "configuration__url"]
    search_help_text = "Webhook id, client or address"
    empty_text = "External systems register webhooks by the API: POST /api/sync/v1/webhooks."
    fields = [
        "public_id",
        "client",
        "shown_model",
        "shown_events",
        "shown_url",
        "shown_fields",
        "shown_state",
        "served_by",
        "created_at",
    ]
    readonly_fields = ["shown_model", "shown_events", "shown_url", "shown_fields", "shown_state", "served_by"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see configurations."""
        return bool(request.user.has_perm("syncconfig.view_configuration")) or super().has_view_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscription]:
        """With what tells what each may send."""
        return super().get_queryset(request).prefetch_related(*rights.LISTED)

    @display(description="Model")
    def shown_model(self, obj: Subscription) -> str:
        """The Odoo model."""
        return obj.configuration.model

    @display(description="Events")
    def shown_events(self, obj: Subscription) -> str:
        """As its owner spelled them."""
        return ", ".join(obj.events)

    @display(description="Address")
    def shown_url(self, obj: Subscription) -> str:
        """Where they go."""
        return obj.configuration.url

    @display(description="Fields")
    def shown_fields(self, obj: Subscription) -> str:
        """Those that it sends, as far as its owner may read them now."""
        return ", ".join(rule.external_key for rule in rights.of(obj).rules) or "none"

    @display(description="How it does")
    def shown_state(self, obj: Subscription) -> str:
        """Whether it is called, and why not."""
        why_not, told = rights.of(obj).why_not, endpoints.told(obj.configuration)
        return f"Sends nothing. {why_not}" if why_not and why_not not in told else told

    @display(description="Registered", ordering="created_at")
    def shown_registered(self, obj: Subscription) -> str:
        """When."""
        return short(obj.created_at)

    @display(description="Served by")
    def served_by(self, obj: Subscription) -> str:
        """The configuration."""
        url = reverse("admin:syncconfig_configuration_change", args=[obj.configuration_id])
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', url, obj.configuration)


@goes_along
def served_by_webhooks(rows: Sequence[Model]) -> Iterable[Configuration]:
    """What serves webhooks that are deleted themselves, or with their client, or with what they read by."""
    lost = Q(pk__in=[one.pk for one in rows if isinstance(one, Subscription)])
    lost |= Q(client__in=[one.pk for one in rows if isinstance(one, ApiClient)])
    lost |= Q(source__in=[one.pk for one in rows if isinstance(one, Configuration)])
    return [one.configuration for one in Subscription.objects.filter(lost).select_related("configuration")]
