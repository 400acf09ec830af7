"""A caller who works in one company links to nothing, and hears of nothing, that this company does not see.

Odoo keeps a user from reading the records of other companies, and yet lets him name them by id in a many2one or a list:
the new record then shows their names, and what is taken over from them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from hub.errors import OdooError, OdooValidation
from hub.transform import types
from hub.transform.kinds.base import TO_MANY, FieldInfo
from hub.transform.records import Describe, ids_of

COMPANIES = "res.company"
OWNERS = ("company_id", "company_ids")
"""The fields by which a record belongs to companies."""

There = Callable[[str, Sequence[int]], Collection[int]]
"""Those of the ids that are of records of a model, as the connection sees them."""

Link = tuple[str, str, int]
"""A field, the model that it leads to, and the id that it is given."""


class Sight:
    """What the company of the connection's context sees. ``there`` remembers what was asked once."""

    def __init__(self, there: There, describe: Describe) -> None:
        self._there, self._describe = there, describe
        self._owned: dict[str, bool] = {}

    def check(self, model: str, values: Mapping[str, Any]) -> None:
        """Raise OdooValidation, as for a record that is not there, when values for Odoo name one that is not seen."""
        links = [link for link in self._links(model, values) if self._is_owned(link[1])]
        seen = {
            relation: self._there(relation, [record_id for _, one, record_id in links if one == relation])
            for relation in {relation for _, relation, _ in links}
        }
        for name, relation, record_id in links:
            if record_id not in seen[relation]:
                raise OdooValidation(
                    f"The {relation} record {record_id} that `{name}` of {model} names does not exist.",
                    field=name,
                    constraint="exists",
                    value=record_id,
                )

    def look(self, relation: str, ids: Iterable[int]) -> None:
        """Ask for many records at once, so that each check after it costs nothing."""
        wanted = list(ids)
        if wanted and self._is_owned(relation):
            self._there(relation, wanted)

    def _is_owned(self, relation: str) -> bool:
        """Whether records of the model may belong to companies."""
        if relation not in self._owned:
            self._owned[relation] = relation == COMPANIES or any(name in self._fields(relation) for name in OWNERS)
        return self._owned[relation]

    def _fields(self, model: str) -> Mapping[str, FieldInfo]:
        try:
            return self._describe(model)
        except OdooError as error:
            if error.retryable:
                raise
            return {}  # of a model that the hub's user may not even describe

    def _links(self, model: str, values: Mapping[str, Any]) -> Iterator[Link]:
        fields = self._fields(model)
        for name, value in values.items():
            info = fields.get(name, {})
            kind, relation = info.get("type"), str(info.get("relation") or "")
            if kind == "many2one" and types.is_id(value):
                yield name, relation, value
            elif kind == "reference" and isinstance(value, str):
                target, _, number = value.partition(",")
                if number.isdigit():
                    yield name, target, int(number)
            elif kind in TO_MANY and isinstance(value, list | tuple):
                yield from self._commanded(name, relation, value)

    def _commanded(self, name: str, relation: str, commands: Iterable[Any]) -> Iterator[Link]:
        for command in commands:
            code, record_id, more = (*command, 0, 0)[:3]
            if isinstance(more, Mapping):
                yield from self._links(relation, more)
            named = more if isinstance(more, list | tuple) else [record_id]
            yield from ((name, relation, one) for one in named if types.is_id(one) and code in (1, 4, 6))


def belonged(
    companies: Collection[int],
    model: str,
    record_id: int,
    values: Mapping[str, Any],
    fields: Mapping[str, FieldInfo],
) -> bool:
    """Whether a record that is gone was one that these companies see, by its last values; no where they do not tell.

    What belongs to no company is everybody's. ``fields`` are those of its model.
    """
    if model == COMPANIES:
        return record_id in companies
    owners = [name for name in OWNERS if name in fields]
    if not all(name in values for name in owners):
        return False
    held = [set(ids_of(values[name])) for name in owners]
    return all(not one or one & set(companies) for one in held)
