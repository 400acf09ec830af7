"""Both directions on a real Odoo, by both transports: what passes only on the embedded one does not count."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.http.client import Client
from hub.odoo.connection import Odoo
from syncconfig import checking, demo, drain, findings, hearing, listening, plans, runs, sources
from syncconfig.models import ApiClient, ChangeCursor, Configuration, Delivery, OdooConnection
from syncconfig.validators import egress_policy
from tests import real_odoo
from tests.acceptance.running import until

pytestmark = [pytest.mark.django_db, pytest.mark.odoo]
URL = "/api/sync/v1/res.partner"


@pytest.fixture(params=["jsonrpc", "json2"])
def connection(request: pytest.FixtureRequest, db: None) -> OdooConnection:
    """The real Odoo, by each transport."""
    place = real_odoo.place()
    return OdooConnection.objects.create(
        code="real",
        name="Real Odoo",
        transport=request.param,
        url=place["url"],
        database=place["database"],
        login=place["login"],
        api_key=place["api_key"],
    )


@pytest.fixture
def demo_configurations(connection: OdooConnection, httpserver: HTTPServer) -> None:
    """The demo's own configurations, on that Odoo."""
    demo.configure(connection)
    for code in ("customers", "products"):
        Configuration.objects.filter(code=f"{code}-out").update(url=httpserver.url_for(f"/{code}"))
        httpserver.expect_request(f"/{code}").respond_with_json({}, status=201)


@pytest.fixture
def api(demo_configurations: None) -> APIClient:
    """A caller that may use them."""
    client = APIClient()
    client.credentials(
        HTTP_AUTHORIZATION=f"Bearer {ApiClient.objects.create(name='Shop', all_configurations=True).issue_token()}"
    )
    return client


@pytest.fixture
def odoo(connection: OdooConnection) -> Iterator[Odoo]:
    """The Odoo itself; what a test made there is removed."""
    odoo = plans.odoo_of(connection)
    before = odoo.search("res.partner", [], order="id desc", limit=1, context={"active_test": False})[0]
    yield odoo
    kept = [one["partner_id"][0] for one in odoo.search_read("res.company", [], ["partner_id"])]  # of a new company
    made = odoo.search("res.partner", [("id", ">", before), ("id", "not in", kept)], context={"active_test": False})
    odoo.unlink("res.partner", made)


def test_a_customer_goes_in_is_changed_searched_archived_and_deleted(api: APIClient, odoo: Odoo) -> None:
    name = f"Hub {uuid.uuid4()}"
    body = {"data": {"name": name, "email": "test@example.com"}, "options": {"return_fields": ["name", "create_date"]}}
    created = api.post(URL, body, format="json")
    assert created.status_code == 201, created.content
    record_id = created.json()["id"]
    assert created.json()["data"]["create_date"].endswith("Z")

    (country,) = odoo.search("res.country", [("code", "=", "US")])
    change = {"data": {"phone": "+1 555 0100", "country_id": {"id": country, "name": "United States"}}}
    updated = api.put(f"{URL}/{record_id}", change, format="json").json()
    assert updated["updated_fields"] == ["phone", "country_id"]

    found = api.get(f"{URL}/search", {"domain": f'[["name","=","{name}"]]'}).json()
    assert (found["count"], found["records"][0]["country_id"]) == (1, country)

    archived = api.delete(f"{URL}/{record_id}", {"options": {"archive_instead": True}}, format="json")
    assert archived.json()["message"] == "Record archived successfully"
    assert api.get(f"{URL}/search", {"domain": f'[["name","=","{name}"]]'}).json()["count"] == 0
    assert api.delete(f"{URL}/{record_id}").json()["message"] == "Record deleted successfully"
    assert api.get(f"{URL}/{record_id}").status_code == 404


def test_products_are_searched_by_their_stock(api: APIClient) -> None:
    answer = api.get(
        "/api/sync/v1/product.product/search",
        {"domain": '[["qty_available",">",0]]', "fields": "name,default_code,list_price"},
    ).json()
    assert answer["count"] > 0
    assert set(answer["records"][0]) == {"id", "name", "default_code", "list_price"}


@pytest.mark.parametrize(
    ("data", "status", "field"),
    [
        ({"email": "a@example.com"}, 400, "name"),
        ({"name": "x", "mobile": "1"}, 400, "mobile"),
        ({"name": "x", "country_id": 99_999_999}, 400, None),
    ],
)
def test_what_odoo_or_the_hub_refuses_comes_back_in_the_envelope(
    api: APIClient, odoo: Odoo, data: dict[str, Any], status: int, field: str | None
) -> None:
    answer = api.post(URL, {"data": data}, format="json")
    assert answer.status_code == status, answer.content
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    assert "Traceback" not in answer.content.decode()
    if field is not None:
        assert error["details"]["field"] == field


def test_a_change_in_odoo_is_heard_and_pushed_with_its_fields_renamed(
    api: APIClient, odoo: Odoo, httpserver: HTTPServer
) -> None:
    listening.listen_due()
    name = f"Hub {uuid.uuid4()}"
    (country,) = odoo.search("res.country", [("code", "=", "DE")])
    (record_id,) = odoo.create("res.partner", [{"name": name, "country_id": country}])

    def heard() -> bool:
        ChangeCursor.objects.update(listened_at=None)
        listening.listen_due()
        return Delivery.objects.filter(record_id=record_id).exists()

    until(heard, "the change")  # the last two seconds are left for the next look
    drain.drain(Client(egress_policy()), threads=2)
    delivery = Delivery.objects.get(record_id=record_id)
    assert (delivery.event, delivery.state) == ("create", "done")
    bodies = [request.get_json() for request, _ in httpserver.log]
    (pushed,) = [body for body in bodies if body["external_id"] == record_id]
    assert (pushed["full_name"], pushed["address"]["country"]) == (name, "DE")
    row = ApiLog.objects.get(delivery_id=delivery.pk)
    assert (row.state, row.response_status) == ("ok", 201)


def test_products_go_out_in_batches(demo_configurations: None, httpserver: HTTPServer) -> None:
    runs.start(Configuration.objects.get(code="products-out"))
    runs.work()
    drain.drain(Client(egress_policy()), threads=2)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}
    sizes = sorted(len(request.get_json()) for request, _ in httpserver.log)
    assert sizes[-1] == 20
    assert set(httpserver.log[0][0].get_json()[0]) == {"sku", "title", "price", "stock", "ean"}


def test_test_connection_tells_the_version(connection: OdooConnection) -> None:
    assert checking.check(connection) is True
    assert "19" in connection.check_message


def test_a_wrong_key_is_told_without_showing_it(connection: OdooConnection) -> None:
    connection.api_key = "canary-key-that-is-wrong"
    assert checking.check(connection) is False
    assert "canary" not in connection.check_message


def test_what_waits_from_another_database_is_not_sent_with_this_ones_records(
    demo_configurations: None, connection: OdooConnection, httpserver: HTTPServer
) -> None:
    configuration = Configuration.objects.get(code="customers-out")
    present = plans.database_of(connection)
    assert present.startswith(f"{connection.database} on ")
    for database in ("embedded Odoo 0123456789ab", present):
        Delivery.objects.create(
            configuration=configuration, event="manual", model="res.partner", record_ids=[1], record_id=1,
            database=database,
        )  # fmt: skip
    drain.drain(Client(egress_policy()), threads=2)
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == ["held", "done"]
    assert len(httpserver.log) == 1


def test_an_outbox_inside_of_odoo_is_set_up_heard_and_removed(
    connection: OdooConnection, odoo: Odoo, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/gone").respond_with_json({})
    configuration = Configuration.objects.create(
        code="gone", name="Gone", connection=connection, model="res.partner", methods=["POST"],
        url=httpserver.url_for("/gone"), on_create=True, on_update=True, on_delete=True,
    )  # fmt: skip
    configuration.mappings.create(odoo_field="name", external_key="name")
    listening.begin()
    (before,) = odoo.create("res.partner", [{"name": "Made before"}])
    try:
        assert "res.partner" in hearing.set_up(connection)
        assert "whole" in hearing.check(connection)
        (record_id,) = odoo.create("res.partner", [{"name": "Hub inside"}])
        odoo.write("res.partner", [before], {"city": "Ulm"})
        heard()
        drain.drain(Client(egress_policy(), pool_size=2), threads=2)
        odoo.unlink("res.partner", [record_id])
        heard()
    finally:
        name = sources.outbox_of(connection)
        told = hearing.remove(connection)
    assert "removed" in told
    events = Delivery.objects.order_by("id").values_list("event", "record_id")
    assert ("create", record_id) in events
    assert ("create", before) in events  # with which the update, not sent yet, goes
    assert ("delete", record_id) in events
    gone = Delivery.objects.get(event="delete")
    assert gone.values["name"] == "Hub inside"
    drain.drain(Client(egress_policy(), pool_size=2), threads=2)
    assert "Hub inside" in [request.get_json()["name"] for request, _ in httpserver.log]
    assert ChangeCursor.objects.get().source == "polling"
    assert odoo.count("ir.model", [("model", "=", name)]) == 0
    assert "asked every few seconds" in hearing.check(connection)


def test_an_outbox_that_is_switched_off_in_odoo_is_noticed_and_nothing_is_lost(
    connection: OdooConnection, odoo: Odoo, httpserver: HTTPServer, admin_client: Browser
) -> None:
    configuration = Configuration.objects.create(
        code="cut", name="Cut", connection=connection, model="res.partner.category", methods=["POST"],
        url=httpserver.url_for("/cut"), on_create=True, on_update=True, on_delete=True,
    )  # fmt: skip
    configuration.mappings.create(odoo_field="name", external_key="name")
    listening.begin()
    mark = f"Hub {uuid.uuid4()}"
    old, other = odoo.create(configuration.model, [{"name": f"{mark} {one}"} for one in ("old", "other")])

    def told() -> list[tuple[str, int]]:
        heard()
        events = list(Delivery.objects.filter(finished_at=None).order_by("id").values_list("event", "record_id"))
        Delivery.objects.filter(finished_at=None).update(finished_at=timezone.now(), state=Delivery.State.DONE)
        return [(event, record) for event, record in events if record in (old, other)]

    def a_minute_later() -> None:
        cursor = ChangeCursor.objects.get(model=configuration.model)
        cursor.position["checked"] = (timezone.now() - timedelta(seconds=61)).isoformat()
        cursor.save()

    try:
        hearing.set_up(connection)
        told()
        name = sources.outbox_of(connection)
        rule = odoo.search("base.automation", [("name", "=", f"{name}: {configuration.model} on_write")])
        odoo.write("base.automation", rule, {"active": False})
        odoo.write(configuration.model, [old], {"name": f"{mark} unheard"})
        assert told() == []
        a_minute_later()
        until(lambda: old in [record for _, record in told()], "what the outbox did not tell")
        (finding,) = [one for one in findings.look() if one.kind == "hearing"]
        assert configuration.model in finding.what
        page = admin_client.get(reverse("admin:syncconfig_odooconnection_change", args=[connection.pk]))
        assert "The outbox in Odoo was changed or removed" in page.content.decode()
        odoo.write(configuration.model, [old], {"name": f"{mark} asked for"})
        hearing.set_up(connection)
        assert told() == [("update", old)]
        assert ChangeCursor.objects.get(model=configuration.model).source == sources.INSIDE
        odoo.write(configuration.model, [other], {"name": f"{mark} heard again"})
        assert told() == [("update", other)]
        assert [one for one in findings.look() if one.kind == "hearing"] == []
    finally:
        hearing.remove(connection)
        odoo.unlink(configuration.model, [old, other])


def heard() -> None:
    """Listen to all that is watched."""
    for one in listening.watched():
        listening.listen(one)


def test_a_clients_calls_work_in_its_own_company(api: APIClient, odoo: Odoo) -> None:
    name = "Hub contract company"
    own = int(odoo.read("res.users", [odoo.user_id()], ["company_id"])[0]["company_id"][0])
    found = odoo.search("res.company", [("name", "=", name)])
    other = found[0] if found else odoo.create("res.company", [{"name": name}])[0]
    label = f"Hub {uuid.uuid4()}"
    ours, theirs = odoo.create("res.partner", [{"name": label, "company_id": company} for company in (own, other)])

    def seen() -> list[int]:
        answer = api.get(f"{URL}/search", {"domain": f'[["name", "=", "{label}"]]'})
        return [row["id"] for row in answer.json()["records"]]

    ApiClient.objects.update(company_id=own)
    assert seen() == [ours]
    ApiClient.objects.update(company_id=other)
    assert seen() == [theirs]
    assert api.delete(f"{URL}/{ours}").status_code in (403, 404)
    assert api.get(f"{URL}/{ours}").status_code == 404
    Configuration.objects.get(code="customers-in").mappings.create(
        odoo_field="parent_id", external_key="of", position=90
    )
    spied = api.post(URL, {"data": {"name": label, "of": ours}, "options": {"return_fields": ["of"]}}, format="json")
    details = spied.json()["error"]["details"]
    assert (details["field"], details["constraint"]) == ("of", "exists")
    assert odoo.count("res.partner", [("parent_id", "=", ours)]) == 0
    ApiClient.objects.update(company_id=2_000_000)
    assert api.get(f"{URL}/search").status_code == 403
    odoo.unlink("res.partner", [ours, theirs], context={"allowed_company_ids": [own, other]})


def test_the_address_takes_values_of_the_record_and_an_id_of_the_answer_goes_back(
    demo_configurations: None, odoo: Odoo, httpserver: HTTPServer
) -> None:
    (record_id,) = odoo.create("res.partner", [{"name": "Ann", "ref": "A 1/2"}])
    out = Configuration.objects.get(code="customers-out")
    out.url, out.methods, out.domain = httpserver.url_for("/partners/{{ ref }}"), ["PUT"], ""
    out.save()
    out.answers.create(path="data.id", odoo_field="barcode")
    httpserver.expect_request("/partners/A 1/2", method="PUT").respond_with_json({"data": {"id": 815}})
    runs.send_now(out, [record_id])
    drain.drain(Client(egress_policy(), pool_size=1), threads=1)
    assert Delivery.objects.get().state == "done"
    assert odoo.read("res.partner", [record_id], ["barcode"])[0]["barcode"] == "815"
