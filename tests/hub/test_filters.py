"""Filter domains as the vendor's documentation writes them, and what is said of those that are none."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from hub.errors import InvalidInput
from hub.flow.filters import domain_of

LAST_DAYS = """
# Sync orders from last 7 days
[('create_date', '>=', (datetime.now() - timedelta(days=7)).strftime('%Y-%m-%d'))]
"""


@pytest.mark.parametrize(
    "text",
    [
        "[('active', '=', True), ('customer_rank', '>', 0)]",
        "# Only sync active customers\n[('active', '=', True), ('customer_rank', '>', 0)]",
        '[["active", "=", true], ["customer_rank", ">", 0]]',
    ],
)
def test_literals_are_read_in_each_spelling(text: str) -> None:
    assert domain_of(text) == ["&", ("active", "=", True), ("customer_rank", ">", 0)]


def test_expressions_are_evaluated_now() -> None:
    before = datetime.now(UTC) - timedelta(days=7)
    ((field, operator, value),) = domain_of(LAST_DAYS)
    after = datetime.now(UTC) - timedelta(days=7)
    assert (field, operator) == ("create_date", ">=")
    assert value in {before.strftime("%Y-%m-%d"), after.strftime("%Y-%m-%d")}


def test_a_time_becomes_odoos_own_spelling() -> None:
    ((_, _, value),) = domain_of("[('write_date', '>=', datetime.now() - timedelta(hours=1))]")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value)


def test_no_text_is_no_condition() -> None:
    assert domain_of(" ") == []


@pytest.mark.parametrize(
    "text",
    [
        "[('active', '=', True)",
        "datetime.now()",
        "[('a', '=', unknown_name())]",
        "__import__('os').system('true')",
        "[('a', '=', open('/etc/passwd').read())]",
        "[('a', '=', ().__class__.__bases__)]",
        "[('a', 'frobs', datetime.now())]",
    ],
)
def test_what_is_no_domain_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        domain_of(text)
    assert refused.value.message
    assert "Traceback" not in refused.value.message
