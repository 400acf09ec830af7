"""Jobs in the admin: seen by everybody, cancelled and run again by who may."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client as Browser
from django.urls import reverse
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from hub.env import new_encryption_key
from hub.odoo.connection import Odoo
from syncconfig import groups, jobs, jobwork
from syncconfig.models import ApiJob
from tests.syncconfig.test_admin import SURE
from tests.syncconfig.test_api_jobs import accepted, ask, creates
from tests.syncconfig.test_rights import As, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customers_in")]
__all__ = ["browser_of"]
LIST = reverse("admin:syncconfig_apijob_changelist")


def page(job: ApiJob) -> str:
    return reverse("admin:syncconfig_apijob_change", args=[job.pk])


def url_of(job: ApiJob, what: str) -> str:
    return reverse(f"admin:syncconfig_apijob_{what}", args=[job.pk])


def job(api: APIClient, name: str = "Ada") -> ApiJob:
    """A job that waits."""
    url = accepted(ask(api, {"data": {"name": name}}))
    return ApiJob.objects.get(uuid=url.rpartition("/")[2])


def test_the_list_and_the_page_show_who_asked_for_what_and_how_far_it_is(
    admin_client: Browser, api: APIClient, odoo: Odoo
) -> None:
    assert "Prefer: respond-async" in admin_client.get(LIST).content.decode()
    url = accepted(ask(api, creates(3), "/api/sync/v1/res.partner/batch"))
    jobwork.work()
    text = admin_client.get(LIST).content.decode()
    for told in ("POST res.partner/batch", "Web shop", "customers-in", "Done", "3 of 3", "200"):
        assert told in text
    one = ApiJob.objects.get(uuid=url.rpartition("/")[2])
    text = admin_client.get(page(one)).content.decode()
    for told in (str(one.uuid), one.trace_id, "3 of 3"):
        assert told in text
    logs = admin_client.get(f"{reverse('admin:apilog_apilog_changelist')}?q={one.trace_id}").content.decode()
    assert "2 results" in logs or logs.count(one.trace_id) >= 2


def test_no_page_shows_what_was_sent_or_answered(admin_client: Browser, api: APIClient, odoo: Odoo) -> None:
    one = job(api, "Canary Ada")
    jobwork.work()
    for address in (LIST, page(one)):
        assert "Canary" not in admin_client.get(address).content.decode()


def test_the_pages_come_also_when_the_key_is_gone(admin_client: Browser, api: APIClient, settings: Settings) -> None:
    one = job(api)
    settings.HUB_ENCRYPTION_KEYS = [new_encryption_key()]
    assert admin_client.get(LIST).status_code == admin_client.get(page(one)).status_code == 200
    assert admin_client.post(url_of(one, "cancel_this"), SURE).status_code == 302


def test_an_operator_cancels_what_waits_and_runs_again_what_is_over(browser_of: As, api: APIClient, odoo: Odoo) -> None:
    browser = browser_of(groups.OPERATOR)
    one = job(api)
    text = browser.get(page(one)).content.decode()
    assert url_of(one, "cancel_this") in text
    assert url_of(one, "run_this_again") not in text
    assert browser.post(url_of(one, "cancel_this"), SURE).status_code == 302
    one.refresh_from_db()
    assert one.state == "cancelled"
    assert LogEntry.objects.latest("id").change_message == "Cancelled by hand."
    assert url_of(one, "cancel_this") not in browser.get(page(one)).content.decode()
    for _ in range(2):
        assert browser.post(url_of(one, "run_this_again"), SURE).status_code == 302
        jobwork.work()
    one.refresh_from_db()
    assert (one.state, one.answer_status) == ("done", 201)
    assert odoo.count("res.partner", [("name", "=", "Ada")]) == 1, "it is found again"


def test_several_are_cancelled_and_run_again_at_once(browser_of: As, api: APIClient) -> None:
    browser = browser_of(groups.MANAGER)
    first, second = job(api), job(api, "Bob")
    chosen = {"_selected_action": [first.pk, second.pk]}
    claimed = jobs.claim()
    assert claimed is not None
    browser.post(LIST, {"action": "cancel_selected", **chosen})
    assert sorted(ApiJob.objects.values_list("state", flat=True)) == ["cancelled", "running"]
    browser.post(LIST, {"action": "run_selected_again", **chosen})
    assert sorted(ApiJob.objects.values_list("state", flat=True)) == ["queued", "running"]


def test_a_viewer_looks_and_does_nothing(browser_of: As, api: APIClient) -> None:
    browser = browser_of(groups.VIEWER)
    one = job(api)
    assert browser.get(LIST).status_code == 200
    assert url_of(one, "cancel_this") not in browser.get(page(one)).content.decode()
    for what in ("cancel_this", "run_this_again"):
        assert browser.post(url_of(one, what), SURE).status_code == 403
    browser.post(LIST, {"action": "cancel_selected", "_selected_action": [one.pk]})
    one.refresh_from_db()
    assert one.state == "queued"
