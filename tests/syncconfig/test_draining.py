"""A worker that is to end, or was slow: what it knows is written down, what is another one's is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer

from apilog.models import ApiLog
from hub import stopping
from hub.env import new_encryption_key
from hub.http.client import Client
from hub.http.message import KEEP, Request, Response
from hub.odoo.connection import Odoo
from syncconfig import drain, outbox, runs
from syncconfig.models import Configuration, Delivery
from syncconfig.validators import egress_policy

pytestmark = pytest.mark.django_db
LOST, NEW = new_encryption_key(), new_encryption_key()


def partner(odoo: Odoo) -> int:
    """A contact in Odoo."""
    (record_id,) = odoo.create("res.partner", [{"name": "Ada", "email": "ada@example.com"}])
    return record_id


@pytest.fixture
def stopping_is_forgotten() -> Iterator[None]:
    """Else everything that follows in this process would end at once."""
    yield
    stopping.forget()


def test_what_came_while_the_process_is_to_end_is_written_down(
    customers_out: Configuration, odoo: Odoo, stopping_is_forgotten: None
) -> None:
    class Stopping:
        """Is told to stop while it sends."""

        def send(self, request: Request, *, keep: int = KEEP) -> Response:
            """Answer all the same."""
            stopping.ask()
            return Response(201)

    runs.send_now(customers_out, [partner(odoo) for _ in range(4)])
    drain.drain(Stopping(), threads=1)
    found = Delivery.objects.order_by("id").values_list("state", "attempts", "claim_id")
    assert list(found) == [("done", 1, None), *[("pending", 0, None)] * 3]
    assert list(ApiLog.objects.values_list("state", flat=True)) == ["ok"]


def test_what_was_lost_to_another_worker_is_not_sent(
    customers_out: Configuration, odoo: Odoo, httpserver: HTTPServer
) -> None:
    sender = Client(egress_policy())
    runs.send_now(customers_out, [partner(odoo)])
    long_ago = timezone.now() - outbox.LEASE - timedelta(seconds=1)
    Delivery.objects.update(due_at=long_ago)
    (mine,) = outbox.claim(1, now=long_ago)
    (theirs,) = outbox.claim(1)
    drain.send([mine], sender)
    assert (httpserver.log, ApiLog.objects.count()) == ([], 0)
    httpserver.expect_request("/customers").respond_with_json({})
    drain.send([theirs], sender)
    assert (len(httpserver.log), Delivery.objects.get().state) == (1, "done")


def test_a_message_that_no_key_opens_waits_and_stops_no_other(
    customers_out: Configuration, odoo: Odoo, httpserver: HTTPServer, settings: Settings
) -> None:
    httpserver.expect_request("/customers").respond_with_json({})
    settings.HUB_ENCRYPTION_KEYS = [LOST]
    runs.send_now(customers_out, [partner(odoo), partner(odoo)])
    first = Delivery.objects.order_by("id")[0]
    first.unwritten = '{"1": {"ref": "x"}}'
    first.save()
    settings.HUB_ENCRYPTION_KEYS = [NEW]
    customers_out.headers.all().delete()
    drain.drain(Client(egress_policy()), threads=1)
    found = Delivery.objects.order_by("id").values_list("state", "attempts", "last_error")
    (state, attempts, error), other = found
    assert (state, attempts) == ("pending", 0)
    assert "none of the keys in HUB_ENCRYPTION_KEYS fits" in error
    assert other == ("done", 1, "")
    settings.HUB_ENCRYPTION_KEYS = [NEW, LOST]
    assert outbox.owed(Delivery.objects.get(pk=first.pk)) == {1: {"ref": "x"}}
