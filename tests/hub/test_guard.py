"""The egress guard: what a URL may say, and what is really connected to."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import HubError
from hub.http.client import Client
from hub.http.failures import EgressRefused, HttpFailure, InvalidRequest, NameNotResolved
from hub.http.fake import FakeClient
from hub.http.guard import EgressPolicy
from hub.http.message import Request
from hub.http.networks import forbidden, nobodys_service
from tests.hub.wire import LOOPBACK, OK, answering, serving

FORBIDDEN = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "169.254.1.1", "100.64.0.1", "100.100.100.200", "168.63.129.16", "224.0.0.1", "239.1.1.1"),
    *("240.0.0.1", "255.255.255.255", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9"),
    *("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1"),
    *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001::1", "4000::1"),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2002:808:808::1"]
PUBLIC += ["64:ff9b::808:808", "::ffff:8.8.8.8"]

SPELLINGS = [
    *(
        "2130706433",
        "0x7f000001",
        "0X7F.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "127.0.1",
        "0",
        "0x0",
        "00.0.0.0",
    ),
    *("127.0.0.1.", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "10.1", "3232235777"),
    *(
        "１２７.0.0.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "127．0．0．1",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "localhost",
        "LOCALHOST.",
        "a.localhost",
    ),
    *("[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:7f00:1]", "[::ffff:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]"),
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_public_is_forbidden(address: str) -> None:
    assert forbidden(ip_address(address))


@pytest.mark.parametrize("address", [*PUBLIC, "10.0.0.1", "127.0.0.1", "192.168.1.1", "172.16.0.1", "::1", "fc00::1"])
def test_an_odoo_may_be_at_public_private_and_local_addresses(address: str) -> None:
    assert nobodys_service(ip_address(address)) is None


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not(address: str) -> None:
    assert forbidden(ip_address(address)) is None


@given(st.ip_addresses())
def test_no_address_is_allowed_that_python_calls_private_or_special(address: Any) -> None:
    if forbidden(address) is None and not (address.version == 6 and (address.ipv4_mapped or address.sixtofour)):
        kinds = ("private", "loopback", "link_local", "multicast", "unspecified")
        assert not [kind for kind in kinds if getattr(address, f"is_{kind}")]


@pytest.mark.parametrize("host", SPELLINGS)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_odd_spellings_of_forbidden_addresses_are_refused(scheme: str, host: str) -> None:
    with pytest.raises(EgressRefused, match="HUB_ALLOWED_NETWORKS"):
        EgressPolicy().check_url(f"{scheme}://{host}:8080/x")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "javascript:alert(1)",
        "//example.com/",
        "example.com",
        "",
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://@example.com/",
        "https://example.com:25/",
        "https://example.com:22/",
    ],
)
def test_other_schemes_user_names_and_ports_are_refused(url: str) -> None:
    with pytest.raises(EgressRefused) as failure:
        EgressPolicy().check_url(url)
    assert not failure.value.retryable
    assert failure.value.details["field"] == "url"


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https:///path",
        "https://exa mple.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/\r\nX: y",
        "https://example.com/\x00",
        "\thttps://example.com/",
        "https://example.com:0/",
        "https://example.com:65536/",
        "https://example.com:abc/",
        "https://256.1.1.1/",
        "https://1.2.3.4.5/",
        "https://0x/",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
        "https://[1.2.3.4]/",
        "https://exa%6dple.com/",
        "https://a..b/",
        "https://" + "a" * 64 + ".com/",
        "https://" + "a." * 130 + "com/",
        "https://xn--\u2260.com/",
        "https://example.com/" + "a" * 5000,
        "https://-a.com/",
    ],
)
def test_what_is_no_proper_url_is_refused(url: str) -> None:
    with pytest.raises((InvalidRequest, EgressRefused)):
        EgressPolicy().check_url(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://example.com", "example.com"),
        ("HTTPS://Example.COM:8443/a?b=c@d#e", "example.com"),
        ("http://a-b.c_d.example/", "a-b.c_d.example"),
        ("https://münchen.de/", "xn--mnchen-3ya.de"),
        ("https://8.8.8.8/", "8.8.8.8"),
        ("https://[2606:4700::1111]:443/", "[2606:4700::1111]"),
        ("https://example.com./", "example.com."),
        ("https://localhost.example.com/", "localhost.example.com"),
    ],
)
def test_a_public_url_passes(url: str, host: str) -> None:
    assert EgressPolicy().check_url(url) == host


@given(st.text())
def test_any_text_is_a_host_or_a_named_refusal(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        try:
            assert EgressPolicy().check_url(url)
        except HubError:
            pass  # anything else would be a fault


def test_plain_http_can_be_switched_off() -> None:
    with pytest.raises(EgressRefused, match="https://"):
        EgressPolicy(allow_http=False).check_url("http://example.com/")


def test_an_allowed_network_opens_its_addresses_alone() -> None:
    policy = EgressPolicy((ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16")))
    for host in ("127.0.0.1", "127.1", "10.1.2.3", "localhost", "[::ffff:127.0.0.1]"):
        policy.check_url(f"http://{host}/")
    for host in ("10.2.0.1", "192.168.0.1", "[::1]", "169.254.169.254"):
        with pytest.raises(EgressRefused):
            policy.check_url(f"http://{host}/")


Answer = list[tuple[Any, ...]]


def names(**table: list[str]) -> Any:
    """A resolver that knows those names: ``a_b`` stands for ``a.b``."""

    def resolve(host: str, port: int, *_: Any) -> Answer:
        try:
            found = table[host.replace(".", "_")]
        except KeyError:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [(families[ip_address(a).version], 1, 6, "", (a, port)) for a in found]

    return resolve


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_a_name_that_resolves_to_a_forbidden_address_is_refused(address: str) -> None:
    policy = EgressPolicy(resolve=names(evil_example=[address]))
    policy.check_url("https://evil.example/")  # nothing to see without a look-up
    with pytest.raises(EgressRefused, match="evil.example"):
        policy.addresses("evil.example", 443)


def test_one_forbidden_address_among_several_refuses_the_name() -> None:
    policy = EgressPolicy(resolve=names(evil_example=["8.8.8.8", "10.0.0.1"]))
    with pytest.raises(EgressRefused, match="10.0.0.1"):
        policy.addresses("evil.example", 443)


def test_an_unknown_name_is_said_to_be_one() -> None:
    with pytest.raises(NameNotResolved, match="Could not resolve crm.example. Check the host name") as failure:
        Client(EgressPolicy(resolve=names())).send(Request("GET", "https://crm.example/"))
    assert failure.value.retryable
    assert not failure.value.sent


def test_a_resolver_that_hangs_holds_no_attempt() -> None:
    over = threading.Event()

    def resolve(*_: Any) -> Answer:
        over.wait()
        return []

    request = Request("GET", "https://slow.example/", connect_timeout=0.2)
    try:
        with pytest.raises(NameNotResolved, match="within 0.2 seconds"):
            Client(EgressPolicy(resolve=resolve)).send(request)
    finally:
        over.set()


_connected: list[Any] = []
_watched = threading.local()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and getattr(_watched, "on", False):
        _connected.append(arguments[1])


@contextmanager
def observed_connects() -> Iterator[list[Any]]:
    """The addresses that this thread's sockets connect to, as the interpreter itself reports them."""
    if not getattr(_watch, "installed", False):
        sys.addaudithook(_watch)
        _watch.installed = True  # type: ignore[attr-defined]
    _connected.clear()
    _watched.on = True
    try:
        yield _connected
    finally:
        _watched.on = False


def test_the_observer_sees_a_connection() -> None:
    with serving(answering(OK)) as server, observed_connects() as connected:
        Client(LOOPBACK).send(Request("GET", server.url))
        assert connected == [("127.0.0.1", server.port)]


@pytest.mark.parametrize("host", [*SPELLINGS, *(f"[{a}]" if ":" in a else a for a in FORBIDDEN), "evil.example"])
def test_no_forbidden_connection_is_ever_made(host: str) -> None:
    with serving(answering(OK)) as server, observed_connects() as connected:
        client = Client(EgressPolicy(resolve=names(evil_example=["127.0.0.1"])))
        with pytest.raises(HttpFailure):
            client.send(Request("GET", f"http://{host}:{server.port}/", connect_timeout=1))
        assert connected == []
    assert server.connections == 0


def test_a_name_that_changes_between_check_and_connect_gains_nothing() -> None:
    answers = [["8.8.8.8"], ["127.0.0.1"]]

    def resolve(host: str, port: int, *_: Any) -> Answer:
        return [(socket.AF_INET, 1, 6, "", (answers.pop(0)[0], port))]

    policy = EgressPolicy(resolve=resolve)
    assert policy.addresses("rebind.example", 80)
    with serving(answering(OK)) as server, observed_connects() as connected:
        with pytest.raises(EgressRefused):
            Client(policy).send(Request("GET", f"http://rebind.example:{server.port}/"))
        assert connected == []
    assert answers == []  # looked up once for the connection, and that answer was the one that counted


def test_each_new_connection_is_checked_again() -> None:
    answers = ["127.0.0.1", "10.0.0.1"]

    def resolve(host: str, port: int, *_: Any) -> Answer:
        return [(socket.AF_INET, 1, 6, "", (answers.pop(0), port))]

    client = Client(EgressPolicy((ip_network("127.0.0.0/8"),), resolve=resolve))
    with serving(answering(OK)) as server:
        request = Request("GET", f"http://moving.example:{server.port}/")
        assert client.send(request).status == 200
        assert client.send(request).status == 200  # on the same connection
        client.close()
        with pytest.raises(EgressRefused):
            client.send(request)
    assert server.requests[0].count(f"Host: moving.example:{server.port}".encode()) == 1


def test_a_dead_address_leaves_time_for_the_next() -> None:
    with serving(answering(OK)) as server:
        policy = EgressPolicy(LOOPBACK.allowed_networks, resolve=names(two_example=["::1", "127.0.0.1"]))
        assert Client(policy).send(Request("GET", f"http://two.example:{server.port}/")).status == 200


def test_the_fake_refuses_what_the_client_refuses() -> None:
    with pytest.raises(EgressRefused):
        FakeClient().send(Request("GET", "http://127.0.0.1/"))


def test_the_system_resolver_is_asked_by_default() -> None:
    assert EgressPolicy().resolve is socket.getaddrinfo
