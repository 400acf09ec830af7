"""Pulling a list into a real Odoo, by both transports."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from hub.odoo.connection import Odoo
from syncconfig import runs
from syncconfig.models import Configuration, FieldMapping, OdooConnection, Run
from tests.odoo.test_flows import connection, odoo

pytestmark = [pytest.mark.django_db, pytest.mark.odoo]
__all__ = ["connection", "odoo"]

ROWS = [
    ("ref", "id"),
    ("name", "name"),
    ("email", "email"),
    ("country_id.code", "country"),
    ("is_company", "company"),
    ("credit_limit", "limit"),
    ("comment", "note"),
    ("category_id", "tags"),
]

Pull = Callable[..., Configuration]


@pytest.fixture
def mark() -> str:
    """Tells this test's records."""
    return f"PULL-{uuid.uuid4().hex[:10]}"


@pytest.fixture
def pull(connection: OdooConnection, httpserver: HTTPServer) -> Pull:
    """Make a configuration that pulls."""

    def make(**columns: Any) -> Configuration:
        rows = columns.pop("rows", ROWS)
        standard = {"code": "pull", "name": "Pull", "model": "res.partner", "request_type": "out", "methods": ["GET"]}
        address = {"url": httpserver.url_for("/contacts"), "match_keys": "id", "connection": connection}
        configuration = Configuration.objects.create(**(standard | address | columns))
        for position, (field, key) in enumerate(rows):
            FieldMapping.objects.create(
                configuration=configuration, position=position, odoo_field=field, external_key=key
            )
        return configuration

    return make


def contact(mark: str, number: int, **more: Any) -> dict[str, Any]:
    """An item with a value of each type; half of them without a limit."""
    own = {"limit": number + 0.5} if number % 2 else {}
    return {
        "id": f"{mark}-{number}", "name": f"{mark} {number}", "email": f"{number}@example.com", "country": "DE",
        "company": number % 3 == 0, "note": None,
    } | own | more  # fmt: skip


def run(configuration: Configuration) -> Run:
    """See a run through."""
    started = runs.start(configuration)
    runs.work()
    started.refresh_from_db()
    return started


def serve(httpserver: HTTPServer, items: list[dict[str, Any]], size: int) -> None:
    """In pages."""

    def answer(request: Request) -> Response:
        start = int(request.args["offset"])
        return Response(json.dumps(items[start : start + size]), content_type="application/json")

    httpserver.expect_request("/contacts").respond_with_handler(answer)


def test_a_list_is_made_found_again_and_changed(odoo: Odoo, pull: Pull, httpserver: HTTPServer, mark: str) -> None:
    items = [contact(mark, number) for number in range(230)]
    serve(httpserver, items, 115)
    configuration = pull(paging="offset")
    first = run(configuration)
    assert (first.state, first.error, first.failures) == ("done", "", [])
    assert (first.tally["created"], first.pages) == (230, 3)
    (germany,) = odoo.search("res.country", [("code", "=", "DE")])
    found = odoo.search_read(
        "res.partner", [("ref", "=like", f"{mark}-%")], ["ref", "name", "country_id", "is_company", "write_date"]
    )
    assert len(found) == 230
    by_ref = {one["ref"]: one for one in found}
    third = by_ref[f"{mark}-3"]
    assert (third["name"], third["country_id"][0], third["is_company"]) == (f"{mark} 3", germany, True)

    tags = odoo.create("res.partner.category", [{"name": f"{mark} {number}"} for number in range(2)])
    items[5] |= {"tags": tags, "note": "<p>Nice</p>"}
    items[6]["email"] = "new@example.com"
    second = run(configuration)
    assert second.tally == {"created": 0, "updated": 2, "unchanged": 228, "skipped": 0, "failed": 0}
    again = odoo.search_read(
        "res.partner", [("ref", "=like", f"{mark}-%")], ["ref", "write_date", "category_id", "email"]
    )
    changed = {one["ref"]: one for one in again}
    assert sorted(changed[f"{mark}-5"]["category_id"]) == sorted(tags)
    assert changed[f"{mark}-6"]["email"] == "new@example.com"
    untouched = [ref for ref in by_ref if ref not in (f"{mark}-5", f"{mark}-6")]
    assert all(changed[ref]["write_date"] == by_ref[ref]["write_date"] for ref in untouched)
    assert run(configuration).tally["unchanged"] == 230
    odoo.unlink("res.partner.category", tags)


def test_what_odoo_refuses_stops_no_other(odoo: Odoo, pull: Pull, httpserver: HTTPServer, mark: str) -> None:
    items = [contact(mark, number) for number in range(6)]
    items[1]["name"] = None  # a contact must have a name: Odoo's own rule
    items[3]["name"] = f"{mark} NUL \x00"
    items[4]["country"] = "no such"
    httpserver.expect_request("/contacts").respond_with_json(items)
    done = run(pull())
    assert (done.state, done.tally["created"], done.tally["failed"]) == ("done", 3, 3), done.failures
    assert sorted(one["item"] for one in done.failures) == [f"{mark}-1", f"{mark}-3", f"{mark}-4"]
    assert all(one["reason"] for one in done.failures)
    refs = odoo.search_read("res.partner", [("ref", "=like", f"{mark}-%")], ["ref"], order="ref")
    assert [one["ref"] for one in refs] == [f"{mark}-{number}" for number in (0, 2, 5)]


def test_a_key_that_cannot_be_searched_for_stops_no_other(
    odoo: Odoo, pull: Pull, httpserver: HTTPServer, mark: str
) -> None:
    items = [contact(mark, number) for number in range(3)]
    items[1]["id"] = f"{mark}\x00"
    httpserver.expect_request("/contacts").respond_with_json(items)
    done = run(pull())
    assert (done.state, done.tally["created"], done.tally["failed"]) == ("done", 2, 1), done.failures


def test_a_page_that_is_pulled_again_after_a_death_makes_no_second_record(
    odoo: Odoo, pull: Pull, httpserver: HTTPServer, mark: str
) -> None:
    httpserver.expect_request("/contacts").respond_with_json([contact(mark, number) for number in range(120)])
    started = runs.start(pull())
    runs.work(budget=0)
    before = Run.objects.filter(pk=started.pk).values().get()
    assert json.loads(before["position"])["item"] == 100
    runs.work()
    # What the row was when the worker died that had written the rest already.
    Run.objects.filter(pk=started.pk).update(**(before | {"due_at": timezone.now()}))
    runs.work()
    started.refresh_from_db()
    assert (started.state, started.tally["created"], started.tally["unchanged"]) == ("done", 100, 20)
    assert odoo.count("res.partner", [("ref", "=like", f"{mark}-%")]) == 120


def test_times_lists_and_lines_come_in_too(odoo: Odoo, pull: Pull, httpserver: HTTPServer, mark: str) -> None:
    (product,) = odoo.search("product.product", [("sale_ok", "=", True)], limit=1)
    (partner,) = odoo.search("res.partner", [], limit=1)
    rows = [("client_order_ref", "number"), ("partner_id", "customer"), ("date_order", "at")]
    configuration = pull(rows=rows, model="sale.order", match_keys="number")
    for field, key, kind in (
        ("order_line", "lines", "records"),
        ("order_line.product_id", "lines[].product", "plain"),
        ("order_line.product_uom_qty", "lines[].quantity", "plain"),
    ):
        FieldMapping.objects.create(configuration=configuration, odoo_field=field, external_key=key, kind=kind)
    order = {"number": mark, "customer": partner, "at": "2026-01-15T10:30:00+02:00"}
    order["lines"] = [{"product": product, "quantity": "2.5"}]
    httpserver.expect_request("/contacts").respond_with_json([order])
    done = run(configuration)
    assert (done.state, done.tally["created"]) == ("done", 1), done.failures
    (record,) = odoo.search_read("sale.order", [("client_order_ref", "=", mark)], ["date_order", "order_line"])
    try:
        assert record["date_order"] == "2026-01-15 08:30:00"
        (line,) = odoo.read("sale.order.line", record["order_line"], ["product_uom_qty"])
        assert line["product_uom_qty"] == 2.5
    finally:
        odoo.unlink("sale.order", [record["id"]])
