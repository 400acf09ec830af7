"""Every address that the hub answers at stands in the OpenAPI document with its methods, or here with a reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from syncconfig.models import ApiClient, Configuration
from syncconfig.models.client import RUN

pytestmark = pytest.mark.django_db
IMPLIED = {"head", "options"}
"""HEAD is GET without a body (RFC 9110, 9.3.2); OPTIONS is refused everywhere (see below)."""

LEFT_OUT = {
    "": "leads people who open the bare address to the admin",
    "healthz": "for whatever watches the processes; it is asked without a token, and is no part of the API",
    "readyz": "as healthz",
    "metrics": "for Prometheus, in its own format and with a token of its own",
    "admin/": "pages for people who log in",
    "api/hints/": "for Odoo's own webhooks, with a token of their own",
    "demo/receiver/": "stands in for an external system, while the demo is on",
    "postman": "a short address of /api/sync/v1/postman, which is described",
    "api/sync/v1/docs": "the page that shows the document",
    "api/sync/v1/^.*$": "any other address: a 404 in the API's envelope",
    "^api(?:/.*)?$": "the same outside of this version of the API",
}
"""By the beginning of a route (its end, where it holds no slash behind it): why it is not in the document."""


def routes(patterns: Any, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """All routes, with the view of each."""
    for one in patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, path)
        else:
            yield path, one


def reason(route: str) -> str | None:
    """The entry of LEFT_OUT that holds for it."""
    found = [one for one in LEFT_OUT if route == one or (one.endswith("/") and route.startswith(one))]
    return found[0] if found else None


def methods_of(view: URLPattern) -> set[str]:
    kind = getattr(view.callback, "view_class", None)
    assert kind is not None, f"{view} is no view of the API: say in LEFT_OUT why it is not in the document"
    return {name for name in kind.http_method_names if hasattr(kind, name)} - IMPLIED


def fits(route: str) -> re.Pattern[str]:
    """What paths of the document a route may have: a model or a code filled in, or a parameter."""
    by_model = route.replace(".", r"\.").replace("<model:model>", r"(?:res|sale|product)\.[a-z.]+")
    return re.compile("/" + re.sub(r"<[^>]*>", "[^/]+", by_model))


@pytest.fixture
def document(api: APIClient, configurations: list[Configuration], customers_out: Configuration) -> Any:
    """What a client gets who may use everything, and start a run."""
    ApiClient.objects.get().grants.create(configuration=customers_out, methods=[RUN])
    return api.get("/api/sync/v1/openapi.json").json()


def test_every_route_is_in_the_document_with_all_of_its_methods(document: Any) -> None:
    seen = 0
    for route, view in routes(get_resolver().url_patterns):
        if reason(route) is not None:
            continue
        described = {
            method for path, item in document["paths"].items() if fits(route).fullmatch(path) for method in item
        }
        assert methods_of(view) <= described, f"{route} is not described: see syncconfig/api/contract/document.py"
        seen += 1
    assert seen > 15


def test_every_address_in_the_document_has_a_route_with_its_methods(document: Any) -> None:
    known = [(fits(route), view) for route, view in routes(get_resolver().url_patterns) if reason(route) is None]
    for path, item in document["paths"].items():
        concrete = re.sub(r"\{(\w*id)\}", "1", path)
        views = [view for pattern, view in known if pattern.fullmatch(concrete)]
        assert any(set(item) <= methods_of(view) for view in views), path


def test_every_reason_is_about_a_route_that_there_is() -> None:
    used = {reason(route) for route, _ in routes(get_resolver().url_patterns)}
    assert set(LEFT_OUT) <= used


def test_options_is_refused_everywhere(api: APIClient, document: Any) -> None:
    for path in document["paths"]:
        address = path.replace("{job_id}", "7b0c1f0e-5d0b-4a53-9f0e-0f5f3f1c8a11").replace("{code}", "customers-out")
        address = re.sub(r"\{key\}", "image_1920", re.sub(r"\{(\w*id)\}", "1", address))
        assert api.options(address).status_code == 405, path
