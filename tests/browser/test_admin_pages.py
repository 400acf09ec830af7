"""The admin as a business user sees it, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.running import RunningHub, until
from tests.acceptance.test_first_minutes import RECEIVED, printed_token

PAGES = [
    "/admin/",
    "/admin/syncconfig/odooconnection/",
    "/admin/syncconfig/configuration/",
    "/admin/syncconfig/apiclient/",
    "/admin/apilog/apilog/",
    "/admin/syncconfig/delivery/",
    "/admin/syncconfig/run/",
    "/admin/odoo/",
    "/admin/odoo/res.partner/",
    "/admin/webhooks/receivedmessage/",
    "/admin/auth/user/",
    "/admin/auth/group/",
]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_opens_without_an_error_in_the_console(page: Page, path: str, tmp_path: Path) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    expect(page.locator("body")).to_contain_text("Sync Hub")


def open_configuration(page: Page, name: str) -> None:
    """Open a configuration from the list."""
    page.goto("/admin/syncconfig/configuration/")
    page.get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_url(re.compile(r"/configuration/\d+/change/"))


def test_a_new_configuration_asks_only_for_what_its_direction_needs(page: Page) -> None:
    page.goto("/admin/syncconfig/configuration/add/")
    page.select_option("#id_request_type", "out")
    expect(page.locator("#id_url")).to_be_visible()
    expect(page.locator("#id_unmapped")).to_be_hidden()
    page.select_option("#id_request_type", "in")
    expect(page.locator("#id_url")).to_be_hidden()
    expect(page.locator("#id_unmapped")).to_be_visible()


def test_a_configuration_that_exists_shows_only_its_own_fields(page: Page) -> None:
    open_configuration(page, "Customers out")
    expect(page.locator("#id_url")).to_be_visible()
    expect(page.locator("#id_unmapped")).to_be_hidden()
    open_configuration(page, "Customers in")
    expect(page.locator("#id_unmapped")).to_be_visible()
    expect(page.get_by_text("Authorization type")).to_have_count(0)
    expect(page.get_by_role("link", name="Run now")).to_have_count(0)


def test_a_configuration_is_made_saved_and_mapped(page: Page) -> None:
    page.goto("/admin/syncconfig/configuration/add/")
    page.fill("#id_name", "Orders out")
    page.fill("#id_code", "orders-out")
    page.select_option("#id_connection", label="Demo Odoo")
    page.fill("#id_model", "sale.order")
    page.get_by_label("POST").check()
    page.fill("#id_url", "https://api.example.com/orders")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Now say which fields are exchanged")).to_be_visible()
    page.get_by_text("Add another Field mapping").click()
    page.fill("#id_mappings-0-odoo_field", "name")
    page.fill("#id_mappings-0-external_key", "order_number")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    open_configuration(page, "Orders out")
    expect(page.locator("#id_mappings-0-external_key")).to_have_value("order_number")


def test_the_authorization_type_decides_which_credentials_are_asked_for(page: Page) -> None:
    open_configuration(page, "Products out")
    page.locator("nav a").filter(has_text="Authorization").click()
    expect(page.locator("#id_auth_login")).to_be_hidden()
    page.select_option("#id_auth_scheme", "basic")
    expect(page.locator("#id_auth_login")).to_be_visible()
    expect(page.locator("#id_auth_token")).to_be_hidden()
    page.select_option("#id_auth_scheme", "bearer")
    expect(page.locator("#id_auth_token")).to_be_visible()


def test_run_now_asks_and_then_sends(page: Page, hub: RunningHub) -> None:
    open_configuration(page, "Products out")
    page.get_by_role("link", name="Run now").click()
    expect(page.get_by_text("Run now?")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("has been started")).to_be_visible()
    products = (
        "from webhooks.models import ReceivedMessage\nprint(ReceivedMessage.objects.filter(path='products').count())"
    )
    until(lambda: hub.shell(products), "the products at the receiver")


def test_a_posted_customer_is_found_in_odoo_at_the_receiver_and_in_the_log(page: Page, hub: RunningHub) -> None:
    body = {"data": {"name": "Browser Customer", "email": "browser@example.com"}}
    hub.call("POST", "/api/sync/v1/res.partner", body, token=printed_token(hub))
    page.goto("/admin/odoo/res.partner/?q=Browser")
    expect(page.get_by_role("link", name="Browser Customer")).to_be_visible()
    until(lambda: [one for one in hub.shell(RECEIVED) if one["full_name"] == "Browser Customer"], "the push")
    page.goto("/admin/webhooks/receivedmessage/?q=Browser")
    expect(page.get_by_text('"full_name":"Browser Customer"').first).to_be_visible()
    page.goto("/admin/apilog/apilog/?configuration_code=customers-in")
    page.locator("#result_list tbody a").first.click()
    expect(page.locator("pre").first).to_contain_text("Browser Customer")
    expect(page.get_by_text("Response: 201")).to_be_visible()


def test_test_connection_answers_with_the_version(page: Page) -> None:
    page.goto("/admin/syncconfig/odooconnection/")
    page.get_by_role("link", name="Demo Odoo", exact=True).first.click()
    page.get_by_role("link", name="Test connection").click()
    expect(page.get_by_text("Odoo 19.0").first).to_be_visible()


def test_a_new_token_is_shown_after_asking(page: Page) -> None:
    page.goto("/admin/syncconfig/apiclient/")
    page.get_by_role("link", name="Demo", exact=True).first.click()
    page.get_by_role("link", name="New token").click()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("shown only now")).to_be_visible()
