"""The hub behind its web server: what a client's odd requests do to records, log and others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests

from tests.web.alone import RESOURCE, WebAlone

ARCHIVE = b'{"options": {"archive_instead": true}}'


def in_chunks(body: bytes, size: int = 7) -> bytes:
    """The body as it travels with Transfer-Encoding: chunked."""
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def exists(hub: WebAlone, record_id: int) -> bool:
    """Whether Odoo has the record, archived or not."""
    headers = {"Authorization": f"Bearer {hub.token}"}
    answer = requests.get(f"{hub.url}{RESOURCE}/{record_id}", headers=headers, timeout=60)
    assert answer.status_code in (200, 404)
    return answer.status_code == 200


def test_a_chunked_body_says_that_a_record_is_to_be_archived(hub: WebAlone) -> None:
    record_id = hub.new_record()
    with hub.wire() as wire:
        wire.send(hub.head("DELETE", f"{RESOURCE}/{record_id}", "Transfer-Encoding: chunked") + in_chunks(ARCHIVE))
        assert wire.answer().json["message"] == "Record archived successfully"
    assert exists(hub, record_id)


def test_a_chunked_body_makes_a_record(hub: WebAlone) -> None:
    def parts() -> Iterator[bytes]:
        yield b'{"data": {"name": '
        yield b'"In parts"}}'

    headers = {"Authorization": f"Bearer {hub.token}", "Content-Type": "application/json"}
    answer = requests.post(hub.url + RESOURCE, data=parts(), headers=headers, timeout=60)
    assert answer.status_code == 201
    assert exists(hub, answer.json()["id"])


@pytest.mark.parametrize("leave", ["half", "whole"])
@pytest.mark.parametrize("line", ["Content-Length: 100", "Transfer-Encoding: chunked"])
def test_a_request_that_ends_early_does_nothing(hub: WebAlone, line: str, leave: str) -> None:
    record_id = hub.new_record()
    before = hub.logged("id", "1=1")
    with hub.wire() as wire:
        wire.send(hub.head("DELETE", f"{RESOURCE}/{record_id}", line))
        wire.send(ARCHIVE if line.startswith("Content") else in_chunks(ARCHIVE)[:-5])
        if leave == "half":
            assert wire.end().rest() == b""
    requests.get(f"{hub.url}/healthz", timeout=60)
    assert hub.logged("id", "1=1") == before
    assert exists(hub, record_id)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_client_reads_why_its_large_body_was_refused_and_the_log_has_it(hub: WebAlone, chunked: bool) -> None:
    body = json.dumps({"data": {"name": "x" * 11_000_000}}).encode()
    trace = f"too-large-{chunked}"
    headers = {"Authorization": f"Bearer {hub.token}", "Content-Type": "application/json", "X-Request-ID": trace}
    parts = (body[start : start + 100_000] for start in range(0, len(body), 100_000))
    with requests.Session() as session:
        answer = session.post(hub.url + RESOURCE, data=parts if chunked else body, headers=headers, timeout=60)
        assert answer.status_code == 413
        assert answer.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"
        assert answer.json()["error"]["trace_id"] == trace
        assert "10 MB" in answer.json()["error"]["message"]
        again = session.get(f"{hub.url}/api/sync/v1/", headers=headers, timeout=60)
    assert again.status_code == 200
    assert hub.logged("error_code, client, length(request_body)", f"trace_id = '{trace}' AND method = 'POST'") == [
        ("PAYLOAD_TOO_LARGE", "Demo", 0)
    ]


@pytest.mark.parametrize("method", ["DELETE", "GET", "PUT"])
def test_no_method_acts_when_its_body_was_too_large(hub: WebAlone, method: str) -> None:
    record_id = hub.new_record()
    headers = {"Authorization": f"Bearer {hub.token}"}
    url = f"{hub.url}{RESOURCE}/{record_id}"
    assert requests.request(method, url, data=b" " * 11_000_000, headers=headers, timeout=60).status_code == 413
    assert exists(hub, record_id)


@pytest.mark.parametrize("path", ["/admin/login/", "/demo/receiver/x", "/healthz"])
def test_other_pages_refuse_large_bodies_too(hub: WebAlone, path: str) -> None:
    answer = requests.post(hub.url + path, data=b"a=" + b"x" * 11_000_000, timeout=60)
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == "PAYLOAD_TOO_LARGE"


def test_a_large_body_may_be_allowed(hub: WebAlone) -> None:
    with hub.beside(HUB_MAX_BODY_MB="12") as other:
        body = json.dumps({"data": {"name": "x" * 11_000_000, "no such key": 1}})
        headers = {"Authorization": f"Bearer {hub.token}", "Content-Type": "application/json"}
        answer = requests.post(other.url + RESOURCE, data=body, headers=headers, timeout=60)
        assert answer.json()["error"]["details"]["field"] == "no such key"


def test_a_request_must_arrive_in_the_time_that_is_set(hub: WebAlone) -> None:
    with hub.beside(HUB_REQUEST_SECONDS="0.2") as other, other.wire() as wire:
        wire.send(hub.head("POST", RESOURCE, "Content-Length: 50") + b"{")
        assert wire.answer().status == 408


def test_a_running_request_ends_well_when_the_server_is_told_to_stop(hub: WebAlone) -> None:
    with hub.beside() as other, other.wire() as wire:
        body = b'{"data": {"name": "Late"}}'
        wire.send(hub.head("POST", RESOURCE, f"Content-Length: {len(body)}") + body[:5])
        assert other.process is not None
        other.process.terminate()
        wire.send(body[5:])
        assert wire.answer().status == 201
        assert other.process.wait(60) == 0


def test_slow_strangers_keep_nobody_waiting(hub: WebAlone) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            wire = stack.enter_context(hub.wire())
            wire.send(hub.head("POST", RESOURCE, "Content-Length: 5000000", token=False) + b'{"data"')
        assert requests.get(f"{hub.url}/healthz", timeout=60).status_code == 200
        assert exists(hub, hub.new_record())


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/x", "/api/sync/v2/res.partner", "/api/sync/v1/res.partner/x/y"]
)
def test_an_unknown_address_of_the_api_is_told_in_its_envelope(hub: WebAlone, method: str, path: str) -> None:
    answer = requests.request(method, hub.url + path, data="x" if method != "GET" else None, timeout=60)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json")
    assert answer.json()["error"]["code"] == "NOT_FOUND"
    assert answer.json()["error"]["trace_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/sync/v1/"),
        ("PUT", RESOURCE),
        ("DELETE", RESOURCE),
        ("POST", f"{RESOURCE}/search"),
        ("POST", f"{RESOURCE}/1"),
        ("A-METHOD-WITH-A-NAME-THAT-IS-LONGER-THAN-A-COLUMN", RESOURCE),
    ],
)
def test_a_method_that_an_address_does_not_know_is_told_in_the_envelope(hub: WebAlone, method: str, path: str) -> None:
    headers = {"Authorization": f"Bearer {hub.token}"}
    answer = requests.request(method, hub.url + path, json={}, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")


def test_a_stranger_leaves_ten_rows_without_bodies_and_one_for_the_rest(hub: WebAlone) -> None:
    before = max([0, *(row[0] for row in hub.logged("id", "1=1"))])
    with requests.Session() as session:
        for _ in range(100):
            answer = session.post(f"{hub.url}{RESOURCE}?q=1", data="canary-body" * 1000, timeout=60)
            assert answer.status_code == 401
    rows = hub.logged("address, error_code, request_body, url, error_message", f"id > {before}")
    assert 11 <= len(rows) <= 22, "twice as many when a minute ended meanwhile"
    assert {row[:3] for row in rows} == {("127.0.0.1", "AUTHENTICATION_ERROR", "")}
    assert rows[0][3] == f"{RESOURCE}?q=1"
    assert any("without a valid token came from 127.0.0.1" in row[4] for row in rows)


def test_an_unknown_host_name_is_refused_in_the_envelope(hub: WebAlone) -> None:
    answer = requests.get(f"{hub.url}/api/sync/v1/", headers={"Host": "evil.example.com"}, timeout=60)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


def test_a_probe_without_a_host_name_is_answered(hub: WebAlone) -> None:
    with hub.wire() as wire:
        assert wire.send(b"GET /healthz HTTP/1.0\r\n\r\n").answer().status == 200
