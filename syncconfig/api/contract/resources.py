"""What somebody may use, with the mapping of each configuration held against its Odoo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import prefetch_related_objects

from hub.errors import HubError
from hub.flow.attached import holds_file
from hub.flow.inbound import Inbound
from hub.transform import contract
from hub.transform.contract import Part
from hub.transform.kinds import Bound
from hub.transform.mapping import ALWAYS
from syncconfig import plans
from syncconfig.api.access import Caller, Offer
from syncconfig.models import Configuration, Scheme

SCHEMES = {Scheme.BEARER: "bearer", Scheme.BASIC: "basic", Scheme.OAUTH: "oauth2"}
"""The names of the security schemes in the document."""


@dataclass(frozen=True)
class Resource:
    """One configuration for one caller. ``flow`` is None, with the reason in ``trouble``, where it cannot work."""

    configuration: Configuration
    methods: tuple[str, ...]
    flow: Inbound | None
    trouble: str = ""

    @property
    def code(self) -> str:
        """The configuration's code."""
        return self.configuration.code

    @cached_property
    def parts(self) -> Part:
        """The keys of its JSON."""
        return contract.parts(self.flow.map) if self.flow is not None else Part("", strict=False)

    @cached_property
    def readable(self) -> dict[str, Bound]:
        """The fields that may be read, by external key, with those that always may."""
        if self.flow is None:
            return {}
        rows = {row.name: row for row in self.flow.map.readable}
        return {name: self.flow.map.row_for(name, "fields") for name in ALWAYS} | rows

    def files(self, *, written: bool) -> list[str]:
        """The external keys of the fields whose content has an address of its own."""
        rows = self.flow.map.by_key() if self.flow is not None else {}
        return [
            key for key, row in rows.items() if holds_file(row) and (row.rule.writes if written else row.rule.reads)
        ]

    @property
    def security(self) -> list[dict[str, list[str]]]:
        """The ways to say who one is, as OpenAPI has them."""
        return [{SCHEMES[one]: []} if one in SCHEMES else {} for one in self.configuration.accepted]

    @property
    def takes_any_shape(self) -> bool:
        """Whether a script reads what callers send before the mapping does."""
        return bool(self.configuration.script_before.strip())

    @property
    def gives_any_shape(self) -> bool:
        """Whether a script has the last word on the answer to a create or an update."""
        return bool(self.configuration.script_response.strip())


def of_caller(caller: Caller) -> list[Resource]:
    """What the caller may use in the way in which it asks."""
    offers = [one for one in caller.offers() if caller.scheme in one.configuration.accepted]
    return _resources(offers, caller.client.company_id if caller.client is not None else None)


def of_everybody() -> list[Resource]:
    """All active In configurations, with all that they offer."""
    found = Configuration.objects.filter(active=True, request_type="in", connection__active=True)
    found = found.select_related("connection").order_by("model", "code")
    return _resources([Offer(one, tuple(one.methods)) for one in found], None)


def _resources(offers: list[Offer], company_id: int | None) -> list[Resource]:
    prefetch_related_objects([one.configuration for one in offers], "mappings")
    down: dict[int, str] = {}
    return [_resource(one, company_id, down) for one in offers if one.methods]


def _resource(offer: Offer, company_id: int | None, down: dict[int, str]) -> Resource:
    """``down`` holds the connections that did not answer, so that each is waited for once."""
    one = offer.configuration
    try:
        if one.connection_id in down:
            return Resource(one, offer.methods, None, down[one.connection_id])
        return Resource(one, offer.methods, _flow(offer, company_id))
    except HubError as error:
        told = str(error.for_callers()["message"])
        if error.retryable:
            down[one.connection_id] = told
        return Resource(one, offer.methods, None, told)


def _flow(offer: Offer, company_id: int | None) -> Inbound:
    odoo = plans.odoo_of(offer.configuration.connection, company_id)
    plan, describe = plans.inbound_plan(offer.configuration, offer.withheld), plans.describer(odoo)
    return plans.bound(odoo, lambda: Inbound(plan, odoo, describe))


def by_model(resources: Iterable[Resource]) -> dict[str, list[Resource]]:
    """The resources of each model, in order."""
    found: dict[str, list[Resource]] = {}
    for one in resources:
        found.setdefault(one.configuration.model, []).append(one)
    return found


def example_of(resource: Resource) -> dict[str, Any]:
    """A believable payload to create a record with: without lists of lines by their ids, for a new record has none."""
    found = contract.sample(resource.parts)
    rows = resource.flow.map.by_key() if resource.flow is not None else {}
    lists = {key for key, row in rows.items() if row.sub is None and row.info["type"] == "one2many"}
    return {key: value for key, value in found.items() if key not in lists} if isinstance(found, dict) else {}
