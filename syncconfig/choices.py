"""The choices of the admin, taken from the engine's registries so that a new class shows up by itself."""

from __future__ import annotations

from hub.flow import listing, paging
from hub.http import bodies, schemes
from hub.odoo import connect
from hub.transform.kinds import kind_choices

METHODS = [(name, name) for name in ("GET", "POST", "PUT", "PATCH", "DELETE")]


def transports() -> list[tuple[str, str]]:
    """How to talk to Odoo."""
    return connect.transports()


def auth_schemes() -> list[tuple[str, str]]:
    """How the hub shows who it is."""
    return schemes.choices()


def body_types() -> list[tuple[str, str]]:
    """How a request carries its data."""
    return bodies.choices()


def pagings() -> list[tuple[str, str]]:
    """How a third party hands out a long list."""
    return paging.choices()


def answer_formats() -> list[tuple[str, str]]:
    """What a list may come in."""
    return list(listing.FORMATS.items())


def kinds() -> list[tuple[str, str]]:
    """How a mapping row turns one value into the other."""
    return kind_choices()
