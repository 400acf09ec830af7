"""Addresses that people mistype, keep for too long or make up: each gets a page that says so, none a server error."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from hub.odoo.connection import Odoo
from syncconfig.models import ApiToken, Configuration, Delivery, OdooConnection, Run, Sample
from tests.syncconfig.test_admin import filled

pytestmark = pytest.mark.django_db
__all__ = ["filled"]

NO_ID = ("abc", "999999", "9" * 40, "-1", "1.5", "²", "\x00", "1 OR 1=1", "_5F", "None")
BIG = "9" * 26
QUERIES = (
    "p=abc", "p=999999", "p=-1", f"p={BIG}", "all=", "o=99", "o=abc.-", "q=%00", "q=%ff", "q=" + "x" * 3000, "e=1",
    "nonsense=1", "id__exact=abc", f"id={BIG}", "id__in=a,b", "pk=zz", "state__exact=zzz", "active__exact=zzz",
    "run__id__exact=abc", "delivery_id=abc", f"delivery_id={BIG}", "configuration__id__exact=abc", "_popup=zz",
    "_to_field=zz", "started_at__gte=abc", "record=abc", "record=%00", f"record={BIG}", "record_id=abc",
    "s=a&page=abc", "s=a&page=99", "page=0",
)  # fmt: skip
FORMS = ("add/", "history/", "delete/", "change/", "password/")
"""Ends of addresses that read no query."""


def patterns(found: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the admin, with the names of its parameters."""
    for one in found:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from patterns(one.url_patterns, route)
        else:
            yield route, one


ADDRESSES = list(patterns(admin.site.get_urls()))


def address(route: str, value: str) -> str:
    """The route with that value for each parameter."""
    parts = route.replace("^", "").replace("$", "").split("/")
    return "/admin/" + "/".join(quote(value, safe="") if "<" in part or "(" in part else part for part in parts)


@pytest.fixture
def page(admin_client: Client) -> Client:
    """An administrator's browser, which is shown a server error as people are, not as an exception."""
    admin_client.raise_request_exception = False
    return admin_client


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("value", NO_ID)
def test_a_record_that_is_not_there_is_not_found(page: Client, value: str) -> None:
    wrong = []
    for route, pattern in ADDRESSES:
        if "<" not in route or pattern.name in ("view_on_site", None):
            continue
        url = address(route, value)
        got, posted = page.get(url).status_code, page.post(url, {"post": "yes"}).status_code
        if got not in (404, 405) or posted not in (403, 404, 405):  # nobody may change what is only shown
            wrong.append((url, got, posted))
    assert wrong == []


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_that_means_nothing_breaks_no_page(page: Client, query: str) -> None:
    wrong = []
    for url in (address(route, "1") for route, _ in ADDRESSES if not route.endswith(FORMS)):
        answer = page.get(f"{url}?{query}")
        if answer.status_code >= 500:
            wrong.append((answer.status_code, url))
    assert wrong == []


@pytest.mark.usefixtures("filled")
def test_every_button_of_a_record_acts_by_post_alone(page: Client) -> None:
    for configuration in Configuration.objects.all():
        Sample.objects.create(configuration=configuration, name="One", data={"name": "x"}, expected={})
    before = counted()
    for model, its_admin in admin.site._registry.items():
        for row in model._default_manager.all()[:3]:
            for action in getattr(its_admin, "actions_detail", ()):
                page.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=[row.pk]))
    assert counted() == before


@pytest.mark.usefixtures("filled")
def test_a_post_without_the_token_of_its_form_is_refused(admin_client: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = admin_client.cookies
    for model, its_admin in admin.site._registry.items():
        for row in model._default_manager.all()[:1]:
            for action in getattr(its_admin, "actions_detail", ()):
                url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=[row.pk])
                answer = strict.post(url, {"_form_submitted": "True"})
                assert answer.status_code == 403, url
                assert "This form is out of date" in answer.content.decode()


def counted() -> dict[str, list[tuple[object, ...]]]:
    """All rows of the models whose rows a button may make or change."""
    return {
        model.__name__: sorted(model._default_manager.values_list(*fields))
        for model, fields in (
            (Run, ["pk", "state"]), (Delivery, ["pk", "state", "attempts"]),
            (ApiToken, ["pk", "digest"]), (OdooConnection, ["pk", "check_message"]),
            (Sample, ["pk", "last_message"]), (Configuration, ["pk", "drift_checked_at"]),
        )
    }  # fmt: skip


def test_a_page_that_is_gone_says_so_and_leads_back(page: Client, customers_out: Configuration, odoo: Odoo) -> None:
    answer = page.get(reverse("admin:syncconfig_configuration_change", args=[customers_out.pk + 1]))
    text = answer.content.decode()
    assert answer.status_code == 404
    assert "There is no configuration" in text
    assert "Perhaps it was deleted" in text
    assert reverse("admin:index") in text
