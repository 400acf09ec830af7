"""What a caller is told while Odoo fails: enough to act, and nothing about where Odoo is; the log has the rest."""

from __future__ import annotations

import socket

import pytest
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.odoo.connect import close_all
from syncconfig.models import Configuration, OdooConnection
from tests.hub.odoo_server import http, odoo
from tests.hub.wire import serving

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/res.partner"


def point_to(url: str) -> None:
    """The connection leads there from now on."""
    OdooConnection.objects.update(
        transport="json2", url=url, database="canarybase", login="canary@example.com", api_key="canary-key"
    )
    close_all()


def answered(api: APIClient, status: int, code: str, method: str = "get") -> str:
    """The message to the caller, who learns no place, name or detail; the log's is answered after it."""
    answer = getattr(api, method)(URL, {"data": {"name": "x"}} if method == "post" else None, format="json")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["details"]) == (status, code, {})
    text = answer.content.decode() + repr(answer.headers)
    for place in ("127.0.0.1", "localhost", "canary"):
        assert place not in text
    return str(error["message"])


def test_an_odoo_that_is_away_is_told_without_its_address(api: APIClient, customers_in: Configuration) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    point_to(f"http://127.0.0.1:{port}")
    message = answered(api, 503, "ODOO_UNAVAILABLE")
    assert message == "Odoo does not answer just now. Try again later; if it lasts, quote the trace_id."
    assert str(port) not in message
    assert f"127.0.0.1:{port} refused the connection" in ApiLog.objects.get().error_message


def test_an_answer_that_is_not_odoos_is_told_without_its_address(api: APIClient, customers_in: Configuration) -> None:
    with serving(odoo(http("<h1>canary proxy</h1>"))) as server:
        point_to(server.url)
        answered(api, 502, "ODOO_PROTOCOL")
    close_all()


def test_refused_credentials_are_told_without_their_login(api: APIClient, customers_in: Configuration) -> None:
    with serving(odoo(http('{"name": "werkzeug.exceptions.Unauthorized", "message": "x"}', "401 Unauthorized"))) as on:
        point_to(on.url)
        answered(api, 502, "ODOO_AUTHENTICATION")
    close_all()


def test_a_caller_learns_when_odoo_may_have_done_what_was_asked(api: APIClient, customers_in: Configuration) -> None:
    OdooConnection.objects.update(read_timeout=0.2)
    with serving(lambda server, connection: connection.recv(1 << 20) and None) as server:
        point_to(server.url)
        assert "may still have done what was asked" in answered(api, 503, "ODOO_UNAVAILABLE", "post")
    close_all()


def test_the_results_of_a_batch_tell_no_more(api: APIClient, customers_in: Configuration) -> None:
    body = {"operations": [{"method": "create", "data": {"name": "x"}}], "options": {"continue_on_error": True}}
    with serving(odoo(http("<h1>canary proxy</h1>"))) as server:
        point_to(server.url)
        answer = api.post(f"{URL}/batch", body, format="json")
    close_all()
    text = answer.content.decode()
    assert "ODOO_PROTOCOL" in text
    for place in ("127.0.0.1", "canary"):
        assert place not in text
