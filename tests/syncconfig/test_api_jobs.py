"""Prefer: respond-async: a request is accepted, carried out later, and its answer is kept for its client."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.odoo.connection import Odoo
from syncconfig import jobs, jobwork, retention, tasks
from syncconfig.models import ApiClient, ApiJob, Configuration, Grant
from tests.conftest import Make
from tests.syncconfig.test_another_database import switch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customers_in")]
__all__ = ["switch"]
URL = "/api/sync/v1/res.partner"
JOBS = "/api/sync/v1/jobs"
PREFER = {"Prefer": "respond-async"}


def ask(api: APIClient, data: Any, path: str = URL, method: str = "post", **headers: str) -> Any:
    """Send a request whose caller would rather not wait."""
    return getattr(api, method)(path, data, format="json", headers=PREFER | headers)


def accepted(answer: Any) -> str:
    """The address of the job that was accepted."""
    assert answer.status_code == 202, answer.content
    return str(answer["Location"])


def result(api: APIClient, address: str) -> Any:
    """The job as its client sees it."""
    answer = api.get(address)
    assert answer.status_code == 200, answer.content
    return answer.json()["job"]


def creates(count: int) -> dict[str, Any]:
    """A batch that makes so many records."""
    return {"operations": [{"method": "create", "data": {"name": f"Ada {number}"}} for number in range(count)]}


def test_a_request_is_accepted_at_once_and_its_answer_is_the_one_that_would_have_come(
    api: APIClient, odoo: Odoo
) -> None:
    body = {"data": {"name": "Ada"}, "options": {"return_fields": ["id", "name"]}}
    answer = ask(api, body)
    job = answer.json()["job"]
    assert (answer.status_code, answer["Preference-Applied"]) == (202, "respond-async")
    assert answer.json()["success"] is True
    assert answer["Location"] == job["url"] == f"{JOBS}/{job['id']}"
    assert (job["status"], job["method"], job["path"]) == ("queued", "POST", URL)
    assert job["configuration"] == "customers-in"
    assert not odoo.search("res.partner", [("name", "=", "Ada")])
    assert result(api, job["url"])["answer"] is None

    assert tasks.work_on_jobs() == 1
    told = result(api, job["url"])
    (record_id,) = odoo.search("res.partner", [("name", "=", "Ada")])
    assert told["status"] == "done"
    assert told["answer"] == {
        "status": 201,
        "headers": {"Location": f"{URL}/{record_id}"},
        "body": {"success": True, "id": record_id, "data": {"id": record_id, "name": "Ada"}},
    }
    assert told["created_at"] <= told["started_at"] <= told["finished_at"]


def test_update_delete_and_what_third_parties_post_can_wait_too(api: APIClient, odoo: Odoo) -> None:
    (record_id,) = odoo.create("res.partner", [{"name": "Ada"}])
    put = accepted(ask(api, {"data": {"city": "Ulm"}}, f"{URL}/{record_id}", "put"))
    patch = accepted(ask(api, {"data": {"phone": "1"}}, f"{URL}/{record_id}", "patch"))
    sent = accepted(ask(api, [{"name": "Bob"}], "/api/sync/v1/in/customers-in"))
    gone = accepted(api.delete(f"{URL}/{record_id}", headers=PREFER))
    jobwork.work()
    assert result(api, put)["answer"]["body"]["updated_fields"] == ["city"]
    assert result(api, patch)["answer"]["body"]["updated_fields"] == ["phone"]
    assert result(api, sent)["answer"]["body"]["results"][0]["success"] is True
    assert result(api, gone)["answer"]["body"]["message"] == "Record deleted successfully"
    assert not odoo.search("res.partner", [("id", "=", record_id)])


def test_the_log_has_a_row_for_the_acceptance_and_one_for_the_work_under_one_trace_id(api: APIClient) -> None:
    answer = ask(api, {"data": {"name": "Ada"}}, **{"X-Request-ID": "order-17"})
    jobwork.work()
    accepting, working = ApiLog.objects.filter(trace_id="order-17").order_by("id")
    assert answer.json()["job"]["trace_id"] == "order-17"
    assert (accepting.response_status, working.response_status) == (202, 201)
    assert accepting.configuration_code == working.configuration_code == "customers-in"
    assert accepting.client == working.client == "Web shop"
    assert (working.state, working.operation) == ("ok", "create")


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        ("respond-async", True),
        ("Respond-Async, wait=10", True),
        ('return=minimal; foo="a, b", respond-async', True),
        ("wait=5", False),
        ("respond-async=no", False),
        ("x-respond-async", False),
        ('return="respond-async"', False),
        (";;, respond-async", False),
    ],
)
def test_only_who_prefers_it_is_not_kept_waiting(api: APIClient, header: str, waits: bool) -> None:
    answer = api.post(URL, {"data": {"name": "Ada"}}, format="json", headers={"Prefer": header})
    assert answer.status_code == (202 if waits else 201)
    assert answer.has_header("Preference-Applied") is waits


def test_reading_is_answered_at_once(api: APIClient) -> None:
    assert api.get(URL, headers=PREFER).status_code == 200
    assert api.get(f"{URL}/search", headers=PREFER).status_code == 200


def test_callers_who_are_no_clients_are_answered_at_once(customers_in: Configuration, db: None) -> None:
    customers_in.accepts_anybody, customers_in.trusted_networks = True, "127.0.0.1"
    customers_in.save()
    assert ask(APIClient(), {"data": {"name": "Ada"}}).status_code == 201
    assert APIClient().get(JOBS).status_code == 401


@pytest.mark.parametrize(("body", "kind"), [("{", "application/json"), ("a,b", "text/csv")])
def test_what_cannot_be_read_is_refused_and_not_queued(api: APIClient, body: str, kind: str) -> None:
    answer = api.post(URL, body, content_type=kind, headers=PREFER)
    assert answer.status_code == (400 if kind.endswith("json") else 415)
    assert not ApiJob.objects.exists()


def test_a_body_that_is_too_large_is_refused_and_not_queued(api: APIClient, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert ask(api, {"data": {"name": "A" * 200}}).status_code == 413
    assert not ApiJob.objects.exists()


def test_what_the_caller_may_not_do_is_refused_and_not_queued(api: APIClient, customers_in: Configuration) -> None:
    assert ask(api, {"data": {}}, "/api/sync/v1/no.such").status_code == 404
    customers_in.methods = ["GET"]
    customers_in.save()
    assert ask(api, {"data": {"name": "Ada"}}).status_code == 405
    assert ask(APIClient(), {"data": {"name": "Ada"}}).status_code == 401
    assert not ApiJob.objects.exists()


def test_wrong_values_are_the_jobs_answer(api: APIClient, odoo: Odoo) -> None:
    address = accepted(ask(api, {"data": {"emial": "x"}}))
    jobwork.work()
    told = result(api, address)
    assert (told["status"], told["answer"]["status"]) == ("failed", 400)
    error = told["answer"]["body"]["error"]
    assert (error["code"], error["details"]["field"]) == ("VALIDATION_ERROR", "emial")
    assert error["trace_id"] == told["trace_id"]
    assert told["error"] == error["message"]


def test_another_clients_job_is_not_there(api: APIClient) -> None:
    address = accepted(ask(api, {"data": {"name": "Ada"}}))
    other = APIClient()
    token = ApiClient.objects.create(name="Other", all_configurations=True).issue_token()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    assert (other.get(address).status_code, other.delete(address).status_code) == (404, 404)
    assert other.get(JOBS).json()["data"] == []
    assert result(api, address)["status"] == "queued"


def test_an_id_that_is_none_is_a_404(api: APIClient) -> None:
    for wrong in ("1", "x", str(uuid.uuid4())):
        assert api.get(f"{JOBS}/{wrong}").status_code == 404


def test_the_list_shows_the_clients_own_jobs_the_newest_first_and_without_answers(api: APIClient) -> None:
    addresses = [accepted(ask(api, {"data": {"name": f"Ada {number}"}})) for number in range(3)]
    assert jobwork.work() == 3
    addresses.append(accepted(ask(api, {"data": {"name": "Bob"}})))
    answer = api.get(JOBS, {"per_page": 2}).json()
    assert [one["url"] for one in answer["data"]] == addresses[:-3:-1]
    assert answer["pagination"]["total"] == 4
    assert "answer" not in answer["data"][0]
    assert [one["url"] for one in api.get(JOBS, {"status": "queued"}).json()["data"]] == addresses[-1:]
    wrong = api.get(JOBS, {"status": "lost"})
    assert (wrong.status_code, wrong.json()["error"]["details"]["field"]) == (400, "status")


def test_a_waiting_job_can_be_cancelled_and_is_never_carried_out(api: APIClient, odoo: Odoo) -> None:
    address = accepted(ask(api, {"data": {"name": "Ada"}}))
    for _ in range(2):  # to say it twice does no harm
        answer = api.delete(address)
        assert (answer.status_code, answer.json()["job"]["status"]) == (200, "cancelled")
    assert jobwork.work() == 0
    assert not odoo.search("res.partner", [("name", "=", "Ada")])


def test_a_job_that_runs_or_is_over_cannot_be_cancelled(api: APIClient) -> None:
    address = accepted(ask(api, {"data": {"name": "Ada"}}))
    job = jobs.claim()
    assert job is not None
    running = api.delete(address)
    assert (running.status_code, running.json()["error"]["details"]["state"]) == (409, "running")
    jobwork.carry_out(job)
    over = api.delete(address)
    assert (over.status_code, over.json()["error"]["code"]) == (409, "JOB_NOT_CANCELLABLE")
    assert result(api, address)["status"] == "done"


def test_a_large_batch_tells_how_far_it_is(api: APIClient, odoo: Odoo) -> None:
    address = accepted(ask(api, creates(450), f"{URL}/batch"))
    assert result(api, address)["progress"] is None
    seen: list[Any] = []

    def watched(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        if sql.startswith('UPDATE "syncconfig_apijob"') and '"done"' in sql:
            seen.append(result(api, address))
        return answer

    with database.execute_wrapper(watched):
        jobwork.work()
    told = [(one["status"], one["progress"]["done"], one["progress"]["total"]) for one in seen]
    assert list(dict.fromkeys(told)) == [
        ("running", 0, 450), ("running", 200, 450), ("running", 400, 450),
        ("running", 450, 450),
    ]  # fmt: skip
    over = result(api, address)
    assert over["progress"] == {"done": 450, "total": 450}
    assert [one["success"] for one in over["answer"]["body"]["results"]] == [True] * 450


def test_what_a_client_may_do_counts_when_it_is_done(api: APIClient, customers_in: Configuration, odoo: Odoo) -> None:
    ApiClient.objects.update(all_configurations=False)
    grant = Grant.objects.create(client=ApiClient.objects.get(), configuration=customers_in, methods=["POST"])
    address = accepted(ask(api, {"data": {"name": "Ada"}}))
    grant.delete()
    jobwork.work()
    assert result(api, address)["answer"]["status"] == 403
    assert not odoo.search("res.partner", [("name", "=", "Ada")])


def test_a_key_belongs_to_the_acceptance_and_makes_one_job(api: APIClient, odoo: Odoo) -> None:
    first = ask(api, {"data": {"name": "Ada"}}, **{"Idempotency-Key": "order-1"})
    again = ask(api, {"data": {"name": "Ada"}}, **{"Idempotency-Key": "order-1"})
    assert accepted(first) == accepted(again)
    assert again["Idempotency-Replayed"] == "true"
    other = ask(api, {"data": {"name": "Bob"}}, **{"Idempotency-Key": "order-1"})
    assert other.status_code == 422
    assert jobwork.work() == 1
    assert ask(api, {"data": {"name": "Ada"}}, **{"Idempotency-Key": "order-1"}).status_code == 202
    assert jobwork.work() == 0
    assert odoo.count("res.partner", [("name", "=", "Ada")]) == 1


def test_a_client_has_only_so_many_unfinished_jobs(api: APIClient) -> None:
    ApiClient.objects.update(jobs_waiting=2)
    addresses = [accepted(ask(api, {"data": {"name": f"Ada {number}"}})) for number in range(2)]
    full = ask(api, {"data": {"name": "Bob"}}, **{"Idempotency-Key": "bob"})
    assert (full.status_code, full.json()["error"]["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert int(full["Retry-After"]) > 0
    assert "2 of your jobs are not finished" in full.json()["error"]["message"]
    api.delete(addresses[0])
    assert ask(api, {"data": {"name": "Bob"}}, **{"Idempotency-Key": "bob"}).status_code == 202
    ApiClient.objects.update(jobs_waiting=0)
    accepted(ask(api, {"data": {"name": "Eve"}}))


def test_finished_jobs_are_forgotten_when_logs_are(api: APIClient, settings: Settings) -> None:
    accepted(ask(api, {"data": {"name": "Ada"}}))
    jobwork.work()
    waiting = accepted(ask(api, {"data": {"name": "Bob"}}))
    long_ago = timezone.now() - timedelta(days=settings.HUB_KEEP_DAYS + 1)
    ApiJob.objects.filter(state="done").update(finished_at=long_ago)
    ApiJob.objects.update(created_at=long_ago)
    assert retention.clean_up()["jobs"] == 1
    assert result(api, waiting)["status"] == "queued"


def test_the_company_of_the_client_is_that_of_its_jobs(api: APIClient, make: Make, odoo: Odoo) -> None:
    (other,) = odoo.create("res.company", [{"name": "Second"}])
    ApiClient.objects.update(company_id=other)
    make("orders-in", [("partner_id", "partner"), ("company_id", "company")], model="sale.order",
         request_type="in", methods=["POST", "GET"])  # fmt: skip
    (partner,) = odoo.create("res.partner", [{"name": "Ada"}])
    body = {"data": {"partner": partner}, "options": {"return_fields": ["company"]}}
    address = accepted(ask(api, body, "/api/sync/v1/sale.order"))
    jobwork.work()
    assert result(api, address)["answer"]["body"]["data"]["company"] == other


def test_jobs_are_counted_as_one_call(api: APIClient) -> None:
    ApiClient.objects.update(calls_per_minute=0, calls_per_hour=10)
    answer = ask(api, {"data": {"name": "Ada"}})
    assert answer["X-RateLimit-Remaining"] == "9"
    jobwork.work()
    assert api.get(accepted(answer))["X-RateLimit-Remaining"] == "8"
