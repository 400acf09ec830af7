"""``load``, Odoo's import: many rows at once, matched by id or external id, all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.errors import HubError, OdooError
from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.reading import existing, search
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import Session
from hub.odoo.embedded.writing import create, write


class RowsRefused(HubError):
    """At least one row is wrong: nothing is loaded. ``messages`` says what, row by row, in Odoo's form."""

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        super().__init__("Some rows could not be loaded.")
        self.messages = messages


@dataclass(frozen=True)
class _Column:
    """One column: a field, and how its cells name records (``id``, ``.id`` or by name)."""

    path: str
    field: Field
    by: str = ""


def load(session: Session, name: str, fields: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[int]:
    """Create or write a record for each row; their ids. Raises RowsRefused; the caller must then roll back."""
    model = session[name]
    columns = [_column(model, path) for path in fields]
    messages: list[dict[str, Any]] = []
    ids: list[int] = []
    for number, row in enumerate(rows):
        session.run("SAVEPOINT row")
        try:
            ids.append(_row(session, model, columns, row))
        except OdooError as exc:
            session.run("ROLLBACK TO row")
            messages.append(_message(number, columns, exc))
        finally:
            session.run("RELEASE row")
    if messages:
        raise RowsRefused(messages)
    return ids


def _column(model: Model, path: str) -> _Column:
    if path in ("id", ".id"):
        return _Column(path, model.fields["id"], path)
    first, _slash, rest = path.replace(":", "/").partition("/")
    return _Column(path, model.field(first), rest)


def _message(number: int, columns: Sequence[_Column], error: OdooError) -> dict[str, Any]:
    named = str(error.details.get("field") or "")
    known = next((column for column in columns if column.field.name == named), None)
    return {
        "type": "error",
        "message": error.message,
        "record": number,
        "rows": {"from": number, "to": number},
        "field": known.path if known else named or False,
    }


def _row(session: Session, model: Model, columns: Sequence[_Column], row: Sequence[Any]) -> int:
    values: dict[str, Any] = {}
    database_id = external_id = None
    for column, cell in zip(columns, row, strict=False):
        if column.by == ".id" and column.field.name == "id":
            database_id = _database_id(model, cell)
        elif column.by == "id" and column.field.name == "id":
            external_id = str(cell).strip() if cell else None
        else:
            values[column.field.name] = _value(session, model, column, cell)
    record_id = database_id or (_by_external_id(session, model.name, external_id) if external_id else None)
    if record_id:
        if not existing(session, model, [record_id]):
            raise OdooError(f"Unknown database identifier '{record_id}'", field=".id")
        write(session, model.name, [record_id], values)
    else:
        record_id = create(session, model.name, [{key: value for key, value in values.items() if value is not False}])[
            0
        ]
    if external_id:
        _remember(session, model.name, external_id, record_id)
    return record_id


def _database_id(model: Model, cell: Any) -> int | None:
    if cell in ("", None, False):
        return None
    try:
        return int(cell)
    except (TypeError, ValueError) as exc:
        raise OdooError(f"Invalid database id '{cell}' for {model.label}", field=".id") from exc


def _split(external_id: str) -> tuple[str, str]:
    module, dot, name = external_id.partition(".")
    return (module, name) if dot else ("__import__", external_id)


def _by_external_id(session: Session, model: str, external_id: str) -> int | None:
    module, name = _split(external_id)
    rows = session.rows("SELECT model, res_id FROM ir_model_data WHERE module = ? AND name = ?", [module, name])
    if rows and rows[0][0] != model:
        raise OdooError(f"External id {external_id} is a {rows[0][0]}, not a {model}.", field="id")
    return rows[0][1] if rows else None


def _remember(session: Session, model: str, external_id: str, record_id: int) -> None:
    if _by_external_id(session, model, external_id) == record_id:
        return
    module, name = _split(external_id)
    create(session.sudo(), "ir.model.data", [{"module": module, "name": name, "model": model, "res_id": record_id}])


def _value(session: Session, model: Model, column: _Column, cell: Any) -> Any:
    field = column.field
    if cell in ("", None):
        return False
    if field.type == "many2one":
        return _link(session, column, cell)
    if field.type == "many2many":
        return [[6, 0, [_link(session, column, one.strip()) for one in str(cell).split(",") if one.strip()]]]
    if field.type == "one2many":
        raise OdooError(
            f"Sub-records can't be loaded into '{field.string}' here; load them as {field.relation}.", field=field.name
        )
    return _READERS.get(field.type, _plain)(field, cell)


def _link(session: Session, column: _Column, cell: Any) -> int:
    comodel = session[column.field.relation]
    if column.by == ".id":
        wanted = _database_id(comodel, cell)
        found = sorted(existing(session, comodel, [wanted])) if wanted else []
    elif column.by == "id":
        one = _by_external_id(session, comodel.name, str(cell))
        found = [one] if one else []
    else:
        found = search(session, comodel.name, [("display_name", "=", str(cell))])
    if found:
        return found[0]
    kind = {".id": "database id", "id": "external id"}.get(column.by, "name")
    raise OdooError(
        f"No matching record found for {kind} '{cell}' in field '{column.field.string}'", field=column.field.name
    )


def _plain(field: Field, cell: Any) -> Any:
    return cell


def _boolean(field: Field, cell: Any) -> bool:
    text = str(cell).strip().lower()
    if text in ("1", "true", "yes", "y", "on", "t"):
        return True
    if text in ("0", "false", "no", "n", "off", "f"):
        return False
    raise OdooError(f"Unknown value '{cell}' for boolean field '{field.string}'", field=field.name)


def _number(field: Field, cell: Any) -> Any:
    try:
        return int(str(cell)) if field.type == "integer" else float(str(cell))
    except ValueError as exc:
        what = "an integer" if field.type == "integer" else "a number"
        raise OdooError(f"'{cell}' does not seem to be {what} for field '{field.string}'", field=field.name) from exc


def _selection(field: Field, cell: Any) -> str:
    for key, label in field.selection:
        if str(cell) == key or str(cell).lower() == label.lower():
            return key
    raise OdooError(f"Value '{cell}' not found in selection field '{field.string}'", field=field.name)


_READERS = {
    "boolean": _boolean,
    "integer": _number,
    "float": _number,
    "monetary": _number,
    "selection": _selection,
}
