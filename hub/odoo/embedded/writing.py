"""Creating, writing and copying records: defaults, checks, columns, links, and what follows from them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub.errors import OdooDuplicate, OdooMissing, OdooValidation
from hub.odoo.embedded import links, outbox
from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.hierarchy import refuse_rings
from hub.odoo.embedded.reading import existing
from hub.odoo.embedded.rules import check_access, check_companies
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.values import shown, stored

Values = Mapping[str, Any]

IGNORED = frozenset({"id", "create_date", "create_uid", "write_date", "write_uid", "display_name"})
"""What Odoo keeps itself: given values are passed over without a word, as in Odoo."""


def create(session: Session, name: str, values: Sequence[Values]) -> list[int]:
    """Create a record for each item; their ids. All or none, as the transaction is the caller's."""
    model = session[name]
    check_access(session, model, "create")
    prepared = [_completed(session, model, one) for one in values]
    if not prepared:
        return []
    _create_parents(session, model, prepared)
    rows = [_columns(session, model, one) for one in prepared]
    _check_links(session, model, rows)
    _check_required(model, rows)
    ids = _insert(session, model, rows)
    outbox.note_create(session, name, ids)
    _follow(session, model, list(zip(ids, prepared, strict=True)), new=True)
    check_companies(session, model, ids, "create")
    return ids


def _completed(session: Session, model: Model, given: Values) -> dict[str, Any]:
    """The given values, defaults for the others, and what the model fills in."""
    values = {key: value for key, value in given.items() if key not in IGNORED}
    for key in values:
        model.field(key)
    for field in model.fields.values():
        if field.default is not None and field.name not in values and not field.inherited:
            default = session.context.get(f"default_{field.name}", field.default)
            values[field.name] = default(session) if callable(default) else default
    for key, value in session.context.items():
        if key.startswith("default_") and key[8:] in model.fields and key[8:] not in values:
            values[key[8:]] = value
    if model.hooks.prepare:
        model.hooks.prepare(session, values)
    return values


def _create_parents(session: Session, model: Model, prepared: Sequence[dict[str, Any]]) -> None:
    """For a model that is part of another (a variant of its template): create that one first."""
    for link, parent in model.inherits.items():
        for values in prepared:
            inherited = {key: values.pop(key) for key in list(values) if model.fields[key].inherited == link}
            if values.get(link):
                if inherited:
                    write(session, parent, [values[link]], inherited)
            else:
                values[link] = create(session.with_context(hub_no_variant=True), parent, [inherited])[0]


def _columns(session: Session, model: Model, values: Values) -> dict[str, Any]:
    """The values of the table's own columns, converted."""
    return {key: stored(model, model.fields[key], value) for key, value in values.items() if model.fields[key].column}


def _check_required(model: Model, rows: Iterable[Values], *, partial: bool = False) -> None:
    for field in model.columns:
        if field.required:
            for row in rows:
                if row.get(field.name) is None and (not partial or field.name in row):
                    raise missing_value(model, field)


def missing_value(model: Model, field: Field) -> OdooValidation:
    """The error for a required field left empty."""
    return OdooValidation(
        "The operation cannot be completed: Missing required value for the field "
        f"'{field.string}' ({field.name}).\nModel: '{model.label}' ({model.name})\n"
        "- create/update: a mandatory field is not set\n"
        "- delete: another model requires the record being deleted, you can archive it instead",
        "odoo.exceptions.ValidationError",
        field=field.name,
        model=model.name,
        constraint="required",
    )


def _check_links(session: Session, model: Model, rows: Sequence[Values]) -> None:
    """Refuse a many2one to a record that is not there."""
    for field in model.columns:
        if field.type != "many2one":
            continue
        wanted = {row[field.name] for row in rows if row.get(field.name)}
        if not wanted:
            continue
        missing = wanted - existing(session, session[field.relation], wanted)
        if missing:
            raise OdooValidation(
                f"The field '{field.string}' ({field.name}) points to {field.relation} {min(missing)}, "
                "which does not exist or has been deleted.",
                "odoo.exceptions.ValidationError",
                field=field.name,
                value=min(missing),
                constraint="exists",
            )


def _insert(session: Session, model: Model, rows: Sequence[dict[str, Any]]) -> list[int]:
    last = session.one("SELECT seq FROM sqlite_sequence WHERE name = ?", [model.table]) or 0
    ids = list(range(last + 1, last + 1 + len(rows)))
    fixed = (session.now, session.uid, session.now, session.uid)
    try:
        for names, group in _alike(zip(ids, rows, strict=True)):
            columns = "".join(f', "{one}"' for one in names)
            marks = ", ?" * (4 + len(names))
            session.run_many(
                f"INSERT INTO {model.table} (id, create_date, create_uid, write_date, write_uid{columns}) "
                f"VALUES (?{marks})",
                [(one, *fixed, *row.values()) for one, row in group],
            )
    except sqlite3.IntegrityError as exc:
        raise duplicate(model, exc) from exc
    return ids


def _alike(
    rows: Iterable[tuple[int, dict[str, Any]]],
) -> list[tuple[tuple[str, ...], list[tuple[int, dict[str, Any]]]]]:
    """The rows grouped by the columns that they set: one statement each."""
    groups: dict[tuple[str, ...], list[tuple[int, dict[str, Any]]]] = {}
    for record_id, row in rows:
        groups.setdefault(tuple(row), []).append((record_id, row))
    return list(groups.items())


def duplicate(model: Model, exc: sqlite3.IntegrityError) -> OdooValidation:
    """The error for a broken unique constraint, naming its field."""
    text = str(exc)
    for unique in model.unique:
        if all(f"{model.table}.{column}" in text for column in unique.columns):
            return OdooDuplicate(
                unique.message, "odoo.exceptions.ValidationError", field=unique.columns[-1], constraint="unique"
            )
    return OdooValidation(f"The values break a rule of {model.name}: {text}.", "odoo.exceptions.ValidationError")


def write(session: Session, name: str, ids: Sequence[int], values: Values) -> None:
    """Write the same values to all those records."""
    model = session[name]
    check_access(session, model, "write")
    ids = list(dict.fromkeys(ids))
    require_existing(session, model, ids)
    check_companies(session, model, ids, "write")
    given = {key: value for key, value in values.items() if key not in IGNORED}
    for key in given:
        model.field(key)
    if not ids:
        return
    if model.hooks.writing:
        model.hooks.writing(session, ids, given)
    _write_parents(session, model, ids, given)
    row = _columns(session, model, given)
    _check_links(session, model, [row])
    _check_required(model, [row], partial=True)
    update_columns(session, model, ids, row)
    _follow(session, model, [(one, given) for one in ids], new=False)
    check_companies(session, model, ids, "write")


def require_existing(session: Session, model: Model, ids: Sequence[int]) -> None:
    """Raise OdooMissing for an id without a record."""
    missing = sorted(set(ids) - existing(session, model, ids))
    if missing:
        raise OdooMissing(
            "Record does not exist or has been deleted.\n"
            f"(Record: {model.name}({', '.join(map(str, missing))},), User: {session.uid})",
            "odoo.exceptions.MissingError",
            model=model.name,
            ids=missing,
        )


def _write_parents(session: Session, model: Model, ids: Sequence[int], given: dict[str, Any]) -> None:
    for link, parent in model.inherits.items():
        inherited = {key: given.pop(key) for key in list(given) if model.fields[key].inherited == link}
        if inherited:
            rows = session.rows(f'SELECT DISTINCT "{link}" FROM {model.table} WHERE id IN {IN_LIST}', [id_list(ids)])
            write(session.sudo(), parent, [row[0] for row in rows], inherited)


def update_columns(session: Session, model: Model, ids: Sequence[int], row: Values) -> None:
    """Set columns, move ``write_date``, and note what really changed. No checks, no hooks: also for computed fields."""
    note_old(session, model, ids, row)
    assignments = "".join(f', "{column}" = ?' for column in row)
    try:
        session.run(
            f"UPDATE {model.table} SET write_date = ?, write_uid = ?{assignments} WHERE id IN {IN_LIST}",
            [session.now, session.uid, *row.values(), id_list(ids)],
        )
    except sqlite3.IntegrityError as exc:
        raise duplicate(model, exc) from exc


def note_old(session: Session, model: Model, ids: Sequence[int], row: Values) -> None:
    """Remember the old values of those columns that will differ, for the outbox."""
    if not row:
        return
    columns = "".join(f', "{column}"' for column in row)
    fields = [model.fields[column] for column in row]
    for found in session.rows(f"SELECT id{columns} FROM {model.table} WHERE id IN {IN_LIST}", [id_list(ids)]):
        old = {
            field.name: shown(field, before)
            for field, before, after in zip(fields, found[1:], row.values(), strict=True)
            if before != after and shown(field, before) != shown(field, after)
        }
        outbox.note_write(session, model.name, found[0], old)


def _follow(session: Session, model: Model, given: Sequence[tuple[int, Values]], *, new: bool) -> None:
    """What comes after the columns: links, then what the model computes, then lines, which look at their parent."""
    _apply_lists(session, model, given, "many2many", new=new)
    changed = set().union(*(values for _record_id, values in given))
    ids = [record_id for record_id, _values in given]
    if model.parent and model.parent in changed:
        refuse_rings(session, model, ids)
    if model.hooks.changed:
        model.hooks.changed(session, ids, changed)
    _apply_lists(session, model, given, "one2many", new=new)


def _apply_lists(session: Session, model: Model, given: Iterable[tuple[int, Values]], kind: str, *, new: bool) -> None:
    for record_id, values in given:
        for key, value in values.items():
            field = model.fields[key]
            if field.type == kind and not field.sql:
                links.apply(session, model, field, record_id, value, create, write, new=new)
