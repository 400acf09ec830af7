"""Believing a reverse proxy, and only a configured one."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from hub import addresses

FORWARDED = ("HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


DISBELIEVED = "hub.forwarded_by_a_stranger"
"""The mark on a request that lost such headers: it may come from elsewhere than its address says."""


class TrustedProxiesMiddleware:
    """Takes the forwarding headers from every request that does not come from a trusted proxy."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _trusted(request.META.get("REMOTE_ADDR", "")):
            for name in FORWARDED:
                if request.META.pop(name, None) is not None:
                    request.META[DISBELIEVED] = True
        return self.get_response(request)


def client_address(request: HttpRequest) -> str:
    """Who calls: the last address on the way here that is no trusted proxy's, so that nobody chooses their own.

    The one answer for logs, lists of networks, limits and lockout.
    """
    found = str(request.META.get("REMOTE_ADDR", ""))
    for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
        named = addresses.read(hop)
        if named is None or not _trusted(found):
            break
        found = str(named)
    return str(addresses.read(found) or found)


def _trusted(address: str) -> bool:
    return addresses.is_within(address, addresses.networks(",".join(settings.HUB_TRUSTED_PROXIES)))
