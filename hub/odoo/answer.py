"""What an HTTP answer of an Odoo server means before its JSON is looked into."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from hub.errors import OdooAuthentication, OdooError, OdooProtocol, OdooTooLarge, OdooUnavailable
from hub.odoo.address import Address
from hub.odoo.channel import Answer

_OUR_PATHS = re.compile(r"/(jsonrpc|json/2/.*|web/version)$")


def check(answer: Answer, address: Address) -> None:
    """Raise what keeps ``answer`` from being Odoo's JSON; return when it may be parsed, whatever its status."""
    error = _by_status(answer, address)
    if error is None and not answer.body.lstrip()[:1]:
        error = OdooProtocol(f"{address} answered with nothing (HTTP {answer.status}).")
    elif error is None and answer.body.lstrip()[:1] == b"<":
        error = _html(answer, address)
    if error is not None:
        raise error


def _by_status(answer: Answer, address: Address) -> OdooError | None:
    status = answer.status
    if 300 <= status < 400:
        return OdooProtocol(f"{address} redirects to {_location(answer)}. Set the connection's URL to the new address.")
    if status == 429:
        error = OdooUnavailable("Odoo asks for fewer calls (HTTP 429). Try again later.")
        after = answer.headers.get("retry-after", "")
        if after.isascii() and after.isdigit():
            error.details["retry_after"] = int(after)
        return error
    if status in (502, 503, 504):
        return OdooUnavailable(f"{address} is not available (HTTP {status}). Try again later.", sent=True)
    if status == 413:
        return OdooTooLarge()
    return None


def _html(answer: Answer, address: Address) -> OdooError:
    page = answer.body[:4000].decode("utf-8", "replace")
    if "No database is selected" in page:
        return OdooAuthentication(
            "Odoo has no database of that name. Check the connection's database name.", field="database"
        )
    found = re.search(r"<title>([^<]{1,80})", page, re.IGNORECASE)
    title = f' "{found[1].strip()}"' if found else ""
    return OdooProtocol(
        f"{address} answered with a web page{title} (HTTP {answer.status}) instead of JSON. "
        "Check that the URL leads to Odoo itself, and that no login page or proxy stands before it."
    )


def _location(answer: Answer) -> str:
    """The new address as the connection's URL should be: without our own path, and without what may hide secrets."""
    try:
        parts = urlsplit(answer.headers.get("location", ""))
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""
    except ValueError:
        return "an address that is not a URL"
    path = _OUR_PATHS.sub("", parts.path[:200])
    return f"{parts.scheme}://{host}{path}" if host else path or "nowhere"
