"""Webhooks for external systems: register, look, pause, delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from hub.api.envelope import success
from hub.errors import InvalidInput, NotFound, NotPermitted
from hub.flow import events
from hub.flow.inbound import as_object
from hub.moments import iso
from syncconfig import endpoints
from syncconfig.api.base import ApiView
from syncconfig.models import ApiClient, Configuration
from webhooks import rights, subscriptions
from webhooks.models import Subscription

BY_WEBHOOK = ("url", "events", "model", "fields", "conditions", "authentication")
BY_EVENT = ("events", "model", "callback_url", "filters", "fields", "authentication")


class WebhooksView(ApiView):
    """``/api/sync/v1/webhooks``: register one, list one's own."""

    operation = "webhooks"
    style = events.WEBHOOK
    known = BY_WEBHOOK
    parameters = dict.fromkeys(("GET", "POST", "PATCH", "DELETE"), ())

    def post(self, request: Request) -> Response:
        """201 with its id; its owner must be allowed to read the model by an In configuration."""
        client = self.client()
        body = as_object(request.data, "The body")
        model = body.get("model")
        if not isinstance(model, str) or not model:
            raise InvalidInput(
                "`model` is missing, such as res.partner.", field="model", value=None, constraint="required"
            )
        inbound = self.inbound(request, model, "GET")
        source = Configuration.objects.select_related("connection").get(code=inbound.plan.code)
        asked = subscriptions.wanted(body, inbound, style=self.style, known=self.known)
        made = subscriptions.register(client, source, asked)
        return self.located(Response(success(webhook_id=made.public_id, status="active"), status=201))

    def location_of(self, content: Mapping[str, Any]) -> str:
        """Of the webhook that was registered."""
        return f"/api/sync/v1/webhooks/{content['webhook_id']}"

    def get(self, request: Request) -> Response:
        """One's own, newest first."""
        mine = Subscription.objects.filter(client=self.client()).select_related(*rights.NEEDED)
        mine = mine.prefetch_related(*rights.LISTED)
        return Response(success(webhooks=[told(one) for one in mine]))

    def client(self) -> ApiClient:
        """Whose webhooks they are; raises NotPermitted for who calls without a token."""
        assert self.caller is not None
        if self.caller.client is None:
            raise NotPermitted("Webhooks belong to API clients: call with a token.")
        return self.caller.client


class SubscribeView(WebhooksView):
    """``/api/sync/v1/events/subscribe``: the same in the spelling of events."""

    operation = "subscribe"
    style = events.EVENT
    known = BY_EVENT
    http_method_names = ["post"]


class WebhookView(WebhooksView):
    """``/api/sync/v1/webhooks/{id}``: one of one's own."""

    http_method_names = ["get", "patch", "delete", "head"]

    def get(self, request: Request, public_id: str) -> Response:  # type: ignore[override]
        """What it is, and how it does."""
        return Response(success(**told(self.mine(public_id))))

    def patch(self, request: Request, public_id: str) -> Response:
        """Pause it, or let it go on."""
        one = self.mine(public_id)
        subscriptions.change(one, as_object(request.data, "The body"))
        return Response(success(**told(one)))

    def delete(self, request: Request, public_id: str) -> Response:
        """Nothing is sent any more, not even what waits."""
        self.mine(public_id).delete()
        return Response(success(message="Webhook deleted successfully", webhook_id=public_id))

    def mine(self, public_id: str) -> Subscription:
        """Raises NotFound for one that is not there, or another client's."""
        found = Subscription.objects.filter(client=self.client(), public_id=public_id)
        one = found.select_related(*rights.NEEDED).first()
        if one is None:
            raise NotFound(f"You have no webhook {public_id[:40]}.")
        return one


def told(one: Subscription) -> dict[str, Any]:
    """A webhook as its owner sees it, with what it sends now: no secret is in it."""
    standing, bounds = endpoints.standings([one.configuration]).get(one.configuration_id), rights.of(one)
    paused = bool(bounds.why_not) or (standing is not None and standing.paused)
    return {
        "webhook_id": one.public_id,
        "status": "paused" if paused else "active" if standing is None else "waiting",
        "reason": bounds.why_not or (standing.text if standing is not None else None),
        "url": one.configuration.url,
        "events": one.events,
        "model": one.configuration.model,
        "fields": [rule.external_key for rule in bounds.rules],
        "created_at": iso(one.created_at),
    }
