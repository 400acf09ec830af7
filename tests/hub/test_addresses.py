"""Network addresses of callers: how they are read, and who is believed about them."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from hub import addresses
from hub.proxies import TrustedProxiesMiddleware, client_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.7", "203.0.113.7"), (" 203.0.113.7 ", "203.0.113.7"), ("203.0.113.7:4711", "203.0.113.7"),
        ("2001:DB8::7", "2001:db8::7"), ("[2001:db8::7]:443", "2001:db8::7"), ("fe80::1%eth0", "fe80::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"), ("unknown", None), ("", None), ("203.0.113.7, 10.0.0.1", None),
        ("_hidden", None), ("203.0.113.007", None),
    ],
)  # fmt: skip
def test_an_address_is_read_in_all_the_forms_in_which_it_travels(text: str, address: str | None) -> None:
    found = addresses.read(text)
    assert (None if found is None else str(found)) == address


def test_an_ipv6_host_counts_as_its_network_for_it_may_take_any_address_in_it() -> None:
    assert addresses.place("2001:db8:1:2:aaaa::1") == addresses.place("2001:db8:1:2:bbbb::2") == "2001:db8:1:2::/64"
    assert addresses.place("203.0.113.7") == "203.0.113.7" == addresses.place("::ffff:203.0.113.7")
    assert addresses.place("nonsense") == "nonsense"


def within(address: str, text: str) -> bool:
    return addresses.is_within(address, addresses.networks(text))


def test_a_list_of_networks_takes_commas_and_lines_and_both_kinds_of_addresses() -> None:
    listed = "10.0.0.0/8, 192.168.1.7\n2001:db8::/32; ::ffff:172.16.0.0/108"
    for inside in ("10.1.2.3", "192.168.1.7", "2001:db8:ffff::1", "::ffff:10.9.9.9", "172.16.5.5"):
        assert within(inside, listed), inside
    for outside in ("11.0.0.1", "192.168.1.8", "2001:db9::1", "", "unknown", "172.32.0.1"):
        assert not within(outside, listed), outside
    assert not within("10.0.0.1", "")


def test_an_ipv6_address_that_hides_a_private_one_is_not_taken_for_it() -> None:
    assert not within("2002:0a00:0001::1", "10.0.0.0/8")
    assert not within("64:ff9b::a00:1", "10.0.0.0/8")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("10.0.0.5/8", "write 10.0.0.0/8 for all of it, or 10.0.0.5"),
        ("shop.example.com", "“shop.example.com” is no network"),
        ("10.0.0.0/33", "is no network"),
        ("10.0.0.*", "is no network"),
    ],
)
def test_a_wrong_network_is_told_with_what_to_write(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told.replace("(", r"\(").replace("*", r"\*")):
        addresses.networks(f"192.168.0.0/16, {text}")


def address_of(settings: Settings, peer: str, forwarded: str | None, *trusted: str) -> str:
    """What the hub takes for the caller's address."""
    settings.HUB_TRUSTED_PROXIES = list(trusted)
    found: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        found.append(client_address(request))
        return HttpResponse()

    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    TrustedProxiesMiddleware(view)(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer))
    return found[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("203.0.113.7", None, [], "203.0.113.7"),
        ("203.0.113.7", "10.0.0.1", [], "203.0.113.7"),
        ("203.0.113.7", "10.0.0.1", ["10.0.0.0/8"], "203.0.113.7"),
        ("10.0.0.2", "203.0.113.7", ["10.0.0.0/8"], "203.0.113.7"),
        ("10.0.0.2", "192.168.0.1, 203.0.113.7", ["10.0.0.0/8"], "203.0.113.7"),
        ("10.0.0.2", "198.51.100.1, 203.0.113.7, 10.0.0.9", ["10.0.0.0/8"], "203.0.113.7"),
        ("10.0.0.2", "10.0.0.77, 10.0.0.9", ["10.0.0.0/8"], "10.0.0.77"),
        ("10.0.0.2", "203.0.113.7, unknown", ["10.0.0.0/8"], "10.0.0.2"),
        ("10.0.0.2", "", ["10.0.0.0/8"], "10.0.0.2"),
        ("::ffff:10.0.0.2", "::ffff:203.0.113.7", ["10.0.0.0/8"], "203.0.113.7"),
        ("fd00::2", "[2001:db8::7]:5000", ["fd00::/8"], "2001:db8::7"),
        ("::ffff:203.0.113.7", None, [], "203.0.113.7"),
        ("", None, ["10.0.0.0/8"], ""),
    ],
)
def test_only_a_trusted_proxy_is_believed_about_the_callers_address(
    settings: Settings, peer: str, forwarded: str | None, trusted: list[str], address: str
) -> None:
    assert address_of(settings, peer, forwarded, *trusted) == address
