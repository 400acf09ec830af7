"""Value types from the configuration's rows to Odoo and to the receiver."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from hub.http.client import Client
from hub.odoo.connection import Odoo
from syncconfig import drain, runs
from syncconfig.models import Configuration, Delivery, FieldMapping
from syncconfig.validators import egress_policy
from tests.conftest import Make

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/res.partner"
ROWS: list[Any] = [
    ("name", "name"),
    ("country_id", "country", {"kind": "lookup", "detail": "code"}),
    ("type", "kind_of_address", {"kind": "table", "detail": "contact = person; invoice = billing; other = misc"}),
    ("comment", "source", {"kind": "constant", "detail": '"web shop"'}),
    ("write_date", "changed", {"kind": "date", "detail": "%d/%m/%Y"}),
]


@pytest.fixture
def typed_in(make: Make) -> Configuration:
    """An In configuration with a row of each kind."""
    return make("typed-in", ROWS[:4], request_type="in", methods=["GET", "POST"])


def test_a_caller_sends_and_gets_its_own_values(api: APIClient, typed_in: Configuration, odoo: Odoo) -> None:
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    body = {"data": {"name": "Ada", "country": "DE", "kind_of_address": "billing"}}
    answer = api.post(URL, body, format="json")
    assert answer.status_code == 201, answer.content
    record_id = answer.json()["id"]
    (record,) = odoo.read("res.partner", [record_id], ["country_id", "type", "comment"])
    assert (record["country_id"][0], record["type"]) == (germany, "invoice")
    assert "web shop" in record["comment"]
    data = api.get(f"{URL}/{record_id}").json()["data"]
    assert (data["country"], data["kind_of_address"], data["source"]) == ("DE", "billing", "web shop")


@pytest.mark.parametrize(
    "domain",
    ['[["country","=","DE"]]', '[["kind_of_address","=","billing"]]', '[["kind_of_address","in",["billing"]]]'],
)
def test_a_caller_searches_by_its_own_values(api: APIClient, typed_in: Configuration, odoo: Odoo, domain: str) -> None:
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    odoo.create("res.partner", [{"name": "Found", "country_id": germany, "type": "invoice"}])
    names = [record["name"] for record in api.get(f"{URL}/search", {"domain": domain}).json()["records"]]
    assert "Found" in names


def test_a_constant_cannot_be_searched_by(api: APIClient, typed_in: Configuration) -> None:
    answer = api.get(f"{URL}/search", {"domain": '[["source","=","web shop"]]'})
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "source")


@pytest.mark.parametrize(
    ("data", "field"), [({"country": "Nowhere"}, "country"), ({"kind_of_address": "warehouse"}, "kind_of_address")]
)
def test_a_value_that_cannot_be_turned_is_refused_and_nothing_is_created(
    api: APIClient, typed_in: Configuration, odoo: Odoo, data: dict[str, Any], field: str
) -> None:
    before = odoo.count("res.partner")
    answer = api.post(URL, {"data": {"name": "Ada", **data}}, format="json")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, field)
    assert odoo.count("res.partner") == before


def test_a_push_sends_the_external_values(make: Make, odoo: Odoo, httpserver: HTTPServer) -> None:
    out = make("typed-out", ROWS, request_type="out", methods=["POST"], url=httpserver.url_for("/typed"))
    httpserver.expect_request("/typed").respond_with_json({})
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    (record_id,) = odoo.create("res.partner", [{"name": "Ada", "country_id": germany}])
    runs.send_now(out, [record_id])
    drain.drain(Client(egress_policy()), threads=1)
    sent = httpserver.log[0][0].get_json()
    assert {key: sent[key] for key in ("name", "country", "kind_of_address", "source")} == {
        "name": "Ada", "country": "DE", "kind_of_address": "person", "source": "web shop",
    }  # fmt: skip
    assert len(sent["changed"].split("/")) == 3


def test_a_record_with_a_value_outside_the_table_is_given_up_alone(
    make: Make, odoo: Odoo, httpserver: HTTPServer
) -> None:
    out = make("typed-out", ROWS, request_type="out", methods=["POST"], url=httpserver.url_for("/typed"))
    httpserver.expect_request("/typed").respond_with_json({})
    good, bad = odoo.create("res.partner", [{"name": "Good"}, {"name": "Bad", "type": "delivery"}])
    runs.send_now(out, [good, bad])
    drain.drain(Client(egress_policy()), threads=1)
    states = dict(Delivery.objects.values_list("record_id", "state"))
    assert states == {good: "done", bad: "dead"}
    assert "value table" in Delivery.objects.get(state="dead").last_error


def test_a_detail_that_cannot_be_read_is_refused_when_saved(customers_out: Configuration) -> None:
    row = FieldMapping(configuration=customers_out, odoo_field="type", external_key="t", kind="table", detail="draft")
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert "detail" in refused.value.message_dict
