"""News of a record whose last news still wait to be sent: put together, so that the receiver hears of it once.

Values are read from Odoo when a message is sent, so what waits carries the newest ones. What is being sent, was tried
before or is sent again at somebody's wish is left alone: the receiver may know it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils import timezone

from syncconfig.models import Delivery

Event = Delivery.Event
ALIVE = (Event.CREATE, Event.UPDATE, Event.STATE)
HEARD = (*ALIVE, Event.DELETE)


class Key(NamedTuple):
    """Whom a message tells of which record."""

    configuration: int
    database: str
    record: int | None


def fresh(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Those that must be queued; the others went into what waits. To be called in the transaction that queues them.

    Created and changed: still created. Changed twice: changed, from the first values to the last. Created and deleted:
    nothing. Changed and deleted: deleted, with the last values.
    """
    heard = [one for one in deliveries if one.event in HEARD and one.record_id]
    if not heard:
        return list(deliveries)
    waiting = _waiting(heard)
    kept, changed, dropped = [], {}, {}
    for one in deliveries:
        earlier = waiting.get(_key(one), []) if one.event in HEARD else []
        if not earlier:
            kept.append(one)
        elif one.event == Event.DELETE:
            dropped.update({each.pk: each for each in earlier})
            if not any(each.event == Event.CREATE for each in earlier):
                kept.append(one)
        else:
            last = earlier[-1]
            _take_in(last, one)
            changed[last.pk] = last
    Delivery.objects.bulk_update(changed.values(), ["event", "change"], batch_size=200)
    Delivery.objects.filter(pk__in=dropped).update(
        state=Delivery.State.SKIPPED,
        finished_at=timezone.now(),
        last_error="The record was deleted before this was sent.",
    )
    return kept


def _key(one: Delivery) -> Key:
    return Key(one.configuration_id, one.database, one.record_id)


def _waiting(heard: Sequence[Delivery]) -> dict[Key, list[Delivery]]:
    """What waits of those records, by key, oldest first; locked until the transaction ends."""
    found: dict[Key, list[Delivery]] = {}
    for configuration_id, database in {(one.configuration_id, one.database) for one in heard}:
        rows = Delivery.objects.filter(
            configuration_id=configuration_id,
            database=database,
            record_id__in={one.record_id for one in heard if _key(one)[:2] == (configuration_id, database)},
            record_id__isnull=False,
            finished_at__isnull=True,
            state=Delivery.State.PENDING,
            attempts=0,
            replayed=False,
            unwritten="",
            event__in=ALIVE,
        )
        for row in rows.select_for_update(skip_locked=True).order_by("id"):
            found.setdefault(_key(row), []).append(row)
    return found


def _take_in(waiting: Delivery, news: Delivery) -> None:
    """A state's change says more than any update, and a new record more than both."""
    if waiting.event == Event.UPDATE:
        waiting.event = news.event if news.event == Event.STATE else Event.UPDATE
    waiting.change = _merged(waiting.change or {}, news.change or {})


def _merged(first: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    """Both changes as one: the first old values, the last new ones."""
    told = {**first, **{name: value for name, value in then.items() if name in ("at", "user_id")}}
    unknown = any("changed_fields" in one and not one["changed_fields"] for one in (first, then))
    names = dict.fromkeys([*first.get("changed_fields", ()), *then.get("changed_fields", ())])
    told["changed_fields"] = [] if unknown else list(names)
    told["old"] = {**then.get("old", {}), **first.get("old", {})}
    told["new"] = {**first.get("new", {}), **then.get("new", {})}
    return told
