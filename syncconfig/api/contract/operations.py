"""How an address describes itself: one function for each, registered here, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from syncconfig.api.contract.components import ALL, ON_ALL, Json, header_references
from syncconfig.api.contract.resources import Resource

BASE = "/api/sync/v1"
JSON = "application/json"
Scope = Literal["hub", "model", "configuration"]


@dataclass(frozen=True)
class Subject:
    """What an address is described for: a model, with the resources that offer it; one configuration; or the hub."""

    resources: Sequence[Resource]
    model: str = ""
    runs: Sequence[str] = ()
    """The codes of the Out configurations that may be run."""

    def offering(self, *methods: str) -> list[Resource]:
        """The resources that offer one of the HTTP methods."""
        return [one for one in self.resources if set(methods) & set(one.methods)]


LATER: Json = {
    "type": "object",
    "required": ["success", "job"],
    "properties": {"success": {"const": True}, "job": {"$ref": "#/components/schemas/Job"}},
}


@dataclass
class Operation:
    """One method of one address. ``answers``: what each status says, and its schema; None for one without a body."""

    id: str
    summary: str
    tag: str
    answers: dict[int, tuple[str, Json | None]]
    description: str = ""
    parameters: list[Json] = field(default_factory=list)
    body: Json | None = None
    body_required: bool = True
    body_examples: dict[str, Any] = field(default_factory=dict)
    body_type: str = JSON
    more_bodies: Mapping[str, Json] = field(default_factory=dict)
    """By media type: the media type objects of what else the body may be."""

    answer_types: Mapping[int, str] = field(default_factory=dict)
    """By status: the media type of an answer that is not JSON."""

    errors: Sequence[int] = ()
    never: Sequence[int] = ()
    """Statuses that other addresses answer, and this one never does."""

    error_responses: dict[int, Json] = field(default_factory=dict)
    security: list[dict[str, list[str]]] = field(default_factory=list)
    headers: Mapping[int, Sequence[str]] = field(default_factory=dict)
    may_wait: bool = False
    """Whether it is carried out later for who prefers that."""

    links: Mapping[int, Json] = field(default_factory=dict)
    """By status: what one may go on with."""

    def as_openapi(self) -> Json:
        """The operation object."""
        if self.may_wait:
            self.parameters = [*self.parameters, {"$ref": "#/components/parameters/Prefer"}]
            self.answers = {**self.answers, 202: ("Done later, as preferred: ask for the job.", LATER)}
            self.headers = {**self.headers, 202: ("Location", "Retry-After", "Preference-Applied")}
        found: Json = {"operationId": self.id, "summary": self.summary, "tags": [self.tag]}
        if self.description:
            found["description"] = self.description
        if self.parameters:
            found["parameters"] = self.parameters
        if bodies := self._bodies():
            found["requestBody"] = {"required": self.body_required, "content": bodies}
        found["responses"] = {str(status): self._answer(status) for status in sorted(self.answers)}
        refused = sorted({*self.errors, *ALL, *([400, 415] if bodies else [])} - set(self.never))
        found["responses"] |= {
            str(status): self.error_responses.get(status, {"$ref": f"#/components/responses/Error{status}"})
            for status in refused
        }
        return found | {"security": self.security}

    def _bodies(self) -> dict[str, Json]:
        if self.body is None:
            return dict(self.more_bodies)
        media: Json = {"schema": self.body}
        if self.body_examples:
            media["examples"] = {name: {"value": value} for name, value in self.body_examples.items()}
        return {self.body_type: media, **self.more_bodies}

    def _answer(self, status: int) -> Json:
        told, schema = self.answers[status]
        headers = header_references(*ON_ALL, *self.headers.get(status, ()))
        found: Json = {"description": told, "headers": headers}
        if schema is not None:
            found["content"] = {self.answer_types.get(status, JSON): {"schema": schema}}
        return found | ({"links": self.links[status]} if self.links.get(status) else {})


Describe = Callable[[Subject], Operation | None]


@dataclass(frozen=True)
class Endpoint:
    """An address with a method, and the function that describes it; None from it: it is not offered."""

    method: str
    path: str
    scope: Scope
    describe: Describe


ENDPOINTS: list[Endpoint] = []


def endpoint(method: str, path: str, scope: Scope) -> Callable[[Describe], Describe]:
    """Register the function that describes ``method`` on ``path`` below /api/sync/v1.

    ``{model}`` in the path is filled in for each model (scope "model"), ``{code}`` for each configuration (scope
    "configuration"); other braces, such as ``{id}``, are parameters of the path and stay.
    """

    def register(describe: Describe) -> Describe:
        ENDPOINTS.append(Endpoint(method, path, scope, describe))
        return describe

    return register


Schemas = Callable[[Sequence[Resource]], dict[str, Json]]
Section = Callable[[Sequence[Resource]], Json]

SCHEMAS: list[Schemas] = []
SECTIONS: dict[str, Section] = {}
TAGS: dict[str, str] = {}
"""What each group of addresses that belong to no model is about."""


def schemas(describe: Schemas) -> Schemas:
    """Register a function that gives schemas by name, made of what somebody may use, which addresses refer to."""
    SCHEMAS.append(describe)
    return describe


def section(name: str) -> Callable[[Section], Section]:
    """Register the function that gives a further section of the document; an empty one is left out."""

    def register(describe: Section) -> Section:
        SECTIONS[name] = describe
        return describe

    return register


def envelope(*required: str, **properties: Json) -> Json:
    """The schema of a successful answer; all its properties are there but for those not named in ``required``."""
    return {
        "type": "object",
        "required": ["success", *required],
        "properties": {"success": {"const": True}, **properties},
    }


def one_of(schemas: Sequence[Json]) -> Json:
    """One schema, or any of several: a model's configurations differ."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


def security_of(resources: Sequence[Resource]) -> list[dict[str, list[str]]]:
    """The ways to say who one is that one of them accepts, each once."""
    found: list[dict[str, list[str]]] = []
    for one in resources:
        found += [way for way in one.security if way not in found]
    return found or [{"bearer": []}]
