"""Runs: a whole configuration's records into the outbox, or a third party's list into Odoo, page by page; resumable."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from hub import stopping
from hub.api.trace import new_trace_id
from hub.errors import Conflict, HubError, InvalidInput
from hub.flow import outbound
from hub.flow.plan import OutboundPlan
from syncconfig import endpoints, outbox, plans, pulls, runstate, wake
from syncconfig.models import ApiClient, Configuration, Delivery, Run

ODOO_AWAY = timedelta(seconds=15)


BUDGET = 120.0
"""Seconds after which a worker begins nothing further: the cluster would end a task that takes much longer."""

MOST_IDS = 10_000
"""Records that a run may be narrowed to by their ids."""


class RunUnderWay(Conflict):
    """Another run of the configuration has not queued all its records yet."""

    code = "RUN_IN_PROGRESS"


class SwitchedOff(Conflict):
    """The configuration, or its Odoo connection, is switched off."""

    code = "CONFIGURATION_INACTIVE"


@dataclass(frozen=True)
class Asked:
    """Who asks for a run, and for which part of the configuration's records: ``within`` narrows its domain.

    ``from_start``: a pull fetches the whole list, whatever was fetched before.
    """

    event: str = Delivery.Event.MANUAL
    client: ApiClient | None = None
    within: Sequence[Any] = ()
    from_start: bool = False


def start(configuration: Configuration, asked: Asked | None = None) -> Run:
    """Ask for a run; the cluster carries it out.

    Raises RunUnderWay while another one goes on, SwitchedOff, and InvalidInput for an In configuration.
    """
    asked = asked or Asked()
    check_ready(configuration)
    with transaction.atomic():
        # The row that there always is: two starts at the same moment meet here, and not at the constraint.
        present = Configuration.objects.select_related("connection").select_for_update(of=("self",))
        check_ready(present.get(pk=configuration.pk))  # it may just have been switched off
        if unfinished().filter(configuration=configuration).exists():
            raise RunUnderWay(
                f"“{configuration.name}” is running already. Wait until "
                + ("all is in Odoo." if configuration.pulls else "all its records are queued.")
            )
        run = Run.objects.create(
            configuration=configuration,
            event=asked.event,
            client=asked.client,
            within=list(asked.within),
            pulls=configuration.pulls,
            from_start=asked.from_start and configuration.pulls,
            trace_id=new_trace_id(),
        )
        wake.after_commit("run")
    return run


def check_ready(configuration: Configuration) -> None:
    """Raise InvalidInput for an In configuration, SwitchedOff for one that sends nothing now."""
    if not configuration.is_out:
        raise InvalidInput(f"“{configuration.name}” is an In configuration, so there is nothing to send.")
    if not configuration.active:
        raise SwitchedOff(f"“{configuration.name}” is not active, so it sends nothing. Switch it on first.")
    if not configuration.connection.active:
        raise SwitchedOff(f"The Odoo connection “{configuration.connection.name}” is switched off.")


def narrowed(configuration: Configuration, ids: Any = None, domain: Any = None) -> list[Any]:
    """The domain of a run for these records only, or for those that match ``domain``, too; empty for all.

    Raises InvalidInput for what are no ids, and for a domain that looks at what the configuration does not send.
    """
    if configuration.pulls and (ids is not None or domain is not None):
        given = "ids" if ids is not None else "domain"
        raise InvalidInput(
            f"“{configuration.name}” pulls an external system's list: `{given}` is for configurations that send "
            "Odoo's records.",
            field=given,
            constraint="unsupported",
        )
    if ids is not None and domain is not None:
        raise InvalidInput("Send `ids` or `domain`, not both.", field="domain", constraint="exclusive")
    if ids is not None:
        good = isinstance(ids, list) and all(
            isinstance(one, int) and not isinstance(one, bool) and 0 < one < 2**31 for one in ids
        )
        if not good or not 0 < len(ids) <= MOST_IDS:
            raise InvalidInput(
                f"`ids` must be a list of 1 to {MOST_IDS:,} record ids, such as [42, 43].",
                field="ids",
                constraint="type" if not good else "length",
            )
        return [["id", "in", sorted(set(ids))]]
    if domain is None:
        return []
    plan = plans.outbound_plan(configuration)
    describe = plans.describer(plans.odoo_of(configuration.connection))
    return outbound.narrowing(plan, domain, describe)


def counts(run: Run) -> dict[str, int]:
    """How many messages the run queued, and what became of them by now; of a pull, what became of its items."""
    if run.pulls:
        return run.tally | {"waiting": 0}
    by_state = dict(run.deliveries.order_by().values_list("state").annotate(Count("id")))
    state = Delivery.State
    return {
        "deliveries": sum(by_state.values()),
        "sent": by_state.get(state.DONE, 0),
        "failed": by_state.get(state.DEAD, 0),
        "skipped": by_state.get(state.SKIPPED, 0),
        "waiting": sum(by_state.get(one, 0) for one in Delivery.UNFINISHED),
    }


def is_over(run: Run, found: Mapping[str, int]) -> bool:
    """Whether all its records are queued, or it failed, and none of its messages (``counts``) waits any more."""
    return run.state not in Run.UNFINISHED and not found["waiting"]


def send_now(configuration: Configuration, record_ids: Sequence[int]) -> int:
    """Queue these records of the configuration's model, as its batches; answers the number of messages."""
    messages = messages_for(configuration, record_ids)
    with transaction.atomic():
        return outbox.queue(messages)


def messages_for(configuration: Configuration, record_ids: Sequence[int]) -> list[Delivery]:
    """Unsaved messages with these records, by hand: one each, or the configuration's batches.

    Raises InvalidInput for a configuration that pulls.
    """
    if configuration.pulls:
        raise InvalidInput(f"“{configuration.name}” pulls with GET: it sends no records. Start a run of it.")
    plan = plans.outbound_plan(configuration)
    database = plans.database_of(configuration.connection)
    return list(_messages(plan, configuration, database, record_ids, Delivery.Event.MANUAL, None))


def pending(now: datetime | None = None) -> QuerySet[Run]:
    """Runs that nobody works on and that are due; those that pull, where the external system may be called now."""
    now = now or timezone.now()
    due = unfinished().filter(Q(claimed_until__isnull=True) | Q(claimed_until__lte=now), due_at__lte=now)
    return due.filter(Q(pulls=False) | endpoints.callable_at(now))


def unfinished() -> QuerySet[Run]:
    """Runs that have not queued all their records yet."""
    return Run.objects.filter(state__in=Run.UNFINISHED)


def work(budget: float = BUDGET) -> int:
    """Carry out what is pending, one run after the other, until nothing is or the budget (seconds) is spent.

    Answers how many pages were queued, or pulled.
    """
    ends = time.monotonic() + budget
    pages = 0
    while not stopping.asked() and (run := _claim()) is not None:
        pages += pulls.carry_out(run, ends) if run.pulls else _carry_out(run)
        if time.monotonic() >= ends:
            break
    return pages


def _claim() -> Run | None:
    now = timezone.now()
    with transaction.atomic():
        run = pending(now).select_for_update(of=("self",), skip_locked=True).order_by("due_at", "id").first()
        if run is None:
            return None
        run.state, run.claim_id, run.claimed_until = Run.State.RUNNING, uuid.uuid4(), now + runstate.LEASE
        run.save(update_fields=["state", "claim_id", "claimed_until"])
    return run


def _carry_out(run: Run) -> int:
    pages = 0
    try:
        plan = plans.outbound_plan(run.configuration)
        odoo = plans.odoo_of(run.configuration.connection)
        runstate.stay_in(run, odoo.identity())
        outbound.bind(plan, plans.describer(odoo))
        while ids := outbound.next_ids(plan, odoo, run.cursor, within=run.within):
            if not _queue_page(run, plan, ids):
                return pages
            pages += 1
            if stopping.asked():
                runstate.write(run, state=Run.State.PENDING, claim_id=None, claimed_until=None)
                return pages
        runstate.done(run)
    except HubError as error:
        if error.retryable:
            runstate.later(run, timezone.now() + ODOO_AWAY, error.message)
        else:
            runstate.failed(run, error.message)
    return pages


def _queue_page(run: Run, plan: OutboundPlan, ids: Sequence[int]) -> bool:
    """Queue one page and move the cursor, together; False when the lease was lost."""
    with transaction.atomic():
        until = timezone.now() + runstate.LEASE
        moved = runstate.write(run, cursor=ids[-1], records=run.records + len(ids), claimed_until=until)
        if moved:
            outbox.queue(list(_messages(plan, run.configuration, run.database, ids, run.event, run)))
    run.cursor, run.records = ids[-1], run.records + len(ids)
    return moved


def _messages(
    plan: OutboundPlan,
    configuration: Configuration,
    database: str,
    ids: Sequence[int],
    event: str,
    run: Run | None,
) -> Iterator[Delivery]:
    for start_at in range(0, len(ids), plan.batch_size):
        batch = list(ids[start_at : start_at + plan.batch_size])
        yield Delivery(
            configuration=configuration,
            event=event,
            database=database,
            model=plan.model,
            record_ids=batch,
            record_id=None if plan.is_batch else batch[0],
            run=run,
            trace_id=new_trace_id(),
        )
