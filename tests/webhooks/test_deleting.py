"""Deleting what messages wait for: the page says how many are lost, and how to keep them, before it is done."""

from __future__ import annotations

import html

import pytest
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from syncconfig import endpoints, outbox, runs
from syncconfig.models import ApiClient, Configuration, Delivery, OdooConnection
from tests.conftest import Make
from webhooks.models import Subscription

pytestmark = pytest.mark.django_db
KEEP = "press Pause on the Out configuration's page"


@pytest.fixture
def page(admin_user: User, client: Client) -> Client:
    """An administrator's browser."""
    client.force_login(admin_user)
    return client


@pytest.fixture
def webhook(customers_out: Configuration, customers_in: Configuration) -> Subscription:
    """One that somebody registered, served by customers-out."""
    owner = ApiClient.objects.create(name="Shop")
    return Subscription.objects.create(
        public_id="wh_1", client=owner, configuration=customers_out, source=customers_in, events=["create"]
    )


def asked(page: Client, row: Model) -> str:
    """What the page says before it deletes this."""
    return html.unescape(page.get(address(row, "delete", row.pk)).content.decode())


def deleted(page: Client, row: Model) -> str:
    """What is said when it is done."""
    answer = page.post(address(row, "delete", row.pk), {"post": "yes"}, follow=True)
    assert not type(row)._default_manager.filter(pk=row.pk).exists()
    return html.unescape(answer.content.decode())


def ticked(page: Client, *rows: Model, **more: str) -> str:
    """The same by the list's action, asked or, with ``post``, done."""
    data = {"action": "delete_selected", "_selected_action": [row.pk for row in rows], **more}
    return html.unescape(page.post(address(rows[0], "changelist"), data, follow=True).content.decode())


def address(row: Model, view: str, *args: object) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{view}", args=args)


def finish(number: int) -> None:
    """So many messages arrived."""
    for one in outbox.claim(number):
        outbox.done(one, 200)


def test_a_configuration_says_what_has_not_been_sent(page: Client, customers_out: Configuration) -> None:
    runs.send_now(customers_out, range(1, 76))
    finish(5)
    told = asked(page, customers_out)
    assert "70 messages have not been sent yet, and are lost with it." in told
    assert KEEP in told
    assert "Deliveries: 75" in told
    assert "70 messages that had not been sent were dropped with it." in deleted(page, customers_out)


def test_a_delivery_says_that_it_has_not_been_sent(page: Client, customers_out: Configuration) -> None:
    runs.send_now(customers_out, [1, 2, 3])
    finish(1)
    waiting, other = Delivery.objects.filter(finished_at=None)
    assert "1 message has not been sent yet, and is lost with it." in asked(page, waiting)
    assert "not been sent" not in asked(page, Delivery.objects.exclude(finished_at=None)[0])
    assert "2 messages have not been sent yet" in ticked(page, waiting, other)
    assert "1 message that had not been sent was dropped with it." in deleted(page, waiting)


def test_what_is_paused_is_kept_and_still_counted(page: Client, customers_out: Configuration) -> None:
    runs.send_now(customers_out, [1])
    endpoints.pause(customers_out, "By hand.")
    assert outbox.claim(5) == []
    assert "1 message has not been sent yet, and is lost with it." in asked(page, customers_out)
    assert Delivery.objects.count() == 1
    assert "1 message that had not been sent was dropped with it." in deleted(page, customers_out)


def test_nothing_is_said_when_all_was_sent(
    page: Client, customers_out: Configuration, customers_in: Configuration
) -> None:
    runs.send_now(customers_out, [1, 2])
    finish(2)
    for one in (customers_out, customers_in):
        assert "not been sent" not in asked(page, one)
        assert "not been sent" not in deleted(page, one)


def test_the_list_says_it_of_all_that_are_ticked_and_of_no_other(
    page: Client, customers_out: Configuration, make: Make, connection: OdooConnection
) -> None:
    others = [
        make(code, [("id", "id")], request_type="out", methods=["POST"], url=customers_out.url)
        for code in ("second", "third")
    ]
    for number, one in enumerate([customers_out, *others], start=1):
        runs.send_now(one, range(1, number + 1))
    told = ticked(page, customers_out, others[0])
    assert "3 messages have not been sent yet" in told
    assert KEEP in told
    assert Delivery.objects.count() == 6
    assert "3 messages that had not been sent were dropped" in ticked(page, customers_out, others[0], post="yes")
    assert Delivery.objects.count() == 3


@pytest.mark.parametrize("what", ["the webhook", "its client", "what it reads by"])
def test_webhooks_say_it_too_whatever_takes_them_along(what: str, page: Client, webhook: Subscription) -> None:
    rows = {"the webhook": webhook, "its client": webhook.client, "what it reads by": webhook.source}
    runs.send_now(webhook.configuration, [1, 2, 3])
    assert "3 messages have not been sent yet" in asked(page, rows[what])
    assert "3 messages have not been sent yet" in ticked(page, rows[what])
    assert "3 messages that had not been sent were dropped" in deleted(page, rows[what])
    assert not Delivery.objects.exists()


def test_another_clients_messages_are_not_counted(page: Client, webhook: Subscription) -> None:
    runs.send_now(webhook.configuration, [1])
    assert "not been sent" not in asked(page, ApiClient.objects.create(name="Other"))
