"""What a webhook sends is bounded by what its owner may see at that moment: its company, its fields, its rights."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from pytest_httpserver import HTTPServer
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig import endpoints, listening, preview, replaying
from syncconfig.models import ApiClient, ChangeCursor, Configuration, Delivery, OdooConnection
from tests.conftest import Make
from tests.webhooks.test_subscriptions import (
    SUBSCRIBE,
    WEBHOOKS,
    api,
    client,
    heard,
    hook,
    partners,
    register,
    registration,
    subscription,
)
from webhooks.models import Subscription

pytestmark = pytest.mark.django_db
__all__ = ["api", "client", "hook", "partners"]
URL = "/api/sync/v1/res.partner"
ALL = {"fields": [], "conditions": []}


@pytest.fixture
def own(odoo: Odoo) -> int:
    """The company of the hub's user."""
    return int(odoo.read("res.users", [odoo.user_id()], ["company_id"])[0]["company_id"][0])


@pytest.fixture
def other(odoo: Odoo) -> int:
    """Another company, of which the hub's user sees everything too."""
    return odoo.create("res.company", [{"name": "Branch"}])[0]


@pytest.fixture
def bound(client: ApiClient, own: int) -> ApiClient:
    """The client, which works in the first company."""
    client.company_id = own
    client.save()
    return client


def contact(odoo: Odoo, name: str, company: int | bool = False, **values: Any) -> int:
    return odoo.create("res.partner", [{"name": name, "company_id": company, **values}])[0]


def states() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


# Company ----------------------------------------------------------------------------------------------


def test_nothing_is_told_of_another_companys_records(
    api: APIClient, bound: ApiClient, own: int, other: int, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, **ALL))
    register(api, subscription(hook, events=["record.created", "record.updated", "record.deleted"]), SUBSCRIBE)
    theirs = contact(odoo, "Theirs", other, customer_rank=1)
    assert api.get(f"{URL}/{theirs}").status_code == 404
    assert heard(httpserver) == []
    odoo.write("res.partner", [theirs], {"email": "secret@example.com"})
    assert heard(httpserver) == []
    odoo.unlink("res.partner", [theirs])
    assert heard(httpserver) == []
    assert set(states()) == {"skipped"}
    assert "company" in Delivery.objects.order_by("id")[0].last_error


def test_all_is_told_of_its_own_and_of_shared_records(
    api: APIClient, bound: ApiClient, own: int, other: int, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, **ALL))
    ids = [contact(odoo, name, company) for name, company in (("Ours", own), ("Theirs", other), ("Shared", False))]
    assert [one["data"]["name"] for one in heard(httpserver)] == ["Ours", "Shared"]
    odoo.unlink("res.partner", ids)
    assert [(one["event"], one["data"]["name"]) for one in heard(httpserver)] == [
        ("delete", "Ours"), ("delete", "Shared"),
    ]  # fmt: skip


def test_a_record_that_moves_between_companies_is_told_while_it_is_seen(
    api: APIClient, bound: ApiClient, own: int, other: int, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, **ALL))
    moved = contact(odoo, "Moves", other)
    assert heard(httpserver) == []
    odoo.write("res.partner", [moved], {"company_id": own})
    assert [one["event"] for one in heard(httpserver)] == ["update"]
    odoo.write("res.partner", [moved], {"company_id": other})
    odoo.unlink("res.partner", [moved])
    assert heard(httpserver) == []


@pytest.mark.django_db(transaction=True)  # where the hub remembers what seldom changes
def test_a_client_that_moves_to_another_company_hears_of_that_one_from_then_on(
    api: APIClient, client: ApiClient, own: int, other: int, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, **ALL))
    contact(odoo, "Before", other)
    assert len(heard(httpserver)) == 1
    ApiClient.objects.update(company_id=own)
    contact(odoo, "Hidden", other)
    assert heard(httpserver) == []
    ApiClient.objects.update(company_id=other)
    contact(odoo, "Ours", own)
    contact(odoo, "Theirs", other)
    assert [one["data"]["name"] for one in heard(httpserver)] == ["Theirs"]


def test_what_was_queued_before_a_client_moved_is_bounded_too(
    api: APIClient, client: ApiClient, own: int, other: int, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, **ALL))
    contact(odoo, "Queued before", other)
    ChangeCursor.objects.update(listened_at=None)
    assert listening.listen_due() == 1
    ApiClient.objects.update(company_id=own)
    assert heard(httpserver) == []


def test_the_company_of_the_connection_holds_where_the_client_names_none(
    api: APIClient, own: int, other: int, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, **ALL))
    OdooConnection.objects.update(company_id=own)
    theirs = contact(odoo, "Theirs", other)
    assert heard(httpserver) == []
    odoo.unlink("res.partner", [theirs])
    assert heard(httpserver) == []


def test_what_the_hubs_own_user_does_not_see_is_told_to_nobody(
    api: APIClient, other: int, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, **ALL))
    theirs = contact(odoo, "Theirs", other)
    assert len(heard(httpserver)) == 1
    odoo.write("res.users", [odoo.user_id()], {"company_ids": [[3, other, 0]]})
    assert api.get(f"{URL}/{theirs}").status_code == 404
    gone = Delivery.objects.get()
    Delivery.objects.create(
        configuration=gone.configuration, event="delete", model="res.partner", record_ids=[theirs], record_id=theirs,
        values={"name": "Theirs", "company_id": other},
    )  # fmt: skip
    assert heard(httpserver) == []


def test_a_deletion_whose_company_nobody_knows_is_not_told(
    api: APIClient, bound: ApiClient, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, **ALL))
    served = Configuration.objects.get(request_type="out")
    for values in ({}, {"name": "Gone"}, {"name": "Gone", "company_id": False}):
        Delivery.objects.create(
            configuration=served, event="delete", model="res.partner", record_ids=[4711], record_id=4711, values=values
        )
    assert [one["data"]["name"] for one in heard(httpserver)] == ["Gone"]
    assert states() == ["skipped", "skipped", "done"]


def test_what_lies_behind_a_related_record_of_another_company_is_empty(
    api: APIClient, bound: ApiClient, partners: Configuration, own: int, other: int, odoo: Odoo, hook: str,
    httpserver: HTTPServer,
) -> None:  # fmt: skip
    partners.mappings.create(odoo_field="parent_id.email", external_key="parent_email", position=50)
    register(api, registration(hook, **ALL))
    hidden, seen = (contact(odoo, f"Parent {one}", one, email=f"{one}@example.com") for one in (other, own))
    heard(httpserver)
    below = [contact(odoo, f"Below {one}", False, parent_id=one) for one in (hidden, seen)]
    assert [one["data"]["parent_email"] for one in heard(httpserver)] == [None, f"{own}@example.com"]
    odoo.unlink("res.partner", below)
    assert [one["data"]["parent_email"] for one in heard(httpserver)] == [None, f"{own}@example.com"]


def test_of_a_batch_those_records_are_told_that_are_seen(
    api: APIClient, bound: ApiClient, partners: Configuration, own: int, other: int, odoo: Odoo, hook: str,
    httpserver: HTTPServer,
) -> None:  # fmt: skip
    register(api, subscription(hook, events=["batch.completed"]), SUBSCRIBE)
    partners.mappings.create(odoo_field="company_id", external_key="company_id", position=50)
    everywhere = APIClient()
    token = ApiClient.objects.create(name="Office", all_configurations=True).issue_token()
    everywhere.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def batch(caller: APIClient, *companies: int) -> list[int]:
        operations = [{"method": "create", "data": {"name": "B", "company_id": one}} for one in companies]
        results = caller.post(f"{URL}/batch", {"operations": operations}, format="json").json()["results"]
        return [one["id"] for one in results]

    ours, _ = batch(everywhere, own, other)
    (told,) = heard(httpserver)
    assert told["data"] == {"operations": 1, "succeeded": 1, "failed": 0, "ids": [ours]}
    batch(everywhere, other)
    assert heard(httpserver) == []
    mine = batch(api, own)
    api.delete(f"{URL}/{mine[0]}")
    (told,) = heard(httpserver)
    assert told["data"]["ids"] == mine, "its own it has seen"


def test_the_preview_and_the_comparison_show_what_the_owner_sees(
    api: APIClient, bound: ApiClient, other: int, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, **ALL))
    served = Configuration.objects.get(request_type="out")
    contact(odoo, "Ours")
    heard(httpserver)
    (same,) = replaying.differences(served, list(Delivery.objects.all()))
    assert same.same, same
    odoo.write("res.partner", Delivery.objects.get().record_ids, {"company_id": other})
    (hidden,) = replaying.differences(served, list(Delivery.objects.all()))
    assert "another company" in hidden.why_not
    with pytest.raises(Exception, match="does not exist, or does not match"):
        preview.of_record(served, Delivery.objects.get().record_id)


# Fields -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["inward", "deleted"])
def test_a_field_that_may_not_be_read_any_more_is_not_sent(
    api: APIClient, partners: Configuration, odoo: Odoo, hook: str, httpserver: HTTPServer, how: str
) -> None:
    one = register(api, registration(hook, conditions=[]))
    record_id = contact(odoo, "A", email="old@example.com")
    assert heard(httpserver)[0]["data"]["email"] == "old@example.com"
    row = partners.mappings.filter(external_key="email")
    row.update(direction="in") if how == "inward" else row.delete()
    assert "email" not in api.get(f"{URL}/{record_id}").json()["data"]
    for told in (api.get(f"{WEBHOOKS}/{one}").json(), api.get(WEBHOOKS).json()["webhooks"][0]):
        assert (told["status"], told["reason"], told["fields"]) == ("active", None, ["name", "phone"])
    odoo.write("res.partner", [record_id], {"email": "canary@example.com", "phone": "+1"})
    (told,) = heard(httpserver)
    assert (told["data"], told["changed_fields"]) == ({"name": "A", "phone": "+1"}, ["phone"])
    odoo.write("res.partner", [record_id], {"email": "canary@example.org"})
    assert heard(httpserver) == [], "of what it sends, nothing changed"
    odoo.unlink("res.partner", [record_id])
    assert "canary" not in str(heard(httpserver))


def test_a_key_shows_what_it_shows_to_who_reads(
    api: APIClient, partners: Configuration, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    register(api, registration(hook, conditions=[]))
    partners.mappings.filter(external_key="phone").update(odoo_field="city")
    partners.mappings.filter(external_key="name").update(external_key="title")
    contact(odoo, "A", phone="+49-canary", city="Ulm")
    (told,) = heard(httpserver)
    assert told["data"] == {"name": "A", "email": None, "phone": "Ulm"}


def test_with_nothing_left_to_read_it_sends_nothing_and_says_why(
    api: APIClient, partners: Configuration, odoo: Odoo, hook: str, httpserver: HTTPServer, admin_client: Browser
) -> None:
    one = register(api, registration(hook, fields=["email"], conditions=[]))
    partners.mappings.filter(external_key="email").update(direction="in")
    page = reverse("admin:webhooks_subscription_change", args=[Subscription.objects.get().pk])
    assert "may not read any of the fields" in admin_client.get(page).content.decode()
    contact(odoo, "A", email="canary@example.com")
    assert heard(httpserver) == []
    told = api.get(f"{WEBHOOKS}/{one}").json()
    assert (told["status"], told["fields"]) == ("paused", [])
    assert "may not read any of the fields" in told["reason"]
    assert api.get(WEBHOOKS).json()["webhooks"] == [{name: told[name] for name in told if name != "success"}]
    assert "may not read any of the fields" in endpoints.told(Configuration.objects.get(request_type="out"))
    assert [(one.state, one.attempts) for one in Delivery.objects.all()] == [("pending", 0)]
    assert api.patch(f"{WEBHOOKS}/{one}", {"status": "active"}, format="json").status_code == 403
    partners.mappings.filter(external_key="email").update(direction="both")
    assert api.patch(f"{WEBHOOKS}/{one}", {"status": "active"}, format="json").json()["fields"] == ["email"]
    assert [one["data"] for one in heard(httpserver)] == [{"email": "canary@example.com"}]


@pytest.mark.parametrize("lost", ["grant", "client", "source", "connection", "model"])
def test_a_right_that_is_taken_by_any_way_is_gone(
    api: APIClient, client: ApiClient, partners: Configuration, odoo: Odoo, hook: str, httpserver: HTTPServer, lost: str
) -> None:
    """Also where no model's signal tells of it: by a statement in the database, or another process."""
    register(api, registration(hook, conditions=[]))
    if lost == "grant":
        client.grants.update(methods=["POST"])
    elif lost == "client":
        ApiClient.objects.update(active=False)
    elif lost == "source":
        Configuration.objects.filter(pk=partners.pk).update(active=False)
    elif lost == "model":
        Configuration.objects.filter(pk=partners.pk).update(model="res.country")
    else:
        elsewhere = OdooConnection.objects.create(code="b", name="B", transport="embedded")
        Configuration.objects.filter(pk=partners.pk).update(connection=elsewhere)
    contact(odoo, "Not for them")
    assert heard(httpserver) == []
    assert states() == ["pending"]
    assert endpoints.told(Configuration.objects.get(request_type="out")).startswith("Paused. ")


def test_conditions_do_not_tell_what_may_not_be_read_any_more(
    api: APIClient, partners: Configuration, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    one = register(api, registration(hook, fields=["name"], conditions=[["email", "=like", "a%"]]))
    contact(odoo, "A", email="a@example.com")
    assert len(heard(httpserver)) == 1
    partners.mappings.filter(external_key="email").update(direction="in")
    contact(odoo, "B", email="ab@example.com")
    assert heard(httpserver) == []
    assert "Its conditions look at `email`" in api.get(f"{WEBHOOKS}/{one}").json()["reason"]


@pytest.mark.django_db(transaction=True)
def test_conditions_of_webhooks_that_are_there_are_noted(
    api: APIClient, partners: Configuration, odoo: Odoo, hook: str
) -> None:
    conditions = [["email", "=", "a"], ["address.country", "=", None], ["id", ">", 1]]
    one = register(api, registration(hook, conditions=conditions))
    noted = Subscription.objects.get().looks_at
    assert set(noted) == {"email", "address.country"}
    call_command("migrate", "webhooks", "0003", verbosity=0)
    call_command("migrate", verbosity=0)
    assert Subscription.objects.get().looks_at == noted
    assert api.get(f"{WEBHOOKS}/{one}").json()["status"] == "active"


def test_of_a_state_nothing_is_told_but_the_state_and_only_while_it_may_be_read(
    make: Make, client: ApiClient, api: APIClient, odoo: Odoo, hook: str, httpserver: HTTPServer
) -> None:
    orders = make(
        "orders", [("name", "name"), ("state", "state")], model="sale.order", methods=["GET"], request_type="in"
    )
    client.grants.create(configuration=orders)
    register(
        api, subscription(hook, events=["state.changed"], model="sale.order", filters={}, fields=["name"]), SUBSCRIBE
    )
    order, second = odoo.create("sale.order", [{"partner_id": contact(odoo, "Buyer")} for _ in range(2)])
    heard(httpserver)
    odoo.write("sale.order", [order], {"state": "sent", "client_order_ref": "canary"})
    (changed,) = [one for one in heard(httpserver) if one["event"] == "state.changed"]
    assert changed["data"] == {"id": order, "old": {"state": "draft"}, "new": {"state": "sent"}}
    orders.mappings.filter(external_key="state").delete()
    odoo.write("sale.order", [second], {"state": "sent"})
    assert heard(httpserver) == []
    assert "state" in Delivery.objects.order_by("id").last().last_error  # type: ignore[union-attr]
