"""The admin as a business user sees it, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

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
    "/admin/syncconfig/lockout/",
    "/admin/odoo/",
    "/admin/odoo/res.partner/",
    "/admin/webhooks/receivedmessage/",
    "/admin/auth/user/",
    "/admin/auth/group/",
]


FORMS = [
    "/admin/syncconfig/odooconnection/1/change/",
    "/admin/syncconfig/configuration/1/change/",
    "/admin/syncconfig/configuration/1/preview/",
    "/admin/syncconfig/configuration/3/change/",
    "/admin/syncconfig/configuration/3/change/#mappings",
    "/admin/syncconfig/configuration/add/",
    "/admin/syncconfig/apiclient/1/change/",
    "/admin/syncconfig/apiclient/add/",
    "/admin/auth/user/1/change/",
    "/admin/auth/user/add/",
    "/admin/auth/group/1/change/",
]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_opens_without_an_error_in_the_console(page: Page, path: str, tmp_path: Path) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 200
    expect(page.locator("body")).to_contain_text("Sync Hub")


def test_a_client_that_may_use_all_is_asked_for_methods_and_others_for_configurations(page: Page) -> None:
    page.goto("/admin/syncconfig/apiclient/add/")
    expect(page.locator(".hub-grants")).to_be_visible()
    expect(page.locator("#id_methods")).to_be_hidden()
    page.locator("#id_all_configurations").check()
    expect(page.locator(".hub-grants")).to_be_hidden()
    expect(page.locator("#id_methods")).to_be_visible()


def test_networks_are_asked_for_only_where_nobody_needs_to_log_in(page: Page) -> None:
    page.goto("/admin/syncconfig/configuration/1/change/")
    expect(page.locator("#id_trusted_networks")).to_be_hidden()
    page.locator("#id_accepts_anybody").check()
    expect(page.locator("#id_trusted_networks")).to_be_visible()


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
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("Odoo 19.0").first).to_be_visible()


def test_a_new_token_is_shown_after_asking(page: Page) -> None:
    page.goto("/admin/syncconfig/apiclient/")
    page.get_by_role("link", name="Demo", exact=True).first.click()
    page.get_by_role("link", name="New token").click()
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_text("shown only now")).to_be_visible()


@pytest.mark.parametrize("width", [1400, 1024, 390])
def test_no_page_is_wider_than_the_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    wide = []
    for path in (*PAGES, *FORMS):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            wide.append(path)
    assert wide == []


def test_no_list_cuts_its_last_column(page: Page) -> None:
    page.set_viewport_size({"width": 1400, "height": 900})
    cut = []
    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        tables = page.locator("#result_list").all()
        if any(one.evaluate("table => table.scrollWidth > table.parentElement.clientWidth + 1") for one in tables):
            cut.append(path)
    assert cut == []


def test_tabs_are_all_there_again_after_the_window_was_small(page: Page) -> None:
    open_configuration(page, "Customers out")
    for width in (320, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        for tab in ("General", "Field mappings", "Headers"):
            expect(page.locator("#tabs-items").get_by_text(tab)).to_be_visible()


def test_fields_beside_each_other_begin_at_the_same_height(page: Page) -> None:
    open_configuration(page, "Customers out")
    tops = [page.locator(f"#id_{name}").bounding_box() for name in ("name", "code")]
    assert tops[0] is not None
    assert tops[1] is not None
    assert tops[0]["y"] == tops[1]["y"]


def test_a_stored_secret_is_removed_by_its_box(page: Page, hub: RunningHub) -> None:
    page.goto("/admin/syncconfig/odooconnection/add/")
    page.fill("#id_name", "Guarded")
    page.fill("#id_code", "guarded")
    page.fill("#id_url", "https://x.odoo.com")
    for name in ("database", "login", "api_key", "password"):
        page.fill(f"#id_{name}", name)
    page.get_by_role("button", name="Save and continue editing").click()
    page.locator("#id_password-remove").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    stored = "from syncconfig.models import OdooConnection\no = OdooConnection.objects.get(name='Guarded')\n"
    assert hub.shell(f"{stored}print(json.dumps([o.password, o.api_key]))") == ["", "api_key"]


def test_who_may_only_look_sees_the_fields_that_the_form_hides(browser: Browser, hub: RunningHub) -> None:
    hub.shell(
        "from django.contrib.auth.models import Group, User\n"
        "u = User.objects.create_user('viewer', password='viewer-password', is_staff=True)\n"
        "u.groups.add(Group.objects.get(name='API Sync Viewer'))\nprint(1)"
    )
    context = browser.new_context(base_url=hub.url)
    page = context.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto("/admin/")
    page.fill("input[name=username]", "viewer")
    page.fill("input[name=password]", "viewer-password")
    page.click("button[type=submit]")
    open_configuration(page, "Customers out")
    page.locator("nav a").filter(has_text="Authorization").click()
    for words in ("Token", "Login", "Name of the header or parameter"):
        expect(page.get_by_text(words, exact=True)).to_be_visible()
    expect(page.get_by_text("stored", exact=True)).to_be_visible()
    assert errors == []
    context.close()


def test_a_page_with_many_buttons_still_says_what_it_shows(page: Page) -> None:
    page.set_viewport_size({"width": 1300, "height": 800})
    page.goto("/admin/syncconfig/configuration/?request_type__exact=out")
    page.goto(page.locator("#result_list a[href*='/change/']", has_text="Customers out").first.evaluate("e => e.href"))
    name = page.locator("#header-inner h1 > a").last
    expect(name).to_have_text("Customers out")
    assert name.evaluate("e => e.scrollWidth <= e.clientWidth")
