"""Jobs, runs and requests from Python on a real Odoo, by both transports."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from hub.http.client import Client
from hub.odoo.connection import Odoo
from syncconfig import drain, jobs, jobwork, runs
from syncconfig.models import ApiClient, ApiJob, Configuration, Grant
from syncconfig.models.client import RUN
from syncconfig.validators import egress_policy
from tests.odoo.test_flows import URL, api, connection, demo_configurations, odoo

pytestmark = [pytest.mark.django_db, pytest.mark.odoo]
__all__ = ["api", "connection", "demo_configurations", "odoo"]


def sent(httpserver: HTTPServer) -> list[int]:
    """The ids of the contacts that the receiver got."""
    return sorted(request.get_json()["external_id"] for request, _ in httpserver.log)


def test_a_run_is_started_from_outside_narrowed_and_followed(
    api: APIClient, odoo: Odoo, httpserver: HTTPServer
) -> None:
    configuration = Configuration.objects.get(code="customers-out")
    Grant.objects.create(client=ApiClient.objects.get(), configuration=configuration, methods=[RUN])
    names = [f"Run {uuid.uuid4()}" for _ in range(3)]
    ids = odoo.create("res.partner", [{"name": name} for name in names])
    address = "/api/sync/v1/configs/customers-out/run"
    for body, expected in ({"ids": ids[:2]}, ids[:2]), ({"domain": [["name", "=", names[2]]]}, ids[2:]):
        httpserver.clear_log()
        answer = api.post(address, body, format="json")
        assert answer.status_code == 202, answer.content
        runs.work()
        drain.drain(Client(egress_policy()), threads=2)
        told = api.get(answer["Location"]).json()["run"]
        assert (told["status"], told["records"], told["sent"]) == ("done", len(expected), len(expected))
        assert sent(httpserver) == expected


def test_a_record_is_sent_from_python_and_its_answer_comes_back(
    api: APIClient, odoo: Odoo, httpserver: HTTPServer
) -> None:
    (record_id,) = odoo.create("res.partner", [{"name": f"Now {uuid.uuid4()}"}])
    configuration = Configuration.objects.get(code="customers-out")
    (record,) = odoo.read("res.partner", [record_id], ["name"])
    outcome = configuration.make_outbound_request(record, timeout=60)
    assert (outcome.ok, outcome.status, outcome.json()) == (True, 201, {})
    assert sent(httpserver) == [record_id]


def test_a_job_taken_up_again_after_a_death_makes_no_second_record(api: APIClient, odoo: Odoo) -> None:
    name = f"Job {uuid.uuid4()}"
    operations = [{"method": "create", "data": {"name": f"{name} {number}"}} for number in range(3)]
    headers = {"Prefer": "respond-async"}
    address = api.post(f"{URL}/batch", {"operations": operations}, format="json", headers=headers)["Location"]
    job = jobs.claim()
    assert job is not None
    before: dict[str, Any] = ApiJob.objects.filter(pk=job.pk).values().get()
    jobwork.carry_out(job)
    before["claimed_until"] = timezone.now() - timedelta(seconds=1)
    ApiJob.objects.filter(pk=job.pk).update(**before)  # what a worker leaves that dies before it tells
    assert jobwork.work() == 1
    told = api.get(address).json()["job"]
    assert (told["status"], told["attempts"], told["answer"]["status"]) == ("done", 2, 200)
    ids = [one["id"] for one in told["answer"]["body"]["results"]]
    assert sorted(odoo.search("res.partner", [("name", "=like", f"{name}%")])) == sorted(ids)
