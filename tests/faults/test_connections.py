"""However an address is spelled, and however it came into the database: no forbidden connection is begun."""

from __future__ import annotations

from collections.abc import Callable

from tests.acceptance.running import RunningHub, until
from tests.faults.conftest import QUIET
from tests.faults.receiver import Receiver

SPELLINGS = [
    "http://127.0.0.1:{port}/x",
    "http://localhost:{port}/x",
    "http://2130706433:{port}/x",
    "http://0x7f.1:{port}/x",
    "http://0177.0.0.1:{port}/x",
    "http://[::1]:{port}/x",
    "http://[::ffff:127.0.0.1]:{port}/x",
    "http://[64:ff9b::7f00:1]:{port}/x",
    "http://127.1:{port}/x",
    "http://0.0.0.0:{port}/x",
    "http://10.0.0.1:{port}/x",
    "http://100.64.0.1/x",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/x",
    "http://user@127.0.0.1:{port}/x",
    "ftp://127.0.0.1:{port}/x",
    "file:///etc/passwd",
]
SEND = """
from syncconfig import runs
from syncconfig.models import Configuration, FieldMapping
from syncconfig.plans import odoo_of
own = Configuration.objects.get(code='customers-out')
[record] = odoo_of(own.connection).create('res.partner', [{{'name': 'Fault'}}])
rows = list(own.mappings.all())
Configuration.objects.filter(pk=own.pk).update(domain='')
for number, url in enumerate({urls!r}):
    one = Configuration.objects.create(
        code=f'to-{{number}}', name=f'To {{number}}', connection=own.connection, model='res.partner', methods=['POST'],
        request_type='out', url=url, max_attempts=1)  # past the form, which refuses it
    FieldMapping.objects.create(configuration=one, odoo_field='name', external_key='name')
    runs.send_now(one, [record])
runs.send_now(own, [record])  # to the hub's own receiver, which the demo opens
print(json.dumps(True))
"""
STATES = """
from syncconfig.models import Delivery
print(json.dumps(dict(Delivery.objects.values_list('configuration__code', 'state'))))
"""


def test_no_process_of_the_hub_begins_a_forbidden_connection(
    start_hub: Callable[..., RunningHub], receiver: Receiver
) -> None:
    hub = start_hub(
        HUB_ALLOWED_NETWORKS="", HUB_DATABASE_URL="", HUB_BROKER_URL="",
        DJANGO_SETTINGS_MODULE="tests.faults.watched_settings",
        http_proxy=receiver.url, HTTP_PROXY=receiver.url, ALL_PROXY=receiver.url,
    )  # fmt: skip
    assert hub.shell(QUIET)
    urls = [one.format(port=receiver.port) for one in SPELLINGS]
    assert hub.shell(SEND.format(urls=urls))
    states = until(lambda: found if set((found := hub.shell(STATES)).values()) <= {"dead", "done"} else None, "the end")
    assert states.pop("customers-out") == "done"
    assert set(states.values()) == {"dead"}
    assert len(states) == len(SPELLINGS)
    begun = (hub.data / "connects.log").read_text().splitlines()
    assert set(begun) == {f"127.0.0.1 {hub.port}"}, "nobody but the hub's own receiver; so the witness was awake"
    assert receiver.arrivals == []
