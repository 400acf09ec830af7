"""Trees of records: descendants and ancestors by a parent field, and the guard against rings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.errors import OdooValidation
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list


def walk(model: Model, parent: str, start: Sequence[int], *, down: bool) -> tuple[str, list[Any]]:
    """A ``SELECT id`` of ``start`` and everything below (``down``) or above it."""
    if not parent:
        return (IN_LIST[1:-1], [id_list(start)])
    step = (
        f'SELECT c.id FROM {model.table} c JOIN walked w ON c."{parent}" = w.id'
        if down
        else f'SELECT c."{parent}" FROM {model.table} c JOIN walked w ON c.id = w.id WHERE c."{parent}" IS NOT NULL'
    )
    seed = f"SELECT id FROM {model.table} WHERE id IN {IN_LIST}"
    # UNION, not UNION ALL: a ring, should there be one, ends the walk instead of repeating it.
    return (f"WITH RECURSIVE walked(id) AS ({seed} UNION {step}) SELECT id FROM walked", [id_list(start)])


def descendants(session: Session, model: Model, parent: str, start: Sequence[int]) -> list[int]:
    """The ids of ``start`` and everything below, parents before children."""
    text, parameters = walk(model, parent, start, down=True)
    return [row[0] for row in session.rows(text, parameters)]


def refuse_rings(session: Session, model: Model, ids: Sequence[int]) -> None:
    """Raise OdooValidation when one of the records is its own ancestor."""
    table, parent = model.table, model.parent
    found = session.one(
        f"""WITH RECURSIVE up(start, id) AS (
            SELECT id, "{parent}" FROM {table} WHERE id IN {IN_LIST} AND "{parent}" IS NOT NULL
            UNION SELECT up.start, c."{parent}" FROM {table} c JOIN up ON c.id = up.id WHERE c."{parent}" IS NOT NULL)
        SELECT start FROM up WHERE start = id LIMIT 1""",
        [id_list(ids)],
    )
    if found:
        raise OdooValidation(
            model.recursion or "Recursion Detected.",
            "odoo.exceptions.ValidationError",
            field=parent,
            constraint="recursion",
        )
