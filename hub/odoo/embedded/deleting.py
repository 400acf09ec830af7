"""Deleting records: who else points to them decides whether they may go, and what goes with them."""

from __future__ import annotations

from collections.abc import Sequence

from hub.errors import OdooMissing, OdooValidation
from hub.odoo.embedded import outbox
from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.reading import existing
from hub.odoo.embedded.rules import check_access, check_companies
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.values import shown


def unlink(session: Session, name: str, ids: Sequence[int]) -> None:
    """Delete the records; raises OdooMissing for one that is not there, OdooValidation when another holds it."""
    model = session[name]
    check_access(session, model, "unlink")
    ids = list(dict.fromkeys(ids))
    missing = sorted(set(ids) - existing(session, model, ids))
    if missing:
        raise OdooMissing(
            "Record does not exist or has been deleted.\n"
            f"(Record: {model.name}({', '.join(map(str, missing))},), User: {session.uid})",
            "odoo.exceptions.MissingError",
            model=name,
            ids=missing,
        )
    check_companies(session, model, ids, "unlink")
    noted = model.hooks.deleting(session, ids) if model.hooks.deleting else None
    _release(session.sudo(), model, ids)
    _note(session, model, ids)
    for table, columns in session.registry.tables.items():
        for column, owner in columns:
            if owner == name:
                session.run(f'DELETE FROM {table} WHERE "{column}" IN {IN_LIST}', [id_list(ids)])
    session.run(f"DELETE FROM ir_model_data WHERE model = ? AND res_id IN {IN_LIST}", [name, id_list(ids)])
    session.run(f"DELETE FROM {model.table} WHERE id IN {IN_LIST}", [id_list(ids)])
    if model.hooks.deleted:
        model.hooks.deleted(session, noted)


def _release(session: Session, model: Model, ids: Sequence[int]) -> None:
    """Deal with every many2one that points to the records, by its ``ondelete``: those that refuse come first."""
    pointing = [(other, field) for other, field in session.registry.links[model.name] if field.ondelete != "keep"]
    for other, field in sorted(pointing, key=lambda one: one[1].ondelete != "restrict"):
        sql = f'SELECT id FROM {other.table} WHERE "{field.name}" IN {IN_LIST}'
        found = [row[0] for row in session.rows(sql, [id_list(ids)])]
        if other.name == model.name:
            found = [one for one in found if one not in ids]
        if not found:
            continue
        if field.ondelete == "restrict":
            raise _held(other, field)
        if field.ondelete == "cascade":
            unlink(session, other.name, found)
        else:
            _set_empty(session, other, field, found)


def _held(other: Model, field: Field) -> OdooValidation:
    return OdooValidation(
        "The operation cannot be completed: Another model is using the record you are trying to delete.\n\n"
        f"The troublemaker is: '{other.label}' ({other.name})\n"
        f"Thanks to the following constraint: '{field.string}' ({field.name})\n"
        "How about archiving the record instead?",
        "odoo.exceptions.ValidationError",
        model=other.name,
        field=field.name,
        constraint="restrict",
    )


def _set_empty(session: Session, other: Model, field: Field, ids: Sequence[int]) -> None:
    sql = f'SELECT id, "{field.name}" FROM {other.table} WHERE id IN {IN_LIST}'
    for record_id, before in session.rows(sql, [id_list(ids)]):
        outbox.note_write(session, other.name, record_id, {field.name: before})
    session.run(f'UPDATE {other.table} SET "{field.name}" = NULL WHERE id IN {IN_LIST}', [id_list(ids)])


def _note(session: Session, model: Model, ids: Sequence[int]) -> None:
    """Keep what the records were for the outbox, pictures aside."""
    fields = [field for field in model.columns if field.type != "binary"]
    columns = "".join(f', "{field.name}"' for field in fields)
    for row in session.rows(f"SELECT id{columns} FROM {model.table} WHERE id IN {IN_LIST}", [id_list(ids)]):
        old = {field.name: shown(field, value) for field, value in zip(fields, row[1:], strict=True)}
        outbox.note_unlink(session, model.name, row[0], old)
