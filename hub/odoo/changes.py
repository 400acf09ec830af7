"""What changed in an Odoo, one event: the common shape, whichever way the hub heard of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Event = Literal["create", "write", "unlink"]


@dataclass(frozen=True)
class Change:
    """One record was created, written or deleted, committed with this event.

    ``sequence`` orders the events of one Odoo and never repeats: it is the cursor to read on from.
    ``old_values`` holds, for a write, what the changed fields were; for a deletion, all stored fields.
    ``origin`` is what the writer put into the context key ``hub_origin``, empty for all others.
    """

    sequence: int
    model: str
    record_id: int
    event: Event
    at: datetime
    user_id: int = 0
    origin: str = ""
    changed_fields: tuple[str, ...] = ()
    old_values: Mapping[str, Any] = field(default_factory=dict)
