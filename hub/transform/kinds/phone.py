"""Telephone numbers, by Google's libphonenumber."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat

from hub.errors import InvalidInput
from hub.transform import types
from hub.transform.kinds.base import Bound, FieldInfo, Kind, bad_detail, is_field, words
from hub.transform.services import Incoming, Outgoing
from hub.transform.shapes import Schema

FORMS = {
    "e164": PhoneNumberFormat.E164,
    "international": PhoneNumberFormat.INTERNATIONAL,
    "national": PhoneNumberFormat.NATIONAL,
    "rfc3966": PhoneNumberFormat.RFC3966,
}


@dataclass(frozen=True)
class Way:
    """The form to send, the country of numbers without one (a code, or a path to it), what to do with the rest."""

    form: int = PhoneNumberFormat.E164
    region: str | None = None
    region_path: str = ""
    lenient: bool = False


class Phone(Kind):
    """One spelling for all numbers."""

    key = "phone"
    example = "E164, US"
    label = "Phone number"
    sentence = (
        "A telephone number as +14155550123. Detail: the form (E164, international, national, RFC3966) and the country "
        "of numbers without a prefix, as US or country_id.code; `lenient` lets pass what is no number. "
        "In: stored as Odoo does, +1 415-555-0123."
    )

    converts_search = True

    def parse(self, detail: str) -> Way:
        """The words, in any order."""
        form, region, region_path, lenient = PhoneNumberFormat.E164, None, "", False
        for word in words(detail):
            if word.lower() in FORMS:
                form = FORMS[word.lower()]
            elif word.upper() in phonenumbers.SUPPORTED_REGIONS:
                region = word.upper()
            elif word.lower() == "lenient":
                lenient = True
            elif "." in word and is_field(word, dotted=True):
                region_path = word
            else:
                raise bad_detail(
                    f"`{word}`: write the form (E164, international, national, RFC3966) and a country, as in E164, US"
                )
        return Way(form, region, region_path, lenient)

    def paths(self, field: str, options: Way, info: FieldInfo) -> tuple[str, ...]:
        """The number, and the country's code where the record tells it."""
        return (field, options.region_path) if options.region_path else (field,)

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The number in that form."""
        if row.options.region_path:
            value = outgoing.record[row.rule.odoo_field]
        if not value:
            return None
        way: Way = row.options
        if not isinstance(value, str):
            raise InvalidInput(f"{row.rule.odoo_field} holds no text, so it holds no telephone number.")
        number = _number(value, str(outgoing.record.get(way.region_path) or way.region or "") or None)
        if number is not None:
            return phonenumbers.format_number(number, way.form)
        if way.lenient:
            return value
        raise InvalidInput(
            f"`{str(value)[:40]}` is no telephone number{_hint(way)}. Mend it in Odoo, or add `lenient` to the row's "
            "detail.",
            constraint="phone",
        )

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """The number as Odoo stores it."""
        if types.nothing(value):
            return False
        way: Way = row.options
        number = _number(value, way.region) if isinstance(value, str) else None
        if number is not None:
            value = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        elif not way.lenient:
            raise types.wrong(row.name, value, "phone", "send a telephone number with its prefix, +14155550123.")
        return types.inward(value, row.info, row.name)

    def empty(self, row: Bound) -> tuple[Any, ...]:
        """No number."""
        return (None, False, "")

    def gives(self, row: Bound) -> Schema:
        """Text."""
        return {"type": ["string", "null"]}

    def sample(self, row: Bound) -> Any:
        """A number of those that are never given to anybody."""
        return phonenumbers.format_number(phonenumbers.parse("+14155550123"), row.options.form)


def _number(text: str, region: str | None) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def _hint(way: Way) -> str:
    return "" if way.region or way.region_path else " with a prefix such as +1"
