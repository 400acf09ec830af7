"""Cron lines: what may be written, when it is due, and how it reads in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from cron_descriptor import FormatException, Options, get_description
from croniter import CroniterBadDateError, CroniterError, croniter

from hub.errors import InvalidInput

FIELDS = ("minute", "hour", "day", "month", "weekday")
MOST = (59, 23, 31, 12, 7)
TURNS = (60, 24, 1, 12, 7)
"""What a step of each field must divide to come evenly; months differ in their days, so that only each day does."""

LONGEST = 100
EXAMPLE = "Every hour: 0 * * * *. Every night at 2:30: 30 2 * * *"
RANDOM = re.compile(r"\b[hr]\b", re.IGNORECASE)
"""croniter's own letters for a time that it draws by chance, anew at each look."""


WORDS = "Or in words: every 5 minutes, every 2 hours, daily at 2:30, every monday at 8:00, weekdays at 18:00"
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_EVERY = re.compile(r"every (?:(?P<number>\d{1,4}) )?(?P<unit>minute|hour)s?")
_AT = re.compile(
    r"(?:(?P<daily>daily|every day)|(?P<weekdays>weekdays|every weekday)|every (?P<day>" + "|".join(DAYS) + r"))"
    r"(?: at (?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?)?"
)


def cron_of(text: str) -> str:
    """The five fields for a schedule in words; any other text as it is.

    Raises InvalidInput for an interval that five fields cannot say: one that does not divide the hour, or the day.
    """
    said = " ".join(text.lower().split())
    if said == "hourly":
        return "0 * * * *"
    if found := _EVERY.fullmatch(said):
        number, whole = int(found["number"] or 1), 60 if found["unit"] == "minute" else 24
        if number == 0 or whole % number:
            fit = ", ".join(str(one) for one in range(1, whole // 2 + 1) if whole % one == 0)
            turn = "An hour" if whole == 60 else "A day"
            raise _wrong(f"{turn} cannot be divided into steps of {number} {found['unit']}s. Choose one of {fit}.")
        step = "*" if number == 1 else f"*/{number}"
        return f"{step} * * * *" if whole == 60 else f"0 {step} * * *"
    if found := _AT.fullmatch(said):
        weekday = "*" if found["daily"] else "1-5" if found["weekdays"] else str(DAYS.index(found["day"]))
        return f"{int(found['minute'] or 0)} {int(found['hour'] or 0)} * * {weekday}"
    return text


def check_cron(text: str) -> str:
    """The line, if it is one with five fields that comes round some day; raises InvalidInput, which says what is wrong.

    croniter also takes six and seven fields, which the scheduler would misread.
    """
    text = cron_of(text)
    fields = text.split()
    if len(fields) != len(FIELDS) or len(text) > LONGEST:
        why = f"Words such as {fields[0]} are not understood. " if text.strip().startswith("@") else ""
        raise _wrong(f"{why}Write five fields: {' '.join(FIELDS)}. {EXAMPLE}. {WORDS}.")
    for name, most, field in zip(FIELDS, MOST, fields, strict=True):
        if RANDOM.search(field):
            raise _wrong(f"The {name} cannot be left to chance: write a number, or * for each.")
        if any(int(step) > most for step in re.findall(r"/([0-9]+)", field)):
            raise _wrong(f"The step of the {name} is larger than {most}, so it would never be taken.")
    try:
        croniter(" ".join(fields), datetime.now(UTC)).get_next(datetime)
    except CroniterBadDateError:
        raise _wrong("This time never comes: no month of those named has such a day.") from None
    except (CroniterError, ValueError, ArithmeticError):
        raise _wrong(f"This is not a time: {text[:60]}. The fields are {' '.join(FIELDS)}. {EXAMPLE}") from None
    return text


def next_due(cron: str, after: datetime) -> datetime:
    """When the line is next due, in the time zone of ``after``; raises InvalidInput for one that check_cron refuses."""
    try:
        found: datetime = croniter(cron, after).get_next(datetime)
    except (CroniterError, ValueError, ArithmeticError):
        raise _wrong(f"The schedule {cron[:60]} is never due. Write another one.") from None
    return found


def in_words(cron: str) -> str:
    """The line as a sentence; the line itself where it cannot be told."""
    options = Options()
    options.use_24hour_time_format = True
    try:
        return str(get_description(_with_even_steps(cron), options))
    except (FormatException, CroniterError):
        return cron


def _with_even_steps(cron: str) -> str:
    """The line with its values in place of a step that does not divide the turn: */7 begins anew at each full hour,
    so that it is not true that it comes every 7 minutes.
    """
    fields = cron.split()
    if "/" not in cron or len(fields) != len(FIELDS):
        return cron
    for place, (field, turn, values) in enumerate(zip(fields, TURNS, croniter.expand(cron)[0], strict=True)):
        even = field.startswith("*/") and field[2:].isdigit() and turn % int(field[2:]) == 0
        if "/" in field and not even:
            fields[place] = ",".join(map(str, values))
    return " ".join(fields)


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, field="schedule", constraint="cron")
