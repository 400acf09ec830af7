"""Writing mappings and scripts in the browser: what the page offers, explains and counts."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.test_admin_pages import open_configuration


def tab(page: Page, name: str) -> None:
    page.locator("nav a, #tabs-items a").filter(has_text=name).first.click()


def test_a_row_is_offered_odoos_fields_and_explains_its_value_type(page: Page) -> None:
    open_configuration(page, "Customers out")
    tab(page, "Field mappings")
    page.fill("#id_mappings-0-odoo_field", "country_id.")
    expect(page.locator('#hub-odoo-fields option[value="country_id.code"]')).to_have_count(1)
    page.fill("#id_mappings-0-odoo_field", "parent_id.country_id.")
    expect(page.locator('#hub-odoo-fields option[value="parent_id.country_id.code"]')).to_have_count(1)
    page.select_option("#id_mappings-1-kind", "phone")
    expect(page.get_by_text("Phone number: A telephone number as")).to_be_visible()
    expect(page.locator("#id_mappings-1-detail")).to_have_attribute("placeholder", "Such as E164, US")


def test_the_records_tab_tells_how_many_match(page: Page) -> None:
    open_configuration(page, "Customers out")
    tab(page, "Records")
    expect(page.get_by_text("records match now.")).to_be_visible()


def test_a_script_is_written_previewed_and_kept_as_a_sample(page: Page) -> None:
    open_configuration(page, "Products out")
    tab(page, "Scripts")
    page.fill("#id_script_after", "print('seen by the preview')\nresult = [{'wrapped': one} for one in request_data]")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    page.get_by_role("link", name="Preview").click()
    expect(page.get_by_text("seen by the preview")).to_be_visible()
    page.fill("input[name=name]", "A product")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("is kept as a sample")).to_be_visible()
    page.get_by_role("button", name="Run samples").click()
    expect(page.get_by_text("as expected")).to_be_visible()
    open_configuration(page, "Products out")
    tab(page, "Scripts")
    page.fill("#id_script_after", "import os")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("Line 1").first).to_be_visible()
    page.fill("#id_script_after", "")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
