"""A connection is pointed to another database: what names records of the first one never goes out with the second's."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from hub.http.client import Client
from hub.odoo.connect import close_all
from hub.odoo.connection import Odoo
from syncconfig import drain, held, listening, metrics, outbox, plans, replaying, runs, watch
from syncconfig.models import ChangeCursor, Configuration, Delivery, OdooConnection, Run
from syncconfig.validators import egress_policy
from tests.conftest import Make

pytestmark = pytest.mark.django_db
SURE = {"_form_submitted": "True"}


@pytest.fixture
def listener(customers_out: Configuration, httpserver: HTTPServer) -> Configuration:
    """Sends each change, and has heard all up to now."""
    httpserver.expect_request("/customers").respond_with_json({}, status=201)
    customers_out.on_create = customers_out.on_update = customers_out.on_delete = True
    customers_out.save()
    listening.begin()
    return customers_out


@pytest.fixture
def switch(odoo_file: Path, tmp_path: Path, settings: Settings) -> Callable[[str], Odoo]:
    """Point the hub's connection to the ``first`` or the ``second`` database; both hold the same ids."""
    places = {"first": odoo_file, "second": tmp_path / "second.sqlite3"}
    shutil.copy(odoo_file, places["second"])
    with sqlite3.connect(places["second"]) as database:
        database.execute("UPDATE hub_meta SET value = 'second' WHERE name = 'uuid'")
    database.close()

    def switch(name: str) -> Odoo:
        close_all()
        settings.HUB_EMBEDDED_ODOO = places[name]
        return plans.odoo_of(OdooConnection.objects.get())

    return switch


Switch = Callable[[str], Odoo]


def new(odoo: Odoo, name: str) -> int:
    """A contact."""
    return odoo.create("res.partner", [{"name": name}])[0]


def listen() -> int:
    """Listen once, whatever the time."""
    ChangeCursor.objects.update(listened_at=None)
    return listening.listen_due()


def send() -> None:
    """Send all that is due."""
    with_client = Client(egress_policy(), pool_size=2)
    drain.drain(with_client, threads=2)
    with_client.close()


def arrived(httpserver: HTTPServer) -> list[Any]:
    """The names that the receiver got."""
    return [request.get_json()["full_name"] for request, _ in httpserver.log]


def states() -> list[str]:
    """The states of all messages, in order."""
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def test_a_queued_message_is_held_and_not_sent_with_the_other_databases_record(
    listener: Configuration, odoo: Odoo, switch: Switch, httpserver: HTTPServer
) -> None:
    ours = new(odoo, "Ours")
    assert listen() == 1
    other = switch("second")
    assert new(other, "Somebody else") == ours
    send()
    assert arrived(httpserver) == []
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.finished_at) == ("held", 0, None)
    assert delivery.last_error.startswith(f"It names records of {delivery.database}, but the connection leads to ")
    assert delivery.database in delivery.last_error
    assert "embedded Odoo second now" in delivery.last_error


def test_back_at_its_database_it_goes_out_by_itself(
    listener: Configuration, odoo: Odoo, switch: Switch, httpserver: HTTPServer
) -> None:
    new(odoo, "Ours")
    listen()
    switch("second")
    send()
    watch.wake_what_has_work()
    assert states() == ["held"]
    switch("first")
    assert "deliver" in watch.wake_what_has_work()
    send()
    assert (states(), arrived(httpserver)) == (["done"], ["Ours"])
    assert Delivery.objects.get().last_error == ""


def test_a_deletion_is_held_too(listener: Configuration, odoo: Odoo, switch: Switch, httpserver: HTTPServer) -> None:
    (gone,) = odoo.create("res.partner", [{"name": "Ours"}])
    listen()
    send()
    httpserver.clear_log()
    odoo.unlink("res.partner", [gone])
    listen()
    switch("second")
    send()
    assert (states(), arrived(httpserver)) == (["done", "held"], [])


def test_a_held_message_holds_up_nothing_of_the_present_database(
    listener: Configuration, odoo: Odoo, switch: Switch, httpserver: HTTPServer
) -> None:
    ours = new(odoo, "Ours")
    listen()
    other = switch("second")
    listening.begin()
    assert new(other, "Theirs") == ours
    listen()
    assert Delivery.objects.count() == 2  # the one that waits says nothing about the other database's record
    send()
    assert (states(), arrived(httpserver)) == (["held", "done"], ["Theirs"])


def test_each_message_about_a_record_is_held_and_they_go_out_in_their_order(
    listener: Configuration, odoo: Odoo, switch: Switch, httpserver: HTTPServer
) -> None:
    ours = new(odoo, "Ours")
    for _ in range(2):
        Delivery.objects.create(
            configuration=listener, event="manual", model="res.partner", record_ids=[ours], record_id=ours,
            database=odoo.identity(),
        )  # fmt: skip
    switch("second")
    send()
    assert states() == ["held", "held"]
    switch("first")
    assert held.release() == 2
    assert [one.pk for one in outbox.claim(10)] == [Delivery.objects.order_by("id")[0].pk]


def test_changes_of_the_first_database_are_heard_after_coming_back(
    listener: Configuration, odoo: Odoo, switch: Switch, odoo_file: Path
) -> None:
    other = switch("second")
    new(other, "Before anybody listened there")
    listening.begin()
    assert listen() == 0
    theirs = new(other, "Theirs")
    assert listen() == 1
    first = switch("first")
    ours = new(first, "Meanwhile")
    assert listen() == 1
    assert [(one.database, one.record_id) for one in Delivery.objects.order_by("id")] == [
        ("embedded Odoo second", theirs),
        (first.identity(), ours),
    ]
    assert ChangeCursor.objects.count() == 2


def test_a_run_ends_when_its_database_is_gone(listener: Configuration, odoo: Odoo, switch: Switch) -> None:
    runs.start(listener)
    before = odoo.identity()
    Run.objects.update(cursor=5, database=before)
    switch("second")
    assert runs.work() == 0
    run = Run.objects.get()
    assert run.state == "failed"
    assert run.error == (
        f"The run began with records of {before}; the connection leads to embedded Odoo second now. "
        "Press Run now to begin anew there."
    )
    runs.start(listener)
    runs.work()
    assert Run.objects.first().state == "done"  # type: ignore[union-attr]
    assert set(Delivery.objects.values_list("database", flat=True)) == {"embedded Odoo second"}


def test_what_arrived_from_the_other_database_is_not_sent_again(
    listener: Configuration, odoo: Odoo, switch: Switch, httpserver: HTTPServer
) -> None:
    ours = new(odoo, "Ours")
    runs.send_now(listener, [ours])
    send()
    other = switch("second")
    assert new(other, "Somebody else") == ours
    before = Delivery.objects.values().get()
    assert outbox.replay(Delivery.objects.all()) == 0
    send()
    assert Delivery.objects.values().get() == before
    runs.send_now(listener, [ours])
    send()
    assert outbox.replay(Delivery.objects.all()) == 1
    send()
    assert (states(), arrived(httpserver)) == (["done", "done"], ["Ours", "Somebody else", "Somebody else"])
    switch("first")
    assert outbox.replay(Delivery.objects.all()) == 1
    send()
    assert arrived(httpserver)[3:] == ["Ours"]


def test_what_belongs_to_the_other_database_is_not_compared_and_not_offered(
    page: Browser, listener: Configuration, odoo: Odoo, switch: Switch, httpserver: HTTPServer
) -> None:
    ours = new(odoo, "Mira Adler")
    runs.send_now(listener, [ours])
    send()
    one, first = Delivery.objects.get(), odoo.identity()
    assert new(switch("second"), "Mitchell Admin") == ours
    (found,) = replaying.differences(listener, [one])
    assert (found.body, found.address) == ([], [])
    assert found.why_not.startswith(f"It belongs to {first}, but the connection leads to embedded Odoo second now")
    text = page.get(reverse("admin:syncconfig_delivery_compare", args=[one.pk])).content.decode()
    assert (first in text, "Mitchell" in text, "would not be sent" in text) == (True, False, True)
    again = reverse("admin:syncconfig_configuration_send_again", args=[listener.pk])
    text = page.get(again, {"state": ["done"]}).content.decode()
    assert f"1 belongs to {first} and stays as it is" in text
    assert ("Mitchell" in text, ">Send 1 again" in text, ">Send 0 again" in text) == (False, False, False)
    told = page.post(again, {"state": ["done"]}, follow=True).content.decode()
    assert f"0 queued again. 1 belongs to {first}" in told
    chosen = {"action": "send_again", "_selected_action": [one.pk]}
    told = page.post(reverse("admin:syncconfig_delivery_changelist"), chosen, follow=True).content.decode()
    assert f"0 queued again. 1 belongs to {first}" in told
    change = reverse("admin:syncconfig_delivery_change", args=[one.pk])
    button = reverse("admin:syncconfig_delivery_send_this_again", args=[one.pk])
    assert button not in page.get(change).content.decode()
    page.post(button, SURE)
    assert f"It belongs to {first}" in page.get(change).content.decode()
    assert states() == ["done"]
    switch("first")
    assert button in page.get(change).content.decode()


def test_messages_of_an_earlier_version_belong_to_the_database_that_is_connected_at_the_first_start(
    listener: Configuration, odoo: Odoo, switch: Switch, httpserver: HTTPServer
) -> None:
    runs.send_now(listener, [new(odoo, "Ours")])
    Delivery.objects.update(database="")
    assert held.adopt() == 1
    assert Delivery.objects.get().database == odoo.identity()
    switch("second")
    assert held.adopt() == 0
    send()
    assert states() == ["held"]


def test_a_cursor_of_an_earlier_version_goes_on_where_it_was(
    listener: Configuration, odoo: Odoo, odoo_file: Path
) -> None:
    cursor = ChangeCursor.objects.get()
    cursor.database, cursor.position = "", {**cursor.position, "place": str(odoo_file)}
    cursor.save()
    new(odoo, "While the hub was brought up to date")
    listening.begin()
    assert listen() == 1
    assert (ChangeCursor.objects.get().database, "place" in cursor.position) == (odoo.identity(), True)


def test_a_database_that_cannot_be_reached_is_asked_at_intervals_and_then_heard_from_its_present(
    listener: Configuration, odoo: Odoo
) -> None:
    OdooConnection.objects.update(
        transport="json2", url="http://127.0.0.1:1", database="x", login="x", api_key="x", connect_timeout=1
    )
    assert listen() == 0
    cursor = ChangeCursor.objects.get(database="x on 127.0.0.1:1")
    assert "refused the connection" in cursor.error
    ChangeCursor.objects.update(listened_at=timezone.now())
    assert listening.due() == []


@pytest.fixture
def page(admin_user: User, client: Browser) -> Browser:
    """An administrator's browser."""
    client.force_login(admin_user)
    return client


@pytest.fixture
def waiting(listener: Configuration, odoo: Odoo, switch: Switch) -> Delivery:
    """A held message; the second database is connected, with another record of the same id."""
    new(odoo, "Ours")
    listen()
    new(switch("second"), "Theirs")
    send()
    return Delivery.objects.get()


def test_the_admin_says_why_a_message_is_held_and_offers_the_two_ways_out(page: Browser, waiting: Delivery) -> None:
    text = page.get(reverse("admin:syncconfig_delivery_change", args=[waiting.pk])).content.decode()
    assert "Another database" in text
    assert "the same ids are other records" in text
    assert waiting.database in text
    assert "Send from the present Odoo" in text
    assert "Discard" in text
    assert "Deliveries held" in page.get("/admin/").content.decode()
    waiting.refresh_from_db()
    assert waiting.state == "held"


@pytest.mark.parametrize("bulk", [False, True])
@pytest.mark.parametrize(
    ("button", "state", "names"), [("send_from_present", "done", ["Theirs"]), ("discard", "skipped", [])]
)
def test_a_person_decides(
    page: Browser, waiting: Delivery, httpserver: HTTPServer, bulk: bool, button: str, state: str, names: list[str]
) -> None:
    if bulk:
        chosen = {"action": button, "_selected_action": [waiting.pk]}
        page.post(reverse("admin:syncconfig_delivery_changelist"), chosen)
    else:
        one = {"send_from_present": "send_this_from_present", "discard": "discard_this"}[button]
        page.post(reverse(f"admin:syncconfig_delivery_{one}", args=[waiting.pk]), SURE)
    send()
    assert (states(), arrived(httpserver)) == ([state], names)
    assert page.get("/admin/").content.decode().count("Deliveries held") == 0


def test_what_is_not_held_is_left_alone_by_these_buttons(
    page: Browser, listener: Configuration, odoo: Odoo, httpserver: HTTPServer
) -> None:
    runs.send_now(listener, [new(odoo, "Ours")])
    one = Delivery.objects.get()
    assert "Discard" not in page.get(reverse("admin:syncconfig_delivery_change", args=[one.pk])).content.decode()
    for button in ("send_this_from_present", "discard_this"):
        page.post(reverse(f"admin:syncconfig_delivery_{button}", args=[one.pk]), SURE)
    assert states() == ["pending"]


def test_whoever_edits_the_connection_is_told_what_becomes_of_waiting_messages(
    page: Browser, listener: Configuration, odoo: Odoo
) -> None:
    new(odoo, "Ours")
    listen()
    connection = OdooConnection.objects.get()
    form = {
        "name": "Main Odoo", "code": "main", "active": "on", "transport": "json2", "url": "http://127.0.0.1:1",
        "database": "x", "login": "x", "api_key": "x", "connect_timeout": "1", "read_timeout": "1",
    }  # fmt: skip
    url = reverse("admin:syncconfig_odooconnection_change", args=[connection.pk])
    text = page.post(url, form, follow=True).content.decode()
    assert "1 waiting deliveries name records of another database than this connection leads to now." in text


def test_a_held_message_does_not_count_as_overdue(waiting: Delivery) -> None:
    Delivery.objects.update(due_at=timezone.now() - timedelta(hours=2))
    families = {family.name: family for family in metrics.HubCollector().collect()}
    assert families["hub_oldest_due_delivery_seconds"].samples[0].value == 0
    held_ones = [s.value for s in families["hub_deliveries"].samples if s.labels["state"] == "held"]
    assert held_ones == [1]


def test_a_configuration_that_moves_to_another_connection_takes_nothing_with_it(
    listener: Configuration, odoo: Odoo, make: Make, httpserver: HTTPServer
) -> None:
    runs.send_now(listener, [new(odoo, "Ours")])
    elsewhere = OdooConnection.objects.create(
        code="b", name="B", transport="json2", url="http://127.0.0.1:1", database="x", login="x", api_key="x"
    )
    Configuration.objects.filter(pk=listener.pk).update(connection=elsewhere)
    send()
    assert states() == ["held"]  # though that Odoo does not even answer
    Configuration.objects.filter(pk=listener.pk).update(connection=listener.connection)
    assert held.release() == 1
    send()
    assert (states(), arrived(httpserver)) == (["done"], ["Ours"])
