"""Relations that are mapped as they are: a way to a record's own lines and links, and to nothing else in Odoo."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from hub.odoo.connection import Odoo
from syncconfig import tasks
from syncconfig.models import Configuration
from tests.conftest import Make
from tests.contract.conftest import Maker

pytestmark = pytest.mark.django_db
API = "/api/sync/v1"
ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]
PARTNER, ORDER = f"{API}/res.partner", f"{API}/sale.order"


@pytest.fixture
def partners(make: Make) -> Configuration:
    """Contacts, with the lists that belong to them."""
    fields = "name email type lang active color child_ids user_ids category_id"
    return make("partners", [(name, name) for name in fields.split()], request_type="in", methods=ALL)


@pytest.fixture
def orders(make: Make) -> Configuration:
    """Orders with their lines and amounts."""
    fields = "partner_id order_line amount_total state client_order_ref"
    rows = [(name, name) for name in fields.split()]
    return make("orders", rows, model="sale.order", request_type="in", methods=ALL)


@pytest.fixture
def family(made: Maker) -> tuple[int, int, int]:
    """A company with a child, and a stranger."""
    mother = made("res.partner", name=f"Mother {uuid.uuid4().hex[:8]}", is_company=True)
    child = made("res.partner", name="Child", parent_id=mother)
    return mother, child, made("res.partner", name="Stranger", email="stranger@example.com")


def put(api: APIClient, url: str, options: dict[str, Any] | None = None, **data: Any) -> tuple[int, dict[str, Any]]:
    """Status and the answer, or the error's details."""
    body = {"data": data} | ({"options": options} if options else {})
    answer = api.put(url, body, format="json")
    return answer.status_code, answer.json() if answer.status_code == 200 else answer.json()["error"]["details"]


def post(api: APIClient, url: str, **data: Any) -> tuple[int, dict[str, Any]]:
    """Status and the answer, or the error's details."""
    answer = api.post(url, {"data": data}, format="json")
    return answer.status_code, answer.json() if answer.status_code == 201 else answer.json()["error"]["details"]


def name_of(odoo: Odoo, record_id: int, model: str = "res.partner") -> str:
    return str(odoo.read(model, [record_id], ["name"])[0]["name"])


@pytest.mark.parametrize("skip", [False, True], ids=["checked", "skip_validation"])
def test_records_of_others_are_not_reached_by_an_update(
    api: APIClient, partners: Configuration, family: tuple[int, int, int], odoo: Odoo, skip: bool
) -> None:
    mother, _, stranger = family
    for command in (
        [1, stranger, {"name": "Pwned", "email": "XX"}],
        [2, stranger, False],
        [3, stranger],
        [4, stranger],
    ):
        status, details = put(api, f"{PARTNER}/{mother}", {"skip_validation": skip}, child_ids=[command])
        assert (status, details["field"], details["value"]) == (400, "child_ids[0]", command)
        assert details["constraint"] == "exists"
    status, details = put(api, f"{PARTNER}/{mother}", child_ids=[stranger])
    assert (status, details["field"], details["value"]) == (400, "child_ids[0]", stranger)
    assert put(api, f"{PARTNER}/{mother}", child_ids=[[6, 0, [stranger]]])[0] == 400
    assert odoo.read("res.partner", [stranger], ["name", "email", "parent_id"]) == [
        {"id": stranger, "name": "Stranger", "email": "stranger@example.com", "parent_id": False}
    ]


def test_a_line_of_another_order_is_not_reached(
    api: APIClient, orders: Configuration, made: Maker, family: tuple[int, int, int], odoo: Odoo
) -> None:
    product = odoo.search("product.product", [("sale_ok", "=", True)], limit=1)[0]
    lines = [[0, 0, {"product_id": product, "product_uom_qty": 7}]]
    own, other = (made("sale.order", partner_id=family[0], order_line=lines) for _ in range(2))
    (line,) = odoo.search("sale.order.line", [("order_id", "=", other)])
    (mine,) = odoo.search("sale.order.line", [("order_id", "=", own)])
    status, details = put(api, f"{ORDER}/{own}", order_line=[[1, line, {"product_uom_qty": 1}]])
    assert (status, details["field"], details["constraint"]) == (400, "order_line[0]", "exists")
    assert put(api, f"{ORDER}/{own}", order_line=[[1, mine, {"order_id": other}]])[0] == 400
    assert odoo.read("sale.order.line", [line], ["product_uom_qty"])[0]["product_uom_qty"] == 7
    assert put(api, f"{ORDER}/{own}", order_line=[[1, mine, {"product_uom_qty": 3}]])[0] == 200
    assert odoo.read("sale.order.line", [mine], ["product_uom_qty", "order_id"])[0]["product_uom_qty"] == 3


def test_a_right_to_create_is_none_to_change_or_delete(
    api: APIClient, partners: Configuration, family: tuple[int, int, int], odoo: Odoo
) -> None:
    _, child, stranger = family
    for victim in (child, stranger):
        for command in ([1, victim, {"name": "Pwned"}], [2, victim, 0], [3, victim], [4, victim], [6, 0, [victim]]):
            status, details = post(api, PARTNER, name="P", child_ids=[command])
            assert (status, details["field"]) == (400, "child_ids[0]"), command
    assert name_of(odoo, stranger) == "Stranger"
    assert name_of(odoo, child) == "Child"


def test_nobody_becomes_an_administrator(
    api: APIClient, partners: Configuration, family: tuple[int, int, int], odoo: Odoo
) -> None:
    login = f"hub-{uuid.uuid4().hex}"
    user = {"login": login, "password": login, "group_ids": [[4, 4, 0]]}
    status, details = post(
        api, PARTNER, name="B2", child_ids=[[0, 0, {"name": "K", "user_ids": [[0, 0, {"name": "K", **user}]]}]]
    )
    assert (status, details["field"]) == (400, "child_ids[0].user_ids")
    assert login not in str(details["value"]) or "password" in str(details["value"])
    assert details["value"][0][2]["password"] == "•••"
    status, details = post(api, PARTNER, name="B2", user_ids=[[0, 0, user]])
    assert (status, details["field"], details["constraint"]) == (400, "user_ids", "guarded")
    assert put(api, f"{PARTNER}/{family[0]}", user_ids=[odoo.user_id()])[0] == 400
    assert not odoo.count("res.users", [("login", "=", login)])


def test_own_lines_are_made_changed_and_deleted(
    api: APIClient, partners: Configuration, family: tuple[int, int, int], odoo: Odoo
) -> None:
    mother, child, _ = family
    status, answer = put(
        api, f"{PARTNER}/{mother}", child_ids=[[1, child, {"name": "Kid"}], [0, 0, {"name": "Second"}]]
    )
    assert (status, answer["updated_fields"]) == (200, ["child_ids"])
    (second,) = odoo.search("res.partner", [("parent_id", "=", mother), ("name", "=", "Second")])
    assert name_of(odoo, child) == "Kid"
    assert put(api, f"{PARTNER}/{mother}", child_ids=[[2, second, 0]])[0] == 200
    assert odoo.search("res.partner", [("parent_id", "=", mother)]) == [child]
    assert put(api, f"{PARTNER}/{mother}", child_ids=[child])[0] == 200
    assert put(api, f"{PARTNER}/{mother}", child_ids=[[3, child]])[0] == 200
    assert not odoo.search("res.partner", [("parent_id", "=", mother)])


def test_shared_records_are_linked_and_not_changed(
    api: APIClient, partners: Configuration, made: Maker, family: tuple[int, int, int], odoo: Odoo
) -> None:
    tag = made("res.partner.category", name=f"Tag {uuid.uuid4().hex}")
    before = name_of(odoo, tag, "res.partner.category")
    mother = f"{PARTNER}/{family[0]}"
    assert put(api, mother, category_id=[tag])[0] == 200
    for command in ([1, tag, {"name": "Pwned"}], [2, tag, 0]):
        status, details = put(api, mother, category_id=[command])
        assert (status, details["field"], details["constraint"]) == (400, "category_id[0]", "relation")
    assert name_of(odoo, tag, "res.partner.category") == before
    new = f"New {uuid.uuid4().hex}"
    assert put(api, mother, category_id=[[0, 0, {"name": new}]])[0] == 200
    made.keep_track("res.partner.category", odoo.search("res.partner.category", [("name", "=", new)]))
    assert put(api, mother, category_id=[[3, tag, 0]])[0] == 200
    assert tag not in odoo.read("res.partner", [family[0]], ["category_id"])[0]["category_id"]


def test_taxes_of_a_line_may_be_chosen(
    api: APIClient, orders: Configuration, made: Maker, family: tuple[int, int, int], odoo: Odoo
) -> None:
    product = odoo.search("product.product", [("sale_ok", "=", True)], limit=1)[0]
    tax = odoo.search("account.tax", [("type_tax_use", "=", "sale")], limit=1)
    lines = [[0, 0, {"product_id": product, "product_uom_qty": 2, "tax_ids": [[6, 0, tax]]}]]
    status, answer = post(api, ORDER, partner_id=family[0], order_line=lines)
    assert status == 201, answer
    made.keep_track("sale.order", [answer["id"]])
    (line,) = odoo.search_read("sale.order.line", [("order_id", "=", answer["id"])], ["tax_ids"])
    assert line["tax_ids"] == tax
    lines = [[1, line["id"], {"tax_ids": [[0, 0, {"name": "x"}]]}]]
    assert put(api, f"{ORDER}/{answer['id']}", order_line=lines)[0] == 400


def test_a_batch_keeps_to_the_same_rules(
    api: APIClient, partners: Configuration, family: tuple[int, int, int], odoo: Odoo
) -> None:
    mother, child, stranger = family
    operations = [
        {"method": "update", "id": mother, "data": {"child_ids": [[1, child, {"name": "Kid"}]]}},
        {"method": "update", "id": mother, "data": {"child_ids": [[1, stranger, {"name": "Pwned"}]]}},
        {"method": "update", "id": stranger, "data": {"child_ids": [[2, child, 0]]}},
        {"method": "create", "data": {"name": "P", "child_ids": [[2, child, 0]]}},
    ]
    body = {"operations": operations, "options": {"continue_on_error": True}}
    results = api.post(f"{PARTNER}/batch", body, format="json").json()["results"]
    assert [one["success"] for one in results] == [True, False, False, False]
    assert {one["error"]["details"]["field"] for one in results[1:]} == {"child_ids[0]"}
    assert (name_of(odoo, child), name_of(odoo, stranger)) == ("Kid", "Stranger")
    body["options"] = {"transaction": True}
    assert api.post(f"{PARTNER}/batch", body, format="json").status_code == 400


def test_what_a_third_party_posts_keeps_to_the_same_rules(
    api: APIClient, make: Make, made: Maker, family: tuple[int, int, int], odoo: Odoo
) -> None:
    mother, child, stranger = family
    ref = uuid.uuid4().hex
    odoo.write("res.partner", [mother], {"ref": ref})
    rows = [("name", "name"), ("ref", "number"), ("child_ids", "people")]
    make("shop", rows, request_type="in", methods=["POST", "PUT"], match_keys="number")
    url = f"{API}/in/shop"
    bad = api.post(url, {"name": "M", "number": ref, "people": [[1, stranger, {"name": "Pwned"}]]}, format="json")
    assert bad.json()["results"][0]["error"]["details"]["field"] == "people[0]"
    good = api.post(url, {"name": "M", "number": ref, "people": [[1, child, {"name": "Kid"}]]}, format="json")
    assert good.json()["results"][0]["id"] == mother, good.content
    assert (name_of(odoo, child), name_of(odoo, stranger)) == ("Kid", "Stranger")
    (result,) = api.post(url, {"data": {"name": "M"}}, format="json").json()["results"]
    assert (result["error"]["details"]["field"], result["error"]["details"]["value"]) == ("data", {"name": "M"})


def test_a_job_keeps_to_the_same_rules(
    api: APIClient, partners: Configuration, family: tuple[int, int, int], odoo: Odoo
) -> None:
    mother, _, stranger = family
    body = {"data": {"child_ids": [[2, stranger, 0]]}}
    answer = api.put(f"{PARTNER}/{mother}", body, format="json", headers={"Prefer": "respond-async"})
    assert answer.status_code == 202, answer.content
    tasks.work_on_jobs()
    job = api.get(answer["Location"]).json()["job"]
    assert job["answer"]["body"]["error"]["details"]["field"] == "child_ids[0]", job
    assert odoo.count("res.partner", [("id", "=", stranger)])


def test_lists_that_decide_over_rights_come_back_as_they_were(
    api: APIClient, partners: Configuration, family: tuple[int, int, int], odoo: Odoo
) -> None:
    (user,) = odoo.read("res.users", [odoo.user_id()], ["partner_id"])
    url = f"{PARTNER}/{user['partner_id'][0]}"
    read = api.get(url).json()["data"]
    assert odoo.user_id() in read["user_ids"]
    assert put(api, url, user_ids=read["user_ids"])[0] == 200
    assert put(api, url, user_ids=[])[0] == 400
    assert put(api, url, user_ids=None)[0] == 400
    fields = {one["name"]: one for one in api.get(f"{PARTNER}/schema").json()["fields"]}
    assert (fields["user_ids"]["readonly"], fields["child_ids"]["readonly"]) == (True, False)


def test_sub_records_are_those_of_the_record(
    api: APIClient, make: Make, made: Maker, family: tuple[int, int, int], odoo: Odoo
) -> None:
    mother, child, stranger = family
    rows: list[Any] = [("name", "name"), ("child_ids", "people", {"kind": "records", "detail": "match id, keep"})]
    rows += [("child_ids.id", "people[].id"), ("child_ids.name", "people[].name")]
    rows += [("user_ids.login", "users[].login"), ("child_ids.user_ids", "people[].users")]
    rows += [("child_ids.parent_id", "people[].company")]
    make("partners", rows, request_type="in", methods=ALL)
    url = f"{PARTNER}/{mother}"
    assert put(api, url, people=[{"id": child, "name": "Kid"}, {"id": stranger, "name": "Third"}])[0] == 200
    assert (name_of(odoo, child), name_of(odoo, stranger)) == ("Kid", "Stranger")
    assert odoo.count("res.partner", [("parent_id", "=", mother)]) == 2  # what names none of its own is a new one
    status, details = put(api, url, people=[{"id": child, "name": "Kid", "company": stranger}])
    assert (status, details["field"], details["constraint"]) == (400, "people[0].company", "relation")
    status, details = put(api, url, users=[{"login": uuid.uuid4().hex}])
    assert (status, details["field"], details["constraint"]) == (400, "users", "guarded")
    status, details = put(api, url, people=[{"id": child, "name": "Kid", "users": [[0, 0, {"login": "x"}]]}])
    assert (status, details["field"], details["constraint"]) == (400, "people[0].users", "guarded")
    made.keep_track("res.partner", odoo.search("res.partner", [("parent_id", "=", mother)]))


def test_nobody_makes_a_user_by_naming_one(
    api: APIClient, make: Make, family: tuple[int, int, int], odoo: Odoo
) -> None:
    rows: list[Any] = [("name", "name"), ("user_id", "seller", {"kind": "lookup", "detail": "login, create"})]
    rows += [("buyer_id" if "buyer_id" in odoo.fields_get("res.partner") else "user_id", "buyer", {"direction": "out"})]
    make("partners", rows, request_type="in", methods=ALL)
    login = uuid.uuid4().hex
    status, details = put(api, f"{PARTNER}/{family[0]}", seller=login)
    assert (status, details["field"], details["constraint"]) == (400, "seller", "lookup")
    assert not odoo.count("res.users", [("login", "=", login)])
    (me,) = odoo.read("res.users", [odoo.user_id()], ["login"])
    assert put(api, f"{PARTNER}/{family[0]}", seller=me["login"])[0] == 200


def test_deleting_with_cascade_deletes_no_users(
    api: APIClient, make: Make, made: Maker, family: tuple[int, int, int], odoo: Odoo
) -> None:
    rows = [("name", "name"), ("user_ids", "users"), ("sale_order_ids", "orders", {"direction": "out"})]
    make("partners", rows, request_type="in", methods=ALL)
    answer = api.delete(f"{PARTNER}/{family[2]}", {"options": {"cascade": True}}, format="json")
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (400, "options.cascade")


def test_the_references_example_of_lines(
    api: APIClient, make: Make, made: Maker, family: tuple[int, int, int], odoo: Odoo
) -> None:
    product = odoo.search("product.product", [("sale_ok", "=", True)], limit=1)[0]
    rows = [("partner_id", "partner_id"), ("order_line", "order_line")]
    make("orders", rows, model="sale.order", request_type="in", methods=ALL)
    lines = [[0, 0, {"product_id": product, "product_uom_qty": number}] for number in (1, 2)]
    order = made("sale.order", partner_id=family[0], order_line=lines)
    first, second = sorted(odoo.search("sale.order.line", [("order_id", "=", order)]))
    example = [
        [0, 0, {"product_id": product, "quantity": 10}],
        [1, first, {"quantity": 20}],
        [2, second, False],
    ]
    status, details = put(api, f"{ORDER}/{order}", order_line=example)
    assert (status, details["field"], details["constraint"]) == (400, "order_line[0].quantity", "unknown_field")
    for command in example[:2]:
        command[2]["product_uom_qty"] = command[2].pop("quantity")  # type: ignore[index]
    assert put(api, f"{ORDER}/{order}", order_line=example)[0] == 200
    (read,) = odoo.read("sale.order", [order], ["order_line"])
    kept = odoo.read("sale.order.line", read["order_line"], ["product_uom_qty"])
    assert sorted(one["product_uom_qty"] for one in kept) == [10, 20]


# What Odoo refuses of a list -----------------------------------------------------------------------


def test_what_a_line_lacks_is_told_with_its_place(
    api: APIClient, orders: Configuration, family: tuple[int, int, int], odoo: Odoo
) -> None:
    product = odoo.search("product.product", [("sale_ok", "=", True)], limit=1)[0]
    status, details = post(api, ORDER, partner_id=family[0], order_line=[[0, 0, {"product_id": product}], [0, 0, {}]])
    assert (status, details["field"], details["constraint"]) == (400, "order_line[1].name", "required")
    operations = [{"method": "create", "data": {"partner_id": family[0], "order_line": [[0, 0, {}]]}}]
    (result,) = api.post(f"{ORDER}/batch", {"operations": operations}, format="json").json()["results"]
    assert result["error"]["details"]["field"] == "order_line[0].name"
    assert "model" not in result["error"]["details"]


def test_a_record_that_a_list_names_and_odoo_has_not_is_told_with_its_place(
    api: APIClient, orders: Configuration, partners: Configuration, family: tuple[int, int, int]
) -> None:
    gone = 999_999
    status, details = post(api, ORDER, partner_id=family[0], order_line=[[0, 0, {"product_id": gone}]])
    assert (status, details["field"], details["constraint"]) == (400, "order_line[0].product_id", "exists")
    for code in (1, 2, 3):
        status, details = put(api, f"{PARTNER}/{family[0]}", child_ids=[[5], [code, gone, {}]])
        assert (status, details["field"], details["constraint"]) == (400, "child_ids[1]", "exists")
    for value, place in (([gone], "category_id[0]"), ([[5], [4, gone]], "category_id[1]")):
        status, details = put(api, f"{PARTNER}/{family[0]}", category_id=value)
        assert (status, details["field"], details["value"]) == (400, place, gone)
