"""The outbox: what is queued is sent once, in order, however often the sender dies."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from syncconfig import outbox
from syncconfig.models import Configuration, Delivery, Wake

pytestmark = pytest.mark.django_db


def queue(configuration: Configuration, *records: int, event: str = "manual") -> list[Delivery]:
    """Queue a message for each record."""
    messages = [
        Delivery(configuration=configuration, event=event, model="res.partner", record_ids=[one], record_id=one)
        for one in records
    ]
    outbox.queue(messages)
    return messages


def states() -> list[str]:
    """The states of all messages, in order."""
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def test_a_claimed_message_is_not_claimed_again(customers_out: Configuration) -> None:
    queue(customers_out, 1, 2)
    assert len(outbox.claim(10)) == 2
    assert outbox.claim(10) == []


def test_the_attempt_counts_before_anything_is_sent(customers_out: Configuration) -> None:
    queue(customers_out, 1)
    (claimed,) = outbox.claim(1)
    assert claimed.attempts == 1
    assert Delivery.objects.get().attempts == 1


def test_a_claimed_message_is_what_stands_in_the_database(customers_out: Configuration) -> None:
    queue(customers_out, 1, 2)
    for lapsed in (0, 1):
        later = timezone.now() + lapsed * (outbox.LEASE + timedelta(seconds=1))
        for claimed in outbox.claim(10, now=later):
            stored = Delivery.objects.get(pk=claimed.pk)
            names = [field.attname for field in Delivery._meta.concrete_fields]
            assert {name: getattr(claimed, name) for name in names} == {name: getattr(stored, name) for name in names}


def test_a_claim_is_old_when_half_of_its_lease_is_over(customers_out: Configuration) -> None:
    queue(customers_out, 1, 2)
    began = timezone.now()
    claimed = outbox.claim(10, now=began)
    assert not outbox.is_old(claimed, began + outbox.LEASE / 2)
    assert outbox.is_old(claimed, began + outbox.LEASE / 2 + timedelta(seconds=1))
    assert not outbox.is_old([])


def test_a_lapsed_lease_lets_another_worker_take_over(customers_out: Configuration) -> None:
    queue(customers_out, 1)
    (first,) = outbox.claim(1)
    (second,) = outbox.claim(1, now=timezone.now() + outbox.LEASE + timedelta(seconds=1))
    assert second.attempts == 2
    assert second.claim_id != first.claim_id


def test_a_worker_that_lost_its_lease_cannot_write_its_result(customers_out: Configuration) -> None:
    queue(customers_out, 1)
    (late,) = outbox.claim(1)
    (owner,) = outbox.claim(1, now=timezone.now() + outbox.LEASE + timedelta(seconds=1))
    assert outbox.dead(late, "too late") is False
    assert states() == ["sending"]
    assert outbox.done(owner, 200) is True
    assert states() == ["done"]


def test_a_renewed_lease_does_not_lapse(customers_out: Configuration) -> None:
    queue(customers_out, 1)
    (claimed,) = outbox.claim(1)
    assert claimed.claim_id is not None
    later = timezone.now() + outbox.LEASE - timedelta(seconds=1)
    assert outbox.renew(claimed.claim_id, [claimed.pk], now=later) == {claimed.pk}
    assert outbox.claim(1, now=later + timedelta(seconds=10)) == []


def test_messages_about_one_record_keep_their_order(customers_out: Configuration) -> None:
    first, second, other = queue(customers_out, 1, 1, 2)
    claimed = outbox.claim(10)
    assert [one.pk for one in claimed] == [first.pk, other.pk]
    outbox.retry(claimed[0], 60, "again later")
    outbox.done(claimed[1], 200)
    assert outbox.claim(10) == []
    outbox.dead(outbox.claim(10, now=timezone.now() + timedelta(seconds=61))[0], "no more")
    assert [one.pk for one in outbox.claim(10)] == [second.pk]


def test_a_waiting_update_is_not_queued_twice(customers_out: Configuration) -> None:
    queue(customers_out, 1, event="update")
    queue(customers_out, 1, 2, event="update")
    assert list(Delivery.objects.order_by("id").values_list("record_id", flat=True)) == [1, 2]


def test_an_update_during_the_sending_is_queued(customers_out: Configuration) -> None:
    queue(customers_out, 1, event="update")
    outbox.claim(1)
    queue(customers_out, 1, event="update")
    assert states() == ["sending", "pending"]


def test_a_delete_takes_the_place_of_an_update_that_waits(customers_out: Configuration) -> None:
    queue(customers_out, 1, event="update")
    queue(customers_out, 1, event="delete")
    assert states() == ["skipped", "pending"]


def test_created_and_deleted_before_anything_was_sent_is_nothing(customers_out: Configuration) -> None:
    queue(customers_out, 1, event="create")
    queue(customers_out, 1, event="delete")
    assert states() == ["skipped"]


@pytest.mark.parametrize("columns", [{"attempts": 1}, {"replayed": True}, {"state": "sending"}])
def test_a_delete_is_queued_when_the_receiver_may_have_heard_of_the_record(
    customers_out: Configuration, columns: dict[str, Any]
) -> None:
    queue(customers_out, 1, event="create")
    Delivery.objects.update(**columns)
    queue(customers_out, 1, event="delete")
    assert [one.event for one in Delivery.objects.filter(finished_at=None).order_by("id")] == ["create", "delete"]


def test_what_is_sent_again_by_hand_counts_as_heard_of(customers_out: Configuration) -> None:
    queue(customers_out, 1, event="create")
    (claimed,) = outbox.claim(1)
    outbox.done(claimed, 200)
    outbox.replay(Delivery.objects.all())
    queue(customers_out, 1, event="delete")
    assert states() == ["pending", "pending"]


def test_news_go_into_what_waits_from_the_first_values_to_the_last(customers_out: Configuration) -> None:
    for event, old, new in (("update", "draft", "sent"), ("state", "sent", "sale")):
        change = {"changed_fields": ["state"], "old": {"state": old}, "new": {"state": new}, "at": new}
        outbox.queue([Delivery(
            configuration=customers_out, event=event, model="m", record_ids=[1], record_id=1, change=change
        )])  # fmt: skip
    row = Delivery.objects.get()
    assert row.event == "state"
    assert row.change == {
        "changed_fields": ["state"], "old": {"state": "draft"}, "new": {"state": "sale"}, "at": "sale"
    }  # fmt: skip


def test_a_postponed_message_has_lost_no_attempt(customers_out: Configuration) -> None:
    queue(customers_out, 1)
    (claimed,) = outbox.claim(1)
    outbox.postpone(claimed, 15, "Odoo is away")
    row = Delivery.objects.get()
    assert (row.attempts, row.state, row.last_error) == (0, "pending", "Odoo is away")


@pytest.mark.parametrize("off", [{"active": False}, {"connection__active": False}])
def test_what_is_switched_off_is_not_sent_but_kept(customers_out: Configuration, off: dict[str, Any]) -> None:
    queue(customers_out, 1)
    if "active" in off:
        Configuration.objects.update(active=False)
    else:
        customers_out.connection.active = False
        customers_out.connection.save()
    assert outbox.claim(10) == []
    assert states() == ["pending"]


def test_replay_sends_finished_messages_again_from_the_first_attempt(customers_out: Configuration) -> None:
    queue(customers_out, 1, 2)
    first, _ = outbox.claim(10)
    outbox.dead(first, "refused")
    assert outbox.replay(Delivery.objects.all()) == 1
    row = Delivery.objects.get(pk=first.pk)
    assert (row.state, row.attempts, row.last_error) == ("pending", 0, "")


def test_claiming_does_not_read_the_history(customers_out: Configuration) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the table's size; it takes the same indexes when there is a history")
    plan = outbox.due(timezone.now()).order_by("due_at", "id").explain()
    assert "USING INDEX delivery_due" in plan
    assert "delivery_order" in plan


def test_each_message_is_held_against_its_own_record_alone_before_there_are_statistics(
    customers_out: Configuration,
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("of PostgreSQL, which chooses by statistics")
    queue(customers_out, *range(1, 301))
    (older,) = [part for part in outbox.due(timezone.now()).explain().split("SubPlan 1")[1:] if "->" in part]
    assert "delivery_order" in older.partition("Index Cond")[0]


def test_many_causes_make_one_wake_up_call(
    customers_out: Configuration, django_capture_on_commit_callbacks: Any
) -> None:
    from django_q.models import OrmQ

    with django_capture_on_commit_callbacks(execute=True):
        for record_id in range(20):
            queue(customers_out, record_id + 1)
    assert Wake.objects.get(name="deliver").requested_at is not None
    if not OrmQ.objects.exists():
        pytest.skip("the queue is in Redis")
    assert OrmQ.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_parallel_workers_share_the_messages_and_take_none_twice(customers_out: Configuration) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("threads of one process share the in-memory SQLite; tests/acceptance has real processes")
    queue(customers_out, *range(1, 201))
    taken: list[int] = []

    def work() -> None:
        try:
            while claimed := outbox.claim(7):
                taken.extend(one.pk for one in claimed)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(taken) == sorted(set(taken))
    assert len(taken) == 200
