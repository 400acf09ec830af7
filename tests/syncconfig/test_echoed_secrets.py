"""External systems that say back what they were sent: nothing of it that is secret stays in the database."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from django.db import connection
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from apilog.models import ApiLog
from hub.http.client import Client
from hub.http.oauth import tokens
from hub.odoo.connection import Odoo
from syncconfig import drain, runs
from syncconfig.models import Configuration, Delivery, Endpoint
from syncconfig.validators import egress_policy

pytestmark = pytest.mark.django_db
SECRET, ACCESS = "canary-Secret-51/x", "canary-access-52"
PAIR = b64encode(f"hub:{SECRET}".encode()).decode()
OAUTH_PAIR = b64encode(b"hub:canary-Secret-51%2Fx").decode()
CANARIES = (SECRET, "canary-Secret-51", ACCESS, PAIR, OAUTH_PAIR)
BASIC = {"auth_scheme": "basic", "auth_login": "hub", "auth_password": SECRET}
OAUTH = {"auth_scheme": "oauth2", "auth_login": "hub", "auth_password": SECRET}
SCHEMES: list[dict[str, Any]] = [
    BASIC,
    OAUTH,
    {"auth_scheme": "bearer", "auth_token": SECRET.replace("/", "-")},
    {"auth_scheme": "api_key", "auth_token": SECRET, "auth_header": "X-Shop"},
    {"auth_scheme": "api_key_query", "auth_token": SECRET, "auth_header": "k"},
]


def echo(request: Request, status: int) -> Response:
    """All that came, in the body, in a header, and in the reason phrase."""
    sent = {"url": request.url, **dict(request.headers)}
    key = request.headers.get("Authorization", request.headers.get("X-Shop", ""))
    answer = Response(json.dumps(sent), status=f"{status} Not {key}", content_type="application/json")
    answer.headers["X-You-Sent"] = key
    answer.headers["Set-Cookie"] = f"session={ACCESS}"
    return answer


@pytest.fixture(autouse=True)
def token_address(httpserver: HTTPServer) -> str:
    """Hands out a token."""
    httpserver.expect_request("/token").respond_with_json({"access_token": ACCESS, "expires_in": 60})
    return httpserver.url_for("/token")


def sent(configuration: Configuration, odoo: Odoo, token_url: str, columns: dict[str, Any]) -> Delivery:
    """One message, with those columns changed."""
    for name, value in columns.items():
        setattr(configuration, name, value)
    configuration.oauth_url = token_url
    configuration.save()
    configuration.headers.create(name="X-Api-Key", value=SECRET)
    ids = odoo.create("res.partner", [{"name": "Ada"}])
    runs.send_now(configuration, ids)
    drain.drain(Client(egress_policy()), threads=1)
    tokens.forget(configuration.credentials)
    return Delivery.objects.get()


def dump() -> str:
    """All of the database, as text."""
    with connection.cursor() as cursor:
        texts = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            texts.append(str(cursor.fetchall()))
    return "\n".join(texts)


SCRIPTS: list[dict[str, str]] = [
    {},
    {"script_response": "raise UserError(response['text'] + str(response['headers']))"},
    {"script_response": "log(response['text'], response['headers'])"},
]


@pytest.mark.parametrize("status", [200, 400, 503])
@pytest.mark.parametrize("columns", SCHEMES, ids=lambda one: str(one["auth_scheme"]))
@pytest.mark.parametrize("script", SCRIPTS, ids=["", "raises", "logs"])
def test_what_an_answer_says_back_is_not_kept(
    customers_out: Configuration, odoo: Odoo, httpserver: HTTPServer, token_address: str,
    status: int, columns: dict[str, Any], script: dict[str, str],
) -> None:  # fmt: skip
    httpserver.expect_request("/customers").respond_with_handler(lambda request: echo(request, status))
    delivery = sent(customers_out, odoo, token_address, columns | script)
    assert (delivery.last_status, ApiLog.objects.filter(response_status=status).exists()) == (status, True)
    kept = dump()
    assert [canary for canary in CANARIES if canary in kept] == []


def test_what_a_token_address_says_back_is_not_kept(
    customers_out: Configuration, odoo: Odoo, httpserver: HTTPServer
) -> None:
    def refuse(request: Request) -> Response:
        said = f"{request.headers.get('Authorization')} {request.get_data(as_text=True)}"
        return Response(json.dumps({"error_description": said}), status=400, content_type="application/json")

    httpserver.expect_request("/refusing").respond_with_handler(refuse)
    delivery = sent(customers_out, odoo, httpserver.url_for("/refusing"), OAUTH)
    assert "The token address answered 400" in delivery.last_error
    kept = dump()
    assert [canary for canary in CANARIES if canary in kept] == []
    assert not Endpoint.objects.filter(why__contains="canary").exists()
