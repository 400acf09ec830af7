"""``copy``: a new record like an old one, as Odoo duplicates it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.odoo.embedded import links
from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.reading import read
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import Session
from hub.odoo.embedded.writing import IGNORED, create, require_existing

MARKED = frozenset(
    "res.partner res.company product.template product.product product.category "
    "res.partner.category account.journal".split()
)
"""Models whose copies have "(copy)" behind their name."""


def copy(session: Session, model: Model, ids: Sequence[int], default: Mapping[str, Any]) -> list[int]:
    """The ids of the copies; ``default`` are values that they get instead."""
    require_existing(session, model, ids)
    return [create(session, model.name, [{**values(session, model, one), **default}])[0] for one in ids]


def values(session: Session, model: Model, record_id: int) -> dict[str, Any]:
    """What ``create`` needs to make the same record once more."""
    fields = [field for field in model.fields.values() if _copied(session, model, field)]
    names = [field.name for field in fields if not field.to_many]
    record = read(session, model.name, [record_id], names, raw_links=True)[0]
    record.pop("id", None)
    for field in fields:
        if field.to_many:
            record[field.name] = _lists(session, model.table, field, record_id)
    if model.name in MARKED and record.get("name") is not False:
        record["name"] = f"{record.get('name', '')} (copy)"
    return record


def _copied(session: Session, model: Model, field: Field) -> bool:
    if not field.copy or field.name in IGNORED or field.secret or field.name in model.inherits:
        return False
    if field.inherited:
        # What is part of this record (a variant's template) is copied with it.
        parent = session[model.inherits[field.inherited]]
        return _copied(session, parent, parent.fields[field.name])
    return field.column or (field.to_many and not field.sql)


def _lists(session: Session, table: str, field: Field, record_id: int) -> list[Any]:
    comodel = session[field.relation]
    owner = (
        session.one(f'SELECT "{field.inherited}" FROM {table} WHERE id = ?', [record_id])
        if field.inherited
        else record_id
    )
    ids = links.current(session, field, owner, comodel)
    if field.type == "many2many":
        return [[6, 0, ids]]
    lines = []
    for one in ids:
        line = values(session, comodel, one)
        line.pop(field.relation_field, None)
        lines.append([0, 0, line])
    return lines
