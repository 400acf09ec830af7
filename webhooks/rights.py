"""What the owner of a webhook may be told now: by the In configuration that it stands on, and the owner's company."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hub.transform.kinds import Kind, Plain
from hub.transform.mapping import ALWAYS
from hub.transform.rule import Rule
from syncconfig import plans
from syncconfig.bounds import Bounds
from syncconfig.models import Configuration, FieldMapping
from webhooks.models import Subscription

STATE = "state"
"""The field whose changes are an event of their own."""

NEEDED = ("client", "configuration__connection", "source__connection")
"""What of a subscription is read with it, to tell its bounds."""

LISTED = ("configuration__mappings", "source__mappings", "client__grants")
"""The same for a list of them."""

Definition = tuple[str, str, str]
"""What of Odoo a row shows, and how: the field, the value type and its detail."""


def of_configuration(configuration: Configuration) -> Bounds | None:
    """What bounds an Out configuration that serves a webhook; None for any other."""
    found = Subscription.objects.filter(configuration_id=configuration.pk).select_related(*NEEDED).first()
    return None if found is None else of(found)


def of(one: Subscription) -> Bounds:
    """What its owner may be told."""
    why_not = _why_not(one)
    rules = () if why_not else tuple(_rules(one))
    if not why_not and not rules:
        why_not = f"{one.client.name} may not read any of the fields that it sends any more."
    return Bounds(
        rules=rules,
        company_id=one.client.company_id,
        states=any(row.odoo_field == STATE for row in readable(one.source)),
        named=bool(one.configuration.trigger_fields.strip()),
        why_not=why_not,
    )


def allowed(one: Subscription) -> bool:
    """Whether its owner may still read the model by that configuration."""
    source, client = one.source, one.client
    if not (client.active and source.active and source.connection.active and "GET" in source.methods):
        return False
    if client.all_configurations:
        return "GET" in client.methods
    return any("GET" in grant.methods for grant in client.grants.all() if grant.configuration_id == source.pk)


def readable(source: Configuration) -> list[FieldMapping]:
    """The rows by which callers read."""
    return [row for row in source.mappings.all() if row.direction != "in"]


def definition(row: FieldMapping) -> Definition:
    """What the row shows."""
    return (row.odoo_field, row.kind, row.detail)


def looked_at(source: Configuration, names: Iterable[str]) -> dict[str, Definition]:
    """What conditions look at, by the keys that they name: they stand in Odoo's own terms from then on."""
    wanted = set(names) - set(ALWAYS)
    return {row.external_key: definition(row) for row in readable(source) if row.external_key in wanted}


def _why_not(one: Subscription) -> str:
    source, served = one.source, one.configuration
    if not allowed(one):
        return f"{one.client.name} may not read {served.model} any more."
    if source.is_out or (source.model, source.connection_id) != (served.model, served.connection_id):
        return f"The configuration by which {one.client.name} read {served.model} is for another model or Odoo now."
    now = {row.external_key: definition(row) for row in readable(source)}
    hidden = [name for name, shown in one.looks_at.items() if now.get(name) != tuple(shown)]
    if hidden:
        names = ", ".join(f"`{name}`" for name in hidden)
        return f"Its conditions look at {names}, which {one.client.name} may not read as it was any more."
    return ""


def _rules(one: Subscription) -> Iterator[Rule]:
    """The rows that it sends, as far as the source shows them, and as the source shows them now."""
    rows = readable(one.source)
    by_key = {row.external_key: row for row in rows}
    alike = {definition(row): row for row in reversed(rows)}  # somebody may have renamed a key of either
    for rule in plans.rules_of(one.configuration):
        shown = by_key.get(rule.external_key) or alike.get((rule.odoo_field, rule.kind, rule.detail))
        if shown is not None:
            kind, detail = outward(shown)
            yield replace(rule, odoo_field=shown.odoo_field, kind=kind, detail=detail)


def outward(row: FieldMapping) -> tuple[str, str]:
    """Value type and detail of a row on the way out: what it makes of a caller's values has no way back."""
    return (Plain.key, "") if Kind.registry[row.kind].one_way else (row.kind, row.detail)
