#!/usr/bin/env python3
"""Takes the pictures of the documentation: starts a hub with its demo, uses it a little, photographs its pages.

Run it as `.venv/bin/python scripts/screenshots.py [FOLDER]`; the default folder is docs/images.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, sync_playwright  # noqa: E402 - the project's folder had to come first

from tests.acceptance.running import RunningHub, until  # noqa: E402
from tests.acceptance.test_first_minutes import RECEIVED, printed_token  # noqa: E402
from tests.browser.conftest import CHROMIUM, FLAGS  # noqa: E402

PASSWORD = "for-pictures-only"
PEOPLE = """
from django.contrib.auth.models import Group, User
for name, last, group in (("jane", "Doe", "Manager"), ("john", "Roe", "Operator"), ("vera", "Lee", "Viewer")):
    user = User(username=name, first_name=name.capitalize(), last_name=last, email=f"{name}@example.com", is_staff=True)
    user.save()
    user.groups.add(Group.objects.get(name=f"API Sync {group}"))
print("null")
"""
PAGES = {
    "overview": "/admin/",
    "connections": "/admin/syncconfig/odooconnection/",
    "configurations": "/admin/syncconfig/configuration/",
    "clients": "/admin/syncconfig/apiclient/",
    "logs": "/admin/apilog/apilog/",
    "deliveries": "/admin/syncconfig/delivery/",
    "runs": "/admin/syncconfig/run/",
    "odoo-models": "/admin/odoo/",
    "odoo-records": "/admin/odoo/res.partner/",
    "receiver": "/admin/webhooks/receivedmessage/",
    "users": "/admin/auth/user/",
}


def main() -> None:
    """Take them all."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        hub = RunningHub(Path(data) / "data", HUB_ADMIN_PASSWORD=PASSWORD).start()
        try:
            use(hub)
            photograph(hub, folder)
        finally:
            hub.discard()


def use(hub: RunningHub) -> None:
    """Let there be something to see."""
    token = printed_token(hub)
    for name, email in (("Mountain Bikes Ltd", "orders@mountainbikes.example"), ("Test Customer", "test@example.com")):
        hub.call("POST", "/api/sync/v1/res.partner", {"data": {"name": name, "email": email}}, token=token)
    try:
        hub.call("POST", "/api/sync/v1/res.partner", {"data": {"name": "x", "emial": "x"}}, token=token)
    except OSError:
        pass  # the refusal is to be seen in the log
    until(lambda: len(hub.shell(RECEIVED)) >= 2, "the pushes")
    hub.shell(PEOPLE)


def photograph(hub: RunningHub, folder: Path) -> None:
    """Log in and take each page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(base_url=hub.url, viewport={"width": 1440, "height": 900})
        page.goto("/admin/")
        page.screenshot(path=folder / "login.png")
        page.fill("input[name=username]", "admin")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        for name, path in PAGES.items():
            page.goto(path)
            page.screenshot(path=folder / f"{name}.png")
        details(page, folder)
        browser.close()


def details(page: Page, folder: Path) -> None:
    """The pages behind the lists, in a window that is tall enough for them."""
    page.set_viewport_size({"width": 1440, "height": 1200})
    first = "#result_list tbody th a, #result_list tbody td a"
    for name, path in (("log", PAGES["logs"]), ("delivery", PAGES["deliveries"]), ("connection", PAGES["connections"]),
                       ("client", PAGES["clients"]), ("received", PAGES["receiver"])):  # fmt: skip
        page.goto(path)
        page.locator(first).first.click()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png")
    page.goto(PAGES["odoo-records"])
    page.locator(".hub-table tbody a").first.click()
    page.screenshot(path=folder / "odoo-record.png")
    for name in ("Customers in", "Customers out", "Products out"):
        page.goto(PAGES["configurations"])
        page.get_by_role("link", name=name, exact=True).first.click()
        slug = name.lower().replace(" ", "-")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"configuration-{slug}.png")
        if name == "Customers in":
            page.locator("#id_accepts_oauth").evaluate("field => field.scrollIntoView({block: 'center'})")
            page.screenshot(path=folder / "configuration-who-may-call.png")
        if name == "Customers out":
            page.goto(page.url.split("#")[0].replace("/change/", "/send-again/") + "?state=done")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=folder / "send-again.png")
        if name == "Products out":
            for tab in ("Authorization", "Request", "Encryption", "Records", "Triggers", "Delivery"):
                page.locator("nav a").filter(has_text=tab).first.click()
                page.screenshot(path=folder / f"configuration-{tab.lower()}.png")
            for tab in ("Field mappings", "Headers", "Written back"):
                page.locator("#tabs-items a").filter(has_text=tab).first.click()
                page.screenshot(path=folder / f"configuration-{tab.lower().replace(' ', '-')}.png")
            page.goto(page.url.split("#")[0].replace("/change/", "/preview/"))
            page.screenshot(path=folder / "preview.png")
            page.go_back()
            page.get_by_role("link", name="Run now").click()
            page.wait_for_selector("text=Run now?")
            page.screenshot(path=folder / "run-now.png")


if __name__ == "__main__":
    main()
