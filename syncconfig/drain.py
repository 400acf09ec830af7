"""Sending what is due: claim a handful, read their records at once, send in parallel, finish each."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby

from django.conf import settings
from django.db import transaction

from apilog import record
from apilog.models import ApiLog
from hub.crypto import WrongKey
from hub.errors import HubError, InvalidInput, OdooAuthentication
from hub.flow import outbound
from hub.flow.plan import OutboundPlan
from hub.http.client import Client
from hub.http.failures import HttpFailure
from hub.http.message import Request, Response, Sender
from hub.http.retry import decide
from hub.odoo.connection import Record
from hub.transform.mapping import Fields
from syncconfig import outbox, plans
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


@dataclass
class Sending:
    """One claimed message on its way: what it is, the request, and its open log row."""

    delivery: Delivery
    plan: OutboundPlan
    request: Request
    log: ApiLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = record.outgoing(self.about(), self.request)

    def about(self) -> record.About:
        """The log row's columns."""
        return record.About(
            trace_id=self.delivery.trace_id,
            configuration_id=self.delivery.configuration_id,
            configuration_code=self.plan.code,
            operation=f"push: {self.delivery.get_event_display().lower()}",
            model=self.plan.model,
            record_ids=self.delivery.record_ids,
            delivery_id=self.delivery.pk,
            attempt=self.delivery.attempts,
            secrets=self.plan.secrets,
        )


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


def send(claimed: Sequence[Delivery], sender: Sender, threads: int = 1) -> None:
    """Send these messages, which one claim holds."""
    with ThreadPoolExecutor(threads) as pool:
        _send_all(pool, sender, list(_prepared(claimed)))


def _prepared(claimed: Sequence[Delivery]) -> Iterator[Sending]:
    """The requests of the claimed messages; those that cannot be built are finished or postponed here."""
    by_configuration = sorted(claimed, key=lambda one: one.configuration_id)
    for configuration_id, group in groupby(by_configuration, key=lambda one: one.configuration_id):
        deliveries = list(group)
        try:
            yield from _prepared_of(configuration_id, deliveries)
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


def _prepared_of(configuration_id: int, deliveries: Sequence[Delivery]) -> list[Sending]:
    configuration = Configuration.objects.select_related("connection").get(pk=configuration_id)
    plan = plans.outbound_plan(configuration)
    odoo = plans.odoo_of(configuration.connection)
    describe = plans.describer(odoo)
    fields = describe(plan.model)
    wanted = {record_id for one in deliveries if one.values is None for record_id in one.record_ids}
    found = outbound.fetch(plan, odoo, wanted, describe) if wanted else {}
    sendings = []
    for delivery in deliveries:
        chosen = _chosen(plan, delivery, found, fields)
        if delivery.attempts > plan.retry.max_attempts:
            # Claimed once more than it may be tried: the worker before did not live to say how it went.
            outbox.dead(delivery, "The worker died during the last attempt: the message may have arrived.")
        elif not chosen:
            outbox.skipped(delivery, "The record is gone, or does not match the filter domain any more.")
        else:
            sendings.append(_built(plan, delivery, chosen, fields))
    return [sending for sending in sendings if sending is not None]


def _chosen(plan: OutboundPlan, delivery: Delivery, found: Mapping[int, Record], fields: Fields) -> list[Record]:
    if delivery.values is not None:
        return [outbound.from_values(plan, delivery.record_ids[0], delivery.values, fields)]
    return [found[one] for one in delivery.record_ids if one in found]


def _built(plan: OutboundPlan, delivery: Delivery, chosen: Sequence[Record], fields: Fields) -> Sending | None:
    try:
        return Sending(delivery, plan, outbound.build(plan, chosen, fields, str(delivery.message_id)))
    except InvalidInput as error:
        outbox.dead(delivery, error.message)
        return None


def _send_all(pool: ThreadPoolExecutor, sender: Sender, prepared: Sequence[Sending]) -> None:
    """Open the log rows, send in parallel, close each row and message as its answer comes; renew leases meanwhile."""
    # Preparing may have taken long: what was lost to another worker meanwhile is that worker's to send.
    ours = _renewed(prepared)
    sendings = [sending for sending in prepared if sending.delivery.pk in ours]
    renewed = time.monotonic()
    record.open_all([sending.log for sending in sendings])
    running: dict[Future[Response], Sending] = {
        pool.submit(sender.send, sending.request): sending for sending in sendings
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
    delivery = sending.delivery
    decision = decide(sending.plan.retry, delivery.attempts, response=response, failure=failure)
    status = response.status if response is not None else None
    if decision.kind == "done" and status is not None:
        outbox.done(delivery, status)
    elif decision.kind == "retry":
        outbox.retry(delivery, decision.delay, decision.reason, status)
    else:
        outbox.dead(delivery, decision.reason, status)
    record.close(sending.log, response, failure, sending.plan.secrets)
