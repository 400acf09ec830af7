"""x2many commands at work: creating, writing, linking and unlinking the records of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hub.errors import InvalidInput, OdooValidation
from hub.odoo import commands
from hub.odoo.commands import Code, Command
from hub.odoo.embedded import outbox
from hub.odoo.embedded.deleting import unlink
from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.reading import existing
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list

Create = Callable[[Session, str, Sequence[Mapping[str, Any]]], list[int]]
Write = Callable[[Session, str, Sequence[int], Mapping[str, Any]], None]


def apply(
    session: Session, model: Model, field: Field, record_id: int, value: Any, create: Create, write: Write, *, new: bool
) -> None:
    """Carry out the commands ``value`` on the field of one record; ``new`` when it was created just now."""
    try:
        given = commands.parse(value, field.name)
    except InvalidInput as exc:
        raise OdooValidation(
            f"Wrong value for {model.name}.{field.name}: {exc.message}", "builtins.ValueError", **exc.details
        ) from exc
    if not given or (new and given == [Command(Code.SET)]):
        return
    before = [] if new else current(session, field, record_id, session[field.relation])
    target = _Target(session, field, record_id, create, write)
    if field.type == "many2many":
        _many2many(target, given)
    else:
        _one2many(target, given)
    if not new:
        outbox.note_write(session, model.name, record_id, {field.name: before})


class _Target:
    """The list of one record, with what changes it."""

    def __init__(self, session: Session, field: Field, record_id: int, create: Create, write: Write) -> None:
        self.session, self.field, self.record_id = session, field, record_id
        self.comodel = session[field.relation]
        self._create, self._write = create, write

    def create(self, values: Sequence[Mapping[str, Any]]) -> list[int]:
        return self._create(self.session, self.comodel.name, values)

    def write(self, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        self._write(self.session, self.comodel.name, ids, values)

    def delete(self, ids: Sequence[int]) -> None:
        unlink(self.session, self.comodel.name, ids)

    def ids(self) -> list[int]:
        return current(self.session, self.field, self.record_id, self.comodel)


def current(session: Session, field: Field, record_id: int, comodel: Model) -> list[int]:
    """All ids linked now, archived ones too."""
    if field.type == "many2many":
        sql = f'SELECT "{field.column2}" FROM {field.relation_table} WHERE "{field.column1}" = ? ORDER BY 1'
    else:
        sql = f'SELECT id FROM {comodel.table} WHERE "{field.relation_field}" = ? ORDER BY 1'
    return [row[0] for row in session.rows(sql, [record_id])]


def _one2many(target: _Target, given: Iterable[Command]) -> None:
    inverse = target.field.relation_field
    waiting: list[Mapping[str, Any]] = []
    for command in given:
        if command.code is Code.CREATE:
            waiting.append({**command.values, inverse: target.record_id})
            continue
        waiting = _create_waiting(target, waiting)
        if command.code is Code.UPDATE:
            target.write([command.id], command.values)
        elif command.code is Code.DELETE:
            target.delete([command.id])
        elif command.code is Code.UNLINK:
            _unlink_lines(target, [command.id])
        elif command.code is Code.LINK:
            target.write([command.id], {inverse: target.record_id})
        else:
            _set_lines(target, command.ids)
    _create_waiting(target, waiting)


def _create_waiting(target: _Target, waiting: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    if waiting:
        target.create(waiting)
    return []


def _set_lines(target: _Target, ids: Sequence[int]) -> None:
    now = target.ids()
    _unlink_lines(target, [one for one in now if one not in ids])
    added = [one for one in ids if one not in now]
    if added:
        target.write(added, {target.field.relation_field: target.record_id})


def _unlink_lines(target: _Target, ids: Sequence[int]) -> None:
    """Take lines off: a line that can't be without its parent is deleted, as in Odoo."""
    if not ids:
        return
    inverse = target.comodel.fields[target.field.relation_field]
    if inverse.required or inverse.ondelete == "cascade":
        target.delete(ids)
    else:
        target.write(ids, {inverse.name: False})


def _many2many(target: _Target, given: Iterable[Command]) -> None:
    for command in given:
        if command.code is Code.CREATE:
            _link(target, target.create([command.values]))
        elif command.code in (Code.UPDATE, Code.DELETE):
            _change_linked(target, command)
        elif command.code is Code.UNLINK:
            _take_off(target, [command.id])
        elif command.code is Code.LINK:
            _link(target, [command.id])
        else:
            now = set(target.ids())
            _take_off(target, [one for one in now if one not in command.ids])
            _link(target, [one for one in command.ids if one not in now])


def _change_linked(target: _Target, command: Command) -> None:
    """Write to or delete a linked record; one that is gone already is passed over, as in Odoo."""
    if not existing(target.session, target.comodel, [command.id]):
        return
    if command.code is Code.UPDATE:
        target.write([command.id], command.values)
    else:
        target.delete([command.id])


def _link(target: _Target, ids: Sequence[int]) -> None:
    missing = sorted(set(ids) - existing(target.session, target.comodel, ids))
    if missing:
        raise OdooValidation(
            f"The field '{target.field.string}' ({target.field.name}) links {target.comodel.name} {missing[0]}, "
            "which does not exist or has been deleted.",
            "odoo.exceptions.ValidationError",
            field=target.field.name,
            value=missing[0],
            constraint="exists",
        )
    field = target.field
    target.session.run_many(
        f'INSERT OR IGNORE INTO {field.relation_table} ("{field.column1}", "{field.column2}") VALUES (?, ?)',
        [(target.record_id, one) for one in ids],
    )


def _take_off(target: _Target, ids: Sequence[int]) -> None:
    field = target.field
    if ids:
        target.session.run(
            f'DELETE FROM {field.relation_table} WHERE "{field.column1}" = ? AND "{field.column2}" IN {IN_LIST}',
            [target.record_id, id_list(ids)],
        )
