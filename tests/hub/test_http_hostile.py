"""The client against servers that hang, drip, flood, lie or break off: attempts end in time, bounded and named."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import time
import zlib

import pytest

from hub.http.client import Client
from hub.http.failures import BrokenAnswer, HttpFailure, ReadTimeout, TimeExceeded
from hub.http.message import KEEP, Request, Response
from tests.hub.wire import LOOPBACK, OK, Server, answering_once, dripping, flooding, serving

WALL = 0.6
"""The wall cap of these tests, in seconds."""

AMPLE = 10.0
"""An attempt that ends before this has not waited for the server's good will, however slow the machine."""

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"


def attempt(server: Server, read_timeout: float = 5.0, total_timeout: float | None = WALL) -> Response:
    request = Request("POST", server.url, body=b"{}", read_timeout=read_timeout, total_timeout=total_timeout)
    return Client(LOOPBACK).send(request)


def hang(server: Server, connection: socket.socket) -> None:
    server.read(connection)
    server.released.wait()


def test_silence_ends_at_the_read_timeout() -> None:
    with serving(hang) as server, pytest.raises(ReadTimeout, match="did not answer within 0.2 seconds"):
        attempt(server, read_timeout=0.2, total_timeout=30)


def test_silence_ends_at_the_wall_cap_when_that_comes_first() -> None:
    with serving(hang) as server, pytest.raises(TimeExceeded, match="within 0.6 seconds"):
        attempt(server)


def test_a_server_that_never_accepts_ends_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        held = [socket.socket() for _ in range(4)]
        try:
            for each in held:  # fill the queue of connections that nobody accepts
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            started = time.monotonic()
            with pytest.raises(HttpFailure) as failure:
                Client(LOOPBACK).send(Request("GET", f"http://127.0.0.1:{port}/", connect_timeout=0.3, total_timeout=2))
            assert time.monotonic() - started < AMPLE
            assert failure.value.retryable
        finally:
            for each in held:
                each.close()


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        pytest.param(HEAD, b"x", id="body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", id="chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x", id="chunk extension"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n", id="trailers"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-A: ", b"x", id="one header"),
        pytest.param(b"H", b"T", id="status line"),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="endless continue"),
    ],
)
def test_a_server_that_drips_is_left_at_the_wall_cap(head: bytes, drop: bytes) -> None:
    started = time.monotonic()
    with serving(dripping(head, drop, every=0.05)) as server, pytest.raises(TimeExceeded) as failure:
        attempt(server)
    assert WALL <= time.monotonic() - started < AMPLE
    assert failure.value.retryable
    assert failure.value.sent


def test_a_dripping_body_leaves_the_status_for_the_log() -> None:
    with serving(dripping(HEAD, b"x", every=0.05)) as server, pytest.raises(TimeExceeded) as failure:
        attempt(server)
    assert failure.value.answer_status == 200


def test_a_request_that_nobody_reads_ends_at_the_wall_cap() -> None:
    def behave(server: Server, connection: socket.socket) -> None:
        server.released.wait()

    with serving(behave) as server, pytest.raises(TimeExceeded):
        request = Request("POST", server.url, body=b"x" * 50_000_000, total_timeout=WALL)
        Client(LOOPBACK).send(request)


MEMORY = """
import resource, sys
from ipaddress import ip_network
from hub.http.client import Client
from hub.http.guard import EgressPolicy
from hub.http.message import Request
client = Client(EgressPolicy((ip_network("127.0.0.0/8"),)))
def most(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
client.send(Request("GET", sys.argv[1]))
before = most()
for _ in range(3):
    response = client.send(Request("GET", sys.argv[2], total_timeout=60, read_timeout=60))
    assert response.truncated and len(response.body) <= 65536, response
print(most() - before)
"""


def bomb(encoding: str) -> bytes:
    """A compressed body of 200 MB of zeros, twice compressed where the encoding says so."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(200)) + packer.flush()
    if encoding == "gzip, gzip":
        body = gzip.compress(body)
    return f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.parametrize("kind", ["100 MB", "chunked", "gzip", "gzip, gzip"])
def test_a_huge_answer_costs_no_memory(kind: str) -> None:
    block = b"x" * 1_000_000
    behave = {
        "100 MB": lambda: flooding(HEAD, block, 100),
        "chunked": lambda: flooding(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"f4240\r\n" + block + b"\r\n", 100
        ),
        "gzip": lambda: answering_once(bomb("gzip")),
        "gzip, gzip": lambda: answering_once(bomb("gzip, gzip")),
    }[kind]()
    with serving(answering_once(OK)) as small, serving(behave) as server:
        command = [sys.executable, "-c", MEMORY, small.url, server.url]
        grown = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert grown <= 8 * 1024  # KiB


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"garbage\r\n\r\n", id="no status line"),
        pytest.param(b"\x16\x03\x01\x02\x00", id="TLS"),
        pytest.param(b"HTTP/1.1 abc OK\r\n\r\n", id="status that is no number"),
        pytest.param(b"HTTP/1.1 20 OK\r\n\r\n", id="status too small"),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\n\r\n", id="status that is not final"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", id="cut body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 10, 11\r\n\r\nhalf", id="two lengths"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", id="cut chunk"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n", id="chunk size that is none"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: gzip\r\n\r\nhello", id="not gzip"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", id="long header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000 + b"\r\n", id="many headers"),
        pytest.param(b"HTTP/1.1 200 " + b"x" * 100_000 + b"\r\n\r\n", id="long reason"),
    ],
)
def test_what_is_not_proper_http_is_a_broken_answer(raw: bytes) -> None:
    with serving(answering_once(raw)) as server, pytest.raises(BrokenAnswer) as failure:
        attempt(server, total_timeout=AMPLE)
    assert failure.value.retryable
    assert failure.value.sent


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n: empty name\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX-\xff\xfe: \x80\x81\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Type: \xff\r\nSet-Cookie: \x00\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok",
    ],
)
def test_odd_headers_end_in_an_answer_or_in_a_named_failure(raw: bytes) -> None:
    with serving(answering_once(raw)) as server:
        try:
            assert attempt(server, total_timeout=AMPLE).status == 200
        except BrokenAnswer:
            pass


def test_an_endless_head_is_cut_short() -> None:
    behave = flooding(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 1000)
    with serving(behave) as server, pytest.raises(BrokenAnswer, match="KiB of headers"):
        attempt(server, total_timeout=60)


def test_failures_carry_no_secret_of_the_url() -> None:
    with serving(answering_once(b"garbage\r\n\r\n")) as server, pytest.raises(BrokenAnswer) as failure:
        Client(LOOPBACK).send(Request("GET", f"{server.url}?token=canary", (("X-API-Key", "canary"),)))
    seen: BaseException | None = failure.value
    while seen is not None:  # what a traceback would print
        assert "canary" not in str(seen) + repr(seen)
        seen = seen.__cause__ if seen.__suppress_context__ else seen.__context__


def test_at_default_settings_an_attempt_may_take_fifteen_and_a_half_seconds() -> None:
    request = Request("GET", "https://example.com/")
    assert (request.connect_timeout, request.read_timeout, request.wall, KEEP) == (5.0, 15.0, 15.5, 65536)
