"""What follows an attempt: done, again later, dead, or the endpoint switched off. Decides; acts on nothing."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from hub.errors import HubError, InvalidInput
from hub.http.message import Response

DAY = 86_400.0

RETRIED = frozenset({408, 425, 429})
"""The 4xx that may pass by themselves: RFC 9110 (408), RFC 8470 (425), RFC 6585 (429)."""

Kind = Literal["done", "retry", "dead", "disable"]

RULE = re.compile(r"(?:([0-9]{3})(?:\s*-\s*([0-9]{3}))?|([2-5])xx)\s*=\s*(done|retry|fail|disable)", re.IGNORECASE)


WORDS: dict[str, Kind] = {"done": "done", "retry": "retry", "fail": "dead", "disable": "disable"}
"""What people write, and what it is."""


@dataclass(frozen=True)
class StatusRule:
    """What the statuses from ``first`` to ``last`` mean."""

    first: int
    last: int
    kind: Kind


def status_rules(text: str) -> tuple[StatusRule, ...]:
    """The rules, one a line: ``409 = done``, ``500-599 = fail``, ``4xx = retry``; raises InvalidInput."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        matched = RULE.fullmatch(line.strip())
        if matched is None:
            raise InvalidInput(
                f"Line {number} is no rule: write a status and what it means, such as 409 = done. "
                f"The words are {', '.join(WORDS)}."
            )
        first, last, hundred, word = matched.groups()
        low = int(hundred) * 100 if hundred else int(first)
        high = low + 99 if hundred else int(last or first)
        if not 200 <= low <= high <= 599:
            raise InvalidInput(f"Line {number}: statuses lie between 200 and 599, the smaller one first.")
        found.append(StatusRule(low, high, WORDS[word.lower()]))
    return tuple(found)


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how far apart: ``delays[n]`` is what attempt n+1 waits for, in seconds.

    ``jitter`` spreads each delay by that share, both ways, so that what failed together does not come back together.
    """

    delays: tuple[float, ...] = (0, 5, 60, 300, 1800, 7200, 21600, 43200)
    jitter: float = 0.2
    rules: tuple[StatusRule, ...] = ()
    """What a status means for this receiver; the first that fits counts, before what statuses mean in general."""

    @property
    def max_attempts(self) -> int:
        """The first attempt included."""
        return len(self.delays)


@dataclass(frozen=True)
class Decision:
    """``delay`` is in seconds and counts for "retry" only; ``reason`` is a sentence for people."""

    kind: Kind
    delay: float
    reason: str


def decide(
    policy: RetryPolicy,
    attempt: int,
    *,
    response: Response | None = None,
    failure: HubError | None = None,
    now: datetime | None = None,
    rng: random.Random | None = None,
) -> Decision:
    """Judge attempt number ``attempt`` (the first is 1), which ended in a response or a failure.

    ``now`` (with a time zone) is what an HTTP-date in Retry-After is compared with.
    """
    if (response is None) == (failure is None):
        raise ValueError("An attempt ends in a response or in a failure.")
    if failure is not None:
        return _again(policy, attempt, failure.message, None, rng) if failure.retryable else _dead(failure.message)
    assert response is not None
    verdict = _by_rule(policy.rules, response) or _verdict(response)
    if verdict.kind != "retry":
        return verdict
    return _again(policy, attempt, verdict.reason, retry_after(response.header("Retry-After"), now), rng)


def _verdict(response: Response) -> Decision:
    status = response.status
    if response.ok:
        return Decision("done", 0, f"Answered with {status}.")
    if status == 410:
        return Decision("disable", 0, "Answered with 410 Gone: the endpoint wants no more calls.")
    if status in RETRIED or status >= 500:
        return Decision("retry", 0, f"Answered with {status} {response.reason}".strip() + ".")
    if status == 304:
        return _dead("Answered with 304 Not Modified, which answers a question that was not asked.")
    if 300 <= status < 400:
        return _dead(f"Answered with {status}, a redirect, which is not followed. Enter the final address.")
    return _dead(f"Answered with {status} {response.reason}".strip() + ": the same request would be refused again.")


def _by_rule(rules: Sequence[StatusRule], response: Response) -> Decision | None:
    found = next((one for one in rules if one.first <= response.status <= one.last), None)
    return (
        None
        if found is None
        else Decision(found.kind, 0, f"Answered with {response.status} {response.reason}".strip() + ".")
    )


def _dead(reason: str) -> Decision:
    return Decision("dead", 0, reason)


def _again(policy: RetryPolicy, attempt: int, reason: str, wanted: float | None, rng: random.Random | None) -> Decision:
    """A retry, unless that was the last attempt. A receiver's own wish is never undercut."""
    if attempt >= policy.max_attempts:
        return _dead(f"{reason} That was the last of {policy.max_attempts} attempts.")
    chance = (rng or random).uniform
    delay = policy.delays[max(attempt, 0)] * chance(1 - policy.jitter, 1 + policy.jitter)
    if wanted is not None:
        delay = max(delay, wanted * chance(1, 1 + policy.jitter))
    return Decision("retry", min(max(delay, 0.0), DAY), reason)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """The seconds that a Retry-After asks for (RFC 9110, 10.2.3), within 0 to 24 hours; None for none or garbage."""
    text = (value or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return DAY if len(text) > 6 else min(float(text), DAY)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError, IndexError, TypeError):  # the parser lets several through
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    try:
        seconds = (date - (now or datetime.now(UTC))).total_seconds()
    except OverflowError:
        return None
    return min(max(seconds, 0.0), DAY)
