"""What is sent to a third party and what comes back, as values; and the interface of whoever sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from hub import jsontext
from hub.redact import redact_headers, redact_url

Headers = tuple[tuple[str, str], ...]
"""Header lines in order; a name may come more than once."""

KEEP = 64 * 1024
"""How many bytes of an answer's body are kept unless the caller asks for more."""

KEEP_MOST = 32 * 1024 * 1024
"""The most that a caller can ask for: a page of records, not a download."""

WALL_MARGIN = 0.5
"""Seconds that the whole attempt may take beyond its read timeout, unless ``total_timeout`` says otherwise."""


@dataclass(frozen=True)
class Tls:
    """What an encrypted connection needs beyond the usual. All texts are PEM (RFC 7468).

    ``authorities`` are trusted in place of the usual ones; ``certificate`` (with its chain) and ``key`` show who the
    hub is. With ``check`` off the server's certificate is not looked at.
    """

    authorities: str = ""
    certificate: str = ""
    key: str = field(default="", repr=False)
    check: bool = True


@dataclass(frozen=True)
class Request:
    """One attempt's request, complete with authentication. Timeouts are in seconds.

    ``verify`` is True for the usual certificate authorities, a path to a file of others, or False.
    ``total_timeout`` caps the whole attempt, from the name's resolution to the last byte.
    """

    method: str
    url: str
    headers: Headers = ()
    body: bytes | None = None
    connect_timeout: float = 5.0
    read_timeout: float = 15.0
    total_timeout: float | None = None
    verify: bool | str = True
    tls: Tls | None = None

    @property
    def wall(self) -> float:
        """The cap on the whole attempt, in seconds."""
        return self.read_timeout + WALL_MARGIN if self.total_timeout is None else self.total_timeout

    def __repr__(self) -> str:
        size = "no body" if self.body is None else f"{len(self.body)} bytes"
        return f"<Request {self.method} {redact_url(self.url)} {redact_headers(self.headers)!r} {size}>"


@dataclass(frozen=True)
class Response:
    """What came back: ``body`` decoded and cut at the cap (``truncated`` tells), ``elapsed`` in seconds."""

    status: int
    reason: str = ""
    headers: Headers = ()
    body: bytes = b""
    truncated: bool = False
    elapsed: float = 0.0

    @property
    def ok(self) -> bool:
        """A status of 2xx."""
        return 200 <= self.status < 300

    def header(self, name: str) -> str | None:
        """The header's value, several lines joined by a comma; None when it is not there."""
        wanted = name.lower()
        values = [value for key, value in self.headers if key.lower() == wanted]
        return ", ".join(values) if values else None

    @property
    def text(self) -> str:
        """The body as text, in the charset that the answer names, or UTF-8; never fails."""
        _, _, parameters = (self.header("Content-Type") or "").partition("charset=")
        charset = parameters.split(";")[0].strip(" \"'") or "utf-8"
        try:
            return self.body.decode(charset, errors="replace")
        except (LookupError, ValueError):  # a charset that nobody knows, or one that is no text encoding
            return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body as JSON; ValueError when it is none (or was cut), also for NaN and Infinity, which JSON has not."""
        return jsontext.loads(self.body)

    def __repr__(self) -> str:
        cut = ", cut" if self.truncated else ""
        return f"<Response {self.status} {self.reason!r} {len(self.body)} bytes{cut} in {self.elapsed:.3f} s>"


class Sender(Protocol):
    """Whoever sends a request: the client, or the fake of the tests."""

    def send(self, request: Request, *, keep: int = KEEP) -> Response:
        """Make one attempt and return the answer, whatever its status; HttpFailure when there is none."""
        ...
