"""Sending records at once and hearing the answer: for Python code, by the outbox's own rows, rules and log."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from hub.errors import InvalidInput
from hub.http.message import Response, Sender
from syncconfig import drain, outbox, runs
from syncconfig.models import Configuration, Delivery

AT_ONCE = 100
"""Messages that are claimed and sent together: one that dies in the middle leaves the outbox no more than these."""

LONGEST = 300.0
"""Seconds that anybody may wait for one answer."""


@dataclass(frozen=True)
class Outcome:
    """What became of one message: its delivery as it stands in the outbox, and the answer, if one came."""

    delivery: Delivery
    response: Response | None

    @property
    def ok(self) -> bool:
        """Whether the external system took it."""
        return self.delivery.state == Delivery.State.DONE

    @property
    def will_be_tried_again(self) -> bool:
        """Whether it stays in the outbox: it failed in a way that may pass, and the cluster goes on with it."""
        return self.delivery.finished_at is None

    @property
    def status(self) -> int | None:
        """The answer's HTTP status, None when there is none."""
        return self.response.status if self.response is not None else None

    @property
    def error(self) -> str:
        """Why it did not go well; empty when it did."""
        return self.delivery.last_error

    @property
    def record_ids(self) -> list[int]:
        """The records that it carried."""
        return list(self.delivery.record_ids)

    @property
    def text(self) -> str:
        """The answer's body; empty when there is none."""
        return self.response.text if self.response is not None else ""

    def json(self) -> Any:
        """The answer's body as JSON; ValueError when there is none, or it is none."""
        if self.response is None:
            raise ValueError("No answer came.")
        return self.response.json()


def now(
    configuration: Configuration,
    records: Iterable[int | Mapping[str, Any]],
    timeout: float | None = None,
    sender: Sender | None = None,
) -> list[Outcome]:
    """Send these records in this process, one message each or in the configuration's batches; an outcome for each.

    The messages stand in the outbox and the log as all others do. One that fails in a way that may pass stays there,
    and the cluster tries it again; so it does when this process dies in the middle. Records that do not match the
    filter domain are skipped. ``timeout``: seconds to wait for each answer, in place of the configuration's.

    Raises InvalidInput for what is no record and for an In configuration, SwitchedOff, and OdooError when the Odoo
    cannot be named. What goes wrong with a message is told by its outcome.
    """
    ids = [_id_of(one) for one in records]
    if timeout is not None and not (isinstance(timeout, int | float) and 0 < timeout <= LONGEST):
        told = timeout if isinstance(timeout, int | float) and math.isfinite(timeout) else None
        raise InvalidInput(f"`timeout` is more than 0 and at most {LONGEST:.0f} seconds.", field="timeout", value=told)
    runs.check_ready(configuration)
    sender = sender or drain.default_sender()
    waiting = runs.messages_for(configuration, ids)
    outcomes: list[Outcome] = []
    for start in range(0, len(waiting), AT_ONCE):
        part = waiting[start : start + AT_ONCE]
        claimed = _claimed(part)
        answers = drain.send(claimed, sender, timeout=timeout)
        after = Delivery.objects.in_bulk([one.pk for one in claimed])
        outcomes += [Outcome(after[one.pk], answers.get(one.pk)) for one in claimed]
    return outcomes


def _claimed(messages: Sequence[Delivery]) -> list[Delivery]:
    """Written as claimed from the first moment on, so that no worker sends them as well."""
    claim_id, until = uuid.uuid4(), timezone.now() + outbox.LEASE
    for one in messages:
        one.state, one.claim_id, one.claimed_until, one.attempts = Delivery.State.SENDING, claim_id, until, 1
    return Delivery.objects.bulk_create(messages)


def _id_of(record: Any) -> int:
    found = record.get("id") if isinstance(record, Mapping) else record
    if isinstance(found, bool) or not isinstance(found, int) or not 0 < found < 2**31:
        raise InvalidInput(
            "A record is its id, or what was read of it with its `id`.", field="records", constraint="type"
        )
    return found
