"""The server: accepts connections, looks after their clocks, makes room when there are too many, and stops gently."""

from __future__ import annotations

import logging
import math
import resource
import socket
import time
from dataclasses import dataclass
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from hub.web.channel import GATHERED, Channel
from hub.web.request import MOST_HEADERS

DRAIN = 15.0
"""Seconds in which running requests may finish after the order to stop; less than the supervisor's patience."""

JUST_CAME = 1.0
"""Seconds that a connection without a request is kept while the server stops: its request may be on its way."""

BACKLOG = 1024
"""Connections that may wait to be accepted."""

READ_AT_ONCE = 16 * 1024
"""Bytes that are read from a connection before the next one gets its turn."""

IN_MEMORY = 512 * 1024
"""Bytes of a body, or of an answer, above which it is kept in a temporary file."""

FOR_SLOW_READERS = 1024**3
"""Bytes of an answer that wait in that file, before the thread has to wait for who reads it slowly."""


@dataclass(frozen=True)
class Limits:
    """What a process takes upon itself; times in seconds."""

    threads: int = 8
    """Requests that are answered at the same time."""

    body: int = 10 * 1024 * 1024
    """Bytes of a body."""

    file: int = 100 * 1024 * 1024
    """Bytes of a body that is a file, at an address for one."""

    seconds: float = 60.0
    """In which a request must have arrived."""

    idle: float = 75.0
    """In which the next request must begin: more than the 60 after which proxies let go of a connection."""

    stalled: float = 30.0
    """In which something of an answer must have been taken."""

    arriving: int = 512 * 1024 * 1024
    """Bytes of all bodies that have come in part; over it, the largest of them is given up."""

    connections: int = 1000
    """At the same time; one more, and the one that has been idle or slow for longest is closed."""


class Server(TcpWSGIServer):
    """Serves a WSGI application on a listening socket until ``stop``; one main thread for all connections."""

    channel_class = Channel
    logger = logging.getLogger("waitress")

    def __init__(self, application: Any, listener: socket.socket, limits: Limits) -> None:
        self.limits = limits
        self.stopping = False
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(limits.threads)
        name = listener.getsockname()
        super().__init__(
            application,
            map={},
            _sock=listener,
            dispatcher=dispatcher,
            adj=_adjustments(limits, name[0]),
            sockinfo=(listener.family, listener.type, listener.proto, name),
            bind_socket=False,
        )

    def stop(self) -> None:
        """Let ``run`` end; may be called from a signal handler or another thread, and more than once."""
        if not self.stopping:
            self.stopping = True
            self.pull_trigger()

    def run(self) -> None:
        """Serve; comes back after ``stop``, with the last answer or DRAIN seconds later; ``close`` is to follow."""
        while not self.stopping:
            self._turn(1)
        ends = time.monotonic() + DRAIN
        self._refuse_new()
        while self._close_idle() and time.monotonic() < ends:
            self._turn(0.1)
        self.task_dispatcher.shutdown(timeout=max(0.0, ends - time.monotonic()))
        for channel in list(self.active_channels.values()):
            channel.handle_close()

    def handle_accept(self) -> None:
        """Take a connection; over the limit another one makes room."""
        super().handle_accept()
        if len(self.active_channels) > self.limits.connections:
            waiting = [channel for channel in self.active_channels.values() if not channel.requests]
            if waiting:
                min(waiting, key=lambda channel: channel.rested).handle_close()

    def fix_addr(self, addr: Any) -> Any:
        """The client's address; an IPv4 one that came through an IPv6 socket in its own form."""
        return (addr[0].removeprefix("::ffff:"), *addr[1:]) if "." in addr[0] else addr

    def maintenance(self, now: float) -> None:
        """End what has taken too long; waitress calls it each second."""
        clock = time.monotonic()
        for channel in list(self.active_channels.values()):
            channel.look(clock)
        by_size = sorted(self.active_channels.values(), key=lambda channel: channel.arrived)
        total = sum(channel.arrived for channel in by_size)
        while total > self.limits.arriving:
            largest = by_size.pop()
            total -= largest.arrived
            largest.handle_close()

    def _turn(self, patience: float) -> None:
        wasyncore.loop(timeout=patience, use_poll=True, map=self._map, count=1)

    def _refuse_new(self) -> None:
        """Take who has been waiting already; whoever comes now is refused, or taken by another process."""
        for _ in range(BACKLOG):
            before = len(self.active_channels)
            self.handle_accept()
            if len(self.active_channels) == before:
                break
        wasyncore.dispatcher.close(self)

    def _close_idle(self) -> bool:
        """Close connections on which nothing happens; whether others are left."""
        now = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.lingering is not None or (channel.idle and now - channel.rested > JUST_CAME):
                channel.handle_close()
        return bool(self.active_channels)


def _adjustments(limits: Limits, name: str) -> Adjustments:
    found = Adjustments(
        threads=limits.threads,
        ident=None,  # nobody needs to know what answers
        server_name=name,
        clear_untrusted_proxy_headers=False,  # hub.proxies decides whom to believe
        log_socket_errors=False,
        connection_limit=limits.connections + 20,  # only when all of them are at work; the listener counts, too
        backlog=BACKLOG,
        cleanup_interval=1,
        recv_bytes=READ_AT_ONCE,
        inbuf_overflow=IN_MEMORY,
        outbuf_overflow=IN_MEMORY,
        outbuf_high_watermark=FOR_SLOW_READERS,
        max_request_header_size=MOST_HEADERS,
    )
    found.max_request_body_size = math.inf  # hub.web.request keeps the limit
    found.send_bytes = GATHERED  # as an argument it is deprecated; without it there are two packets for an answer
    return found


def allow_files(connections: int) -> None:
    """Raise this process's limit of open files, as far as it may, to what so many connections need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 3 * connections + 200  # each with a body and an answer in temporary files
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
