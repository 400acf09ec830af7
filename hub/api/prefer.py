"""The header Prefer (RFC 7240): what a caller would like, and may be left without."""

from __future__ import annotations

import re

HEADER = "Prefer"
APPLIED = "Preference-Applied"
RESPOND_ASYNC = "respond-async"

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110, 5.6.2: what a name is made of
PREFERENCE = re.compile(
    rf"\s*({TOKEN})\s*(?:=\s*({TOKEN}|\"(?:[^\"\\]|\\.)*\"))?\s*((?:;(?:[^,\";]|\"(?:[^\"\\]|\\.)*\")*)*)\s*(?:,|$)"
)


def preferences(header: str) -> dict[str, str]:
    """The preferences of a header by name, in lower case; "" for one without a value.

    Of one that is named twice the first counts (RFC 7240, 2). What cannot be read ends the reading: it is a wish, and
    a wish that is not understood is left aside, never refused.
    """
    found: dict[str, str] = {}
    place = 0
    while place < len(header) and (match := PREFERENCE.match(header, place)):
        name, value, _ = match.groups()
        if value and value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        found.setdefault(name.lower(), value or "")
        place = match.end()
    return found


def wants_async(header: str) -> bool:
    """Whether the caller would rather not wait for the result (RFC 7240, 4.1)."""
    return preferences(header).get(RESPOND_ASYNC) == ""
