"""Whatever a server answers becomes an error of the hub's tree, the same on both transports, with no secret in it."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable

import pytest

from hub.errors import (
    OdooAccess,
    OdooAuthentication,
    OdooDuplicate,
    OdooError,
    OdooInvalidField,
    OdooLocked,
    OdooMissing,
    OdooProtocol,
    OdooTooLarge,
    OdooUnavailable,
    OdooValidation,
)
from hub.odoo.json2 import Json2Odoo
from hub.odoo.jsonrpc import JsonRpcOdoo
from hub.odoo.remote import RemoteOdoo
from tests.hub.odoo_server import CANARY, TRANSPORTS, connection, failing, fault, http, jsonrpc, odoo
from tests.hub.wire import serving

both = pytest.mark.parametrize("kind", TRANSPORTS)

HTML = "<!DOCTYPE html><html><head><title>Sign in to continue</title></head><body>hello</body></html>"

MOVED = f"Location: https://user:{CANARY}@odoo.example/erp/jsonrpc?key={CANARY}\r\n"

ANSWERS: dict[str, tuple[bytes, type[OdooError], str]] = {
    "html": (http(HTML), OdooProtocol, "Sign in to continue"),
    "html 404": (http(HTML, "404 Not Found"), OdooProtocol, "HTTP 404"),
    "html 500": (http(HTML, "500 Internal Server Error"), OdooProtocol, "HTTP 500"),
    "502": (http(HTML, "502 Bad Gateway"), OdooUnavailable, "HTTP 502"),
    "503": (http("", "503 Service Unavailable"), OdooUnavailable, "HTTP 503"),
    "504": (http(HTML, "504 Gateway Timeout"), OdooUnavailable, "HTTP 504"),
    "429": (http("{}", "429 Too Many Requests", "Retry-After: 7\r\n"), OdooUnavailable, "fewer calls"),
    "413": (http(HTML, "413 Content Too Large"), OdooTooLarge, "large"),
    "empty": (http(""), OdooProtocol, "nothing"),
    "blank": (http(" \n"), OdooProtocol, "nothing"),
    "text": (http("Not Found", "404 Not Found"), OdooProtocol, ""),
    "json of another 400": (http('{"detail": "no"}', "400 Bad Request"), OdooProtocol, "HTTP 400"),
    "half json": (http('{"jsonrpc": "2.0", "id": 1, "result": [{"id'), OdooProtocol, "cut off"),
    "not utf-8": (http(b'{"jsonrpc": "2.0", "id": 1, "result": "\xff"}'), OdooProtocol, ""),
    "deep": (http("[" * 100_000), OdooProtocol, ""),
    "no database": (http("<p>No database is selected</p>", "404 Not Found"), OdooAuthentication, "database"),
    "moved": (http("", "301 Moved", MOVED), OdooProtocol, "redirects to https://odoo.example/erp. Set"),
    "moved nowhere": (http("", "302 Found"), OdooProtocol, "redirects"),
    "moved to nonsense": (http("", "302 Found", "Location: http://[\r\n"), OdooProtocol, "not a URL"),
}  # fmt: skip

SHAPES = ["null", "5", '"text"', "[]", "{}", '[{"name": 1}]', '{"records": []}', "true"]


@both
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_not_odoos_is_classified(kind: type[RemoteOdoo], name: str) -> None:
    answer, error, text = ANSWERS[name]
    with serving(odoo(answer)) as server, connection(kind, server.url) as client:
        with pytest.raises(OdooError) as caught:
            client.search("res.partner")
    assert type(caught.value) is error
    assert text in str(caught.value)
    assert_no_secret(caught.value)


# What takes a result of some shape for a wrong one: each call, with the shapes that it does accept.
CALLS: list[tuple[Callable[[RemoteOdoo], object], set[str]]] = [
    (lambda client: client.search("res.partner"), {"5", "[]"}),
    (lambda client: client.search_read("res.partner", [], ["name"]), {"[]"}),
    (lambda client: client.count("res.partner"), {"5"}),
    (lambda client: client.create("res.partner", [{"name": "x"}]), {"5"}),
    (lambda client: client.fields_get("res.partner"), {"{}"}),
    (lambda client: client.load("res.partner", ["name"], [["x"]]), {"{}", '{"records": []}'}),
]


@both
@pytest.mark.parametrize("shape", SHAPES)
def test_a_result_of_the_wrong_shape_is_a_protocol_error(kind: type[RemoteOdoo], shape: str) -> None:
    answer = http(shape) if kind is Json2Odoo else http(f'{{"jsonrpc": "2.0", "id": 1, "result": {shape}}}')
    with serving(odoo(answer)) as server, connection(kind, server.url) as client:
        for call in (call for call, accepted in CALLS if shape not in accepted):
            with pytest.raises(OdooProtocol):
                call(client)


@pytest.mark.parametrize(
    "body",
    [
        "[]", "5", "null", "{}", '{"error": 5}', '{"error": {}}',
        '{"error": {"message": "x"}}', '{"error": {"data": {}}}',
        '{"error": {"data": "x"}}', '{"result": []}', '{"jsonrpc": "2.0"}', '{"jsonrpc": "1.0", "id": 1, "result": []}',
    ],
)  # fmt: skip
def test_json_that_is_not_json_rpc_is_a_protocol_error(body: str) -> None:
    with serving(odoo(http(body))) as server, connection(JsonRpcOdoo, server.url) as client:
        with pytest.raises(OdooError) as caught:
            client.search("res.partner")
    assert type(caught.value) is OdooProtocol


@both
@pytest.mark.parametrize(
    ("name", "message", "debug", "error"),
    [
        ("odoo.exceptions.ValidationError", "Wrong.", "", OdooValidation),
        ("odoo.exceptions.UserError", "No.", "", OdooValidation),
        ("odoo.exceptions.RedirectWarning", "Go there.", "", OdooValidation),
        ("odoo.exceptions.AccessError", "You may not.", "", OdooAccess),
        ("odoo.exceptions.AccessDenied", "Access Denied", "", OdooAuthentication),
        ("odoo.exceptions.MissingError", "Gone.", "", OdooMissing),
        ("odoo.exceptions.LockError", "Locked.", "", OdooLocked),
        ("psycopg2.errors.SerializationFailure", "could not serialize", "", OdooLocked),
        ("psycopg2.errors.LockNotAvailable", "no lock", "", OdooLocked),
        ("psycopg2.OperationalError", "server closed the connection", "", OdooUnavailable),
        ("psycopg2.OperationalError", 'FATAL: database "db" does not exist', "", OdooAuthentication),
        ("psycopg2.errors.NumericValueOutOfRange", "integer out of range\n", "", OdooValidation),
        ("odoo.exceptions.ValidationError", "Twice.", "psycopg2.errors.UniqueViolation: x", OdooDuplicate),
        ("builtins.ValueError", "Invalid field 'nme' in 'res.partner'", "", OdooInvalidField),
        ("builtins.ValueError", "Invalid field res.partner.nme in leaf ('nme', '=', 1)", "", OdooInvalidField),
        ("builtins.ValueError", "time data 'x' does not match", "", OdooValidation),
        ("builtins.TypeError", "search() got an unexpected keyword argument 'x'", "", OdooValidation),
        ("builtins.ZeroDivisionError", "division by zero", "Traceback ...", OdooError),
        ("builtins.KeyError", "'something'", "Traceback ...", OdooError),
        ("some.module.OwnError", "whatever", "", OdooError),
        ("", "", "", OdooError),
    ],
)
def test_the_same_failure_is_the_same_error_on_both(
    kind: type[RemoteOdoo], name: str, message: str, debug: str, error: type[OdooError]
) -> None:
    with serving(odoo(failing(kind, fault(name, message, debug)))) as server, connection(kind, server.url) as client:
        with pytest.raises(OdooError) as caught:
            client.search("res.partner")
    assert type(caught.value) is error
    assert caught.value.odoo_name == name
    assert "Traceback" not in str(caught.value)


@both
def test_what_waits_for_a_lock_was_rolled_back(kind: type[RemoteOdoo]) -> None:
    answer = failing(kind, fault("odoo.exceptions.LockError", "Locked."), "409 Conflict")
    with (
        serving(odoo(answer)) as server,
        connection(kind, server.url) as client,
        pytest.raises(OdooUnavailable) as caught,
    ):
        client.write("res.partner", [1], {"name": "x"})
    assert caught.value.retryable
    assert not caught.value.sent


@both
def test_retry_after_is_told(kind: type[RemoteOdoo]) -> None:
    answer = http("{}", "429 Too Many Requests", "Retry-After: 7\r\n")
    with (
        serving(odoo(answer)) as server,
        connection(kind, server.url) as client,
        pytest.raises(OdooUnavailable) as caught,
    ):
        client.search("res.partner")
    assert caught.value.details == {"retry_after": 7}
    assert not caught.value.sent


@both
@pytest.mark.parametrize("status", ["502 Bad Gateway", "504 Gateway Timeout"])
def test_behind_a_proxy_a_create_may_have_been_done(kind: type[RemoteOdoo], status: str) -> None:
    with serving(odoo(http(HTML, status))) as server, connection(kind, server.url) as client:
        with pytest.raises(OdooUnavailable) as caught:
            client.create("res.partner", [{"name": "x"}])
    assert caught.value.sent


@both
def test_a_secret_that_the_server_echoes_is_hidden(kind: type[RemoteOdoo]) -> None:
    echo = fault("odoo.exceptions.ValidationError", f"Wrong: {CANARY}", f"Traceback {CANARY}")
    with serving(odoo(failing(kind, echo))) as server, connection(kind, server.url) as client:
        with pytest.raises(OdooValidation, match="Wrong") as caught:
            client.search("res.partner")
    assert_no_secret(caught.value)


@both
def test_nothing_is_logged_that_holds_a_secret(kind: type[RemoteOdoo], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(odoo(failing(kind, fault("x", "y")))) as server, connection(kind, server.url) as client:
        with pytest.raises(OdooError):
            client.search("res.partner")
    assert CANARY not in caplog.text


@both
def test_a_connection_shows_no_secret(kind: type[RemoteOdoo]) -> None:
    client = connection(kind, "http://127.0.0.1:1")
    assert CANARY not in repr(client) + repr(client.target) + str(client.target)
    with pytest.raises(OdooUnavailable) as caught:
        client.user_id()
    assert_no_secret(caught.value)


def test_a_refused_login_says_what_to_check() -> None:
    with serving(lambda server, wire: (server.read(wire), wire.sendall(jsonrpc(result=False)))[1]) as server:
        with connection(JsonRpcOdoo, server.url) as client, pytest.raises(OdooAuthentication, match="login") as caught:
            client.user_id()
    assert_no_secret(caught.value)


def test_a_wrong_key_says_what_to_check() -> None:
    answer = http(json.dumps(fault("werkzeug.exceptions.Unauthorized", "Invalid apikey")), "401 Unauthorized")
    with serving(odoo(answer)) as server, connection(Json2Odoo, server.url) as client:
        with pytest.raises(OdooAuthentication, match="API key") as caught:
            client.user_id()
    assert_no_secret(caught.value)


def assert_no_secret(error: BaseException) -> None:
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(vars(error))
    chain: BaseException | None = error
    while chain is not None:
        shown += repr(chain)
        chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    assert CANARY not in shown


@both
@pytest.mark.parametrize("times", [1, 3, 4])
def test_a_write_that_met_others_is_made_again_and_not_for_ever(kind: type[RemoteOdoo], times: int) -> None:
    locked = failing(kind, fault("psycopg2.errors.SerializationFailure", "could not serialize access"))
    answers = [locked] * times
    done = http("true") if kind is Json2Odoo else jsonrpc(result=True)

    def answer(body: object) -> bytes:
        return answers.pop() if answers else done

    with serving(odoo(answer)) as server, connection(kind, server.url) as client:
        if times < 4:
            client.write("res.partner", [1], {"name": "x"})
        else:
            with pytest.raises(OdooLocked):
                client.write("res.partner", [1], {"name": "x"})
    assert answers == []


@both
def test_a_refusal_by_the_database_keeps_its_rows_to_itself(kind: type[RemoteOdoo]) -> None:
    row = "DETAIL:  Failing row contains (7, null, secret comment)."
    message = f'new row for relation "res_partner" violates check constraint "res_partner_check_name"\n{row}\n'
    trouble = fault("psycopg2.errors.CheckViolation", message, f"psycopg2.errors.CheckViolation: {message}")
    with serving(odoo(failing(kind, trouble))) as server, connection(kind, server.url) as client:
        with pytest.raises(OdooValidation) as caught:
            client.write("res.partner", [1], {"name": False})
    assert caught.value.details["rule"] == "res_partner_check_name"
    assert "secret" not in f"{caught.value} {caught.value.details}"
