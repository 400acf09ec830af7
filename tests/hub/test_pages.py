"""Pages for what went wrong: they say what to do, and are shown even when nothing else works."""

from __future__ import annotations

import logging

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

ADVICE = {
    400: "Go back and try again",
    404: "Check the address",
    500: "Try again in a moment",
}


def test_a_server_error_is_told_without_the_database(caplog: pytest.LogCaptureFixture) -> None:
    """pytest-django refuses every query in this test, so that the overview fails, and the page must not ask either."""
    caplog.set_level(logging.CRITICAL)
    browser = Client(raise_request_exception=False)
    browser.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    answer = browser.get("/admin/")
    text = answer.content.decode()
    assert answer.status_code == 500
    assert "Something went wrong in the hub" in text
    assert ADVICE[500] in text
    assert answer["X-Request-ID"] in text, "the number that stands beside the reason in the server's log"
    assert "Traceback" not in text


@pytest.mark.parametrize("path", ["/nothing", "/static/nothing.css"])
def test_an_address_outside_of_the_admin_that_leads_nowhere_is_told_without_the_database(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()
    assert "/nothing" not in answer.content.decode(), "nothing of the address is repeated"


def test_a_wrong_host_name_is_told_without_repeating_it() -> None:
    answer = Client().get("/admin/", HTTP_HOST="evil.example")
    assert answer.status_code == 400
    assert "HUB_ALLOWED_HOSTS" in answer.content.decode()
    assert "evil" not in answer.content.decode()


@pytest.mark.parametrize("path", ["/api/sync/v1/nothing/at/all", "/api/x"])
def test_the_api_answers_in_its_envelope(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"]


@pytest.mark.django_db
def test_a_form_that_is_out_of_date_says_what_to_do(admin_user: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    answer = strict.post("/admin/auth/group/add/", {"name": "x"})
    assert answer.status_code == 403
    assert "Nothing was saved" in answer.content.decode()
    assert "reload the page" in answer.content.decode()


def test_each_page_obeys_the_content_security_policy() -> None:
    answer = Client().get("/nothing")
    text = answer.content.decode()
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert "<style" not in text
    assert "onclick" not in text
