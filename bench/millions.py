"""The processes of bench.million: ``prepare`` (JSON on standard input) and ``work``, which is killed now and then."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - the registry had to be filled first

from syncconfig import demo, drain, plans, runs  # noqa: E402
from syncconfig.models import Configuration, Delivery, Run  # noqa: E402

MODEL = "res.partner.category"
BATCH = 1000


def prepare(records: int, port: int) -> None:
    """The records, and a run that is to send them."""
    call_command("migrate", verbosity=0)
    demo.load()
    one = Configuration.objects.get(code="products-out")
    odoo = plans.odoo_of(one.connection)
    odoo.unlink(MODEL, odoo.search(MODEL, []))
    for start in range(0, records, BATCH):
        odoo.create(MODEL, [{"name": f"Record {n}"} for n in range(start, min(start + BATCH, records))])
    one.mappings.all().delete()
    for field in ("id", "name"):
        one.mappings.create(odoo_field=field, external_key=field)
    one.model, one.url, one.domain, one.schedule = MODEL, f"http://127.0.0.1:{port}/x", "", ""
    one.is_paginated, one.page_size = True, BATCH
    one.save()
    runs.start(one)


def work() -> None:
    """As the cluster's workers do, until all is sent."""
    while Run.objects.filter(state__in=Run.UNFINISHED).exists() or Delivery.objects.filter(finished_at=None).exists():
        runs.work()
        drain.drain(drain.default_sender())
        time.sleep(0.5)  # leases of a worker that was killed run out by themselves


if __name__ == "__main__":
    if sys.argv[1:] == ["work"]:
        work()
    else:
        what: dict[str, Any] = json.load(sys.stdin)
        prepare(what["records"], what["port"])
        print("null")
