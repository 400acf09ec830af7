"""Listening to the embedded Odoo in either way: by its outbox, or by asking, with a clock that a test moves on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.odoo import polling
from hub.odoo.connection import Odoo
from hub.odoo.embedded import EmbeddedOdoo
from syncconfig import listening
from syncconfig.models import ChangeCursor


class Clock:
    """Odoo's ``write_date`` counts in seconds, and a test takes less: each write is given a second of its own."""

    def __init__(self, odoo: Odoo, *, polled: bool) -> None:
        assert isinstance(odoo, EmbeddedOdoo)
        self.odoo, self.polled = odoo, polled
        self._now = datetime.now(UTC) + timedelta(seconds=10)  # after all that happens by itself

    @property
    def source(self) -> str:
        """How it is heard."""
        return "polling" if self.polled else "outbox"

    def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        """Write as somebody in Odoo does."""
        self.odoo.write(model, ids, values)
        self.touched(model, ids)

    def touched(self, model: str, ids: Sequence[int]) -> None:
        """They were written to a second after all that was before."""
        if self.polled:
            self._now += timedelta(seconds=1)
            moment = self._now.strftime(polling.FORMAT)
            with self.odoo.database.transaction(write=True) as connection:
                table = model.replace(".", "_")
                marks = ", ".join("?" * len(ids))
                connection.execute(f"UPDATE {table} SET write_date = ? WHERE id IN ({marks})", [moment, *ids])

    def wait(self) -> None:
        """The events so far happened an hour ago."""
        with self.odoo.database.transaction(write=True) as connection:
            connection.execute("UPDATE hub_outbox SET at = datetime(at, '-1 hour')")

    def listen(self, model: str = "res.partner") -> None:
        """Hear all that happened in the model."""
        for one in listening.watched():
            if one.model != model:
                continue
            if self.polled:
                self._begin_asking(one)
            listening.listen(one, last=True)

    def _begin_asking(self, one: listening.Watched) -> None:
        if not ChangeCursor.objects.filter(model=one.model).exists():
            database = self.odoo.identity()
            listening.seen.begin(listening.listeners(one), self.odoo, database)
            ChangeCursor.objects.create(
                connection=one.connection, model=one.model, database=database, source="polling",
                position=polling.start(self.odoo, one.model),
            )  # fmt: skip
