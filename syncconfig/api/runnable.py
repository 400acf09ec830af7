"""Which Out configurations a caller may run: those that its client was given one by one, and no others."""

from __future__ import annotations

from hub.errors import NotFound, NotPermitted
from syncconfig.api.access import Caller
from syncconfig.models import ApiClient, Configuration
from syncconfig.models.client import RUN


def given_to(client: ApiClient) -> list[Configuration]:
    """By code. "May use all" counts for In configurations alone: what is sent out is somebody else's to decide."""
    grants = client.grants.filter(configuration__request_type=Configuration.RequestType.OUT)
    found = grants.select_related("configuration__connection").order_by("configuration__code")
    return [one.configuration for one in found if RUN in one.methods]


def of(caller: Caller) -> list[Configuration]:
    """Those of the client that this token is good for; none for callers without a token."""
    if caller.client is None or caller.token is None:
        return []
    scope = caller.token.scope.split()
    return [one for one in given_to(caller.client) if not scope or one.code in scope]


def by_code(caller: Caller, code: str) -> Configuration:
    """That one; raises NotPermitted for one that was not given, NotFound where there is none."""
    for one in of(caller):
        if one.code == code:
            return one
    if Configuration.objects.filter(code=code, request_type=Configuration.RequestType.OUT).exists():
        if caller.token is not None and caller.token.scope:
            raise NotPermitted(f"Your token was made for another scope: {caller.token.scope[:200]}.")
        raise NotPermitted(f"You may not run the configuration `{code}`. Ask the hub's administrator.")
    raise NotFound(f"There is no Out configuration `{code[:64]}`.")
