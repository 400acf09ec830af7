"""What counts as a request: waitress' parser, and before it what others could read in two ways."""

from __future__ import annotations

import re
from typing import Any

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.utilities import BadRequest, Error

from hub.api.body import takes_file
from hub.errors import HubError
from hub.web.refusals import Refusal, UnknownVersion, told

MOST_HEADERS = 64 * 1024
"""Bytes of the start line and all headers."""

MOST_CONTROL, MOST_TRAILER = 4096, 16384
"""Bytes of a chunk's size line, and of what may follow the last chunk."""

VERSION = re.compile(rb"HTTP/[0-9]\.[0-9]")
ADDRESS = re.compile(rb"(?:https?://[^/?#]{1,300})?(?=[/?])|(?=\*\Z)", re.IGNORECASE)
UNPRINTABLE = re.compile(rb"[\x00-\x20\x7f-\xff]")
FOLDED = re.compile(rb"\r\n[ \t]")
GAP = re.compile(rb"[ \t]{100}")


class Request(HTTPRequestParser):
    """One request as it arrives. ``error`` says why it is refused: the last thing that its connection hears.

    A body over ``most_body`` bytes, or over ``most_file`` at an address that takes a file, makes it ``too_large``,
    which is no error here: it goes on without the body, so that the API can refuse it in its own words and log who
    sent it.
    """

    path = ""  # waitress names it, in its log, even where there was none

    def __init__(self, adj: Adjustments, most_body: int, most_file: int = 0) -> None:
        super().__init__(adj)
        self.most_body = most_body
        self.most_file = most_file
        self.too_large = False
        self._refusal: Refusal | None = None

    @property
    def error(self) -> Refusal | None:
        """Why it is refused; takes waitress' errors and the hub's."""
        return self._refusal

    @error.setter
    def error(self, error: Error | HubError) -> None:
        self._refusal = Refusal(error if isinstance(error, HubError) else told(error), self.headers)

    @property
    def is_file(self) -> bool:
        """Whether its body is a file, as far as start line and headers have come."""
        return takes_file(str(getattr(self, "command", "")), self.path)

    def received(self, data: bytes) -> int:
        """Take bytes of the connection; answers how many of them were this request's."""
        try:
            consumed: int = super().received(data)
        except ValueError:  # a length of 5,000 digits
            self.error = BadRequest("Content-Length is invalid")
        self._check_body()
        if self.error is not None or self.too_large:
            self.give_up()
            return len(data)  # nothing behind it is read as another request
        if self.body_rcv is None:
            self.expect_continue = False  # there is nothing to be waited for
        return consumed

    def give_up(self) -> None:
        """End it here, whatever is still to come: its body is thrown away, its connection closes after the answer."""
        self.close()
        self.body_rcv = None
        self.completed, self.expect_continue, self.empty = True, False, False
        self.headers.pop("CONTENT_LENGTH", None)
        self.headers["CONNECTION"] = "close"

    def parse_header(self, header_plus: bytes) -> None:
        """Read start line and headers; raises ParsingError for what two readers may read differently (RFC 9112)."""
        line, _, headers = header_plus.partition(b"\r\n")
        method, target, version = _start(line)
        if not VERSION.fullmatch(version):
            raise ParsingError("Start line has no version")
        if version not in (b"HTTP/1.0", b"HTTP/1.1"):
            self.error = UnknownVersion("HTTP/1.1 and HTTP/1.0 are spoken here.")
            return
        if FOLDED.search(header_plus):
            raise ParsingError("Header runs over several lines")
        if GAP.search(headers):
            raise ParsingError("Header holds a hundred blanks")  # waitress' patterns take n² steps for n of them
        super().parse_header(b"%b %b %b\r\n%b" % (method, target, version, headers))
        self._check_framing(headers)

    def _check_framing(self, headers: bytes) -> None:
        """One way to know where the body ends; one host."""
        codings = [
            value.strip(b" \t").lower()
            for name, _, value in (line.partition(b":") for line in headers.split(b"\r\n"))
            if name.lower() == b"transfer-encoding"
        ]
        if codings and (self.version != "1.1" or codings != [b"chunked"]):
            raise ParsingError("Transfer-Encoding is invalid")
        if codings and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Both Content-Length and Transfer-Encoding are given")
        if self.version == "1.1" and "HOST" not in self.headers:
            raise ParsingError("Host is missing")

    def _check_body(self) -> None:
        """Keep the limit on what comes out of the chunks; waitress would count what travels."""
        body: Any = self.body_rcv
        if body is None or self.error is not None:
            return
        most = max(self.most_body, self.most_file) if self.is_file else self.most_body
        self.too_large = max(self.content_length, len(body)) > most
        if isinstance(body, ChunkedReceiver) and (
            len(body.control_line) > MOST_CONTROL or len(body.trailer) > MOST_TRAILER
        ):
            self.error = BadRequest("Chunk is invalid")


def _start(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Method, target without host, and version; so plain that waitress' patterns have nothing to guess."""
    parts = line.split(b" ")
    if len(parts) != 3 or UNPRINTABLE.search(parts[1]) or not parts[0]:
        raise ParsingError("Start line is invalid")
    address = ADDRESS.match(parts[1])
    if address is None:
        raise ParsingError("Start line has no address")
    target = parts[1][address.end() :]
    return parts[0], target if target[:1] != b"?" else b"/" + target, parts[2]
