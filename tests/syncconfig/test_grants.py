"""What a client may do: with which configurations, by which methods, from which networks, in which company."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apilog.models import ApiLog
from hub.odoo.connection import Odoo
from syncconfig.models import ApiClient, Configuration, Grant, OdooConnection
from tests.conftest import Make

pytestmark = pytest.mark.django_db
INDEX = "/api/sync/v1/"
URL = f"{INDEX}res.partner"
PRODUCTS = f"{INDEX}product.product"


@pytest.fixture
def shop(db: None) -> ApiClient:
    """A client that may use nothing yet."""
    return ApiClient.objects.create(name="Web shop")


@pytest.fixture
def caller(shop: ApiClient) -> APIClient:
    """It, calling."""
    caller = APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {shop.issue_token()}")
    return caller


def error(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def grant(shop: ApiClient, configuration: Configuration, *methods: str) -> Grant:
    return Grant.objects.create(client=shop, configuration=configuration, methods=list(methods))


def test_a_client_does_what_it_was_given_and_is_refused_the_rest(
    caller: APIClient, shop: ApiClient, customers_in: Configuration, odoo: Odoo
) -> None:
    grant(shop, customers_in, "GET", "POST")
    made = caller.post(URL, {"data": {"name": "Ada"}}, format="json")
    assert made.status_code == 201
    address = f"{URL}/{made.json()['id']}"
    assert caller.get(address).status_code == 200
    assert caller.get(URL).status_code == caller.get(f"{URL}/search").status_code == 200
    for method in ("put", "patch", "delete"):
        answer = getattr(caller, method)(address, {"data": {"name": "Eve"}}, format="json")
        assert error(answer) == (403, "PERMISSION_DENIED")
        assert "you were given GET, POST" in answer.json()["error"]["message"]
    assert odoo.search("res.partner", [("name", "=", "Ada")]) == [made.json()["id"]]
    assert caller.get(INDEX).json()["resources"][0]["methods"] == ["GET", "POST"]


def test_what_the_configuration_does_not_offer_is_a_405_whatever_was_given(
    caller: APIClient, shop: ApiClient, customers_in: Configuration
) -> None:
    grant(shop, customers_in, "GET", "DELETE")
    Configuration.objects.update(methods=["GET", "POST"])
    assert error(caller.delete(f"{URL}/1")) == (405, "METHOD_NOT_ALLOWED")
    assert caller.get(INDEX).json()["resources"][0]["methods"] == ["GET"]


def test_a_client_that_may_use_all_may_be_kept_to_reading(
    caller: APIClient, shop: ApiClient, customers_in: Configuration
) -> None:
    ApiClient.objects.update(all_configurations=True, methods=["GET"])
    assert caller.get(URL).status_code == 200
    assert error(caller.post(URL, {"data": {"name": "x"}}, format="json")) == (403, "PERMISSION_DENIED")


def test_a_configuration_that_was_not_given_is_a_403_and_one_that_is_not_there_a_404(
    caller: APIClient, shop: ApiClient, customers_in: Configuration, make: Make
) -> None:
    grant(shop, customers_in, "GET")
    make("products-in", [("name", "name")], model="product.product", request_type="in", methods=["GET", "POST"])
    assert error(caller.get(PRODUCTS)) == (403, "PERMISSION_DENIED")
    assert error(caller.post(f"{INDEX}in/products-in", {"name": "x"}, format="json")) == (403, "PERMISSION_DENIED")
    assert error(caller.get(f"{INDEX}no.such.model")) == (404, "NOT_FOUND")
    assert error(caller.post(f"{INDEX}in/nothing", {"name": "x"}, format="json")) == (404, "NOT_FOUND")


def test_of_several_configurations_the_first_that_the_client_may_use_for_the_method_answers(
    caller: APIClient, shop: ApiClient, customers_in: Configuration, make: Make
) -> None:
    grant(shop, customers_in, "GET")
    other = make("shop-in", [("name", "name")], request_type="in", methods=["GET", "POST"])
    grant(shop, other, "GET", "POST")
    caller.get(URL)
    caller.post(URL, {"data": {"name": "x"}}, format="json")
    assert [row.configuration_code for row in ApiLog.objects.order_by("id")] == ["customers-in", "shop-in"]
    refused = caller.post(URL, {"data": {"name": "x"}}, format="json", headers={"X-Sync-Config": "customers-in"})
    assert error(refused) == (403, "PERMISSION_DENIED")


def test_a_batch_carries_out_what_was_given_and_refuses_the_other_operations(
    caller: APIClient, shop: ApiClient, customers_in: Configuration, odoo: Odoo
) -> None:
    grant(shop, customers_in, "POST")
    (record_id,) = odoo.create("res.partner", [{"name": "Kept"}])
    operations = [{"method": "create", "data": {"name": "New"}}, {"method": "delete", "id": record_id}]
    answer = caller.post(f"{URL}/batch", {"operations": operations}, format="json")
    assert answer.status_code == 207
    made, refused = answer.json()["results"]
    assert made["success"] is True
    assert refused["error"]["code"] == "PERMISSION_DENIED"
    assert odoo.search("res.partner", [("id", "=", record_id)]) == [record_id]
    whole = {"operations": operations, "options": {"transaction": True}}
    assert error(caller.post(f"{URL}/batch", whole, format="json")) == (403, "PERMISSION_DENIED")


def test_who_may_create_but_not_update_updates_nothing_by_a_create_that_finds_its_record(
    caller: APIClient, shop: ApiClient, customers_in: Configuration, odoo: Odoo
) -> None:
    Configuration.objects.update(match_keys="email")
    given = grant(shop, customers_in, "POST")
    (record_id,) = odoo.create("res.partner", [{"name": "Ada", "email": "ada@example.com"}])
    body = {"data": {"name": "Eve", "email": "ada@example.com"}}
    answer = caller.post(URL, body, format="json")
    assert error(answer) == (403, "PERMISSION_DENIED")
    assert odoo.read("res.partner", [record_id], ["name"])[0]["name"] == "Ada"
    given.methods = ["POST", "PUT", "PATCH"]
    given.save()
    assert caller.post(URL, body, format="json").status_code == 200


def test_a_grant_names_known_methods_and_an_in_configuration(
    shop: ApiClient, customers_in: Configuration, customers_out: Configuration
) -> None:
    for methods in ([], ["GET", "TRACE"], "GET", [["GET"]]):
        with pytest.raises(ValidationError, match="methods"):
            Grant(client=shop, configuration=customers_in, methods=methods).full_clean()
    with pytest.raises(ValidationError, match="may run an Out configuration"):
        Grant(client=shop, configuration=customers_out).full_clean()


# Networks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "status"),
    [("203.0.113.7", 200), ("10.1.2.3", 200), ("2001:db8::9", 200), ("::ffff:10.1.2.3", 200), ("198.51.100.1", 403),
     ("2001:db9::9", 403)],
)  # fmt: skip
def test_a_client_calls_from_its_networks_alone(
    caller: APIClient, shop: ApiClient, customers_in: Configuration, address: str, status: int
) -> None:
    grant(shop, customers_in, "GET")
    ApiClient.objects.update(networks="203.0.113.7, 10.0.0.0/8\n2001:db8::/32")
    answer = caller.get(URL, REMOTE_ADDR=address)
    assert answer.status_code == status
    row = ApiLog.objects.latest("id")
    assert (row.client, row.response_status) == ("Web shop", status)
    if status == 403:
        assert address in answer.json()["error"]["message"]


def test_the_address_behind_a_proxy_counts_and_a_spoofed_one_does_not(
    caller: APIClient, shop: ApiClient, settings: Settings
) -> None:
    ApiClient.objects.update(networks="203.0.113.7")
    settings.HUB_TRUSTED_PROXIES = ["10.0.0.0/8"]

    def status(peer: str, forwarded: str) -> int:
        return caller.get(INDEX, REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded}).status_code

    assert status("10.0.0.1", "203.0.113.7") == 200
    assert status("10.0.0.1", "198.51.100.1") == 403
    assert status("10.0.0.1", "203.0.113.7, 198.51.100.1") == 403
    assert status("198.51.100.1", "203.0.113.7") == 403


def test_networks_are_checked_when_they_are_saved(shop: ApiClient) -> None:
    shop.networks = "203.0.113.7, 10.0.0.5/8"
    with pytest.raises(ValidationError, match="write 10.0.0.0/8"):
        shop.full_clean()


# Company ----------------------------------------------------------------------------------------------


def test_all_calls_of_a_client_work_in_its_company(
    caller: APIClient, shop: ApiClient, customers_in: Configuration, odoo: Odoo, connection: OdooConnection
) -> None:
    grant(shop, customers_in, "GET", "POST", "DELETE")
    own = int(odoo.read("res.users", [odoo.user_id()], ["company_id"])[0]["company_id"][0])
    (other,) = odoo.create("res.company", [{"name": "Branch"}])
    ours, theirs, shared = odoo.create(
        "res.partner", [{"name": "Co Test", "company_id": company} for company in (own, other, False)]
    )

    def seen() -> list[int]:
        domain = '[["name", "=", "Co Test"]]'
        return sorted(row["id"] for row in caller.get(f"{URL}/search", {"domain": domain}).json()["records"])

    assert seen() == [ours, theirs, shared]
    ApiClient.objects.update(company_id=other)
    assert seen() == [theirs, shared]
    assert error(caller.delete(f"{URL}/{ours}")) in ((403, "PERMISSION_DENIED"), (404, "NOT_FOUND"))
    assert odoo.search("res.partner", [("id", "=", ours)]) == [ours]
    OdooConnection.objects.update(company_id=own)
    assert seen() == [theirs, shared]
    ApiClient.objects.update(company_id=None)
    assert seen() == [ours, shared]


def test_a_client_of_one_company_links_to_nothing_of_another(
    caller: APIClient, shop: ApiClient, customers_in: Configuration, odoo: Odoo
) -> None:
    grant(shop, customers_in, "GET", "POST", "PATCH")
    for position, name in enumerate(("parent_id", "child_ids"), start=90):
        customers_in.mappings.create(odoo_field=name, external_key=name, position=position)
    own = int(odoo.read("res.users", [odoo.user_id()], ["company_id"])[0]["company_id"][0])
    (other,) = odoo.create("res.company", [{"name": "Branch"}])
    theirs, shared = odoo.create("res.partner", [{"name": "Co Test", "company_id": one} for one in (own, False)])
    ApiClient.objects.update(company_id=other)

    def made(**data: Any) -> Any:
        return caller.post(URL, {"data": {"name": "Spy", **data}}, format="json").json()

    for sent in ({"parent_id": theirs}, {"parent_id": {"id": theirs}}):
        details = made(**sent)["error"]["details"]
        assert (details["field"], details["constraint"], details["value"]) == ("parent_id", "exists", theirs)
    company = made(child_ids=[[0, 0, {"name": "x", "company_id": own}]])
    assert company["success"] is False
    spy = made(parent_id=shared)["id"]
    assert error(caller.patch(f"{URL}/{spy}", {"data": {"parent_id": theirs}}, format="json"))[0] == 400
    assert caller.get(f"{URL}/{theirs}").status_code == 404
    operations = [{"method": "create", "data": {"name": f"Spy {one}", "parent_id": one}} for one in (theirs, shared)]
    body = {"operations": operations, "options": {"continue_on_error": True}}
    results = caller.post(f"{URL}/batch", body, format="json").json()["results"]
    assert [one["success"] for one in results] == [False, True]
    assert odoo.count("res.partner", [("parent_id", "=", theirs)]) == 0
