"""The demo receiver: it keeps what comes, and serves only the demo."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from syncconfig.models import Configuration, Header
from webhooks.models import ReceivedMessage

pytestmark = pytest.mark.django_db
URL = "/demo/receiver/customers"


def test_what_arrives_is_kept_without_its_credentials(client: Client) -> None:
    headers = {"Authorization": "Bearer canary", "Idempotency-Key": "abc"}
    answer = client.post(URL, '{"full_name": "Ada"}', content_type="application/json", headers=headers)
    assert answer.status_code == 201
    message = ReceivedMessage.objects.get()
    assert (message.path, message.method, message.body) == ("customers", "POST", '{"full_name": "Ada"}')
    assert message.message_id == "abc"
    assert "canary" not in str(message.headers)


def test_bytes_that_are_no_text_do_no_harm(client: Client) -> None:
    assert client.post(URL, b"\xff\x00", content_type="application/octet-stream").status_code == 201


def test_it_is_not_there_without_the_demo(client: Client, settings: Settings) -> None:
    settings.HUB_DEMO = False
    assert client.post(URL, "{}", content_type="application/json").status_code == 404
    assert not ReceivedMessage.objects.exists()


def test_secrets_that_configurations_send_are_not_shown(client: Client, customers_out: Configuration) -> None:
    Header.objects.create(configuration=customers_out, name="X-Foo", value="canary-header", secret=True)
    customers_out.auth_scheme, customers_out.auth_token = "bearer", "canary-token"
    customers_out.save()
    body = '{"note": "canary-token", "password": "hunter2", "name": "Ada"}'
    client.post("/demo/receiver/x", body, content_type="application/json", headers={"X-Foo": "canary-header"})
    message = ReceivedMessage.objects.get()
    kept = f"{message.headers} {message.body}"
    assert "Ada" in kept
    assert "canary" not in kept
    assert "hunter2" not in kept
