"""What the hub refuses by itself: told as documented, and Odoo hears nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from rest_framework.test import APIClient

from hub.odoo.connect import register, unregister
from hub.odoo.connection import Context
from hub.odoo.embedded import EmbeddedOdoo
from hub.odoo.embedded.session import Session
from syncconfig import plans
from syncconfig.models import Configuration, OdooConnection
from tests.conftest import Make

pytestmark = pytest.mark.django_db
URL = "/api/sync/v1/res.partner"


class CountedOdoo(EmbeddedOdoo):
    """A transport like the embedded Odoo, which notes each call: whether it might write."""

    transport: ClassVar[str] = "counted"
    label: ClassVar[str] = "Counted"
    calls: ClassVar[list[bool]] = []

    @contextmanager
    def session(self, context: Context | None = None, *, write: bool = False) -> Iterator[Session]:
        self.calls.append(write)
        with super().session(context, write=write) as session:
            yield session


@pytest.fixture
def connection(db: None, odoo_file: Path) -> Iterator[OdooConnection]:
    """A connection by that transport."""
    CountedOdoo.calls.clear()
    register(CountedOdoo)
    yield OdooConnection.objects.create(code="main", name="Counted", transport="counted", url=str(odoo_file))
    unregister(CountedOdoo)


@pytest.fixture
def people(make: Make, api: APIClient) -> Configuration:
    """Partners; the hub has met their fields already."""
    rows: list[Any] = [
        ("name", "full_name", {"required": True}),
        ("type", "kind"),
        ("lang", "lang"),
        ("color", "color"),
        ("is_company", "is_company"),
        ("country_id", "country"),
        ("category_id", "tags"),
        ("image_1920", "photo"),
        ("partner_latitude", "latitude"),
        ("state_id", "region", {"kind": "table", "detail": "1 = north; 2 = south"}),
        ("create_date", "since", {"direction": "out"}),
        ("comment", "comment"),
        ("complete_name", "complete"),
        ("child_ids", "children"),
    ]
    made = make("people", rows, request_type="in", methods=["GET", "POST", "PUT", "PATCH"])
    assert (
        api.post(URL, {"data": {"full_name": "Ada", "tags": [[0, 0, {"name": "x"}]]}}, format="json").status_code == 201
    )
    CountedOdoo.calls.clear()
    return made


REFUSED: list[tuple[dict[str, Any], str, Any, str]] = [
    ({"full_name": 5}, "full_name", 5, "type"),
    ({"full_name": ""}, "full_name", "", "required"),
    ({"full_name": None}, "full_name", None, "required"),
    ({"full_name": "x" * 9_000_000}, "full_name", "x" * 100 + "…", "length"),
    ({"kind": "warehouse"}, "kind", "warehouse", "selection"),
    ({"color": "7"}, "color", "7", "type"),
    ({"color": 2**40}, "color", 2**40, "range"),
    ({"color": 1.5}, "color", 1.5, "type"),
    ({"is_company": "true"}, "is_company", "true", "type"),
    ({"country": "Germany"}, "country", "Germany", "type"),
    ({"tags": "1,2"}, "tags", "1,2", "type"),
    ({"tags": [[0, 0, {"nme": "x"}]]}, "tags[0].nme", "x", "unknown_field"),
    ({"photo": "no base64!"}, "photo", "no base64!", "format"),
    ({"latitude": "52"}, "latitude", "52", "type"),
    ({"region": "west"}, "region", "west", "table"),
    ({"since": "2026-01-01"}, "since", "2026-01-01", "read_only"),
    ({"fullname": "Ada"}, "fullname", "Ada", "unknown_field"),
    ({"create_date": "2026-01-01"}, "create_date", "2026-01-01", "read_only"),
    ({"write_uid": 1}, "write_uid", 1, "read_only"),
    ({"complete": "Ada"}, "complete", "Ada", "read_only"),
    ({"full_name": {"first": "Ada"}}, "full_name", {"first": "Ada"}, "type"),
    ({"full_name": ["Ada"]}, "full_name", ["Ada"], "type"),
    ({"tags": [[0, 0]]}, "tags[0]", [0, 0], "command"),
    ({"tags": [[5], [9, 0, 0]]}, "tags[1]", 9, "command"),
    ({"children": [[0, 0, {"name": 5}]]}, "children[0].name", 5, "type"),
    ({"children": {"name": "Ada"}}, "children", {"name": "Ada"}, "type"),
    ({"id": 5}, "id", 5, "read_only"),
]


@pytest.mark.parametrize(("data", "field", "value", "constraint"), REFUSED, ids=lambda one: str(one)[:30])
def test_a_create_that_the_hub_refuses_never_reaches_odoo(
    api: APIClient, people: Configuration, data: dict[str, Any], field: str, value: Any, constraint: str
) -> None:
    answer = api.post(URL, {"data": {"full_name": "Ada", **data}}, format="json")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "VALIDATION_ERROR")
    assert error["details"] == {"field": field, "value": value, "constraint": constraint}
    assert f"`{field}`" in error["message"]
    assert len(error["message"]) < 500
    assert CountedOdoo.calls == []


@pytest.mark.parametrize(("data", "field", "value", "constraint"), REFUSED, ids=lambda one: str(one)[:30])
def test_an_update_that_the_hub_refuses_writes_nothing(
    api: APIClient, people: Configuration, data: dict[str, Any], field: str, value: Any, constraint: str
) -> None:
    answer = api.patch(f"{URL}/1", {"data": data}, format="json")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"] == {"field": field, "value": value, "constraint": constraint}
    assert CountedOdoo.calls in ([], [False])  # whether the record exists


def test_a_missing_required_field_never_reaches_odoo(api: APIClient, people: Configuration) -> None:
    answer = api.post(URL, {"data": {"color": 1}}, format="json")
    assert answer.json()["error"]["details"] == {"field": "full_name", "value": None, "constraint": "required"}
    assert CountedOdoo.calls == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"fullname": "Ada"}, "Did you mean `full_name`?"),
        ({"kind": "invoic"}, "did you mean invoice?"),
        ({"tags": [[0, 0, {"nam": "x"}]]}, "Did you mean `name`?"),
        ({"photo": "data:image/png;base64,aGVsbG8="}, "Leave out all up to the comma."),
    ],
)
def test_a_slip_is_answered_with_what_was_probably_meant(
    api: APIClient, people: Configuration, data: dict[str, Any], told: str
) -> None:
    answer = api.post(URL, {"data": {"full_name": "Ada", **data}}, format="json")
    assert told in answer.json()["error"]["message"]


def test_a_wrong_operation_of_a_batch_never_reaches_odoo(api: APIClient, people: Configuration) -> None:
    operations = [
        {"method": "create", "data": {"full_name": "Ada"}},
        {"method": "create", "data": {"full_name": "Bob", "kind": "warehouse"}},
    ]
    body = {"operations": operations, "options": {"transaction": True}}
    answer = api.post(f"{URL}/batch", body, format="json")
    details = answer.json()["error"]["details"]
    assert details == {"index": 1, "field": "kind", "value": "warehouse", "constraint": "selection"}
    assert CountedOdoo.calls == []


def test_a_wrong_address_or_query_never_reaches_odoo(api: APIClient, people: Configuration) -> None:
    for query in ("limit=x", "limt=1", "expand=kind", "order=nme", "fields=nme", 'domain=[["x", "=", 1]]'):
        assert api.get(f"{URL}/search?{query}").status_code == 400
    assert api.put(f"{URL}/1/full_name/content", b"x", content_type="text/plain").status_code == 400
    assert api.put(f"{URL}/1/photo/content", b"", content_type="image/png").status_code == 400
    assert CountedOdoo.calls == []


def test_skip_validation_leaves_it_to_odoo(api: APIClient, people: Configuration) -> None:
    body = {"data": {"full_name": "Ada", "kind": "warehouse"}, "options": {"skip_validation": True}}
    error = api.post(URL, body, format="json").json()["error"]
    assert (error["code"], error["details"]["field"]) == ("VALIDATION_ERROR", "kind")
    assert True in CountedOdoo.calls


def test_a_currency_that_this_odoo_has_not_switched_on_is_told(api: APIClient, make: Make) -> None:
    rows: list[Any] = [("name", "name"), ("currency_id", "currency", {"kind": "lookup", "detail": "name"})]
    make("lists", rows, model="res.company", request_type="in", methods=["GET", "PUT"])
    answer = api.put("/api/sync/v1/res.company/1", {"data": {"currency": "XXX"}}, format="json")
    error = answer.json()["error"]
    assert (answer.status_code, error["details"]) == (
        400, {"field": "currency", "value": "XXX", "constraint": "lookup"},
    )  # fmt: skip
    assert "switched on in Odoo" in error["message"]
    assert True not in CountedOdoo.calls


def test_the_transport_is_found_by_its_name(connection: OdooConnection) -> None:
    assert isinstance(plans.odoo_of(connection), CountedOdoo)
