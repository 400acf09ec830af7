"""How a call to a third party can fail, as one tree under HubError.

::

    HttpFailure
    ├── InvalidRequest      the request can't be sent as it is (never retried)
    ├── EgressRefused       the address is not one that the hub may call (never retried)
    ├── NameNotResolved     the host name leads nowhere
    ├── ConnectFailed       nobody answers at that address and port
    │   └── ConnectTimeout  ... in time
    ├── TlsFailed           no trusted encrypted connection
    ├── ReadTimeout         silence for longer than the read timeout
    ├── TimeExceeded        the whole attempt took longer than it may
    └── BrokenAnswer        something came back, and it isn't HTTP, or was cut off

An answer with a status of 400 or 500 is no failure: it is a Response, and hub.http.retry judges it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from hub.errors import HubError


class HttpFailure(HubError):
    """No usable answer came back.

    ``sent`` tells whether the third party may have received the request: false when it surely has
    not. ``answer_status`` is the HTTP status where the answer had begun, else None.
    """

    code = "HTTP_FAILURE"
    status = 502
    retryable = True
    sent: ClassVar[bool] = False

    def __init__(self, message: str, *, answer_status: int | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.answer_status = answer_status


class InvalidRequest(HttpFailure):
    """The request cannot be sent as it is: a header, the method or the address is malformed."""

    code = "INVALID_REQUEST"
    status = 400
    retryable = False


class EgressRefused(HttpFailure):
    """The address is local, private or otherwise not one that the hub may call."""

    code = "EGRESS_REFUSED"
    status = 400
    retryable = False


class NameNotResolved(HttpFailure):
    """The host name could not be turned into an address."""

    code = "NAME_NOT_RESOLVED"


class ConnectFailed(HttpFailure):
    """No connection: refused, unreachable, reset."""

    code = "CONNECT_FAILED"


class ConnectTimeout(ConnectFailed):
    """No connection within the connect timeout."""

    code = "CONNECT_TIMEOUT"
    status = 504


class TlsFailed(HttpFailure):
    """The certificate is not trusted, has expired, is for another name, or TLS itself failed."""

    code = "TLS_FAILED"


class ReadTimeout(HttpFailure):
    """The server went silent for longer than the read timeout."""

    code = "READ_TIMEOUT"
    status = 504
    sent = True


class TimeExceeded(HttpFailure):
    """The attempt as a whole ran into its wall cap, however busily the server dripped."""

    code = "TIME_EXCEEDED"
    status = 504
    sent = True


class BrokenAnswer(HttpFailure):
    """What came back is not HTTP, or was cut off."""

    code = "BROKEN_ANSWER"
    sent = True
