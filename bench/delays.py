"""Run as a process of its own beside an idle hub: commit one thing at a time, and see when the receiver gets it."""

from __future__ import annotations

import http.client
import json
import random
import sys
import time
from typing import Any

import django

django.setup()

from syncconfig import plans, runs  # noqa: E402 - the registry had to be filled first
from syncconfig.models import Configuration  # noqa: E402


def main(what: dict[str, Any]) -> dict[str, list[float]]:
    """``port`` and the number of samples; answers seconds from the commit's begin to the arrival, for both causes."""
    configuration = Configuration.objects.select_related("connection").get(code="customers-out")
    configuration.url = f"http://127.0.0.1:{what['port']}/customers"
    configuration.on_create = configuration.on_update = False
    configuration.save()
    odoo = plans.odoo_of(configuration.connection)
    (record_id,) = odoo.create("res.partner", [{"name": "Bench"}])
    receiver = http.client.HTTPConnection("127.0.0.1", what["port"], timeout=60)
    queued = [
        sample(receiver, lambda: runs.send_now(configuration, [record_id]), 0.3) for _ in range(what["queued"] + 2)
    ]
    configuration.on_create = configuration.on_update = True
    configuration.save()
    changed = [
        sample(receiver, lambda: odoo.write("res.partner", [record_id], {"name": f"Bench {time.monotonic()}"}), 1.0)
        for _ in range(what["changed"] + 2)
    ]
    return {"queued": queued[2:], "changed": changed[2:]}  # the first ones warm up


def sample(receiver: http.client.HTTPConnection, commit: Any, pause: float) -> float:
    """Commit at a random moment of the hub's rhythm; answers the seconds until it arrived."""
    time.sleep(random.uniform(0.1, 0.1 + pause))
    began = time.monotonic()
    commit()
    receiver.request("GET", "/next")
    ((arrived, _), *_) = json.loads(receiver.getresponse().read())
    return float(arrived - began)


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
