"""Who calls, and which configuration answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework.request import Request

from hub.api.errors import MethodNotAllowed
from hub.errors import NotAuthenticated, NotFound, NotPermitted
from syncconfig.models import ApiClient, ApiToken, Configuration
from syncconfig.models.client import digest

USED_EVERY = timedelta(minutes=1)
"""How exact `last used` is: writing it at every call would cost more than it tells."""

CHOOSER = "X-Sync-Config"
"""Header with a configuration's code, for models that several configurations offer to the same caller."""


@dataclass(frozen=True)
class Caller:
    """An authenticated client, through one of its tokens."""

    client: ApiClient
    token: ApiToken

    def configurations(self) -> QuerySet[Configuration]:
        """The active In configurations that it may use."""
        active = Configuration.objects.filter(active=True, request_type="in", connection__active=True)
        return active if self.client.all_configurations else active.filter(clients=self.client)


def authenticate(request: Request) -> Caller:
    """The caller behind the bearer token (RFC 6750, 2.1); raises NotAuthenticated, the same for every wrong token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if not token:
        raise NotAuthenticated("Send a token in the header Authorization: Bearer TOKEN.")
    if scheme.lower() != "bearer":
        raise NotAuthenticated(
            f"Authorization type {scheme[:20]!r} is not accepted here. Send Authorization: Bearer TOKEN."
        )
    now = timezone.now()
    found = ApiToken.objects.select_related("client").filter(digest=digest(token)).first()
    if found is None or not found.valid_at(now):
        raise NotAuthenticated("The token is wrong, expired or revoked. Ask the hub's administrator for a new one.")
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
    if found.last_used_at is None or now - found.last_used_at > USED_EVERY:
        ApiToken.objects.filter(stale, pk=found.pk).update(last_used_at=now)
    return Caller(found.client, found)


def configuration_for(caller: Caller, model: str, method: str, code: str = "") -> Configuration:
    """The configuration that answers ``method`` on ``model`` for this caller.

    Where several do, ``code`` (the header X-Sync-Config) chooses. Raises NotFound when the caller has
    none for the model, NotPermitted for a code that is not its own, MethodNotAllowed otherwise.
    """
    mine = list(caller.configurations().filter(model=model).select_related("connection").order_by("code"))
    if not mine:
        raise NotFound(
            f"There is no active In configuration for the model `{model[:100]}` that you may use. "
            "GET /api/sync/v1/ lists what you may."
        )
    if code:
        mine = [one for one in mine if one.code == code]
        if not mine:
            raise NotPermitted(f"You have no configuration `{code[:64]}` for {model}.")
    for one in mine:
        if method in one.methods:
            return one
    allowed = sorted({name for one in mine for name in one.methods})
    raise MethodNotAllowed(f"{method} is not allowed on {model}: your configuration offers {', '.join(allowed)}.")
