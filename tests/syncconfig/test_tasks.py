"""The cluster's tasks: harmless twice, one fault never stops its neighbours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_q.models import Schedule
from django_q.signals import pre_enqueue
from pytest_httpserver import HTTPServer

from hub.odoo.connection import Odoo
from syncconfig import drain, runs, schedules, tasks, wake, watch
from syncconfig.models import Configuration, Delivery, Run, Wake

pytestmark = pytest.mark.django_db


def test_a_schedule_that_is_due_starts_a_run_and_a_second_one_waits(customers_out: Configuration) -> None:
    assert tasks.run_scheduled(customers_out.pk).startswith("Run ")
    assert "running already" in tasks.run_scheduled(customers_out.pk)
    assert Run.objects.get().event == "schedule"


def test_the_schedule_of_a_configuration_that_is_gone_harms_nobody() -> None:
    assert tasks.run_scheduled(999_999) == "The configuration is gone."


def test_a_run_and_a_drain_together_deliver_everything(
    customers_out: Configuration, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/customers").respond_with_json({})
    customers_out.domain = "[('name', 'like', 'Task ')]"
    customers_out.save()
    odoo.create("res.partner", [{"name": f"Task {number}"} for number in range(30)])
    runs.start(customers_out)
    tasks.run_pending()
    assert tasks.deliver() == 30
    assert tasks.deliver() == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}
    assert len(httpserver.log) == 30


def test_the_look_of_each_second_wakes_what_has_work_and_nothing_else(customers_out: Configuration) -> None:
    assert watch.wake_what_has_work() == []
    runs.send_now(customers_out, [1])
    Wake.objects.all().delete()
    assert watch.wake_what_has_work() == ["deliver"]
    runs.start(customers_out)
    assert set(tasks.look_after()) == {"run", "deliver"}


def test_a_call_that_is_on_its_way_is_not_repeated_until_it_was_heard() -> None:
    assert wake.call("deliver") is True
    assert wake.call("deliver") is False
    wake.heard("deliver")
    assert wake.call("deliver") is True


@pytest.mark.django_db(transaction=True)
def test_a_task_is_handed_over_when_its_call_can_be_ticked_off() -> None:
    """Redis hands it to a worker at once; one that cannot see the call leaves it standing, and nobody else is woken."""
    seen: list[bool] = []

    def handed_over(**_: Any) -> None:
        assert Wake.objects.get(name="deliver").requested_at is not None
        seen.append(connection.in_atomic_block)

    pre_enqueue.connect(handed_over)
    try:
        wake.call("deliver")  # the first of all
        wake.heard("deliver")
        wake.call("deliver")
    finally:
        pre_enqueue.disconnect(handed_over)
    assert seen == [False, False]


@pytest.mark.parametrize(("name", "ago", "sent"), [("listen", 10, 0), ("deliver", 10, 3), ("listen", 0, 3)])
def test_a_drain_makes_room_for_what_waits_for_a_worker(
    customers_out: Configuration, odoo: Odoo, httpserver: HTTPServer, name: str, ago: int, sent: int
) -> None:
    httpserver.expect_request("/customers").respond_with_json({})
    runs.send_now(customers_out, odoo.create("res.partner", [{"name": "Task"}] * 3))
    Wake.objects.all().delete()
    Wake.objects.create(name=name, requested_at=timezone.now() - timedelta(seconds=ago))
    drain.drain(drain.default_sender(), threads=1, turn=0.0)
    assert len(httpserver.log) == sent
    waiting = Delivery.objects.filter(finished_at__isnull=True)
    assert waiting.count() == 3 - sent
    assert not waiting.exclude(attempts=0).exists()  # what was not begun has lost nothing


def test_a_call_that_nobody_hears_is_repeated_after_a_while() -> None:
    wake.call("deliver")
    Wake.objects.update(requested_at=Wake.objects.get().requested_at - wake.STALE * 2)  # type: ignore[operator]
    assert wake.call("deliver") is True


def test_the_standing_schedules_are_made_once() -> None:
    schedules.ensure_standing()
    schedules.ensure_standing()
    assert Schedule.objects.count() == len(schedules.STANDING)


def test_every_task_that_is_named_exists() -> None:
    from django.utils.module_loading import import_string

    named: list[Any] = [*wake.TASKS.values(), *(task for task, _ in schedules.STANDING.values())]
    assert all(callable(import_string(name)) for name in [*named, "syncconfig.tasks.run_scheduled"])
