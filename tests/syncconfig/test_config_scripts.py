"""A configuration's scripts at work: before and after the mapping, as a condition, on the response."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.http.client import Client
from hub.odoo.connection import Odoo
from syncconfig import drain, preview, runs
from syncconfig.models import Configuration, Delivery
from syncconfig.validators import egress_policy
from tests.conftest import Make

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/res.partner"


def push(configuration: Configuration, *ids: int) -> list[Delivery]:
    """Queue these records and send them."""
    runs.send_now(configuration, ids)
    drain.drain(Client(egress_policy(), pool_size=4), threads=4)
    return list(Delivery.objects.order_by("id"))


def partner(odoo: Odoo, **values: Any) -> int:
    """A contact."""
    (record_id,) = odoo.create("res.partner", [{"name": "Ada", "email": "ada@example.com", **values}])
    return record_id


def scripted(configuration: Configuration, **scripts: Any) -> Configuration:
    """With those scripts, checked as the admin checks them."""
    for name, value in scripts.items():
        setattr(configuration, name, value)
    configuration.full_clean()
    configuration.save()
    return configuration


def bodies(server: HTTPServer) -> list[Any]:
    """What arrived."""
    return [json.loads(request.get_data()) for request, _ in server.log]


@pytest.fixture
def receiver(httpserver: HTTPServer) -> HTTPServer:
    """Takes everything and gives each an id."""
    httpserver.expect_request("/customers").respond_with_json({"id": "crm-7", "accepted": True}, status=201)
    return httpserver


# Out ----------------------------------------------------------------------------------------------


def test_the_script_after_the_mapping_makes_what_is_sent(
    customers_out: Configuration, odoo: Odoo, receiver: HTTPServer
) -> None:
    script = "import logging\nlogging.getLogger('x').info('wrapping %s', records.name)\n"
    script += "result = {'data': request_data, 'source': 'odoo', 'name': records.name}"
    record_id = partner(odoo)
    (delivery,) = push(scripted(customers_out, script_after=script), record_id)
    assert delivery.state == "done"
    (body,) = bodies(receiver)
    assert (body["source"], body["name"], body["data"]["external_id"]) == ("odoo", "Ada", record_id)
    assert ApiLog.objects.get().script_log == "INFO wrapping Ada"


def test_one_script_makes_the_totals_of_a_batch(make: Make, odoo: Odoo, receiver: HTTPServer) -> None:
    configuration = make(
        "orders", [("name", "name")], model="sale.order", methods=["POST"], url=receiver.url_for("/customers"),
        is_paginated=True,
    )  # fmt: skip
    ids = odoo.search("sale.order", [], limit=3)
    total = sum(record["amount_total"] for record in odoo.read("sale.order", ids, ["amount_total"]))
    script = "total = sum(records.mapped('amount_total'))\n"
    script += "result = {'total_revenue': total, 'order_count': len(records)}"
    push(scripted(configuration, script_after=script), *ids)
    (body,) = bodies(receiver)
    assert body == {"total_revenue": pytest.approx(total), "order_count": 3}


def test_a_condition_lets_records_pass_or_leaves_them(
    customers_out: Configuration, odoo: Odoo, receiver: HTTPServer
) -> None:
    scripted(customers_out, script_condition="record.email and record.email.endswith('.de')")
    ids = [partner(odoo, email=email) for email in ("a@example.de", "b@example.com", False)]
    assert [one.state for one in push(customers_out, *ids)] == ["done", "skipped", "skipped"]
    assert [body["external_id"] for body in bodies(receiver)] == ids[:1]
    assert Delivery.objects.filter(last_error="The condition is not met.").count() == 2


@pytest.mark.parametrize(
    ("script", "sent"),
    [
        ("result = records.filtered(lambda r: r.city == 'Bonn')", [("B", "b@example.com")]),
        ("result = False", []),
        ("pass", [("A", "a@example.com"), ("B", "b@example.com")]),
        (
            "result = {r.id: {'email': (r.email or '').upper()} for r in records}",
            [("A", "A@EXAMPLE.COM"), ("B", "B@EXAMPLE.COM")],
        ),
    ],
)
def test_the_script_before_the_mapping_leaves_records_out_or_changes_their_values(
    customers_out: Configuration, odoo: Odoo, receiver: HTTPServer, script: str, sent: list[Any]
) -> None:
    customers_out.is_paginated = True
    scripted(customers_out, script_before=script)
    ids = [
        partner(odoo, name="A", email="a@example.com", city="Ulm"),
        partner(odoo, name="B", email="b@example.com", city="Bonn"),
    ]
    push(customers_out, *ids)
    assert [(one["full_name"], one["email_address"]) for body in bodies(receiver) for one in body] == sent


def test_the_answer_is_written_back_where_scripts_may_write(
    customers_out: Configuration, odoo: Odoo, receiver: HTTPServer
) -> None:
    record_id = partner(odoo)
    script = "record.write({'ref': response['json']['id']})"
    scripted(customers_out, script_response=script, scripts_may_write=True)
    (delivery,) = push(customers_out, record_id)
    assert delivery.state == "done"
    assert odoo.read("res.partner", [record_id], ["ref"])[0]["ref"] == "crm-7"


def test_nothing_is_written_where_scripts_may_not(
    customers_out: Configuration, odoo: Odoo, receiver: HTTPServer
) -> None:
    record_id = partner(odoo)
    scripted(customers_out, script_response="record.write({'ref': 'x'})")
    (delivery,) = push(customers_out, record_id)
    assert (delivery.state, delivery.last_status) == ("dead", 201)
    assert "may not write" in delivery.last_error
    assert not odoo.read("res.partner", [record_id], ["ref"])[0]["ref"]


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("result = response['json']['accepted'] is False", "the answer is no success"),
        ("if response['status'] == 201:\n    raise UserError('Held for review')", "Held for review"),
    ],
)
def test_the_script_on_the_response_says_what_success_is(
    customers_out: Configuration, odoo: Odoo, receiver: HTTPServer, script: str, told: str
) -> None:
    (delivery,) = push(scripted(customers_out, script_response=script), partner(odoo))
    assert (delivery.state, delivery.attempts) == ("dead", 1)
    assert told in delivery.last_error
    row = ApiLog.objects.get()
    assert (row.state, row.response_status) == ("failed", 201)
    assert told in row.error_message


@pytest.mark.parametrize(
    ("script", "code", "told"),
    [
        ("x = 1\nresult = records.nosuch", "SCRIPT_ERROR", "Line 2: .*nosuch"),
        ("while True:\n    pass", "SCRIPT_LIMIT", r"longer than 2 s"),
        ("result = ['x' * 1000 for i in range(10_000_000)]", "SCRIPT_LIMIT", "more than 64 MB"),
    ],
)
def test_a_script_that_fails_is_in_the_log_and_its_neighbours_are_sent(
    customers_out: Configuration, make: Make, odoo: Odoo, receiver: HTTPServer, script: str, code: str, told: str
) -> None:
    sound = make("sound", [("name", "name")], methods=["POST"], url=receiver.url_for("/customers"))
    customers_out.script_after = script
    customers_out.save()
    record_id = partner(odoo)
    runs.send_now(sound, [record_id])
    failed, done = sorted(push(customers_out, record_id), key=lambda one: one.configuration.code)
    assert (done.state, failed.state) == ("done", "dead")
    row = ApiLog.objects.get(configuration_code="customers-out")
    assert (row.state, row.error_code, row.delivery_id) == ("failed", code, failed.pk)
    with pytest.raises(AssertionError, match=told):
        raise AssertionError(row.error_message)


def test_one_record_whose_script_fails_does_not_take_the_others_with_it(
    customers_out: Configuration, odoo: Odoo, receiver: HTTPServer
) -> None:
    scripted(customers_out, script_after="result = {'city': record.city.upper()}")
    ids = [partner(odoo, city="Ulm"), partner(odoo), partner(odoo, city="Bonn")]
    assert [one.state for one in push(customers_out, *ids)] == ["done", "dead", "done"]


def test_the_documentations_logging_script_runs_word_for_word(
    customers_out: Configuration, odoo: Odoo, receiver: HTTPServer
) -> None:
    script = 'import logging\n_logger = logging.getLogger(__name__)\n_logger.info(f"Processing data: {data}")'
    (delivery,) = push(scripted(customers_out, script_after=script), partner(odoo))
    assert delivery.state == "done"
    assert "INFO Processing data: {'external_id'" in ApiLog.objects.get().script_log


@pytest.mark.parametrize("number", ["float('nan')", "float('inf')", "[{'a': float('-inf')}]"])
def test_what_is_no_json_is_not_sent(
    customers_out: Configuration, odoo: Odoo, receiver: HTTPServer, number: str
) -> None:
    (delivery,) = push(scripted(customers_out, script_after=f"result = {{'a': {number}}}"), partner(odoo))
    assert delivery.state == "dead"
    assert "no number for anybody else" in delivery.last_error
    assert receiver.log == []


# In -----------------------------------------------------------------------------------------------


def test_a_script_takes_a_strange_payload_apart(api: APIClient, customers_in: Configuration, odoo: Odoo) -> None:
    script = "person = request_data['person']\n"
    script += "result = {'name': person['first'] + ' ' + person['last'], 'email': person['mail'].lower()}"
    scripted(customers_in, script_before=script)
    body = {"data": {"person": {"first": "Ada", "last": "Lovelace", "mail": "ADA@example.com"}}}
    answer = api.post(URL, body, format="json")
    assert answer.status_code == 201, answer.content
    (record,) = odoo.read("res.partner", [answer.json()["id"]], ["name", "email"])
    assert (record["name"], record["email"]) == ("Ada Lovelace", "ada@example.com")


def test_a_script_after_the_mapping_adds_values_for_odoo(
    api: APIClient, customers_in: Configuration, odoo: Odoo
) -> None:
    scripted(customers_in, script_after="result = {**values, 'ref': 'WEB-' + values['name'].upper(), 'lang': False}")
    record_id = api.post(URL, {"data": {"name": "Ada"}}, format="json").json()["id"]
    assert odoo.read("res.partner", [record_id], ["ref"])[0]["ref"] == "WEB-ADA"


def test_a_script_on_the_response_makes_the_answer(api: APIClient, customers_in: Configuration) -> None:
    scripted(customers_in, script_response="result = {'customer': response['id'], 'name': records.name}")
    answer = api.post(URL, {"data": {"name": "Ada"}}, format="json").json()
    assert answer["data"] == {"customer": answer["id"], "name": "Ada"}


@pytest.mark.parametrize(
    ("scripts", "told"),
    [
        ({"script_condition": "request_data.get('source') == 'shop'"}, "condition"),
        ({"script_before": "raise UserError('No VAT number, no customer')"}, "No VAT number, no customer"),
        (
            {"script_before": "if request['ip'] != '10.0.0.1':\n    raise ValidationError('Not from here')"},
            "Not from here",
        ),
    ],
)
def test_a_script_refuses_a_request(
    api: APIClient, customers_in: Configuration, odoo: Odoo, scripts: dict[str, str], told: str
) -> None:
    before = odoo.count("res.partner")
    answer = api.post(URL, {"data": {"name": "Ada"}}, format="json")
    assert answer.status_code == 201
    scripted(customers_in, **scripts)
    answer = api.post(URL, {"data": {"name": "Ada"}}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert told in answer.json()["error"]["message"]
    assert odoo.count("res.partner") == before + 1


def test_a_script_that_fails_tells_the_log_all_and_the_caller_nothing_of_itself(
    api: APIClient, customers_in: Configuration
) -> None:
    scripted(customers_in, script_before="print('so far')\nkey = 'sesame'\nresult = request_data['nokey']")
    answer = api.post(URL, {"data": {"name": "Ada"}}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "CONFIGURATION_ERROR")
    assert "nokey" not in answer.content.decode()
    row = ApiLog.objects.get()
    assert "Line 3" in row.error_message
    assert row.script_log == "so far"


# Saving and looking ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "script", "told"),
    [
        ("script_after", "import os\nresult = 1", "Line 1"),
        ("script_before", "result = recrods", "recrods"),
        ("script_condition", "record.email and", "Line 1"),
        ("script_response", "class A:\n    pass", "Line 1"),
    ],
)
def test_a_script_that_cannot_run_is_not_saved(customers_out: Configuration, name: str, script: str, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        scripted(customers_out, **{name: script})
    assert told in str(refused.value.message_dict[name])


def test_a_preview_shows_what_scripts_do_and_say_and_lets_them_write_nothing(
    customers_out: Configuration, odoo: Odoo
) -> None:
    record_id = partner(odoo)
    scripted(
        customers_out,
        script_before="print('looking at', record.name)\nresult = {'email': 'x@example.com'}",
        script_after="result = {'wrapped': request_data}",
        scripts_may_write=True,
    )
    shown = preview.of_record(customers_out, record_id)
    assert shown.result["wrapped"]["email_address"] == "x@example.com"
    assert shown.logs == ["looking at Ada"]
    customers_out.script_before = "record.write({'name': 'Changed'})"
    shown = preview.of_record(customers_out, record_id)
    assert odoo.read("res.partner", [record_id], ["name"])[0]["name"] == "Ada"
