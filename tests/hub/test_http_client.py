"""The client against loopback servers that behave."""

from __future__ import annotations

import gzip
import json
import os
import socket
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hub.http.client import Client
from hub.http.failures import BrokenAnswer, ConnectFailed, InvalidRequest
from hub.http.fake import FakeClient
from hub.http.message import KEEP, Request, Response, Sender
from tests.hub.wire import LOOPBACK, OK, Server, answering, answering_once, serving


def answer(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def send(server: Server, client: Client | None = None, keep: int = KEEP, **kwargs: object) -> Response:
    request = Request(**{"method": "POST", "url": server.url, "body": b"{}", **kwargs})  # type: ignore[arg-type]
    return (client or Client(LOOPBACK)).send(request, keep=keep)


def test_what_is_sent_arrives_as_it_is() -> None:
    with serving(answering(OK)) as server:
        send(
            server,
            method="PUT",
            url=f"{server.url}a/b?x=1&y=%20",
            body=b'{"a": 1}',
            headers=(("Content-Type", "application/json"), ("X-Source", "hub")),
        )
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "PUT /a/b?x=1&y=%20 HTTP/1.1"
    assert {
        f"Host: 127.0.0.1:{server.port}",
        "Content-Type: application/json",
        "X-Source: hub",
        "Content-Length: 8",
    } <= {*lines}
    assert body == b'{"a": 1}'


def test_an_answer_comes_back_with_status_headers_and_body() -> None:
    text = '{"id": 7, "name": "Zoë"}'.encode()
    raw = answer(text, "Content-Type: application/json", "X-Twice: 1", "X-Twice: 2", status="201 Created")
    with serving(answering(raw)) as server:
        response = send(server)
    assert (response.status, response.reason, response.ok) == (201, "Created", True)
    assert response.json() == {"id": 7, "name": "Zoë"}
    assert response.header("x-twice") == "1, 2"
    assert response.header("X-None") is None
    assert not response.truncated
    assert response.elapsed > 0


@pytest.mark.parametrize("status", [200, 204, 301, 304, 400, 404, 410, 429, 500, 503, 599, 999])
def test_any_final_status_is_a_response(status: int) -> None:
    with serving(answering(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())) as server:
        assert send(server).status == status


def test_a_redirect_is_not_followed() -> None:
    with serving(answering(OK)) as other:
        raw = answer(b"", f"Location: {other.url}", status="307 Temporary Redirect")
        with serving(answering(raw)) as server:
            response = send(server, headers=(("X-API-Key", "k"),))
    assert response.status == 307
    assert other.connections == 0


def test_a_connection_is_used_again() -> None:
    client = Client(LOOPBACK)
    with serving(answering(OK)) as server:
        for _ in range(5):
            assert send(server, client).text == "ok"
    assert server.connections == 1


@pytest.mark.parametrize("framing", ["chunked", "none", "http10"])
def test_each_way_to_end_a_body_is_understood(framing: str) -> None:
    raw = {
        "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "none": b"HTTP/1.1 200 OK\r\n\r\nhello",
        "http10": b"HTTP/1.0 200 OK\r\n\r\nhello",
    }[framing]
    with serving(answering_once(raw)) as server:
        assert send(server).text == "hello"


def test_a_connection_that_the_server_closed_is_replaced() -> None:
    client = Client(LOOPBACK)
    with serving(answering_once(OK)) as server:
        assert [send(server, client, method="PUT").status for _ in range(3)] == [200, 200, 200]
    assert server.connections == 3


def dying_at_the_second(server: Server, connection: socket.socket) -> None:
    """The second request on a connection gets no answer."""
    server.read(connection)
    connection.sendall(OK)
    server.read(connection)


def test_a_kept_connection_that_dies_at_an_idempotent_request_is_replaced() -> None:
    client = Client(LOOPBACK)
    with serving(dying_at_the_second) as server:
        assert [send(server, client, method="PUT").status for _ in range(3)] == [200, 200, 200]
    assert (server.connections, len(server.requests)) == (3, 4), "the third request found no kept connection"


def test_a_post_is_never_sent_twice_in_one_attempt() -> None:
    client = Client(LOOPBACK)
    with serving(dying_at_the_second) as server:
        assert send(server, client, method="POST").status == 200
        with pytest.raises(BrokenAnswer) as failure:
            send(server, client, method="POST")
        assert failure.value.sent
        assert len(server.requests) == 2
        for _ in range(3):  # once bitten
            assert send(server, client, method="POST").status == 200
    assert len(server.requests) == 5


def test_a_new_connection_that_dies_is_a_failure_and_not_tried_again() -> None:
    with serving(answering_once(b"")) as server, pytest.raises(BrokenAnswer) as failure:
        send(server)
    assert failure.value.sent
    assert server.connections == 1


def test_no_cookie_is_kept() -> None:
    client = Client(LOOPBACK)
    with serving(answering(answer(b"", "Set-Cookie: session=abc; Path=/"))) as server:
        send(server, client)
        send(server, client)
    assert b"cookie" not in server.requests[1].lower()


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_body_is_decoded(encoding: str) -> None:
    packed = gzip.compress(b"hello") if encoding == "gzip" else zlib.compress(b"hello")
    with serving(answering(answer(packed, f"Content-Encoding: {encoding}"))) as server:
        assert send(server).text == "hello"


@pytest.mark.parametrize(
    ("size", "keep", "cut"), [(10, 10, False), (11, 10, True), (200_000, KEEP, True), (200_000, 1 << 20, False)]
)
def test_a_body_is_kept_up_to_the_cap(size: int, keep: int, cut: bool) -> None:
    with serving(answering_once(answer(b"x" * size))) as server:
        response = send(server, keep=keep)
    assert (len(response.body), response.truncated) == (min(size, keep), cut)


def test_a_cut_answer_does_not_spoil_the_next() -> None:
    client = Client(LOOPBACK)
    with serving(answering(answer(b"x" * 1_000_000))) as server:
        assert send(server, client).truncated
        assert send(server, client, keep=2_000_000).body == b"x" * 1_000_000


def test_proxy_variables_and_netrc_are_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login joe password canary\n")
    with serving(answering(OK)) as proxy, serving(answering(OK)) as server:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        send(server)
    assert proxy.connections == 0
    assert b"authorization" not in server.requests[0].lower()


def test_many_threads_share_one_client() -> None:
    client = Client(LOOPBACK, pool_size=4)

    def echo(server: Server, connection: socket.socket) -> None:
        while request := server.read(connection):
            connection.sendall(answer(request.partition(b"\r\n\r\n")[2]))

    with serving(echo) as server, ThreadPoolExecutor(16) as threads:
        bodies = [str(number).encode() for number in range(400)]
        answers = threads.map(lambda body: send(server, client, body=body).body, bodies)
        assert list(answers) == bodies


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # forking is what this is about
def test_a_forked_child_opens_connections_of_its_own() -> None:
    client = Client(LOOPBACK)
    with serving(answering(OK)) as server:
        send(server, client)
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if send(server, client).status == 200 else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert send(server, client).status == 200
    assert server.connections == 2


def test_closing_ends_the_kept_connections() -> None:
    client = Client(LOOPBACK)
    with serving(answering(OK)) as server:
        send(server, client)
        client.close()
        send(server, client)
    assert server.connections == 2


def test_nobody_listening_is_a_failure_to_connect() -> None:
    with serving(answering(OK)) as server:
        pass
    with pytest.raises(ConnectFailed, match="Could not connect to 127.0.0.1 on port") as failure:
        send(server)
    assert failure.value.retryable
    assert not failure.value.sent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nX-B: b"),
        ("X-A", "a\nb"),
        ("X-A", "a\x00b"),
        ("X A", "b"),
        ("", "b"),
        ("X-A:", "b"),
        ("Host", "internal"),
        ("content-length", "1"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("X-A", "ü"),
    ],
)
@pytest.mark.parametrize("client", [Client(LOOPBACK), FakeClient(policy=LOOPBACK)], ids=["real", "fake"])
def test_a_header_that_breaks_the_message_is_never_sent(client: Sender, name: str, value: str) -> None:
    with serving(answering(OK)) as server, pytest.raises(InvalidRequest) as failure:
        client.send(Request("POST", server.url, ((name, value),)))
    assert not failure.value.retryable
    assert server.connections == 0


@pytest.mark.parametrize("method", ["", "GET /x", "GE\r\nT", "G\x00"])
def test_a_method_that_is_no_word_is_refused(method: str) -> None:
    with pytest.raises(InvalidRequest):
        Client(LOOPBACK).send(Request(method, "http://127.0.0.1:9999/"))


@pytest.mark.parametrize("client", [Client(LOOPBACK), FakeClient([Response(200, "OK", (), b"ok")], policy=LOOPBACK)])
def test_the_fake_answers_like_the_real_one(client: Sender) -> None:
    with serving(answering(OK)) as server:
        response = client.send(Request("POST", server.url), keep=1)
    assert (response.status, response.body, response.truncated) == (200, b"o", True)


def test_the_fake_records_what_was_sent_and_answers_in_order() -> None:
    fake = FakeClient([Response(500), ConnectFailed("no"), lambda request: Response(200, body=request.body or b"")])
    request = Request("POST", "https://example.com/", body=b"hi")
    assert fake.send(request).status == 500
    with pytest.raises(ConnectFailed):
        fake.send(request)
    assert fake.send(request).body == b"hi"
    assert fake.send(request).status == 200
    fake.answer(Response(410))
    assert fake.send(request).status == 410
    assert fake.sent == [request] * 5


def test_requests_and_responses_do_not_show_secrets() -> None:
    request = Request(
        "POST",
        "https://joe:canary1@example.com/?token=canary2",
        (("Authorization", "Bearer canary3"), ("X-API-Key", "canary4"), ("Cookie", "canary5"), ("X-Source", "hub")),
        b"canary6",
    )
    response = Response(200, "OK", (("Set-Cookie", "canary7"),), b"canary8")
    assert "canary" not in repr(request) + repr(response)
    assert "X-Source" in repr(request)


@pytest.mark.parametrize("charset", ["utf-8", "no-such-charset", "hex", "", '"utf-8"; x=y', "a" * 1000])
def test_text_never_fails(charset: str) -> None:
    response = Response(200, "", (("Content-Type", f"text/plain; charset={charset}"),), b"a\xff")
    assert response.text.startswith("a")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 200_000])
def test_a_body_that_is_not_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="."):
        Response(200, body=body).json()


def test_a_thread_pool_at_its_limit_still_sends() -> None:
    client, gate = Client(LOOPBACK, pool_size=1), threading.Barrier(4)

    def behave(server: Server, connection: socket.socket) -> None:
        server.read(connection)
        gate.wait()  # answers only when all four are here at once
        connection.sendall(OK)

    with serving(behave) as server, ThreadPoolExecutor(4) as threads:
        assert [r.status for r in threads.map(lambda _: send(server, client), range(4))] == [200] * 4


def test_json_bodies_round_trip() -> None:
    body = json.dumps({"name": "Zoë"}).encode()
    with serving(answering(OK)) as server:
        send(server, body=body)
    assert server.requests[0].endswith(body)
