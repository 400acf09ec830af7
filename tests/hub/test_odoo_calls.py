"""What goes over the wire: JSON-RPC's positions, JSON-2's names, context, login, versions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.errors import OdooAuthentication, OdooProtocol, OdooValidation
from hub.odoo.connection import Target, Version
from hub.odoo.json2 import Json2Odoo
from hub.odoo.jsonrpc import JsonRpcOdoo
from hub.odoo.remote import RemoteOdoo
from hub.odoo.version import parse
from tests.hub.odoo_server import CANARY, TRANSPORTS, connection, failing, fault, http, jsonrpc, odoo
from tests.hub.wire import Server, serving

both = pytest.mark.parametrize("kind", TRANSPORTS)


def sent(server: Server, index: int = -1) -> dict[str, Any]:
    return dict(json.loads(server.requests[index].partition(b"\r\n\r\n")[2]))


def result(kind: type[RemoteOdoo], value: Any) -> bytes:
    return http(json.dumps(value)) if kind is Json2Odoo else jsonrpc(result=value)


def test_json_rpc_sends_what_execute_kw_takes() -> None:
    with serving(odoo(jsonrpc(result=[1]))) as server, connection(JsonRpcOdoo, server.url) as client:
        client.search("res.partner", [("name", "=", "x")], limit=5, order="id")
        assert sent(server)["params"] == {
            "service": "object",
            "method": "execute_kw",
            "args": ["db", 2, CANARY, "res.partner", "search", [[["name", "=", "x"]]],
                     {"limit": 5, "order": "id", "context": {}}],
        }  # fmt: skip


def test_json2_sends_names_only() -> None:
    with serving(odoo(http("[1]"))) as server, connection(Json2Odoo, server.url) as client:
        client.search("res.partner", [("name", "=", "x")], limit=5, order="id", context={"lang": "fr_FR"})
        assert sent(server) == {"domain": [["name", "=", "x"]], "limit": 5, "order": "id", "context": {"lang": "fr_FR"}}
        head = server.requests[0].partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /json/2/res.partner/search HTTP/1.1")
    assert f"Authorization: bearer {CANARY}" in head
    assert "X-Odoo-Database: db" in head


@both
def test_the_context_of_the_call_adds_to_the_targets(kind: type[RemoteOdoo]) -> None:
    own = (("allowed_company_ids", (3, 1)), ("lang", "fr_FR"))
    with serving(odoo(result(kind, 0))) as server, connection(kind, server.url, context=own) as client:
        client.count("res.partner", context={"lang": "nl_BE", "active_test": False})
        body = sent(server)
    context = body["context"] if kind is Json2Odoo else body["params"]["args"][-1]["context"]
    assert context == {"allowed_company_ids": [3, 1], "lang": "nl_BE", "active_test": False}


def test_the_login_is_asked_once() -> None:
    with serving(odoo(jsonrpc(result=1))) as server, connection(JsonRpcOdoo, server.url) as client:
        for _ in range(3):
            client.count("res.partner")
        assert client.user_id() == 2
        assert [sent(server, index)["params"]["service"] for index in range(4)] == [
            "common",
            "object",
            "object",
            "object",
        ]


def test_a_refused_login_is_asked_again_next_time() -> None:
    denied = failing(JsonRpcOdoo, fault("odoo.exceptions.AccessDenied", "Access Denied"))
    with serving(odoo(denied)) as server, connection(JsonRpcOdoo, server.url) as client:
        for _ in range(2):
            with pytest.raises(OdooAuthentication):
                client.count("res.partner")
        assert [sent(server, index)["params"]["service"] for index in range(4)] == ["common", "object"] * 2


def test_a_method_on_records_called_without_any_is_called_on_none_and_remembered() -> None:
    debug = 'File "model.py"\n    ids, args = args[0], args[1:]\nIndexError: list index out of range'
    refused = failing(JsonRpcOdoo, fault("builtins.IndexError", "list index out of range", debug))

    def answer(body: dict[str, Any]) -> bytes:
        return jsonrpc(result=True) if body["params"]["args"][5] == [[]] else refused

    with serving(odoo(answer)) as server, connection(JsonRpcOdoo, server.url) as client:
        assert client.call("res.partner", "action_archive") is True
        assert client.call("res.partner", "action_archive") is True
        assert len(server.requests) == 4  # the login, the refused one, and one for each call


def test_before_19_a_method_without_a_result_has_none() -> None:
    with serving(odoo(http('{"jsonrpc": "2.0", "id": 1}'))) as server, connection(JsonRpcOdoo, server.url) as client:
        assert client.call("res.partner", "do_nothing", [1]) is None


@both
def test_names_of_models_and_methods_stay_in_their_place(kind: type[RemoteOdoo]) -> None:
    with serving(odoo(result(kind, None))) as server, connection(kind, server.url) as client:
        client.call("../../web", "a b?c\r\nX: y")
        line = server.requests[-1].split(b"\r\n", 1)[0]
    assert line in (b"POST /jsonrpc HTTP/1.1", b"POST /json/2/..%2F..%2Fweb/a%20b%3Fc%0D%0AX%3A%20y HTTP/1.1")


@both
@pytest.mark.parametrize("value", [object(), float("nan"), "\ud800"], ids=["an object", "nan", "surrogate"])
def test_what_json_cannot_hold_is_never_sent(kind: type[RemoteOdoo], value: object) -> None:
    with serving(odoo(result(kind, []))) as server, connection(kind, server.url) as client:
        with pytest.raises(OdooValidation):
            client.create("res.partner", [{"name": value}])
        assert server.requests == []


def test_credentials_that_are_missing_are_named() -> None:
    with pytest.raises(OdooAuthentication, match="API key"):
        Json2Odoo(Target("http://127.0.0.1:1", password="x")).user_id()
    with pytest.raises(OdooAuthentication, match="login"):
        JsonRpcOdoo(Target("http://127.0.0.1:1", password="x")).user_id()


@pytest.mark.parametrize("key", ["a\r\nX-Evil: 1", "ключ", "a\x00"])
def test_a_key_that_no_header_can_carry_is_refused(key: str) -> None:
    with pytest.raises(OdooAuthentication) as caught:
        Json2Odoo(Target("http://127.0.0.1:1", api_key=key)).user_id()
    assert key not in str(caught.value)


@both
def test_the_version_is_asked_once_and_needs_no_login(kind: type[RemoteOdoo]) -> None:
    answer = http('{"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}')
    with serving(odoo(answer)) as server, connection(kind, server.url) as client:
        assert [client.version() for _ in range(3)] == [Version(19, 0)] * 3
        assert [request.split(b" ")[1] for request in server.requests] == [b"/web/version"]


@both
@pytest.mark.parametrize(
    "page", [http("<h1>Not Found</h1>", "404 Not Found"), http("<html>login"), http("[]"), http("{}")]
)
def test_an_older_server_tells_its_version_by_json_rpc(kind: type[RemoteOdoo], page: bytes) -> None:
    def answer(body: dict[str, Any]) -> bytes:
        return jsonrpc(result={"server_version": "15.0-20240101"}) if body else page

    with serving(odoo(answer)) as server, connection(kind, server.url) as client:
        assert client.version() == Version(15, 0)
        assert client.version().text == "15.0-20240101"


@pytest.mark.parametrize(
    "answer", [http("<html>"), http("{}"), jsonrpc(result={}), jsonrpc(result={"server_version": "new"})]
)
def test_what_tells_no_version_is_not_an_odoo(answer: bytes) -> None:
    with serving(odoo(answer)) as server, connection(JsonRpcOdoo, server.url) as client, pytest.raises(OdooProtocol):
        client.version()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("19.0", (19, 0)),
        ("saas~18.2+e", (18, 2)),
        ("17.0-20240101", (17, 0)),
        ("saas-19.1", (19, 1)),
        ("22.0alpha1", (22, 0)),
    ],
)
def test_a_version_is_read_from_its_text(text: str, expected: tuple[int, int]) -> None:
    assert parse(text) == Version(*expected)
    assert Version(19, 0) < Version(19, 1) < Version(22, 0)
