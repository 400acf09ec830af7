"""The address of an Odoo server, taken apart once and checked."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from hub.errors import InvalidInput

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """Where requests go: ``prefix`` is the sub-path that Odoo lives under, without a final slash."""

    scheme: str
    host: str
    port: int
    prefix: str = ""

    @property
    def secure(self) -> bool:
        return self.scheme == "https"

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.prefix}"


def identity(url: str, database: str) -> str:
    """The name of a database at that address, such as ``mycompany on mycompany.odoo.com``; raises InvalidInput.

    http and https, with and without the usual port, are the same place.
    """
    return f"{database} on {str(parse(url)).partition('://')[2]}"


def parse(url: str) -> Address:
    """The address that ``url`` names; raises InvalidInput, field ``url``, that says what to write instead."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _wrong("is not a URL") from None
    if parts.scheme not in _PORTS:
        raise _wrong("must start with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise _wrong("must not hold a user name or password; put them into the fields of their own")
    if not host or not host.isprintable() or any(letter in host for letter in " %\\"):
        raise _wrong("names no host")
    if parts.query or parts.fragment or any(not "!" <= letter <= "~" for letter in parts.path):
        raise _wrong("must end with the host, or with the path that Odoo lives under")
    return Address(parts.scheme, _ascii(host), port or _PORTS[parts.scheme], parts.path.rstrip("/"))


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode() if not host.isascii() else host
    except UnicodeError:
        raise _wrong("names no host") from None


def _wrong(reason: str) -> InvalidInput:
    return InvalidInput(f"Odoo's URL {reason}, such as https://mycompany.odoo.com.", field="url", constraint="url")
