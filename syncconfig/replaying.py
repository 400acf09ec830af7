"""Sending finished messages again: which ones, and how what would go out now differs from what went out then."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import ndiff
from typing import Any

from django.db.models import QuerySet

from apilog import record
from apilog.models import ApiLog
from hub.errors import HubError
from hub.flow import outbound
from hub.http.message import Request
from hub.redact import redact_text, redact_url
from syncconfig import plans, remembered, resending
from syncconfig.models import Configuration, Delivery
from syncconfig.prepared import chosen_of, event_of

STATES = (Delivery.State.DEAD, Delivery.State.SKIPPED, Delivery.State.DONE)
"""What is finished, the most interesting first."""

SHOWN = 5
"""Messages whose differences are worked out: each is read from Odoo and built."""

LONGEST = 400
"""Lines of a body that are compared."""


@dataclass(frozen=True)
class Line:
    """A line of a body: ``sign`` is "-" for one that is gone, "+" for a new one, "" for one in both."""

    sign: str
    text: str


@dataclass(frozen=True)
class Difference:
    """A message then and now. ``why_not``: why nothing would be sent now."""

    delivery: Delivery
    address: list[Line] = field(default_factory=list)
    body: list[Line] = field(default_factory=list)
    why_not: str = ""
    never_sent: bool = False

    @property
    def same(self) -> bool:
        """Whether the same would go out as then."""
        return not self.why_not and not self.never_sent and not any(one.sign for one in (*self.address, *self.body))


def chosen(
    configuration: Configuration, states: Sequence[str], since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Delivery]:
    """Its finished messages in these states, made in that time."""
    found = Delivery.objects.filter(configuration=configuration, state__in=set(states) & set(STATES))
    found = found.filter(created_at__gte=since) if since is not None else found
    return found.filter(created_at__lt=until) if until is not None else found


def differences(configuration: Configuration, deliveries: Sequence[Delivery]) -> list[Difference]:
    """Each message as it went out the last time, against how today's mapping would send today's record.

    What belongs to another database is not compared. Nothing is sent or written. Raises HubError when Odoo cannot be
    asked, or nothing of the configuration may be sent.
    """
    strange = {one.pk: Difference(one, why_not=why) for one in deliveries if (why := resending.elsewhere(one))}
    ours = [one for one in deliveries if one.pk not in strange]
    compared = {one.delivery.pk: one for one in _compared(configuration, ours)} if ours else {}
    return [(strange | compared)[one.pk] for one in deliveries]


def _compared(configuration: Configuration, deliveries: Sequence[Delivery]) -> list[Difference]:
    one = plans.outbound(configuration, remembered.look())
    live = plans.services(one.plan, one.odoo, dry=True)
    ready = replace(one, services=live, mapping=one.mapping.serving(live))
    wanted = {each for delivery in deliveries if delivery.values is None for each in delivery.record_ids}
    found = outbound.fetch(one.plan, one.odoo, wanted, ready.mapping) if wanted else {}
    sent = _last_sent(deliveries)
    return [_difference(ready, delivery, found, sent.get(delivery.pk)) for delivery in deliveries]


def _difference(one: plans.Outbound, delivery: Delivery, found: dict[int, Any], sent: ApiLog | None) -> Difference:
    try:
        built = _built(one, delivery, found)
    except HubError as error:
        return Difference(delivery, why_not=error.message)
    if built.request is None:
        return Difference(delivery, why_not=built.why_not)
    address, body = _as_logged(built.request, one.plan.secrets)
    if sent is None:
        return Difference(delivery, _lines("", address), _lines("", body), never_sent=True)
    return Difference(
        delivery, _lines(f"{sent.method} {sent.url}", address), _lines(_laid_out(sent.request_body), body)
    )


def _built(one: plans.Outbound, delivery: Delivery, found: dict[int, Any]) -> outbound.Built:
    """The message as a worker would send it now."""
    event, name = event_of(delivery, one.mapping, one.services), str(delivery.message_id)
    if why_not := one.bounds.objection(delivery, one.mapping, one.odoo):
        return outbound.Built(None, why_not=why_not)
    if delivery.event == Delivery.Event.BATCH:
        told = one.bounds.summary(delivery, one.odoo)
        if told is None:
            return outbound.Built(None, why_not=one.bounds.missing(one.odoo))
        return outbound.build_summary(one.plan, delivery.event, told, event, name)
    records = chosen_of(delivery, found, one.mapping, one.odoo)
    if not records:
        return outbound.Built(None, why_not=one.bounds.missing(one.odoo))
    one.services.event = event
    return outbound.build(one.plan, records, one.mapping, one.services, name)


def _as_logged(request: Request, secrets: Sequence[str]) -> tuple[str, str]:
    """Address and body as the log would keep them, without their secrets."""
    url = redact_text(redact_url(request.url), secrets)
    return f"{request.method} {url}", _laid_out(record.body_text(request.body, secrets))


def _last_sent(deliveries: Sequence[Delivery]) -> dict[int, ApiLog]:
    """The last attempt of each that reached the point of being sent."""
    rows = ApiLog.objects.filter(delivery_id__in=[one.pk for one in deliveries]).exclude(request_headers=[])
    return {row.delivery_id: row for row in rows.order_by("id") if row.delivery_id is not None}


def _laid_out(text: str) -> str:
    """JSON a line for each value, so that lines can be compared; other texts as they are."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _lines(before: str, now: str) -> list[Line]:
    old, new = before.splitlines()[:LONGEST], now.splitlines()[:LONGEST]
    return [Line(line[0].strip(), line[2:]) for line in ndiff(old, new) if line[0] != "?"]
