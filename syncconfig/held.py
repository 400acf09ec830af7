"""Messages whose records are in another database than the one that is connected now: held, released, decided on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from django.db.models import QuerySet
from django.utils import timezone

from hub.errors import HubError
from syncconfig import plans, wake
from syncconfig.models import Delivery, OdooConnection

DISCARDED = "Discarded by hand: it named records of another database."


def reason(database: str, present: str) -> str:
    """Why a message is held, and what becomes of it."""
    return (
        f"It names records of {database}, but the connection leads to {present} now, where the same ids are other "
        "records. It is sent by itself once the connection leads back. If it is the same database under another "
        "name, choose Send from the present Odoo; if nobody needs it any more, choose Discard."
    )


def release() -> int:
    """Let go what is held for a database that is connected again; answers how many messages."""
    if not Delivery.objects.filter(held_at__isnull=False).exists():
        return 0
    released = 0
    for connection, present in _present():
        own = Delivery.objects.filter(
            held_at__isnull=False, configuration_id__in=_configurations(connection), database=present
        )
        if own.exists():  # a write locks SQLite, and this is asked each second
            released += own.update(state=Delivery.State.PENDING, held_at=None, last_error="")
    return released


def adopt() -> int:
    """Name the present database in messages of an earlier version, which named none; answers how many."""
    return sum(
        Delivery.objects.filter(
            finished_at__isnull=True, database="", configuration_id__in=_configurations(connection)
        ).update(database=present)
        for connection, present in _present()
    )


def send_from_present(deliveries: QuerySet[Delivery]) -> int:
    """Send held messages with the records that have the same ids in the database connected now; how many.

    Raises HubError when that database cannot be named.
    """
    sent = 0
    for connection in OdooConnection.objects.all():
        chosen = deliveries.filter(held_at__isnull=False, configuration_id__in=_configurations(connection))
        if chosen.exists():
            sent += chosen.update(
                database=plans.database_of(connection),
                state=Delivery.State.PENDING,
                held_at=None,
                attempts=0,
                due_at=timezone.now(),
                last_error="",
            )
    if sent:
        wake.after_commit("deliver")
    return sent


def discard(deliveries: QuerySet[Delivery]) -> int:
    """Never send these held messages; answers how many they were."""
    return deliveries.filter(held_at__isnull=False).update(
        state=Delivery.State.SKIPPED, held_at=None, finished_at=timezone.now(), last_error=DISCARDED
    )


def strange(connection: OdooConnection) -> int:
    """How many waiting messages of that connection name records of another database than its present one."""
    waiting = Delivery.objects.filter(finished_at__isnull=True, configuration_id__in=_configurations(connection))
    return waiting.exclude(database__in=["", plans.database_of(connection)]).count()


def _present() -> Iterator[tuple[OdooConnection, str]]:
    """The active connections, each with the database that it leads to now; one that cannot be named is left out."""
    for connection in OdooConnection.objects.filter(active=True):
        with suppress(HubError):
            yield connection, plans.database_of(connection)


def _configurations(connection: OdooConnection) -> list[int]:
    return list(connection.configurations.values_list("pk", flat=True))
