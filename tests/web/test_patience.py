"""Slow and silent clients hold no thread, are ended in time, and make room for others."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from tests.web.wire import Serving, serving

PARTS = {
    "nothing": b"",
    "half a start line": b"GET /slo",
    "half of the headers": b"GET /slow HTTP/1.1\r\nHost: x\r\n",
    "half of a body": b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    "half of a chunk": b"POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{",
}


def test_hundreds_of_slow_requests_stop_nobody(patient: Serving) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            for part in PARTS.values():
                stack.enter_context(patient.wire()).send(part)
        assert patient.get("/other").status == 200
        assert patient.application.paths == ["/other"]


def test_a_slow_request_is_carried_out_when_it_is_whole(patient: Serving) -> None:
    with patient.wire() as slow:
        slow.send(PARTS["half of a body"])
        patient.get("/other")
        assert slow.send(b"x" * 99).answer().json["body"] == "{" + "x" * 99


@pytest.mark.parametrize("part", [part for part in PARTS.values() if part])
@pytest.mark.parametrize("drip", [b"", b"1"])
def test_a_request_that_takes_too_long_is_refused_however_busily_it_drips(
    served: Serving, part: bytes, drip: bytes
) -> None:
    with served.wire() as wire:
        wire.send(part)
        wire.socket.settimeout(0.05)
        while True:
            try:
                wire._more()
                break
            except TimeoutError:
                wire.send(drip)
        wire.socket.settimeout(60)
        answer = wire.answer()
        assert (answer.status, answer.json["error"]["code"]) == (408, "REQUEST_TIMEOUT")
        assert "0.5 seconds" in answer.json["error"]["message"]
    assert served.get("/after").status == 200
    assert served.application.paths == ["/after"]


@pytest.mark.parametrize("sent", [b"", b"\r\n\r\n"], ids=["silence", "empty lines"])
def test_a_connection_without_a_request_is_closed_in_time(served: Serving, sent: bytes) -> None:
    with served.wire() as wire:
        wire.socket.settimeout(0.05)
        while True:
            try:
                assert wire.socket.recv(100) == b""
                break
            except TimeoutError:
                wire.send(sent)
            except ConnectionError:
                break


def test_a_connection_is_kept_for_the_next_request_and_closed_when_none_comes(served: Serving) -> None:
    with served.wire() as wire:
        for _ in range(3):
            assert wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").answer().status == 200
        assert wire.rest() == b""


def test_who_runs_long_is_not_idle(served: Serving) -> None:
    with served.wire() as wire, served.wire() as idle:
        wire.send(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        assert served.application.waiting.acquire(timeout=60)
        assert idle.rest() == b""  # closed, a while after the other one would have been
        served.application.go.set()
        assert wire.answer().status == 200


def test_who_does_not_read_its_large_answer_holds_no_thread_and_is_closed(served: Serving) -> None:
    with served.wire() as wire:
        wire.send(b"GET /large?64000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert served.get("/other").status == 200
        served.until(lambda: not served.server.active_channels, "the end of the connection")
        assert len(wire.rest()) < 64_000_000


def test_a_large_answer_arrives_whole(patient: Serving) -> None:
    with patient.wire() as wire:
        answer = wire.send(b"GET /large?64000000 HTTP/1.1\r\nHost: x\r\n\r\n").answer()
        assert answer.body == b"x" * 64_000_000
        assert wire.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").answer().status == 200


def test_when_too_much_has_come_in_part_the_largest_is_given_up() -> None:
    with serving(threads=1, arriving=2_000_000) as server, server.wire() as large, server.wire() as small:
        head = b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"
        small.send(head + b"x" * 1_000_000)
        large.send(head + b"x" * 1_500_000)
        assert large.rest() == b""
        assert small.send(b"x" * 4_000_000).answer().status == 200


def test_when_there_are_too_many_the_one_that_was_idle_or_slow_for_longest_makes_room() -> None:
    with serving(threads=2, connections=5) as server, ExitStack() as stack:
        busy = stack.enter_context(server.wire()).send(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n")
        assert server.application.waiting.acquire(timeout=60)
        slow = [stack.enter_context(server.wire()).send(part) for part in PARTS.values() for _ in range(2)]
        assert server.get("/other").status == 200
        for wire in slow[:6]:
            assert wire.rest() == b""
        slow[-1].send(b"x" * 99 + b"\r\n0\r\n\r\n")
        assert slow[-1].answer().status == 200
        server.application.go.set()
        assert busy.answer().status == 200
