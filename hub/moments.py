"""Moments: in lists short, in the hub's time zone and never broken over two lines; in the API as ISO 8601 has it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone
from django.utils.formats import date_format

NO_BREAK = "\u00a0"


def short(moment: datetime | None, without: str = "") -> str:
    """``21 Nov 08:35:54``, with the year when it is another one than now; ``without`` for none."""
    if moment is None:
        return without
    local = timezone.localtime(moment)
    form = "j M H:i:s" if local.year == timezone.localtime().year else "j M Y H:i"
    return date_format(local, form).replace(" ", NO_BREAK)


def iso(moment: datetime | None) -> str | None:
    """As the API has it, ISO 8601 in UTC to the millisecond: ``2026-01-15T10:30:00.125Z``; None for none."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
