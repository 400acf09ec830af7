"""What came of attempts, written down: what ended together is written together."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction

from apilog import record
from apilog.models import ApiLog
from hub.errors import HubError
from hub.http.failures import HttpFailure
from hub.http.message import Response
from hub.http.retry import Decision, decide, retry_after
from hub.redact import redact_text
from syncconfig import attempt, echo, endpoints, outbox
from syncconfig.hands import Ended
from syncconfig.models import Delivery
from syncconfig.prepared import ODOO_AWAY

logger = logging.getLogger(__name__)

TOO_MANY = 429
ABSENT = frozenset({502, 503, 504})
"""Statuses by which something in front of a system says that it is not there (RFC 9110, 15.6.3 to 15.6.5)."""

REST = 5.0
"""Seconds that an endpoint is left alone which said that it was too much, and not for how long."""

GATHER = 0.025
"""Seconds for which an outcome waits for others, to be written with them, while there is something else to do."""

LONGEST_REST = 3600.0
"""Seconds that an endpoint can keep all its messages waiting by what it asks for."""


class HubFault(HubError):
    """Something in the hub itself went wrong; it may go better next time."""

    retryable = True


@dataclass
class _Written:
    """What is to be written of a group."""

    done: list[Delivery] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    logs: list[ApiLog] = field(default_factory=list)
    outcomes: dict[int, list[tuple[Response | None, HubError | None, Decision]]] = field(default_factory=dict)


class Gathering:
    """Outcomes on their way into the database: a transaction for each of them would cost as much as the call itself."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = 0.0
        self._ended: list[Ended] = []

    def add(self, ended: Sequence[Ended]) -> None:
        """Outcomes that are to be written soon; one that is no success at once: it may concern those that follow."""
        if ended and not self._ended:
            self._since = self._clock()
        if not all(one.is_success for one in ended):
            self._since = -math.inf
        self._ended += ended

    @property
    def left(self) -> float:
        """Seconds until they are to be written; endless while there are none."""
        return max(self._since + GATHER - self._clock(), 0.0) if self._ended else math.inf

    def write(self) -> set[int]:
        """Write them now, and answer whom not to call any more; to be called again when it fails."""
        found = write(self._ended)
        self._ended = []
        return found


def write(ended: Sequence[Ended]) -> set[int]:
    """Messages, log rows and what is known of the endpoints, in one transaction; answers whom not to call any more."""
    if not ended:
        return set()
    found = _Written()
    with transaction.atomic():
        for one in ended:
            _one(found, one)
        for one in ended:
            sending = one.sending
            echo.keep(sending.delivery.configuration_id, sending.delivery.database, sending.written)
        outbox.all_done(found.done, found.statuses)
        record.close_all(found.logs)
        ailing = endpoints.ailing(found.outcomes)
        for endpoint in sorted(found.outcomes):  # in the same order everywhere, so that nobody waits in a circle
            for outcome in found.outcomes[endpoint]:
                tell(endpoint, *outcome, ailing=endpoint in ailing)
    bad = {key for key, outcomes in found.outcomes.items() if any(one[2].kind != "done" for one in outcomes)}
    return endpoints.resting(bad)


def _one(found: _Written, ended: Ended) -> None:
    sending, response = ended.sending, ended.response
    failure: HubError | None = None
    if isinstance(ended.error, HttpFailure):
        failure = ended.error
    elif ended.error is not None:  # the attempt was made and counts, whatever went wrong in the hub
        logger.error("delivery %s", sending.delivery.pk, exc_info=ended.error)
        failure = HubFault("A fault in the hub: the server's log says which.")
    delivery, sending.response = sending.delivery, response
    secrets = attempt.secrets(sending, response)
    for error in (failure, sending.objection):
        if error is not None:
            error.hide(secrets)
    if response is not None:
        response = replace(response, reason=redact_text(response.reason, secrets))
    decision = decide(sending.plan.retry, delivery.attempts, response=response, failure=failure)
    status = response.status if response is not None else None
    found.logs.append(sending.log)
    found.outcomes.setdefault(delivery.configuration_id, []).append((response, failure, decision))
    if failure is None and sending.objection is not None:
        # The receiver has it already, and the configuration says that this was no success: it is not sent again.
        outbox.dead(delivery, sending.objection.message, status)
        record.told(sending.log, response, sending.objection, secrets)
        return
    if decision.kind == "done" and status is not None:
        if sending.unwritten:
            outbox.owe(delivery, ODOO_AWAY, status, sending.unwritten)
        else:
            found.done.append(delivery)
            found.statuses.append(status)
    elif decision.kind == "retry":
        outbox.retry(delivery, decision.delay, decision.reason, status)
    else:
        outbox.dead(delivery, decision.reason, status)
    record.told(sending.log, response, failure, secrets, ok=decision.kind == "done")


def tell(
    endpoint: int, response: Response | None, failure: HubError | None, decision: Decision, *, ailing: bool
) -> None:
    """What the outcome says of the endpoint; ``ailing``: whether calls of it failed before."""
    if decision.kind == "disable":
        endpoints.pause_by_id(endpoint, decision.reason)
    if isinstance(failure, HttpFailure) and failure.retryable:
        endpoints.failed(endpoint, failure.message)
        return
    if response is None:
        return  # a fault of ours, or a request that was never sent
    if response.status >= 500 and decision.kind != "done":
        said = f"it answered {response.status} {response.reason}".strip() + "."
        endpoints.failed(endpoint, said, answers=response.status not in ABSENT)
    elif ailing:
        endpoints.answered(endpoint)
    wanted = retry_after(response.header("Retry-After"))
    if response.status == TOO_MANY or (response.status >= 500 and wanted):  # last: an answer ends other rests
        seconds = min(wanted if wanted is not None else REST, LONGEST_REST)
        endpoints.rest(endpoint, seconds, f"It answered {response.status} and asked for a rest.")
