"""The OpenAPI 3.1 document of what somebody may use."""

from __future__ import annotations

from collections.abc import Sequence

from syncconfig.api.contract import files, hubwide, later, records, schemas
from syncconfig.api.contract.components import HEADERS, PARAMETERS, Json, error_responses, shared_schemas
from syncconfig.api.contract.operations import BASE, ENDPOINTS, SCHEMAS, SECTIONS, TAGS, Endpoint, Subject
from syncconfig.api.contract.resources import Resource, by_model

DESCRIBED_BY = (records, files, hubwide, later)
"""The modules whose functions describe addresses; importing them registers these. Apps above register their own."""

INTRODUCTION = """\
Records of Odoo under the names of this hub's configurations. Every answer has `success`; a refusal has `error` with a
code, a message that says what to do, and the `trace_id` to quote when asking for help.

Where a model has several configurations, the header `X-Sync-Config` chooses one; without it, the first by code that
offers the method answers.

Before any of this, the web server itself refuses in the same form what is no request of HTTP/1.0 or 1.1 (400, 501,
505), did not arrive in time (408), or has headers of more than 64 KB (431).
"""


def openapi(resources: Sequence[Resource], server: str, runs: Sequence[str] = ()) -> Json:
    """The document; ``server`` is the hub's address without a slash at the end.

    ``runs``: the codes of the Out configurations that may be run.
    """
    models = by_model(resources)
    found = shared_schemas()
    for one in resources:
        found |= schemas.of(one)
    for describe in SCHEMAS:
        found |= describe(resources)
    more = {name: describe(resources) for name, describe in SECTIONS.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Sync Hub", "version": "1", "description": INTRODUCTION},
        "servers": [{"url": server}],
        "tags": [{"name": model, "description": _about(held)} for model, held in models.items()]
        + [{"name": name, "description": about} for name, about in TAGS.items()],
        "paths": paths(resources, runs),
        **{name: section for name, section in more.items() if section},
        "components": {
            "schemas": found,
            "headers": HEADERS,
            "parameters": PARAMETERS,
            "responses": error_responses(),
            "securitySchemes": security_schemes(resources, server),
        },
    }


def paths(resources: Sequence[Resource], runs: Sequence[str] = ()) -> Json:
    """The path items: every registered endpoint for every model, configuration or once, where it is offered."""
    found: dict[str, Json] = {}
    for one in ENDPOINTS:
        for path, subject in _subjects(one, resources, runs):
            operation = one.describe(subject)
            if operation is not None:
                found.setdefault(f"{BASE}{path}", {})[one.method] = operation.as_openapi()
    return found


def _subjects(one: Endpoint, resources: Sequence[Resource], runs: Sequence[str]) -> list[tuple[str, Subject]]:
    if one.scope == "model":
        return [
            (one.path.replace("{model}", model), Subject(held, model)) for model, held in by_model(resources).items()
        ]
    if one.scope == "configuration":
        return [
            (one.path.replace("{code}", each.code), Subject([each], each.configuration.model)) for each in resources
        ]
    return [(one.path, Subject(resources, runs=runs))]


def security_schemes(resources: Sequence[Resource], server: str) -> Json:
    """How callers may say who they are."""
    scopes = {one.code: one.configuration.name for one in resources if one.configuration.accepts_oauth}
    flow = {"tokenUrl": f"{server}{BASE}/oauth/token", "scopes": scopes}
    every = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A token of an API client: hub_..."},
        "basic": {"type": "http", "scheme": "basic", "description": "The client ID, and a token as the password."},
        "oauth2": {
            "type": "oauth2",
            "description": "With the client ID and an OAuth secret, an access token for an hour.",
            "flows": {"clientCredentials": flow},
        },
    }
    used = {name for one in resources for way in one.security for name in way} | ({"basic"} if scopes else {"bearer"})
    return {name: scheme for name, scheme in every.items() if name in used}


def _about(held: Sequence[Resource]) -> str:
    return " ".join(
        f"{one.configuration.name} (`{one.code}`){': ' + one.trouble if one.trouble else '.'}" for one in held
    )
