"""Answers of a real Odoo that are lost on their way: what it did is told all the same."""

from __future__ import annotations

import http.client
import socket
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from rest_framework.test import APIClient

from hub.flow.batching import AT_ONCE
from hub.odoo.connection import Odoo, Operation
from syncconfig import jobwork
from syncconfig.models import ApiJob, OdooConnection
from tests import real_odoo
from tests.conftest import Make
from tests.contract.conftest import TRANSPORTS
from tests.hub.wire import Server, serving
from tests.syncconfig.test_api_jobs import accepted, result

pytestmark = pytest.mark.django_db
WRITES = ["POST", "PUT", "PATCH", "DELETE"]
MODEL = "res.partner"


@dataclass
class Between:
    """Passes calls on to the real Odoo; of those that write, the answers after the first ``passing`` are lost."""

    passing: int = 1_000
    server: Server | None = None

    def behave(self, server: Server, wire: socket.socket) -> None:
        while request := server.read(wire):
            head, _, body = request.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            place = urlsplit(real_odoo.place()["url"])
            upstream = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=60)
            headers = dict(line.split(": ", 1) for line in lines)
            upstream.request(first.split(" ")[0], first.split(" ")[1], body, headers)
            answer = upstream.getresponse()
            content = answer.read()
            upstream.close()
            if b'"hub_operations"' in body or b'"create"' in body or first.split(" ")[1].endswith("/create"):
                self.passing -= 1
                if self.passing < 0:
                    return  # without a word
            kept = [f"{name}: {value}" for name, value in answer.getheaders() if name.lower() != "transfer-encoding"]
            kept = [line for line in kept if not line.lower().startswith(("content-length", "connection"))]
            told = "\r\n".join([f"HTTP/1.1 {answer.status} {answer.reason}", *kept, f"Content-Length: {len(content)}"])
            wire.sendall(told.encode() + b"\r\n\r\n" + content)


@pytest.fixture
def between() -> Iterator[Between]:
    """What stands before the real Odoo."""
    found = Between()
    with serving(found.behave) as found.server:
        yield found


@pytest.fixture(params=TRANSPORTS[1:])
def connection(request: pytest.FixtureRequest, db: None, between: Between) -> OdooConnection:
    """A connection to the real Odoo on which answers may be lost."""
    place = real_odoo.place()
    columns = {name: place[name] for name in ("database", "login", "api_key")}
    assert between.server is not None
    return OdooConnection.objects.create(
        code="lossy", name="Lossy", transport=request.param, url=between.server.url.rstrip("/"), **columns
    )


@pytest.fixture
def mark(make: Make, odoo: Odoo) -> Iterator[str]:
    """A reference that no other record has; those that get it are removed."""
    make("lossy-in", [("name", "name"), ("ref", "code")], request_type="in", methods=WRITES)
    found = f"HUB{uuid.uuid4().hex[:10]}"
    yield found
    odoo.unlink(MODEL, odoo.search(MODEL, [("ref", "=", found)]))


@pytest.mark.parametrize("later", [False, True])
def test_a_committed_transaction_is_told_as_done(
    api: APIClient, between: Between, odoo: Odoo, mark: str, later: bool
) -> None:
    (gone,) = odoo.create(MODEL, [{"name": "Gone", "ref": mark}])
    operations = [
        {"method": "create", "data": {"name": "Made", "code": mark}},
        {"method": "delete", "id": gone},
    ]
    body = {"operations": operations, "options": {"transaction": True}}
    url, headers = f"/api/sync/v1/{MODEL}/batch", {"Idempotency-Key": mark}
    between.passing = 0
    if later:
        address = accepted(api.post(url, body, format="json", headers={**headers, "Prefer": "respond-async"}))
        jobwork.work()
        assert result(api, address)["status"] == "queued"
    else:
        assert api.post(url, body, format="json", headers=headers).status_code == 503
    between.passing = 1_000
    if later:
        ApiJob.objects.update(due_at=ApiJob.objects.get().created_at)
        jobwork.work()
        told = result(api, address)["answer"]
        status, content = told["status"], told["body"]
    else:
        answer = api.post(url, body, format="json", headers=headers)
        status, content = answer.status_code, answer.json()
    assert status == 200, content
    assert [one["id"] for one in content["results"]] == [*odoo.search(MODEL, [("ref", "=", mark)]), gone]


def test_what_was_done_before_odoo_went_away_is_told(api: APIClient, between: Between, odoo: Odoo, mark: str) -> None:
    many = [{"method": "create", "data": {"name": f"{mark} {number}", "code": mark}} for number in range(AT_ONCE + 50)]
    body = {"operations": many, "options": {"continue_on_error": True}}
    between.passing = 1
    answer = api.post(f"/api/sync/v1/{MODEL}/batch", body, format="json")
    assert answer.status_code == 207, answer.content
    assert answer.json()["summary"] == {"succeeded": AT_ONCE, "failed": 50, "not_attempted": 0}
    made = {one["id"] for one in answer.json()["results"] if one["success"]}
    assert made <= set(odoo.search(MODEL, [("ref", "=", mark)]))


def test_a_job_goes_on_with_what_was_left(api: APIClient, between: Between, odoo: Odoo, mark: str) -> None:
    many = [{"method": "create", "data": {"name": f"{mark} {number}", "code": mark}} for number in range(AT_ONCE + 5)]
    body = {"operations": many, "options": {"continue_on_error": True}}
    odoo.batch([Operation("create", MODEL, values={"name": mark, "ref": mark})])  # the server action is there
    between.passing = 1
    later = {"Prefer": "respond-async"}
    address = accepted(api.post(f"/api/sync/v1/{MODEL}/batch", body, format="json", headers=later))
    jobwork.work()
    told = result(api, address)
    assert (told["status"], told["progress"]) == ("queued", {"done": AT_ONCE, "total": AT_ONCE + 5})
    assert "Odoo" in told["error"]
    between.passing = 1_000
    ApiJob.objects.update(due_at=ApiJob.objects.get().created_at)
    jobwork.work()
    told = result(api, address)
    assert (told["status"], told["answer"]["status"]) == ("done", 200)
    ids = [one["id"] for one in told["answer"]["body"]["results"]]
    assert sorted(ids) == sorted(odoo.search(MODEL, [("ref", "=", mark), ("name", "!=", mark)]))
