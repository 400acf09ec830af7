"""The admin's browser of records says which Odoo it reads, and reads the one that is connected."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from hub.odoo.connect import close_all
from hub.odoo.connection import Odoo
from syncconfig import groups
from syncconfig.models import OdooConnection
from tests.hub.odoo_server import http, odoo
from tests.hub.wire import serving

pytestmark = pytest.mark.django_db
FRONT = "/admin/odoo/"


@pytest.fixture
def page(admin_user: User, client: Client) -> Client:
    """An administrator's browser."""
    client.force_login(admin_user)
    return client


@pytest.fixture
def viewer(client: Client) -> Client:
    """The browser of somebody who may only look."""
    user = User.objects.create_user("viewer", is_staff=True)
    user.groups.add(Group.objects.get(name=groups.VIEWER))
    client.force_login(user)
    return client


def real(code: str, url: str = "http://127.0.0.1:1") -> OdooConnection:
    """A connection to a real Odoo."""
    return OdooConnection.objects.create(
        code=code, name=f"Real {code}", transport="json2", url=url, database="mine", login="x", api_key="canary-key",
        connect_timeout=1,
    )  # fmt: skip


def text(browser: Client, url: str = FRONT, status: int = 200) -> str:
    """What a page says."""
    answer = browser.get(url)
    assert answer.status_code == status, answer.content
    return answer.content.decode()


def test_it_says_that_it_reads_the_embedded_odoo(page: Client, connection: OdooConnection) -> None:
    shown = text(page)
    assert "You see <b>Main Odoo</b>: the embedded Odoo, in the hub itself." in shown
    assert "res.partner" in shown


def test_with_a_real_odoo_it_reads_that_one_and_never_the_embedded(page: Client, db: None, settings: Settings) -> None:
    real("a")
    shown = text(page, status=503)
    assert "You see <b>Real a</b>: http://127.0.0.1:1, database mine." in shown
    assert "127.0.0.1:1 refused the connection. Is Odoo running there?" in shown
    assert "canary" not in shown
    close_all()


def test_the_demos_connection_follows_the_environment_here_too(page: Client, db: None, settings: Settings) -> None:
    OdooConnection.objects.create(code="demo-odoo", name="Demo Odoo", from_environment=True)
    real("a")
    settings.HUB_ODOO = {**settings.HUB_ODOO, "url": "http://127.0.0.1:1", "database": "theirs", "login": "x",
                         "api_key": "x"}  # fmt: skip
    assert "You see <b>Demo Odoo</b>: http://127.0.0.1:1, database theirs." in text(page, status=503)
    close_all()


def test_another_connection_is_chosen_and_stays_chosen(page: Client, connection: OdooConnection, odoo: Odoo) -> None:
    real("a")
    connection.name, connection.code = "Zoo", "zoo"
    connection.save()
    shown = text(page, status=503)
    assert '<a class="hub-link" href="/admin/odoo/?connection=zoo">Zoo</a>' in shown
    odoo.create("res.partner", [{"name": f"Ada {number}"} for number in range(60)])
    assert "/admin/odoo/res.partner/?connection=zoo" in text(page, f"{FRONT}?connection=zoo")
    records = text(page, f"{FRONT}res.partner/?connection=zoo&q=Ada")
    assert '<input type="hidden" name="connection" value="zoo">' in records
    assert 'href="?connection=zoo&amp;q=Ada&amp;page=2"' in records
    (one,) = odoo.search("res.partner", [("name", "=", "Ada 1")])
    assert f"/admin/odoo/res.partner/{one}/?connection=zoo" in text(page, f"{FRONT}res.partner/?connection=zoo&q=Ada 1")
    assert "/admin/odoo/res.country/" in text(page, f"{FRONT}res.partner/1/?connection=zoo")
    close_all()


@pytest.mark.parametrize("path", ["", "res.partner/", "res.partner/1/"])
def test_a_connection_that_does_not_exist_is_a_404(page: Client, connection: OdooConnection, path: str) -> None:
    assert page.get(f"{FRONT}{path}?connection=nothing").status_code == 404


def test_without_any_connection_it_says_what_to_do(page: Client, db: None) -> None:
    assert "No Odoo is connected. Add one under Odoo connections" in text(page, status=403)


@pytest.mark.parametrize("path", ["", "res.partner/", "res.partner/1/", "?connection=a", "res.partner/?connection=a"])
def test_who_may_only_look_sees_no_real_odoo_through_the_hubs_eyes(viewer: Client, db: None, path: str) -> None:
    with serving(odoo_that_tells_all()) as server:
        real("a", server.url)
        shown = text(viewer, f"{FRONT}{path}", status=403)
    assert "shown to people who may change configurations" in shown
    assert "Secret Customer" not in shown
    close_all()


def odoo_that_tells_all() -> Any:
    """A server that answers every question with the same record."""
    return odoo(http('[{"id": 1, "name": "Secret Customer"}]'))


def test_who_may_only_look_sees_the_embedded_one_beside_it(viewer: Client, connection: OdooConnection) -> None:
    real("a")
    shown = text(viewer)
    assert "You see <b>Main Odoo</b>" in shown
    assert "Real a" not in shown


def test_the_machinery_of_a_real_odoo_is_not_shown(page: Client, db: None) -> None:
    real("a")
    for model in ("ir.config_parameter", "ir.mail_server", "res.users.apikeys", "fetchmail.server"):
        answer = page.get(reverse("admin:odoo_browser_records", args=[model]))
        assert answer.status_code == 404
        assert "not shown here" in answer.content.decode()
    close_all()
