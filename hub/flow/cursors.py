"""The cursor of a pull: the greatest value of a field of the items, from which on the next run asks.

Values are compared as what they are: dates by time, numbers by size, other texts by their characters. What has no
order that can be told for certain is refused, and a date ahead of the run's beginning is not taken: nothing that is
dated before it would be heard of any more.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hub.errors import HubError
from hub.flow import listing

DATE, NUMBER, TEXT, UNCLEAR = "a date", "a number", "a text", "a date of unclear order"
"""What a value is, in words."""

SECONDS, MILLISECONDS = 10**9, 10**12
"""Whole numbers from here on are moments for the overlap: seconds, or milliseconds, since 1970."""

INSTEAD = (
    "Take another field under “field of the items”, with ISO 8601 dates such as 2026-11-21T14:30:00Z or an ascending "
    "number, or begin from the time at which the last good run was started. All pages were pulled; the next run "
    "begins where this one did."
)

_TIME = (
    r"(?:(?P<between>[Tt]|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?P<fraction>[.,]\d+)?)?"
    r"(?P<zone>\s*(?:Z|z|UTC|GMT|[+-]\d\d:?(?:\d\d)?))?)?"
)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})" + _TIME, re.ASCII)
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})(?P<sign>\.)(?P<month>\d{1,2})\.(?P<year>\d{4})" + _TIME, re.ASCII)

_YEAR_LAST = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(?:\d{4}|\d\d)(?:\D.*)?", re.ASCII | re.DOTALL)
_TWELVE_HOURS = re.compile(r"\d{4}([-/.])\d{1,2}\1\d{1,2}\D+\d{1,2}:\d\d.*[ap]\.?m\.?", re.ASCII | re.IGNORECASE)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_IN_WORDS = re.compile(
    rf"(?:[^\W\d_]+\.?,?\s+)?(?:\d{{1,2}}\.?(?:\s+[^\W\d_]{{3,}}\.?|-{_MONTH})|{_MONTH}\s+\d{{1,2}})"
    r",?[\s-]+(?:.*\s)?\d{4}\b.*",
    re.IGNORECASE | re.DOTALL,
)
_NOTHING = re.compile(r"0000[-/.]00[-/.]00.*", re.DOTALL)
"""How some databases write that there is no date."""

_NUMBER = re.compile(r"[+-]?\d{1,300}(?:\.\d{1,300})?", re.ASCII)

LONGEST = 60
"""Characters: no date is longer."""


class NoOrder(HubError):
    """The values cannot be a cursor: it cannot be told which of them is the greatest."""

    code = "NO_CURSOR"
    status = 502


class Reached:
    """The greatest value of the items so far.

    ``began`` is when the run began: no date beyond it is taken. ``state`` is plain data, kept with the run; of a new
    run it is ``start(...)``.
    """

    def __init__(self, began: datetime, state: dict[str, Any]) -> None:
        self.began, self.state = began, state
        if is_ahead(state["value"], began):
            state["value"] = None

    @staticmethod
    def start(since: Any) -> dict[str, Any]:
        """The state of a run that asks from there on (None: from the beginning)."""
        return {"value": since, "kind": "", "refused": ""}

    @property
    def value(self) -> Any:
        """The greatest one, in the external system's own form; None when there is none. Raises NoOrder."""
        if self.state["refused"]:
            raise NoOrder(self.state["refused"])
        return None if self.state["value"] == "" else self.state["value"]

    def meet(self, item: Any, where: str, name: str, now: datetime) -> str:
        """Count the item's value at the path in.

        ``name`` is the item's, for people. Answers a sentence where its date lies beyond ``now``, else "".
        """
        found = listing.one(item, where)
        kind = kind_of(found)
        if not kind or self.state["refused"]:
            return ""
        shown = str(found).strip()[:100]
        if kind == UNCLEAR:
            self._refuse(
                f"Item {name}: {where} is {shown}. Dates in this form cannot be a cursor: their order is unclear."
            )
            return ""
        if not self._fits(found, kind):
            self._refuse(
                f"Item {name}: {where} is {shown}, which is {kind}, and of other items it is {self.state['kind']}. "
                "Mixed values have no order, and cannot be a cursor."
            )
            return ""
        if is_ahead(found, self.began):
            return self._told_of_future(where, name, shown, now) if is_ahead(found, now) else ""
        known, kind = self.state["value"], self.state["kind"]
        # What the run asked from may be of another kind than what the items have: then it says nothing of them.
        if _kind_as(known, kind) != kind or _rank(found, kind) > _rank(known, kind):
            self.state["value"] = found
        return ""

    def _fits(self, found: Any, kind: str) -> bool:
        """Whether the value can be compared with those before; takes its kind down."""
        known: str = self.state["kind"]
        if known and {known, kind} == {NUMBER, TEXT}:
            # Texts such as 65f0c1 and 650012 are of one kind, though the second one looks like a number.
            last = self.state["value"]
            if not isinstance(found, str) or not isinstance(last, str) or len(found) != len(last):
                return False
            kind = known = TEXT
        if not known:
            known = kind
        self.state["kind"] = known
        return known == kind

    def _refuse(self, why: str) -> None:
        self.state["refused"] = f"{why} {INSTEAD}"

    def _told_of_future(self, where: str, name: str, shown: str, now: datetime) -> str:
        moment = _moment(shown)
        naive = " A time without an offset counts as UTC." if moment is not None and moment.tzinfo is None else ""
        return (
            f"Item {name}: {where} is {shown}, which lies in the future by the hub's clock "
            f"({now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}). "
            f"It was not taken as the cursor, so the next run begins from an earlier one.{naive}"
        )


def kind_of(value: Any) -> str:
    """What the value is: DATE, NUMBER, TEXT or UNCLEAR; "" for what is no value."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if _number(value) is not None:
        return NUMBER
    text = str(value).strip()
    if not text or _NOTHING.fullmatch(text):
        return ""
    if _moment(text) is not None:
        return DATE
    return UNCLEAR if _is_unclear(text) else TEXT


def is_ahead(value: Any, moment: datetime) -> bool:
    """Whether the value is a date that lies beyond the moment; dates without an offset count as UTC."""
    return kind_of(value) == DATE and bool(_rank(value, DATE) > moment)


def with_overlap(value: Any, seconds: int) -> Any:
    """The value so many seconds before, in its own form, if it is a date, or seconds or milliseconds since 1970."""
    if not seconds or value is None:
        return value
    number = _number(value)
    if number is not None:
        if abs(number) < SECONDS:
            return value
        earlier = number - seconds * (1000 if abs(number) >= MILLISECONDS else 1)
        shown = int(earlier) if earlier == int(earlier) else earlier
        return str(shown) if isinstance(value, str) else shown
    text = str(value).strip()
    moment = _moment(text)
    if moment is None:
        return value
    try:
        return _earlier(text, moment, seconds)
    except OverflowError:
        return value  # 0001-01-01: there is nothing before it


def _earlier(text: str, moment: datetime, seconds: int) -> str:
    found = _match(text)
    if found is not None and found["hour"] is None:
        return _written(found, moment - timedelta(days=-(-seconds // 86_400)))
    if found is not None:
        return _written(found, moment - timedelta(seconds=seconds))
    separator = "T" if "T" in text.upper() else " "
    shown = (moment - timedelta(seconds=seconds)).isoformat(separator)
    return shown.replace("+00:00", "Z") if text.endswith(("Z", "z")) else shown


def _written(found: re.Match[str], moment: datetime) -> str:
    """The moment in the form of the text that was matched; what that form does not hold is left out."""
    padded = len(found["day"]) == len(found["month"]) == 2
    day, month = (f"{one:02}" if padded else str(one) for one in (moment.day, moment.month))
    year, sign = f"{moment.year:04}", found["sign"]
    shown = sign.join((year, month, day) if found.re is _YEAR_FIRST else (day, month, year))
    if found["hour"] is None:
        return shown
    hour = f"{moment.hour:02}" if len(found["hour"]) == 2 else str(moment.hour)
    shown += f"{found['between']}{hour}:{moment.minute:02}"
    if found["second"] is not None:
        shown += f":{moment.second:02}"
    if found["fraction"] is not None:
        digits = len(found["fraction"]) - 1
        shown += found["fraction"][0] + f"{moment.microsecond:06}".ljust(digits, "0")[:digits]
    return shown + (found["zone"] or "")


def _match(text: str) -> re.Match[str] | None:
    return _YEAR_FIRST.fullmatch(text) or _DAY_FIRST.fullmatch(text)


def _moment(text: str) -> datetime | None:
    """The date that the text is: year first, day.month.year, or any other form of ISO 8601."""
    text = text.strip()
    if len(text) > LONGEST:
        return None
    found = _match(text)
    try:
        if found is None:
            return datetime.fromisoformat(text)
        fraction = (found["fraction"] or ".0")[1:7].ljust(6, "0")
        parts = [int(found[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
        return datetime(*parts, int(fraction), tzinfo=_zone(found["zone"]))  # type: ignore[arg-type, misc]
    except ValueError:
        return None


def _zone(text: str | None) -> timezone | None:
    """The offset that stands behind a time."""
    shown = (text or "").strip()
    if not shown:
        return None
    if not shown.startswith(("+", "-")):
        return UTC
    digits = shown[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if shown[0] == "-" else offset)


def _is_unclear(text: str) -> bool:
    """Whether the text is a date that could be another one, too, or whose characters are not in the order of time."""
    if len(text) > LONGEST:
        return False
    found = _YEAR_LAST.fullmatch(text)
    if found is not None:
        one, other = sorted((int(found[1]), int(found[3])))
        return 1 <= one <= 12 and other <= 31
    return bool(_TWELVE_HOURS.fullmatch(text) or _IN_WORDS.fullmatch(text))


def _kind_as(value: Any, kind: str) -> str:
    """The value's kind; a number in a text is a text where the others are."""
    own = kind_of(value)
    return TEXT if kind == TEXT and own == NUMBER and isinstance(value, str) else own


def _rank(value: Any, kind: str) -> Any:
    """What values of that kind are compared by."""
    if kind == NUMBER:
        return _number(value)
    if kind == DATE:
        moment = _moment(str(value))
        assert moment is not None
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return str(value)


def _number(value: Any) -> int | float | None:
    if isinstance(value, int | float):
        return value
    text = str(value).strip()
    if not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)
