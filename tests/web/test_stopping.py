"""The order to stop: what runs may finish, who waits is served, nobody new comes in."""

from __future__ import annotations

import pytest

from tests.web.wire import serving

REQUEST = b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n"


def test_a_request_that_runs_is_answered_before_the_server_ends() -> None:
    with serving(threads=1) as server, server.wire() as wire:
        wire.send(REQUEST % b"/wait")
        assert server.application.waiting.acquire(timeout=60)
        server.server.stop()
        server.until(lambda: not server.server.accepting, "the end of listening")
        with pytest.raises(ConnectionError):
            server.wire()
        server.application.go.set()
        answer = wire.answer()
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert wire.rest() == b""
        server.thread.join(60)
        assert not server.thread.is_alive()


def test_a_request_that_is_on_its_way_may_arrive() -> None:
    with serving(threads=1) as server, server.wire() as wire:
        wire.send(b"POST /late HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
        server.until(lambda: server.server.active_channels, "the connection")
        server.server.stop()
        server.until(lambda: not server.server.accepting, "the end of listening")
        assert wire.send(b"llo").answer().json["body"] == "hello"


def test_idle_connections_do_not_hold_it_up() -> None:
    with serving(threads=1) as server, server.wire() as wire:
        assert wire.send(REQUEST % b"/").answer().status == 200
        server.server.stop()
        assert wire.rest() == b""
        server.thread.join(60)
        assert not server.thread.is_alive()
