"""Searching and reading: ids that match, and records as Odoo's RPC shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hub.errors import OdooValidation
from hub.odoo.embedded import filestore
from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.order import order_by
from hub.odoo.embedded.query import expression, where
from hub.odoo.embedded.rules import check_access, check_companies
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.values import shown

Record = dict[str, Any]


def search(
    session: Session, name: str, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None
) -> list[int]:
    """The ids of the matching records that the user may see."""
    model = session[name]
    check_access(session, model, "read")
    condition, parameters = where(session, model, domain)
    sql = f"SELECT t.id FROM {model.table} t WHERE {condition} ORDER BY {order_by(session.registry, model, order)}"
    clause, bounds = _window(offset, limit)
    return [row[0] for row in session.rows(sql + clause, [*parameters, *bounds])]


def _window(offset: int | None, limit: int | None) -> tuple[str, list[int]]:
    offset, limit = int(offset or 0), int(limit or 0)
    if limit < 0 or offset < 0:
        named = "limit" if limit < 0 else "offset"
        raise OdooValidation(f"{named.upper()} must not be negative.", "builtins.ValueError", field=named)
    if not limit and not offset:
        return "", []
    return " LIMIT ? OFFSET ?", [limit or -1, offset]


def count(session: Session, name: str, domain: Any, limit: int | None = None) -> int:
    """How many records match, counted up to ``limit``."""
    model = session[name]
    check_access(session, model, "read")
    condition, parameters = where(session, model, domain)
    if limit:
        sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM {model.table} t WHERE {condition} LIMIT ?)"
        return int(session.one(sql, [*parameters, int(limit)]))
    return int(session.one(f"SELECT COUNT(*) FROM {model.table} t WHERE {condition}", parameters))


def existing(session: Session, model: Model, ids: Iterable[int]) -> set[int]:
    """Which of the ids are records."""
    return {row[0] for row in session.rows(f"SELECT id FROM {model.table} WHERE id IN {IN_LIST}", [id_list(ids)])}


def read(
    session: Session, name: str, ids: Sequence[int], names: Sequence[str], *, raw_links: bool = False
) -> list[Record]:
    """The records with ``id`` and those fields, in the order of ``ids``, missing ones left out as in Odoo.

    ``raw_links`` gives a many2one as its id alone (Odoo's ``load=None``).
    """
    model = session[name]
    check_access(session, model, "read")
    fields = [model.field(one) for one in dict.fromkeys(names)]
    check_companies(session, model, ids, "read")
    records = _scalars(session, model, ids, fields, raw_links)
    for field in fields:
        if field.to_many:
            _fill_lists(session, model, field, records)
        elif field.type == "many2one" and not raw_links:
            _fill_links(session, field, records)
    return [dict(records[one]) for one in ids if one in records]


def _scalars(
    session: Session, model: Model, ids: Sequence[int], fields: Sequence[Field], raw_links: bool
) -> dict[int, Record]:
    plain = [field for field in fields if not field.to_many and field.name != "id"]
    columns = "".join(f", {expression(field, 't')}" for field in plain)
    rows = session.rows(f"SELECT t.id{columns} FROM {model.table} t WHERE t.id IN {IN_LIST}", [id_list(ids)])
    names = [field.name for field in fields]
    records: dict[int, Record] = {}
    for row in rows:
        found = {field.name: _shown(session, field, value) for field, value in zip(plain, row[1:], strict=True)}
        record: Record = {"id": row[0]}
        for one in names:
            if one != "id":
                record[one] = found.get(one)
        records[row[0]] = record
    return records


def file_reference(session: Session, name: str, record_id: int, field: str) -> bytes | None:
    """Where the content of a binary field is kept, if that is in pieces and the user may read the record."""
    model = session[name]
    check_access(session, model, "read")
    check_companies(session, model, [record_id], "read")
    found = session.one(
        f"SELECT {expression(model.field(field), 't')} FROM {model.table} t WHERE t.id = ?", [record_id]
    )
    return found if isinstance(found, bytes) else None


def _shown(session: Session, field: Field, value: Any) -> Any:
    return filestore.text(session, value) if isinstance(value, bytes) else shown(field, value)


def _fill_links(session: Session, field: Field, records: dict[int, Record]) -> None:
    """Replace a many2one's id by ``[id, display_name]``."""
    wanted = {record[field.name] for record in records.values() if record[field.name]}
    named = display_names(session, session[field.relation], wanted) if wanted else {}
    for record in records.values():
        link = record[field.name]
        record[field.name] = [link, named[link]] if link in named else False


def display_names(session: Session, model: Model, ids: Iterable[int]) -> dict[int, str]:
    """The display name of each, whoever may see it."""
    display = expression(model.fields["display_name"], "t")
    rows = session.rows(f"SELECT t.id, {display} FROM {model.table} t WHERE t.id IN {IN_LIST}", [id_list(ids)])
    return {row[0]: _name(row[1]) for row in rows}


def _name(value: Any) -> str:
    return "" if value is None else str(value)


def _fill_lists(session: Session, model: Model, field: Field, records: dict[int, Record]) -> None:
    """Put the linked ids into each record, in the other model's order, archived and hidden ones left out."""
    for record in records.values():
        record[field.name] = []
    for owner, linked in linked_ids(session, model, field, records):
        records[owner][field.name].append(linked)


def linked_ids(session: Session, model: Model, field: Field, owners: Iterable[int]) -> list[tuple[int, int]]:
    """Pairs of a record and a linked record that the user sees, in the other model's order."""
    comodel = session[field.relation]
    condition, parameters = where(session, comodel, field.domain)
    order = order_by(session.registry, comodel, None)
    given = id_list(owners)
    if field.type == "many2many":
        table, mine, other = field.relation_table, field.column1, field.column2
        source = f"{table} r JOIN {comodel.table} t ON t.id = r.{other}"
        owner = f"r.{mine}"
    else:
        source, owner = f"{comodel.table} t", f't."{field.relation_field}"'
    if field.inherited:
        source = f"{model.table} own JOIN {source.split(' ', 1)[0]} {source.split(' ', 1)[1]}"
        condition = f"({condition}) AND own.{field.inherited} = {owner}"
        owner = "own.id"
    sql = f"SELECT {owner}, t.id FROM {source} WHERE {owner} IN {IN_LIST} AND {condition} ORDER BY {order}"
    return [(row[0], row[1]) for row in session.rows(sql, [given, *parameters])]
