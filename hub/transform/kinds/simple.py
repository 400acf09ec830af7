"""Values that need nothing but themselves: as they are, always the same, by a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hub import jsontext
from hub.errors import InvalidInput, Misconfigured
from hub.odoo.values import from_odoo
from hub.transform import lines, path, properties, types
from hub.transform.kinds.base import TO_MANY, Bound, Kind, bad_detail, joined
from hub.transform.services import Incoming, Outgoing
from hub.transform.shapes import Schema

TELLS: Schema = {"type": ["string", "integer"]}
"""What may tell a related record."""

NOTHING = (None, False, "")
"""What tells none."""


class Plain(Kind):
    """The value as it is, in the form of the other side."""

    key = "plain"
    label = "Plain"
    sentence = (
        "The value as it is; dates become ISO 8601, a relation its id, an empty field null. A one2many lets callers "
        "make, change and delete the records that belong to this one (all of their simple fields), a many2many lets "
        "them choose links; for less than that, use Sub-records, Relational or the direction “Out only”."
    )

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """JSON for a value that Odoo read."""
        kind = str(row.end["type"])
        return properties.outward(value) if kind == properties.TYPE else from_odoo(value, kind)

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """What Odoo takes, checked by the field's type; behind a dot, the related record that has the value."""
        _, dot, tail = row.rule.odoo_field.partition(".")
        if dot:
            return one_related(value, row, tail)
        if row.info["type"] in TO_MANY:
            return lines.inward(value, row, incoming)
        return types.inward(value, row.info, row.name, check=incoming.check)

    def accepts(self, row: Bound) -> Schema:
        """By the field's type; behind a dot, the value that tells the related record."""
        return dict(TELLS) if "." in row.rule.odoo_field else super().accepts(row)

    def empty(self, row: Bound) -> tuple[Any, ...]:
        """As the field, or as what tells a related record."""
        return NOTHING if "." in row.rule.odoo_field else super().empty(row)


class Constant(Kind):
    """Always the same, whatever the other side says."""

    key = "constant"
    example = '"web shop"'
    label = "Constant"
    sentence = 'Always the value in Detail, as JSON: "web", 5, true. In: what the caller sends is not looked at.'
    searchable = False
    makes_own = True

    def parse(self, detail: str) -> Any:
        """The value."""
        try:
            return jsontext.loads(detail)
        except ValueError:
            raise bad_detail('Write the value as JSON: "web" (with quotes), 5, true or null.') from None

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The constant."""
        return row.options

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """The constant, checked by the field's type."""
        return types.inward(row.options, row.info, row.name)

    def accepts(self, row: Bound) -> Schema:
        """Anything: it is not looked at."""
        return {}

    def gives(self, row: Bound) -> Schema:
        """Always the same."""
        return {"const": row.options}

    def sample(self, row: Bound) -> Any:
        """The constant."""
        return row.options


class Table(Kind):
    """Value by value, from a table."""

    key = "table"
    example = "draft = open; sale = confirmed"
    label = "Value table"
    sentence = (
        "Values by a table in Detail: draft = open; sale = confirmed. A value that is not in it is refused, "
        "unless the table ends with * = other."
    )
    converts_search = True

    def parse(self, detail: str) -> dict[str, str]:
        """The pairs, Odoo's value first."""
        pairs: dict[str, str] = {}
        for line in filter(str.strip, detail.replace("\n", ";").split(";")):
            left, sign, right = (part.strip() for part in line.partition("="))
            if not sign or not left or left in pairs:
                raise bad_detail(
                    f"`{line.strip()}`: write pairs, Odoo's value once each: draft = open; sale = confirmed"
                )
            pairs[left] = right
        if not pairs:
            raise bad_detail("Write the pairs, Odoo's value first: draft = open; sale = confirmed")
        return pairs

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The right-hand side; empty stays empty."""
        plain = from_odoo(value, row.end["type"])
        if plain is None:
            return None
        text = _word(plain)
        found = row.options.get(text, row.options.get("*"))
        if found is None:
            raise InvalidInput(
                f"`{text}` is not in the value table. It has: {joined(row.options)}.", constraint="table"
            )
        return found

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """The left-hand side of the first pair with that right-hand side."""
        if value is None:
            return False
        info = row.end if "." in row.rule.odoo_field else row.info  # dotted: searched by, never written
        for left, right in row.options.items():
            if left != "*" and _word(types.whole(value)) == right:
                return types.inward(_typed(left, str(info["type"])), info, row.name)
        known = joined(list(dict.fromkeys(right for left, right in row.options.items() if left != "*")))
        raise types.wrong(row.name, value, "table", f"choose one of: {known}.")

    def accepts(self, row: Bound) -> Schema:
        """The right-hand sides, and the numbers that are written like them."""
        words = dict.fromkeys(right for left, right in row.options.items() if left != "*")
        return {"enum": [*words, *(number for one in words if (number := _unquoted(one)) is not None)]}

    def empty(self, row: Bound) -> tuple[Any, ...]:
        """Null alone: every other value is looked up."""
        return (None,)

    def gives(self, row: Bound) -> Schema:
        """The right-hand sides."""
        return {"enum": [*dict.fromkeys(row.options.values()), None]}

    def sample(self, row: Bound) -> Any:
        """The first one."""
        return next((right for left, right in row.options.items() if left != "*"), None)


def one_related(value: Any, row: Bound, field: str) -> Any:
    """The id of the one related record whose ``field`` has the value: the way back of ``country_id.code``."""
    value = types.whole(value)
    if types.nothing(value):
        return False
    if row.info["type"] != "many2one":
        raise Misconfigured(
            f"`{row.name}`: {row.rule.odoo_field} can be written only through a many2one field, and "
            f"{row.target} is of type {row.info['type']}. Set the row's direction to “Out only”."
        )
    relation = row.relation
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise types.wrong(row.name, value, "type", f"send the {field} of a record of {relation}.")
    found = row.services.find(relation, field, value)
    if len(found) != 1:
        raise not_one(value, row, relation, field, found)
    return found[0]


def not_one(value: Any, row: Bound, relation: str, field: str, found: Sequence[int]) -> InvalidInput:
    """The error for a value that no related record has, or several."""
    count = "more than one record" if found else "no record"
    hint = " A currency must be switched on in Odoo before it can be used." if relation == "res.currency" else ""
    return types.wrong(row.name, value, "lookup", f"{count} of {relation} has this {field}.{hint}")


def nested(data: Mapping[str, Any]) -> dict[str, Any]:
    """``{"partner_id.name": x}`` as ``{"partner_id": {"name": x}}``."""
    found: dict[str, Any] = {}
    for name, value in data.items():
        path.put(found, name, value)
    return found


def _word(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _unquoted(text: str) -> Any:
    """The number or truth value that ``_word`` spells like this, or None."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, int | float) and _word(value) == text else None


def _typed(text: str, kind: str) -> Any:
    if kind in ("integer", "float", "monetary", "boolean", "many2one"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
