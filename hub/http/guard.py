"""The egress guard: which addresses the hub may call. Asked when a URL is saved, and at every connection."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

import idna

from hub.http.failures import EgressRefused, InvalidRequest, NameNotResolved
from hub.http.networks import Address, Network, forbidden, within

Resolve = Callable[..., list[tuple[Any, ...]]]
"""The signature of socket.getaddrinfo."""

BLOCKED_PORTS = frozenset(
    int(port)
    for port in (
        "1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 "
        "113 115 117 119 123 135 137 138 139 143 161 179 389 427 445 465 512 513 514 515 526 530 531 532 "
        "540 548 554 556 563 587 601 636 989 990 993 995 "
    ).split()
)
"""Ports of mail and other services that a request could be made to speak to (the Fetch standard's list below 1024)."""

LONGEST = 4096
"""The longest URL, in characters."""

MOST_KNOWN = 1000
"""Authorities that are remembered."""

_BAD_CHARACTER = re.compile(r"[\x00-\x20\x7f\\]|\s")
_HOST = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?\Z")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")


@dataclass(frozen=True)
class Endpoint:
    """One address to connect to, checked: what socket.socket and connect take."""

    family: int
    address: tuple[Any, ...]


@dataclass(frozen=True)
class EgressPolicy:
    """Public addresses, and on top the ``allowed_networks``, and the ``allowed_origins`` whatever their address is.

    An origin is what ``origin`` makes of a URL: one host, as it is spelled there, and one port. Plain http only with
    ``allow_http``. ``resolve`` is asked once for each new connection, and what it answers is both checked and
    connected to.
    """

    allowed_networks: tuple[Network, ...] = ()
    allow_http: bool = True
    allowed_origins: frozenset[tuple[str, int]] = frozenset()
    resolve: Resolve = field(default=socket.getaddrinfo, repr=False, compare=False)
    _known: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Hosts by the scheme and the authority of URLs that passed: one endpoint's URLs differ in what follows."""

    def check_url(self, url: str) -> str:
        """Raise unless the URL could be called, as far as can be told without a look-up; return its host.

        The host comes back in ASCII and lower case. Raises InvalidRequest for what is no proper URL, EgressRefused for
        a scheme, port or address that is not allowed, however the address is spelled.
        """
        parts = _split(url)
        known = self._known.get((parts.scheme, parts.netloc))
        if known is not None:
            return known
        host = self._check(parts)
        if len(self._known) < MOST_KNOWN:
            self._known[parts.scheme, parts.netloc] = host
        return host

    def _check(self, parts: SplitResult) -> str:
        if parts.scheme not in ("http", "https"):
            raise EgressRefused("Only addresses that begin with https:// or http:// can be called.", field="url")
        if parts.scheme == "http" and not self.allow_http:
            raise EgressRefused("Only addresses that begin with https:// can be called.", field="url")
        if "@" in parts.netloc:
            raise EgressRefused(
                "The URL contains a user name or `@` before the host. Put credentials into the authentication.",
                field="url",
            )
        host = _host(parts)
        _check_port(parts)
        address = literal(host)
        if _origin(host, _port(parts)) in self.allowed_origins:
            return host
        if address is not None:
            self.check_address(address, host)
        elif host.rstrip(".").rpartition(".")[2] == "localhost" and not self._allows_loopback():
            raise self._refused(host, "a loopback")
        return host

    def check_address(self, address: Address, host: str) -> None:
        """Raise EgressRefused unless the address is public or allowed; ``host`` is the name that led to it."""
        if within(address, self.allowed_networks):
            return
        kind = forbidden(address)
        if kind is not None:
            raise self._refused(host, kind, "" if host in (str(address), f"[{address}]") else f" ({address})")

    def addresses(self, host: str, port: int) -> list[Endpoint]:
        """Look the host up and return where to connect to, in order of preference.

        One forbidden address among several refuses them all: a name that is half internal is a trap or a mistake.
        """
        try:
            found = self.resolve(host.strip("[]"), port, 0, socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise NameNotResolved(f"Could not resolve {host}. Check the host name in the request URL.") from error
        endpoints = []
        own = _origin(host, port) in self.allowed_origins
        for family, _, _, _, address in found:
            if family in (socket.AF_INET, socket.AF_INET6):
                if not own:
                    self.check_address(ip_address(str(address[0]).partition("%")[0]), host)
                endpoints.append(Endpoint(family, tuple(address)))
        if not endpoints:
            raise NameNotResolved(f"{host} has no address. Check the host name in the request URL.")
        return endpoints

    def _allows_loopback(self) -> bool:
        return any(within(address, self.allowed_networks) for address in (IPv4Address("127.0.0.1"), IPv6Address("::1")))

    def _refused(self, host: str, kind: str, where: str = "") -> EgressRefused:
        return EgressRefused(
            f"{host}{where} is {kind} address, which the hub does not call. If that is meant, "
            "add its network to HUB_ALLOWED_NETWORKS.",
            field="url",
            constraint="egress",
        )


def origin(url: str) -> tuple[str, int]:
    """The host and the port that a URL calls, for ``allowed_origins``; raises InvalidRequest for what is no URL."""
    parts = _split(url)
    return _origin(_host(parts), _port(parts))


def literal(host: str) -> Address | None:
    """The address that a host written in numbers denotes, in any spelling that resolvers take; None for a name.

    Raises InvalidRequest for numbers that are no address: what one resolver refuses, another may take.
    """
    if host.startswith("["):
        try:
            return IPv6Address(host[1:-1])
        except ValueError:
            raise InvalidRequest(f"{host} is not an IPv6 address.", field="url") from None
    if not _NUMBER.match(host.rstrip(".").rpartition(".")[2]):
        return None
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host.rstrip(".")))  # decimal, octal, hexadecimal and short forms
    except (OSError, ValueError):
        raise InvalidRequest(f"{host} is neither a host name nor an IP address.", field="url") from None


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST:
        raise InvalidRequest(f"The URL is {len(url)} characters long; the most is {LONGEST}.", field="url")
    if _BAD_CHARACTER.search(url):
        raise InvalidRequest("The URL contains a space, a backslash or a control character. Encode it.", field="url")
    try:
        return urlsplit(url)
    except ValueError:
        raise InvalidRequest("The URL is malformed. Write it like https://example.com/path.", field="url") from None


def _host(parts: SplitResult) -> str:
    """The host in ASCII and lower case; an IPv6 address stays in its brackets."""
    host = parts.hostname or ""
    if not host:
        raise InvalidRequest("The URL has no host. Write it like https://example.com/path.", field="url")
    if parts.netloc.startswith("["):
        if "%" in host:
            raise InvalidRequest("An IPv6 address with a zone cannot be called.", field="url")
        return f"[{host}]"
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True, std3_rules=True, transitional=False).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise InvalidRequest("The URL's host is not a valid international name.", field="url") from None
    if len(host) > 253 or not _HOST.match(host):
        raise InvalidRequest("The URL's host is not a valid name. Write it like https://example.com/path.", field="url")
    return host


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _origin(host: str, port: int) -> tuple[str, int]:
    """One spelling for each: an address in its usual form, a name in lower case."""
    bare = host.strip("[]").rstrip(".").lower()
    address = literal(f"[{bare}]" if ":" in bare else bare)
    return str(address) if address is not None else bare, port


def _check_port(parts: SplitResult) -> None:
    try:
        port = parts.port
    except ValueError:
        raise InvalidRequest("The URL's port is not a number from 1 to 65535.", field="url") from None
    if port == 0:
        raise InvalidRequest("The URL's port is not a number from 1 to 65535.", field="url")
    if port in BLOCKED_PORTS:
        raise EgressRefused(f"Port {port} belongs to another service than HTTP and is not called.", field="url")
