"""What bounds an Out configuration that somebody may not see all of: asked whenever something of it is to be sent.

Rights are taken away after a webhook was registered, mappings change, clients move to another company: what was true
then says nothing of now.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from hub.flow import sight
from hub.flow.plan import OutboundPlan
from hub.odoo.connection import Odoo
from hub.odoo.sighted import SightedOdoo
from hub.transform.mapping import FieldMap
from hub.transform.rule import Rule
from syncconfig.models import Configuration, Delivery
from syncconfig.remembered import Look
from syncconfig.signals import bounds_wanted

Event = Delivery.Event


@dataclass(frozen=True)
class Bounds:
    """What may be sent now. ``free``: all that the configuration says.

    ``rules``: the rows that may go out. ``company_id``: the Odoo company that is seen; None: the connection's own.
    ``states``: whether a state that changed may be told. ``named``: whether its changes count by the fields that it
    sends. ``why_not``: why nothing may be sent, for whom it is sent to and for the admin.
    """

    rules: tuple[Rule, ...] = ()
    company_id: int | None = None
    states: bool = True
    named: bool = False
    why_not: str = ""
    free: bool = False

    def narrowed(self, plan: OutboundPlan) -> OutboundPlan:
        """The plan with what may go out."""
        return plan if self.free else replace(plan, rules=self.rules)

    def seen(self, odoo: Odoo) -> Odoo:
        """The Odoo, without the related records that are not seen."""
        return odoo if self.free else SightedOdoo(odoo)

    def objection(self, delivery: Delivery, mapping: FieldMap, odoo: Odoo) -> str:
        """Why this message may not be sent; "" for one that may, as far as it can be told without its record."""
        if self.free:
            return ""
        if delivery.event == Event.STATE and not self.states:
            return "The state may not be read any more by whom this is sent to."
        changed = (delivery.change or {}).get("changed_fields") or ()
        if self.named and delivery.event == Event.UPDATE and changed and not _roots(mapping) & set(changed):
            return "None of the fields that changed may be read any more by whom this is sent to."
        if delivery.values is None or delivery.event == Event.BATCH or not isinstance(odoo, SightedOdoo):
            return ""
        (record_id,) = delivery.record_ids
        if sight.belonged(odoo.companies, delivery.model, record_id, delivery.values, mapping.fields):
            return ""
        return f"The record was not, or not for certain, one that company {_words(odoo.companies)} sees."

    def missing(self, odoo: Odoo) -> str:
        """Why a record that was to be sent is not found."""
        companies = dict(odoo.target.context).get("allowed_company_ids")
        if self.free or not companies:
            return "The record is gone, or does not match the filter domain any more."
        return (
            "The record is gone, does not match the filter domain any more, or belongs to another company than "
            f"{_words(companies)}, which alone is seen by whom this is sent to."
        )

    def summary(self, delivery: Delivery, odoo: Odoo) -> dict[str, Any] | None:
        """What may be told of a batch; None for nothing. Who works in the company of its caller sees all of it."""
        told: dict[str, Any] = dict(delivery.values or {})
        if self.free or self.company_id in (None, (delivery.change or {}).get("company_id")):
            return told
        ids = told.get("ids") or []
        seen = set(odoo.search(delivery.model, [("id", "in", ids)], context={"active_test": False})) if ids else set()
        kept = [one for one in ids if one in seen]
        return {"operations": len(kept), "succeeded": len(kept), "failed": 0, "ids": kept} if kept else None


FREE = Bounds(free=True)


def of(configuration: Configuration, known: Look) -> Bounds:
    """What bounds it now."""
    return known.get(("bounds", configuration.pk), lambda: _asked(configuration))


def _asked(configuration: Configuration) -> Bounds:
    answers = cast("Sequence[tuple[Any, Bounds | None]]", bounds_wanted.send(Bounds, configuration=configuration))
    return next((found for _, found in answers if found is not None), FREE)


def _words(companies: Collection[int]) -> str:
    return ", ".join(map(str, companies))


def _roots(mapping: FieldMap) -> set[str]:
    return {path.partition(".")[0] for row in mapping.readable for path in row.paths}
