"""The addresses for whatever watches the hub."""

from __future__ import annotations

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from syncconfig import runs
from syncconfig.models import Configuration

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_healthy_hub_says_so(client: Client, path: str) -> None:
    assert client.get(path).json() == {"status": "ok"}


def test_metrics_count_the_deliveries(client: Client, customers_out: Configuration) -> None:
    runs.send_now(customers_out, [1, 2, 3])
    text = client.get("/metrics").content.decode()
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["hub_deliveries", "customers-out", "pending"] == 3
    assert samples["hub_oldest_due_delivery_seconds",] >= 0
    assert samples["hub_runs_unfinished",] == 0


def test_metrics_of_a_hub_without_a_token_are_for_this_machine_alone(client: Client) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.5").status_code == 403
    for name in ("X-Real-IP", "X-Forwarded-For"):
        assert client.get("/metrics", headers={name: "203.0.113.5"}).status_code == 403


def test_with_a_token_it_is_needed_from_everywhere(client: Client, settings: Settings) -> None:
    settings.HUB_METRICS_TOKEN = "t0ken"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    answer = client.get("/metrics", headers={"Authorization": "Bearer t0ken"}, REMOTE_ADDR="203.0.113.5")
    assert answer.status_code == 200
