"""TLS: whom the client trusts, and that the pinned address changes nothing about the name."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.http.client import Client
from hub.http.failures import BrokenAnswer, HttpFailure, InvalidRequest, TlsFailed
from hub.http.guard import EgressPolicy
from hub.http.message import Request, Tls
from tests.hub.wire import LOOPBACK, OK, answering, dripping, serving


def certificate(folder: Path, name: str, start: int = -1, days: int = 30) -> ssl.SSLContext:
    """A server's context with a self-signed certificate for that name; ``folder/name.pem`` is the certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.now(UTC) + timedelta(days=start)
    names: list[x509.GeneralName] = [x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.9"))]
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / f"{name}.pem").write_bytes(built.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / f"{name}.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


def to_loopback(host: str, port: int, *_: Any) -> list[tuple[Any, ...]]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]


POLICY = EgressPolicy(LOOPBACK.allowed_networks, resolve=to_loopback)


def test_the_certificate_is_checked_against_the_name_while_the_address_is_pinned(tmp_path: Path) -> None:
    context = certificate(tmp_path, "crm.example")
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    with serving(answering(OK), tls=context) as server:
        request = Request("GET", f"https://crm.example:{server.port}/", verify=str(tmp_path / "crm.example.pem"))
        client = Client(POLICY)
        assert [client.send(request).status for _ in range(3)] == [200, 200, 200]
    assert asked == ["crm.example"]
    assert server.connections == 1
    assert f"Host: crm.example:{server.port}".encode() in server.requests[0]


def test_a_self_signed_certificate_is_a_failure_of_its_own_kind(tmp_path: Path) -> None:
    with serving(answering(OK), tls=certificate(tmp_path, "crm.example")) as server:
        with pytest.raises(TlsFailed, match=r"The certificate of crm\.example is not trusted: self-signed") as failure:
            Client(POLICY).send(Request("GET", f"https://crm.example:{server.port}/"))
    assert not failure.value.sent
    assert server.requests == []


def test_an_expired_certificate_is_named_so(tmp_path: Path) -> None:
    with serving(answering(OK), tls=certificate(tmp_path, "crm.example", start=-40)) as server:
        request = Request("GET", f"https://crm.example:{server.port}/", verify=str(tmp_path / "crm.example.pem"))
        with pytest.raises(TlsFailed, match="expired"):
            Client(POLICY).send(request)


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    with serving(answering(OK), tls=certificate(tmp_path, "crm.example")) as server:
        request = Request("GET", f"https://erp.example:{server.port}/", verify=str(tmp_path / "crm.example.pem"))
        with pytest.raises(TlsFailed, match=r"erp\.example"):
            Client(POLICY).send(request)


def test_verification_can_be_switched_off(tmp_path: Path) -> None:
    with serving(answering(OK), tls=certificate(tmp_path, "crm.example")) as server:
        request = Request("GET", f"https://erp.example:{server.port}/", verify=False)
        client = Client(POLICY)
        assert client.send(request).status == 200
        with pytest.raises(TlsFailed):  # and that connection is no way round the check for others
            client.send(Request("GET", request.url))


def test_an_environment_variable_does_not_change_whom_to_trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering(OK), tls=certificate(tmp_path, "crm.example")) as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "crm.example.pem"))
        monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "crm.example.pem"))
        with pytest.raises(TlsFailed):
            Client(POLICY).send(Request("GET", f"https://crm.example:{server.port}/"))


def test_a_missing_file_of_authorities_is_said(tmp_path: Path) -> None:
    request = Request("GET", "https://crm.example/", verify=str(tmp_path / "none.pem"))
    with pytest.raises(InvalidRequest, match="certificate authorities"):
        Client(POLICY).send(request)


def test_plain_http_on_a_tls_address_is_a_tls_failure() -> None:
    def behave(server: Any, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(behave) as server, pytest.raises(TlsFailed, match="Is it an https address"):
        Client(LOOPBACK).send(Request("GET", server.url.replace("http:", "https:")))


def test_a_dripping_handshake_ends_in_time() -> None:
    def behave(server: Any, connection: socket.socket) -> None:
        while not server.released.wait(0.05):
            connection.sendall(b"\x16")

    with serving(behave) as server:
        request = Request("GET", server.url.replace("http:", "https:"), total_timeout=0.6)
        with pytest.raises(Exception, match=r"handshake|encrypted"):
            Client(LOOPBACK).send(request)


def test_a_dripping_body_under_tls_ends_in_time(tmp_path: Path) -> None:
    context = certificate(tmp_path, "crm.example")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    with serving(dripping(head, b"x", every=0.05), tls=context) as server:
        request = Request("GET", server.url, total_timeout=0.6, verify=False)
        with pytest.raises(Exception, match="did not finish its answer"):
            Client(LOOPBACK).send(request)


def pem(folder: Path, name: str) -> str:
    return (folder / name).read_text()


def test_an_authority_of_ones_own_is_trusted_and_no_other(tmp_path: Path) -> None:
    with serving(answering(OK), tls=certificate(tmp_path, "crm.example")) as server:
        url, client = f"https://crm.example:{server.port}/", Client(POLICY)
        trusting = Tls(authorities=pem(tmp_path, "crm.example.pem"))
        assert client.send(Request("GET", url, tls=trusting)).status == 200
        certificate(tmp_path, "other.example")
        with pytest.raises(TlsFailed):
            client.send(Request("GET", url, tls=Tls(authorities=pem(tmp_path, "other.example.pem"))))
        assert client.send(Request("GET", url, tls=Tls(check=False))).status == 200


@pytest.mark.parametrize("broken_by", ["\n", " ", "\r\n", " \n "])
def test_a_client_certificate_shows_who_the_hub_is(tmp_path: Path, broken_by: str) -> None:
    context = certificate(tmp_path, "crm.example")
    certificate(tmp_path, "hub.example")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(tmp_path / "hub.example.pem")
    authority = pem(tmp_path, "crm.example.pem")
    texts = authority, pem(tmp_path, "hub.example.pem"), pem(tmp_path, "hub.example.key")
    own = Tls(*(text.replace("\n", broken_by) for text in texts))
    with serving(answering(OK), tls=context) as server:
        url, client = f"https://crm.example:{server.port}/", Client(POLICY)
        assert client.send(Request("GET", url, tls=own)).status == 200
    assert "PRIVATE" not in repr(own)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", [None, "other.example"])
def test_a_server_that_wants_another_certificate_than_it_is_shown_is_told_so(
    tmp_path: Path, method: str, version: ssl.TLSVersion, name: str | None
) -> None:
    context = certificate(tmp_path, "crm.example")
    for each in ("hub.example", "other.example"):
        certificate(tmp_path, each)
    context.verify_mode, context.maximum_version = ssl.CERT_REQUIRED, version
    context.load_verify_locations(tmp_path / "hub.example.pem")
    shown = (pem(tmp_path, f"{name}.pem"), pem(tmp_path, f"{name}.key")) if name else ("", "")
    with serving(answering(OK), tls=context) as server, pytest.raises(HttpFailure) as failure:
        tls = Tls(pem(tmp_path, "crm.example.pem"), *shown)
        Client(POLICY).send(Request(method, f"https://crm.example:{server.port}/", tls=tls))
    assert "client certificate" in failure.value.message  # with its reason, if the server's word came before its end


def test_a_server_that_says_nothing_after_the_handshake_may_want_a_certificate(tmp_path: Path) -> None:
    context = certificate(tmp_path, "crm.example")
    with serving(lambda _, connection: connection.close(), tls=context) as server:
        request = Request("GET", f"https://crm.example:{server.port}/", tls=Tls(pem(tmp_path, "crm.example.pem")))
        with pytest.raises(BrokenAnswer, match="want a client certificate, and none is set"):
            Client(POLICY).send(request)
    with serving(lambda _, connection: connection.close()) as server, pytest.raises(BrokenAnswer) as failure:
        Client(LOOPBACK).send(Request("GET", server.url))
    assert "certificate" not in failure.value.message


@pytest.mark.parametrize("field", ["authorities", "certificate", "key"])
def test_a_text_that_is_no_pem_is_refused_before_anybody_is_called(tmp_path: Path, field: str) -> None:
    certificate(tmp_path, "hub.example")
    good = {"authorities": "", "certificate": pem(tmp_path, "hub.example.pem"), "key": pem(tmp_path, "hub.example.key")}
    with pytest.raises(InvalidRequest, match="PEM"):
        Client(POLICY).send(Request("GET", "https://crm.example:8443/", tls=Tls(**{**good, field: "garbage"})))
