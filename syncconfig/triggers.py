"""What changes in Odoo mean for one configuration: which of them it sends, and as which event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import Any

from hub.api.trace import new_trace_id
from hub.flow import outbound
from hub.flow.filters import domain_of
from hub.odoo.changes import Change, is_same, key_of, summed
from hub.odoo.connection import Odoo, Record
from hub.odoo.matching import matches
from syncconfig import plans, seen
from syncconfig.echo import Guard
from syncconfig.models import Configuration, Delivery
from syncconfig.models.triggers import listed, words
from syncconfig.seen import Memory

EVENTS = {
    "create": (Delivery.Event.CREATE, "on_create"),
    "write": (Delivery.Event.UPDATE, "on_update"),
    "unlink": (Delivery.Event.DELETE, "on_delete"),
}
UNKNOWN = object()
"""The value before, where nobody told it."""


TERMS = (
    "active", "request_type", "connection_id", "model", "on_create", "on_update", "on_delete", "trigger_fields",
    "on_state", "state_field", "state_from", "state_to",
)  # fmt: skip


def terms(configuration: Configuration) -> tuple[Any, ...]:
    """What decides on which changes are sent: while these are the same, the same ones are."""
    return (configuration.connection.active, *(getattr(configuration, name) for name in TERMS))


@dataclass
class Caused:
    """The messages, and what is remembered of the records from now on."""

    messages: list[Delivery] = field(default_factory=list)
    memory: Memory | None = None


def caused(
    configuration: Configuration, odoo: Odoo, database: str, events: Mapping[int, Sequence[Change]], *, told: bool
) -> Caused:
    """What the events of these records cause. ``told``: Odoo says what changed; else it is found by comparing."""
    used_by = cache(partial(seen.used_by, configuration, odoo))
    events = _heard(events, used_by)
    guard = Guard.of(configuration, events, used_by)
    used = None if told else used_by()
    left = {one: guard.rest(raws) for one, raws in events.items()}
    news = {one: change for one, raws in left.items() if (change := summed(raws)) is not None}
    alive = [one for one, change in news.items() if change.event != "unlink"]
    memory = None if told or used is None else Memory.of(configuration, database, list(news))
    wanted = {*watched(configuration), *(used.names if memory is not None and used is not None else ())}
    found = outbound.present(plans.outbound_plan(configuration), odoo, alive, sorted(wanted))
    messages = []
    gone, remembered = {}, set()
    for record_id, change in news.items():
        if change.event == "unlink":
            last = memory.forget(record_id) if memory is not None else None
            if last != seen.DELETED:
                gone[record_id] = change if told else replace(change, old_values=last or {})
            if last is not None:
                remembered.add(record_id)
    wished = _wished(configuration, database, list(gone.values()), remembered)
    for record_id, change in news.items():
        if change.event == "unlink":
            if record_id in wished:
                messages.append(_message(configuration, database, Delivery.Event.DELETE, gone[record_id]))
        elif record_id in found:
            now = found[record_id]
            known = memory.learn(record_id, now) if memory is not None else None
            compared = change if memory is None else compare(change, known, now, exact=used is not None and used.exact)
            if compared is not None and (event := decide(configuration, compared, left[record_id], known, now)):
                messages.append(
                    _message(configuration, database, event, _described(configuration, compared, event, now))
                )
    return Caused(messages, memory)


def _heard(
    events: Mapping[int, Sequence[Change]], used_by: Callable[[], seen.Used | None]
) -> Mapping[int, Sequence[Change]]:
    """Without the writes that changed nothing, unless what the configuration uses is written and kept elsewhere."""
    if not any(one.silent for raws in events.values() for one in raws):
        return events
    used = used_by()
    if used is None or used.elsewhere:
        return events
    kept = {record_id: [one for one in raws if not one.silent] for record_id, raws in events.items()}
    return {record_id: raws for record_id, raws in kept.items() if raws}


def _wished(
    configuration: Configuration, database: str, deleted: Sequence[Change], remembered: Collection[int]
) -> set[int]:
    """Those of the deleted records of which is told: their last values match the filter domain.

    Where these do not tell, behind dots for instance, it is those that the hub saw within the domain (``remembered``),
    or that were sent before: nobody else hears of them.
    """
    if not configuration.on_delete or not deleted:
        return set()
    domain = domain_of(configuration.domain)
    found = {one.record_id: matches(domain, {**one.old_values, "id": one.record_id}) for one in deleted}
    wished = {record_id for record_id, fits in found.items() if fits or (fits is None and record_id in remembered)}
    unknown = {record_id for record_id, fits in found.items() if fits is None} - wished
    return wished | _sent_before(configuration, database, unknown)


def _sent_before(configuration: Configuration, database: str, ids: set[int]) -> set[int]:
    if not ids:
        return set()
    mine = Delivery.objects.filter(configuration=configuration, database=database).exclude(state=Delivery.State.SKIPPED)
    single = ids.intersection(mine.filter(record_id__in=ids).values_list("record_id", flat=True))
    batches = mine.filter(record_id__isnull=True).values_list("record_ids", flat=True)
    return single | {one for batch in batches.iterator() for one in ids.intersection(batch)}


def watched(configuration: Configuration) -> tuple[str, ...]:
    """The fields whose changes it looks at."""
    return words(configuration.state_field) if configuration.on_state else ()


def compare(change: Change, known: Mapping[str, Any] | None, now: Record, *, exact: bool) -> Change | None:
    """The change with what can be told by what is known of the record; None when nothing that matters has changed."""
    if known is None:
        return change
    changed = tuple(name for name in now if name != "id" and name in known and not is_same(name, known, now))
    certain = tuple(name for name in changed if not isinstance(key_of(now[name]), list) or now[name] != known[name])
    if exact and not certain:
        return None
    # Who knew the record before it was announced as new wrote it through the hub: to him it is changed.
    return Change(
        change.sequence,
        change.model,
        change.record_id,
        "write",
        change.at,
        change.user_id,
        change.origin,
        certain,
        {name: known[name] for name in certain},
        {name: now[name] for name in certain},
    )


def decide(
    configuration: Configuration,
    change: Change,
    raws: Sequence[Change],
    known: Mapping[str, Any] | None,
    now: Record,
) -> Delivery.Event | None:
    """As which event it is sent, or None: a new record before a state, a state before any other update."""
    if change.event == "create" and configuration.on_create:
        return Delivery.Event.CREATE
    if configuration.on_state and any(
        _fits(configuration, old, new) for old, new in _steps(configuration, change, raws, known, now)
    ):
        return Delivery.Event.STATE
    if not configuration.on_update:
        return None
    if change.event == "create" and not _edited(raws):
        return None
    only = words(configuration.trigger_fields)
    names = change.changed_fields if change.event == "write" else _written(raws)
    return Delivery.Event.UPDATE if not only or not names or set(only) & set(names) else None


def _written(raws: Sequence[Change]) -> tuple[str, ...]:
    return tuple(name for one in raws if one.event == "write" for name in one.changed_fields)


def _edited(raws: Sequence[Change]) -> bool:
    """Whether a record that is new was changed after it was made: what its creation writes itself is no update."""
    made = next(one for one in raws if one.event == "create")
    later = [one for one in raws if one.event == "write"]
    if made.transaction:
        return any(one.transaction != made.transaction for one in later)
    return any(one.at > made.at for one in later)


def _steps(
    configuration: Configuration,
    change: Change,
    raws: Sequence[Change],
    known: Mapping[str, Any] | None,
    now: Record,
) -> Iterable[tuple[Any, Any]]:
    """The values that the state went through, as pairs of before and after."""
    name = configuration.state_field
    present = now.get(name)
    if known is not None and name in known:
        if not is_same(name, known, now):
            yield known[name], present
        return
    steps = [one for one in raws if name in one.changed_fields]
    if any(one.event == "write" and not one.changed_fields for one in raws) and not steps:
        yield UNKNOWN, present  # Odoo was asked, and the record was never seen before
        return
    befores = [one.old_values.get(name, UNKNOWN) for one in steps]
    if change.event == "create":
        yield None, befores[0] if befores else present
    afters = [*befores[1:], present] if steps else []
    for one, before, after in zip(steps, befores, afters, strict=True):
        new = one.new_values.get(name, after)
        if key_of(new) == key_of(present):
            new = present  # as Odoo reads it now, with the name of a related record
        if before is UNKNOWN or not is_same(name, {name: before}, {name: new}):
            yield before, new


def _fits(configuration: Configuration, old: Any, new: Any) -> bool:
    wanted_from, wanted_to = listed(configuration.state_from), listed(configuration.state_to)
    if wanted_to and not _names(new) & {one.lower() for one in wanted_to}:
        return False
    if wanted_from:
        return old is not UNKNOWN and old is not None and bool(_names(old) & {one.lower() for one in wanted_from})
    return bool(wanted_to) or old is not UNKNOWN


def _names(value: Any) -> set[str]:
    """How people may write the value: a relation by its id or its name."""
    if isinstance(value, bool):
        return {str(value).lower()}
    if isinstance(value, list | tuple):
        return {str(one).lower() for one in value}
    return {str(value).lower()}


def _described(configuration: Configuration, change: Change, event: Delivery.Event, now: Record) -> Change:
    """The change with the state's new value, which an Odoo that was set up by an earlier version does not tell."""
    name = configuration.state_field
    if event == Delivery.Event.STATE and name not in change.new_values:
        names = tuple(dict.fromkeys([*change.changed_fields, name]))
        return Change(**{**vars(change), "changed_fields": names, "new_values": {**change.new_values, name: now[name]}})
    return change


def _message(configuration: Configuration, database: str, event: Delivery.Event, change: Change) -> Delivery:
    is_gone = event == Delivery.Event.DELETE
    about: dict[str, Any] = {"at": change.at.strftime("%Y-%m-%dT%H:%M:%SZ"), "user_id": change.user_id or None}
    if not is_gone:
        about |= {
            "changed_fields": list(change.changed_fields),
            "old": dict(change.old_values),
            "new": {name: value for name, value in change.new_values.items() if name in change.changed_fields},
        }
    return Delivery(
        configuration=configuration,
        event=event,
        database=database,
        model=change.model,
        record_ids=[change.record_id],
        record_id=change.record_id,
        trace_id=new_trace_id(),
        values=dict(change.old_values) if is_gone else None,
        change=about,
    )
