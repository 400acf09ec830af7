"""What a mapping promises to callers: the keys, nested as they stand in the JSON, what goes in, what comes out.

Two forms of the same: JSON Schema for programs, a list of fields with labels and examples for people.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.transform import path, shapes
from hub.transform.shapes import Schema

if TYPE_CHECKING:
    from hub.transform.kinds.base import Bound
    from hub.transform.mapping import FieldMap

READ_ALWAYS = ("id", "create_date", "write_date")


@dataclass
class Part:
    """One key of the JSON: a row of the mapping, or a step on the way to some. ``strict``: other keys are refused."""

    name: str
    strict: bool
    row: Bound | None = None
    below: dict[str | int, Part] = field(default_factory=dict)

    @property
    def written(self) -> bool:
        """Whether something of it may be sent."""
        if self.row is None and not self.below:
            return True  # a key that a template names
        return (self.row is not None and self.row.offered) or any(one.written for one in self.below.values())

    @property
    def read(self) -> bool:
        """Whether something of it is shown."""
        return (self.row is not None and self.row.rule.reads) or any(one.read for one in self.below.values())

    @property
    def required(self) -> bool:
        """Whether a create must have it."""
        row = self.row
        own = row is not None and row.writes and row.rule.required
        if row is not None and own:
            return not (row.rule.has_default or row.kind.makes_own)
        return any(one.required for one in self.below.values())

    def place(self, step: str | int) -> Part:
        """The part below under that key or index."""
        return self.below.setdefault(step, Part(str(step), self.strict))


def parts(fields: FieldMap) -> Part:
    """The mapping as a tree."""
    root = Part("", fields.reject_unmapped)
    for row in fields.rows:
        _at(root, row.name).row = row
        for key in row.kind.keys(row.name, row.options):
            _at(root, key)
    return root


def _at(root: Part, name: str) -> Part:
    place = root
    for step in path.steps(name):
        place = place.place(step)
    return place


# JSON Schema ------------------------------------------------------------------------------------------


def accepted(part: Part, *, complete: bool) -> Schema:
    """What may be sent; with ``complete``, a create, what must be."""
    if part.row is not None and not part.below:
        return _about(part.row, _value(part.row))
    if part.below and all(isinstance(step, int) for step in part.below):
        return _list(part, {step: accepted(one, complete=complete) for step, one in part.below.items() if one.written})
    if not part.below and part.name:
        return {}
    inner = {str(step): accepted(one, complete=complete) for step, one in part.below.items() if one.written}
    needed = [str(step) for step, one in part.below.items() if one.written and one.required] if complete else []
    found: Schema = {"type": "object"} if part.strict or needed or not part.name else {}
    found |= {"properties": inner} | ({"required": needed} if needed else {})
    return found | ({"additionalProperties": False} if part.strict else {})


def _value(row: Bound) -> Schema:
    found = row.kind.accepts(row)
    if not row.rule.required or row.kind.makes_own:
        return shapes.or_empty(found, _empty(row))
    found |= {"minLength": 1} if "string" in _types(found) else {}
    return shapes.or_empty(found, (None,)) if row.rule.has_default else found


def _empty(row: Bound) -> tuple[Any, ...]:
    """What empties the field, where Odoo lets it be empty; a number that is none becomes 0."""
    values = row.kind.empty(row)
    if not row.info.get("required") or row.rule.has_default or row.info["type"] in shapes.NEVER_EMPTY:
        return values
    return ("",) if "" in values and row.kind.key == "plain" and row.info["type"] in shapes.TEXTS else ()


def given(part: Part) -> Schema:
    """What is shown. Callers choose fields, so that none of them must be there."""
    if part.row is not None and not part.below:
        return _about(part.row, row_gives(part.row))
    if part.below and all(isinstance(step, int) for step in part.below):
        return _list(part, {step: given(one) for step, one in part.below.items() if one.read}, closed=False)
    return {"type": "object", "properties": {str(step): given(one) for step, one in part.below.items() if one.read}}


def row_gives(row: Bound) -> Schema:
    """The schema of a row's value on its way out."""
    return row.out.gives(row)


def _list(part: Part, items: dict[Any, Schema], *, closed: bool = True) -> Schema:
    last = max(items, default=-1)
    found: Schema = {"prefixItems": [items.get(number, {}) for number in range(last + 1)]}
    if not closed or part.strict:
        found = {"type": "array"} | found
    return found | ({"maxItems": last + 1} if closed and part.strict else {})


def _about(row: Bound, found: Schema) -> Schema:
    """The schema with what people want to know of the field."""
    told = label(row)
    about = description(row)
    more: Schema = {"title": told} if told else {}
    if about or found.get("description"):
        more["description"] = " ".join(filter(None, (about, found.get("description", ""))))
    example = row.kind.sample(row)
    return found | more | ({"examples": [example]} if example is not None else {})


def _types(found: Schema) -> list[str]:
    told = found.get("type", [])
    return [told] if isinstance(told, str) else list(told)


# For people -------------------------------------------------------------------------------------------


def label(row: Bound) -> str:
    """Odoo's name for the field, with that of the relation before it where the row goes through one."""
    own, end = str(row.info.get("string") or ""), str(row.end.get("string") or "")
    return own if row.path in ("", row.target) or not end or end == own else f"{own}: {end}"


def description(row: Bound) -> str:
    """Odoo's help for the field, on one line."""
    return " ".join(str(row.end.get("help") or row.info.get("help") or "").split())


def fields(part: Part) -> list[dict[str, Any]]:
    """The fields in the order of the mapping, nested."""
    return [_field(one) for one in part.below.values()]


def _field(part: Part) -> dict[str, Any]:
    row = part.row
    about: dict[str, Any] = {"name": part.name}
    if row is None or row.sub is not None:
        listed = bool(part.below) and all(isinstance(step, int) for step in part.below)
        many = listed or (row is not None and row_gives(row).get("type") == "array")
        about["type"] = ("array" if many else "object") if part.below or row is not None else "any"
    else:
        about |= _kind_of_value(row)
    about |= {"required": part.required, "readonly": not part.written, "writeonly": not part.read}
    if row is not None:
        about |= _details(row)
        if row.sub is not None:
            about["fields"] = fields(parts(row.sub))
    if part.below:
        about["fields"] = fields(part)
    return about


def _kind_of_value(row: Bound) -> dict[str, Any]:
    """Type, format and bounds; the type of what comes out, or for a row that only goes in, of that."""
    seen = row_gives(row) if row.rule.reads else row.kind.accepts(row)
    options = [seen, *seen.get("anyOf", [])]
    types = [one for option in options for one in _types(option) if one != "null"]
    if not types and "enum" in seen:
        types = ["string"]
    if not types and "const" in seen:
        types = [_type_of(seen["const"])]
    found: dict[str, Any] = {"type": types[0] if types else "any"}
    shape = next((option["format"] for option in options if "format" in option), None)
    if shape or "contentEncoding" in seen:
        found["format"] = shape or seen["contentEncoding"]
    return found


def _details(row: Bound) -> dict[str, Any]:
    found: dict[str, Any] = {"label": label(row), "description": description(row), "value_type": row.kind.key}
    choices = row.kind.accepts(row).get("enum")
    if choices is not None:
        labels = {choice[0]: choice[1] for choice in row.info.get("selection") or ()}
        found["selection"] = [{"value": one, "label": labels.get(one, str(one))} for one in choices]
    if row.info.get("size") and row.kind.key == "plain":
        found["max_length"] = row.info["size"]
    if row.info.get("relation"):
        found["relation"] = row.info["relation"]
    if row.rule.has_default:
        found["default"] = row.rule.default
    found["searchable"] = row.rule.reads and row.out.searchable and bool(row.end.get("searchable", True))
    found["example"] = row.kind.sample(row)
    return found


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


# Examples ---------------------------------------------------------------------------------------------


def sample(part: Part, *, read: bool = False) -> Any:
    """A believable payload: what may be sent, or with ``read`` what is shown."""
    if part.row is not None and not part.below:
        return part.row.kind.sample(part.row)
    shown = {step: sample(one, read=read) for step, one in part.below.items() if (one.read if read else _sent(one))}
    if part.below and all(isinstance(step, int) for step in part.below):
        return [shown.get(number) for number in range(max((int(step) for step in shown), default=-1) + 1)]
    return shown if part.below else "Text"


def _sent(part: Part) -> bool:
    """Whether a caller has a reason to send it: a constant, or a template's own key, is not looked at."""
    if part.row is not None and not part.below:
        return part.written and part.row.kind.key not in ("constant", "template")
    return part.written


def leaves(part: Part) -> Iterator[Part]:
    """The parts that hold a value."""
    if not part.below:
        yield part
    for one in part.below.values():
        yield from leaves(one)
