"""How a batch ends that does not go well as a whole: at the first error, with Odoo away half-way, with nothing done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.errors import OdooAuthentication, OdooError, OdooUnavailable
from hub.flow.batching import AT_ONCE, Batch, intake
from hub.flow.inbound import Inbound
from hub.flow.repeating import Once
from hub.odoo.connection import Odoo
from hub.odoo.embedded import EmbeddedOdoo
from syncconfig import plans
from syncconfig.models import Configuration
from tests.conftest import Make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customers_in")]
URL = "/api/sync/v1/res.partner/batch"


def create(name: Any, **values: Any) -> dict[str, Any]:
    return {"method": "create", "data": {"name": name, **values}}


def names(odoo: Odoo) -> list[str]:
    """Those of the contacts that a test made, in their order."""
    found = odoo.search_read("res.partner", [("name", "=like", "Batch %")], ["name"], order="id")
    return [one["name"].removeprefix("Batch ") for one in found]


# The first error ------------------------------------------------------------------------------------


@pytest.fixture(params=["update", "refuse"])
def matched(request: pytest.FixtureRequest, customers_in: Configuration) -> Configuration:
    """Customers told by their e-mail address, in both ways to treat a match."""
    customers_in.match_keys, customers_in.on_match = "email", request.param
    customers_in.save()
    return customers_in


def test_a_second_create_that_is_refused_stops_the_rest(api: APIClient, odoo: Odoo, matched: Configuration) -> None:
    operations = [create("Batch A", email="a@example.com"), create("Batch B", email="a@example.com")]
    operations += [create("Batch Z", email="z@example.com")]
    answer = api.post(URL, {"operations": operations}, format="json")
    if matched.on_match == "update":
        assert (answer.status_code, names(odoo)) == (200, ["B", "Z"])
        return
    assert answer.status_code == 207
    assert [one["success"] for one in answer.json()["results"]] == [True, False]
    assert answer.json()["results"][1]["error"]["code"] == "DUPLICATE_RECORD"
    assert answer.json()["summary"] == {"succeeded": 1, "failed": 1, "not_attempted": 1}
    assert names(odoo) == ["A"]


def test_so_does_an_update_of_the_record_met_that_odoo_refuses(
    api: APIClient, odoo: Odoo, customers_in: Configuration
) -> None:
    customers_in.match_keys = "email"
    customers_in.save()
    operations = [create("Batch A", email="a@example.com")]
    operations += [create("Batch B", email="a@example.com", country_id=99_999_999), create("Batch Z")]
    answer = api.post(URL, {"operations": operations}, format="json").json()
    assert [one["success"] for one in answer["results"]] == [True, False]
    assert names(odoo) == ["A"]
    answer = api.post(URL, {"operations": operations, "options": {"continue_on_error": True}}, format="json").json()
    assert [one["success"] for one in answer["results"]] == [True, False, True]


# Odoo away half-way ---------------------------------------------------------------------------------


class Leaving(EmbeddedOdoo):
    """An Odoo that makes some records, and is away from then on."""

    left = 2
    error: OdooError = OdooUnavailable("No answer in time.", sent=True)

    def create(self, *args: Any, **kwargs: Any) -> list[int]:
        self._leave()
        return super().create(*args, **kwargs)

    def batch(self, *args: Any, **kwargs: Any) -> Any:
        self._leave()
        return super().batch(*args, **kwargs)

    def _leave(self) -> None:
        if not self.left:
            raise self.error
        self.left -= 1

    def search_read(self, *args: Any, **kwargs: Any) -> Any:
        if not self.left:
            raise self.error
        return super().search_read(*args, **kwargs)


@pytest.fixture
def leaving(odoo: Odoo) -> Iterator[Leaving]:
    """It makes two calls."""
    found = Leaving(odoo.target)
    yield found
    found.close()


def inbound(configuration: Configuration, odoo: Odoo) -> Inbound:
    return Inbound(plans.inbound_plan(configuration), odoo, plans.describer(odoo))


MANY = [create(f"Batch {number}") for number in range(2 * AT_ONCE + 250)]


def test_those_that_were_done_are_told_and_the_others_are_to_be_sent_again(
    customers_in: Configuration, leaving: Leaving, odoo: Odoo
) -> None:
    batch = Batch(inbound(customers_in, leaving), {"operations": MANY, "options": {"continue_on_error": True}})
    answer = batch.carry_out()
    assert answer["summary"] == {"succeeded": 2 * AT_ONCE, "failed": 250, "not_attempted": 0}
    assert [one["success"] for one in answer["results"]] == [True] * 2 * AT_ONCE + [False] * 250
    assert {one["error"]["code"] for one in answer["results"] if not one["success"]} == {"ODOO_UNAVAILABLE"}
    assert [one["error"]["details"]["index"] for one in answer["results"][2 * AT_ONCE :]] == [*range(400, 650)]
    told = [one["error"]["message"] for one in answer["results"][2 * AT_ONCE :]]
    assert ["may still have done" in one for one in told] == [True] * AT_ONCE + [False] * 50, "only what was sent"
    assert len(names(odoo)) == 2 * AT_ONCE
    assert batch.interruption is not None


def test_without_continue_on_error_the_rest_is_not_attempted(customers_in: Configuration, leaving: Leaving) -> None:
    answer = Batch(inbound(customers_in, leaving), {"operations": MANY}).carry_out()
    assert answer["summary"] == {"succeeded": 2 * AT_ONCE, "failed": AT_ONCE, "not_attempted": 50}


def test_so_are_those_whose_fields_cannot_be_read_any_more(customers_in: Configuration, leaving: Leaving) -> None:
    for count, succeeded in ((2 * AT_ONCE, 2 * AT_ONCE), (3 * AT_ONCE, 2 * AT_ONCE)):
        leaving.left = 2
        body = {"operations": MANY[:count], "options": {"return_fields": ["name"], "continue_on_error": True}}
        answer = Batch(inbound(customers_in, leaving), body).carry_out()
        assert len([one for one in answer["results"] if one["success"]]) == succeeded
        assert "data" not in answer["results"][0]


def test_an_odoo_that_refuses_the_hub_half_way_is_told_in_the_same_way(
    customers_in: Configuration, leaving: Leaving
) -> None:
    leaving.error = OdooAuthentication("Odoo refused the key.")
    batch = Batch(inbound(customers_in, leaving), {"operations": MANY, "options": {"continue_on_error": True}})
    answer = batch.carry_out()
    assert answer["summary"] == {"succeeded": 2 * AT_ONCE, "failed": 250, "not_attempted": 0}
    assert {one["error"]["code"] for one in answer["results"] if not one["success"]} == {"ODOO_AUTHENTICATION"}


def test_while_nothing_was_done_it_is_an_error_as_a_whole(customers_in: Configuration, leaving: Leaving) -> None:
    leaving.left = 0
    for options in ({"continue_on_error": True}, {}):
        with pytest.raises(OdooUnavailable):
            Batch(inbound(customers_in, leaving), {"operations": MANY, "options": options}).carry_out()


def test_a_batch_with_a_name_goes_on_where_it_was(customers_in: Configuration, leaving: Leaving, odoo: Odoo) -> None:
    body = {"operations": MANY, "options": {"continue_on_error": True}}
    first = Batch(inbound(customers_in, leaving), body, Once("job 1"))
    done = [one["id"] for one in first.carry_out()["results"] if one["success"]]
    assert first.interruption is not None
    assert first.interruption.repeatable
    again = Batch(inbound(customers_in, odoo), body, Once("job 1", again=True)).carry_out()
    assert again["success"]
    assert [one["id"] for one in again["results"]][: len(done)] == done
    assert len(names(odoo)) == len(MANY)


@pytest.mark.parametrize("match", ["", "email"])
def test_a_third_party_sends_all_again_where_that_makes_nothing_twice(
    customers_in: Configuration, leaving: Leaving, match: str
) -> None:
    customers_in.match_keys = match
    customers_in.save()
    body = [{"name": f"Batch {number}", "email": f"{number}@example.com"} for number in range(3 * AT_ONCE)]
    batch = intake(inbound(customers_in, leaving), body)
    assert batch is not None
    assert batch.carry_out()["summary"]["succeeded"] == 2 * AT_ONCE
    failure = batch.failure()
    assert (failure.status if failure is not None else 207) == (503 if match else 207)


# Nothing done ---------------------------------------------------------------------------------------


@pytest.fixture
def shop(make: Make) -> Configuration:
    """What a third party posts in a form of its own."""
    rows: list[Any] = [("name", "name", {"required": True}), ("ref", "ref"), ("country_id", "country")]
    return make("shop", rows, request_type="in", methods=["POST"], match_keys="ref", on_match="refuse")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ([{"ref": "B1"}], 400, "VALIDATION_ERROR"),
        ([{"ref": "B1"}, {"ref": "B2"}], 400, "VALIDATION_ERROR"),
        ([{"name": "x", "ref": "There"}], 409, "DUPLICATE_RECORD"),
        ([{"name": "x", "ref": "There"}, {"ref": "B2"}], 400, "VALIDATION_ERROR"),
        ([{"name": "Batch 1", "ref": "B1"}, {"ref": "B2"}], 207, None),
    ],
)
def test_a_sender_who_looks_at_the_status_alone_learns_that_nothing_was_taken(
    api: APIClient, odoo: Odoo, shop: Configuration, body: Any, status: int, code: str | None
) -> None:
    odoo.create("res.partner", [{"name": "There", "ref": "There"}])
    answer = api.post("/api/sync/v1/in/shop", body, format="json")
    assert answer.status_code == status, answer.content
    told = answer.json()
    assert told["success"] is False
    assert len(told["results"]) == len(body)
    assert told["summary"]["failed"] == len([one for one in told["results"] if not one["success"]])
    assert told.get("error", {}).get("code") == code
    assert ApiLog.objects.get().response_status == status
