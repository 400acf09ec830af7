"""Hearing of changes by asking: each change once, none lost within one second of Odoo's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub.odoo import polling
from hub.odoo.connection import Odoo, Target
from hub.odoo.embedded import EmbeddedOdoo

MODEL = "res.partner.category"
LATER = timedelta(seconds=10)


@pytest.fixture
def odoo(tmp_path: Path) -> EmbeddedOdoo:
    """An Odoo that is asked, though it could tell."""
    return EmbeddedOdoo(Target(str(tmp_path / "odoo.sqlite3"), transport="embedded"))


def events(look: polling.Look) -> list[tuple[str, int]]:
    """What a look found."""
    return [(change.event, change.record_id) for change in look.changes]


def later() -> datetime:
    """A moment by which everything has settled."""
    return datetime.now(UTC) + LATER


def new(odoo: Odoo, name: str) -> int:
    """A tag."""
    return odoo.create(MODEL, [{"name": name}])[0]


def test_a_new_record_is_heard_once(odoo: EmbeddedOdoo) -> None:
    start = polling.start(odoo, MODEL)
    record_id = new(odoo, "One")
    look = polling.look(odoo, MODEL, start, later())
    assert events(look) == [("create", record_id)]
    assert polling.look(odoo, MODEL, look.position, later()).changes == []


def test_what_was_there_before_is_no_news(odoo: EmbeddedOdoo) -> None:
    new(odoo, "Before")
    assert polling.look(odoo, MODEL, polling.start(odoo, MODEL), later()).changes == []


def test_the_last_seconds_are_left_for_the_next_look(odoo: EmbeddedOdoo) -> None:
    start = polling.start(odoo, MODEL)
    record_id = new(odoo, "Now")
    early = polling.look(odoo, MODEL, start, datetime.now(UTC) - polling.UNSETTLED)
    assert early.changes == []
    assert events(polling.look(odoo, MODEL, early.position, later())) == [("create", record_id)]


def test_archiving_is_heard_as_a_write_of_a_known_record(odoo: EmbeddedOdoo) -> None:
    record_id = new(odoo, "Known")
    position = polling.start(odoo, MODEL)
    position["seen"][str(record_id)] = "2000-01-01 00:00:00"  # as if it had been heard of long ago
    odoo.write(MODEL, [record_id], {"active": False})
    assert events(polling.look(odoo, MODEL, position, later())) == [("write", record_id)]


def test_more_than_a_page_is_heard_page_by_page(odoo: EmbeddedOdoo) -> None:
    position = polling.start(odoo, MODEL)
    made = odoo.create(MODEL, [{"name": f"Tag {number}"} for number in range(polling.PAGE * 2 + 7)])
    heard: list[int] = []
    while (look := polling.look(odoo, MODEL, position, later())).changes:
        heard += [change.record_id for change in look.changes]
        position = look.position
    assert sorted(heard) == made
