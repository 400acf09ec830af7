"""Idempotency-Key: a request that is sent again does nothing again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig import retention
from syncconfig.api import idempotency
from syncconfig.models import ApiClient, Configuration, IdempotencyKey
from tests.syncconfig.test_another_database import Switch, switch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customers_in")]
__all__ = ["switch"]
URL = "/api/sync/v1/res.partner"


def post(api: APIClient, key: str = "order-1", url: str = URL, **data: Any) -> Any:
    return api.post(url, {"data": {"name": "Ada", **data}}, format="json", HTTP_IDEMPOTENCY_KEY=key)


def test_the_first_answer_comes_again_and_there_is_one_record(api: APIClient, odoo: Odoo) -> None:
    first, again = post(api), post(api)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert odoo.count("res.partner", [("name", "=", "Ada")]) == 1


def test_another_body_is_refused(api: APIClient) -> None:
    post(api)
    answer = post(api, city="Ulm")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_another_client_and_another_address_are_independent(api: APIClient, odoo: Odoo) -> None:
    first = post(api).json()["id"]
    other = APIClient()
    token = ApiClient.objects.create(name="Other", all_configurations=True).issue_token()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert post(other).json()["id"] != first
    answer = api.put(f"{URL}/{first}", {"data": {"name": "Ada"}}, format="json", HTTP_IDEMPOTENCY_KEY="order-1")
    assert answer.status_code == 200


def test_a_refusal_is_an_answer_too(api: APIClient) -> None:
    first, again = post(api, emial="x"), post(api, emial="x")
    assert (first.status_code, again.status_code) == (400, 400)
    assert again["Idempotency-Replayed"] == "true"


def test_while_the_first_is_under_way_others_are_told_to_wait(api: APIClient) -> None:
    post(api)
    IdempotencyKey.objects.update(status=None, claimed_until=timezone.now() + timedelta(seconds=30))
    answer = post(api)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "REQUEST_IN_PROGRESS")


def test_a_hub_that_died_after_odoos_commit_makes_no_second_record(api: APIClient, odoo: Odoo) -> None:
    first = post(api).json()
    # What is left when the process dies between Odoo's commit and the hub's own: a claim whose time runs out.
    IdempotencyKey.objects.update(status=None, answer="", claimed_until=timezone.now() - timedelta(seconds=1))
    again = post(api)
    assert (again.status_code, again.json()["id"]) == (201, first["id"])
    assert odoo.count("res.partner", [("name", "=", "Ada")]) == 1


def test_neither_does_a_batch(api: APIClient, odoo: Odoo) -> None:
    body = {"operations": [{"method": "create", "data": {"name": f"Ada {n}"}} for n in range(3)]}
    answers = []
    for _ in range(2):
        answers.append(api.post(f"{URL}/batch", body, format="json", HTTP_IDEMPOTENCY_KEY="batch").json())
        IdempotencyKey.objects.update(status=None, answer="", claimed_until=None)
    assert answers[0] == answers[1]
    assert odoo.count("res.partner", [("name", "=like", "Ada %")]) == 3


def test_an_odoo_that_is_away_does_not_use_the_key_up(api: APIClient, customers_in: Configuration, odoo: Odoo) -> None:
    connection = customers_in.connection
    connection.transport, connection.url, connection.database = "jsonrpc", "http://127.0.0.1:9", "x"
    connection.login, connection.api_key = "x", "x"
    connection.save()
    assert post(api).status_code == 503
    connection.transport, connection.url = "embedded", ""
    connection.save()
    answer = post(api)
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "Ä"])
def test_a_key_that_is_none_is_refused(api: APIClient, key: str) -> None:
    answer = post(api, key)
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "Idempotency-Key")


def test_keys_are_forgotten_after_a_day_and_their_answers_are_stored_encrypted(api: APIClient, odoo: Odoo) -> None:
    post(api, email="canary@example.com")
    row = IdempotencyKey.objects.get()
    assert row.status == 201
    IdempotencyKey.objects.update(created_at=timezone.now() - idempotency.KEPT - timedelta(minutes=1))
    assert post(api, name="Bob").status_code == 201
    IdempotencyKey.objects.update(created_at=timezone.now() - idempotency.KEPT - timedelta(minutes=1))
    assert retention.clean_up()["idempotency keys"] == 1


def test_reading_takes_no_key(api: APIClient) -> None:
    api.get(URL, HTTP_IDEMPOTENCY_KEY="x")
    assert not IdempotencyKey.objects.exists()


def test_a_key_that_was_used_for_one_odoo_is_new_for_another(api: APIClient, odoo: Odoo, switch: Switch) -> None:
    first = post(api)
    second = switch("second")
    assert second.count("res.partner", [("name", "=", "Ada")]) == 0
    other = post(api)
    assert other.status_code == 201
    assert "Idempotency-Replayed" not in other
    assert second.count("res.partner", [("name", "=", "Ada")]) == 1
    assert post(api)["Idempotency-Replayed"] == "true"
    back = switch("first")
    again = post(api)
    assert (again["Idempotency-Replayed"], again.json()) == ("true", first.json())
    assert back.count("res.partner", [("name", "=", "Ada")]) == 1


def test_a_batchs_key_knows_its_odoo_too(api: APIClient, odoo: Odoo, switch: Switch) -> None:
    body = {"operations": [{"method": "create", "data": {"name": "Ada"}}]}
    for place in ("first", "second"):
        present = switch(place)
        answer = api.post(f"{URL}/batch", body, format="json", HTTP_IDEMPOTENCY_KEY="batch")
        assert "Idempotency-Replayed" not in answer
        assert present.count("res.partner", [("name", "=", "Ada")]) == 1
