"""The way to an Odoo server: bounded in time and size, pooled, and honest about what may have been done."""

from __future__ import annotations

import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from hub.errors import InvalidInput, OdooAddressRefused, OdooCertificate, OdooProtocol, OdooUnavailable
from hub.odoo.address import parse
from hub.odoo.channel import Answer, Channel
from hub.odoo.connection import Target
from tests.hub.test_http_tls import certificate
from tests.hub.wire import OK, Server, answering, answering_once, dripping, flooding, serving

CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@contextmanager
def channel(url: str, max_answer: int = 1024 * 1024, **settings: object) -> Iterator[Channel]:
    opened = Channel(replace(Target(url, connect_timeout=5.0, read_timeout=10.0), **settings), max_answer)  # type: ignore[arg-type]
    try:
        yield opened
    finally:
        opened.close()


def ask(way: Channel, repeatable: bool = True) -> Answer:
    return way.post("/jsonrpc", b"{}", {}, repeatable=repeatable)


def test_connections_are_kept_and_used_again() -> None:
    with serving(answering(OK)) as server, channel(server.url) as way:
        assert [ask(way).body for _ in range(5)] == [b"ok"] * 5
        assert server.connections == 1


def test_chunked_answers_are_read_and_the_connection_kept() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with serving(answering(chunked)) as server, channel(server.url) as way:
        assert [ask(way).body for _ in range(3)] == [b"abcde"] * 3
        assert server.connections == 1


def test_a_connection_that_the_server_ends_is_not_kept() -> None:
    with serving(answering_once(CLOSING)) as server, channel(server.url) as way:
        assert [ask(way, repeatable=False).body for _ in range(3)] == [b"ok"] * 3
        assert server.connections == 3


def test_threads_share_no_connection_and_no_more_than_the_pool_holds() -> None:
    with serving(answering(OK)) as server, channel(server.url, pool_size=3) as way, ThreadPoolExecutor(8) as pool:
        assert [answer.body for answer in pool.map(lambda _: ask(way), range(200))] == [b"ok"] * 200
        assert 1 <= server.connections <= 3


def test_an_idle_connection_closed_by_the_server_is_replaced_even_for_a_create() -> None:
    closed = threading.Event()

    def behave(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        connection.sendall(OK)
        connection.shutdown(socket.SHUT_RDWR)
        closed.set()

    with serving(behave) as server, channel(server.url) as way:
        ask(way)
        assert closed.wait(30)
        assert ask(way, repeatable=False).body == b"ok"
        assert len(server.requests) == 2


def dropping_the_second(server: Server, connection: socket.socket) -> None:
    """Answer the first request of a connection; close without a word after the second."""
    while server.read(connection) and len(server.requests) != 2:
        connection.sendall(OK)


def test_a_read_lost_on_a_kept_connection_is_asked_again_once() -> None:
    with serving(dropping_the_second) as server, channel(server.url) as way:
        ask(way)
        assert ask(way).body == b"ok"
        assert len(server.requests) == 3


def test_a_create_lost_on_a_kept_connection_is_not_repeated() -> None:
    with serving(dropping_the_second) as server, channel(server.url) as way:
        ask(way)
        with pytest.raises(OdooUnavailable) as caught:
            ask(way, repeatable=False)
        assert caught.value.sent
        assert caught.value.retryable
        assert len(server.requests) == 2


def test_a_server_that_always_closes_is_unavailable_not_an_endless_loop() -> None:
    with serving(answering_once(b"")) as server, channel(server.url) as way, pytest.raises(OdooUnavailable) as caught:
        ask(way)
    assert caught.value.sent
    assert server.connections == 1


@pytest.mark.parametrize(
    "behave",
    [
        dripping(b"", b"", 60),
        dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.05),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", b"x", 0.05),
    ],
    ids=["silent", "headers", "body", "chunks", "no length"],
)
def test_a_server_that_drips_holds_a_call_no_longer_than_the_read_timeout(behave: object) -> None:
    with serving(behave) as server, channel(server.url, read_timeout=0.4) as way:  # type: ignore[arg-type]
        start = time.monotonic()
        with pytest.raises(OdooUnavailable, match="did not answer within") as caught:
            ask(way)
        assert 0.35 <= time.monotonic() - start < 20
        assert caught.value.sent


def test_a_call_that_waits_too_long_for_a_free_connection_was_not_sent() -> None:
    busy, enough = threading.Event(), threading.Event()

    def behave(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        busy.set()
        enough.wait(30)
        connection.sendall(OK)

    with serving(behave) as server, channel(server.url, pool_size=1, connect_timeout=0.2, read_timeout=60.0) as way:
        with ThreadPoolExecutor(1) as threads:
            first = threads.submit(ask, way)
            assert busy.wait(30)
            with pytest.raises(OdooUnavailable, match="in use") as caught:
                ask(way)
            enough.set()
            assert first.result().body == b"ok"
    assert not caught.value.sent
    assert len(server.requests) == 1


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_beyond_the_limit_is_given_up(head: bytes) -> None:
    with serving(flooding(head, b"x" * 65536, 64)) as server, channel(server.url) as way:
        with pytest.raises(OdooProtocol, match="larger than 1 MB"):
            ask(way)


def test_a_large_answer_within_the_limit_is_read() -> None:
    body = b"y" * 3_000_000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with serving(answering(answer)) as server, channel(server.url, max_answer=4_000_000) as way:
        assert ask(way).body == body


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    ],
)
def test_what_is_cut_off_or_not_http_is_a_protocol_error(answer: bytes) -> None:
    with serving(answering_once(answer)) as server, channel(server.url) as way, pytest.raises(OdooProtocol):
        ask(way)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with channel(f"http://127.0.0.1:{port}") as way, pytest.raises(OdooUnavailable, match="refused") as caught:
        ask(way)
    assert not caught.value.sent


def test_an_unknown_host_is_named() -> None:
    with (
        channel("http://no-such-host.invalid") as way,
        pytest.raises(OdooUnavailable, match=r"no-such-host\.invalid") as caught,
    ):
        ask(way)
    assert not caught.value.sent


def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving(answering(OK)) as server, channel(server.url) as way:
        assert ask(way).status == 200


def test_netrc_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("default login canary password canary\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(answering(OK)) as server, channel(server.url) as way:
        ask(way)
        assert b"uthorization" not in server.requests[0]


def test_the_sub_path_goes_before_every_path() -> None:
    with serving(answering(OK)) as server, channel(server.url + "erp/") as way:
        ask(way)
        assert server.requests[0].startswith(b"POST /erp/jsonrpc HTTP/1.1\r\n")
        assert f"Host: 127.0.0.1:{server.port}".encode() in server.requests[0]


def test_a_forked_child_leaves_its_parents_connections_alone() -> None:
    with serving(answering(OK)) as server, channel(server.url) as way:
        ask(way)
        way._process = -1  # as it is in a child
        ask(way)
        assert server.connections == 2
        assert way._process == os.getpid()


def test_a_foreign_certificate_is_an_error_of_its_own(tmp_path: Path) -> None:
    with serving(answering(OK), certificate(tmp_path, "odoo.test")) as server, channel(server.url) as way:
        with pytest.raises(OdooCertificate, match="not trusted") as caught:
            ask(way)
        assert not caught.value.retryable
        assert not caught.value.sent


def test_the_authoritys_file_makes_it_trusted(tmp_path: Path) -> None:
    context = certificate(tmp_path, "localhost")
    trusted = str(tmp_path / "localhost.pem")
    with serving(answering(OK), context) as server, channel(f"https://localhost:{server.port}", verify=trusted) as way:
        assert [ask(way).body for _ in range(2)] == [b"ok"] * 2
        assert server.connections == 1


def test_an_expired_certificate_is_named_so(tmp_path: Path) -> None:
    context = certificate(tmp_path, "localhost", start=-9, days=2)
    trusted = str(tmp_path / "localhost.pem")
    with serving(answering(OK), context) as server, channel(f"https://localhost:{server.port}", verify=trusted) as way:
        with pytest.raises(OdooCertificate, match="expired"):
            ask(way)


def test_verification_can_be_turned_off(tmp_path: Path) -> None:
    with serving(answering(OK), certificate(tmp_path, "odoo.test")) as server, channel(server.url, verify=False) as way:
        assert ask(way).body == b"ok"


def test_tls_to_a_plain_port_is_named_so() -> None:
    def plain(server: Server, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        server.released.wait(30)

    with serving(plain) as server, channel(f"https://127.0.0.1:{server.port}") as way:
        with pytest.raises(OdooCertificate, match="https"):
            ask(way)


def test_a_missing_file_of_authorities_is_named(tmp_path: Path) -> None:
    with pytest.raises(OdooCertificate, match=r"nothing\.pem"):
        Channel(Target("https://odoo.test", verify=str(tmp_path / "nothing.pem")))


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://mycompany.odoo.com", "https://mycompany.odoo.com"),
        ("https://mycompany.odoo.com/", "https://mycompany.odoo.com"),
        ("HTTPS://Odoo.Example:8443/erp/", "https://odoo.example:8443/erp"),
        ("http://[::1]:8069", "http://[::1]:8069"),
        ("http://bücher.example", "http://xn--bcher-kva.example"),
        (" http://10.0.0.1:80 ", "http://10.0.0.1"),
    ],
)
def test_an_address_is_taken_apart(url: str, text: str) -> None:
    assert str(parse(url)) == text


@pytest.mark.parametrize(
    "url",
    [
        "", "odoo.example", "ftp://odoo.example", "https://", "https://user:canary@odoo.example", "http://a b",
        "http://odoo.example:port", "http://odoo.example:99999", "https://odoo.example/?db=x", "https://odoo.example/#x",
        "https://odoo.example/a b", "https://odoo.example/a\r\nX: y", "http://[::1", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_a_wrong_address_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(InvalidInput, match=r"https://mycompany\.odoo\.com") as caught:
        parse(url)
    assert caught.value.details["field"] == "url"
    assert "canary" not in str(caught.value)


def test_the_answer_is_what_the_server_said() -> None:
    body = json.dumps({"a": "é"}).encode()
    answer = b"HTTP/1.1 404 Not Found\r\nX-Thing: One\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with serving(answering(answer)) as server, channel(server.url) as way:
        got = way.get("/web/version")
    assert (got.status, got.headers["x-thing"], got.body) == (404, "One", body)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.43518", "[::ffff:a9fe:a9fe]", "[fe80::1]",
        "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16", "0.0.0.0", "0", "[::]", "224.0.0.1", "[ff02::1]",
    ],
)  # fmt: skip
def test_where_no_odoo_can_be_nobody_is_called(host: str) -> None:
    with channel(f"http://{host}:8069") as way, pytest.raises(OdooAddressRefused, match="HUB_ALLOWED_NETWORKS") as told:
        ask(way)
    assert not told.value.retryable
    assert not told.value.sent
    assert "169.254" not in told.value.public


def test_a_network_that_is_allowed_is_called() -> None:
    with serving(answering(OK)) as server:
        url = server.url.replace("127.0.0.1", "0.0.0.0")
        with channel(url, allowed_networks=(ip_network("0.0.0.0/32"),)) as way:
            assert ask(way).body == b"ok"


def test_a_redirect_leads_nowhere_else() -> None:
    with serving(answering(OK)) as other:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n".encode()
        with serving(answering(moved)) as server, channel(server.url) as way:
            assert (way.get("/web/version").status, ask(way).status) == (302, 302)
        assert other.connections == 0


def test_tls_is_checked_by_default() -> None:
    way = Channel(Target("https://odoo.test"))
    assert way._tls is not None
    assert way._tls.verify_mode is ssl.CERT_REQUIRED
