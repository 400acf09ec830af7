"""``manage.py runconfig``: an Out configuration is started from the command line, and seen through."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from pytest_httpserver import HTTPServer

from syncconfig import runs
from syncconfig.models import Configuration, Run
from tests.syncconfig.test_api_runs import arrived, three

pytestmark = pytest.mark.django_db
__all__ = ["three"]


def command(*arguments: str) -> str:
    """What it prints."""
    out = io.StringIO()
    call_command("runconfig", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_starts_a_run_and_says_which(three: list[int]) -> None:
    told = command("customers-out", "--ids", str(three[0]), str(three[1]))
    run = Run.objects.get()
    assert f"Run {run.pk} of customers-out" in told
    assert (run.event, run.state) == ("command", "pending")
    runs.work()
    run.refresh_from_db()
    assert run.records == 2


def test_with_wait_it_follows_the_run_until_all_is_delivered(three: list[int], httpserver: HTTPServer) -> None:
    told = command("customers-out", "--domain", "[('name', '!=', 'Bob')]", "--wait")
    assert "2 records, 2 deliveries: 2 sent, 0 failed, 0 skipped" in told
    assert arrived(httpserver) == [three[0], three[2]]


def test_with_wait_it_fails_when_a_delivery_does(three: list[int], httpserver: HTTPServer) -> None:
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_json({}, status=422)
    with pytest.raises(CommandError, match="3 of 3 deliveries failed"):
        command("customers-out", "--wait")


def test_with_wait_it_fails_when_the_run_does(customers_out: Configuration) -> None:
    customers_out.mappings.create(position=9, odoo_field="no_such_field", external_key="x")
    with pytest.raises(CommandError, match="no_such_field"):
        command("customers-out", "--wait")


def test_with_wait_it_does_not_wait_for_hours(three: list[int], httpserver: HTTPServer) -> None:
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_json({}, status=503)
    with pytest.raises(CommandError, match="3 deliveries are tried again later"):
        command("customers-out", "--wait", "--timeout", "0")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing"], "There is no Out configuration"),
        (["customers-in"], "There is no Out configuration"),
        (["customers-out", "--ids", "0"], "--ids: "),
        (["customers-out", "--domain", "name = Ada"], "--domain: "),
        (["customers-out", "--domain", "[('credit_limit', '>', 5)]"], "cannot narrow this run"),
        (["customers-out", "--ids", "1", "--domain", "[]"], "not both"),
    ],
)
def test_the_command_says_what_is_wrong(
    customers_in: Configuration, customers_out: Configuration, arguments: list[str], told: str
) -> None:
    with pytest.raises(CommandError, match=told):
        command(*arguments)
    assert not Run.objects.exists()
