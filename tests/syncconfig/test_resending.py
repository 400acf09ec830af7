"""Sending again what is about the same record: its values of today go out once, and people are told so before."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Count
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer

from hub.http.client import Client
from hub.odoo.connection import Odoo
from syncconfig import drain, outbox, resending
from syncconfig.models import Configuration, Delivery
from tests.conftest import Make
from tests.syncconfig.test_push import partner, sender

pytestmark = pytest.mark.django_db
__all__ = ["sender"]


@pytest.fixture(autouse=True)
def receiver(httpserver: HTTPServer) -> None:
    """Takes everything."""
    httpserver.expect_request("/customers").respond_with_json({})


def finished(configuration: Configuration, *ids: int, event: str = "update", **columns: Any) -> Delivery:
    """A message that ended."""
    return Delivery.objects.create(
        **{
            "configuration": configuration, "event": event, "model": "res.partner", "record_ids": list(ids),
            "record_id": ids[0] if len(ids) == 1 else None, "state": "done", "finished_at": timezone.now(), **columns,
        }
    )  # fmt: skip


def arrived(httpserver: HTTPServer) -> list[Any]:
    return [request.get_json() for request, _ in httpserver.log]


def test_a_record_is_sent_once_by_the_newest_of_its_messages(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    ada, bob = partner(odoo), partner(odoo, name="Bob")
    first, alone, dead, newest = (
        finished(customers_out, ada), finished(customers_out, bob, event="manual"),
        finished(customers_out, ada, event="create", state="dead", last_error="422"), finished(customers_out, ada),
    )  # fmt: skip
    chosen = resending.sorted_out(Delivery.objects.all())
    assert (chosen.send, chosen.covered, chosen.count) == ([newest.pk, alone.pk], [dead.pk, first.pk], 4)
    assert outbox.replay(Delivery.objects.all()) == 2
    drain.drain(sender, threads=1)
    assert sorted(one["full_name"] for one in arrived(httpserver)) == ["Ada", "Bob"]
    for one in (first, dead, newest):
        one.refresh_from_db()
    assert (first.state, first.replayed, newest.state, newest.replayed) == ("done", False, "done", True)
    assert (dead.state, dead.last_error) == ("skipped", resending.COVERED), "nobody has to look at it any more"


def test_each_configuration_sends_it_once(
    customers_out: Configuration, make: Make, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    second = make("second", [("name", "n")], request_type="out", methods=["POST"], url=customers_out.url)
    ada = partner(odoo)
    for configuration in (customers_out, second, second):
        finished(configuration, ada)
    assert outbox.replay(Delivery.objects.all()) == 2
    drain.drain(sender, threads=1)
    assert sorted(len(one) for one in arrived(httpserver)) == [1, 4]


def test_what_has_values_of_its_own_keeps_its_message(customers_out: Configuration, odoo: Odoo) -> None:
    ada = partner(odoo)
    values = {"id": ada, "name": "Ada", "email": False, "country_id": False}
    for event in ("state", "state", "delete", "delete", "update", "update"):
        finished(customers_out, ada, event=event, values=values if event == "delete" else None)
    assert outbox.replay(Delivery.objects.all()) == 5
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == [
        *["pending"] * 4,
        "done",
        "pending",
    ]


def test_of_batches_each_record_is_sent_once(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    customers_out.is_paginated, customers_out.page_size = True, 3
    customers_out.save()
    one, two, three = (partner(odoo, name=name) for name in ("One", "Two", "Three"))
    within, before, _ = (finished(customers_out, *ids) for ids in ((two, one), (one, two), (two, three)))
    chosen = resending.sorted_out(Delivery.objects.all())
    assert (chosen.covered, chosen.fewer) == ([within.pk], {before.pk: [one]})
    assert outbox.replay(Delivery.objects.all()) == 2
    drain.drain(sender, threads=1)
    names = [record["full_name"] for body in arrived(httpserver) for record in body]
    assert sorted(names) == ["One", "Three", "Two"]


def test_the_page_tells_the_numbers_of_what_is_then_done(
    customers_out: Configuration, odoo: Odoo, admin_client: Browser
) -> None:
    ada, bob = partner(odoo), partner(odoo)
    for record_id in (ada, ada, ada, bob):
        finished(customers_out, record_id)
    finished(customers_out, ada, database="another Odoo")
    url = reverse("admin:syncconfig_configuration_send_again", args=[customers_out.pk])
    page = admin_client.get(url, {"state": ["done"]}).content.decode()
    told = (
        "2 are covered by newer ones about the same records",
        "1 belongs to another Odoo and stays as it is: the connection leads to another database now.",
    )
    assert all(one in page for one in ("5 messages", "Send 2 again", *told))
    assert page.count("was never sent</span>") == 2, "those that are sent are shown"
    page = admin_client.post(url, {"state": ["done"]}, follow=True).content.decode()
    assert all(one in page for one in ("2 queued again.", *told))
    assert Delivery.objects.filter(state="pending").count() == 2


def test_thousands_are_chosen_at_once(customers_out: Configuration) -> None:
    now = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(
            configuration=customers_out, event="update", model="res.partner", record_ids=[number % 1200 + 1],
            record_id=number % 1200 + 1, state="dead", finished_at=now,
        )
        for number in range(2400)
    )  # fmt: skip
    assert outbox.replay(Delivery.objects.all()) == 1200
    found = dict(Delivery.objects.order_by().values_list("state").annotate(number=Count("id")))
    assert found == {"pending": 1200, "skipped": 1200}
