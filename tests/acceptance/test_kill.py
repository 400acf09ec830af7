"""kill -9 of everything in the middle of 200 pushes: after a restart all arrive, none more than twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.acceptance.running import RunningHub, until

MANY = 200
QUEUE = """
from syncconfig import runs
from syncconfig.models import Configuration
from syncconfig.plans import odoo_of
one = Configuration.objects.get(code='customers-out')
one.url = {url!r}
one.on_create = one.on_update = False
one.save()
for other in Configuration.objects.filter(request_type='out'):
    other.schedule = ''  # the test may run at a full hour
    other.active = other.pk == one.pk
    other.save()
one.refresh_from_db()
ids = odoo_of(one.connection).create('res.partner', [{{'name': f'Kill {{n}}'}} for n in range({many})])
one.domain = "[('name', 'like', 'Kill ')]"
one.save()
runs.start(one)
print(json.dumps(ids))
"""
LEFT = """
from apilog.models import ApiLog
from syncconfig.models import Delivery, Run
print(json.dumps({"open": ApiLog.objects.filter(state='open').count(),
                  "lost": ApiLog.objects.filter(state='lost').count(),
                  "unfinished": Delivery.objects.exclude(state='done').count(), "queued": Delivery.objects.count(),
                  "runs": list(Run.objects.values_list('state', flat=True)),
                  "most": max(Delivery.objects.values_list('attempts', flat=True), default=0)}))
"""


def test_nothing_is_lost_and_nothing_comes_more_than_twice(
    start_hub: Callable[..., RunningHub], httpserver: HTTPServer
) -> None:
    arrived: Counter[int] = Counter()
    restarted = threading.Event()

    def receive(request: Request) -> Response:
        arrived[request.get_json()["external_id"]] += 1
        if len(arrived) > MANY // 3:
            restarted.wait()  # the kill comes while these wait for their answer, however fast the machine is
        return Response("{}", status=201)

    httpserver.expect_request("/customers").respond_with_handler(receive)
    hub = start_hub(HUB_ALLOWED_NETWORKS="127.0.0.0/8")
    ids = hub.shell(QUEUE.format(url=httpserver.url_for("/customers"), many=MANY))
    until(lambda: len(arrived) > MANY // 3, "the first pushes")
    assert hub.kill_everything() >= 3
    assert len(arrived) < MANY
    restarted.set()
    hub.start()
    until(lambda: len(arrived) == MANY, "all pushes")
    state = until(lambda: found if not (found := hub.shell(LEFT))["unfinished"] else None, "an empty outbox")
    assert state["queued"] == MANY
    assert state["runs"] == ["done"]
    assert sorted(arrived) == sorted(ids)
    assert max(arrived.values()) <= 2, arrived.most_common(5)
    assert state["most"] <= 2
    assert state["open"] == 0
    assert state["lost"] > 0, "the attempts in whose middle the kill came"
