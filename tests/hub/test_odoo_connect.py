"""From a target to a connection: detection, the registry, and the pool."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hub.errors import InvalidInput, OdooAuthentication, OdooError, OdooUnavailable
from hub.odoo import connect as pool
from hub.odoo.connect import choose, close_all, connect, detect, forget, open_new, transports
from hub.odoo.connection import Target, Version
from hub.odoo.introspect import Introspection, nearest
from tests.hub.odoo_server import http, jsonrpc, odoo
from tests.hub.wire import serving


@pytest.fixture(autouse=True)
def an_empty_pool() -> Iterator[None]:
    close_all()
    yield
    close_all()


@pytest.mark.parametrize(
    ("version", "has_key", "expected"),
    [
        (Version(15, 0), False, "jsonrpc"),
        (Version(18, 4), True, "jsonrpc"),
        (Version(19, 0), False, "jsonrpc"),
        (Version(19, 0), True, "json2"),
        (Version(21, 0), False, "jsonrpc"),
        (Version(22, 0), True, "json2"),
    ],
)
def test_the_transport_suits_the_version_and_the_credentials(version: Version, has_key: bool, expected: str) -> None:
    assert choose(version, has_key=has_key) == expected


def test_odoo_22_without_a_key_says_what_is_missing() -> None:
    with pytest.raises(OdooAuthentication, match="API key") as caught:
        choose(Version(22, 0, "22.0"), has_key=False)
    assert caught.value.details["field"] == "api_key"


@pytest.mark.parametrize(("key", "expected"), [("", "jsonrpc"), ("key", "json2")])
def test_the_server_is_asked_when_the_transport_is_to_be_detected(key: str, expected: str) -> None:
    with serving(odoo(http('{"version": "19.0"}'))) as server:
        assert detect(Target(server.url, api_key=key)) == expected
        assert connect(Target(server.url, api_key=key)).transport == expected


def test_an_older_server_is_detected_by_json_rpc() -> None:
    def answer(body: dict[str, object]) -> bytes:
        return jsonrpc(result={"server_version": "17.0"}) if body else http("<h1>Not Found", "404 Not Found")

    with serving(odoo(answer)) as server:
        assert detect(Target(server.url, api_key="key")) == "jsonrpc"


def test_a_file_is_the_embedded_odoo(tmp_path: Path) -> None:
    assert detect(Target(str(tmp_path / "odoo.sqlite3"))) == "embedded"


@pytest.mark.parametrize("url", ["odoo.example.com", "ftp://odoo.example.com", "odoo.sqlite3", ""])
def test_what_is_neither_an_address_nor_a_path_makes_no_file(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="must start with https:// or http://"):
        connect(Target(url))
    assert list(tmp_path.iterdir()) == []


def test_a_configured_transport_asks_nobody() -> None:
    assert connect(Target("http://127.0.0.1:1", transport="json2")).transport == "json2"


def test_a_server_that_cannot_be_asked_is_unavailable_and_not_remembered() -> None:
    target = Target("http://127.0.0.1:1")
    for _ in range(2):
        with pytest.raises(OdooUnavailable):
            connect(target)


def test_the_choices_come_from_the_registry() -> None:
    names = [name for name, _ in transports()]
    assert names[0] == "auto"
    assert set(names) == {"auto", "embedded", "json2", "jsonrpc"}
    assert all(label for _, label in transports())


@pytest.mark.parametrize(
    ("url", "transport", "field"), [("http://x", "soap", "transport"), ("ftp://x", "jsonrpc", "url")]
)
def test_what_cannot_work_is_refused_by_its_field(url: str, transport: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        connect(Target(url, transport=transport))
    assert caught.value.details["field"] == field


def test_equal_targets_share_a_connection_and_others_do_not() -> None:
    target = Target("http://127.0.0.1:1", login="a", password="b", transport="jsonrpc")
    assert connect(target) is connect(replace(target))
    assert connect(target) is not connect(replace(target, password="c"))
    assert open_new(target) is not connect(target)


def test_a_forgotten_connection_is_made_anew() -> None:
    target = Target("http://127.0.0.1:1", transport="jsonrpc")
    before = connect(target)
    forget(target)
    forget(target)
    assert connect(target) is not before


def test_the_pool_closes_what_was_not_used_for_longest() -> None:
    targets = [Target(f"http://127.0.0.1:{port}", transport="jsonrpc") for port in range(1, pool.MAX_CONNECTIONS + 2)]
    first = connect(targets[0])
    second = connect(targets[1])
    for target in [*targets[2:-1], targets[0], targets[-1]]:
        connect(target)
    assert connect(targets[0]) is first
    assert connect(targets[1]) is not second


def test_a_forked_child_begins_with_an_empty_pool() -> None:
    target = Target("http://127.0.0.1:1", transport="jsonrpc")
    before = connect(target)
    child = os.fork()
    if child == 0:
        os._exit(0 if connect(target) is not before else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_fields_are_remembered_until_they_expire() -> None:
    now = [0.0]
    answer = http('{"email": {"type": "char"}, "name": {"type": "char"}}')
    with serving(odoo(answer)) as server, open_new(Target(server.url, api_key="k", transport="json2")) as client:
        seen = Introspection(client, lifetime=60, clock=lambda: now[0])
        for moment, asked in [(0, 1), (59, 1), (60, 2), (61, 2)]:
            now[0] = moment
            assert set(seen.fields("res.partner")) == {"email", "name"}
            assert len(server.requests) == asked
        seen.forget()
        seen.require("res.partner", ["email", "name"])
        assert len(server.requests) == 3
        with pytest.raises(OdooError, match="Did you mean `email`"):
            seen.require("res.partner", ["name", "emial"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("emial", "email"), ("mail", "email"), ("country", "country_id"), ("zzz", None), ("", None), ("nme", "name")],
)
def test_the_nearest_name_is_suggested_if_any_is_near(name: str, expected: str | None) -> None:
    assert nearest(name, ["email", "name", "country_id", "phone"]) == expected
