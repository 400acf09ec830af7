"""A request reaches the application whole, or not at all, in whichever way its body travels."""

from __future__ import annotations

import pytest

from tests.web.wire import Serving, serving

HEAD = b"DELETE /records/1 HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = '{"options": {"archive_instead": true}}'
CHUNKS = b'a\r\n%b\r\n1C;note="x"\r\n%b\r\n0\r\nX-Sum: 1\r\n\r\n' % (BODY[:10].encode(), BODY[10:].encode())


def test_a_chunked_body_is_read_as_any_other(patient: Serving) -> None:
    with patient.wire() as wire:
        assert wire.send(CHUNKED + CHUNKS).answer().json["body"] == BODY
    assert "HTTP_TRANSFER_ENCODING" not in patient.application.seen[0]["headers"]


def test_a_body_may_come_byte_by_byte_and_another_request_after_it(patient: Serving) -> None:
    with patient.wire() as wire:
        for byte in CHUNKED + CHUNKS:
            wire.send(bytes([byte]))
        assert wire.answer().json["body"] == BODY
        assert wire.send(HEAD + b"Content-Length: 2\r\n\r\n{}").answer().json["body"] == "{}"
    assert len(patient.application.seen) == 2


@pytest.mark.parametrize(
    "part",
    [
        HEAD,
        HEAD + b"Content-Length: 20\r\n\r\n",
        HEAD + b"Content-Length: 20\r\n\r\n{}",
        CHUNKED,
        CHUNKED + CHUNKS[:20],
        CHUNKED + CHUNKS[:-2],
    ],
)
@pytest.mark.parametrize("leave", ["half", "whole"])
def test_what_ends_early_reaches_nobody(patient: Serving, part: bytes, leave: str) -> None:
    with patient.wire() as wire:
        wire.send(part)
        if leave == "half":
            assert wire.end().rest() == b""
    patient.get("/after")
    assert patient.application.paths == ["/after"]


def test_a_client_that_says_at_once_that_nothing_more_comes_is_answered(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(HEAD + b"Content-Length: 2\r\n\r\n{}").end()
        assert wire.answer().json["body"] == "{}"
        assert wire.rest() == b""


def test_who_asks_first_is_told_to_send_its_body(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(HEAD + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        assert wire.answer().status == 100
        assert wire.send(b"{}").answer().json["body"] == "{}"
        wire.send(HEAD + b"Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n")
        assert wire.answer().json["too large"] is True


def test_who_asks_first_and_has_no_body_is_answered(patient: Serving) -> None:
    with patient.wire() as wire:
        assert wire.send(b"GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n").answer().json["body"] == ""


@pytest.mark.parametrize(
    "request_",
    [
        HEAD + b"Content-Length: 1000\r\n\r\n" + b"x" * 1000,
        CHUNKED + b"1\r\nx\r\n" * 1000 + b"0\r\n\r\n",
    ],
    ids=["length", "chunked"],
)
def test_a_body_may_be_as_large_as_the_limit_however_it_is_cut(patient: Serving, request_: bytes) -> None:
    with patient.wire() as wire:
        assert wire.send(request_).answer().json["body"] == "x" * 1000


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (HEAD + b"Content-Length: 5000000\r\n\r\n", b"x" * 5_000_000),
        (HEAD + b"Content-Length: 1001\r\n\r\n", b""),
        (HEAD + b"Content-Length: " + b"9" * 100 + b"\r\n\r\n", b"x"),
        (CHUNKED, b"4c4b40\r\n" + b"x" * 5_000_000 + b"\r\n0\r\n\r\n"),
        (CHUNKED, b"1\r\nx\r\n" * 1001),
        (b"POST / HTTP/1.0\r\nContent-Length: 5000000\r\n\r\n", b"x" * 5_000_000),
    ],
    ids=["length", "announced", "much announced", "chunked", "small chunks", "HTTP/1.0"],
)
def test_a_client_that_sends_too_much_can_send_it_all_and_then_reads_why_it_was_refused(
    patient: Serving, head: bytes, body: bytes
) -> None:
    with patient.wire() as wire:
        answer = wire.send(head).send(body).answer()
        assert (answer.json["too large"], answer.json["body"]) == (True, "")
        assert answer.headers["connection"] == "close"
        assert wire.rest() == b""


def test_nothing_in_a_body_that_is_too_large_is_read_as_a_request(patient: Serving) -> None:
    with patient.wire() as wire:
        wire.send(HEAD + b"Content-Length: 5000\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.answer().json["too large"] is True
        wire.send(b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.rest() == b""
    assert patient.application.paths == ["/records/1"]


def test_a_large_body_waits_in_a_file_and_not_in_memory() -> None:
    with serving(threads=1, body=64 * 1024**2) as server, server.wire() as wire:
        block = b"x" * 1024**2
        wire.send(HEAD + b"Content-Length: %d\r\n\r\n" % (64 * len(block)))
        for _ in range(64):
            wire.send(block)
        assert wire.answer().status == 200
        wire.send(HEAD + b"Content-Length: 2\r\n\r\n{}")
        wire.answer()
        assert [(one["in a file"], len(one["body"])) for one in server.application.seen] == [
            (True, 64 * 1024**2),
            (False, 2),
        ]


FILE = b"/api/sync/v1/ir.attachment/1/file/content"


def test_a_file_may_be_larger_than_other_bodies_at_its_own_address_alone() -> None:
    with serving(threads=1, body=1000, file=5000) as server:
        for method, path, size, large in (
            (b"PUT", FILE, 5000, False),
            (b"PUT", FILE, 5001, True),
            (b"POST", FILE, 1001, True),
            (b"PUT", FILE + b"/more", 1001, True),
            (b"PUT", b"/api/sync/v1/ir.attachment/1", 1001, True),
            (b"PUT", b"/x" + FILE, 1001, True),
        ):
            with server.wire() as wire:
                wire.send(b"%b %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (method, path, size))
                assert wire.send(b"x" * size).answer().json["too large"] is large, (method, path, size)


def test_a_file_may_take_longer_than_another_body() -> None:
    size = 30_000_000  # for which a file has minutes
    with serving(threads=1, body=1000, file=size, seconds=0.2) as server, server.wire() as file:
        file.send(b"PUT %b HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (FILE, size))
        file.send(b"x" * (size - 1))
        with server.wire() as other:
            other.send(HEAD + b"Content-Length: 2\r\n\r\n{")
            assert other.answer().status == 408
        answer = file.send(b"x").answer()
        assert (answer.status, len(answer.json["body"])) == (200, size)
