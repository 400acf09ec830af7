"""kill -9 of everything in the middle of a pull: after a restart all items are in Odoo, each once, from its page on."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.acceptance.running import RunningHub, until

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
