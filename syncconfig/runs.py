"""Runs: a whole configuration's records, page by page into the outbox, resumable at any point."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from hub.api.trace import new_trace_id
from hub.errors import Conflict, HubError, InvalidInput, Misconfigured
from hub.flow import outbound
from hub.flow.plan import OutboundPlan
from syncconfig import outbox, plans, wake
from syncconfig.models import Configuration, Delivery, Run

LEASE = timedelta(seconds=60)
ODOO_AWAY = timedelta(seconds=15)


def start(configuration: Configuration, event: str = Delivery.Event.MANUAL) -> Run:
    """Ask for a run; the cluster carries it out. Raises Conflict while another one goes on, InvalidInput for In."""
    if not configuration.is_out or not configuration.active:
        raise InvalidInput(f"“{configuration.name}” is not an active Out configuration, so there is nothing to send.")
    with transaction.atomic():
        if unfinished().select_for_update().filter(configuration=configuration).exists():
            raise Conflict(f"“{configuration.name}” is running already. Wait until all its records are queued.")
        run = Run.objects.create(configuration=configuration, event=event, trace_id=new_trace_id())
        wake.after_commit("run")
    return run


def send_now(configuration: Configuration, record_ids: Sequence[int]) -> int:
    """Queue these records of the configuration's model, as its batches; answers the number of messages."""
    plan = plans.outbound_plan(configuration)
    database = plans.database_of(configuration.connection)
    with transaction.atomic():
        return outbox.queue(list(_messages(plan, configuration, database, record_ids, Delivery.Event.MANUAL, None)))


def pending(now: datetime | None = None) -> QuerySet[Run]:
    """Runs that nobody works on and that are due."""
    now = now or timezone.now()
    return unfinished().filter(Q(claimed_until__isnull=True) | Q(claimed_until__lte=now), due_at__lte=now)


def unfinished() -> QuerySet[Run]:
    """Runs that have not queued all their records yet."""
    return Run.objects.filter(state__in=Run.UNFINISHED)


def work() -> int:
    """Carry out all pending runs, one after the other; answers how many pages were queued."""
    pages = 0
    while (run := _claim()) is not None:
        pages += _carry_out(run)
    return pages


def _claim() -> Run | None:
    now = timezone.now()
    with transaction.atomic():
        run = pending(now).select_for_update(skip_locked=True).order_by("id").first()
        if run is None:
            return None
        run.state, run.claim_id, run.claimed_until = Run.State.RUNNING, uuid.uuid4(), now + LEASE
        run.save(update_fields=["state", "claim_id", "claimed_until"])
    return run


def _carry_out(run: Run) -> int:
    pages = 0
    try:
        plan = plans.outbound_plan(run.configuration)
        odoo = plans.odoo_of(run.configuration.connection)
        _stay_in(run, odoo.identity())
        outbound.bind(plan, plans.describer(odoo))
        while ids := outbound.next_ids(plan, odoo, run.cursor):
            if not _queue_page(run, plan, ids):
                return pages
            pages += 1
        _write(run, state=Run.State.DONE, finished_at=timezone.now(), claim_id=None, claimed_until=None, error="")
    except HubError as error:
        if error.retryable:
            again = timezone.now() + ODOO_AWAY
            _write(run, state=Run.State.PENDING, due_at=again, claim_id=None, claimed_until=None, error=error.message)
        else:
            _write(
                run,
                state=Run.State.FAILED,
                finished_at=timezone.now(),
                claim_id=None,
                claimed_until=None,
                error=error.message,
            )
    return pages


def _stay_in(run: Run, database: str) -> None:
    """A run belongs to the database that it began in; raises Misconfigured in another one, where ids differ."""
    if run.database and run.database != database:
        raise Misconfigured(
            f"The run began with records of {run.database}; the connection leads to {database} now. "
            "Press Run now to begin anew there."
        )
    if not run.database:
        _write(run, database=database)
        run.database = database


def _queue_page(run: Run, plan: OutboundPlan, ids: Sequence[int]) -> bool:
    """Queue one page and move the cursor, together; False when the lease was lost."""
    with transaction.atomic():
        moved = _write(run, cursor=ids[-1], records=run.records + len(ids), claimed_until=timezone.now() + LEASE)
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


def _write(run: Run, **columns: object) -> bool:
    return bool(Run.objects.filter(pk=run.pk, claim_id=run.claim_id).update(**columns))
