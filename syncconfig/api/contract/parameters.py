"""The parameters of addresses, as far as configurations decide what they take."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hub.transform.mapping import ALWAYS
from syncconfig.api.access import CHOOSER
from syncconfig.api.contract.components import PARAMETERS, Json
from syncconfig.api.contract.resources import Resource


def chooser(held: Sequence[Resource]) -> Json:
    """The header that says which configuration is to answer."""
    codes = [one.code for one in held]
    return {
        "name": CHOOSER,
        "in": "header",
        "description": "The code of the configuration that is to answer. Empty: the first that offers the method.",
        "schema": {"type": "string", "enum": [*codes, ""]},
    }


def fields(held: Sequence[Resource]) -> Json:
    """Which fields to return."""
    names = _names(held)
    common = [name for name in names if all(name in one.readable for one in held)]
    return {
        "name": "fields",
        "in": "query",
        "description": f"Fields to return, with commas between them; all unless you say: {', '.join(names)}.",
        "schema": {"type": "string"} | ({"pattern": _listed(names)} if names else {}),
        "example": ",".join(["id", *[name for name in common if name not in ALWAYS][:2]]),
    }


def order(held: Sequence[Resource]) -> Json:
    """What to sort by."""
    rows = [row for one in held for row in one.readable.items()]
    names = list(dict.fromkeys(name for name, row in rows if row.out.searchable))
    return {
        "name": "order",
        "in": "query",
        "description": "Fields to sort by, each with asc or desc behind it.",
        "schema": {"type": "string"} | ({"pattern": _listed(names, r"(\s+(asc|desc|ASC|DESC))?")} if names else {}),
        "example": "id desc",
    }


def _names(held: Sequence[Resource]) -> list[str]:
    return list(dict.fromkeys(name for one in held for name in one.readable))


def _listed(names: Sequence[str], behind: str = "") -> str:
    """The pattern of a list of such names with commas between them; it may be empty."""
    name = f"({'|'.join(re.escape(one) for one in names)}){behind}"
    return rf"^\s*(,\s*)*({name}\s*(,\s*)+)*({name})?\s*$"


def expand(held: Sequence[Resource]) -> list[Json]:
    """The one that gives relations with their names, where there are any."""
    rows = [row for one in held for row in one.readable.values()]
    names = list(dict.fromkeys(row.name for row in rows if row.info.get("relation") and row.kind.key == "plain"))
    if not names:
        return []
    return [
        {
            "name": "expand",
            "in": "query",
            "description": f'Relations to give as {{"id", "name"}}: {", ".join(names)}.',
            "schema": {"type": "string", "pattern": _listed(names)},
        }
    ]


def domain(held: Sequence[Resource]) -> Json:
    """Which records, with an example in the caller's own names."""
    for one in held:
        for name, row in one.readable.items():
            if row.rule.odoo_field == "name" and row.out.searchable:
                return PARAMETERS["domain"] | {"example": f'[["{name}", "ilike", "a"]]'}
    return PARAMETERS["domain"] | {"example": '[["id", ">", 0]]'}


def shared(name: str) -> Json:
    """A parameter that is the same everywhere, from the document's components."""
    return {"$ref": f"#/components/parameters/{name}"}
