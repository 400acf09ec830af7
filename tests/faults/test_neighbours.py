"""One broken schedule fails alone; old logs are forgotten without holding up deliveries."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ, Schedule
from django_q.scheduler import scheduler

from apilog.models import ApiLog
from apilog.retention import BATCH, purge_logs
from hub import timetable
from hub.broker import DatabaseQueue
from syncconfig import outbox
from syncconfig.models import Configuration, Delivery

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param({"cron": "not a cron"}, id="cron"),
        pytest.param({"cron": None}, id="no cron"),
        pytest.param({"args": "1, ("}, id="arguments"),
        pytest.param({"args": "__import__('os')"}, id="arguments that are code"),
        pytest.param({"kwargs": "[1, 2]"}, id="keyword arguments"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_put_off_and_named_and_the_others_run(
    broken: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    Schedule.objects.all().delete()
    now = timezone.now()
    common = {"func": "syncconfig.tasks.look_after", "schedule_type": Schedule.CRON, "cron": "* * * * *", "repeats": -1}
    due = now - timedelta(minutes=2)
    bad = Schedule(name="bad", next_run=due - timedelta(minutes=1), **{**common, **broken})
    Schedule.objects.bulk_create([bad, Schedule(name="good", next_run=due, **common)])
    with caplog.at_level(logging.ERROR):
        timetable.prepare()
        scheduler(broker=DatabaseQueue("here"))
    assert "“bad” cannot be carried out" in caplog.text
    assert OrmQ.objects.count() == 1
    assert Schedule.objects.get(name="good").next_run > now - timedelta(minutes=1)
    assert Schedule.objects.get(name="bad").next_run > now


def test_old_logs_go_in_batches_and_a_delivery_is_claimed_in_between(customers_out: Configuration) -> None:
    old = timezone.now() - timedelta(days=60)
    rows = [
        ApiLog(direction="out", method="POST", url="https://x.example", started_at=old) for _ in range(3 * BATCH + 7)
    ]
    ApiLog.objects.bulk_create(rows)
    outbox.queue(
        [
            Delivery(configuration=customers_out, event="manual", model="res.partner", record_ids=[n])
            for n in range(1, 4)
        ]
    )
    left: list[int] = []
    claimed: list[int] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        found = execute(sql, params, many, context)
        if sql.startswith("DELETE") and "apilog" in sql:
            left.append(ApiLog.objects.count())
            claimed.extend(one.pk for one in outbox.claim(1))
        return found

    with connection.execute_wrapper(watch):
        assert purge_logs(timezone.now()) == 3 * BATCH + 7
    steps = [before - after for before, after in zip([3 * BATCH + 7, *left], left, strict=False)]
    assert max(steps) <= BATCH
    assert len(claimed) == 3
