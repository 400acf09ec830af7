"""A third party with a list to pull, on the loopback interface; and the configuration that pulls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from hub.odoo.connection import Odoo
from syncconfig import runs
from syncconfig.models import Configuration, Run
from tests.conftest import Make

SINCE: dict[str, Any] = {"query": "updated_since = {{ cursor }}", "cursor_by": "field", "cursor_path": "at"}
"""Only what is new, by the field ``at`` of the items."""

ROWS = [("ref", "id"), ("name", "full_name", {"required": True}), ("email", "contact.email"), ("city", "city")]


def contact(number: int, **more: Any) -> dict[str, Any]:
    """An item."""
    return {"id": f"C-{number}", "full_name": f"Pulled {number}", "contact": {"email": f"{number}@example.com"}} | more


def pull(make: Make, httpserver: HTTPServer, **columns: Any) -> Configuration:
    """A configuration that pulls contacts from ``/contacts``."""
    rows = columns.pop("rows", ROWS)
    standard = {"request_type": "out", "methods": ["GET"], "url": httpserver.url_for("/contacts"), "match_keys": "id"}
    return make("contacts-pull", rows, **(standard | columns))


def paged(items: Callable[[], list[dict[str, Any]]], size: int) -> Callable[[Request], Response]:
    """Answers ``?page=``, ``size`` items on each."""

    def answer(request: Request) -> Response:
        page = int(request.args.get("page", "1"))
        some = items()[(page - 1) * size : page * size]
        return Response(json.dumps({"data": some}), content_type="application/json")

    return answer


def run(configuration: Configuration, **asked: Any) -> Run:
    """Start it and see it through, as far as it goes now."""
    started = runs.start(configuration, runs.Asked(**asked) if asked else None)
    runs.work()
    started.refresh_from_db()
    return started


def pulled(odoo: Odoo) -> list[dict[str, Any]]:
    """The contacts that came in."""
    fields = ["ref", "name", "email", "city", "write_date"]
    return odoo.search_read("res.partner", [("ref", "=like", "C-%")], fields, order="id")


def listed(httpserver: HTTPServer, items: Any, **more: Any) -> None:
    """Everything in one answer."""
    httpserver.expect_request("/contacts").respond_with_json(items, **more)
