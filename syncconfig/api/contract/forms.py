"""Bodies of type multipart/form-data: a record's fields and its files in one request."""

from __future__ import annotations

from collections.abc import Sequence

from hub.api.forms import JSON_PARTS, TYPE
from hub.transform import contract
from syncconfig.api.contract.components import Json, options_schema
from syncconfig.api.contract.operations import one_of
from syncconfig.api.contract.resources import Resource, example_of
from syncconfig.api.contract.schemas import reference

__all__ = ["TYPE", "media"]

FILE: Json = {
    "type": "string",
    "format": "binary",
    "contentMediaType": "application/octet-stream",
    "minLength": 1,
    "description": "A file: its name goes to the field that the mapping has for names.",
}


def media(held: Sequence[Resource], operation: str) -> Json:
    """The media type object of a form that creates or updates a record.

    What a create requires may stand in ``data`` or in parts of their own, so that the schema requires neither.
    """
    options = one_of([options_schema(operation, list(one.readable)) | {"type": "object"} for one in held])
    data = one_of([reference(one, "update") for one in held])
    parts: Json = {}
    for one in held:
        parts = _parts(one) | parts
    # Swagger UI fills in these, part by part: together they make a form that the hub takes.
    data, options = data | {"examples": [_rest(held[0], parts)]}, options | {"examples": [{"return_fields": ["id"]}]}
    schema: Json = {
        "type": "object",
        "description": "Fields in the part `data`, as JSON; or each in a part of its own: texts, and files under the "
        "external keys of binary fields.",
        "properties": {**parts, "data": data, "options": options},
    }
    if all(one.flow is not None and one.parts.strict and not one.takes_any_shape for one in held):
        schema["additionalProperties"] = False
    examples = {one.code: {"value": _form(one)} for one in held}
    return {
        "schema": schema,
        "examples": examples,
        "encoding": {name: {"contentType": "application/json"} for name in JSON_PARTS},
    }


def _parts(one: Resource) -> Json:
    """The keys that may be parts of their own; a key with a dot or an index stands in ``data``."""
    files, found = set(one.files(written=True)), {}
    for step, part in one.parts.below.items():
        key, row = str(step), part.row
        if key in JSON_PARTS or row is None or part.below or not part.written:
            continue
        schema = FILE if key in files else _text(contract.accepted(part, complete=False))
        if schema is not None:
            found[key] = schema
    return found


def _text(schema: Json) -> Json | None:
    """Of what the key takes, what can be sent as a text; None for a value that is none."""
    options: list[Json] = [schema, *schema.get("anyOf", ())]
    for one in options:
        types = one.get("type", ())
        if "string" in ([types] if isinstance(types, str) else types):
            about = {name: schema[name] for name in ("title", "description", "examples") if name in schema}
            return one | {"type": "string"} | about
        texts = [value for value in one.get("enum", ()) if isinstance(value, str) and value]
        if texts:
            return {"type": "string", "enum": texts}
    return None


def _form(one: Resource) -> Json:
    """A form with the texts in parts of their own, and no file."""
    parts, example = _parts(one), example_of(one)
    texts = {key: example[key] for key, part in parts.items() if key in example and part is not FILE}
    return {"data": _rest(one, parts), **texts}


def _rest(one: Resource, parts: Json) -> Json:
    """The fields that are no parts of their own."""
    return {key: value for key, value in example_of(one).items() if key not in parts}
