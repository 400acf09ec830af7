"""Run as a process of its own: a bare loop of requests, then the hub's drain, to the same receiver, round by round."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import django
import requests

django.setup()

from django.core.management import call_command  # noqa: E402 - the registry had to be filled first

from syncconfig import demo, drain, plans, runs  # noqa: E402
from syncconfig.models import Configuration, Delivery  # noqa: E402

COPIED = ("connection", "model", "methods", "auth_scheme", "auth_token")


def main(what: dict[str, Any]) -> list[dict[str, float]]:
    """``port``, ``rounds``, ``bare`` (requests), ``records`` and ``endpoints``; answers the figures of each round."""
    call_command("migrate", verbosity=0)
    demo.load()
    configurations = prepare(what["port"], what["endpoints"])
    odoo = plans.odoo_of(configurations[0].connection)
    values = {"email": "bench@example.com", "phone": "+49 30 1234567", "city": "Berlin", "country_id": 1}
    ids = odoo.create("res.partner", [{"name": f"Bench {n}", **values} for n in range(what["records"])])
    return [one_round(what, configurations, ids) for _ in range(what["rounds"])]


def prepare(port: int, endpoints: int) -> list[Configuration]:
    """The demo's customers-out, and as many copies of it as there shall be endpoints."""
    original = Configuration.objects.get(code="customers-out")
    original.url = f"http://127.0.0.1:{port}/customers"
    original.save()
    made = [original]
    for number in range(1, endpoints):
        columns = {name: getattr(original, name) for name in COPIED}
        copy = Configuration.objects.create(
            code=f"out-{number}", name=f"Out {number}", url=f"{original.url}/{number}", **columns
        )
        for related in (original.mappings, original.headers):
            for row in related.all():
                row.pk, row.configuration = None, copy
                row.save()
        made.append(copy)
    return made


def one_round(what: dict[str, Any], configurations: list[Configuration], ids: list[int]) -> dict[str, float]:
    """The bare loop, then the drain of one message a record; raises when something did not arrive."""
    bare = timed(lambda: post_bare(what["port"], what["bare"]), what["bare"], what["port"])
    share = len(ids) // len(configurations)
    for number, configuration in enumerate(configurations):
        runs.send_now(configuration, ids[number * share : (number + 1) * share])
    sent = share * len(configurations)
    drained = timed(lambda: drain.drain(drain.default_sender()), sent, what["port"])
    if Delivery.objects.exclude(state=Delivery.State.DONE).exists():
        raise SystemExit("not all messages were delivered")
    return {
        "bare": bare[0],
        "drain": drained[0],
        "ratio": drained[0] / bare[0],
        "bare_cpu": bare[1],
        "drain_cpu": drained[1],
        "cpu_ratio": bare[1] / drained[1],
    }


def post_bare(port: int, count: int) -> None:
    """What the drain is held against: one session, one request after the other, nothing kept."""
    payload = {
        "external_id": 1,
        "full_name": "Bench 1",
        "email_address": "bench@example.com",
        "contact_number": "+49 30 1234567",
        "address": {"city": "Berlin", "country": "DE"},
        "changed_at": "2026-01-01T00:00:00Z",
    }
    with requests.Session() as session:
        for _ in range(count):
            session.post(f"http://127.0.0.1:{port}/bare", json=payload, timeout=(5, 15)).raise_for_status()


def timed(work: Callable[[], Any], count: int, port: int) -> tuple[float, float]:
    """Requests a second, and this process's CPU milliseconds for each."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    with urlopen(f"http://127.0.0.1:{port}/count") as answer:
        arrived = int(answer.read())
    if arrived != count:
        raise SystemExit(f"{arrived} of {count} requests arrived")
    return count / wall, cpu * 1000 / count


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
