"""Run as a process of its own beside a hub: commit things, and see when the receiver gets them.

First one at a time, while the hub has nothing else to do; then at half of the rate that it can send at.
"""

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

EACH = 0.05
"""Seconds between two commits under load."""


def main(what: dict[str, Any]) -> dict[str, Any]:
    """``port``, the numbers of samples, ``full`` (messages for the rate) and ``seconds`` under load.

    Answers seconds from the commit's begin to the arrival: ``queued`` and ``changed`` for an idle hub, ``loaded`` at
    half of ``rate``, messages a second.
    """
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
    configuration.on_create = configuration.on_update = False
    configuration.save()
    ids = odoo.create("res.partner", [{"name": f"Bench {n}"} for n in range(what["full"])])
    rate = full_rate(receiver, configuration, ids)
    loaded = under_load(receiver, configuration, ids, rate / 2, what["seconds"])
    # the first ones warm up
    return {"queued": queued[2:], "changed": changed[2:], "loaded": loaded, "rate": rate}


def full_rate(receiver: http.client.HTTPConnection, configuration: Configuration, ids: list[int]) -> float:
    """Messages a second that the hub sends when there are many; after as many to warm up."""
    for _ in range(2):
        began, left = time.monotonic(), len(ids)
        runs.send_now(configuration, ids)
        while left:
            left -= len(_next(receiver))
    return len(ids) / (time.monotonic() - began)


def under_load(
    receiver: http.client.HTTPConnection, configuration: Configuration, ids: list[int], rate: float, seconds: float
) -> list[float]:
    """Commit that many messages a second, some at a time, each of another record; their seconds until they arrived."""
    committed: dict[int, float] = {}
    found: list[float] = []
    begins = time.monotonic()
    while len(committed) < min(rate * seconds, len(ids)):
        due = int((time.monotonic() - begins + EACH) * rate)
        group = ids[len(committed) : due]
        now = time.monotonic()
        if group:
            runs.send_now(configuration, group)
            committed |= dict.fromkeys(group, now)
        time.sleep(max(now + EACH - time.monotonic(), 0.0))
    while len(found) < len(committed):
        found += [when - committed[body["external_id"]] for when, body in _next(receiver)]
    return found


def sample(receiver: http.client.HTTPConnection, commit: Any, pause: float) -> float:
    """Commit at a random moment of the hub's rhythm; answers the seconds until it arrived."""
    time.sleep(random.uniform(0.1, 0.1 + pause))
    began = time.monotonic()
    commit()
    ((arrived, _), *_) = _next(receiver)
    return arrived - began


def _next(receiver: http.client.HTTPConnection) -> list[tuple[float, dict[str, Any]]]:
    """What has arrived since the last time, each with its time; waits for the first."""
    receiver.request("GET", "/next")
    found: list[tuple[float, dict[str, Any]]] = json.loads(receiver.getresponse().read())
    return found


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
