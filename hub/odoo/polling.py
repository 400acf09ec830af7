"""Hearing of changes by asking: a ``(write_date, id)`` keyset with an overlap, for any Odoo that lets us read.

``write_date`` is the *start* of Odoo's transaction, so a row may appear with a time that has passed
already: each look goes back by the overlap, and what was seen in it is remembered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.errors import OdooAccess
from hub.odoo.changes import Change
from hub.odoo.connection import Odoo

FORMAT = "%Y-%m-%d %H:%M:%S"
OVERLAP = timedelta(seconds=60)
"""How long a transaction in Odoo may take before its changes could be missed."""

UNSETTLED = timedelta(seconds=2)

PAGE = 500


@dataclass(frozen=True)
class Look:
    """What one look found, and the position to continue from (JSON).

    It holds, of polling, the latest ``write_date``, those of the records ``seen`` in the overlap, and the ``newest``
    id.
    """

    changes: list[Change]
    position: dict[str, Any]
    more: bool


def start(odoo: Odoo, model: str) -> dict[str, Any]:
    """The position from which only what changes from now on is heard."""
    newest = odoo.search_read(model, [], ["write_date"], order="write_date desc, id desc", limit=1, context=EVERYTHING)
    moment = newest[0]["write_date"] if newest else datetime.now(UTC).strftime(FORMAT)
    recent = odoo.search_read(
        model, [("write_date", ">=", _back(moment))], ["write_date"], order="write_date, id", context=EVERYTHING
    )
    seen = {str(row["id"]): row["write_date"] for row in recent}
    return {"write_date": moment, "seen": seen, "newest": _newest(odoo, model)}


def since(odoo: Odoo, model: str, moment: datetime) -> dict[str, Any]:
    """The position from which all that has changed since that moment is heard; what changed just before it is not."""
    settled = moment.strftime(FORMAT)
    before = [("write_date", ">=", _back(settled)), ("write_date", "<", settled)]
    recent = odoo.search_read(model, before, ["write_date"], order="write_date, id", context=EVERYTHING)
    seen = {str(row["id"]): row["write_date"] for row in recent}
    return {"write_date": settled, "seen": seen, "newest": _newest(odoo, model)}


def _newest(odoo: Odoo, model: str) -> int:
    """The highest id that there is, 0 without any."""
    found = odoo.search(model, [], order="id desc", limit=1, context=EVERYTHING)
    return found[0] if found else 0


def look(odoo: Odoo, model: str, position: Mapping[str, Any], now: datetime | None = None) -> Look:
    """The records created or written since ``position``, a page at the most; deletions are not heard this way.

    A record is reported again only when its ``write_date`` moved, which counts in seconds. So the last
    seconds before ``now`` are left for the next look: a second write within one of them could not be told
    from the first. That supposes the clocks of hub and Odoo to agree within them.
    """
    settled = ((now or datetime.now(UTC)) - UNSETTLED).strftime(FORMAT)
    seen: dict[str, str] = dict(position["seen"])
    moment: str = position["write_date"]
    rows, offset = [], 0
    while True:
        page = odoo.search_read(
            model,
            [("write_date", ">=", _back(moment)), ("write_date", "<=", settled)],
            ["write_date", "create_date", "write_uid"],
            order="write_date, id",
            limit=PAGE,
            offset=offset,
            context=EVERYTHING,
        )
        rows = [row for row in page if seen.get(str(row["id"])) != row["write_date"]]
        if rows or len(page) < PAGE:
            break
        offset += PAGE
    changes = [_change(model, row, str(row["id"]) in seen, moment) for row in rows]
    latest = max([moment, *(row["write_date"] for row in rows)])
    known = position["newest"] if "newest" in position else _newest(odoo, model)
    seen |= {str(row["id"]): row["write_date"] for row in rows}
    floor = _back(latest)
    kept = {record_id: at for record_id, at in seen.items() if at >= floor}
    newest = max([known, *(row["id"] for row in rows)])
    return Look(changes, {"write_date": latest, "seen": kept, "newest": newest}, more=len(page) == PAGE)


def gone(odoo: Odoo, model: str, ids: Sequence[int]) -> set[int]:
    """Which of these records do not exist. One that the hub's user may not see exists all the same."""
    if not ids:
        return set()
    missing = sorted(set(ids) - set(odoo.search(model, [("id", "in", list(ids))], context=EVERYTHING)))
    try:
        return set(missing) - _there(odoo, model, missing)
    except OdooAccess:
        return {one for one in missing if not _is_there(odoo, model, one)}


def _there(odoo: Odoo, model: str, ids: Sequence[int]) -> set[int]:
    """Odoo leaves those out that do not exist, and refuses when one exists and is not for this user."""
    if not ids:
        return set()
    return {row["id"] for row in odoo.call(model, "read", ids, {"fields": ["write_date"]})}


def _is_there(odoo: Odoo, model: str, record_id: int) -> bool:
    try:
        return bool(_there(odoo, model, [record_id]))
    except OdooAccess:
        return True


def was_known(position: Mapping[str, Any], record_id: int) -> bool:
    """Whether who is at ``position`` can have heard of a record: a newer one came after his last look."""
    return bool(record_id <= position.get("newest", record_id))


def was_heard(position: Mapping[str, Any], record_id: int, write_date: str) -> bool:
    """Whether a record with that ``write_date`` is no news to who is at ``position``."""
    known = position["seen"].get(str(record_id))
    return bool(known == write_date if known is not None else write_date < _back(position["write_date"]))


EVERYTHING = {"active_test": False}
"""Archiving is a change too."""


def _back(moment: str) -> str:
    return (_utc(moment) - OVERLAP).strftime(FORMAT)


def _utc(moment: str) -> datetime:
    return datetime.strptime(moment, FORMAT).replace(tzinfo=UTC)


def _change(model: str, row: Mapping[str, Any], known: bool, moment: str) -> Change:
    # Created since the last look, not merely within the overlap: what is known was announced before.
    created = not known and row["create_date"] and row["create_date"] >= _back(moment)
    writer = row["write_uid"]
    return Change(
        sequence=0,
        model=model,
        record_id=row["id"],
        event="create" if created else "write",
        user_id=writer[0] if writer else 0,
        at=_utc(row["write_date"]),
    )
