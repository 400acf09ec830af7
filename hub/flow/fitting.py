"""Values of third parties that nobody can ask to send others: made to fit the type of the Odoo field they go to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.transform import path
from hub.transform.kinds import Bound
from hub.transform.kinds.base import TO_MANY
from hub.transform.mapping import FieldMap

TRUE, FALSE = frozenset({"true", "1", "yes", "y", "on"}), frozenset({"false", "0", "no", "n", "off"})
WHOLE = re.compile(r"[+-]?\d{1,18}(\.0*)?", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
TEXTS = ("char", "text", "html")


def fitted(item: Mapping[str, Any], mapping: FieldMap) -> dict[str, Any]:
    """The item with the values of plain rows as their fields take them: ids come as numbers, numbers as texts.

    XML and CSV have texts alone; an empty one is no value there, and a list of one looks like its element.
    """
    made = dict(item)
    for row in mapping.rows:
        if not row.rule.writes:
            continue
        value = path.get(made, row.name)
        if value is path.ABSENT or value is None:
            continue
        new = _of_row(value, row)
        if new is not value:
            if row.name in made:
                made[row.name] = new
            else:
                _own_way(made, row.name)
                path.put(made, row.name, new)
    return made


def _of_row(value: Any, row: Bound) -> Any:
    if row.sub is not None:
        if isinstance(value, Mapping):
            single = fitted(value, row.sub)
            return [single] if row.info["type"] in TO_MANY else single
        if isinstance(value, list):
            sub = row.sub
            return [fitted(one, sub) if isinstance(one, Mapping) else one for one in value]
        return value
    if row.kind.key != "plain":
        return value
    info = row.end if "." in row.rule.odoo_field else row.info
    return fit(value, str(info.get("type")))


def fit(value: Any, kind: str) -> Any:
    """The value as a field of that type takes it; as it is where there is no doubtless way."""
    if kind in TEXTS:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return str(value) if is_number else value
    if kind == "boolean" and isinstance(value, int) and value in (0, 1):
        return bool(value)
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text:
        return None
    if kind == "boolean":
        lower = text.lower()
        return True if lower in TRUE else False if lower in FALSE else value
    if kind in ("integer", "many2one") and WHOLE.fullmatch(text):
        return int(text.partition(".")[0])
    if kind in ("float", "monetary") and NUMBER.fullmatch(text):
        return float(text)
    return value


def _own_way(made: dict[str, Any], name: str) -> None:
    """Copy what lies on the way to the value, which belongs to the item as it came."""
    place: Any = made
    for step in path.steps(name)[:-1]:
        inner = place[step]
        place[step] = dict(inner) if isinstance(inner, Mapping) else list(inner)
        place = place[step]
