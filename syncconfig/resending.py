"""Which of the messages that somebody wants to send again are sent: a record's values of today once, and no other
database's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from syncconfig import plans, wake
from syncconfig.models import Configuration, Delivery

MOST = 100_000
"""Messages of one choice, the newest."""

PART = 500
"""SQLite takes only so many parameters in a statement."""

COVERED = "A newer message about the same record was sent again, with the values that this one would have now."

OWN_VALUES = (Delivery.Event.DELETE, Delivery.Event.STATE, Delivery.Event.BATCH)
"""Events whose messages say more than what the record is today."""


@dataclass
class Resend:
    """What becomes of finished messages, by their ids, the newest first.

    ``elsewhere`` counts by the name of the database that they belong to. ``fewer``: what is left of batches of which
    newer messages carry some records.
    """

    send: list[int] = field(default_factory=list)
    covered: list[int] = field(default_factory=list)
    elsewhere: Counter[str] = field(default_factory=Counter)
    fewer: dict[int, list[int]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many they are in all."""
        return len(self.send) + len(self.covered) + self.elsewhere.total()

    def others(self) -> list[str]:
        """In sentences: what is not sent, and why."""
        told = []
        if self.covered:
            covered = f"{len(self.covered)} {'is' if len(self.covered) == 1 else 'are'} covered by newer ones"
            told.append(f"{covered} about the same records, with the same values of today.")
        for database, number in sorted(self.elsewhere.items()):
            verbs = "belongs to {0} and stays as it is" if number == 1 else "belong to {0} and stay as they are"
            told.append(f"{number} {verbs.format(database)}: the connection leads to another database now.")
        return told


def sorted_out(deliveries: QuerySet[Delivery]) -> Resend:
    """What would become of these; those that are not finished are none of them.

    Raises HubError when the database that is connected now cannot be named.
    """
    finished = deliveries.exclude(state__in=Delivery.UNFINISHED).order_by("-id")
    columns = ("pk", "configuration_id", "database", "event", "record_ids")
    rows = list(finished.values_list(*columns)[:MOST])
    present = _present({configuration for _, configuration, *_ in rows})
    made, carried = Resend(), set[tuple[int, int]]()
    for pk, configuration, database, event, record_ids in rows:
        if database not in ("", present[configuration]):
            made.elsewhere[database] += 1
            continue
        if event not in OWN_VALUES:
            left = [one for one in record_ids if (configuration, one) not in carried]
            if record_ids and not left:
                made.covered.append(pk)
                continue
            if len(left) < len(record_ids):
                made.fewer[pk] = left
            carried |= {(configuration, one) for one in left}
        made.send.append(pk)
    return made


def queue(chosen: Resend) -> int:
    """Send them again, from the first attempt on, as far as they are finished still; answers how many messages.

    What was given up and is covered now needs nobody any more: there is nothing of it left to send.
    """
    now = timezone.now()
    fresh = {
        "state": Delivery.State.PENDING, "attempts": 0, "due_at": now, "finished_at": None, "claim_id": None,
        "claimed_until": None, "last_error": "", "last_status": None, "unwritten": "", "replayed": True,
    }  # fmt: skip
    with transaction.atomic():
        for pk, left in chosen.fewer.items():
            _finished([pk]).update(record_ids=left)
        count = sum(_finished(part).update(**fresh) for part in _parts(chosen.send))
        for part in _parts(chosen.covered):
            given_up = Delivery.objects.filter(pk__in=part, state=Delivery.State.DEAD)
            given_up.update(state=Delivery.State.SKIPPED, last_error=COVERED)
        if count:
            wake.after_commit("deliver")
    return count


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + PART] for start in range(0, len(ids), PART))


def _finished(ids: Sequence[int]) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk__in=ids).exclude(state__in=Delivery.UNFINISHED)


def elsewhere(delivery: Delivery) -> str:
    """Why a message is not compared and not sent again: its records are another database's; or "".

    Raises HubError when the database that is connected now cannot be named.
    """
    present = plans.database_of(delivery.configuration.connection)
    if delivery.database in ("", present):
        return ""
    return (
        f"It belongs to {delivery.database}, but the connection leads to {present} now, where the same ids are other "
        "records. It stays as it is."
    )


def _present(configurations: Iterable[int]) -> dict[int, str]:
    """The database that each leads to now."""
    chosen = Configuration.objects.filter(pk__in=set(configurations)).select_related("connection")
    named = {connection: plans.database_of(connection) for connection in {one.connection for one in chosen}}
    return {one.pk: named[one.connection] for one in chosen}
