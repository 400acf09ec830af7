"""A pull is killed, or stopped in order, in its middle: after a restart all is in Odoo once, and it went on there."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.acceptance.running import PATIENCE, RunningHub, until

PAGES, SIZE = 12, 60
START = """
from syncconfig import runs
from syncconfig.models import Configuration, FieldMapping
one = Configuration.objects.create(
    code='pull', name='Pull', connection=Configuration.objects.first().connection, model='res.partner',
    request_type='out', methods=['GET'], url={url!r}, match_keys='id', paging='page', items_path='$.data',
    query='since = {{{{ cursor }}}}', cursor_by='field', cursor_path='at')
for position, name in enumerate(('ref', 'name')):
    key = 'id' if name == 'ref' else name
    FieldMapping.objects.create(configuration=one, position=position, odoo_field=name, external_key=key)
print(json.dumps(runs.start(one).pk))
"""
STATE = """
from apilog.models import ApiLog
from syncconfig.models import PullCursor, Run
from syncconfig.plans import odoo_of
run = Run.objects.get()
found = odoo_of(run.configuration.connection).search_read('res.partner', [('ref', '=like', 'K-%')], ['ref'])
calls = ApiLog.objects.filter(configuration_code='pull')
print(json.dumps({"state": run.state, "error": run.error, "pages": run.pages, "tally": run.tally,
                  "refs": [one['ref'] for one in found],
                  "cursor": list(PullCursor.objects.values_list('value', flat=True)),
                  "open": calls.filter(state='open').count(), "lost": calls.filter(state='lost').count()}))
"""


def test_a_pull_goes_on_at_its_page_and_makes_no_record_twice(
    start_hub: Callable[..., RunningHub], httpserver: HTTPServer
) -> None:
    asked: Counter[int] = Counter()
    killed = threading.Event()
    half = PAGES // 2

    def answer(request: Request) -> Response:
        page = int(request.args["page"])
        asked[page] += 1
        if page == half:
            killed.wait()  # the kill comes while the hub waits for this page, however fast the machine is
        numbers = range((page - 1) * SIZE, page * SIZE) if page <= PAGES else ()
        items = [{"id": f"K-{number}", "name": f"Killed {number}", "at": number} for number in numbers]
        return Response(json.dumps({"data": items}), content_type="application/json")

    httpserver.expect_request("/contacts").respond_with_handler(answer)
    hub = start_hub(HUB_ALLOWED_NETWORKS="127.0.0.0/8")
    hub.shell(START.format(url=httpserver.url_for("/contacts")))
    until(lambda: asked[half], "the page in the middle")
    assert hub.kill_everything() >= 3
    before = hub.shell(STATE)
    assert (before["pages"], before["cursor"]) == (half - 1, [])
    assert len(before["refs"]) == (half - 1) * SIZE
    killed.set()
    hub.start()
    after = until(lambda: found if (found := hub.shell(STATE))["state"] == "done" else None, "the end of the pull")
    assert sorted(after["refs"]) == sorted(f"K-{number}" for number in range(PAGES * SIZE))
    assert (after["tally"]["created"], after["tally"]["failed"]) == (PAGES * SIZE, 0)
    assert asked == Counter({page: 1 + (page == half) for page in range(1, PAGES + 2)})
    assert after["cursor"] == [PAGES * SIZE - 1]
    assert (after["open"], after["lost"]) == (0, 1)


def test_a_pull_ends_with_its_page_when_the_hub_is_stopped_and_goes_on_behind_it(
    start_hub: Callable[..., RunningHub], httpserver: HTTPServer
) -> None:
    asked: Counter[int] = Counter()
    told, ending = threading.Event(), threading.Event()
    half = PAGES // 2

    def answer(request: Request) -> Response:
        page = int(request.args["page"])
        asked[page] += 1
        if page == half:
            told.wait()  # the hub is told to stop while it waits for this page, however fast the machine is
        elif ending.is_set():
            time.sleep(1)  # the receiver's own pace: a pull that does not stop is killed when the hub's time is over
        numbers = range((page - 1) * SIZE, page * SIZE) if page <= PAGES else ()
        items = [{"id": f"K-{number}", "name": f"Stopped {number}", "at": number} for number in numbers]
        return Response(json.dumps({"data": items}), content_type="application/json")

    httpserver.expect_request("/contacts").respond_with_handler(answer)
    hub = start_hub(HUB_ALLOWED_NETWORKS="127.0.0.0/8")
    hub.shell(START.format(url=httpserver.url_for("/contacts")))
    until(lambda: asked[half], "the page in the middle")
    assert hub.process is not None
    hub.process.send_signal(signal.SIGTERM)
    until(lambda: not hub.answers(), "the end of its web server")
    ending.set()
    told.set()
    assert hub.process.wait(PATIENCE) == 0
    assert "did not end in time" not in hub.output
    before = hub.shell(STATE)
    assert (before["state"], before["cursor"], before["open"]) == ("pending", [], 0)
    assert half <= before["pages"] < PAGES
    assert len(before["refs"]) == before["pages"] * SIZE, "the page is stored"
    ending.clear()
    hub.start()
    after = until(lambda: found if (found := hub.shell(STATE))["state"] == "done" else None, "the end of the pull")
    assert sorted(after["refs"]) == sorted(f"K-{number}" for number in range(PAGES * SIZE))
    assert asked == Counter(range(1, PAGES + 2)), "no page twice"
    assert after["cursor"] == [PAGES * SIZE - 1]
    assert (after["open"], after["lost"]) == (0, 0)
