"""The API's documentation in a browser: offline, under the hub's CSP, and for trying the API out."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from tests.acceptance.running import RunningHub

DOCS = "/api/sync/v1/docs"
CREATE = ".opblock-post:has(.opblock-summary-description:text-is('Create a record'))"
TOKEN = "input[aria-label='auth-bearer-value']"


def demo_token(hub: RunningHub) -> str:
    """What the hub printed at its start."""
    found = re.search(r"hub_[\w-]{30,}", hub.output)
    assert found is not None
    return found[0]


def test_an_administrator_reads_it_and_tries_it_out_with_a_token(page: Page, hub: RunningHub) -> None:
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.get_by_role("link", name="API documentation").first.click()
    expect(page.locator(".opblock-tag[data-tag='res.partner']")).to_be_visible()

    page.click(".auth-wrapper button.authorize")
    page.fill(TOKEN, demo_token(hub))
    page.click(f".auth-container:has({TOKEN}) button[type=submit]")
    page.click(".modal-ux button.btn-done")

    page.click(f"{CREATE} .opblock-summary-control")
    page.click(f"{CREATE} .try-out__btn")
    page.fill(f"{CREATE} textarea.body-param__text", json.dumps({"data": {"name": "By the docs"}}))
    page.click(f"{CREATE} .execute")
    expect(page.locator(f"{CREATE} .live-responses-table .response-col_status").last).to_contain_text("201")
    found = hub.call(
        "GET", "/api/sync/v1/res.partner/search?domain=[[%22name%22,%22=%22,%22By%20the%20docs%22]]",
        token=demo_token(hub),
    )  # fmt: skip
    assert found["count"] == 1
    assert asked == {urlsplit(hub.url).netloc}, "nothing comes from elsewhere"


def test_a_form_is_filled_in_and_sent_part_by_part_and_errors_show_their_example(page: Page, hub: RunningHub) -> None:
    page.goto(DOCS)
    page.click(".auth-wrapper button.authorize")
    page.fill(TOKEN, demo_token(hub))
    page.click(f".auth-container:has({TOKEN}) button[type=submit]")
    page.click(".modal-ux button.btn-done")
    page.click(f"{CREATE} .opblock-summary-control")
    page.select_option(f"{CREATE} select.content-type >> nth=0", "multipart/form-data")
    page.click(f"{CREATE} .try-out__btn")
    page.click(f"{CREATE} .execute")
    expect(page.locator(f"{CREATE} .live-responses-table .response-col_status").last).to_contain_text("201")

    missing = page.locator(f"{CREATE} .response[data-code='404']")
    expect(missing).not_to_contain_text("NOT_FOUND")
    missing.get_by_role("button", name="Example").click()
    expect(missing).to_contain_text("NOT_FOUND")


def test_the_page_shows_webhooks_and_what_they_are_sent(page: Page) -> None:
    page.goto(DOCS)
    expect(page.locator(".opblock-tag[data-tag='webhooks']")).to_be_visible()
    sent = page.locator(".webhooks .opblock:has(.opblock-summary-description:text-is('The state of a record changed'))")
    sent.locator(".opblock-summary-control").click()
    expect(sent).to_contain_text('"event": "state.changed"')
    expect(sent).to_contain_text("Idempotency-Key")


def test_a_caller_sees_with_its_token_what_it_may_use(browser: Browser, hub: RunningHub) -> None:
    context = browser.new_context(base_url=hub.url)
    page = context.new_page()
    page.goto(DOCS)
    expect(page.locator(".opblock")).to_have_count(0)
    page.fill("#token", "wrong")
    page.click("#who button")
    expect(page.locator("#told")).to_contain_text("wrong, expired or revoked")
    page.fill("#token", demo_token(hub))
    page.click("#who button")
    expect(page.locator(".opblock").first).to_be_visible()
    expect(page.locator("#who")).to_be_hidden()
    context.close()
