"""Dates and times in a form of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from hub.errors import InvalidInput
from hub.transform import types
from hub.transform.kinds.base import Bound, Kind, bad_detail
from hub.transform.services import Incoming, Outgoing
from hub.transform.shapes import Schema

_EXAMPLE = datetime(2026, 1, 31, 14, 30, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Form:
    """A strftime format and the zone in which its times are."""

    form: str
    zone: tzinfo = UTC

    def read(self, text: str) -> datetime:
        """The moment in UTC; raises ValueError."""
        moment = datetime.strptime(text, self.form)  # noqa: DTZ007 - the format may hold a zone; else ours counts
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=self.zone)).astimezone(UTC)

    def day(self, text: str) -> str:
        """The calendar day as written; raises ValueError."""
        return datetime.strptime(text, self.form).date().isoformat()  # noqa: DTZ007 - a day has no zone


class Date(Kind):
    """By a format."""

    key = "date"
    example = "%d/%m/%Y"
    label = "Date format"
    sentence = (
        "A date or time in the format in Detail: %d/%m/%Y is 31/01/2026, %Y-%m-%d %H:%M is 2026-01-31 14:30 in UTC; "
        "%d.%m.%Y %H:%M in Europe/Berlin for local time."
    )
    converts_search = True

    def parse(self, detail: str) -> Form:
        """The format, which must hold at least one field, and the zone behind ``in``."""
        form, sign, name = detail.strip().rpartition(" in ")
        if not sign:
            form, name = detail.strip(), "UTC"
        try:
            found = Form(form, ZoneInfo(name.strip()))
            sound = "%" in form and bool(found.read(_EXAMPLE.strftime(form)))
        except (ZoneInfoNotFoundError, OSError):
            raise bad_detail(f"`{name.strip()}` is no time zone. Write one such as Europe/Berlin.") from None
        except ValueError:
            sound = False
        if not sound:
            raise bad_detail("Write a date format, such as %d/%m/%Y or %Y-%m-%d %H:%M.")
        return found

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The text in that format."""
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
        except ValueError:
            raise InvalidInput(f"`{str(value)[:40]}` is no date, as the value type {self.label} needs.") from None
        if row.end["type"] == "datetime":
            moment = moment.astimezone(row.options.zone)
        return moment.strftime(row.options.form)

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """Odoo's own spelling."""
        if value in (None, ""):
            return False
        options: Form = row.options
        try:
            text = str(value)
            found = options.day(text) if row.info["type"] == "date" else options.read(text).isoformat()
        except (ValueError, OverflowError):
            raise types.wrong(
                row.name,
                value,
                "format",
                f"send a date in the format {options.form}, such as {_EXAMPLE.strftime(options.form)}.",
            ) from None
        return types.inward(found, row.info, row.name)

    def accepts(self, row: Bound) -> Schema:
        """Text in that format; a number where the format is one of digits."""
        return {"type": ["string", "integer"], "description": f"A date in the format {row.options.form}."}

    def empty(self, row: Bound) -> tuple[Any, ...]:
        """No date."""
        return (None, "")

    def gives(self, row: Bound) -> Schema:
        """Text in that format."""
        return {"type": ["string", "null"], "description": f"A date in the format {row.options.form}."}

    def sample(self, row: Bound) -> Any:
        """The last day of January."""
        return _EXAMPLE.strftime(row.options.form)
