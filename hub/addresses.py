"""Network addresses of callers: reading them, lists of networks, and what counts as one place."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, ip_address, ip_network

from hub.http.networks import Address, Network

HOST = 64
"""An IPv6 network of this length belongs to one customer, who may take any address in it."""

LARGEST_TRUSTED = {4: 8, 6: 7}
"""The prefixes of the largest networks that may be trusted, by version: 10.0.0.0/8 and fc00::/7."""


@lru_cache(maxsize=1024)
def read(text: str) -> Address | None:
    """The address, also when it is written with a port, brackets or a zone; None when it is none.

    An IPv4 address inside an IPv6 one (``::ffff:10.0.0.1``, as sockets that take both have it) is the IPv4 address.
    """
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def place(text: str) -> str:
    """What an address is counted as: itself, or for IPv6 its /64 network."""
    found = read(text)
    if found is None:
        return text[:45]
    return str(ip_network((found, HOST), strict=False)) if isinstance(found, IPv6Address) else str(found)


def words(text: str) -> list[str]:
    """The parts of a list that is written with commas, spaces or line breaks."""
    return text.replace(",", " ").replace(";", " ").split()


@lru_cache(maxsize=256)
def networks(text: str) -> tuple[Network, ...]:
    """The networks of such a list, in CIDR notation or as single addresses; raises ValueError with a sentence."""
    return tuple(network(word) for word in words(text))


def network(word: str) -> Network:
    """One network; raises ValueError with a sentence that says what to write."""
    try:
        found = ip_network(word)
    except ValueError:
        raise ValueError(_advice(word)) from None
    mapped = found.network_address.ipv4_mapped if isinstance(found.network_address, IPv6Address) else None
    return IPv4Network((mapped, found.prefixlen - 96)) if mapped is not None and found.prefixlen >= 96 else found


def _advice(word: str) -> str:
    try:
        meant = ip_network(word, strict=False)
    except ValueError:
        return (
            f"“{word[:60]}” is no network. Write an address or a network such as 203.0.113.7, 10.0.0.0/8 or fd00::/8."
        )
    return f"“{word[:60]}” is an address inside of a network: write {meant} for all of it, or {word.partition('/')[0]}."


def is_within(text: str, listed: Iterable[Network]) -> bool:
    """Whether the address lies in one of the networks; what is no address lies in none."""
    found = read(text)
    return found is not None and any(found in one for one in listed)
