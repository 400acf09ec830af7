"""One connection: it waits for a whole request before it takes a thread, and nothing about it lasts for ever."""

from __future__ import annotations

import logging
import socket
import time
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, Task, WSGITask

from hub.api.body import TOO_LARGE
from hub.web.refusals import TooSlow
from hub.web.request import Request

if TYPE_CHECKING:
    from hub.web.server import Server

GATHERED = 64 * 1024
"""Bytes of an answer up to which its thread gathers them, and sends them when it is done."""

TAKEN = 900.0
"""Seconds in which the other side must have taken all of an answer."""

SENT_AT_ONCE = 256 * 1024
"""Bytes of an answer that are read from its buffer at a time; Linux offers a socket's whole buffer, of megabytes."""

FILE_SPEED = 256 * 1024
"""Bytes a second at which a file must come at least, once the time for a request is over."""

LINGER, QUIET = 30.0, 5.0
"""Seconds for which what still comes is read and thrown away after the last answer; and how long it may be silent."""


class Answer(Task):
    """What both kinds of answers share: sent in one piece by the thread that made it, when it is small."""

    def build_response_header(self) -> bytes:
        """While the server stops, each answer is its connection's last."""
        if self.channel.server.stopping:
            self.request.headers["CONNECTION"] = "close"
        header: bytes = super().build_response_header()
        return header

    def finish(self) -> None:
        """Send what has gathered."""
        super().finish()
        self.channel.flush()


class ApplicationAnswer(Answer, WSGITask):
    """A request that Django answers."""

    def get_environment(self) -> dict[str, Any]:
        """The WSGI environment; without the body, and with a mark for hub.api.body, where it was too large."""
        environ: dict[str, Any] = super().get_environment()
        if self.request.too_large:
            environ |= {TOO_LARGE: True, "CONTENT_LENGTH": "0", "wsgi.input": BytesIO()}
        return environ


class RefusalAnswer(Answer, ErrorTask):
    """A request that was refused on arrival."""


class Channel(HTTPChannel):
    """A connection with its clocks. Threads run ``service``, ``write_soon`` and ``flush``; the main thread the rest."""

    request: Any = None
    task_class = ApplicationAnswer
    error_task_class = RefusalAnswer
    logger = logging.getLogger("waitress")

    def __init__(self, server: Server, sock: socket.socket, addr: Any, adj: Any, map: dict[int, Any]) -> None:
        self.parser_class = partial(Request, most_body=server.limits.body, most_file=server.limits.file)
        self.begun: float | None = None
        """Since when a request has been arriving."""
        self.rested = self.moved = time.monotonic()
        """When the last answer was ready; when something was last sent or, while lingering, received."""
        self.lingering: float | None = None
        """Since when the last answer has been out, and only the other side's end is waited for."""
        super().__init__(server, sock, addr, adj, map=map)
        self.sendbuf_len: int = min(sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF), SENT_AT_ONCE)

    # --- reading ---

    def readable(self) -> bool:
        """Whether there is use for more of what the other side sends."""
        return self.lingering is not None or super().readable()

    def received(self, data: bytes) -> bool:
        """Take what has come."""
        now = time.monotonic()
        if self.lingering is not None:
            self.moved = now
            return False
        taken: bool = super().received(data)
        self.begun = None if self.request is None else self.begun or now
        return taken

    def handle_expt(self) -> None:
        """Urgent data: HTTP has none."""
        self.handle_close()

    # --- answering ---

    def service(self) -> None:
        """Answer one request, in a thread."""
        super().service()
        self.rested = time.monotonic()

    def write_soon(self, data: Any) -> int:
        """Put bytes, or a file, into what is to be sent; large amounts go out at once."""
        if not self.total_outbufs_len:
            self.moved = time.monotonic()
        count: int = super().write_soon(data)
        return count

    def flush(self) -> None:
        """Send what is there, as far as the other side takes it."""
        self.moved = time.monotonic()
        with self.outbuf_lock:
            if self.connected:
                self._flush_exception(self._flush_some, do_close=False)

    def _flush_some(self, do_close: bool = True) -> bool:
        sent: bool = super()._flush_some(do_close=do_close)
        if sent:
            self.moved = time.monotonic()
        return sent

    def writable(self) -> bool:
        """Whether there is something for the main thread to send."""
        if self.lingering is not None or self._gathering:
            return bool(self.will_close)
        return bool(super().writable())

    @property
    def _gathering(self) -> bool:
        """A small answer is left to its thread: the main thread would turn round and round beside it."""
        return bool(self.requests) and self.total_outbufs_len < GATHERED

    def handle_write(self) -> None:
        """Send; and end a connection whose last answer is out gently."""
        if not self.close_when_flushed or self.will_close:
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if self.will_close:
            self.handle_close()
        elif self.connected and not self.total_outbufs_len:
            self._linger()

    def _linger(self) -> None:
        """Say that this was all, but read on: to close over unread bytes would destroy the answer on its way (RFC 9112, 9.6)."""  # noqa: E501
        self.close_when_flushed, self.begun = False, None
        self.lingering = self.moved = time.monotonic()
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.handle_close()

    def handle_close(self) -> None:
        """End the connection, and what has come of a request."""
        if self.request is not None:
            self.request.close()
        super().handle_close()

    # --- clocks ---

    @property
    def idle(self) -> bool:
        """Whether nothing is under way: no request, not even a part of one, and no answer."""
        return not self.requests and self.request is None and not self.total_outbufs_len and not self.close_when_flushed

    @property
    def arrived(self) -> int:
        """Bytes of a body that has come in part."""
        return 0 if self.request is None or self.request.body_rcv is None else len(self.request.body_rcv)

    def look(self, now: float) -> None:
        """End what has taken too long; called about once a second."""
        if self._over(now):
            self.handle_close()
        elif self.begun is not None and now - max(self.begun, self.rested) > self._patience:
            self._refuse_slow()

    @property
    def _patience(self) -> float:
        """Seconds in which the request must have arrived: for a file the longer, the more of it is here."""
        more = self.arrived / FILE_SPEED if self.request is not None and self.request.is_file else 0.0
        return float(self.server.limits.seconds + more)

    def _over(self, now: float) -> bool:
        if self.lingering is not None:
            return now - self.lingering > LINGER or now - self.moved > QUIET
        if self.total_outbufs_len and not self._gathering:
            return now - self.moved > self.server.limits.stalled or (not self.requests and now - self.rested > TAKEN)
        return self.idle and now - self.rested > self.server.limits.idle

    def _refuse_slow(self) -> None:
        """Answer what has come so far with a 408."""
        with self.requests_lock:
            if self.request is None or self.requests or self.close_when_flushed:
                return
            request, self.request, self.begun = self.request, None, None
            request.error = TooSlow(f"The request did not arrive within {self.server.limits.seconds:g} seconds.")
            request.give_up()
            self.requests.append(request)
        self.server.add_task(self)
