"""How an Out configuration's requests look, how it shows who it is, and what answers mean: on the way to a receiver."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
import xmltodict
from django.core.exceptions import ValidationError
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apilog.models import ApiLog
from hub.http.client import Client
from hub.http.oauth import tokens
from hub.http.schemes import Credentials
from hub.odoo.connection import Odoo
from syncconfig import drain, preview
from syncconfig.models import AnswerMapping, Configuration, Delivery
from tests.conftest import Make
from tests.syncconfig.test_push import free_port, partner, push, sender

pytestmark = pytest.mark.django_db
__all__ = ["sender"]
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def change(configuration: Configuration, **values: Any) -> Configuration:
    """Save it with other values, as the admin would."""
    for name, value in values.items():
        setattr(configuration, name, value)
    configuration.full_clean()
    configuration.save()
    return configuration


@pytest.fixture
def out(customers_out: Configuration, httpserver: HTTPServer) -> Configuration:
    """Customers to a receiver whose every address answers."""
    httpserver.expect_request("/customers").respond_with_json({"ok": True})
    return customers_out


def test_each_method_calls_the_address_of_the_record(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    for number, method in enumerate(("POST", "PUT", "PATCH", "DELETE")):
        record_id = partner(odoo, ref=f"A/{number}")
        httpserver.expect_request(f"/partners/A/{number}", method=method).respond_with_json({})
        change(
            out, methods=[method], url=httpserver.url_for("/partners/{{ ref }}"), query="from = odoo\nid = {{ id }}",
            body_type="none" if method == "DELETE" else "json",
        )  # fmt: skip
        push(out, sender, record_id)
        request = httpserver.log[-1][0]
        assert (request.method, request.path) == (method, f"/partners/A/{number}")
        assert request.full_path.endswith(f"/partners/A%2F{number}?from=odoo&id={record_id}") or request.args
        assert (request.args["from"], request.args["id"]) == ("odoo", str(record_id))
        assert bool(request.data) == (method != "DELETE")
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}


def test_a_deleted_record_is_named_by_its_last_values(
    out: Configuration, sender: Client, httpserver: HTTPServer, odoo: Odoo
) -> None:
    httpserver.expect_request("/partners/B-1", method="DELETE").respond_with_data("", status=204)
    change(out, methods=["DELETE"], url=httpserver.url_for("/partners/{{ ref }}"), body_type="none")
    Delivery.objects.create(
        configuration=out, event="delete", model=out.model, record_ids=[7], record_id=7, values={"ref": "B-1"}
    )
    drain.drain(sender, threads=1)
    assert Delivery.objects.get().state == "done"


def test_an_address_with_an_empty_value_is_never_called(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    change(out, methods=["DELETE"], url=httpserver.url_for("/partners/{{ ref }}"))
    (delivery,) = push(out, sender, partner(odoo, ref=False))
    assert delivery.state == "dead"
    assert "{{ ref }}, which is empty" in delivery.last_error
    assert httpserver.log == []


def test_a_form_and_a_form_with_files(out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer) -> None:
    change(out, body_type="form")
    push(out, sender, partner(odoo, name="Ann & Söhne"))
    request = httpserver.log[-1][0]
    assert request.form["full_name"] == "Ann & Söhne"
    assert "address[country]" in request.form
    out.mappings.create(odoo_field="image_1920", external_key="photo", position=9)
    change(out, body_type="multipart")
    push(out, sender, partner(odoo, image_1920=PICTURE))
    request = httpserver.log[-1][0]
    with request.files["photo"].stream as photo:
        assert photo.read() == base64.b64decode(PICTURE)
    assert request.form["full_name"] == "Ada"


def test_xml_for_one_and_for_many(out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer) -> None:
    change(out, body_type="xml", xml_root="customers/customer")
    push(out, sender, partner(odoo, name="<Ann>"))
    request = httpserver.log[-1][0]
    assert request.headers["Content-Type"] == "application/xml"
    assert xmltodict.parse(request.data)["customers"]["full_name"] == "<Ann>"
    change(out, is_paginated=True, page_size=10)
    push(out, sender, partner(odoo, name="One"), partner(odoo, name="Two"))
    found = xmltodict.parse(httpserver.log[-1][0].data)["customers"]["customer"]
    assert [one["full_name"] for one in found] == ["One", "Two"]


def test_a_batch_is_wrapped_by_a_template(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    change(out, is_paginated=True, page_size=10, body_template='{"items": {{ data | json }}, "n": {{ count }}}')
    push(out, sender, partner(odoo, name='A "B"'), partner(odoo))
    found = httpserver.log[-1][0].get_json()
    assert (found["n"], [one["full_name"] for one in found["items"]]) == (2, ['A "B"', "Ada"])


def test_a_text_is_what_the_template_makes(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    change(out, body_type="text", body_template="{{ id }};{{ name | upcase }};{{ country_id.code }}")
    (country,) = odoo.search("res.country", [("code", "=", "DE")])
    record_id = partner(odoo, country_id=country)
    push(out, sender, record_id)
    assert httpserver.log[-1][0].data.decode() == f"{record_id};ADA;DE"
    shown = preview.of_record(out, record_id)
    assert shown.text == f"{record_id};ADA;DE"


def test_oauth_asks_for_a_token_and_for_another_when_it_is_refused(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    given = iter(["first", "second"])
    httpserver.clear()
    httpserver.expect_request("/token").respond_with_handler(
        lambda _: Response(json.dumps({"access_token": next(given), "expires_in": 3600}))
    )

    def receive(request: Request) -> Response:
        return Response("{}", 200 if request.headers["Authorization"] == "Bearer second" else 401)

    httpserver.expect_request("/customers").respond_with_handler(receive)
    token_url = httpserver.url_for("/token")
    change(out, auth_scheme="oauth2", auth_login="hub", auth_password="canary-secret", oauth_url=token_url)
    tokens.forget(Credentials("hub", "canary-secret", token_url=token_url))
    (delivery,) = push(out, sender, partner(odoo))
    assert (delivery.state, delivery.attempts) == ("done", 1)
    assert [request.path for request, _ in httpserver.log] == ["/token", "/customers", "/token", "/customers"]
    log = ApiLog.objects.get()
    assert "canary" not in str(log.request_headers) + log.request_body


@pytest.mark.parametrize(
    ("rules", "status", "state"),
    [
        ("", 409, "dead"),
        ("409 = done", 409, "done"),
        ("404 = retry", 404, "pending"),
        ("5xx = fail", 503, "dead"),
        ("200 = fail\n2xx = done", 200, "dead"),
        ("400-499 = DONE", 418, "done"),
    ],
)
def test_what_a_status_means_can_be_said(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, rules: str, status: int, state: str
) -> None:
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_json({}, status=status)
    change(out, status_rules=rules)
    (delivery,) = push(out, sender, partner(odoo))
    assert delivery.state == state
    assert ApiLog.objects.get().state == ("ok" if state == "done" else "failed")


@pytest.mark.parametrize(("answer", "state"), [({"ok": True}, "done"), ({"ok": False}, "dead"), ({}, "dead")])
def test_an_expression_says_whether_an_answer_is_a_success(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, answer: Any, state: str
) -> None:
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_json(answer)
    change(out, success_if="(response['json'] or {}).get('ok') == True")
    (delivery,) = push(out, sender, partner(odoo))
    assert delivery.state == state
    assert delivery.last_status == 200


@pytest.mark.parametrize("body", ["<html>Sorry</html>", "", "null"])
def test_the_documented_expression_takes_what_is_no_json_for_no_success(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, body: str
) -> None:
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_data(body)
    guide = (Path(__file__).parents[2] / "docs" / "outbound.md").read_text()
    (expression,) = re.findall(r"\*\*Success only if\*\*[^`]*`([^`]+)`", guide)
    assert expression in Configuration._meta.get_field("success_if").help_text
    change(out, success_if=expression)
    (delivery,) = push(out, sender, partner(odoo))
    assert delivery.state == "dead"
    assert delivery.last_error == "The answer is no success: the configuration's condition on it is not met."


@pytest.mark.parametrize(
    ("body", "expression", "told"),
    [
        (
            "<html>Sorry</html>",
            "response['json'].get('ok') == True",
            "The answer is no JSON, so response['json'] is None.",
        ),
        ("<html>Sorry</html>", "response['json']['ok'] == True", "The answer is no JSON, so response['json'] is None."),
        ("", "response['json'].get('ok') == True", "The answer is empty, so"),
        ("null", "response['json'].get('ok') == True", "The answer is null, so"),
        ('{"a": 1}', "response['json'].get('b').get('ok')", "What is looked for is not in the answer"),
        ('[{"ok": true}]', "response['json'].get('ok')", "The answer is a list, and no object"),
    ],
)
@pytest.mark.parametrize("where", ["success_if", "script_response"])
def test_an_expression_that_stumbles_over_the_answer_says_what_the_answer_lacks(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, body: str, expression: str, told: str,
    where: str,
) -> None:  # fmt: skip
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_data(body)
    change(out, **{where: expression})
    (delivery,) = push(out, sender, partner(odoo))
    assert delivery.state == "dead"
    assert told in delivery.last_error
    assert told in ApiLog.objects.get().error_message


def back(configuration: Configuration, **rows: str) -> None:
    """Write these values of the answer back: Odoo field = path."""
    for field, path in rows.items():
        row = AnswerMapping(configuration=configuration, path=path, odoo_field=field)
        row.full_clean()
        row.save()


def test_an_id_of_the_answer_is_written_back(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_json({"data": {"id": 4711}, "note": "hello"})
    back(out, ref="data.id", comment="missing.path")
    record_id = partner(odoo)
    (delivery,) = push(out, sender, record_id)
    assert delivery.state == "done"
    assert odoo.read("res.partner", [record_id], ["ref"])[0]["ref"] == "4711"
    assert "The answer has no missing.path" in ApiLog.objects.get().script_log


@pytest.mark.parametrize(
    ("field", "value", "links"),
    [
        ("category_id", [["id"]], True),
        ("category_id", [[1, "id", {"name": "Pwned"}]], False),
        ("category_id", [[0, 0, {"name": "New"}]], False),
        ("child_ids", [[0, 0, {"name": "New"}]], False),
        ("child_ids", [[5]], False),
        ("user_ids", [[0, 0, {"login": "new"}]], False),
    ],
    ids=repr,
)
def test_an_answer_may_link_records_and_write_none(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer, field: str, value: Any, links: bool
) -> None:
    (tag,) = odoo.create("res.partner.category", [{"name": "Answered"}])
    told = [tag] if links else json.loads(json.dumps(value).replace('"id"', str(tag)))
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_json({"told": told})
    back(out, **{field: "told"})
    record_id = partner(odoo)
    (child,) = odoo.create("res.partner", [{"name": "Child", "parent_id": record_id}])
    push(out, sender, record_id)
    (read,) = odoo.read("res.partner", [record_id], ["category_id", "child_ids"])
    assert (read["category_id"], read["child_ids"]) == ([tag] if links else [], [child])
    assert ("does not fit" in ApiLog.objects.get().script_log) is not links
    assert odoo.read("res.partner.category", [tag], ["name"])[0]["name"] == "Answered"


def test_a_batch_gets_the_values_of_a_list_in_its_order(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_json({"items": [{"id": "x1"}, {"id": "x2"}]})
    change(out, is_paginated=True, page_size=10)
    back(out, ref="items[].id")
    ids = [partner(odoo), partner(odoo)]
    push(out, sender, *ids)
    assert [one["ref"] for one in odoo.read("res.partner", ids, ["ref"])] == ["x1", "x2"]


def test_a_record_that_is_gone_when_the_answer_comes_was_delivered_all_the_same(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    ids = [partner(odoo), partner(odoo)]

    def answer(_: Request) -> Response:
        odoo.unlink("res.partner", ids[:1])
        return Response(json.dumps({"items": [{"id": "x1"}, {"id": "x2"}]}), content_type="application/json")

    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_handler(answer)
    change(out, is_paginated=True, page_size=10)
    back(out, ref="items[].id")
    (delivery,) = push(out, sender, *ids)
    assert (delivery.state, delivery.last_error) == ("done", "")
    assert odoo.read("res.partner", ids[1:], ["ref"])[0]["ref"] == "x2"
    assert f"Record {ids[0]} is gone from Odoo" in ApiLog.objects.get().script_log


def test_xml_answers_are_read_too(out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer) -> None:
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_data("<r><id>X9</id></r>", content_type="text/xml")
    back(out, ref="r.id")
    record_id = partner(odoo)
    push(out, sender, record_id)
    assert odoo.read("res.partner", [record_id], ["ref"])[0]["ref"] == "X9"


def test_what_odoo_refuses_is_told_and_the_message_is_not_sent_again(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.clear()
    httpserver.expect_request("/customers").respond_with_json({"country": 999999})
    back(out, country_id="country")
    (delivery,) = push(out, sender, partner(odoo))
    assert (delivery.state, delivery.attempts, len(httpserver.log)) == ("dead", 1, 1)


def test_what_odoo_could_not_take_just_now_is_kept_and_written_later(
    out: Configuration, sender: Client, odoo: Odoo, httpserver: HTTPServer
) -> None:
    record_id = partner(odoo)
    Delivery.objects.create(
        configuration=out, event="manual", model=out.model, record_ids=[record_id], record_id=record_id,
        attempts=1, last_status=201, unwritten=json.dumps({record_id: {"ref": "late"}}),
    )  # fmt: skip
    drain.drain(sender, threads=1)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.last_status, delivery.unwritten) == ("done", 201, "")
    assert odoo.read("res.partner", [record_id], ["ref"])[0]["ref"] == "late"
    assert httpserver.log == []


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"url": "https://{{ host }}/x"}, "url"),
        ({"url": "https://x.example/{{ id"}, "url"),
        ({"query": "lang"}, "query"),
        ({"query": "api_key = 0123456789abcdef"}, "query"),
        ({"body_template": "{% if %}"}, "body_template"),
        ({"body_type": "text"}, "body_template"),
        ({"body_type": "form", "is_paginated": True}, "body_type"),
        ({"status_rules": "409 = maybe"}, "status_rules"),
        ({"status_rules": "100 = done"}, "status_rules"),
        ({"success_if": "response['json'"}, "success_if"),
        ({"tls_ca": "nonsense"}, "tls_ca"),
        ({"tls_key": "something"}, "tls_certificate"),
        ({"auth_scheme": "oauth2", "auth_login": "x", "auth_password": "y"}, "oauth_url"),
        ({"oauth_url": "http://169.254.169.254/token"}, "oauth_url"),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_saved(
    customers_out: Configuration, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as failure:
        change(customers_out, **values)
    assert list(failure.value.message_dict) == [field]


@pytest.mark.parametrize("path", ["", "a..b", "items[", "[]", "a[].b[].c"])
def test_a_way_into_the_answer_that_is_none(customers_out: Configuration, path: str) -> None:
    with pytest.raises(ValidationError):
        back(customers_out, ref=path)


def test_nobody_is_called_whose_address_the_record_changed_to_a_forbidden_one(
    make: Make, sender: Client, odoo: Odoo
) -> None:
    one = make("odd", [("name", "n")], request_type="out", methods=["POST"])
    Configuration.objects.filter(pk=one.pk).update(url=f"http://127.0.0.1:{free_port()}@{{{{ ref }}}}/x")
    one.refresh_from_db()
    (delivery,) = push(one, sender, partner(odoo, ref="evil.example"))
    assert delivery.state == "dead"
