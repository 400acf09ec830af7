"""Which addresses are not the public internet, and the IPv4 addresses that IPv6 ones can hide.

From the IANA registries of special-purpose addresses (RFC 6890 and its successors), and the
addresses at which cloud machines read their own metadata.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORBIDDEN: tuple[tuple[Network, str], ...] = tuple(
    (ip_network(network), what)
    for network, what in (
        ("100.100.100.200/32", "a metadata"),
        ("192.0.0.192/32", "a metadata"),
        ("fd00:ec2::254/128", "a metadata"),
        ("fd20:ce::254/128", "a metadata"),
        ("0.0.0.0/8", "an unspecified"),
        ("10.0.0.0/8", "a private"),
        ("100.64.0.0/10", "a carrier's internal"),
        ("127.0.0.0/8", "a loopback"),
        ("169.254.0.0/16", "a link-local or metadata"),
        ("172.16.0.0/12", "a private"),
        ("192.0.0.0/24", "a reserved"),
        ("192.0.2.0/24", "a documentation"),
        ("192.88.99.0/24", "a reserved"),
        ("192.168.0.0/16", "a private"),
        ("198.18.0.0/15", "a benchmarking"),
        ("198.51.100.0/24", "a documentation"),
        ("203.0.113.0/24", "a documentation"),
        ("168.63.129.16/32", "a metadata"),
        ("224.0.0.0/4", "a multicast"),
        ("240.0.0.0/4", "a reserved"),
        ("::/128", "an unspecified"),
        ("::1/128", "a loopback"),
        ("fc00::/7", "a private"),
        ("fe80::/10", "a link-local"),
        ("fec0::/10", "a private"),
        ("ff00::/8", "a multicast"),
        ("2001::/23", "a reserved"),
        ("2001:db8::/32", "a documentation"),
        ("3fff::/20", "a documentation"),
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


def embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that packets to that IPv6 one would reach: mapped, 6to4 or NAT64; None for all others."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def forbidden(address: Address) -> str | None:
    """What kind of address it is, with its article ("a private"), when it isn't a public one; else None."""
    inner = embedded(address)
    if inner is not None:
        return forbidden(inner)
    for network, what in _FORBIDDEN:
        if address in network:
            return what
    return None if isinstance(address, IPv4Address) or address in _GLOBAL_V6 else "a reserved"


NOBODYS_SERVICE = frozenset(("an unspecified", "a link-local or metadata", "a metadata", "a link-local", "a multicast"))
"""Kinds of addresses at which nothing runs that somebody set up, inside of a network either."""


def nobodys_service(address: Address) -> str | None:
    """As forbidden, but for private and local addresses, where services of one's own are; None for these, too."""
    kind = forbidden(address)
    return kind if kind in NOBODYS_SERVICE else None


def within(address: Address, networks: tuple[Network, ...]) -> bool:
    """Whether the address, or the IPv4 one inside it, lies in one of the networks."""
    inner = embedded(address)
    return any(address in network or (inner is not None and inner in network) for network in networks)
