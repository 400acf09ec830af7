"""What is no request, or could be read in two ways, is refused at once, and the server goes on."""

from __future__ import annotations

import logging
import socket

import pytest

from tests.web.wire import Serving, serving

HOST = b"Host: x\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

REFUSED: dict[str, tuple[int, bytes]] = {
    "no start line": (400, b"hello\r\n\r\n"),
    "HTTP/0.9": (400, b"GET /a\r\n\r\n"),
    "no version": (400, b"GET /a HTTP\r\n\r\n"),
    "another version": (505, b"GET /a HTTP/3.0\r\nHost: x\r\n\r\n"),
    "HTTP/2": (505, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    "blanks in the address": (400, b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"),
    "NUL in the address": (400, b"GET /a\x00b HTTP/1.1\r\nHost: x\r\n\r\n"),
    "bytes beyond ASCII": (400, b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n"),
    "no path": (400, b"GET a HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a proxy's method": (400, b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n"),
    "half a bracket": (400, b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n"),
    "small letters": (400, b"get /a HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a bad method": (400, b"G{T /a HTTP/1.1\r\nHost: x\r\n\r\n"),
    "line feeds alone": (400, b"GET /a HTTP/1.1\nHost: x\n\n\r\n\r\n"),
    "no host": (400, b"GET /a HTTP/1.1\r\n\r\n"),
    "header without colon": (400, b"GET /a HTTP/1.1\r\nHost x\r\n\r\n"),
    "blank before colon": (400, b"GET /a HTTP/1.1\r\nHost : x\r\n\r\n"),
    "header over two lines": (400, b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\r\n c\r\n\r\n"),
    "NUL in a header": (400, b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\x00c\r\n\r\n"),
    "carriage return in a header": (400, b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: b\rX-C: d\r\n\r\n"),
    "blanks by the thousand": (400, b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: " + b" " * 60_000 + b"\x01\r\n\r\n"),
    "digits by the thousand": (400, b"GET /a://" + b"1" * 60_000 + b" x HTTP/1.1\r\nHost: x\r\n\r\n"),
    "long headers": (431, b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 70_000 + b"\r\n\r\n"),
    "many headers": (431, b"GET /a HTTP/1.1\r\nHost: x\r\n" + b"X-A: a\r\n" * 9000 + b"\r\n"),
    "headers without end": (431, b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 70_000),
    "a long address": (431, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "negative length": (400, b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + SMUGGLED),
    "length with a sign": (400, b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello"),
    "no length": (400, b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n" + SMUGGLED),
    "length in words": (400, b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: five\r\n\r\nhello"),
    "length of 5000 digits": (400, b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"1" * 5000 + b"\r\n\r\n"),
    "two lengths": (400, b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n" + SMUGGLED),
    "one length twice": (400, b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"),
    "list of lengths": (400, b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 0\r\n\r\n" + SMUGGLED),
    "length and chunks": (
        400,
        b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    ),
    "chunks and length": (
        400,
        b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n" + SMUGGLED,
    ),
    "chunked twice": (400, CHUNKED.replace(b": chunked", b": chunked, chunked") + b"0\r\n\r\n"),
    "chunked in two headers": (
        400,
        CHUNKED.replace(HOST, HOST + b"Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n" + SMUGGLED,
    ),
    "another coding": (501, CHUNKED.replace(b": chunked", b": gzip, chunked") + b"0\r\n\r\n"),
    "no coding": (501, CHUNKED.replace(b": chunked", b": identity") + SMUGGLED),
    "an empty coding": (400, CHUNKED.replace(b": chunked", b":") + b"0\r\n\r\n" + SMUGGLED),
    "a hidden coding": (400, CHUNKED.replace(b": chunked", b": \x0bchunked") + b"0\r\n\r\n" + SMUGGLED),
    "chunks in HTTP/1.0": (
        400,
        b"POST /a HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    ),
    "chunk size in words": (400, CHUNKED + b"five\r\nhello\r\n0\r\n\r\n" + SMUGGLED),
    "negative chunk size": (400, CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n"),
    "chunk size with 0x": (400, CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n"),
    "chunk that is longer": (400, CHUNKED + b"2\r\nhello\r\n0\r\n\r\n" + SMUGGLED),
    "endless chunk size": (400, CHUNKED + b"1" * 20_000),
    "endless trailer": (400, CHUNKED + b"0\r\n" + b"X-A: a\r\n" * 5000),
    "bad chunk extension": (400, CHUNKED + b"1;\x00\r\na\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_request_is_refused_in_the_envelope(
    patient: Serving, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    status, data = REFUSED[what]
    with caplog.at_level(logging.WARNING), patient.wire() as wire:
        answer = wire.send(data).answer()
        assert answer.status == status
        assert answer.json["success"] is False
        assert answer.json["error"]["trace_id"] == answer.headers["x-request-id"]
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["connection"] == "close"
        assert wire.rest() == b""
    assert patient.get("/after").status == 200
    assert patient.application.paths == ["/after"]
    assert not caplog.records


def test_a_refusal_keeps_the_callers_own_trace_id(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(b"POST /a HTTP/1.1\r\nX-Request-ID: my-own\r\nContent-Length: -1\r\n\r\n")
        assert wire.answer().headers["x-request-id"] == "my-own"


def test_a_refusal_does_not_repeat_what_may_be_a_token(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(b"GET /a HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer canary\rX-A: b\r\n\r\n")
        assert b"canary" not in wire.answer().body


def test_requests_in_one_piece_are_answered_one_after_the_other(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(50)))
        assert [wire.answer().json["path"] for _ in range(50)] == [f"/{number}" for number in range(50)]


def test_what_follows_a_bad_request_is_not_carried_out(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(b"GET /good HTTP/1.1\r\nHost: x\r\n\r\nGET /bad HTTP/0.1\r\n\r\n" + SMUGGLED)
        assert [wire.answer().status, wire.answer().status] == [200, 505]
        assert wire.rest() == b""
    assert patient.application.paths == ["/good"]


def test_what_follows_a_last_request_is_not_carried_out(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + SMUGGLED)
        assert wire.answer().headers["connection"] == "close"
        assert wire.rest() == b""
    assert patient.application.paths == ["/last"]


def test_an_address_may_name_the_host_and_empty_lines_may_come_before(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(b"\r\n\r\nGET http://x:80/a?b=http://11111 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.answer().json["path"] == "/a"
        assert wire.send(b"GET http://x?b=1 HTTP/1.1\r\nHost: x\r\n\r\n").answer().json["path"] == "/"
        assert wire.send(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").answer().json["path"] == "*"


def test_a_header_with_an_underscore_does_not_pass_for_another(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(b"GET /a HTTP/1.1\r\nHost: x\r\nX_Forwarded_Proto: https\r\nContent_Length: 5\r\n\r\n")
        assert set(wire.answer().json["headers"]) == {"HTTP_HOST"}


def test_forwarding_headers_are_left_to_the_hub(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(b"GET /a HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n")
        found = wire.answer().json
    assert found["headers"]["HTTP_X_FORWARDED_FOR"] == "203.0.113.9"
    assert found["headers"]["HTTP_X_FORWARDED_PROTO"] == "https"
    assert found["from"] == "127.0.0.1"


def test_an_ipv4_client_keeps_its_address_where_the_server_listens_on_ipv6() -> None:
    try:
        context = serving("::")
        with context as server:
            assert server.get().json["from"] == "127.0.0.1"
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_urgent_data_ends_the_connection(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.socket.send(b"!", socket.MSG_OOB)
        assert wire.rest() == b""
    assert patient.get("/after").status == 200


def test_nobody_is_told_what_answers(patient: Serving) -> None:
    assert "server" not in patient.get().headers
    with patient.wire() as wire:
        assert "server" not in wire.send(b"x\r\n\r\n").answer().headers
