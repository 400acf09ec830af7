"""Public methods that every model has, callable by named arguments, and how any method is found."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from hub.errors import OdooAccess, OdooMissing, OdooValidation
from hub.odoo.embedded import copying, deleting, grouping, imports, introspection, reading, writing
from hub.odoo.embedded.rules import check_access
from hub.odoo.embedded.schema import Method, Model
from hub.odoo.embedded.session import Session

READING = frozenset(
    "search search_count search_read read fields_get name_search default_get read_group formatted_read_group "
    "has_access check_access_rights web_search_read get_external_id".split()
)
"""Methods that change nothing: they don't wait for a writer."""


def call(session: Session, name: str, method: str, ids: list[int], arguments: Mapping[str, Any]) -> Any:
    """Call a method; OdooMissing for an unknown one, OdooAccess for a private one, OdooValidation for arguments."""
    model = session[name]
    if method.startswith("_") or method in ("exists", "browse", "sudo", "with_context"):
        raise OdooAccess(
            f"Private methods (such as '{name}.{method}') cannot be called remotely.", "odoo.exceptions.AccessError"
        )
    found = model.methods.get(method) or GENERIC.get(method)
    if found is None:
        near = difflib.get_close_matches(method, [*model.methods, *GENERIC], n=1, cutoff=0.6)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise OdooMissing(
            f"The method '{name}.{method}' does not exist.{hint}", "builtins.AttributeError", method=method
        )
    try:
        inspect.signature(found).bind(session, model, ids, **arguments)
    except TypeError as exc:
        raise OdooValidation(f"{name}.{method}: {exc}.", "builtins.TypeError", method=method) from exc
    if method in model.methods:
        writing.require_existing(session, model, ids)
    return found(session, model, ids, **arguments)


def _search(
    session: Session,
    model: Model,
    ids: list[int],
    domain: Any = (),
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
) -> list[int]:
    return reading.search(session, model.name, domain, offset, limit, order)


def _search_count(session: Session, model: Model, ids: list[int], domain: Any = (), limit: int | None = None) -> int:
    return reading.count(session, model.name, domain, limit)


def _search_read(
    session: Session,
    model: Model,
    ids: list[int],
    domain: Any = (),
    fields: Sequence[str] | None = None,
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
    load: str | None = "_classic_read",
) -> list[dict[str, Any]]:
    found = reading.search(session, model.name, domain, offset, limit, order)
    return _read(session, model, found, fields, load)


def _read(
    session: Session,
    model: Model,
    ids: list[int],
    fields: Sequence[str] | None = None,
    load: str | None = "_classic_read",
) -> list[dict[str, Any]]:
    return reading.read(session, model.name, ids, fields or list(model.fields), raw_links=not load)


def _create(session: Session, model: Model, ids: list[int], vals_list: Any) -> Any:
    if isinstance(vals_list, Mapping):
        return writing.create(session, model.name, [vals_list])[0]
    return writing.create(session, model.name, vals_list)


def _write(session: Session, model: Model, ids: list[int], vals: Mapping[str, Any]) -> bool:
    writing.write(session, model.name, ids, vals)
    return True


def _unlink(session: Session, model: Model, ids: list[int]) -> bool:
    deleting.unlink(session, model.name, ids)
    return True


def _copy(session: Session, model: Model, ids: list[int], default: Mapping[str, Any] | None = None) -> list[int]:
    return copying.copy(session, model, ids, default or {})


def _archive(session: Session, model: Model, ids: list[int]) -> None:
    writing.write(session, model.name, _with_active(session, model, ids, True), {"active": False})


def _unarchive(session: Session, model: Model, ids: list[int]) -> None:
    writing.write(session, model.name, _with_active(session, model, ids, False), {"active": True})


def _with_active(session: Session, model: Model, ids: list[int], value: bool) -> list[int]:
    """Those of the records whose ``active`` is as given."""
    writing.require_existing(session, model, ids)
    records = reading.read(session, model.name, ids, ["active"]) if "active" in model.fields else []
    return [record["id"] for record in records if record["active"] is value]


def _toggle_active(session: Session, model: Model, ids: list[int]) -> None:
    active = set(_with_active(session, model, ids, True))
    _archive(session, model, [one for one in ids if one in active])
    _unarchive(session, model, [one for one in ids if one not in active])


def _name_search(
    session: Session,
    model: Model,
    ids: list[int],
    name: str = "",
    domain: Any = None,
    operator: str = "ilike",
    limit: int | None = 100,
    args: Any = None,
) -> list[list[Any]]:
    given = list(domain or args or [])
    if name:
        given = (
            ["&", ("display_name", operator, name), *_explicit(given)] if given else [("display_name", operator, name)]
        )
    found = reading.search(session, model.name, given, 0, limit, None)
    named = reading.display_names(session, model, found)
    return [[one, named[one]] for one in found]


def _explicit(domain: list[Any]) -> list[Any]:
    leaves = sum(not isinstance(item, str) for item in domain)
    pairs = sum(item in ("&", "|") for item in domain if isinstance(item, str))
    return ["&"] * (leaves - pairs - 1) + domain


def _name_create(session: Session, model: Model, ids: list[int], name: str) -> list[Any]:
    created = writing.create(session, model.name, [{"name": name}])[0]
    return [created, reading.display_names(session, model, [created])[created]]


def _default_get(session: Session, model: Model, ids: list[int], fields: Sequence[str] | None = None) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in fields or list(model.fields):
        field = model.field(name)
        if f"default_{name}" in session.context:
            result[name] = session.context[f"default_{name}"]
        elif field.default is not None:
            result[name] = field.default(session) if callable(field.default) else field.default
    return result


def _fields_get(
    session: Session,
    model: Model,
    ids: list[int],
    allfields: Sequence[str] | None = None,
    attributes: Sequence[str] | None = None,
) -> dict[str, dict[str, Any]]:
    return introspection.fields_get(session, model.name, attributes, allfields)


def _load(session: Session, model: Model, ids: list[int], fields: Sequence[str], data: Any) -> dict[str, Any]:
    session.run("SAVEPOINT load")
    try:
        found = imports.load(session, model.name, fields, data)
    except imports.RowsRefused as refused:
        session.run("ROLLBACK TO load")
        session.pending.clear()
        return {"ids": False, "messages": refused.messages, "nextrow": False}
    return {"ids": found, "messages": [], "nextrow": 0}


def _has_access(session: Session, model: Model, ids: list[int], operation: str, raise_exception: bool = True) -> bool:
    try:
        check_access(session, model, operation)
    except OdooAccess:
        return False
    return True


GENERIC: Mapping[str, Method] = {
    "search": _search,
    "search_count": _search_count,
    "search_read": _search_read,
    "read": _read,
    "create": _create,
    "write": _write,
    "unlink": _unlink,
    "copy": _copy,
    "action_archive": _archive,
    "action_unarchive": _unarchive,
    "toggle_active": _toggle_active,
    "name_search": _name_search,
    "name_create": _name_create,
    "default_get": _default_get,
    "fields_get": _fields_get,
    "read_group": grouping.read_group,
    "formatted_read_group": grouping.formatted_read_group,
    "load": _load,
    "has_access": _has_access,
    "check_access_rights": _has_access,
}
