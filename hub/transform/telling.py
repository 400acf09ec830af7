"""Odoo's refusals in the caller's terms: the key that was sent, and of a list the place in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hub.errors import OdooError
from hub.transform import path
from hub.transform.kinds.base import TO_MANY, Bound
from hub.transform.records import RELATIONS

if TYPE_CHECKING:
    from hub.transform.mapping import FieldMap


def told(error: OdooError, rows: FieldMap, data: Mapping[str, Any]) -> OdooError:
    """The same error, which names the caller's key instead of Odoo's field, as far as ``data`` tells which it is."""
    field, model = str(error.details.get("field") or ""), str(error.details.get("model") or "")
    constraint, value = error.details.get("constraint"), error.details.get("value")
    place = ""
    if constraint == "exists" and isinstance(value, int):
        place = _pointing(rows, data, value, field)
    elif constraint == "required" and field:
        error.details.pop("model", None)
        place = _lacking(rows, data, field, model)
    if place:
        error.message = f"`{place}`: {error.message}"
    else:
        row = next((row for row in rows.rows if row.target == field and row.rule.writes), None)
        if row is None or row.name == field:
            return error
        place = row.name
        error.message = error.message.replace(f"`{field}`", f"`{place}`").replace(f"({field})", f"({place})")
    error.details = {**error.details, "field": place}
    error.args = (error.message,)
    return error


# A record that is not there ---------------------------------------------------------------------------


def _pointing(rows: FieldMap, data: Mapping[str, Any], record_id: int, field: str) -> str:
    """Where in the data, within a list, the record is named; "" for nowhere, and for several places."""
    found = [(row, place) for row in rows.rows for place in _named(row, data, record_id)]
    own = [place for row, place in found if row.target == field] or [place for _, place in found]
    return own[0] if len(own) == 1 and "[" in own[0] else ""


def _named(row: Bound, data: Mapping[str, Any], record_id: int) -> Iterator[str]:
    value = path.get(data, row.name)
    if not row.writes or value is path.ABSENT:
        return
    if row.sub is not None:
        for index, one in _objects(value):
            for each in row.sub.rows:
                yield from (f"{row.name}[{index}].{place}" for place in _named(each, one, record_id))
    elif row.info["type"] == "many2one":
        if _is(value, record_id):
            yield row.name
    elif row.info["type"] in TO_MANY and isinstance(value, list):
        yield from (f"{row.name}{place}" for place in _listed(row, value, record_id))


def _listed(row: Bound, value: list[Any], record_id: int) -> Iterator[str]:
    """As ``[2]``, or ``[2].product_id``."""
    for index, one in enumerate(value):
        if _is(one, record_id) or (isinstance(one, list) and _links(one, record_id)):
            yield f"[{index}]"
        for key, inner in _braces(one).items():
            if _related(row, key) and (_is(inner, record_id) or _within(inner, record_id)):
                yield f"[{index}].{key}"


def _is(value: Any, record_id: int) -> bool:
    one = value.get("id") if isinstance(value, Mapping) else value
    return not isinstance(one, bool) and one == record_id


def _links(command: list[Any], record_id: int) -> bool:
    return (len(command) > 1 and _is(command[1], record_id)) or (len(command) > 2 and _within(command[2], record_id))


def _within(value: Any, record_id: int) -> bool:
    """Whether a list of ids, or of commands that link, names the record."""
    if not isinstance(value, list):
        return False
    return any(_is(one, record_id) or (isinstance(one, list) and _links(one, record_id)) for one in value)


def _braces(command: Any) -> Mapping[str, Any]:
    fits = isinstance(command, list) and len(command) == 3 and isinstance(command[2], Mapping)
    return command[2] if fits else {}


def _related(row: Bound, key: str) -> bool:
    info = row.services.describe(row.relation).get(key, {})
    return info.get("type") in RELATIONS


# A value that Odoo needs ------------------------------------------------------------------------------


def _lacking(rows: FieldMap, data: Mapping[str, Any], field: str, model: str) -> str:
    """The first record in a list for which the field of ``model`` was not sent; "" when it is the record itself."""
    own = any(row.target == field and path.get(data, row.name) not in (path.ABSENT, None, "") for row in rows.rows)
    if (not model or _same(model, rows.model)) and not own:
        return ""
    found = [
        place
        for row in rows.rows
        if row.writes and row.info["type"] in TO_MANY and _same(str(row.info.get("relation")), model or rows.model)
        for place in _open(row, path.get(data, row.name), field)
    ]
    return min(found, default=(True, ""), key=lambda one: one[0])[1]


def _same(one: str, other: str) -> bool:
    """Whether two names are of one model; PostgreSQL has underscores in place of dots."""
    return one.replace(".", "_") == other.replace(".", "_")


def _open(row: Bound, value: Any, field: str) -> Iterator[tuple[bool, str]]:
    """The places of records without the field, each with whether Odoo may compute it from what was sent."""
    about = row.services.describe(row.relation).get(field, {})
    sources = {str(one).partition(".")[0] for one in about.get("depends") or ()}
    if row.sub is not None:
        rules = [each for each in row.sub.rows if each.writes]
        key = next((each.name for each in rules if each.target == field), field)
        for index, one in _objects(value):
            sent = {each.target for each in rules if path.get(one, each.name) not in (path.ABSENT, None, "")}
            if field not in sent:
                yield bool(sources & sent), f"{row.name}[{index}].{key}"
        return
    for index, command in enumerate(value if isinstance(value, list) else []):
        values = _braces(command)
        code = command[0] if isinstance(command, list) and command else None
        written = code == 0 or (code == 1 and field in values)
        if written and values.get(field) in (None, False, ""):
            yield bool(sources & set(values)), f"{row.name}[{index}].{field}"


def _objects(value: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    given = value if isinstance(value, list) else []
    return ((index, one) for index, one in enumerate(given) if isinstance(one, Mapping))
