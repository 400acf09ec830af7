"""What schemathesis loads beside the document: addresses to call from, and a check of the hub's own."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

import jsonschema
import schemathesis
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

PROMISED = {"type", "unknown_field", "required", "length", "selection", "range", "table", "option", "read_only"}
"""Constraints that the document describes: data that keeps to it is never refused for one of them."""

places = itertools.count(1)


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Each call comes from an address of its own: who fails too often to say who it is, is kept out by address."""
    number = next(places)
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


@schemathesis.check
def keeps_the_documents_word(
    context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case
) -> bool | None:
    """Data that fit the document are never refused for what the document says of them."""
    if response.status_code != 400 or case.meta is None or not case.meta.generation.mode.is_positive:
        return None
    error = response.json()["error"]
    details = error["details"] if isinstance(error, dict) else {}
    # An update needs some field; which of them count only the mapping knows, as of constants and templates.
    names_nothing = case.method in ("PUT", "PATCH") and details.get("field") == "data"
    # What replaces a record must be whole, as the option says; a schema for it would hide the usual update from people.
    replaces = isinstance(case.body, dict) and (case.body.get("options") or {}).get("partial_update") is False
    # Within Odoo's own commands stand the related model's fields, which the document leaves to Odoo.
    in_commands = re.match(r"(child_ids|category_id)\[\d+\]", str(details.get("field"))) is not None
    # What a create requires may stand in a form's part `data` or in a part of its own, so that neither must be there.
    lacks = details.get("constraint") == "required" and (replaces or case.media_type == "multipart/form-data")
    # The name of b-kinds is made by a template: whether anything comes out of empty values, only Odoo can tell.
    composed = case.path.endswith("/in/b-kinds") and details.get("field") == "name"
    exempt = names_nothing or in_commands or lacks or composed
    if details.get("constraint") in PROMISED and not exempt and is_for_who_answers(case, details):
        raise AssertionError(f"The data fit the document, and were refused: {error['message']}")
    return None


def is_for_who_answers(case: schemathesis.Case, details: Any) -> bool:
    """Whether the request fits the configuration that answers it, where several offer the model in one document."""
    document = case.operation.schema.raw_schema
    operation = document["paths"][case.path][case.method.lower()]
    chooser = next((one for one in operation.get("parameters", []) if one.get("name") == "X-Sync-Config"), None)
    if chooser is None or len(chooser["schema"]["enum"]) == 2:  # one code, and none
        return True
    if "parameter" in details or case.method == "GET" or case.media_type != "application/json":
        return False  # the names of all of them stand in one list
    code = case.headers.get("X-Sync-Config") or chooser["schema"]["enum"][0]
    bodies = operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    own = next((one for one in bodies if f"schemas/{code}." in json.dumps(one)), None)
    if own is None:
        return False  # a webhook: the body names the model, and the first by code that offers it answers
    registry = Registry().with_resource("urn:doc", Resource(document, DRAFT202012))
    rooted = json.loads(json.dumps(own).replace('"#/', '"urn:doc#/'))
    return jsonschema.Draft202012Validator(rooted, registry=registry).is_valid(case.body)
