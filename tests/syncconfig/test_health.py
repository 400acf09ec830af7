"""Is it working? The same answer on the overview and in the list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apilog.models import ApiLog
from syncconfig import outbox, runs
from syncconfig.health import health_of
from syncconfig.models import Configuration

pytestmark = pytest.mark.django_db


def calls(configuration: Configuration, states: str, ago: timedelta = timedelta(0)) -> None:
    """Log rows in that order: ``+`` went well, ``-`` failed, ``?`` was interrupted, ``o`` is open."""
    meant = {"+": "ok", "-": "failed", "?": "lost", "o": "open"}
    ApiLog.objects.bulk_create(
        ApiLog(
            direction="out", state=meant[sign], configuration_id=configuration.pk, method="POST", url="http://x",
            configuration_code=configuration.code, started_at=timezone.now() - ago,
        )
        for sign in states
    )  # fmt: skip


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("", "Quiet"),
        ("+", "OK"),
        ("-", "Failing"),
        ("+" * 410 + "-", "OK"),
        ("-" * 40 + "+" * 20, "OK"),
        ("+" * 400 + "-" * 10, "Failing"),
        ("+" * 400 + "-" * 9, "OK"),
        ("+" * 10 + "?" * 10, "Failing"),
        ("+" * 10 + "o" * 30, "OK"),
        ("+-", "Failing"),
        ("++-", "OK"),
    ],
)
def test_half_of_the_last_calls_decide(customers_out: Configuration, states: str, expected: str) -> None:
    calls(customers_out, states)
    health = health_of([customers_out])[customers_out.pk]
    assert health.state == expected
    assert (health.calls, health.failed) == (len(states), states.count("-") + states.count("?"))


def test_yesterdays_failures_are_over(customers_out: Configuration) -> None:
    calls(customers_out, "-" * 20, ago=timedelta(hours=25))
    assert health_of([customers_out])[customers_out.pk].state == "Quiet"
    calls(customers_out, "+")
    assert health_of([customers_out])[customers_out.pk].state == "OK"


def test_what_is_owed_and_what_was_given_up_goes_first(customers_out: Configuration) -> None:
    runs.send_now(customers_out, [1, 2])
    assert health_of([customers_out])[customers_out.pk].text == "2 waiting"
    outbox.dead(outbox.claim(1)[0], "refused")
    assert health_of([customers_out])[customers_out.pk].text == "1 given up"
    customers_out.active = False
    assert health_of([customers_out])[customers_out.pk].state == "Off"


def test_a_configuration_of_a_connection_that_is_off_is_off(customers_out: Configuration) -> None:
    customers_out.connection.active = False
    assert health_of([customers_out])[customers_out.pk].state == "Off"


@pytest.mark.parametrize(("states", "expected"), [("+" * 410 + "-", "OK"), ("-", "Failing"), ("", "Quiet")])
def test_overview_and_list_say_the_same(
    admin_client: Client, customers_out: Configuration, states: str, expected: str
) -> None:
    calls(customers_out, states)
    for page in ("index", "syncconfig_configuration_changelist"):
        text = admin_client.get(reverse(f"admin:{page}")).content.decode()
        shown = {
            state for state in ("OK", "Failing", "Quiet") if f">{state}<" in text.replace("\n", "").replace(" ", "")
        }
        assert shown == {expected}, page


def test_a_failure_without_a_message_is_told_in_words(admin_client: Client, customers_out: Configuration) -> None:
    calls(customers_out, "-")
    ApiLog.objects.update(response_status=503)
    text = admin_client.get(reverse("admin:index")).content.decode()
    assert "The external system answered 503 Service Unavailable." in text


def test_the_log_is_searched_by_the_name_of_a_configuration(admin_client: Client, customers_out: Configuration) -> None:
    Configuration.objects.update(name="Kunden für den Webshop")
    calls(customers_out, "+")
    for words, found in (("webshop kunden", True), ("customers-out", True), ("lieferanten", False)):
        text = admin_client.get(reverse("admin:apilog_apilog_changelist"), {"q": words}).content.decode()
        assert ("data-row" in text) is found, words
