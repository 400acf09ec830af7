"""From claimed messages to requests that are ready to go: their records are read at once, their payloads built."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from apilog import record
from hub.crypto import WrongKey
from hub.errors import HubError, OdooAuthentication
from hub.flow import outbound
from hub.flow.plan import OutboundPlan
from hub.flow.services import Live
from hub.odoo.connection import Odoo, Record
from hub.odoo.passing import innermost
from hub.transform.mapping import FieldMap
from syncconfig import attempt, bounds, echo, endpoints, held, outbox, plans, remembered
from syncconfig.attempt import Sending
from syncconfig.bounds import Bounds
from syncconfig.models import Configuration, Delivery
from syncconfig.remembered import Look

logger = logging.getLogger(__name__)

ODOO_AWAY = 15.0
"""Seconds until a message is tried again whose records could not be read from Odoo."""

FAULT_AGAIN = 60.0
"""Seconds until a message is tried again that met a fault of the hub itself."""


def prepared(claimed: Sequence[Delivery], timeout: float | None = None) -> Iterator[Sending]:
    """The requests of the claimed messages; those that cannot be built are finished or postponed here.

    ``timeout``: seconds to wait for each answer, in place of the configuration's own.
    """
    if again := [one.pk for one in claimed if one.attempts > 1]:
        record.attempts_lost(again)
    known = remembered.look()
    by_configuration = sorted(claimed, key=lambda one: one.configuration_id)
    for configuration_id, group in groupby(by_configuration, key=lambda one: one.configuration_id):
        deliveries = list(group)
        try:
            yield from _prepared_of(configuration_id, deliveries, known, timeout)
        except HubError as error:
            _not_prepared(deliveries, error)
        except Exception:  # a fault of ours in one configuration must not hold up all others
            logger.exception("the messages of configuration %s could not be prepared", configuration_id)
            for delivery in deliveries:
                outbox.retry(delivery, FAULT_AGAIN, "A fault in the hub: the server's log says which.")


def _not_prepared(deliveries: Sequence[Delivery], error: HubError) -> None:
    """Nobody was called. What passes by itself, or with a mended key, costs no attempt; the rest a person must mend."""
    passes = isinstance(error, OdooAuthentication | WrongKey) or error.retryable
    for delivery in deliveries:
        if passes:
            outbox.postpone(delivery, ODOO_AWAY, error.message)
        else:
            outbox.dead(delivery, error.message)


def _prepared_of(
    configuration_id: int, deliveries: Sequence[Delivery], known: Look, timeout: float | None
) -> list[Sending]:
    configuration = plans.out_configuration(configuration_id, known)
    deliveries = _of_present_database(configuration, deliveries, known)
    if not deliveries or _forbidden(configuration, deliveries, known):
        return []
    one = plans.outbound(configuration, known)
    plan, odoo, services, mapping = one.plan, one.odoo, one.services, one.mapping
    written: list[echo.Written] = []
    services.odoo = echo.marking(odoo, echo.Source(configuration=configuration_id), written)
    plan = replace(plan, read_timeout=timeout) if timeout is not None else plan
    owing = outbox.owing(deliveries)
    for delivery in deliveries:
        if delivery.pk in owing:
            _write_back(delivery, plan, services)
    deliveries = [one for one in deliveries if one.pk not in owing]
    wanted = {record_id for one in deliveries if one.values is None for record_id in one.record_ids}
    found = outbound.fetch(plan, odoo, wanted, mapping) if wanted else {}
    services.know(plan.model, found.values())
    sendings: list[Sending | None] = []
    for delivery in deliveries:
        if why_not := one.bounds.objection(delivery, mapping, odoo):
            outbox.skipped(delivery, why_not)
            continue
        if delivery.event == Delivery.Event.BATCH:
            sendings.append(_summary(plan, delivery, mapping, services, one.bounds))
            continue
        chosen = chosen_of(delivery, found, mapping, odoo)
        if delivery.attempts > plan.retry.max_attempts:
            # Claimed once more than it may be tried: the worker before did not live to say how it went.
            outbox.dead(delivery, "The worker died during the last attempt: the message may have arrived.")
        elif not chosen:
            outbox.skipped(delivery, one.bounds.missing(odoo))
        else:
            sendings.append(_built(plan, delivery, chosen, mapping, services))
    echo.keep(configuration_id, plans.database_of(configuration.connection, known), written)
    return [sending for sending in sendings if sending is not None]


def _forbidden(configuration: Configuration, claimed: Sequence[Delivery], known: Look) -> bool:
    """Whether nothing of it may be sent now: then it is paused, which says why, and its messages wait."""
    why_not = bounds.of(configuration, known).why_not
    if why_not:
        endpoints.pause_by_id(configuration.pk, why_not)
        outbox.give_back(claimed)
    return bool(why_not)


def _write_back(delivery: Delivery, plan: OutboundPlan, services: Live) -> None:
    """It has arrived; what the answer said is still to be written to Odoo."""
    try:
        values = outbox.owed(delivery)
    except WrongKey as error:
        outbox.postpone(
            delivery, ODOO_AWAY, f"It arrived; what the answer said is not written to Odoo. {error.message}"
        )
        return
    try:
        attempt.write(services, plan.model, values)
    except HubError as error:
        if error.retryable:
            outbox.owe(delivery, ODOO_AWAY, delivery.last_status, values)
        else:
            outbox.dead(delivery, f"It arrived, but Odoo refused what was written back: {error.message}")
        return
    outbox.done(delivery, delivery.last_status)


def _of_present_database(configuration: Configuration, claimed: Sequence[Delivery], known: Look) -> list[Delivery]:
    """Those whose records are in the database that is connected now; the others are held: there, ids differ."""
    present = plans.database_of(configuration.connection, known)
    for delivery in claimed:
        if delivery.database and delivery.database != present:
            outbox.hold(delivery, held.reason(delivery.database, present))
    return [delivery for delivery in claimed if delivery.database in ("", present)]


def chosen_of(delivery: Delivery, found: Mapping[int, Record], mapping: FieldMap, odoo: Odoo) -> list[Record]:
    """The records that a message is about: of a deletion the last values, of others those that were found."""
    if delivery.values is not None:
        return [outbound.from_values(delivery.record_ids[0], delivery.values, mapping, odoo)]
    return [found[one] for one in delivery.record_ids if one in found]


def event_of(delivery: Delivery, mapping: FieldMap, services: Live) -> dict[str, Any]:
    """What scripts and templates see of a message's cause."""
    odoo = innermost(services.odoo)
    database = odoo.target.database or odoo.transport
    return outbound.event_of(delivery.event, delivery.change, mapping.fields) | {"database": database}


def _summary(
    plan: OutboundPlan, delivery: Delivery, mapping: FieldMap, services: Live, limits: Bounds
) -> Sending | None:
    """A message that is about no record: what it says was known when it was queued. None where that may not be told."""
    told = limits.summary(delivery, services.odoo)
    if told is None:
        outbox.skipped(delivery, limits.missing(services.odoo))
        return None
    event = event_of(delivery, mapping, services)
    built = outbound.build_summary(plan, delivery.event, told, event, str(delivery.message_id))
    assert built.request is not None
    return Sending(delivery, plan, mapping, built.request, built, services, event)


def _refused(chosen: Sequence[Record], mapping: FieldMap) -> dict[int, str]:
    """Which of a batch's records cannot be mapped, and why: the others need not wait for them."""
    found: dict[int, str] = {}
    for one in chosen:
        try:
            mapping.outward(one)
        except HubError as error:
            if error.retryable:
                raise
            found[one["id"]] = error.message
    return found


def _built(
    plan: OutboundPlan, delivery: Delivery, chosen: Sequence[Record], mapping: FieldMap, services: Live
) -> Sending | None:
    """The message ready to send, or None when it was finished or postponed: then the log says why."""
    services.logs = []
    services.event = event_of(delivery, mapping, services)
    try:
        built = outbound.build(plan, chosen, mapping, services, str(delivery.message_id))
    except HubError as error:
        if error.retryable:
            outbox.postpone(delivery, ODOO_AWAY, error.message)
            return None
        refused = _refused(chosen, mapping) if len(chosen) > 1 else {}
        if 0 < len(refused) < len(chosen):
            outbox.without(delivery, refused)
            rest = [one for one in chosen if one["id"] not in refused]
            return _built(plan, delivery, rest, mapping, services)
        lines = [str(line) for line in services.logs]
        record.refused(attempt.about(delivery, plan), plan.method, plan.url, error, lines)
        outbox.dead(delivery, error.message)
        return None
    if built.request is None:
        outbox.skipped(delivery, built.why_not)
        return None
    sending = Sending(delivery, plan, mapping, built.request, built, services, services.event)
    record.add_script_log(sending.log, map(str, services.logs), plan.secrets)
    return sending
