"""Values held against the schemas of an OpenAPI document."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


def problems(document: Any, schema: Any, value: Any) -> list[str]:
    """What the schema has against the value; references lead into the document."""
    registry = Registry().with_resource("urn:doc", Resource(document, DRAFT202012))
    rooted = json.loads(json.dumps(schema).replace('"#/', '"urn:doc#/'))
    checked = jsonschema.Draft202012Validator(rooted, registry=registry)
    return [one.message for one in checked.iter_errors(value)]


def body_of(operation: Any, kind: str = "application/json") -> Any:
    """The schema of a request's body."""
    return operation["requestBody"]["content"][kind]["schema"]


def answer_of(operation: Any, status: int) -> Any:
    """The schema of an answer."""
    return operation["responses"][str(status)]["content"]["application/json"]["schema"]


def headers_of(operation: Any, status: int) -> set[str]:
    """The headers of an answer."""
    return set(operation["responses"][str(status)]["headers"])
