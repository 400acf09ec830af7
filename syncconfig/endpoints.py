"""Whom not to call just now: who was paused, who does not answer (a circuit breaker), who asked for a rest, who has had
enough for this second.

What is kept back here waits in the outbox and loses no attempt.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from syncconfig import wake
from syncconfig.models import Configuration, Delivery, Endpoint

BREAK = 5
"""Calls in a row without a usable answer after which an endpoint is left alone for a while."""

TOLD = 3
"""Calls in a row that failed after which people are told: of one message these are made within a minute or two."""

FIRST_REST, LONGEST_REST = 30.0, 600.0
"""Seconds of that while: doubled each time that the next try fails, up to the longest."""

TRIES, BETWEEN = 3, 5.0
"""How many messages are tried after a rest before the next one, and how many seconds apart: a system that slept until
it was called needs a moment to wake up, and one message may fail for what is in it."""

BURST = 2.0
"""Seconds whose share of a rate limit may be sent at once: the hub looks for what is due each second."""

MARGIN = 5.0
"""Seconds that a single try of an endpoint may take beyond its read timeout, before another one is made."""

FREE = Q(configuration__endpoint__isnull=True) | Q(configuration__endpoint__paused_at__isnull=True)


def callable_at(now: datetime) -> Q:
    """For deliveries: those whose endpoint may be called."""
    return FREE & (
        Q(configuration__endpoint__waits_until__isnull=True) | Q(configuration__endpoint__waits_until__lte=now)
    )


@dataclass(frozen=True)
class Limited:
    """An endpoint of which not everything that is due may be claimed."""

    configuration: Configuration
    endpoint: Endpoint


def limited(configuration_ids: Iterable[int]) -> dict[int, Limited]:
    """Those that have a limit, or are to be tried carefully; to be called inside of the claim's transaction."""
    chosen = Configuration.objects.filter(pk__in=set(configuration_ids)).filter(
        Q(max_parallel__gt=0) | Q(max_per_minute__gt=0) | Q(endpoint__failures__gte=BREAK)
    )
    found: dict[int, Limited] = {}
    if not chosen.exists():  # as a rule; a configuration has many columns
        return found
    for one in chosen.order_by("pk"):
        Endpoint.objects.get_or_create(configuration=one)
        found[one.pk] = Limited(one, Endpoint.objects.select_for_update().get(pk=one.pk))
    return found


def allow(one: Limited, wanted: int, now: datetime) -> int:
    """How many of so many messages may go to that endpoint now; what is allowed counts as sent."""
    allowed = wanted
    if one.endpoint.failures >= BREAK:
        # One is tried, and all others wait for its answer.
        allowed = min(allowed, 1)
        again = now + timedelta(seconds=one.configuration.read_timeout + MARGIN)
        Endpoint.objects.filter(pk=one.endpoint.pk).update(waits_until=again, trying=True)
    if one.configuration.max_parallel:
        allowed = min(allowed, one.configuration.max_parallel - _under_way(one.configuration, now))
    if one.configuration.max_per_minute and allowed > 0:
        allowed = _by_rate(one, allowed, now)
    return max(allowed, 0)


def _under_way(configuration: Configuration, now: datetime) -> int:
    held = Delivery.objects.filter(
        configuration=configuration, finished_at__isnull=True, state=Delivery.State.SENDING, claimed_until__gt=now
    )
    return held.count()


def _by_rate(one: Limited, wanted: int, now: datetime) -> int:
    """The generic cell rate algorithm (ITU-T I.371): each call moves the moment on by its share of a minute."""
    each = timedelta(seconds=60 / one.configuration.max_per_minute)
    burst = max(timedelta(seconds=BURST), each)
    begins = max(one.endpoint.allowance_from or now, now)
    allowed = min(wanted, int((now + burst - begins) / each))
    if allowed > 0:
        begins += each * allowed
        Endpoint.objects.filter(pk=one.endpoint.pk).update(allowance_from=begins)
    if allowed < wanted:
        until = begins + each - burst
        rest = Endpoint.objects.filter(pk=one.endpoint.pk).filter(
            Q(waits_until__isnull=True) | Q(waits_until__lt=until)
        )
        rest.update(waits_until=until, why=f"It is called {one.configuration.max_per_minute} times a minute at most.")
    return allowed


# What came of calls ----------------------------------------------------------------------------------------


def ailing(configuration_ids: Iterable[int]) -> Mapping[int, int]:
    """How many calls in a row failed, for those where one did."""
    rows = Endpoint.objects.filter(pk__in=set(configuration_ids), failures__gt=0)
    return dict(rows.values_list("pk", "failures"))


def resting(configuration_ids: Collection[int]) -> set[int]:
    """Those of them that are not to be called just now."""
    if not configuration_ids:
        return set()
    rows = Endpoint.objects.filter(pk__in=configuration_ids)
    stopped = rows.filter(Q(paused_at__isnull=False) | Q(waits_until__gt=timezone.now()))
    return set(stopped.values_list("pk", flat=True))


def answered(configuration_id: int) -> None:
    """It answered: what waited for it goes on."""
    rows = Endpoint.objects.filter(pk=configuration_id, failures__gt=0)
    if rows.update(failures=0, rests=0, tries=0, trying=False, waits_until=None, why=""):
        wake.after_commit("deliver")


def failed(configuration_id: int, reason: str, now: datetime | None = None, *, answers: bool = False) -> None:
    """It did not answer, or said that it cannot; after some of these in a row it is left alone for a while.

    What was under way when that began, and fails as well, prolongs nothing: it says of the endpoint what is known.
    Where it ``answers``, though with an error, its rests are not doubled: it may be the messages that it cannot take.
    """
    now = now or timezone.now()
    with transaction.atomic():
        Endpoint.objects.get_or_create(configuration_id=configuration_id)
        endpoint = Endpoint.objects.select_for_update().get(pk=configuration_id)
        is_resting = endpoint.rests and not endpoint.trying and endpoint.waits_until and endpoint.waits_until > now
        endpoint.failures += 1
        if endpoint.failures >= TOLD:
            endpoint.why = f"{endpoint.failures} calls in a row failed, the last one: {reason}"
        if endpoint.failures >= BREAK and not is_resting:
            endpoint.waits_until = now + timedelta(seconds=_next_rest(endpoint, answers) * random.uniform(0.9, 1.1))
            endpoint.trying = False
        endpoint.save(update_fields=["failures", "rests", "tries", "trying", "waits_until", "why"])


def _next_rest(endpoint: Endpoint, answers: bool) -> float:
    """Seconds until the next try; counts tries and rests."""
    if endpoint.trying and endpoint.tries + 1 < TRIES:
        endpoint.tries += 1
        return BETWEEN
    endpoint.rests, endpoint.tries = endpoint.rests + 1, 0
    return FIRST_REST if answers else min(FIRST_REST * 2 ** min(endpoint.rests - 1, 10), LONGEST_REST)


def rest(configuration_id: int, seconds: float, reason: str, now: datetime | None = None) -> None:
    """It asked to be left alone for so long: that holds for all that is meant for it."""
    until = (now or timezone.now()) + timedelta(seconds=seconds)
    Endpoint.objects.get_or_create(configuration_id=configuration_id)
    later = Q(waits_until__isnull=True) | Q(waits_until__lt=until)
    Endpoint.objects.filter(later, pk=configuration_id).update(waits_until=until, why=reason)


# By hand ---------------------------------------------------------------------------------------------------


def pause(configuration: Configuration, why: str) -> bool:
    """Send nothing until somebody resumes it; what comes up meanwhile waits. Whether it was not paused before."""
    return pause_by_id(configuration.pk, why, by_hand=True)


def pause_by_id(configuration_id: int, why: str, *, by_hand: bool = False) -> bool:
    """As ``pause``; unless ``by_hand``, people are told that it happened."""
    Endpoint.objects.get_or_create(configuration_id=configuration_id)
    rows = Endpoint.objects.filter(pk=configuration_id, paused_at__isnull=True)
    return bool(rows.update(paused_at=timezone.now(), paused_why=why, paused_by_hand=by_hand))


def resume(configuration: Configuration) -> bool:
    """Send again, at once, whatever was known of the endpoint; whether there was anything to resume."""
    rows = Endpoint.objects.filter(pk=configuration.pk).filter(
        Q(paused_at__isnull=False) | Q(waits_until__isnull=False) | Q(failures__gt=0)
    )
    found = rows.update(
        paused_at=None, paused_why="", waits_until=None, why="", failures=0, rests=0, tries=0, trying=False
    )
    if found:
        wake.after_commit("deliver")
    return bool(found)


@dataclass(frozen=True)
class Standing:
    """Why nothing is sent to an endpoint just now."""

    paused: bool
    text: str
    until: datetime | None = None


def standings(configurations: Sequence[Configuration], now: datetime | None = None) -> dict[int, Standing]:
    """Those that are not called just now, by configuration."""
    now = now or timezone.now()
    found = {}
    for one in Endpoint.objects.filter(pk__in=[each.pk for each in configurations]):
        if one.paused_at is not None:
            found[one.pk] = Standing(True, one.paused_why or "Paused by hand.")
        elif one.waits_until is not None and one.waits_until > now and one.why:
            found[one.pk] = Standing(False, one.why, one.waits_until)
    return found


def told(configuration: Configuration) -> str:
    """In words: whether it is called, why not, and what waits."""
    standing = standings([configuration]).get(configuration.pk)
    number = waiting(configuration)
    queue = f" {number} {'message waits' if number == 1 else 'messages wait'}." if number else ""
    if standing is None:
        return f"It is called.{queue}"
    if standing.until is None:
        return f"Paused. {standing.text}{queue} Press Resume to go on."
    again = date_format(timezone.localtime(standing.until), "H:i:s")
    return f"Left alone until {again}: {standing.text}{queue} Resume tries it at once."


def waiting(configuration: Configuration) -> int:
    """How many messages wait to be sent."""
    return Delivery.objects.filter(configuration=configuration, finished_at__isnull=True).count()
