"""Cron lines: what may be written, when it is due, and how it reads in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from cron_descriptor import FormatException, Options, get_description
from croniter import CroniterBadDateError, CroniterError, croniter

from hub.errors import InvalidInput

FIELDS = ("minute", "hour", "day", "month", "weekday")
MOST = (59, 23, 31, 12, 7)
LONGEST = 100
EXAMPLE = "Every hour: 0 * * * *. Every night at 2:30: 30 2 * * *"
RANDOM = re.compile(r"\b[hr]\b", re.IGNORECASE)
"""croniter's own letters for a time that it draws by chance, anew at each look."""


def check_cron(text: str) -> str:
    """The line, if it is one with five fields that comes round some day; raises InvalidInput, which says what is wrong.

    croniter also takes six and seven fields, which the scheduler would misread.
    """
    fields = text.split()
    if len(fields) != len(FIELDS) or len(text) > LONGEST:
        why = f"Words such as {fields[0]} are not understood. " if text.strip().startswith("@") else ""
        raise _wrong(f"{why}Write five fields: {' '.join(FIELDS)}. {EXAMPLE}")
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
        return str(get_description(cron, options))
    except FormatException:
        return cron


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, field="schedule", constraint="cron")
