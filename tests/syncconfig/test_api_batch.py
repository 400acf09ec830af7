"""Batches: each operation checked, a few calls to Odoo, and what happens when one fails."""

from __future__ import annotations

from collections import Counter
from typing import Any, cast

import pytest
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.flow.batching import Batch
from hub.flow.inbound import Inbound
from hub.odoo.connection import Odoo
from syncconfig import plans
from syncconfig.models import Configuration
from tests.conftest import Make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customers_in")]
URL = "/api/sync/v1/res.partner/batch"


def send(api: APIClient, operations: Any, status: int = 200, **options: Any) -> Any:
    """The answer to a batch."""
    answer = api.post(URL, {"operations": operations, "options": options}, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


class Counted:
    """An Odoo that counts what it is asked."""

    def __init__(self, odoo: Odoo) -> None:
        self.odoo, self.calls = odoo, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self.odoo, name)


def create(name: Any, **values: Any) -> dict[str, Any]:
    return {"method": "create", "data": {"name": name, **values}}


@pytest.fixture
def partner(odoo: Odoo) -> int:
    """A contact."""
    return odoo.create("res.partner", [{"name": "There"}])[0]


def test_the_references_example(api: APIClient, odoo: Odoo, partner: int) -> None:
    operations = [
        create("Customer 1", email="customer1@example.com"),
        {"method": "update", "id": partner, "data": {"phone": "+1234567890"}},
    ]
    answer = send(api, operations, transaction=True, continue_on_error=False)
    new = answer["results"][0]["id"]
    assert answer == {
        "success": True,
        "results": [{"index": 0, "success": True, "id": new}, {"index": 1, "success": True, "id": partner}],
    }
    assert odoo.read("res.partner", [partner], ["phone"])[0]["phone"] == "+1234567890"
    row = ApiLog.objects.get()
    assert (row.operation, row.record_ids) == ("batch", [new, partner])


def test_create_update_and_delete_with_the_fields_asked_for(api: APIClient, odoo: Odoo, partner: int) -> None:
    gone = odoo.create("res.partner", [{"name": "Gone"}])[0]
    operations = [
        create("A"),
        {"method": "update", "id": partner, "data": {"city": "Ulm"}},
        {"method": "delete", "id": gone},
    ]
    results = send(api, operations, return_fields=["name", "city"])["results"]
    assert [one.get("data") for one in results] == [
        {"id": results[0]["id"], "name": "A", "city": None},
        {"id": partner, "name": "There", "city": "Ulm"},
        None,
    ]
    assert odoo.count("res.partner", [("id", "=", gone)]) == 0


@pytest.mark.parametrize(
    ("bad", "status", "field"),
    [
        (create("x", emial="y"), 400, "emial"),
        (create(None), 400, "name"),
        (create("x", country_id=99_999_999), 400, None),
        ({"method": "update", "id": 99_999_999, "data": {"name": "x"}}, 404, None),
        ({"method": "delete", "id": 99_999_999}, 404, None),
    ],
)
def test_a_transaction_with_one_that_fails_changes_nothing(
    api: APIClient, odoo: Odoo, partner: int, bad: Any, status: int, field: str | None
) -> None:
    before = odoo.count("res.partner")
    operations = [create("A"), {"method": "update", "id": partner, "data": {"name": "Changed"}}, bad, create("B")]
    error = send(api, operations, status, transaction=True)["error"]
    assert error["details"]["index"] == 2
    assert error["details"].get("field") == field or field is None
    assert odoo.count("res.partner") == before
    assert odoo.read("res.partner", [partner], ["name"])[0]["name"] == "There"


BAD = create("x", country_id=99_999_999)
"""What only Odoo can refuse."""


@pytest.mark.parametrize(
    "bad", [BAD, create("x", emial="y"), {"method": "update", "id": 99_999_999, "data": {"name": "x"}}]
)
def test_the_first_that_fails_stops_the_rest(api: APIClient, odoo: Odoo, bad: Any) -> None:
    answer = send(api, [create("A"), bad, create("C")], 207)
    assert [one["success"] for one in answer["results"]] == [True, False]
    assert answer["summary"] == {"succeeded": 1, "failed": 1, "not_attempted": 1}
    assert odoo.count("res.partner", [("name", "in", ["A", "C"])]) == 1


@pytest.mark.parametrize("bad", [BAD, create("x", emial="y"), {"method": "nonsense"}, 5])
def test_with_continue_on_error_the_others_are_done(api: APIClient, odoo: Odoo, bad: Any) -> None:
    answer = send(api, [create("A"), bad, create("C")], 207, continue_on_error=True)
    assert [one["success"] for one in answer["results"]] == [True, False, True]
    assert answer["results"][1]["error"]["details"]["index"] == 1
    assert not answer["success"]
    assert odoo.count("res.partner", [("name", "in", ["A", "C"])]) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "operations"),
        ({"operations": []}, "operations"),
        ({"operations": {"method": "create"}}, "operations"),
        ({"operations": [{}] * 1001}, "operations"),
        ({"operations": [{}], "data": {}}, "data"),
        (
            {"operations": [create("x")], "options": {"transaction": True, "continue_on_error": True}},
            "options.continue_on_error",
        ),
        ({"operations": [create("x")], "options": {"return_fields": ["nosuch"]}}, "nosuch"),
    ],
)
def test_a_body_that_is_no_batch_is_refused(api: APIClient, body: Any, field: str) -> None:
    answer = api.post(URL, body, format="json")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)


def test_five_hundred_operations_with_look_ups_are_a_few_calls(api: APIClient, make: Make, odoo: Odoo) -> None:
    countries = odoo.search_read("res.country", [("code", "!=", False)], ["code"], limit=200)
    make(
        "by-country", [("name", "name"), ("country_id", "country", {"kind": "lookup", "detail": "code"})],
        request_type="in", methods=["POST", "PUT"],
    )  # fmt: skip
    operations = [
        {"method": "create", "data": {"name": f"Batch {n}", "country": countries[n % len(countries)]["code"]}}
        for n in range(500)
    ]
    body = {"operations": operations}
    answer = api.post(URL, body, format="json", HTTP_X_SYNC_CONFIG="by-country")
    assert answer.status_code == 200, answer.content
    assert odoo.count("res.partner", [("name", "=like", "Batch %")]) == 500


def test_five_hundred_operations_that_name_lines_ask_once_whose_they_are(make: Make, odoo: Odoo) -> None:
    plan = plans.inbound_plan(
        make("families", [("name", "name"), ("child_ids", "people")], request_type="in", methods=["POST", "PUT"])
    )
    mothers = odoo.create("res.partner", [{"name": f"M {n}", "child_ids": [[0, 0, {"name": "C"}]]} for n in range(500)])
    read = odoo.read("res.partner", mothers, ["child_ids"])
    operations = [
        {"method": "update", "id": one["id"], "data": {"people": [[1, one["child_ids"][0], {"name": "Kid"}]]}}
        for one in read
    ]
    counted = Counted(odoo)
    answer = Batch(Inbound(plan, cast(Odoo, counted), plans.describer(odoo)), {"operations": operations}).carry_out()
    assert answer["success"], answer
    assert counted.calls == {"search": 1, "search_read": 1, "batch": 3}
    assert odoo.count("res.partner", [("parent_id", "in", mothers), ("name", "=", "Kid")]) == 500


def test_what_the_configuration_does_not_offer_is_refused(
    api: APIClient, customers_in: Configuration, partner: int
) -> None:
    customers_in.methods = ["POST"]
    customers_in.save()
    answer = send(api, [{"method": "delete", "id": partner}], 207)
    assert answer["results"][0]["error"]["details"]["field"] == "method"


# Match keys -----------------------------------------------------------------------------------------


@pytest.fixture
def matched(customers_in: Configuration) -> Configuration:
    """Customers told by their e-mail address."""
    customers_in.match_keys = "email"
    customers_in.save()
    return customers_in


def post(api: APIClient, **data: Any) -> Any:
    return api.post("/api/sync/v1/res.partner", {"data": data}, format="json")


def test_a_create_that_finds_its_record_updates_it(api: APIClient, odoo: Odoo, matched: Configuration) -> None:
    first = post(api, name="Ada", email="ada@example.com", city="Ulm")
    again = post(api, name="Ada Lovelace", email="ada@example.com")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["updated"] is True
    assert again.json()["id"] == first.json()["id"]
    (record,) = odoo.read("res.partner", [first.json()["id"]], ["name", "city"])
    assert (record["name"], record["city"]) == ("Ada Lovelace", "Ulm")
    archived = first.json()["id"]
    odoo.write("res.partner", [archived], {"active": False})
    assert post(api, name="Ada", email="ada@example.com").json()["id"] == archived


def test_or_is_refused_with_the_records_id(api: APIClient, odoo: Odoo, matched: Configuration) -> None:
    matched.on_match = "refuse"
    matched.save()
    first = post(api, name="Ada", email="ada@example.com").json()["id"]
    again = post(api, name="Ada", email="ada@example.com")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "DUPLICATE_RECORD")
    assert again.json()["error"]["details"] == {
        "field": "email", "value": "ada@example.com", "constraint": "match", "id": first,
    }  # fmt: skip


def test_without_the_match_key_each_create_makes_a_record(api: APIClient, matched: Configuration) -> None:
    assert post(api, name="Ada").json()["id"] != post(api, name="Ada").json()["id"]


@pytest.mark.parametrize("nothing", [None, False, ""])
def test_a_match_key_that_says_nothing_finds_nobody(
    api: APIClient, odoo: Odoo, matched: Configuration, nothing: Any
) -> None:
    matched.mappings.create(odoo_field="ref", external_key="ref")
    for keys in ("email, ref", "ref"):
        matched.match_keys = keys
        matched.save()
        first = post(api, name="Ada", email="ada@example.com")
        other = post(api, name="Somebody else", email="ada@example.com", ref=nothing)
        assert (first.status_code, other.status_code) == (201, 201)
        assert odoo.read("res.partner", [first.json()["id"]], ["name"])[0]["name"] == "Ada"


def test_a_yes_or_no_that_is_false_tells_a_record(api: APIClient, odoo: Odoo, matched: Configuration) -> None:
    matched.match_keys = "email, is_company"
    matched.save()
    first = post(api, name="Ada", email="ada@example.com", is_company=False)
    again = post(api, name="Ada Lovelace", email="ada@example.com", is_company=False)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


def test_a_record_whose_key_was_changed_or_deleted_does_not_stand_in_the_way(
    api: APIClient, odoo: Odoo, matched: Configuration
) -> None:
    first = post(api, name="Ada", email="ada@example.com").json()["id"]
    odoo.write("res.partner", [first], {"email": "other@example.com"})
    second = post(api, name="Ada", email="ada@example.com")
    assert (second.status_code, second.json()["id"] != first) == (201, True)
    odoo.unlink("res.partner", [second.json()["id"]])
    assert post(api, name="Ada", email="ada@example.com").status_code == 201


def test_the_same_key_twice_in_a_batch(api: APIClient, odoo: Odoo, matched: Configuration) -> None:
    twice = [create("One", email="x@example.com"), create("Two", email="x@example.com")]
    assert "same match keys" in send(api, twice, 400, transaction=True)["error"]["message"]
    first, second = send(api, twice)["results"]
    assert first["id"] == second["id"]
    assert odoo.read("res.partner", [first["id"]], ["name"])[0]["name"] == "Two"


# Options --------------------------------------------------------------------------------------------


def test_skip_validation_leaves_it_to_odoo(api: APIClient, odoo: Odoo) -> None:
    url = "/api/sync/v1/res.partner"
    body: dict[str, Any] = {"data": {"name": "Ada", "credit_limit": "12.5"}}
    assert api.post(url, body, format="json").status_code == 400
    answer = api.post(url, body | {"options": {"skip_validation": True}}, format="json")
    assert answer.status_code == 201, answer.content
    assert odoo.read("res.partner", [answer.json()["id"]], ["credit_limit"])[0]["credit_limit"] == 12.5
    answer = api.post(url, {"data": {"email": "x"}, "options": {"skip_validation": True}}, format="json")
    assert answer.status_code == 400  # Odoo's own rule


def test_cascade_deletes_mapped_sub_records_too(
    api: APIClient, make: Make, odoo: Odoo, customers_in: Configuration
) -> None:
    company = odoo.create("res.partner", [{"name": "Co", "child_ids": [(0, 0, {"name": "Child"})]}])[0]
    url = f"/api/sync/v1/res.partner/{company}"
    cascade = {"options": {"cascade": True}}
    refused = api.delete(url, cascade, format="json")
    assert refused.json()["error"]["details"]["field"] == "options.cascade"
    make("family", [("name", "name"), ("child_ids.name", "contacts[].name")], request_type="in", methods=["DELETE"])
    answer = api.delete(url, cascade, format="json", HTTP_X_SYNC_CONFIG="family")
    assert answer.status_code == 200, answer.content
    assert odoo.count("res.partner", [("name", "in", ["Co", "Child"])]) == 0
