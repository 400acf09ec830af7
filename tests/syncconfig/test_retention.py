"""What is over is forgotten after a while; what is owed, or waits for a person, is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apilog import record
from apilog.models import ApiLog
from hub.http.message import Request
from hub.odoo.connection import Odoo
from syncconfig import listening, retention
from syncconfig.models import Configuration, Delivery

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=400)


def test_old_log_rows_go_and_new_ones_stay() -> None:
    rows = [
        record.outgoing(record.About(trace_id=f"req_{n}"), Request("POST", "https://x.example")) for n in range(2500)
    ]
    for row in rows[:-1]:
        row.started_at = LONG_AGO
    record.open_all(rows)
    assert retention.clean_up()["log rows"] == 2499
    assert ApiLog.objects.get().trace_id == "req_2499"


@pytest.mark.parametrize(
    ("state", "kept"), [("done", False), ("skipped", False), ("dead", True), ("pending", True), ("sending", True)]
)
def test_old_deliveries_go_only_when_nothing_is_owed(customers_out: Configuration, state: str, kept: bool) -> None:
    Delivery.objects.create(
        configuration=customers_out,
        event="manual",
        model="res.partner",
        state=state,
        created_at=LONG_AGO,
        finished_at=LONG_AGO if state in ("done", "skipped", "dead") else None,
    )
    retention.clean_up()
    assert Delivery.objects.exists() is kept


def test_changes_that_all_have_heard_go_and_the_rest_stays(customers_out: Configuration, odoo: Odoo) -> None:
    customers_out.on_create = True
    customers_out.save()
    listening.begin()
    odoo.create("res.partner", [{"name": "Ada"}])
    assert retention.clean_up()["changes"] == 0
    assert listening.listen_due() in (0, 1)
    listening.ChangeCursor.objects.update(listened_at=None)
    listening.listen_due()
    assert Delivery.objects.count() == 1
    assert retention.clean_up()["changes"] == 1
