"""What the web server itself answers where no view can: the API's envelope for what is no request, or came too late."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from waitress.utilities import Error

from hub.api import trace
from hub.api.envelope import failure
from hub.errors import HubError, InvalidInput


class TooSlow(HubError):
    """The request did not arrive in time."""

    code = "REQUEST_TIMEOUT"
    status = 408


class HeadersTooLarge(HubError):
    """Start line and headers are longer than the server reads."""

    code = "HEADERS_TOO_LARGE"
    status = 431


class UnknownCoding(HubError):
    """A transfer coding that the server does not know."""

    code = "NOT_IMPLEMENTED"
    status = 501


class UnknownVersion(HubError):
    """Another HTTP than 1.0 and 1.1."""

    code = "HTTP_VERSION_NOT_SUPPORTED"
    status = 505


class Refusal:
    """A failure in the form in which waitress answers errors; ``headers`` are the request's, as far as they came."""

    def __init__(self, error: HubError, headers: Mapping[str, str]) -> None:
        self.error = error
        self.headers = headers

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        """Status, headers and body of the answer."""
        trace_id = trace.accepted(self.headers.get("X_REQUEST_ID", ""))
        token = trace.current.set(trace_id)
        try:
            body = json.dumps(failure(self.error)).encode()
        finally:
            trace.current.reset(token)
        status = HTTPStatus(self.error.status)
        return (
            f"{status.value} {status.phrase}",
            [("Content-Type", "application/json"), (trace.HEADER, trace_id)],
            body,
        )


def told(error: Error) -> HubError:
    """The hub's error for one of waitress'."""
    if error.code == HTTPStatus.BAD_REQUEST:
        what = error.body.partition(' "')[0]  # without the line that it complains about: tokens stand in headers
        return InvalidInput(f"This is not a valid HTTP request: {what}.")
    if error.code == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return HeadersTooLarge("The address and the headers are longer than 64 KB. Shorten them.")
    if error.code == HTTPStatus.NOT_IMPLEMENTED:
        return UnknownCoding("This Transfer-Encoding is not known here. Send chunked, or a Content-Length.")
    return HubError("Something went wrong in the hub. Quote the trace_id when you report it.")
