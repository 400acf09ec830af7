"""Webhook automations in a real Odoo (17 and later), set up over RPC: a hint to look, sent when something was changed.

Odoo waits a second for the answer and never tries again, signs nothing, and 17 and 18 send before the commit: so a hint
is never the truth. Two rules for each model, one for saves and one for deletions, each with an address of its own:
nothing that a hint says is needed to tell them apart. Seen on 19.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.errors import Misconfigured, OdooAccess, OdooMissing
from hub.odoo import automations
from hub.odoo.automations import Rule
from hub.odoo.connection import Odoo

FIRST = 17
"""The first Odoo whose automation rules can send webhooks."""

SAVED, DELETED = "on_create_or_write", "on_unlink"


@dataclass(frozen=True)
class Addresses:
    """Where Odoo sends its hints: those of saves, and those of deletions. They hold a secret."""

    saved: str
    deleted: str

    def __repr__(self) -> str:
        return "Addresses(•••)"


def name_of(code: str) -> str:
    """What the names of the rules begin with, for one hub's connection: two hubs at one Odoo each have their own."""
    return f"sync_hub_hint_{code}"


def set_up(odoo: Odoo, name: str, addresses: Addresses, models: Iterable[str]) -> None:
    """Make what is missing, and mend what was changed; harmless when all is there.

    Raises Misconfigured before Odoo 17, OdooAccess, saying what to grant, when the user may not, OdooMissing without
    base_automation.
    """
    if odoo.version().major < FIRST:
        raise Misconfigured(f"Odoo sends webhooks from version {FIRST} on, and this is {odoo.version().text}.")
    try:
        for rule in _rules(name, addresses, models):
            automations.ensure(odoo, rule)
    except OdooAccess as error:
        raise OdooAccess(
            "Setting up webhooks in Odoo needs the right to its settings (group Administration / Settings) for the "
            "connection's user. Somebody who has that right can also make them by hand.",
            error.odoo_name,
        ) from None


def check(odoo: Odoo, name: str, addresses: Addresses) -> tuple[str, ...]:
    """The models whose hints are whole: both rules active, with the present addresses."""
    try:
        active = {row["name"] for row in automations.found(odoo, name) if row["active"]}
    except OdooMissing:
        return ()
    domain, fields = [("name", "in", sorted(active))], ["name", "state", "webhook_url"]
    actions = automations.again(lambda: odoo.search_read("ir.actions.server", domain, fields))
    sending = {(row["name"], row["webhook_url"]) for row in actions if row["state"] == "webhook"}
    models = sorted({automations.model_of(one) for one in active})
    return tuple(
        model
        for model in models
        if all(
            rule.name in active and (rule.name, rule.action["webhook_url"]) in sending
            for rule in _rules(name, addresses, [model])
        )
    )


def tidy(odoo: Odoo, name: str, models: Iterable[str]) -> tuple[str, ...]:
    """Remove what is there for other models than these; answers those models."""
    return automations.tidy(odoo, name, models)


def remove(odoo: Odoo, name: str) -> None:
    """Leave nothing behind."""
    automations.remove(odoo, name)


def _rules(name: str, addresses: Addresses, models: Iterable[str]) -> list[Rule]:
    return [
        Rule(name, model, trigger, _action(address))
        for model in models
        for trigger, address in ((SAVED, addresses.saved), (DELETED, addresses.deleted))
    ]


def _action(address: str) -> dict[str, Any]:
    return {"state": "webhook", "webhook_url": address}
