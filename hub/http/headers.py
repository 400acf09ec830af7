"""Which headers a configuration may set: checked when it is saved, and again after rendering.

Names are tokens and values visible ASCII, as RFC 9110 (5.1, 5.5) wants them; what frames the message
on the wire belongs to the client, what signs it to the hub.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hub.errors import InvalidInput

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_UNPRINTABLE = re.compile(r"[^\t\x20-\x7e]")

FRAMING = frozenset(
    (
        "host content-length transfer-encoding connection keep-alive te trailer upgrade expect proxy-connection "
        "proxy-authorization proxy-authenticate http2-settings accept-encoding"
    ).split()
)
"""Headers (in lower case) that the client alone may set: a wrong one desynchronises the connection."""

LONGEST = 8 * 1024
"""The longest value, in characters: servers commonly refuse more."""

_CONTROLS = {"\r": "a carriage return", "\n": "a line break", "\x00": "a NUL character"}


def check_header(name: str, value: str) -> None:
    """Raise InvalidInput, which names the header, unless a configuration may set it to that value."""
    check_syntax(name, value)
    if name.lower().startswith("webhook-"):
        raise InvalidInput(
            f"Header {name} cannot be set by hand: the webhook-* headers carry the hub's signature.",
            field=name,
            constraint="reserved",
        )
    if name.lower() == "idempotency-key":
        raise InvalidInput(
            f"Header {name} cannot be set by hand: the hub gives each message one of its own, by which the receiver "
            "tells a repetition from news.",
            field=name,
            constraint="reserved",
        )


def check_headers(headers: Iterable[tuple[str, str]]) -> None:
    """As check_header, for all of them."""
    for name, value in headers:
        check_header(name, value)


def check_syntax(name: str, value: str) -> None:
    """Raise InvalidInput unless the header can be sent at all; the value is never part of the message."""
    if not _TOKEN.match(name):
        raise InvalidInput(
            f"{_shown(name)} is not a header name: use letters, digits and hyphens, for example X-Source.",
            field=_shown(name),
            constraint="token",
        )
    if name.lower() in FRAMING:
        raise InvalidInput(
            f"Header {name} cannot be set by hand: the hub's HTTP client sets it. Remove it.",
            field=name,
            constraint="reserved",
        )
    if found := _UNPRINTABLE.search(value):
        what = _CONTROLS.get(found[0], f"the character {found[0]!a}")
        raise InvalidInput(
            f"Header {name} contains {what} at position {found.start() + 1}: a value is plain ASCII on one line.",
            field=name,
            constraint="characters",
        )
    if len(value) > LONGEST:
        raise InvalidInput(
            f"Header {name} is {len(value)} characters long; the most is {LONGEST}.",
            field=name,
            constraint="length",
        )


def _shown(name: str) -> str:
    return ascii(name if len(name) <= 60 else name[:60] + "...")
