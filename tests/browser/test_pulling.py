"""Making a configuration that pulls, in the browser: only what it needs is asked for."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.test_admin_pages import open_configuration
from tests.browser.test_configuring import tab


def test_a_pull_is_made_and_asks_for_what_it_needs(page: Page) -> None:
    page.goto("/admin/syncconfig/configuration/add/")
    page.fill("#id_name", "Contacts pull")
    page.fill("#id_code", "contacts-pull")
    page.locator("#id_request_type").select_option("out")
    expect(page.locator("#id_match_keys")).to_be_hidden()
    page.locator('input[name="methods"][value="GET"]').check()
    expect(page.locator("#id_match_keys")).to_be_visible()
    page.fill("#id_match_keys", "id")
    page.locator("#id_connection").select_option(index=1)
    page.fill("#id_model", "res.partner")
    page.fill("#id_url", "https://api.example.com/contacts")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("is made. Now say which fields")).to_be_visible()
    open_configuration(page, "Contacts pull")
    tab(page, "Pages")
    expect(page.locator("#id_next_path")).to_be_hidden()
    page.locator("#id_paging").select_option("cursor")
    expect(page.locator("#id_next_path")).to_be_visible()
    expect(page.locator("#id_page_size")).to_be_hidden()
    page.fill("#id_size_parameter", "limit")
    expect(page.locator("#id_page_size")).to_be_visible()
    tab(page, "What is new")
    expect(page.locator("#id_cursor_path")).to_be_hidden()
    page.locator("#id_cursor_by").select_option("field")
    expect(page.locator("#id_cursor_path")).to_be_visible()
