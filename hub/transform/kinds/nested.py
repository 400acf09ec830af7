"""Sub-records: related records with rows of their own, such as the lines of an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.errors import InvalidInput, Misconfigured
from hub.odoo.guarded import FILES, guard
from hub.transform import contract, lines, types
from hub.transform.kinds.base import TO_MANY, Bound, Kind, bad_detail, is_field, words
from hub.transform.records import ids_of
from hub.transform.services import Incoming, Outgoing
from hub.transform.shapes import Schema

Converted = TypeVar("Converted")

SUB = "__sub__"
"""Where a record that was read holds its sub-records, by field."""


@dataclass(frozen=True)
class Nest:
    """How sub-records that come in meet those that are there."""

    match: str = ""
    keep: bool = False
    create: bool = False
    update: bool = False


class Nested(Kind):
    """A list of objects, or one object, by the rows below."""

    key = "records"
    example = "match ref, keep"
    label = "Sub-records"
    sentence = (
        "Related records as objects: order_line as lines, with rows below it such as order_line.name as lines[].name; "
        "partner_id as customer with partner_id.ref as customer.ref. In: replaces the list. Detail: `match ref` finds "
        "those that are there by that field, `keep` leaves the others, `create` and `update` are allowed for "
        "records that do not belong to this one alone."
    )
    searchable = False

    def parse(self, detail: str) -> Nest:
        """The words."""
        found: dict[str, Any] = {}
        rest = iter(words(detail))
        for word in rest:
            if word == "match":
                found["match"] = next(rest, "")
                if not is_field(found["match"]):
                    raise bad_detail("After `match`, write the field of the sub-record that tells it: match ref")
            elif word in ("keep", "create", "update"):
                found[word] = True
            else:
                raise bad_detail(f"`{word}`: write `match` and a field, `keep`, `create` or `update`, or nothing.")
        return Nest(**found)

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The objects; for a many2one the object, or null."""
        assert row.sub is not None
        held = outgoing.record.get(SUB, {}).get(row.rule.odoo_field, [])
        made = [row.sub.outward(one, shown=outgoing.shown) for one in held]
        return made if row.info["type"] in TO_MANY else next(iter(made), None)

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """Commands for a list; an id for a many2one."""
        _not_guarded(value, row)
        if row.info["type"] == "many2one":
            return self._one(value, row, incoming)
        if not isinstance(value, list | None):
            raise types.wrong(row.name, value, "type", "send a list of objects.")
        objects = [_object(one, f"{row.name}[{index}]") for index, one in enumerate(value or [])]
        if row.info["type"] == "many2many":
            return self._shared(objects, row)
        return self._owned(objects, row, incoming)

    def accepts(self, row: Bound) -> Schema:
        """The objects, by the rows below."""
        assert row.sub is not None
        owned = row.info["type"] == "one2many"
        return self._of(row, contract.accepted(contract.parts(row.sub), complete=owned))

    def empty(self, row: Bound) -> tuple[Any, ...]:
        """No sub-record."""
        return (None,)

    def gives(self, row: Bound) -> Schema:
        """The objects, by the rows below."""
        assert row.sub is not None
        found = self._of(row, contract.given(contract.parts(row.sub)))
        return found if "items" in found else {"anyOf": [found, {"type": "null"}]}

    def sample(self, row: Bound) -> Any:
        """One sub-record."""
        assert row.sub is not None
        one = contract.sample(contract.parts(row.sub))
        return [one] if row.info["type"] in TO_MANY else one

    @staticmethod
    def _of(row: Bound, one: Schema) -> Schema:
        return {"type": "array", "items": one} if row.info["type"] in TO_MANY else one

    def _owned(self, objects: Sequence[Mapping[str, Any]], row: Bound, incoming: Incoming) -> list[list[Any]]:
        """Lines that belong to the record: changed where they match, made where not, removed where left out."""
        options: Nest = row.options
        there = self._there(row, incoming) if options.match else {}
        commands: list[list[Any]] = []
        used: set[int] = set()
        if not options.match and not options.keep and incoming.record_id is not None:
            commands.append([5, 0, 0])
        for index, one in enumerate(objects):
            sought = _plain(_sought(row, one, index))
            known = next((found for found in there.get(sought, []) if found not in used), 0)
            values = _values(row, one, index, complete=True, record_id=known or None)
            if known:
                used.add(known)
                values = _values(row, one, index, complete=False, record_id=known)
            _refuse_moving(values, row, index, incoming)
            commands.append([1, known, values] if known else [0, 0, values])
        if options.match and not options.keep:
            commands += [[2, gone, 0] for ids in there.values() for gone in ids if gone not in used]
        return commands

    def _there(self, row: Bound, incoming: Incoming) -> dict[Any, list[int]]:
        """The record's own lines by the value of the field that tells them."""
        found: dict[Any, list[int]] = {}
        if incoming.record_id is not None:
            match = row.options.match
            for line in row.services.related(row.model, incoming.record_id, row.target, [match]):
                found.setdefault(_plain(line[match]), []).append(line["id"])
        return found

    def _shared(self, objects: Sequence[Mapping[str, Any]], row: Bound) -> list[list[Any]]:
        """Records that others may hold, too: found and linked, made only where that is allowed."""
        options: Nest = row.options
        links: list[int] = []
        made: list[list[Any]] = []
        for index, one in enumerate(objects):
            found = self._found(row, one, index) if options.match else None
            if found:
                links.append(found)
            elif options.create or not options.match:
                made.append([0, 0, _values(row, one, index, complete=True)])
            else:
                raise _missing(row, f"{row.name}[{index}]", one)
        return [*([[4, one, 0] for one in links] if options.keep else [[6, 0, links]]), *made]

    def _one(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        if value is None:
            return False
        options: Nest = row.options
        if not options.match:
            raise Misconfigured(
                f"`{row.name}`: a single related record that comes in needs `match` and a field in Detail, as in: "
                "match ref, create. Or set the row's direction to “Out only”."
            )
        one = _object(value, row.name)
        found = self._found(row, one, None)
        if found:
            return found
        if not options.create or guard(row.relation):
            raise _missing(row, row.name, one)
        return row.services.create(row.relation, _values(row, one, None, complete=True))

    def _found(self, row: Bound, one: Mapping[str, Any], index: int | None) -> int | None:
        """The one record that the match field tells, changed if that is allowed."""
        options: Nest = row.options
        relation = row.relation
        sought = _sought(row, one, index)
        found = row.services.find(relation, options.match, sought) if not types.nothing(sought) else []
        if len(found) > 1:
            raise types.wrong(
                _place(row, index), sought, "lookup", f"more than one record of {relation} has this {options.match}."
            )
        record_id = found[0] if found else None
        values = _values(row, one, index, complete=False, record_id=record_id)
        if record_id is not None and options.update and not guard(relation):
            row.services.write(relation, record_id, values)
        return record_id


def _values(
    row: Bound, one: Mapping[str, Any], index: int | None, *, complete: bool, record_id: int | None = None
) -> dict[str, Any]:
    """The values of one sub-record, ``record_id`` if it is there; errors name the whole path to the key."""
    sub = row.sub
    assert sub is not None
    match = [each.name for each in sub.rows if each.target == row.options.match]
    return renamed(lambda: sub.inward(one, complete=complete, record_id=record_id, matched=match), _place(row, index))


def _sought(row: Bound, one: Mapping[str, Any], index: int | None) -> Any:
    """What the sub-record says of the field by which it is found; None for nothing."""
    sub, match = row.sub, row.options.match
    assert sub is not None
    told = next((each for each in sub.rows if each.target == match and each.rule.writes), None)
    return renamed(lambda: sub.sought(told, one), _place(row, index)) if told is not None else None


def _refuse_moving(values: dict[str, Any], row: Bound, index: int, incoming: Incoming) -> None:
    """A line stays with its record: the field that says whose it is is taken out, if it names just that."""
    inverse = str(row.info.get("relation_field") or "")
    owner = values.pop(inverse, incoming.record_id)
    if owner != incoming.record_id:
        assert row.sub is not None
        key = next((each.name for each in row.sub.rows if each.target == inverse), inverse)
        raise types.wrong(
            f"{_place(row, index)}.{key}", owner, "relation", "it belongs to this record: leave the field out."
        )


def _place(row: Bound, index: int | None) -> str:
    return row.name if index is None else f"{row.name}[{index}]"


def _not_guarded(value: Any, row: Bound) -> None:
    """Records that decide who may do what are no sub-records; files are, as the rows say what of them is written."""
    relation = row.relation
    if relation != FILES and row.info["type"] in TO_MANY:
        lines.refuse_guarded(row.name, value, row.info)


def renamed(convert: Callable[[], Converted], where: str) -> Converted:
    """What ``convert`` gives; its InvalidInput names the key below ``where``."""
    try:
        return convert()
    except InvalidInput as error:
        key = str(error.details.get("field", ""))
        whole = f"{where}.{key}" if key else where
        message = error.message.replace(f"`{key}`", f"`{whole}`", 1)
        raise InvalidInput(message, **{**error.details, "field": whole}) from None


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise types.wrong(where, value, "type", "send a JSON object.")
    return value


def _missing(row: Bound, where: str, one: Mapping[str, Any]) -> InvalidInput:
    relation, match = row.info["relation"], row.options.match
    assert row.sub is not None
    key = next((each.name for each in row.sub.rows if each.target == match), match)
    return types.wrong(f"{where}.{key}", one.get(key), "lookup", f"no record of {relation} has this {match}.")


def _plain(value: Any) -> Any:
    """A value by which lines are compared: a relation by its id."""
    if isinstance(value, list):
        return next(iter(ids_of(value)), False) if value else False
    return value
