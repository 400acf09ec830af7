"""The cursor of a pull: which value is the greatest, which ones have no order, and the way back by an overlap."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.flow.cursors import NoOrder, Reached, with_overlap

BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 13, tzinfo=UTC)


def reached(values: list[Any], since: Any = None) -> Any:
    """The greatest one, for a run that asked from there on; with its state read back for each item."""
    state = Reached.start(since)
    for number, value in enumerate(values, 1):
        Reached(BEGAN, state).meet({"at": value}, "at", str(number), LATER)
    return Reached(BEGAN, state).value


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([None, "2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"], "2026-01-02T00:00:00Z"),
        (["2026-01-01T12:00:00+02:00", "2026-01-01T11:00:00Z"], "2026-01-01T11:00:00Z"),
        (["9", "10"], "10"),
        ([9, 10, True, {}], 10),
        ([9, "10", 9.5], "10"),
        (["b", "a"], "b"),
        (["21.10.2026", "01.11.2026", "30.09.2026"], "01.11.2026"),
        (["1.9.2026 9:05", "1.9.2026 10:00", "31.8.2026 23:59"], "1.9.2026 10:00"),
        (["2026-9-30", "2026-10-1"], "2026-10-1"),
        (["2026/09/30 10:00:00 UTC", "2026/09/30 09:30:00 -0700"], "2026/09/30 09:30:00 -0700"),
        (["0000-00-00 00:00:00", "2026-01-01 00:00:00", "", " "], "2026-01-01 00:00:00"),
        (["65f0c1", "650012", "65f0b9"], "65f0c1"),
        (["650012", "65f0c1", "650013"], "65f0c1"),
        (["1e2", "5ab"], "5ab"),
        ([], None),
    ],
)
def test_the_greatest_value_is_the_cursor(values: list[Any], expected: Any) -> None:
    assert reached(values) == expected


@pytest.mark.parametrize("since", ["2026-01-05", 5, "abc", "9999"])
def test_it_never_goes_back_behind_where_the_run_asked_from(since: Any) -> None:
    assert reached([], since) == since
    assert reached([since], since) == since


def test_items_of_another_kind_than_the_beginning_count_alone() -> None:
    assert reached([1_767_312_030, 1_767_312_031], "2026-01-01T00:00:00Z") == 1_767_312_031
    assert reached(["2026-01-01"], 1_767_312_030) == "2026-01-01"


@pytest.mark.parametrize(
    "value",
    ["11/21/2026", "21/11/2026 10:00", "1/2/26", "21-11-2026", "11.21.2026", "21.11.26", "21.11.2026 10:00 PM",
     "2026-11-21 10:00:00 PM", "Sat, 21 Nov 2026 23:19:41 GMT", "Nov 21, 2026", "21-Nov-2026", "21. Mai 2026",
     "Sat Nov 21 23:19:41 2026"],
)  # fmt: skip
def test_a_date_of_unclear_order_is_refused_and_says_what_to_use(value: str) -> None:
    with pytest.raises(NoOrder) as refused:
        reached(["2026-01-01", value])
    assert f"Item 2: at is {value}. Dates in this form cannot be a cursor" in refused.value.message
    for instead in ("2026-11-21T14:30:00Z", "ascending number", "the last good run was started"):
        assert instead in refused.value.message


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([17, "abc"], "Item 2: at is abc, which is a text, and of other items it is a number."),
        (["abc", 17], "Item 2: at is 17, which is a number, and of other items it is a text."),
        (["7", "2026-01-01"], "which is a date"),
        (["2026-01-01", "soon"], "which is a text, and of other items it is a date"),
        (["9", "abc"], "which is a text"),
    ],
)
def test_values_of_several_kinds_are_refused(values: list[Any], told: str) -> None:
    with pytest.raises(NoOrder) as refused:
        reached(values)
    assert told in refused.value.message


@pytest.mark.parametrize(
    "value", ["12-34-56", "1.2.100", "v1/2/2026", "order 12", "/Date(1767312030000)/", "2026-13-45", "x" * 5000]
)
def test_texts_that_only_look_like_dates_are_texts(value: str) -> None:
    assert reached([value]) == value


@pytest.mark.parametrize(
    "value",
    ["2099-01-01T00:00:00Z", "2099-01-01", "01.01.2099", "2026-11-21T14:00:01+01:00", "2026-11-21 13:00:01",
     "2099/1/1 10:00", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_a_date_in_the_future_is_not_taken_and_told(value: str) -> None:
    state = Reached.start(None)
    so_far = Reached(BEGAN, state)
    assert so_far.meet({"at": "2026-01-01"}, "at", "1 (C-1)", LATER) == ""
    told = so_far.meet({"at": value}, "at", "2 (C-2)", LATER)
    assert told.startswith(f"Item 2 (C-2): at is {value}, which lies in the future")
    assert "It was not taken as the cursor" in told
    assert so_far.value == "2026-01-01"


def test_what_changed_while_the_run_was_under_way_is_fetched_again_and_no_news() -> None:
    so_far = Reached(BEGAN, Reached.start(None))
    assert so_far.meet({"at": "2026-11-21T12:00:00Z"}, "at", "1", LATER) == ""
    assert so_far.meet({"at": "2026-11-21T12:30:00Z"}, "at", "2", LATER) == ""
    assert so_far.value == "2026-11-21T12:00:00Z"


def test_numbers_and_texts_lie_in_no_future() -> None:
    assert reached([4_070_908_800]) == 4_070_908_800
    assert reached(["20990101"]) == "20990101"
    assert reached(["zzz-2099"]) == "zzz-2099"


def test_a_beginning_in_the_future_is_no_cursor() -> None:
    assert reached([], "2099-01-01") is None
    assert reached(["2026-01-01"], "2099-01-01") == "2026-01-01"


@pytest.mark.parametrize(
    ("value", "seconds", "expected"),
    [
        ("2026-01-02T00:00:30Z", 60, "2026-01-01T23:59:30Z"),
        ("2026-01-02T00:00:30+02:00", 60, "2026-01-01T23:59:30+02:00"),
        ("2026-01-02T00:00:30+0200", 60, "2026-01-01T23:59:30+0200"),
        ("2026-01-02 00:00:30", 60, "2026-01-01 23:59:30"),
        ("2026-01-02 00:00:30 UTC", 60, "2026-01-01 23:59:30 UTC"),
        ("2026-01-02T00:00:30.500Z", 60, "2026-01-01T23:59:30.500Z"),
        ("2026-01-02T00:00", 60, "2026-01-01T23:59"),
        ("20260102T000030Z", 60, "2026-01-01T23:59:30Z"),
        ("2026-01-02", 60, "2026-01-01"),
        ("01.12.2026", 60, "30.11.2026"),
        ("1.12.2026", 86_401, "29.11.2026"),
        ("10.1.2026", 86_400, "9.1.2026"),
        ("01.12.2026 00:00:30", 60, "30.11.2026 23:59:30"),
        ("01.12.2026, 9:05", 60, "01.12.2026, 9:04"),
        ("2026/12/01", 60, "2026/11/30"),
        ("0001-01-01T00:00:00Z", 60, "0001-01-01T00:00:00Z"),
        (1_767_312_030, 60, 1_767_311_970),
        ("1767312030000", 60, "1767311970000"),
        (42, 60, 42),
        ("abc", 60, "abc"),
        ("2026-01-02T00:00:30Z", 0, "2026-01-02T00:00:30Z"),
        (None, 60, None),
    ],
)
def test_an_overlap_goes_back_in_the_cursors_own_form(value: Any, seconds: int, expected: Any) -> None:
    assert with_overlap(value, seconds) == expected
