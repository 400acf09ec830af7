"""``order="name desc, id"`` as SQL: checked, many2one by the other model's order, empty ones where Odoo has them."""

from __future__ import annotations

import re

from hub.errors import OdooValidation
from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.query import expression
from hub.odoo.embedded.schema import Model, Registry

_SPEC = re.compile(
    r"^\s*([a-z0-9_:.]+(\s+(desc|asc))?(\s+nulls\s+(first|last))?)(\s*,\s*[a-z0-9_:.]+(\s+(desc|asc))?(\s+nulls\s+(first|last))?)*\s*$",
    re.IGNORECASE,
)
_NEVER_EMPTY = frozenset({"id", "create_date", "write_date"})


def order_by(registry: Registry, model: Model, order: str | None) -> str:
    """The ORDER BY clause for the alias ``t``; raises OdooInvalidField or OdooValidation for a wrong ``order``."""
    spec = order or model.order
    if not _SPEC.match(spec):
        raise OdooValidation(
            f'Invalid "order" specified ({spec}). A valid "order" specification is a comma-separated list of valid '
            "field names (optionally followed by asc/desc for the direction).",
            "odoo.exceptions.UserError",
            field="order",
            value=spec,
        )
    terms = [term for part in spec.split(",") for term in _term(registry, model, "t", part, (), False)]
    return ", ".join(terms)


def _term(registry: Registry, model: Model, alias: str, part: str, seen: tuple[str, ...], flip: bool) -> list[str]:
    words = part.lower().split()
    path = part.split(maxsplit=1)[0]
    name, _dot, rest = path.partition(".")
    field = model.field(name)
    descending = ("desc" in words[1:2]) != flip
    nulls = words[words.index("nulls") + 1] if "nulls" in words else ("first" if descending else "last")
    direction = f"{' DESC' if descending else ''} NULLS {nulls.upper()}"
    if rest and (field.type != "many2one" or rest != "id"):
        raise OdooValidation(
            f"Invalid field property '{rest}' on {model.name}.{name}: order by '{name}' itself.",
            "builtins.ValueError",
            field="order",
            value=part.strip(),
        )
    if field.type == "many2one" and not rest:
        return _by_relation(registry, model, alias, field, seen, descending, direction)
    if not _sortable(field):
        raise OdooValidation(
            f"Cannot order by {model.name}.{name} because it is not stored.",
            "builtins.ValueError",
            field="order",
            value=part.strip(),
        )
    column = expression(field, alias)
    if field.type == "boolean":
        column = f"COALESCE({column}, 0)"
    if name in _NEVER_EMPTY:
        # Without a NULLS clause SQLite can walk the index.
        return [f"{column}{' DESC' if descending else ''}"]
    return [f"{column}{direction}"]


def _sortable(field: Field) -> bool:
    return not field.to_many and field.type != "binary" and (field.stored or bool(field.inherited))


def _by_relation(
    registry: Registry,
    model: Model,
    alias: str,
    field: Field,
    seen: tuple[str, ...],
    descending: bool,
    direction: str,
) -> list[str]:
    """Order by what the linked record is ordered by, one level down; a ring of such orders ends at the id."""
    link = expression(field, alias)
    key = f"{model.name}.{field.name}"
    if key in seen:
        return [f"{link}{direction}"]
    comodel = registry[field.relation]
    inner = f"o{len(seen)}"
    terms: list[str] = []
    for part in comodel.order.split(","):
        for term in _term(registry, comodel, inner, part, (*seen, key), descending):
            column, suffix = _split(term)
            terms.append(f"(SELECT {column} FROM {comodel.table} {inner} WHERE {inner}.id = {link}){suffix}")
    return terms


def _split(term: str) -> tuple[str, str]:
    """The expression of a term and its direction, told apart from the right."""
    match = re.search(r"( DESC)?( NULLS (FIRST|LAST))?$", term)
    at = match.start() if match else len(term)
    suffix = term[at:]
    if "NULLS" not in suffix:
        suffix += " NULLS FIRST" if "DESC" in suffix else " NULLS LAST"
    return term[:at], suffix
