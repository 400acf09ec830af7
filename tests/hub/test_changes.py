"""Many events of a record as one: what counts as news, with the first old and the last new values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.odoo.changes import Change, per_record, summed


def change(event: str, record_id: int = 1, **values: tuple[Any, Any]) -> Change:
    """An event of a record; ``values`` are pairs of old and new by field."""
    return Change(
        1, "res.partner", record_id, event, datetime.now(UTC), changed_fields=tuple(values),  # type: ignore[arg-type]
        old_values={name: old for name, (old, _) in values.items()},
        new_values={name: new for name, (_, new) in values.items()},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        (["create"], "create"),
        (["create", "write", "write"], "create"),
        (["write", "write"], "write"),
        (["write", "unlink"], "unlink"),
        (["create", "write", "unlink"], None),
        (["unlink"], "unlink"),
        ([], None),
    ],
)
def test_raw_events_are_reduced_to_one(heard: list[str], expected: str | None) -> None:
    told = summed([change(event) for event in heard])
    assert (told.event if told else None) == expected


def test_records_stand_in_the_order_of_their_newest_event() -> None:
    grouped = per_record([change("write", 1), change("write", 2), change("write", 1), change("unlink", 3)])
    assert {key: len(raws) for key, raws in grouped.items()} == {2: 1, 1: 2, 3: 1}
    assert list(grouped) == [2, 1, 3]


def test_the_first_old_and_the_last_new_value_count() -> None:
    told = summed([change("write", city=("Ulm", "Bonn")), change("write", city=("Bonn", "Gent"), phone=(False, "1"))])
    assert told is not None
    assert told.changed_fields == ("city", "phone")
    assert (told.old_values, told.new_values) == ({"city": "Ulm", "phone": False}, {"city": "Gent", "phone": "1"})


def test_there_and_back_again_is_no_news() -> None:
    assert summed([change("write", city=("Ulm", "Bonn")), change("write", city=("Bonn", "Ulm"))]) is None


@pytest.mark.parametrize(
    ("old", "new", "is_news"),
    [
        ("a", "a", False),
        (False, "", False),
        (0, False, True),
        (1, True, True),
        ([7, "Ann"], [7, "Anne"], False),
        ([7, "Ann"], [8, "Ann"], True),
        ([1, 2], [1, 2], True),
        (1.5, 1.5, False),
    ],
)
def test_only_what_differs_has_changed(old: Any, new: Any, is_news: bool) -> None:
    assert (summed([change("write", field=(old, new))]) is not None) is is_news


def test_a_value_that_nobody_told_may_have_changed() -> None:
    untold = Change(1, "m", 1, "write", datetime.now(UTC), changed_fields=("image",))
    told = summed([change("write", city=("Ulm", "Ulm")), untold])
    assert told is not None
    assert told.changed_fields == ("image",)


def test_a_write_of_which_nothing_is_told_is_news() -> None:
    told = summed([change("write")])
    assert told is not None
    assert told.changed_fields == ()
