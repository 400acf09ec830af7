"""Related records by one of their fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pycountry

from hub.errors import Misconfigured
from hub.odoo.guarded import guard
from hub.odoo.values import from_odoo
from hub.transform import lines, shapes, types
from hub.transform.kinds.base import TO_MANY, Bound, FieldInfo, Kind, bad_detail, is_field, words
from hub.transform.kinds.simple import NOTHING, TELLS, not_one, one_related
from hub.transform.services import Incoming, Outgoing
from hub.transform.shapes import Schema


@dataclass(frozen=True)
class Match:
    """The field that tells a related record; whether one that is missing is created."""

    field: str = ""
    create: bool = False


class Lookup(Kind):
    """A many2one, or a list of records, by a field."""

    key = "lookup"
    example = "code"
    label = "Relational"
    sentence = (
        "A related record by the field in Detail, such as code or ref; empty: name. A list of tags becomes a list. "
        "Written as `name, create`, a record that is missing is created with that name."
    )

    def parse(self, detail: str) -> Match:
        """The field to match, and ``create`` for what is missing."""
        found = words(detail)
        create = (len(found) > 1 and found[1:] in (["create"], ["create", "if", "missing"])) or found == ["create"]
        field = "" if found[:1] == ["create"] else (found or [""])[0]
        if (field and not is_field(field)) or (len(found) > 1 and not create):
            raise bad_detail(
                "Write one field of the related model, such as code, ref or name; with a comma and `create`, "
                "missing records are created: name, create"
            )
        return Match(field, create)

    def paths(self, field: str, options: Match, info: FieldInfo) -> tuple[str, ...]:
        """That field of the related record."""
        return (field if "." in field and not options.field else f"{field}.{options.field or 'name'}",)

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The field's value, or for several records the list of them."""
        return from_odoo(value, row.end["type"])

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """The id of the one record that has the value; a command that sets them, for a list."""
        field = row.options.field or row.rule.odoo_field.partition(".")[2] or "name"
        if "relation" not in row.info or not row.info["relation"]:
            raise Misconfigured(
                f"`{row.name}`: the value type {self.label} is for a relation, and {row.target} is of type "
                f"{row.info['type']}."
            )
        if row.info["type"] in TO_MANY:
            return self._several(value, row, field, incoming)
        if row.options.create and isinstance(value, str | int) and value and not isinstance(value, bool):
            return self._found_or_made(value, row, field)
        return one_related(value, row, field)

    def _several(self, value: Any, row: Bound, field: str, incoming: Incoming) -> Any:
        if types.nothing(value):
            value = []
        value = types.whole(value)
        if not isinstance(value, list):
            raise types.wrong(row.name, value, "type", f"send a list, with the {field} of each record.")
        if not incoming.ours:
            lines.refuse_guarded(row.name, value, row.info)
        owned = row.info["type"] == "one2many"
        ids: list[int] = []
        sent, new = [], []
        relation = row.relation
        for one in value:
            if isinstance(one, bool) or not isinstance(one, str | int) or one == "":
                raise types.wrong(row.name, one, "type", f"send the {field} of a record of {row.info['relation']}.")
            if owned and row.options.create and not row.services.find(relation, field, one):
                new.append([0, 0, {field: one}])  # a line of this very record
            else:
                sent.append(one)
                ids.append(self._found_or_made(one, row, field))
        if owned and not incoming.ours:
            lines.refuse_foreign(ids, sent, row, incoming)
        return [[6, 0, list(dict.fromkeys(ids))], *new]

    def _found_or_made(self, value: Any, row: Bound, field: str) -> int:
        relation = row.relation
        found = row.services.find(relation, field, value)
        if len(found) == 1:
            return found[0]
        if not found and row.options.create and not guard(relation):
            return row.services.create(relation, {field: value})
        raise not_one(value, row, relation, field, found)

    def accepts(self, row: Bound) -> Schema:
        """What tells the record, or a list of it."""
        several = row.info["type"] in TO_MANY
        one = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer"}]}
        return {"type": "array", "items": one} if several else dict(TELLS)

    def empty(self, row: Bound) -> tuple[Any, ...]:
        """No record."""
        return NOTHING

    def gives(self, row: Bound) -> Schema:
        """What tells the record, or a list of it."""
        return {"type": "array"} if row.info["type"] in TO_MANY else super().gives(row)

    def sample(self, row: Bound) -> Any:
        """What tells one such record, in a list where there may be several."""
        if row.info["type"] not in TO_MANY:
            return super().sample(row)
        field = row.options.field or "name"
        return [shapes.sample(field, {"type": "char"}, str(row.info.get("relation")))]


FORMS = {"alpha-2": "alpha_2", "alpha-3": "alpha_3", "numeric": "numeric", "name": "name"}


class Country(Kind):
    """Countries as ISO 3166-1 has them; Odoo knows the codes of two letters alone."""

    key = "country"
    example = "alpha-3"
    label = "Country code"
    sentence = (
        "A country by its ISO 3166 code, DE. Detail alpha-3 sends DEU, numeric 276, name Germany; each of them is "
        "understood on the way in."
    )
    converts_search = True

    def parse(self, detail: str) -> str:
        """The form."""
        form = detail.strip().lower() or "alpha-2"
        if form not in FORMS:
            raise bad_detail("Write alpha-2 (DE), alpha-3 (DEU), numeric (276) or name; empty is alpha-2.")
        return FORMS[form]

    def paths(self, field: str, options: str, info: FieldInfo) -> tuple[str, ...]:
        """The country's code."""
        if info["type"] not in ("many2one", "char", "selection"):
            raise Misconfigured(
                f"The value type {self.label} is for a country or its code, and {field} is of type {info['type']}. For "
                "a list of records, use sub-records."
            )
        return (f"{field}.code" if info.get("relation") == "res.country" else field,)

    def search_field(self, row: Bound) -> str:
        """The relation itself: what a caller writes is looked up first."""
        return row.target

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The code in that form; Odoo's own code for a country that ISO has not, such as Kosovo's XK."""
        if not value:
            return None
        country = pycountry.countries.get(alpha_2=str(value).upper())
        return getattr(country, row.options) if country is not None else str(value)

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """The country with that code or English name."""
        if types.nothing(value):
            return False
        value = types.whole(value)
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise types.wrong(row.name, value, "type", "send a country's code, such as DE.")
        text = f"{value:03d}" if isinstance(value, int) else value.strip()
        try:
            code = pycountry.countries.lookup(text).alpha_2
        except LookupError:
            code = text.upper()
        if row.info["type"] != "many2one":
            return types.inward(code, row.info, row.name)
        found = row.services.find(row.relation, "code", code) if len(code) == 2 else []
        if len(found) != 1:
            raise types.wrong(row.name, value, "lookup", "no such country. Send an ISO 3166 code, such as DE.")
        return found[0]

    def accepts(self, row: Bound) -> Schema:
        """A code or a name."""
        return dict(TELLS)

    def empty(self, row: Bound) -> tuple[Any, ...]:
        """No country."""
        return NOTHING

    def gives(self, row: Bound) -> Schema:
        """The code."""
        return {"type": ["string", "null"]}

    def sample(self, row: Bound) -> Any:
        """Germany."""
        return getattr(pycountry.countries.get(alpha_2="DE"), row.options)
