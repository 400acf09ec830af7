"""Limits on calls: counted exactly, told in headers, and over when their window is."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from rest_framework.test import APIClient

from apilog.models import ApiLog
from syncconfig.api import limits
from syncconfig.models import ApiClient, Configuration

URL = "/api/sync/v1/"


@pytest.fixture
def client(db: None) -> ApiClient:
    """Five calls an hour, three a minute."""
    return ApiClient.objects.create(name="Shop", calls_per_hour=5, calls_per_minute=3, all_configurations=True)


@pytest.fixture
def caller(client: ApiClient) -> APIClient:
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {client.issue_token()}")
    return caller


def test_each_answer_tells_where_the_caller_stands(caller: APIClient) -> None:
    now = time.time()
    answer = caller.get(URL)
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("5", "4")
    assert now < int(answer["X-RateLimit-Reset"]) <= now + 3600
    assert caller.get(f"{URL}res.nothing")["X-RateLimit-Remaining"] == "3"  # refused calls count, too


def test_the_minute_and_the_hour_are_limited_each_for_itself(client: ApiClient) -> None:
    start = 1_800_000_000.0
    for _ in range(3):
        limits.count(client, start)
    with pytest.raises(limits.TooMany, match="3 times in one minute") as refused:
        limits.count(client, start + 10)
    assert refused.value.retry_after == 50
    assert refused.value.standing.headers()["X-RateLimit-Limit"] == "3"
    standing = limits.count(client, start + 60)
    assert standing is not None
    assert (standing.limit, standing.remaining) == (5, 0)
    with pytest.raises(limits.TooMany, match="5 times in one hour") as refused:
        limits.count(client, start + 120)
    assert refused.value.retry_after == 3480
    again = limits.count(client, start + 3600)
    assert again is not None
    assert again.remaining == 4


def test_a_call_too_many_is_told_when_to_come_back_and_does_nothing(
    caller: APIClient, customers_in: Configuration
) -> None:
    for _ in range(3):
        caller.get(URL)
    answer = caller.post(f"{URL}res.partner", {"data": {"name": "x"}}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert 0 < int(answer["Retry-After"]) <= 60
    assert (answer["X-RateLimit-Limit"], answer["X-RateLimit-Remaining"]) == ("3", "0")
    assert ApiLog.objects.filter(response_status=429, client="Shop").count() == 1


def test_no_limit_is_no_header(caller: APIClient, client: ApiClient) -> None:
    ApiClient.objects.update(calls_per_hour=0, calls_per_minute=0)
    for _ in range(6):
        assert "X-RateLimit-Limit" not in caller.get(URL)


def test_clients_are_counted_apart(caller: APIClient) -> None:
    for _ in range(4):
        caller.get(URL)
    other = APIClient()
    token = ApiClient.objects.create(name="Other", calls_per_minute=3).issue_token()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert (caller.get(URL).status_code, other.get(URL).status_code) == (429, 200)


@pytest.mark.django_db(transaction=True)
def test_parallel_calls_are_counted_exactly() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("threads of one process share the in-memory SQLite; `make test-postgres` has real ones")
    client = ApiClient.objects.create(name="Shop", calls_per_hour=50, calls_per_minute=0)

    def call(_: int) -> bool:
        try:
            limits.count(client, 1_800_000_000.0)
        except limits.TooMany:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(call, range(200))) == 50
