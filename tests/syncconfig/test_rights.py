"""Who may see and do what in the admin: the three groups, and a user who is in none."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from syncconfig import groups, outbox, runs
from syncconfig.models import ApiClient, Configuration, Delivery, OdooConnection, Run
from tests.syncconfig.test_admin import SURE, configuration_form, filled

pytestmark = pytest.mark.django_db
__all__ = ["filled"]
As = Callable[[str], Client]


@pytest.fixture
def browser_of() -> As:
    """The browser of a staff user in the group of that name; of one in no group for an empty name."""

    def make(group: str) -> Client:
        user = User.objects.create_user("person", is_staff=True)
        if group:
            user.groups.add(Group.objects.get(name=group))
        browser = Client()
        browser.force_login(user)
        return browser

    return make


def sidebar(browser: Client) -> set[str]:
    """The titles of the sidebar's links."""
    text = browser.get(reverse("admin:index")).content.decode()
    nav = text[text.index('id="nav-sidebar-apps"') :]
    return {
        found.strip() for found in re.findall(r"<span>([^<]+)</span>", nav[: nav.index("</ol>\n", nav.rindex("<ol"))])
    }


ALL = {
    "Overview", "Odoo connections", "Configurations", "API clients", "Webhooks", "Incidents", "Logs", "Deliveries",
    "Jobs", "Runs", "Failed logins", "Odoo", "API documentation", "Demo receiver",
}  # fmt: skip


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("group", [groups.VIEWER, groups.OPERATOR, groups.MANAGER])
def test_each_group_sees_the_overview_and_the_pages_of_the_hub(browser_of: As, group: str) -> None:
    browser = browser_of(group)
    assert sidebar(browser) == ALL
    text = browser.get(reverse("admin:index")).content.decode()
    assert "customers-out" in text
    assert "Calls that came in" in text


@pytest.mark.usefixtures("filled")
def test_a_user_without_a_group_sees_nothing_and_is_told_whom_to_ask(browser_of: As) -> None:
    browser = browser_of("")
    assert sidebar(browser) == {"Overview"}
    text = browser.get(reverse("admin:index")).content.decode()
    assert "Your user may not see anything yet" in text
    for secret in ("customers-out", "Main Odoo", "Calls that came in", "Latest failures", "res.partner"):
        assert secret not in text


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("right", "seen", "unseen"),
    [
        (
            "view_apilog",
            ["Calls that came in", "Latest failures"],
            ["Main Odoo", "Deliveries waiting", "Is it working?"],
        ),
        ("view_delivery", ["Deliveries waiting"], ["Main Odoo", "Calls that came in", "Is it working?"]),
        ("view_configuration", ["Is it working?"], ["Main Odoo", "Calls that came in", "Deliveries waiting"]),
        ("view_odooconnection", ["Main Odoo"], ["Calls that came in", "Deliveries waiting", "Is it working?"]),
    ],
)
def test_the_overview_shows_what_the_user_may_look_at_and_nothing_else(
    right: str, seen: list[str], unseen: list[str]
) -> None:
    user = User.objects.create_user("person", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename=right))
    browser = Client()
    browser.force_login(user)
    text = browser.get(reverse("admin:index")).content.decode()
    assert all(one in text for one in seen)
    assert not any(one in text for one in unseen)


def test_without_the_demo_its_pages_are_not_offered(browser_of: As, settings: Settings) -> None:
    settings.HUB_DEMO = False
    assert sidebar(browser_of(groups.MANAGER)) == ALL - {"Demo receiver"}


def test_a_forbidden_page_says_whom_to_ask(browser_of: As, customers_out: Configuration) -> None:
    answer = browser_of("").get(reverse("admin:syncconfig_configuration_change", args=[customers_out.pk]))
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "You may not see this page" in text
    assert "<b>person</b>" in text
    assert "Ask an administrator" in text
    assert "csrfmiddlewaretoken" in text, "the form to log out"


def buttons(browser: Client, name: str, pk: int) -> set[str]:
    """The custom buttons of a record's page."""
    text = browser.get(reverse(f"admin:syncconfig_{name}_change", args=[pk])).content.decode()
    titles = ("Run now", "Test connection", "Send again", "New token", "Revoke all tokens")
    return {title for title in titles if re.search(rf">\s*{title}\s*<", text)}


@pytest.fixture
def given_up(customers_out: Configuration) -> Delivery:
    """A delivery that somebody may send again."""
    runs.send_now(customers_out, [1])
    outbox.dead(outbox.claim(1)[0], "refused")
    return Delivery.objects.get()


@pytest.mark.parametrize(
    ("group", "may"), [(groups.VIEWER, False), (groups.OPERATOR, True), (groups.MANAGER, True), ("", False)]
)
def test_running_sending_again_and_testing_are_for_operators_and_managers(
    browser_of: As, customers_out: Configuration, connection: OdooConnection, given_up: Delivery, group: str, may: bool
) -> None:
    browser = browser_of(group)
    if group:
        assert buttons(browser, "configuration", customers_out.pk) == ({"Run now", "Send again"} if may else set())
        assert buttons(browser, "odooconnection", connection.pk) == ({"Test connection"} if may else set())
        assert buttons(browser, "delivery", given_up.pk) == ({"Send again"} if may else set())
    for name, pk in (
        ("configuration_run_now", customers_out.pk),
        ("odooconnection_test_connection", connection.pk),
        ("delivery_send_this_again", given_up.pk),
    ):
        answer = browser.post(reverse(f"admin:syncconfig_{name}", args=[pk]), SURE)
        assert answer.status_code == (302 if may else 403), name
    assert Run.objects.exists() is may
    assert (OdooConnection.objects.get().checked_at is not None) is may
    assert (Delivery.objects.get().state == "pending") is may


@pytest.mark.parametrize(("group", "may"), [(groups.VIEWER, False), (groups.OPERATOR, True), ("", False)])
def test_actions_on_many_rows_ask_for_the_same_rights(
    browser_of: As, customers_out: Configuration, given_up: Delivery, group: str, may: bool
) -> None:
    browser = browser_of(group)
    for name, action, pk in (
        ("configuration", "run_selected", customers_out.pk),
        ("delivery", "send_again", given_up.pk),
    ):
        browser.post(
            reverse(f"admin:syncconfig_{name}_changelist"), {"action": action, "_selected_action": [pk]}, follow=True
        )
    assert Run.objects.exists() is may
    assert (Delivery.objects.get().state == "pending") is may


@pytest.mark.parametrize("group", [groups.VIEWER, groups.OPERATOR])
def test_only_managers_change_things_and_make_tokens(browser_of: As, customers_out: Configuration, group: str) -> None:
    client = ApiClient.objects.create(name="Web shop")
    browser = browser_of(group)
    assert buttons(browser, "apiclient", client.pk) == set()
    for name, pk in (("apiclient_new_token", client.pk), ("apiclient_revoke_tokens", client.pk)):
        assert browser.post(reverse(f"admin:syncconfig_{name}", args=[pk]), SURE).status_code == 403
    change = reverse("admin:syncconfig_configuration_change", args=[customers_out.pk])
    assert browser.post(change, configuration_form(customers_out)).status_code == 403
    assert (
        browser.post(
            reverse("admin:syncconfig_configuration_delete", args=[customers_out.pk]), {"post": "yes"}
        ).status_code
        == 403
    )
    assert client.tokens.count() == 0


def test_a_manager_changes_rows_and_makes_tokens_but_no_users(browser_of: As, customers_out: Configuration) -> None:
    customers_out.mappings.all().delete()
    client = ApiClient.objects.create(name="Web shop")
    browser = browser_of(groups.MANAGER)
    change = reverse("admin:syncconfig_configuration_change", args=[customers_out.pk])
    row = {
        "mappings-TOTAL_FORMS": "1", "mappings-0-odoo_field": "email", "mappings-0-external_key": "mail",
        "mappings-0-kind": "plain", "mappings-0-direction": "both", "mappings-0-position": "0",
        "mappings-0-configuration": customers_out.pk,
    }  # fmt: skip
    assert browser.post(change, configuration_form(customers_out, **row)).status_code == 302
    assert customers_out.mappings.get().external_key == "mail"
    browser.post(reverse("admin:syncconfig_apiclient_new_token", args=[client.pk]), SURE)
    assert client.tokens.count() == 1
    assert browser.get(reverse("admin:auth_user_changelist")).status_code == 403


def test_buttons_are_kept_in_the_history(browser_of: As, customers_out: Configuration) -> None:
    browser = browser_of(groups.OPERATOR)
    browser.post(reverse("admin:syncconfig_configuration_run_now", args=[customers_out.pk]), SURE)
    history = browser.get(reverse("admin:syncconfig_configuration_history", args=[customers_out.pk])).content.decode()
    assert "Run by hand." in history


def test_what_an_administrator_made_of_a_group_stays(db: None) -> None:
    viewer = Group.objects.get(name=groups.VIEWER)
    viewer.permissions.clear()
    Group.objects.get(name=groups.OPERATOR).delete()
    call_command("migrate", verbosity=0)
    assert viewer.permissions.count() == 0
    assert Group.objects.get(name=groups.OPERATOR).permissions.filter(codename="run_configuration").exists()
