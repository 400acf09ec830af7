"""Much that is due at once, and endpoints of which half are dead."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tests.acceptance.running import PATIENCE, RunningHub, until
from tests.faults.conftest import QUIET, Faulty
from tests.faults.receiver import Arrival, Receiver

RETRIES = """
from django.utils import timezone
from syncconfig import plans
from syncconfig.models import Configuration, Delivery
one = Configuration.objects.get(code='customers-out')
now, database = timezone.now(), plans.database_of(one.connection)
Delivery.objects.bulk_create([
    Delivery(configuration=one, event='manual', database=database, model='res.partner', record_ids=[id], record_id=id,
             attempts=1, due_at=now, last_error='It answered 500.')
    for id in {ids!r}])
print(json.dumps(True))
"""


def test_a_thousand_retries_that_are_due_at_once_keep_to_the_endpoints_limit(
    start_hub: Callable[..., RunningHub], receiver: Receiver
) -> None:
    faulty = Faulty(start_hub(HUB_DATABASE_URL="", HUB_BROKER_URL=""), receiver)
    lock, under_way, most = threading.Lock(), [0], [0]

    def answer(arrival: Arrival) -> int:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(0.01)  # the receiver's own pace, so that calls overlap
        with lock:
            under_way[0] -= 1
        return 200

    receiver.answer = answer
    ids = faulty.push(1000, run=False, max_parallel=4)
    assert faulty.hub.shell(RETRIES.format(ids=ids))
    state = faulty.all_delivered(ids)
    assert 1 < most[0] <= 4
    assert set(receiver.counts().values()) == {1}
    assert set(state["attempts"].values()) == {2}


HALF_DEAD = """
from syncconfig import outbox, plans
from syncconfig.models import Configuration, Delivery, FieldMapping
from syncconfig.plans import odoo_of
own = Configuration.objects.get(code='customers-out')
ids = odoo_of(own.connection).create('res.partner', [{{'name': f'Fault {{n}}'}} for n in range({many})])
database = plans.database_of(own.connection)
messages = []
for number in range({endpoints}):
    kind = 'dead' if number % 2 else 'healthy'
    one = Configuration.objects.create(
        code=f'{{kind}}-{{number}}', name=f'{{kind}} {{number}}', connection=own.connection, model='res.partner',
        methods=['POST'], request_type='out', url={url!r} + f'/{{kind}}/{{number}}')
    FieldMapping.objects.create(configuration=one, odoo_field='id', external_key='external_id')
    messages += [Delivery(configuration=one, event='manual', database=database, model='res.partner', record_ids=[id],
                          record_id=id) for id in ids]
messages.sort(key=lambda one: one.record_id)  # one of each endpoint after the other
print(json.dumps(outbox.queue(messages)))
"""


@pytest.mark.long
def test_with_half_of_the_endpoints_dead_the_healthy_ones_are_not_held_up(
    start_hub: Callable[..., RunningHub], receiver: Receiver
) -> None:
    hub = start_hub(HUB_DATABASE_URL="", HUB_BROKER_URL="")
    assert hub.shell(QUIET)

    def answer(arrival: Arrival) -> int:
        if arrival.path.startswith("/dead/"):
            receiver.over.wait(PATIENCE)
        return 200

    receiver.answer = answer
    many, endpoints = 25, 10
    assert hub.shell(HALF_DEAD.format(many=many, endpoints=endpoints, url=receiver.url)) == many * endpoints
    healthy = until(
        lambda: found if len(found := arrivals(receiver, "/healthy/")) == many * endpoints // 2 else None,
        "all for the healthy ones",
    )
    first = min(one.at for one in receiver.arrivals)
    waits = sorted(one.at - first for one in healthy)
    dead = len(arrivals(receiver, "/dead/"))
    assert dead >= endpoints // 2, "the dead ones were called, and hang"
    # A dead endpoint holds each of its attempts for 15.5 s: had the healthy ones to wait for one, this would show.
    assert waits[int(len(waits) * 0.99)] < 15.0
    assert waits[len(waits) // 2] < 7.5


def arrivals(receiver: Receiver, path: str) -> list[Arrival]:
    return [one for one in list(receiver.arrivals) if one.path.startswith(path)]
