"""The outbox's bookkeeping: queue, claim under a lease, finish under the same claim. Sends nothing itself."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from hub.flow import answers
from syncconfig import endpoints, resending, waiting, wake
from syncconfig.models import Configuration, Delivery

LEASE = timedelta(seconds=45)
"""How long a worker may be silent before others take over; a living one renews it in time."""

RENEW_EVERY = 15.0
"""Seconds between two renewals."""


def queue(deliveries: Sequence[Delivery]) -> int:
    """Put messages into the outbox, within the caller's transaction, and wake a worker after the commit.

    News of a record whose last news still wait are put together with them. Answers how many were added.
    """
    added = waiting.fresh(deliveries)
    Delivery.objects.bulk_create(added, batch_size=500)
    if added:
        wake.after_commit("deliver")
    return len(added)


def claim(
    limit: int, now: datetime | None = None, passing_over: Collection[int] = (), *, alone: bool = True
) -> list[Delivery]:
    """Take up to ``limit`` due messages: claim id, lease and attempt count are written before anything is sent.

    Also takes over what others claimed and let lapse. Of messages about one record only the oldest
    unfinished one is taken, so their order holds. Rows that another worker is just claiming are passed over,
    and so are these configurations and what endpoints may not be sent just now.

    A message under which a worker died twice may be what killed it: it is taken by itself, and only when the claimer
    has nothing else under way (``alone``), so that nobody dies with it again.
    """
    now, passed = now or timezone.now(), set(passing_over)
    with transaction.atomic():
        chosen: list[Delivery] = []
        while not chosen:
            rows = _candidates(now, passed, limit, alone=alone)
            if not rows:
                return []
            chosen, exhausted = _allowed(rows, now)
            passed |= exhausted
        claim_id, until = uuid.uuid4(), now + LEASE
        Delivery.objects.filter(id__in=[one.pk for one in chosen]).update(
            state=Delivery.State.SENDING, claim_id=claim_id, claimed_until=until, attempts=F("attempts") + 1
        )
    for one in chosen:  # as they stand in the database now: they were read under its lock
        one.state, one.claim_id, one.claimed_until = Delivery.State.SENDING, claim_id, until
        one.attempts += 1
    return chosen


SUSPECT = Q(state=Delivery.State.SENDING, attempts__gte=2)
"""Of what is due: whose last two claims lapsed."""


def _candidates(now: datetime, passed: Collection[int], limit: int, *, alone: bool) -> list[Delivery]:
    rows = due(now).exclude(configuration_id__in=passed) if passed else due(now)
    if not alone:
        rows = rows.exclude(SUSPECT)
    rows = rows.defer("unwritten")  # one that no key fits must not stop all others
    found = list(rows.order_by("due_at", "id").select_for_update(skip_locked=True, of=("self",))[:limit])
    suspects = [one for one in found if one.state == Delivery.State.SENDING and one.attempts >= 2]
    if suspects and found[0] is suspects[0]:
        return suspects[:1]
    return [one for one in found if one not in suspects] if suspects else found


def _allowed(rows: Sequence[Delivery], now: datetime) -> tuple[list[Delivery], set[int]]:
    """Those that may be sent, and the configurations that have more than may be."""
    limits = endpoints.limited(one.configuration_id for one in rows)
    if not limits:
        return list(rows), set()
    wanted = Counter(one.configuration_id for one in rows)
    left = {key: endpoints.allow(one, wanted[key], now) for key, one in limits.items()}
    exhausted = {key for key, number in left.items() if number < wanted[key]}
    chosen = []
    for one in rows:
        if one.configuration_id in left:
            left[one.configuration_id] -= 1
            if left[one.configuration_id] < 0:
                continue
        chosen.append(one)
    return chosen, exhausted


def is_old(claimed: Iterable[Delivery], now: datetime | None = None) -> bool:
    """Whether so much of their lease is over that others may have taken them by the next look."""
    ends = [one.claimed_until for one in claimed if one.claimed_until is not None]
    return bool(ends) and min(ends) - (now or timezone.now()) < LEASE / 2


def is_suspect(claimed: Delivery) -> bool:
    """Whether a message that was just claimed may be what its workers died of, or is retried for another reason."""
    return claimed.attempts > 2  # two before this one


def due_count(now: datetime | None = None) -> int:
    """How many messages could be claimed now, up to 1."""
    return int(due(now or timezone.now()).exists())


def renew(claim_id: uuid.UUID, ids: Iterable[int], now: datetime | None = None) -> set[int]:
    """Prolong the lease of those messages; answers the ids that are still ours."""
    wanted = set(ids)
    ours = Delivery.objects.filter(claim_id=claim_id, id__in=wanted, state=Delivery.State.SENDING)
    count = ours.update(claimed_until=(now or timezone.now()) + LEASE)
    return wanted if count == len(wanted) else set(ours.values_list("id", flat=True))


def all_done(deliveries: Sequence[Delivery], statuses: Sequence[int]) -> None:
    """They arrived: as ``done``, in a statement for each status."""
    groups: dict[tuple[uuid.UUID | None, int], list[int]] = {}
    for one, status in zip(deliveries, statuses, strict=True):
        groups.setdefault((one.claim_id, status), []).append(one.pk)
    for (claim_id, status), ids in groups.items():
        Delivery.objects.filter(pk__in=ids, claim_id=claim_id, state=Delivery.State.SENDING).update(
            state=Delivery.State.DONE,
            finished_at=timezone.now(),
            last_status=status,
            last_error="",
            claim_id=None,
            claimed_until=None,
        )


def done(delivery: Delivery, status: int | None) -> bool:
    """It arrived."""
    return _finish(delivery, Delivery.State.DONE, last_status=status, last_error="", unwritten="")


def owe(delivery: Delivery, delay: float, status: int | None, values: answers.Values) -> bool:
    """It arrived, and Odoo cannot be told just now what the answer said: again after ``delay`` seconds."""
    return _release(
        delivery,
        delay,
        last_status=status,
        last_error="It arrived. What the answer said is written to Odoo as soon as that answers again.",
        unwritten=json.dumps(values),
        attempts=delivery.attempts - 1,
    )


def owing(deliveries: Iterable[Delivery]) -> set[int]:
    """The ids of those that have arrived, and of whose answers something is still to be written to Odoo."""
    rows = Delivery.objects.filter(pk__in=[one.pk for one in deliveries]).exclude(unwritten="")
    return set(rows.values_list("pk", flat=True))


def owed(delivery: Delivery) -> answers.Values:
    """What is still to be written to Odoo; raises WrongKey when no key fits it."""
    return {int(key): values for key, values in json.loads(delivery.unwritten).items()}


def skipped(delivery: Delivery, why: str) -> bool:
    """There is nothing to send."""
    return _finish(delivery, Delivery.State.SKIPPED, last_error=why)


def dead(delivery: Delivery, why: str, status: int | None = None) -> bool:
    """A person has to look."""
    return _finish(delivery, Delivery.State.DEAD, last_status=status, last_error=why)


def without(delivery: Delivery, refused: Mapping[int, str]) -> None:
    """Take records out of a batch, each with the reason why it cannot be sent: it is given up by itself."""
    kept = [one for one in delivery.record_ids if one not in refused]
    with transaction.atomic():
        ours = Delivery.objects.filter(pk=delivery.pk, claim_id=delivery.claim_id, state=Delivery.State.SENDING)
        if not ours.update(record_ids=kept):
            return  # another worker has it
        Delivery.objects.bulk_create(
            Delivery(
                configuration_id=delivery.configuration_id,
                event=delivery.event,
                database=delivery.database,
                model=delivery.model,
                record_ids=[record_id],
                run_id=delivery.run_id,
                trace_id=delivery.trace_id,
                state=Delivery.State.DEAD,
                last_error=why,
                finished_at=timezone.now(),
            )
            for record_id, why in refused.items()
        )
    delivery.record_ids = kept


def retry(delivery: Delivery, delay: float, why: str, status: int | None = None) -> bool:
    """Again after ``delay`` seconds."""
    return _release(delivery, delay, last_status=status, last_error=why)


def hold(delivery: Delivery, why: str) -> bool:
    """Its records are another database's: it waits until that one is connected again, or a person decides."""
    return _write(
        delivery,
        state=Delivery.State.HELD,
        held_at=timezone.now(),
        last_error=why,
        attempts=delivery.attempts - 1,
    )


def postpone(delivery: Delivery, delay: float, why: str) -> bool:
    """Again after ``delay`` seconds, and this time does not count: the receiver was never called."""
    return _release(delivery, delay, last_error=why, attempts=delivery.attempts - 1)


def give_back(deliveries: Sequence[Delivery]) -> None:
    """Return what was claimed and never begun: it has lost no attempt."""
    groups: dict[uuid.UUID | None, list[int]] = {}
    for one in deliveries:
        groups.setdefault(one.claim_id, []).append(one.pk)
    for claim_id, ids in groups.items():
        Delivery.objects.filter(pk__in=ids, claim_id=claim_id, state=Delivery.State.SENDING).update(
            state=Delivery.State.PENDING, claim_id=None, claimed_until=None, attempts=F("attempts") - 1
        )


def replay(deliveries: QuerySet[Delivery]) -> int:
    """Send finished messages again, from the first attempt on; answers how many.

    Not all of them: see ``resending.sorted_out``, which raises HubError.
    """
    return resending.queue(resending.sorted_out(deliveries))


_of_one_record = (
    Delivery.objects.filter(record_id__isnull=False, finished_at__isnull=True)
    .exclude(state=Delivery.State.HELD)
    .annotate(of=F("configuration_id") + 0)
)
"""What may have to go first, in words to which one index fits alone, that by record: as long as PostgreSQL has no
statistics of the table it takes any that fits (by configuration, or by due time), and reads half of all that waits for
each message."""


def due(now: datetime) -> QuerySet[Delivery]:
    older = _of_one_record.filter(
        record_id=OuterRef("record_id"),
        of=OuterRef("configuration_id"),
        id__lt=OuterRef("id"),
        database=OuterRef("database"),
    )
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    active = Q(configuration__active=True, configuration__connection__active=True)
    active &= endpoints.callable_at(now)
    rows = Delivery.objects.filter(free, active, finished_at__isnull=True, held_at__isnull=True, due_at__lte=now)
    return rows.exclude(Q(record_id__isnull=False) & Exists(older))


def _finish(delivery: Delivery, state: Delivery.State, **columns: object) -> bool:
    return _write(delivery, state=state, finished_at=timezone.now(), **columns)


def _release(delivery: Delivery, delay: float, **columns: object) -> bool:
    return _write(delivery, state=Delivery.State.PENDING, due_at=timezone.now() + timedelta(seconds=delay), **columns)


def _write(delivery: Delivery, **columns: object) -> bool:
    """Write under the claim; False when the lease was lost and another worker has the message."""
    ours = Delivery.objects.filter(pk=delivery.pk, claim_id=delivery.claim_id, state=Delivery.State.SENDING)
    return bool(ours.update(claim_id=None, claimed_until=None, **columns))


def unfinished(*configurations: Configuration) -> QuerySet[Delivery]:
    """What configurations still owe."""
    ids = [one.pk for one in configurations]
    return Delivery.objects.filter(configuration__in=ids, finished_at__isnull=True)


def anything_claimed(now: datetime | None = None) -> bool:
    """Whether some worker holds a message under a lease that runs."""
    held = Delivery.objects.filter(finished_at__isnull=True, claimed_until__gt=now or timezone.now())
    return held.exists()
