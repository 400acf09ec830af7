"""Where a URL leads: scheme, host and port, which together decide who gets the secrets that are sent along."""

from __future__ import annotations

from urllib.parse import urlsplit

import idna

DEFAULT_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> str:
    """The URL's origin (RFC 6454), as ``https://host:443``; the text itself for what is no proper URL.

    Spellings of one host are the same: upper case, a dot at the end, an international name, the default port.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return url
    if not host:
        return url
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True, transitional=False).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            pass  # no such name can be called; it is compared as it stands
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port or DEFAULT_PORTS.get(parts.scheme, '')}"
