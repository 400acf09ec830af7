"""Sending what is due: claim a handful, read their records at once, send in parallel, finish each."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import lru_cache
from itertools import groupby

from django.conf import settings
from django.db import transaction

from apilog import record
from hub.crypto import WrongKey
from hub.errors import HubError, OdooAuthentication
from hub.flow import outbound
from hub.flow.plan import OutboundPlan
from hub.flow.services import Live
from hub.http.client import Client
from hub.http.failures import HttpFailure
from hub.http.message import Response, Sender
from hub.http.retry import decide
from hub.odoo.connection import Record
from hub.transform.mapping import FieldMap
from syncconfig import attempt, held, outbox, plans
from syncconfig.attempt import Sending
from syncconfig.models import Configuration, Delivery
from syncconfig.validators import egress_policy

logger = logging.getLogger(__name__)

BUDGET = 120.0
"""Seconds after which a drain ends and calls the next one, well before the cluster's task timeout."""

CLAIM_MOST = 128
QUICK = 1.0
"""Seconds: while a claim is sent in less, the next one is twice as large; a slow receiver gets small ones again."""

ODOO_AWAY = 15.0
"""Seconds until a message is tried again whose records could not be read from Odoo."""

FAULT_AGAIN = 60.0
"""Seconds until a message is tried again that met a fault of the hub itself."""


class HubFault(HubError):
    """Something in the hub itself went wrong; it may go better next time."""

    retryable = True


@lru_cache(maxsize=1)
def default_sender() -> Client:
    """The process's one client, with its pooled connections; made in the worker, after the fork."""
    return Client(egress_policy(), pool_size=settings.HUB_DELIVERY_THREADS)


def drain(sender: Sender, threads: int | None = None, budget: float = BUDGET) -> int:
    """Send until nothing is due or the budget (seconds) is spent; answers how many attempts were made."""
    threads = threads or settings.HUB_DELIVERY_THREADS
    ends = time.monotonic() + budget
    made = 0
    with ThreadPoolExecutor(threads, thread_name_prefix="delivery") as pool:
        size = threads * 2
        while (begun := time.monotonic()) < ends and (claimed := outbox.claim(size)):
            made += len(claimed)
            _send_all(pool, sender, list(_prepared(claimed)))
            size = min(size * 2, CLAIM_MOST) if time.monotonic() - begun < QUICK else threads * 2
    return made


def send(
    claimed: Sequence[Delivery], sender: Sender, threads: int = 1, timeout: float | None = None
) -> dict[int, Response]:
    """Send these messages, which one claim holds; the answers that came, by the id of the delivery.

    ``timeout``: seconds to wait for each, in place of the configuration's own.
    """
    with ThreadPoolExecutor(threads) as pool:
        prepared = list(_prepared(claimed, timeout))
        _send_all(pool, sender, prepared)
    return {one.delivery.pk: one.response for one in prepared if one.response is not None}


def _prepared(claimed: Sequence[Delivery], timeout: float | None = None) -> Iterator[Sending]:
    """The requests of the claimed messages; those that cannot be built are finished or postponed here."""
    if again := [one.pk for one in claimed if one.attempts > 1]:
        record.attempts_lost(again)
    by_configuration = sorted(claimed, key=lambda one: one.configuration_id)
    for configuration_id, group in groupby(by_configuration, key=lambda one: one.configuration_id):
        deliveries = list(group)
        try:
            yield from _prepared_of(configuration_id, deliveries, timeout)
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


def _prepared_of(configuration_id: int, deliveries: Sequence[Delivery], timeout: float | None) -> list[Sending]:
    configuration = Configuration.objects.select_related("connection").get(pk=configuration_id)
    deliveries = _of_present_database(configuration, deliveries)
    if not deliveries:
        return []
    plan = plans.outbound_plan(configuration)
    plan = replace(plan, read_timeout=timeout) if timeout is not None else plan
    odoo = plans.odoo_of(configuration.connection)
    services = plans.services(plan, odoo)
    for delivery in deliveries:
        if delivery.unwritten:
            _write_back(delivery, plan, services)
    deliveries = [one for one in deliveries if not one.unwritten]
    mapping = plans.bound(odoo, lambda: outbound.bind(plan, services.describe, services))
    wanted = {record_id for one in deliveries if one.values is None for record_id in one.record_ids}
    found = outbound.fetch(plan, odoo, wanted, mapping) if wanted else {}
    services.know(plan.model, found.values())
    sendings = []
    for delivery in deliveries:
        chosen = _chosen(delivery, found, mapping)
        if delivery.attempts > plan.retry.max_attempts:
            # Claimed once more than it may be tried: the worker before did not live to say how it went.
            outbox.dead(delivery, "The worker died during the last attempt: the message may have arrived.")
        elif not chosen:
            outbox.skipped(delivery, "The record is gone, or does not match the filter domain any more.")
        else:
            sendings.append(_built(plan, delivery, chosen, mapping, services))
    return [sending for sending in sendings if sending is not None]


def _write_back(delivery: Delivery, plan: OutboundPlan, services: Live) -> None:
    """It has arrived; what the answer said is still to be written to Odoo."""
    values = outbox.owed(delivery)
    try:
        attempt.write(services, plan.model, values)
    except HubError as error:
        if error.retryable:
            outbox.owe(delivery, ODOO_AWAY, delivery.last_status, values)
        else:
            outbox.dead(delivery, f"It arrived, but Odoo refused what was written back: {error.message}")
        return
    outbox.done(delivery, delivery.last_status)


def _of_present_database(configuration: Configuration, claimed: Sequence[Delivery]) -> list[Delivery]:
    """Those whose records are in the database that is connected now; the others are held: there, ids differ."""
    present = plans.database_of(configuration.connection)
    for delivery in claimed:
        if delivery.database and delivery.database != present:
            outbox.hold(delivery, held.reason(delivery.database, present))
    return [delivery for delivery in claimed if delivery.database in ("", present)]


def _chosen(delivery: Delivery, found: Mapping[int, Record], mapping: FieldMap) -> list[Record]:
    if delivery.values is not None:
        return [outbound.from_values(delivery.record_ids[0], delivery.values, mapping)]
    return [found[one] for one in delivery.record_ids if one in found]


def _built(
    plan: OutboundPlan, delivery: Delivery, chosen: Sequence[Record], mapping: FieldMap, services: Live
) -> Sending | None:
    """The message ready to send, or None when it was finished or postponed: then the log says why."""
    services.logs = []
    try:
        built = outbound.build(plan, chosen, mapping, services, str(delivery.message_id))
    except HubError as error:
        if error.retryable:
            outbox.postpone(delivery, ODOO_AWAY, error.message)
        else:
            lines = [str(line) for line in services.logs]
            record.refused(attempt.about(delivery, plan), plan.method, plan.url, error, lines)
            outbox.dead(delivery, error.message)
        return None
    if built.request is None:
        outbox.skipped(delivery, built.why_not)
        return None
    sending = Sending(delivery, plan, mapping, built.request, built, services)
    record.add_script_log(sending.log, map(str, services.logs), plan.secrets)
    return sending


def _send_all(pool: ThreadPoolExecutor, sender: Sender, prepared: Sequence[Sending]) -> None:
    """Open the log rows, send in parallel, close each row and message as its answer comes; renew leases meanwhile."""
    # Preparing may have taken long: what was lost to another worker meanwhile is that worker's to send.
    ours = _renewed(prepared)
    sendings = [sending for sending in prepared if sending.delivery.pk in ours]
    renewed = time.monotonic()
    record.open_all([sending.log for sending in sendings])
    running: dict[Future[Response], Sending] = {
        pool.submit(attempt.make, sending, sender): sending for sending in sendings
    }
    while running:
        finished, _ = wait(running, timeout=outbox.RENEW_EVERY, return_when=FIRST_COMPLETED)
        with transaction.atomic():  # what came back together is written together
            for future in finished:
                _finish(running.pop(future), future)
        if time.monotonic() - renewed >= outbox.RENEW_EVERY:
            _renewed(running.values())
            renewed = time.monotonic()


def _renewed(sendings: Collection[Sending]) -> set[int]:
    """The ids of the messages that are still ours, with a lease that begins anew; one claim holds them all."""
    claim_id = next((sending.delivery.claim_id for sending in sendings), None)
    return outbox.renew(claim_id, [sending.delivery.pk for sending in sendings]) if claim_id is not None else set()


def _finish(sending: Sending, future: Future[Response]) -> None:
    response: Response | None = None
    failure: HubError | None = None
    try:
        response = future.result()
    except HttpFailure as error:
        failure = error
    except Exception:  # the attempt was made and counts, whatever went wrong in the hub
        logger.exception("delivery %s", sending.delivery.pk)
        failure = HubFault("A fault in the hub: the server's log says which.")
    delivery, sending.response = sending.delivery, response
    if failure is None and sending.objection is not None:
        _objected(sending, sending.objection, response)
        return
    decision = decide(sending.plan.retry, delivery.attempts, response=response, failure=failure)
    status = response.status if response is not None else None
    if decision.kind == "done" and status is not None:
        if sending.unwritten:
            outbox.owe(delivery, ODOO_AWAY, status, sending.unwritten)
        else:
            outbox.done(delivery, status)
    elif decision.kind == "retry":
        outbox.retry(delivery, decision.delay, decision.reason, status)
    else:
        outbox.dead(delivery, decision.reason, status)
    record.close(sending.log, response, failure, sending.plan.secrets, ok=decision.kind == "done")


def _objected(sending: Sending, objection: HubError, response: Response | None) -> None:
    """The receiver took it, and the configuration's script says that this was no success, or failed itself.

    It is not sent again by itself: the receiver has it already.
    """
    outbox.dead(sending.delivery, objection.message, response.status if response is not None else None)
    record.close(sending.log, response, objection, sending.plan.secrets)
