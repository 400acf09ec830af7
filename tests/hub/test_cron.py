"""Cron lines: whatever is accepted comes round and can be told; whatever else is refused with a sentence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.cron import check_cron, cron_of, in_words, next_due
from hub.errors import InvalidInput

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ATOMS = (
    "* ? L W 1 0 31 59 60 7 8 sun MON jan DEC 1-5 10-1 */5 1,2 5#1 5#6 L3 l5 # - / LW 1W 15w 5L R h H(1-5) mon-fri "
    "1-10/3 */0 */60 */99999 0/15 1,L L-3 sun#2,L1 1.5 1e1 00 007 -1 @reboot ٣ ² 99999999999999999999"
).split()
WORDS = st.one_of(st.sampled_from(ATOMS), st.text(max_size=5))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 * * * *", "Every hour"),
        ("30 2 * * *", "At 02:30"),
        ("*/5 8-18 * * mon-fri", "Every 5 minutes, between 08:00 and 18:59, Monday through Friday"),
        ("0 0 L * *", "At 00:00, on the last day of the month"),
        ("0 0 * * 5#2", "At 00:00, on the second Friday of the month"),
        ("0 0 29 2 *", "At 00:00, on day 29 of the month, only in February"),
        ("*/7 * * * *", "At 0, 7, 14, 21, 28, 35, 42, 49, and 56 minutes past the hour"),
        ("0-59/30 * * * *", "At 0 and 30 minutes past the hour"),
        ("0 */5 * * *", "At 00:00, 05:00, 10:00, 15:00 and 20:00"),
        ("0 */6 * * *", "Every 6 hours"),
        ("0 0 */10 * *", "At 00:00, on day 1, 11, 21, and 31 of the month"),
        ("0 0 1 */5 *", "At 00:00, on day 1 of the month, only in January, June, and November"),
    ],
)
def test_a_line_reads_in_words(line: str, words: str) -> None:
    assert in_words(check_cron(line)) == words


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("0 0 31 2 *", "never comes"),
        ("0 0 31 4,6,9,11 *", "never comes"),
        ("@reboot", "Words such as @reboot"),
        ("0 0 * * * 0", "five fields"),
        ("0 0 0 * * * 2026", "five fields"),
        ("", "five fields"),
        ("R * * * *", "left to chance"),
        ("*/99999 * * * *", "step of the minute"),
        ("60 * * * *", "not a time"),
        ("0 0 * * mon#9", "not a time"),
        ("* * * * ٣", "not a time"),
    ],
)
def test_what_is_no_line_is_refused_with_a_reason(line: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        check_cron(line)


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.lists(WORDS, min_size=4, max_size=7).map(" ".join), st.text(max_size=100)))
def test_whatever_is_accepted_is_due_some_day_and_can_be_told(line: str) -> None:
    try:
        check_cron(line)
    except InvalidInput:
        return
    assert next_due(line, NOW) > NOW
    assert in_words(line)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("every 5 minutes", "*/5 * * * *"),
        ("Every minute", "* * * * *"),
        ("every 2 hours", "0 */2 * * *"),
        ("hourly", "0 * * * *"),
        ("daily at 2:30", "30 2 * * *"),
        ("every monday at 8", "0 8 * * 1"),
        ("weekdays at 18:00", "0 18 * * 1-5"),
        ("0 4 * * *", "0 4 * * *"),
    ],
)
def test_words_become_five_fields(words: str, line: str) -> None:
    assert cron_of(words) == line
    assert check_cron(words) == line


@pytest.mark.parametrize("words", ["every 7 minutes", "every 0 hours", "daily at 25:00", "every 90 minutes"])
def test_words_that_five_fields_cannot_say_are_refused(words: str) -> None:
    with pytest.raises(InvalidInput):
        check_cron(words)
