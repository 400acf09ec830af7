"""Jobs when something goes wrong meanwhile: a worker dies, Odoo is away or another one, the client is shut out."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.env import new_encryption_key
from hub.errors import OdooAccess, OdooUnavailable
from hub.flow.inbound import Inbound
from hub.flow.repeating import Once
from hub.odoo.connection import Odoo
from hub.odoo.embedded import EmbeddedOdoo
from syncconfig import jobs, jobwork, plans, runs, watch
from syncconfig.models import ApiClient, ApiJob, ApiToken, Configuration, Wake
from tests.syncconfig.test_another_database import Switch, switch
from tests.syncconfig.test_api_jobs import JOBS, URL, accepted, ask, creates, result

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customers_in")]
__all__ = ["switch"]


def pass_lease() -> None:
    """The worker that holds a job is silent for longer than its lease."""
    ApiJob.objects.filter(claimed_until__isnull=False).update(claimed_until=timezone.now() - timedelta(seconds=1))


def test_of_a_killed_worker_the_job_is_taken_up_again_and_there_is_one_record(api: APIClient, odoo: Odoo) -> None:
    address = accepted(ask(api, {"data": {"name": "Ada"}}))
    job = jobs.claim()
    assert job is not None
    killed_before_it_told(job)
    assert jobwork.work() == 0, "its lease still runs"
    assert watch.wake_what_has_work() == []
    pass_lease()
    assert "jobs" in watch.wake_what_has_work()
    assert jobwork.work() == 1
    told = result(api, address)
    assert (told["status"], told["attempts"], told["answer"]["status"]) == ("done", 2, 201)
    assert odoo.search("res.partner", [("name", "=", "Ada")]) == [told["answer"]["body"]["id"]]


def test_neither_does_a_batch_make_second_records(api: APIClient, odoo: Odoo) -> None:
    address = accepted(ask(api, creates(3), f"{URL}/batch"))
    job = jobs.claim()
    assert job is not None
    killed_before_it_told(job)
    pass_lease()
    jobwork.work()
    ids = [one["id"] for one in result(api, address)["answer"]["body"]["results"]]
    assert sorted(odoo.search("res.partner", [("name", "=like", "Ada %")])) == sorted(ids)


def killed_before_it_told(job: ApiJob) -> None:
    """What is left of a worker that dies between Odoo's commit and the hub's own: a job that runs, nothing told."""
    before = ApiJob.objects.filter(pk=job.pk).values().get()
    jobwork.carry_out(job)
    ApiJob.objects.filter(pk=job.pk).update(**before)


def test_the_call_that_a_death_left_open_in_the_log_says_so(api: APIClient) -> None:
    accepted(ask(api, {"data": {"name": "Ada"}}))
    job = jobs.claim()
    assert job is not None
    killed_before_it_told(job)
    ApiLog.objects.filter(response_status=201).update(state="open", response_status=None)
    pass_lease()
    jobwork.work()
    states = list(ApiLog.objects.filter(trace_id=job.trace_id).order_by("id").values_list("state", "attempt"))
    assert states == [("ok", 1), ("lost", 1), ("ok", 2)]


def test_who_lost_the_lease_writes_nothing_any_more(api: APIClient, odoo: Odoo) -> None:
    address = accepted(ask(api, {"data": {"name": "Ada"}}))
    slow = jobs.claim()
    pass_lease()
    other = jobs.claim()
    assert slow is not None
    assert other is not None
    assert jobs.finish(slow, 500, {"error": {"message": "late"}}) is False
    jobwork.carry_out(other)
    assert result(api, address)["status"] == "done"
    jobwork.carry_out(slow)
    assert (result(api, address)["status"], result(api, address)["attempts"]) == ("done", 2)
    assert odoo.count("res.partner", [("name", "=", "Ada")]) == 1


def test_who_lost_the_lease_stops_in_the_middle_of_a_batch(api: APIClient, odoo: Odoo) -> None:
    address = accepted(ask(api, creates(2), f"{URL}/batch"))
    slow = jobs.claim()
    pass_lease()
    assert jobs.claim() is not None
    assert slow is not None
    jobwork.carry_out(slow)
    assert odoo.count("res.partner", [("name", "=like", "Ada %")]) == 0
    assert result(api, address)["status"] == "running"
    assert not ApiLog.objects.filter(error_code="INTERNAL_ERROR").exists()


def test_a_job_that_kills_each_worker_is_given_up(api: APIClient) -> None:
    address = accepted(ask(api, {"data": {"name": "Ada"}}))
    for _ in range(jobs.MOST_ATTEMPTS):
        assert jobs.claim() is not None
        pass_lease()
    jobwork.work()
    told = result(api, address)
    assert (told["status"], told["answer"]["body"]["error"]["code"]) == ("failed", "INTERRUPTED")


def test_an_odoo_that_is_away_is_waited_for(api: APIClient, customers_in: Configuration, odoo: Odoo) -> None:
    away(customers_in)
    address = accepted(ask(api, {"data": {"name": "Ada"}}))
    assert jobwork.work() == 1
    told = result(api, address)
    assert (told["status"], told["answer"]) == ("queued", None)
    assert "Odoo does not answer" in told["error"]
    assert jobwork.work() == 0, "it is not due yet"
    for _ in range(jobs.MOST_ATTEMPTS - 1):
        ApiJob.objects.update(due_at=timezone.now())
        jobwork.work()
    told = result(api, address)
    assert (told["status"], told["answer"]["status"]) == ("failed", 503)
    assert told["answer"]["body"]["error"]["code"] == "ODOO_UNAVAILABLE"


def away(configuration: Configuration) -> None:
    """An Odoo at an address where nobody listens."""
    connection = configuration.connection
    connection.transport, connection.url, connection.database = "jsonrpc", "http://127.0.0.1:9", "x"
    connection.login, connection.api_key = "x", "x"
    connection.save()


def test_what_was_accepted_for_one_database_is_not_done_in_another(api: APIClient, odoo: Odoo, switch: Switch) -> None:
    (record_id,) = odoo.create("res.partner", [{"name": "Ada"}])
    address = accepted(ask(api, {"data": {"city": "Ulm"}}, f"{URL}/{record_id}", "put"))
    switch("second")
    jobwork.work()
    told = result(api, address)
    assert (told["status"], told["answer"]["status"]) == ("failed", 409)
    assert told["answer"]["body"]["error"]["code"] == "ANOTHER_DATABASE"
    first = switch("first")
    assert jobs.run_again(ApiJob.objects.all()) == 1
    jobwork.work()
    assert result(api, address)["status"] == "done"
    assert first.read("res.partner", [record_id], ["city"])[0]["city"] == "Ulm"


@pytest.mark.parametrize("how", ["revoked", "off", "gone"])
def test_a_client_that_was_shut_out_meanwhile_gets_nothing_done(api: APIClient, odoo: Odoo, how: str) -> None:
    address = accepted(ask(api, {"data": {"name": "Ada"}}))
    client = ApiClient.objects.get()
    if how == "revoked":
        ApiToken.objects.update(revoked_at=timezone.now())
    elif how == "off":
        ApiClient.objects.update(active=False)
    else:
        ApiToken.objects.all().delete()
    jobwork.work()
    ApiClient.objects.update(active=True)
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {client.issue_token()}")
    told = result(api, address)
    assert (told["status"], told["answer"]["status"]) == ("failed", 401)
    assert not odoo.search("res.partner", [("name", "=", "Ada")])


def test_a_token_that_expired_after_the_request_was_accepted_does_not_undo_it(api: APIClient, odoo: Odoo) -> None:
    accepted(ask(api, {"data": {"name": "Ada"}}))
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    jobwork.work()
    assert ApiJob.objects.get().state == "done"


def test_the_jobs_of_a_client_keep_their_order_and_another_client_does_not_wait_for_them(
    api: APIClient, settings: Settings
) -> None:
    settings.HUB_WORKERS = 4
    mine = [accepted(ask(api, {"data": {"name": f"Ada {number}"}})) for number in range(2)]
    other = APIClient()
    token = ApiClient.objects.create(name="Other", all_configurations=True).issue_token()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    theirs = accepted(ask(other, {"data": {"name": "Bob"}}))
    taken = [jobs.claim(), jobs.claim(), jobs.claim()]
    assert [f"{JOBS}/{one.uuid}" if one is not None else None for one in taken] == [mine[0], theirs, None]


def test_clients_take_turns_however_much_one_of_them_asks_for(api: APIClient) -> None:
    mine = [accepted(ask(api, {"data": {"name": f"Ada {number}"}})) for number in range(3)]
    other = APIClient()
    token = ApiClient.objects.create(name="Other", all_configurations=True).issue_token()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    theirs = [accepted(ask(other, {"data": {"name": f"Bob {number}"}})) for number in range(2)]
    jobwork.work()
    order = ApiJob.objects.order_by("started_at").values_list("uuid", flat=True)
    assert [f"{JOBS}/{one}" for one in order] == [mine[0], theirs[0], mine[1], theirs[1], mine[2]]


def test_jobs_leave_workers_to_the_deliveries(api: APIClient, settings: Settings) -> None:
    settings.HUB_WORKERS = 2
    accepted(ask(api, {"data": {"name": "Ada"}}))
    other = APIClient()
    token = ApiClient.objects.create(name="Other", all_configurations=True).issue_token()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    accepted(ask(other, {"data": {"name": "Bob"}}))
    assert jobs.claim() is not None
    assert jobs.claimable() is False
    assert jobs.claim() is None


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_at_a_long_job_is_not_taken_for_a_hanging_cluster(
    api: APIClient, customers_out: Configuration, odoo: Odoo
) -> None:
    accepted(ask(api, {"data": {"name": "Ada"}}))
    assert jobs.claim() is not None
    runs.send_now(customers_out, odoo.create("res.partner", [{"name": "Bob"}]))
    now = [0.0]
    look = watch.Watch(clock=lambda: now[0])
    for _ in range(3):
        now[0] += watch.STUCK
        assert look() == []
    pass_lease()
    now[0] += watch.STUCK
    assert look() == ["worker"], "neither the message nor the job is anybody's"


def test_body_and_answer_are_encrypted_and_a_key_that_is_gone_fails_that_job_alone(
    api: APIClient, settings: Settings, odoo: Odoo
) -> None:
    ask(api, {"data": {"name": "Canary Ada"}})
    jobwork.work()
    with database.cursor() as cursor:
        cursor.execute("SELECT body, answer, headers, path FROM syncconfig_apijob")
        assert all("Canary" not in str(column) for column in cursor.fetchone())
    first, second = (accepted(ask(api, {"data": {"name": name}})) for name in ("Bob", "Eve"))
    old, new = settings.HUB_ENCRYPTION_KEYS, [new_encryption_key()]
    settings.HUB_ENCRYPTION_KEYS = [*new, *old]
    third = accepted(ask(api, {"data": {"name": "Zoe"}}))
    settings.HUB_ENCRYPTION_KEYS = new
    jobwork.work()
    assert [result(api, one)["status"] for one in (first, second, third)] == ["failed", "failed", "done"]
    assert result(api, first)["answer"]["body"]["error"]["code"] == "WRONG_ENCRYPTION_KEY"
    assert len(api.get(JOBS).json()["data"]) == 4


@pytest.mark.django_db(transaction=True)
def test_accepting_wakes_a_worker_and_a_living_one_keeps_its_lease(api: APIClient) -> None:
    Wake.objects.all().delete()
    accepted(ask(api, {"data": {"name": "Ada"}}))
    assert Wake.objects.get(name="jobs").requested_at is not None
    job = jobs.claim()
    assert job is not None
    ApiJob.objects.update(claimed_until=timezone.now() + timedelta(seconds=1))
    soon = timezone.now() + timedelta(seconds=30)
    renewed = threading.Event()
    with jobs.kept(job, every=0.01):
        while not renewed.is_set():
            if ApiJob.objects.filter(claimed_until__gt=soon).exists():
                renewed.set()


class Hesitant(EmbeddedOdoo):
    """An Odoo whose user may do one thing in a call only, and that is too slow to say whether it did it."""

    def batch(self, *args: Any, **kwargs: Any) -> Any:
        raise OdooAccess("You may not run server actions.")

    def create(self, *args: Any, **kwargs: Any) -> list[int]:
        raise OdooUnavailable("No answer in time.", sent=True)


def test_a_create_without_a_name_of_which_nobody_knows_the_end_is_not_repeated(
    customers_in: Configuration, odoo: Odoo
) -> None:
    slow = Hesitant(odoo.target)
    inbound = Inbound(plans.inbound_plan(customers_in), slow, plans.describer(slow))
    with pytest.raises(OdooUnavailable) as caught:
        inbound.create({"data": {"name": "Ada"}}, Once("job 1"))
    slow.close()
    assert caught.value.repeatable is False
    assert OdooUnavailable("No answer in time.", sent=True).repeatable is True, "by its name it can be"
