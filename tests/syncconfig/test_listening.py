"""Changes in Odoo become messages: each record once, the right event, nothing that the filter holds back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from hub.odoo.connection import Odoo
from syncconfig import listening
from syncconfig.models import ChangeCursor, Configuration, Delivery

pytestmark = pytest.mark.django_db


@pytest.fixture
def listener(customers_out: Configuration) -> Configuration:
    """A configuration that wants to hear of everything, and has heard all up to now."""
    customers_out.on_create = customers_out.on_update = customers_out.on_delete = True
    customers_out.save()
    listen()
    return customers_out


def listen() -> int:
    """Listen once, whatever the time."""
    ChangeCursor.objects.update(listened_at=None)
    return listening.listen_due()


def events() -> list[tuple[str, int | None]]:
    """What is queued, in order."""
    return list(Delivery.objects.order_by("id").values_list("event", "record_id"))


def new(odoo: Odoo, name: str = "Ada") -> int:
    """A contact in Odoo."""
    (record_id,) = odoo.create("res.partner", [{"name": name}])
    return record_id


def test_the_first_time_marks_the_present_and_sends_no_history(listener: Configuration, odoo: Odoo) -> None:
    assert listen() == 0
    assert events() == []


def test_create_update_and_delete_are_heard(listener: Configuration, odoo: Odoo) -> None:
    record_id = new(odoo)
    listen()
    odoo.write("res.partner", [record_id], {"phone": "1"})
    Delivery.objects.update(state="done")
    listen()
    odoo.unlink("res.partner", [record_id])
    listen()
    assert events() == [("create", record_id), ("update", record_id), ("delete", record_id)]


def test_many_writes_of_one_record_are_one_message(listener: Configuration, odoo: Odoo) -> None:
    record_id = new(odoo)
    for number in range(5):
        odoo.write("res.partner", [record_id], {"phone": str(number)})
    listen()
    assert events() == [("create", record_id)]


def test_a_record_that_came_and_went_between_two_looks_is_no_news(listener: Configuration, odoo: Odoo) -> None:
    odoo.unlink("res.partner", [new(odoo)])
    listen()
    assert events() == []


def test_a_deleted_record_travels_with_its_last_values(listener: Configuration, odoo: Odoo) -> None:
    record_id = new(odoo, "Last name")
    listen()
    Delivery.objects.update(state="done", finished_at=timezone.now())
    odoo.unlink("res.partner", [record_id])
    listen()
    values = Delivery.objects.get(event="delete").values
    assert values is not None
    assert values["name"] == "Last name"


def test_archiving_is_heard_as_an_update(listener: Configuration, odoo: Odoo) -> None:
    record_id = new(odoo)
    listen()
    Delivery.objects.all().delete()
    odoo.write("res.partner", [record_id], {"active": False})
    listen()
    assert events() == [("update", record_id)]


def test_only_the_events_that_were_asked_for_are_queued(listener: Configuration, odoo: Odoo) -> None:
    listener.on_create = False
    listener.save()
    record_id = new(odoo)
    listen()
    odoo.write("res.partner", [record_id], {"phone": "1"})
    listen()
    assert events() == [("update", record_id)]


def test_the_filter_domain_decides_which_records_are_queued(listener: Configuration, odoo: Odoo) -> None:
    listener.domain = "[('name', 'like', 'Wanted')]"
    listener.save()
    wanted = new(odoo, "Wanted")
    new(odoo, "Other")
    listen()
    assert events() == [("create", wanted)]


def test_nothing_is_heard_twice(listener: Configuration, odoo: Odoo) -> None:
    new(odoo)
    assert listen() == 1
    assert listen() == 0


def test_other_models_are_not_heard(listener: Configuration, odoo: Odoo) -> None:
    odoo.create("res.partner.category", [{"name": "Tag"}])
    assert listen() == 0


def test_a_listener_that_cannot_reach_its_odoo_says_so_at_its_cursor(listener: Configuration) -> None:
    listener.mappings.create(odoo_field="name", external_key="again")
    listener.domain = "[('no_such_field', '=', 1)]"
    listener.save()
    odoo = listening.plans.odoo_of(listener.connection)
    new(odoo)
    assert listen() == 0
    assert "no_such_field" in ChangeCursor.objects.get().error


def test_a_configuration_hears_what_happens_from_its_first_moment_on(customers_out: Configuration, odoo: Odoo) -> None:
    customers_out.on_create = True
    customers_out.save()
    listening.begin()
    record_id = new(odoo)
    assert listen() == 1
    assert events() == [("create", record_id)]


SWITCHES = {
    "the trigger": {"on_update": False},
    "the configuration": {"active": False},
    "the field that counts": {"trigger_fields": "email"},
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_what_is_heard_just_as_somebody_switches_it_off_is_not_queued(
    listener: Configuration, odoo: Odoo, switch: str
) -> None:
    record_id = new(odoo)
    listen()
    Delivery.objects.all().delete()
    odoo.write("res.partner", [record_id], {"phone": "1"})
    steps: list[str] = []

    def switching_off(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Another process does so when it is decided what to queue, and before it is queued."""
        if sql.startswith("SAVEPOINT") and steps[-1:] == ["read"]:
            steps.append("switched off")
            Configuration.objects.filter(pk=listener.pk).update(**SWITCHES[switch])
        if sql.startswith("SELECT") and 'FROM "syncconfig_configuration"' in sql and not steps[1:]:
            steps[:] = ["read"]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(switching_off):
        listen()
    assert steps == ["read", "switched off"]
    listen()
    assert events() == []


def test_what_is_heard_while_another_field_is_edited_is_queued_a_moment_later(
    listener: Configuration, odoo: Odoo
) -> None:
    record_id = new(odoo)
    edited = []

    def editing(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SAVEPOINT") and not edited:
            edited.append(sql)
            Configuration.objects.filter(pk=listener.pk).update(trigger_fields="email")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(editing):
        listen()
    assert events() == []
    listen()
    assert events() == [("create", record_id)]
