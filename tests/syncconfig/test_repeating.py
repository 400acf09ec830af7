"""Requests whose answer was lost after Odoo had done them: repeated, they are told as done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from hub.flow.inbound import Inbound
from hub.flow.options import Options
from hub.odoo.connection import Odoo
from syncconfig import jobs, jobwork, plans
from syncconfig.models import ApiJob, Configuration, IdempotencyKey
from tests.conftest import Make
from tests.syncconfig.test_api_jobs import accepted, ask, result
from tests.syncconfig.test_jobs_survive import killed_before_it_told, pass_lease

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customers_in")]
URL = "/api/sync/v1/res.partner"


def lose_the_answers() -> None:
    """What is left when the hub dies, or Odoo's answer is lost, after Odoo's commit: a key without an answer."""
    IdempotencyKey.objects.update(status=None, answer="", claim_id=None, claimed_until=None)


def send(api: APIClient, operations: list[Any], **options: Any) -> Any:
    body = {"operations": operations, "options": options}
    return api.post(f"{URL}/batch", body, format="json", HTTP_IDEMPOTENCY_KEY="batch")


def create(name: str, **values: Any) -> dict[str, Any]:
    return {"method": "create", "data": {"name": name, **values}}


def update(record_id: int, **values: Any) -> dict[str, Any]:
    return {"method": "update", "id": record_id, "data": values}


def delete(record_id: int) -> dict[str, Any]:
    return {"method": "delete", "id": record_id}


@pytest.fixture
def two(odoo: Odoo) -> list[int]:
    """Two contacts."""
    return odoo.create("res.partner", [{"name": "First"}, {"name": "Second", "email": "second@example.com"}])


def test_a_transaction_that_was_committed_is_told_as_done(api: APIClient, odoo: Odoo, two: list[int]) -> None:
    operations = [create("Ada"), update(two[0], city="Ulm"), delete(two[1])]
    first = send(api, operations, transaction=True, return_fields=["name"])
    lose_the_answers()
    odoo.write("res.partner", [two[0]], {"city": "Bonn"})
    again = send(api, operations, transaction=True, return_fields=["name"])
    assert (again.status_code, again.json()) == (200, first.json())
    assert "Idempotency-Replayed" not in again
    assert odoo.count("res.partner", [("name", "=", "Ada")]) == 1
    assert odoo.read("res.partner", [two[0]], ["city"])[0]["city"] == "Bonn", "what came later is not undone"


def test_so_it_is_by_a_worker_that_takes_a_job_up_again(api: APIClient, odoo: Odoo, two: list[int]) -> None:
    body = {"operations": [create("Ada"), delete(two[1])], "options": {"transaction": True}}
    address = accepted(ask(api, body, f"{URL}/batch"))
    job = jobs.claim()
    assert job is not None
    killed_before_it_told(job)
    pass_lease()
    jobwork.work()
    told = result(api, address)
    assert (told["status"], told["attempts"], told["answer"]["status"]) == ("done", 2, 200)
    (made,) = odoo.search("res.partner", [("name", "=", "Ada")])
    assert [one["id"] for one in told["answer"]["body"]["results"]] == [made, two[1]]


def test_a_job_that_is_run_again_by_hand_finds_what_it_did(api: APIClient, two: list[int]) -> None:
    body = {"operations": [create("Ada"), delete(two[1])], "options": {"transaction": True}}
    address = accepted(ask(api, body, f"{URL}/batch"))
    jobwork.work()
    first = result(api, address)["answer"]
    jobs.run_again(ApiJob.objects.all())
    jobwork.work()
    assert result(api, address)["answer"] == first


@pytest.mark.parametrize("transaction", [True, False])
def test_without_a_create_a_deletion_of_what_is_gone_counts_as_done(
    api: APIClient, odoo: Odoo, two: list[int], transaction: bool
) -> None:
    operations = [update(two[0], city="Ulm"), update(two[1], city="Ulm"), delete(two[1])]
    first = send(api, operations, transaction=transaction)
    lose_the_answers()
    again = send(api, operations, transaction=transaction)
    assert (again.status_code, again.json()) == (200, first.json())
    assert odoo.read("res.partner", [two[0]], ["city"])[0]["city"] == "Ulm"


def test_a_deletion_that_names_no_record_makes_no_create_done(api: APIClient, odoo: Odoo) -> None:
    operations = [create("Ada"), {"method": "delete", "id": "none"}]
    first = send(api, operations, continue_on_error=True)
    lose_the_answers()
    odoo.unlink("res.partner", [first.json()["results"][0]["id"]])
    again = send(api, operations, continue_on_error=True)
    assert [one["success"] for one in again.json()["results"]] == [True, False]
    assert odoo.count("res.partner", [("name", "=", "Ada")]) == 1


def test_a_transaction_that_never_reached_odoo_is_carried_out(api: APIClient, odoo: Odoo, two: list[int]) -> None:
    operations = [create("Ada"), delete(two[1])]
    refused = send(api, [*operations, update(99_999_999, city="Ulm")], transaction=True)
    assert refused.status_code == 404
    assert odoo.count("res.partner", [("id", "in", two)]) == 2
    IdempotencyKey.objects.all().delete()
    assert send(api, operations, transaction=True).status_code == 200
    assert odoo.count("res.partner", [("id", "in", two)]) == 1


def test_the_first_time_a_deletion_of_what_is_not_there_is_a_404(api: APIClient, two: list[int]) -> None:
    assert send(api, [create("Ada"), delete(99_999_999)], transaction=True).status_code == 404
    deleted = api.delete(f"{URL}/99999999", HTTP_IDEMPOTENCY_KEY="one")
    assert deleted.status_code == 404


def test_one_deletion_is_told_as_done_too(api: APIClient, two: list[int]) -> None:
    first = api.delete(f"{URL}/{two[0]}", HTTP_IDEMPOTENCY_KEY="one")
    lose_the_answers()
    again = api.delete(f"{URL}/{two[0]}", HTTP_IDEMPOTENCY_KEY="one")
    assert (again.status_code, again.json()) == (200, first.json())


@pytest.fixture(params=["update", "refuse"])
def matched(request: pytest.FixtureRequest, customers_in: Configuration) -> Configuration:
    """Customers told by their e-mail address, in both ways to treat a match."""
    customers_in.match_keys, customers_in.on_match = "email", request.param
    customers_in.save()
    return customers_in


def test_a_create_does_not_take_its_own_record_for_another_one(api: APIClient, matched: Configuration) -> None:
    answers = []
    for _ in range(2):
        body = {"data": {"name": "Ada", "email": "ada@example.com"}}
        answers.append(api.post(URL, body, format="json", HTTP_IDEMPOTENCY_KEY="one"))
        lose_the_answers()
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_nor_does_a_transaction(api: APIClient, odoo: Odoo, matched: Configuration, two: list[int]) -> None:
    found = [create("Renamed", email="second@example.com")] if matched.on_match == "update" else []
    operations = [create("Ada", email="ada@example.com"), *found, delete(two[0])]
    first = send(api, operations, transaction=True)
    lose_the_answers()
    again = send(api, operations, transaction=True)
    assert (again.status_code, again.json()) == (200, first.json())
    assert odoo.count("res.partner", [("email", "=", "ada@example.com")]) == 1


def test_what_is_gone_since_is_told_and_the_rest_is_too(api: APIClient, odoo: Odoo, two: list[int]) -> None:
    operations = [create("Ada"), create("Grace"), delete(two[0])]
    first = [one["id"] for one in send(api, operations, transaction=True).json()["results"]]
    lose_the_answers()
    odoo.unlink("res.partner", [first[1]])
    again = send(api, operations, transaction=True)
    assert again.status_code == 207
    assert [one.get("id") for one in again.json()["results"]] == [first[0], None, two[0]]
    assert again.json()["results"][1]["error"]["code"] == "NOT_FOUND"


# Answers that come again -----------------------------------------------------------------------------


def test_the_first_answer_comes_again_with_its_location(api: APIClient) -> None:
    first, again = (
        api.post(URL, {"data": {"name": "Ada"}}, format="json", HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)
    )
    assert again["Idempotency-Replayed"] == "true"
    assert again["Location"] == first["Location"] == f"{URL}/{first.json()['id']}"
    refusals = [api.post(URL, {"data": {}}, format="json", HTTP_IDEMPOTENCY_KEY="two") for _ in range(2)]
    assert ["Location" in one for one in refusals] == [False, False]


def test_who_must_wait_for_the_first_request_is_told_how_long_at_most(api: APIClient) -> None:
    body = {"data": {"name": "Ada"}}
    api.post(URL, body, format="json", HTTP_IDEMPOTENCY_KEY="one")
    IdempotencyKey.objects.update(status=None, claimed_until=timezone.now() + timedelta(seconds=50))
    waits = api.post(URL, body, format="json", HTTP_IDEMPOTENCY_KEY="one")
    assert waits.status_code == 409
    assert 40 < int(waits["Retry-After"]) <= 50


# The same record through several configurations -----------------------------------------------------


def test_creates_see_each_other_by_the_match_keys_that_their_configurations_share(make: Make, odoo: Odoo) -> None:
    rows = [("name", "name"), ("ref", "code"), ("email", "email"), ("city", "city")]
    described = plans.describer(odoo)
    made = [
        make(f"in-{index}", rows, request_type="in", methods=["POST"], match_keys=keys)
        for index, keys in enumerate(["code", "code", "email city"])
    ]
    options = Options()

    def names(configuration: Configuration) -> set[str]:
        flow = Inbound(plans.inbound_plan(configuration), odoo, described)
        data = {"name": "Ada", "code": "A1", "email": "ada@example.com", "city": "Ulm"}
        return set(flow.to_create(data, options).operations[0].match_ids)

    first, same, other = (names(one) for one in made)
    assert first == same
    assert len(first) == len(other) == 1, "creates that have only a city in common need not wait for each other"
    assert not first & other
    by_both = names(make("in-both", rows, request_type="in", methods=["POST"], match_keys="code email"))
    assert by_both >= first
    assert by_both & names(made[2])
