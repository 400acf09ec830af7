"""The value kinds: each is one class that turns Odoo's value into the external one and back."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, ClassVar

from hub.errors import InvalidInput, Misconfigured
from hub.odoo.values import from_odoo
from hub.transform import types

FieldInfo = Mapping[str, Any]
"""What fields_get says of one field: ``type``, ``string``, ``required``, ``relation``, ..."""

Find = Callable[[str, str, Any], list[int]]
"""From a model, one of its fields and a value to the ids of the records that have it, two at the most."""

RELATIONS = {"many2one"}


class Kind(ABC):
    """How a mapping row converts. A subclass with a ``key`` registers itself; the admin shows label and sentence.

    ``detail`` is what a person writes in the row's column of that name; ``parse`` reads it.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str]
    registry: ClassVar[dict[str, Kind]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Kind.registry[cls.key] = cls()

    def parse(self, detail: str) -> Any:
        """The options in ``detail``; raises InvalidInput that says what to write."""
        if detail.strip():
            raise InvalidInput(f"The value type {self.label} takes no detail: leave it empty.", field="detail")
        return None

    def path(self, odoo_field: str, options: Any) -> str:
        """What is read from Odoo for the way out."""
        return odoo_field

    @abstractmethod
    def outward(self, value: Any, info: FieldInfo, options: Any) -> Any:
        """The external value for one of Odoo, ``None`` for an empty one; raises InvalidInput."""

    @abstractmethod
    def inward(self, value: Any, info: FieldInfo, name: str, options: Any, find: Find) -> Any:
        """Odoo's value for an external one; raises InvalidInput that names ``name``, the caller's own key."""


class Plain(Kind):
    """The value as it is, in the form of the other side."""

    key = "plain"
    label = "Plain"
    sentence = "The value as it is; dates become ISO 8601, a relation its id, an empty field null."

    def outward(self, value: Any, info: FieldInfo, options: Any) -> Any:
        """JSON for a value that Odoo read."""
        return from_odoo(value, str(info["type"]))

    def inward(self, value: Any, info: FieldInfo, name: str, options: Any, find: Find) -> Any:
        """What Odoo takes, checked by the field's type."""
        return types.inward(value, info, name)


class Constant(Kind):
    """Always the same, whatever the other side says."""

    key = "constant"
    label = "Constant"
    sentence = 'Always the value in Detail, as JSON: "web", 5, true. In: what the caller sends is not looked at.'

    def parse(self, detail: str) -> Any:
        """The value."""
        try:
            return json.loads(detail)
        except ValueError:
            raise InvalidInput(
                'Write the value as JSON: "web" (with quotes), 5, true or null.', field="detail"
            ) from None

    def outward(self, value: Any, info: FieldInfo, options: Any) -> Any:
        """The constant."""
        return options

    def inward(self, value: Any, info: FieldInfo, name: str, options: Any, find: Find) -> Any:
        """The constant, checked by the field's type."""
        return types.inward(options, info, name)


class Table(Kind):
    """Value by value, from a table."""

    key = "table"
    label = "Value table"
    sentence = "Values by a table in Detail: draft = open; sale = confirmed. A value that is not in it is refused."

    def parse(self, detail: str) -> Any:
        """The pairs, Odoo's value first."""
        pairs: dict[str, str] = {}
        for line in filter(str.strip, detail.replace("\n", ";").split(";")):
            left, sign, right = (part.strip() for part in line.partition("="))
            if not sign or not left or left in pairs:
                raise InvalidInput(
                    f"`{line.strip()}`: write pairs, Odoo's value once each: draft = open; sale = confirmed",
                    field="detail",
                )
            pairs[left] = right
        if not pairs:
            raise InvalidInput("Write the pairs, Odoo's value first: draft = open; sale = confirmed", field="detail")
        return pairs

    def outward(self, value: Any, info: FieldInfo, options: Any) -> Any:
        """The right-hand side; empty stays empty."""
        plain = from_odoo(value, str(info["type"]))
        if plain is None:
            return None
        text = _word(plain)
        if text not in options:
            raise InvalidInput(f"`{text}` is not in the value table. It has: {', '.join(options)}.", constraint="table")
        return options[text]

    def inward(self, value: Any, info: FieldInfo, name: str, options: Any, find: Find) -> Any:
        """The left-hand side of the first pair with that right-hand side."""
        if value is None:
            return False
        for left, right in options.items():
            if _word(value) == right:
                return types.inward(_typed(left, str(info["type"])), info, name)
        known = ", ".join(dict.fromkeys(options.values()))
        raise types.wrong(name, value, "table", f"choose one of: {known}.")


class Date(Kind):
    """Dates and times in a form of one's own."""

    key = "date"
    label = "Date format"
    sentence = (
        "A date or time in the format in Detail: %d/%m/%Y is 31/01/2026, %Y-%m-%d %H:%M is 2026-01-31 14:30 (UTC)."
    )

    def parse(self, detail: str) -> Any:
        """The format, which must hold at least one field."""
        form = detail.strip()
        moment = datetime(2026, 1, 31, 14, 30, 15, tzinfo=UTC)
        try:
            sound = "%" in form and bool(_read(moment.strftime(form), form))
        except ValueError:
            sound = False
        if not sound:
            raise InvalidInput("Write a date format, such as %d/%m/%Y or %Y-%m-%d %H:%M.", field="detail")
        return form

    def outward(self, value: Any, info: FieldInfo, options: Any) -> Any:
        """The text in that format."""
        if not value:
            return None
        return datetime.fromisoformat(str(value)).replace(tzinfo=UTC).strftime(options)

    def inward(self, value: Any, info: FieldInfo, name: str, options: Any, find: Find) -> Any:
        """Odoo's own spelling."""
        if value in (None, ""):
            return False
        try:
            moment = _read(str(value), options)
        except ValueError:
            example = date(2026, 1, 31).strftime(options)
            raise types.wrong(
                name, value, "format", f"send a date in the format {options}, such as {example}."
            ) from None
        return types.inward(moment.date().isoformat() if info["type"] == "date" else moment.isoformat(), info, name)


class Lookup(Kind):
    """A related record by one of its fields."""

    key = "lookup"
    label = "Relational"
    sentence = "A related record (many2one) by the field in Detail, such as code or ref; empty: name."

    def parse(self, detail: str) -> Any:
        """The field to match."""
        field = detail.strip() or "name"
        if not field.replace("_", "a").isalnum():
            raise InvalidInput("Write one field of the related model, such as code, ref or name.", field="detail")
        return field

    def path(self, odoo_field: str, options: Any) -> str:
        """That field of the related record."""
        return f"{odoo_field}.{options}"

    def outward(self, value: Any, info: FieldInfo, options: Any) -> Any:
        """The field's value."""
        return from_odoo(value, str(info["type"]))

    def inward(self, value: Any, info: FieldInfo, name: str, options: Any, find: Find) -> Any:
        """The id of the one record that has the value."""
        if value in (None, "", False):
            return False
        if info["type"] not in RELATIONS:
            raise Misconfigured(
                f"`{name}`: the value type {self.label} is for a many2one field, not for {info['type']}."
            )
        if not isinstance(value, str | int):
            raise types.wrong(name, value, "type", f"send the {options} of a record of {info['relation']}.")
        found = find(str(info["relation"]), options, value)
        if len(found) != 1:
            count = "no record" if not found else "more than one record"
            raise types.wrong(name, value, "lookup", f"{count} of {info['relation']} has this {options}.")
        return found[0]


def kind_of(key: str) -> Kind:
    """The kind registered under ``key``; raises Misconfigured for an unknown one."""
    try:
        return Kind.registry[key]
    except KeyError:
        raise Misconfigured(
            f"There is no value type `{key}`. Choose one of: {', '.join(sorted(Kind.registry))}."
        ) from None


@lru_cache(maxsize=1024)
def options_of(key: str, detail: str) -> Any:
    """The options that a row's detail holds; raises InvalidInput."""
    return kind_of(key).parse(detail)


def kind_choices() -> list[tuple[str, str]]:
    """Key and label of each kind, for the admin."""
    return [(kind.key, kind.label) for kind in Kind.registry.values()]


def kind_sentences() -> str:
    """What each kind does, for the help text."""
    return " ".join(f"{kind.label}: {kind.sentence}" for kind in Kind.registry.values())


def _read(text: str, form: str) -> datetime:
    moment = datetime.strptime(text, form)  # noqa: DTZ007 - the format may hold a zone, and UTC stands in for none
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _word(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _typed(text: str, kind: str) -> Any:
    if kind in ("integer", "float", "monetary", "boolean", "many2one"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text
