"""Incidents are told once when they begin and once when they are over; who does not take a notice stops nothing."""

from __future__ import annotations

import base64
import email
import email.policy
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from hub import env
from hub.http.client import Client
from hub.moments import short
from hub.odoo.connect import close_all
from hub.odoo.connection import Odoo
from syncconfig import endpoints, findings, incidents, notices, outbox, tasks
from syncconfig.models import Configuration, Delivery, Incident, Notice, OdooConnection, Run
from syncconfig.validators import egress_policy
from tests.acceptance.running import free_port

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
MINUTE = timedelta(minutes=1)


class Mailbox:
    """What a mail server took; ``refusal`` is what it says instead of taking."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[list[str]] = []
        self.refusal = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """aiosmtpd's hook for a message that came."""
        if self.refusal:
            return self.refusal
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        self.to.append(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    """A mail server on loopback, which the hub is told of as by HUB_EMAIL_URL."""
    box = Mailbox()
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    settings.HUB_EMAIL_URL = f"smtp://127.0.0.1:{port}"
    for name, value in env.email(settings.HUB_EMAIL_URL).items():
        setattr(settings, name, value)
    settings.HUB_NOTICE_TO = ["ops@example.com"]
    yield box
    controller.stop()


class Hook:
    """A webhook's end: what it was sent, and what it answers."""

    def __init__(self, server: HTTPServer) -> None:
        self.status = 204
        self.requests: list[Request] = []
        server.expect_request("/alerts").respond_with_handler(self._answer)

    def _answer(self, request: Request) -> Response:
        request.get_data()
        self.requests.append(request)
        return Response(status=self.status)

    def bodies(self) -> list[Any]:
        """What came, read."""
        return [json.loads(one.get_data()) for one in self.requests]


@pytest.fixture
def hook(httpserver: HTTPServer, settings: Settings) -> Hook:
    """A webhook on loopback, which the hub is told of as by HUB_NOTICE_URL."""
    settings.HUB_NOTICE_URL, settings.HUB_NOTICE_SECRET = httpserver.url_for("/alerts"), SECRET
    return Hook(httpserver)


def minutes(count: int, start: datetime | None = None) -> datetime:
    """Let so many looks pass, one a minute, and send what is owed; the moment after."""
    now = start or timezone.now()
    for _ in range(count):
        incidents.check(now)
        notices.send_due(lambda: Client(egress_policy()), now)
        now += MINUTE
    return now


def give_up(configuration: Configuration, count: int) -> None:
    for number in range(count):
        Delivery.objects.create(
            configuration=configuration, event="manual", model="res.partner", record_ids=[number + 1],
            record_id=number + 1, state=Delivery.State.DEAD, finished_at=timezone.now(), last_error="It answered 422.",
        )  # fmt: skip


def test_a_hundred_deliveries_that_were_given_up_are_one_notice_and_one_more_when_it_is_over(
    customers_out: Configuration, mailbox: Mailbox, settings: Settings
) -> None:
    settings.HUB = {**settings.HUB, "HUB_PUBLIC_URL": "https://hub.example.com"}
    give_up(customers_out, 100)
    now = minutes(5)
    [mail] = mailbox.mails
    assert mailbox.to == [["ops@example.com"]]
    assert mail["Subject"] == "[Sync Hub] Deliveries given up: customers-out"
    text = mail.get_content()
    assert "100 deliveries were given up. The last one: It answered 422." in text
    assert "Since:" in text
    assert "Send again" in text
    page = f"state__exact=dead&configuration__id__exact={customers_out.pk}"
    assert f"https://hub.example.com/admin/syncconfig/delivery/?{page}" in text
    give_up(customers_out, 3)
    now = minutes(2, now)
    assert len(mailbox.mails) == 1
    assert Incident.objects.get().count == 103
    outbox.replay(Delivery.objects.all())
    minutes(3, now)
    assert [one["Subject"] for one in mailbox.mails[1:]] == ["[Sync Hub] Over: Deliveries given up: customers-out"]
    assert "Nothing is to be done any more" in mailbox.mails[1].get_content()


def test_what_passes_within_a_minute_wakes_nobody(customers_out: Configuration, mailbox: Mailbox) -> None:
    give_up(customers_out, 1)
    now = minutes(1)
    outbox.replay(Delivery.objects.all())
    minutes(3, now)
    assert mailbox.mails == []
    assert not Incident.objects.exists()


def test_the_webhook_is_sent_the_same_signed_as_standard_webhooks_are(customers_out: Configuration, hook: Hook) -> None:
    give_up(customers_out, 2)
    now = minutes(3)
    [request] = hook.requests
    [body] = hook.bodies()
    assert body["type"] == "incident.began"
    assert {name: body["data"][name] for name in ("kind", "name", "count", "over")} == {
        "kind": "given_up", "name": "customers-out", "count": 2, "over": None,
    }  # fmt: skip
    signature = request.headers["webhook-signature"].removeprefix("v1,")
    content = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.get_data()
    expected = hmac.new(b"0123456789abcdef01234567", content, hashlib.sha256).digest()
    assert base64.b64decode(signature) == expected
    Delivery.objects.all().delete()
    minutes(2, now)
    assert [one["type"] for one in hook.bodies()] == ["incident.began", "incident.over"]
    assert hook.bodies()[1]["data"]["over"]


def test_a_mail_server_that_fails_does_not_stop_the_webhook_and_is_tried_again(
    customers_out: Configuration, mailbox: Mailbox, hook: Hook
) -> None:
    mailbox.refusal = "451 try again later"
    give_up(customers_out, 1)
    now = minutes(3)
    assert len(hook.requests) == 1
    assert mailbox.mails == []
    waiting = Notice.objects.get(way=Notice.Way.MAIL)
    assert "451" in waiting.error
    assert waiting.sent_at is None
    mailbox.refusal = ""
    minutes(5, now)
    assert len(mailbox.mails) == 1
    assert len(hook.requests) == 1


@pytest.mark.parametrize("status", [500, 302, 404])
def test_a_webhook_that_does_not_take_it_is_tried_again_less_and_less_often_and_given_up(
    customers_out: Configuration, hook: Hook, status: int
) -> None:
    hook.status = status
    give_up(customers_out, 1)
    now = minutes(10)
    assert 2 < len(hook.requests) < 6
    for _ in range(40):
        now += timedelta(hours=1)
        notices.send_due(lambda: Client(egress_policy()), now)
    assert len(hook.requests) == notices.MOST_ATTEMPTS
    assert Notice.objects.get().given_up_at is not None


def test_a_mail_server_that_nobody_runs_stops_nothing(customers_out: Configuration, settings: Settings) -> None:
    settings.HUB_EMAIL_URL, settings.HUB_NOTICE_TO = f"smtp://127.0.0.1:{free_port()}", ["ops@example.com"]
    for name, value in env.email(settings.HUB_EMAIL_URL).items():
        setattr(settings, name, value)
    give_up(customers_out, 1)
    minutes(3)
    assert "ConnectionRefusedError" in Notice.objects.get().error


def kinds() -> set[str]:
    return {one.kind for one in findings.look()}


def test_an_endpoint_that_is_left_alone_is_one_and_a_single_failure_is_none(customers_out: Configuration) -> None:
    endpoints.failed(customers_out.pk, "it answered 500.")
    assert kinds() == set()
    for _ in range(endpoints.TOLD):
        endpoints.failed(customers_out.pk, "it answered 500.")
    [found] = findings.look()
    assert found.kind == "endpoint"
    assert "it answered 500." in found.what
    endpoints.answered(customers_out.pk)
    assert kinds() == set()


def test_a_pause_by_410_is_one_and_a_pause_by_hand_is_none(customers_out: Configuration) -> None:
    endpoints.pause(customers_out, "Paused by admin.")
    assert kinds() == set()
    endpoints.resume(customers_out)
    endpoints.pause_by_id(customers_out.pk, "It answered 410 Gone.")
    [found] = findings.look()
    assert found.kind == "paused"
    assert "410" in found.what
    endpoints.resume(customers_out)
    assert kinds() == set()


def test_a_run_that_failed_is_one_until_a_later_one_goes_well(customers_out: Configuration) -> None:
    Run.objects.create(configuration=customers_out, state=Run.State.FAILED, error="The field x is gone.")
    [found] = findings.look()
    assert (found.kind, "The field x is gone." in found.what) == ("run", True)
    Run.objects.create(configuration=customers_out, state=Run.State.DONE)
    assert kinds() == set()


def test_drift_is_one(customers_out: Configuration) -> None:
    Configuration.objects.filter(pk=customers_out.pk).update(drift="full_name: `name` is gone.\nx: y")
    [found] = findings.look()
    assert (found.kind, found.count) == ("drift", 2)


def test_an_odoo_that_is_away_is_one_and_over_when_it_answers(
    customers_out: Configuration, odoo: Odoo, odoo_file: Path, mailbox: Mailbox
) -> None:
    close_all()
    away = odoo_file.with_name("away")
    odoo_file.rename(away)
    odoo_file.mkdir()  # a file that cannot be read, also by root
    now = minutes(3)
    [mail] = mailbox.mails
    assert "Odoo does not answer: Main Odoo" in mail["Subject"]
    odoo_file.rmdir()
    away.rename(odoo_file)
    minutes(2, now)
    assert len(mailbox.mails) == 2


def test_a_key_that_odoo_refuses_is_one(db: None, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/jsonrpc").respond_with_json({"jsonrpc": "2.0", "id": 1, "result": False})
    httpserver.expect_request("/web/webclient/version_info").respond_with_json(
        {
            "jsonrpc": "2.0",
            "id": 1,
            "result": {"server_version": "17.0", "server_version_info": [17, 0, 0, "final", 0, ""]},
        }
    )
    OdooConnection.objects.create(
        code="real", name="Real", url=httpserver.url_for("").rstrip("/"), database="db", login="admin",
        api_key="expired", transport="jsonrpc",
    )  # fmt: skip
    assert kinds() == {"odoo_key"}


def test_processes_that_look_at_the_same_time_agree_on_one_incident(
    customers_out: Configuration, mailbox: Mailbox
) -> None:
    give_up(customers_out, 1)
    now, found = timezone.now(), findings.look()
    for moment in (now, now + timedelta(seconds=1), now + timedelta(seconds=2)):
        incidents.update(found, moment)  # three machines, within one minute
    assert Incident.objects.get().looks == 1
    for moment in (now + MINUTE, now + MINUTE + timedelta(seconds=1)):
        incidents.update(found, moment)
        notices.send_due(lambda: Client(egress_policy()), moment)
    assert len(mailbox.mails) == 1


def test_without_addresses_those_who_may_mend_it_are_told(
    customers_out: Configuration, mailbox: Mailbox, settings: Settings
) -> None:
    settings.HUB_NOTICE_TO = []
    users = get_user_model().objects
    manager = users.create_user("manager", "manager@example.com", "x")
    manager.groups.add(Group.objects.get(name="API Sync Manager"))
    users.create_user("viewer", "viewer@example.com", "x").groups.add(Group.objects.get(name="API Sync Viewer"))
    users.create_superuser("root", "root@example.com", "x")
    users.create_user("gone", "gone@example.com", "x", is_active=False).groups.add(
        Group.objects.get(name="API Sync Manager")
    )
    give_up(customers_out, 1)
    minutes(3)
    assert mailbox.to == [["manager@example.com", "root@example.com"]]


def test_nobody_is_owed_anything_where_no_way_is_set_up(customers_out: Configuration) -> None:
    give_up(customers_out, 1)
    minutes(3)
    assert Incident.objects.count() == 1
    assert not Notice.objects.exists()


def test_the_minutely_look_finds_and_tells(customers_out: Configuration, mailbox: Mailbox) -> None:
    give_up(customers_out, 1)
    tasks.look_after()
    Incident.objects.update(seen_at=timezone.now() - MINUTE)
    tasks.look_after()
    assert len(mailbox.mails) == 1


def test_the_admin_lists_open_and_over(customers_out: Configuration, admin_client: Browser, mailbox: Mailbox) -> None:
    give_up(customers_out, 1)
    now = minutes(3)
    page = admin_client.get("/admin/syncconfig/incident/?state=open").content.decode()
    assert "Deliveries given up" in page
    sent = Notice.objects.get().sent_at
    assert sent is not None
    assert short(sent) in page
    details = admin_client.get(f"/admin/syncconfig/incident/{Incident.objects.get().pk}/change/").content.decode()
    assert "E-mail (began)" in details
    overview = admin_client.get("/admin/").content.decode()
    assert "Open incidents" in overview
    assert "/admin/syncconfig/incident/?state=open" in overview
    Delivery.objects.all().delete()
    minutes(1, now)
    assert "Open incidents" not in admin_client.get("/admin/").content.decode()
    assert "Deliveries given up</a>" not in admin_client.get("/admin/syncconfig/incident/?state=open").content.decode()
    page = admin_client.get("/admin/syncconfig/incident/?state=over").content.decode()
    assert "Deliveries given up" in page
    one = Incident.objects.get()
    assert "Send again" in admin_client.get(f"/admin/syncconfig/incident/{one.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("HUB_EMAIL_URL", "mail.example.com", "smtp\\+tls://"),
        ("HUB_NOTICE_TO", "ops@example.com, nobody", "e-mail address"),
        ("HUB_NOTICE_URL", "alerts.example.com", "https://"),
        ("HUB_NOTICE_SECRET", "topsecret-canary", "whsec_"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, told: str
) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(env.SettingError, match=told) as raised:
        env.read_settings()
    assert "canary" not in str(raised.value)
