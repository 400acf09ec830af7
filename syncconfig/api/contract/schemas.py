"""The schemas of one configuration's records: what goes in, and what comes out."""

from __future__ import annotations

from collections.abc import Sequence

from hub.transform import contract
from syncconfig.api.contract.components import NEEDS, Json, options_schema
from syncconfig.api.contract.operations import one_of
from syncconfig.api.contract.resources import Resource


def of(one: Resource) -> dict[str, Json]:
    """The schemas of one configuration, by name."""
    title, methods = one.configuration.name, set(one.methods)
    found = {f"{one.code}.record": _record(one)}
    if "POST" in methods:
        found[f"{one.code}.create"] = _data(one, complete=True) | {"title": f"{title}: a new record"}
    if methods & (NEEDS["create"] | NEEDS["update"]):  # a form that creates may hold fields beside its data
        found[f"{one.code}.update"] = _data(one, complete=False) | {"title": f"{title}: changes"}
    return found


def _record(one: Resource) -> Json:
    found: Json = {"type": "object", "title": one.configuration.name, "required": ["id"]}
    if one.flow is None:
        return found | {"description": one.trouble}
    given = contract.given(one.parts)["properties"]
    stamps = {name: {"type": ["string", "null"], "format": "date-time"} for name in ("create_date", "write_date")}
    return found | {"properties": {"id": {"type": "integer"}} | stamps | given}


def _data(one: Resource, *, complete: bool) -> Json:
    if one.flow is None:
        return {"type": "object", "description": one.trouble}
    if one.takes_any_shape:
        return {"type": "object", "description": "A script of the configuration reads it before the mapping does."}
    return contract.accepted(one.parts, complete=complete)


def reference(one: Resource, part: str) -> Json:
    """Where the document has the configuration's schema ``record``, ``create`` or ``update``."""
    return {"$ref": f"#/components/schemas/{one.code}.{part}"}


def shown(one: Resource) -> Json:
    """The ``data`` of an answer to a create or an update."""
    return {} if one.gives_any_shape else reference(one, "record")


def bodies(held: Sequence[Resource], operation: str) -> Json:
    """The body with ``data`` and ``options``, for each configuration."""
    found = []
    for one in held:
        properties = {
            "data": reference(one, operation),
            "options": options_schema(operation, list(one.readable)),
        }
        found.append({"type": "object", "required": ["data"], "properties": properties, "additionalProperties": False})
    return one_of(found)
