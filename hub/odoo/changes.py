"""What changed in an Odoo, one event: the common shape, whichever way the hub heard of it; and many events as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

Event = Literal["create", "write", "unlink"]


@dataclass(frozen=True)
class Change:
    """One record was created, written or deleted, committed with this event.

    ``sequence`` orders the events of one Odoo and never repeats: it is the cursor to read on from.
    ``changed_fields`` of a write are empty where Odoo did not say what was written, as with polling.
    ``old_values`` holds, for a write, what the changed fields were; for a deletion, all stored fields.
    ``new_values`` holds, for a write, what they became, as far as that was told; files never are.
    ``silent`` is a write of which Odoo says that it was of no stored field: a save without a change, or of what is
    computed and stored elsewhere.
    ``transaction`` is the same for all that was committed together, and empty where nobody told it.
    ``origin`` is what the writer put into the context key ``hub_origin``, empty for all others, and for
    what Odoo computes at the end of his transaction.
    """

    sequence: int
    model: str
    record_id: int
    event: Event
    at: datetime
    user_id: int = 0
    origin: str = ""
    changed_fields: tuple[str, ...] = ()
    old_values: Mapping[str, Any] = field(default_factory=dict)
    new_values: Mapping[str, Any] = field(default_factory=dict)
    transaction: str = ""
    silent: bool = False


def per_record(changes: Iterable[Change]) -> dict[int, list[Change]]:
    """The events of each record in their order; records in the order of their newest event."""
    found: dict[int, list[Change]] = {}
    for change in changes:
        found[change.record_id] = [*found.pop(change.record_id, []), change]
    return found


def summed(events: Sequence[Change]) -> Change | None:
    """All events of one record as one, with the first old and the last new values; None when there is no news.

    A create with the writes behind it is the create. A deletion ends all; a record that came and went was never
    there. Writes after which every field is what it was have changed nothing.
    """
    if not events:
        return None
    last = events[-1]
    created = next((one for one in events if one.event == "create"), None)
    if last.event == "unlink":
        return None if created is not None else last
    told = _written([one for one in events if one.event == "write"], last)
    if created is None:
        return told
    return replace(created, new_values=told.new_values if told is not None else {})


def _written(writes: Sequence[Change], last: Change) -> Change | None:
    if not writes:
        return None
    old: dict[str, Any] = {}
    new: dict[str, Any] = {}
    for one in writes:
        old = {**one.old_values, **old}
        new |= one.new_values
        for name in set(one.changed_fields) - set(one.new_values):
            new.pop(name, None)  # what it became is not known
    names = dict.fromkeys(name for one in writes for name in one.changed_fields)
    changed = tuple(name for name in names if not is_same(name, old, new))
    if not changed and all(one.changed_fields for one in writes):
        return None
    return replace(
        last,
        changed_fields=changed,
        old_values={name: old[name] for name in changed if name in old},
        new_values={name: new[name] for name in changed if name in new},
    )


def is_same(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the field is known to be what it was. Lists of records never are: those in them may have changed."""
    if name not in old or name not in new:
        return False
    before, after = key_of(old[name]), key_of(new[name])
    if isinstance(before, list) or isinstance(after, list):
        return False
    return bool(before == after) and isinstance(before, bool) == isinstance(after, bool)


def key_of(value: Any) -> Any:
    """What tells two values of a field apart: of ``[id, name]`` the id, for a name belongs to the other record."""
    if isinstance(value, list | tuple):
        is_one = len(value) == 2 and isinstance(value[1], str) and isinstance(value[0], int)
        return value[0] if is_one else list(value)
    return False if value is None or value == "" else value
