"""Relations with their names: what ``?expand=country_id`` makes of an id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hub.errors import InvalidInput
from hub.transform.kinds import Plain
from hub.transform.kinds.base import TO_MANY, Bound, Kind
from hub.transform.records import ids_of
from hub.transform.services import Incoming, Outgoing

NAME = "display_name"
"""The field with a record's name, as Odoo shows it; each model has it."""


class Expanded(Kind):
    """A relation as ``{"id", "name"}``, or a list of these. No value type of a mapping: callers ask for it."""

    label = "Expanded"

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The object; ``None`` for an empty relation."""
        if row.info["type"] in TO_MANY:
            names = outgoing.record[row.paths[1]]
            return [{"id": one, "name": name} for one, name in zip(ids_of(value), names, strict=True)]
        return {"id": value[0], "name": value[1]} if value else None

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """As the row itself."""
        return row.kind.inward(value, row, incoming)


def expanded(rows: Sequence[Bound], names: Sequence[str]) -> list[Bound]:
    """The rows, those under ``names`` expanded; raises InvalidInput for a name that is not shown, or is no relation."""
    by_key = {row.name: row for row in rows}
    for name in names:
        row = by_key.get(name)
        if row is None:
            raise _refused(name, f"`expand` names `{name}`, which is not among the fields of this answer.")
        if not isinstance(row.kind, Plain) or "relation" not in row.info or "." in row.rule.odoo_field:
            relations = [one.name for one in rows if isinstance(one.kind, Plain) and one.info.get("relation")]
            more = f" These can be: {', '.join(relations)}." if relations else ""
            raise _refused(name, f"`{name}` is no relation that can be expanded.{more}")
    return [_with_name(row) if row.name in names else row for row in rows]


def _with_name(row: Bound) -> Bound:
    if row.info["type"] not in TO_MANY:
        return replace(row, out=EXPANDED)  # Odoo reads it as [id, name]
    field = row.rule.odoo_field
    paths = (field, f"{field}.{NAME}")
    return replace(row, out=EXPANDED, paths=paths, ends={**row.ends, paths[1]: {"type": "char"}})


def _refused(name: str, message: str) -> InvalidInput:
    return InvalidInput(message, field=name, value=None, constraint="expand", parameter="expand")


EXPANDED = Expanded()
