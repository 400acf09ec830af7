"""Calls without a valid token: listed up to a limit, then counted, and never with what they sent."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings

from apilog import record, strangers
from apilog.models import ApiLog
from hub.errors import HubError, NotAuthenticated
from syncconfig.lockout import TooManyFailures

WRONG = NotAuthenticated("The token is wrong.")


class Clock:
    """Seconds that pass when they are told to."""

    now = 1000 * 60.0

    def __call__(self) -> float:
        return self.now


def listed(quota: strangers.Quota, address: str, times: int) -> int:
    """How many of so many calls from there get a row."""
    return sum(quota.count(address).listed for _ in range(times))


def test_an_address_gets_so_many_rows_a_minute_and_others_are_not_touched_by_that() -> None:
    clock = Clock()
    quota = strangers.Quota(clock)
    assert listed(quota, "203.0.113.9", 1000) == strangers.EACH
    assert listed(quota, "203.0.113.10", 1000) == strangers.EACH
    clock.now += 60
    assert listed(quota, "203.0.113.9", 1000) == strangers.EACH


def test_all_addresses_together_get_so_many() -> None:
    quota = strangers.Quota(Clock())
    assert sum(listed(quota, f"10.0.{number // 256}.{number % 256}", 1) for number in range(1000)) == strangers.ALL
    verdict = quota.count("192.0.2.1")
    assert (verdict.listed, verdict.key, verdict.more) == (False, "", 1000 - strangers.ALL + 1)


def test_the_addresses_of_one_ipv6_network_count_as_one() -> None:
    quota = strangers.Quota(Clock())
    assert sum(listed(quota, f"2001:db8::{number:x}", 1) for number in range(100)) == strangers.EACH
    assert listed(quota, "2001:db8:0:1::1", 1) == 1


def call(address: str = "203.0.113.9", failure: HubError = WRONG, **headers: str) -> None:
    """A stranger's call."""
    about = record.About(trace_id="req_1", address=address, operation="list")
    url = "/api/sync/v1/res.partner?access_token=canary"
    strangers.note(about, "GET", url, headers.items(), failure.status, failure)


@pytest.mark.django_db
def test_a_flood_makes_a_few_rows_and_one_that_tells_how_large_it_was() -> None:
    for _ in range(300):
        call()
    rows = list(ApiLog.objects.order_by("id"))
    assert len(rows) == strangers.EACH + 1
    assert rows[-1].error_message == (
        "At least 256 more calls without a valid token came from 203.0.113.9 within a minute. "
        "They are not listed one by one."
    )
    assert {(row.state, row.response_status, row.error_code) for row in rows} == {
        ("failed", 401, "AUTHENTICATION_ERROR")
    }


@pytest.mark.django_db
def test_a_flood_that_is_refused_for_its_number_is_summed_up_like_any_other() -> None:
    refused = TooManyFailures("Too many failures.", 60.0)
    for _ in range(100):
        call(failure=refused)
    assert ApiLog.objects.count() == strangers.EACH + 1
    last = ApiLog.objects.first()
    assert last is not None
    assert (last.error_code, "64 more calls" in last.error_message) == (refused.code, True)


@pytest.mark.django_db
def test_a_row_is_redacted_and_short() -> None:
    call(Authorization="Bearer canary", **{f"X-{number}": "x" * 100 for number in range(100)})
    row = ApiLog.objects.get()
    assert "canary" not in row.url + str(row.request_headers)
    assert len(str(row.request_headers)) < 2 * strangers.LONGEST_HEADERS
    assert row.request_body == ""


@pytest.mark.django_db
def test_a_summary_that_was_deleted_is_written_again() -> None:
    for _ in range(strangers.EACH + 1):
        call()
    ApiLog.objects.all().delete()
    call()
    assert "2 more calls" in ApiLog.objects.get().error_message


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "forwarded", "whence"),
    [
        ([], "203.0.113.9", "127.0.0.1"),
        (["127.0.0.0/8"], "203.0.113.9", "203.0.113.9"),
        (["127.0.0.0/8"], "10.9.9.9, 203.0.113.9", "203.0.113.9"),
        (["127.0.0.0/8", "10.0.0.0/8"], "198.51.100.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        (["127.0.0.0/8"], "203.0.113.9:4711", "203.0.113.9"),
        (["127.0.0.0/8"], "[2001:db8::1]:4711", "2001:db8::1"),
        (["127.0.0.0/8"], "unknown", "127.0.0.1"),
        (["127.0.0.0/8"], "", "127.0.0.1"),
        (["127.0.0.0/8"], "127.0.0.2", "127.0.0.2"),
    ],
)
def test_the_address_is_the_nearest_that_is_no_trusted_proxy(proxies: list[str], forwarded: str, whence: str) -> None:
    with override_settings(HUB_TRUSTED_PROXIES=proxies):
        answer = Client().get("/api/sync/v1/", headers={"X-Forwarded-For": forwarded})
    assert answer.status_code == 401
    assert ApiLog.objects.get().address == whence
