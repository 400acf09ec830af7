"""Sending finished messages again: one, many, or those of a time, with what is different today."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer

from hub.http.client import Client
from hub.odoo.connection import Odoo
from syncconfig import drain, groups, replaying
from syncconfig.models import Configuration, Delivery
from tests.syncconfig.test_push import partner, push, sender

pytestmark = pytest.mark.django_db
__all__ = ["sender"]


@pytest.fixture
def sent(customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer) -> list[Delivery]:
    """Three messages that arrived."""
    httpserver.expect_request("/customers").respond_with_json({})
    return push(customers_out, sender, *(partner(odoo, name=f"Ada {number}") for number in range(3)))


def changed(one: replaying.Difference) -> list[tuple[str, str]]:
    return [(line.sign, line.text.strip().rstrip(",")) for line in one.body if line.sign]


def test_nothing_is_different_while_nothing_changed(customers_out: Configuration, sent: list[Delivery]) -> None:
    found = replaying.differences(customers_out, sent)
    assert [one.same for one in found] == [True] * 3


def test_a_record_and_a_mapping_that_changed_show_line_by_line(
    customers_out: Configuration, sent: list[Delivery], odoo: Odoo
) -> None:
    odoo.write("res.partner", sent[0].record_ids, {"name": "Augusta"})
    customers_out.mappings.filter(odoo_field="email").update(external_key="mail")
    first, second, _ = replaying.differences(customers_out, sent)
    assert ("-", '"full_name": "Ada 0"') in changed(first)
    assert ("+", '"full_name": "Augusta"') in changed(first)
    assert ("+", '"mail": "ada@example.com"') in changed(second)
    assert not second.same


def test_an_address_that_changed_shows(customers_out: Configuration, sent: list[Delivery]) -> None:
    Configuration.objects.update(url="https://new.example/{{ id }}")
    customers_out.refresh_from_db()
    found = replaying.differences(customers_out, sent[:1])[0]
    assert [line.sign for line in found.address] == ["-", "+"]
    assert found.address[1].text == f"POST https://new.example/{sent[0].record_id}"


def test_messages_are_compared_with_their_own_events(
    customers_out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    """What a person is shown is what is sent."""
    httpserver.expect_request("/customers/update/Ulm").respond_with_json({})
    httpserver.expect_request("/customers/delete/Ulm").respond_with_json({})
    customers_out.url = httpserver.url_for("/customers/{{ event.type }}/{{ event.old.city | default: 'Ulm' }}")
    customers_out.save()
    changed = {"changed_fields": ["city"], "old": {"city": "Ulm"}, "new": {"city": "Bonn"}}
    gone = odoo.read("res.partner", [partner(odoo)], ["name", "email", "country_id"])[0]
    for event, values, change in (("update", None, changed), ("delete", {**gone, "id": 815}, {})):
        Delivery.objects.create(
            configuration=customers_out, event=event, model="res.partner", record_id=gone["id"], change=change,
            record_ids=[gone["id"]], values=values,
        )  # fmt: skip
    drain.drain(sender, threads=1)
    sent = list(Delivery.objects.order_by("id"))
    assert [(one.state, one.last_error) for one in sent] == [("done", "")] * 2
    assert [(one.why_not, one.same) for one in replaying.differences(customers_out, sent)] == [("", True)] * 2


def test_what_would_not_be_sent_says_why(customers_out: Configuration, sent: list[Delivery], odoo: Odoo) -> None:
    odoo.unlink("res.partner", sent[0].record_ids)
    Configuration.objects.update(script_condition="record.name != 'Ada 1'")
    customers_out.refresh_from_db()
    gone, condition, fine = replaying.differences(customers_out, sent)
    assert "gone" in gone.why_not
    assert "condition" in condition.why_not
    assert not fine.why_not


def test_secrets_are_not_in_it(customers_out: Configuration, sent: list[Delivery]) -> None:
    Configuration.objects.update(
        url="https://x.example/?q=canary-token", auth_scheme="bearer", auth_token="canary-token", body_type="json"
    )
    customers_out.refresh_from_db()
    customers_out.mappings.create(odoo_field="name", external_key="password", position=50)
    found = replaying.differences(customers_out, sent[:1])[0]
    text = str(found.address) + str(found.body)
    assert "canary" not in text
    assert '"password"' in text
    assert "Ada 0" in text
    assert text.count("Ada 0") == 1, "the password's value is hidden"


def test_a_message_that_was_never_sent_has_nothing_to_be_compared_with(
    customers_out: Configuration, odoo: Odoo
) -> None:
    one = Delivery.objects.create(
        configuration=customers_out, event="manual", model="res.partner", record_ids=[partner(odoo)], state="dead",
        finished_at=timezone.now(),
    )  # fmt: skip
    found = replaying.differences(customers_out, [one])[0]
    assert found.never_sent
    assert found.body


def test_a_time_is_chosen_compared_and_sent(
    customers_out: Configuration, sent: list[Delivery], admin_client: Browser, sender: Client, httpserver: HTTPServer
) -> None:
    Delivery.objects.filter(pk=sent[0].pk).update(created_at=timezone.now() - timedelta(days=3))
    url = reverse("admin:syncconfig_configuration_send_again", args=[customers_out.pk])
    since = timezone.localtime(timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    page = admin_client.get(url).content.decode()
    assert "No finished message is in this choice" in page
    choice = {"state": ["done"], "since": since, "until": ""}
    page = admin_client.get(url, choice).content.decode()
    assert "2 messages" in page
    assert page.count("the same</span>") == 2
    admin_client.post(url, choice)
    assert [one.state for one in Delivery.objects.order_by("id")] == ["done", "pending", "pending"]
    drain.drain(sender, threads=1)
    assert len(httpserver.log) == 5
    assert [request.get_json()["full_name"] for request, _ in httpserver.log][3:] == ["Ada 1", "Ada 2"]


@pytest.mark.parametrize("value", ["yesterday", "2026-13-01T00:00"])
def test_a_time_that_is_none_is_told(customers_out: Configuration, admin_client: Browser, value: str) -> None:
    url = reverse("admin:syncconfig_configuration_send_again", args=[customers_out.pk])
    answer = admin_client.get(url, {"state": ["done"], "since": value})
    assert answer.status_code == 200
    assert "valid date/time" in answer.content.decode()


def test_who_may_only_look_sends_nothing(customers_out: Configuration, sent: list[Delivery]) -> None:
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.groups.add(Group.objects.get(name=groups.VIEWER))
    browser = Browser()
    browser.force_login(viewer)
    url = reverse("admin:syncconfig_configuration_send_again", args=[customers_out.pk])
    assert browser.get(url, {"state": ["done"]}).status_code == 403
    assert browser.post(url, {"state": ["done"]}).status_code == 403
    assert not Delivery.objects.filter(state="pending").exists()


def test_one_message_is_compared_on_its_own_page(sent: list[Delivery], admin_client: Browser) -> None:
    page = admin_client.get(reverse("admin:syncconfig_delivery_compare", args=[sent[0].pk])).content.decode()
    assert "the same</span>" in page
    assert "Ada 0" in page
