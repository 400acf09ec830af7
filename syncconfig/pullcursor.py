"""What a pull begins from: the cursor that is kept for each configuration and database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from hub.flow import cursors, pulling
from syncconfig.models import Configuration, PullCursor


def source_of(configuration: Configuration) -> str:
    """What a cursor belongs to."""
    return pulling.mark([configuration.cursor_by, configuration.cursor_path, configuration.url])


def kept(configuration: Configuration, database: str) -> PullCursor | None:
    """The cursor that the last good run left; None where there is none, or the configuration has none."""
    if configuration.cursor_by == Configuration.CursorBy.NOTHING:
        return None
    return PullCursor.objects.filter(
        configuration=configuration, database=database, source=source_of(configuration)
    ).first()


def leads_nowhere(cursor: PullCursor | None) -> bool:
    """Whether it is a date in the future, as hubs kept before they looked at that: nothing new would be heard."""
    return cursor is not None and cursors.is_ahead(cursor.value, timezone.now())


def since(configuration: Configuration, database: str) -> Any:
    """What the next run begins from; None for the beginning."""
    if configuration.cursor_by == Configuration.CursorBy.NOTHING:
        return None
    found = kept(configuration, database)
    if found is None or leads_nowhere(found):
        return configuration.cursor_start.strip() or None
    return found.value


def keep(configuration: Configuration, database: str, value: Any) -> None:
    """The next run begins from there."""
    PullCursor.objects.update_or_create(
        configuration=configuration,
        database=database,
        defaults={"value": value, "source": source_of(configuration)},
    )


def with_overlap(configuration: Configuration, value: Any) -> Any:
    """The cursor as it is sent."""
    if configuration.cursor_by == Configuration.CursorBy.NOTHING:
        return None
    return cursors.with_overlap(value, configuration.cursor_overlap)


def moment(value: datetime) -> str:
    """A time as a cursor: in UTC, to the second."""
    return value.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
