"""One origin that is allowed opens one host and one port, and nothing beside them."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from hub.http.client import Client
from hub.http.failures import EgressRefused
from hub.http.guard import EgressPolicy, origin
from hub.http.message import Request
from syncconfig.validators import egress_policy

OWN = EgressPolicy(allowed_origins=frozenset({origin("http://127.0.0.1:8000")}))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000/demo/receiver/x", "http://127.1:8000/x", "http://0x7f000001:8000/x"]
)
def test_the_origin_can_be_called_however_it_is_spelled(url: str) -> None:
    assert OWN.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8001/x",
        "http://127.0.0.1/x",
        "https://127.0.0.1/x",
        "http://127.0.0.2:8000/x",
        "http://localhost:8000/x",
        "http://[::1]:8000/x",
        "http://[::ffff:127.0.0.1]:8000/x",
    ],
)
def test_everything_beside_it_is_refused(url: str) -> None:
    with pytest.raises(EgressRefused):
        OWN.check_url(url)


def test_a_name_that_leads_to_the_origins_address_is_refused() -> None:
    def resolve(host: str, port: int, *_: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    policy = EgressPolicy(allowed_origins=OWN.allowed_origins, resolve=resolve)
    with pytest.raises(EgressRefused):
        policy.addresses("evil.example", 8000)
    assert policy.addresses("127.0.0.1", 8000)


def test_the_client_connects_to_the_origin_and_to_no_other_port(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/x").respond_with_data("")
    url = httpserver.url_for("/x").replace("localhost", "127.0.0.1")
    client = Client(EgressPolicy(allowed_origins=frozenset({origin(url)})))
    assert client.send(Request("GET", url)).status == 200
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(EgressRefused):
        client.send(Request("GET", f"http://127.0.0.1:{server.getsockname()[1]}/x"))


def test_the_demo_opens_the_hubs_own_address_and_port_and_nothing_else(settings: Settings) -> None:
    settings.HUB_ALLOWED_NETWORKS = []
    policy = egress_policy()
    assert policy.check_url(f"http://127.0.0.1:{settings.HUB_PORT}/demo/receiver/customers")
    with pytest.raises(EgressRefused):
        policy.check_url(f"http://127.0.0.1:{settings.HUB_PORT + 1}/demo/receiver/customers")
    settings.HUB_ALLOWED_ORIGINS = []
    with pytest.raises(EgressRefused):
        egress_policy().check_url(f"http://127.0.0.1:{settings.HUB_PORT}/demo/receiver/customers")
