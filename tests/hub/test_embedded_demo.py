"""The demo data: what a newcomer finds, and that it makes sense."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.errors import OdooAccess, OdooAuthentication, OdooMissing, OdooValidation
from hub.odoo.connection import Target, Version
from hub.odoo.embedded import EmbeddedOdoo


@pytest.fixture(scope="module")
def odoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedOdoo]:
    path = tmp_path_factory.mktemp("odoo") / "odoo.sqlite3"
    with EmbeddedOdoo(Target(str(path), transport="embedded")) as connection:
        yield connection


@pytest.mark.parametrize(
    ("model", "domain", "least"),
    [
        ("res.partner", [], 40),
        ("res.partner", [("customer_rank", ">", 0)], 15),
        ("res.partner", [("supplier_rank", ">", 0)], 5),
        ("res.partner", [("active", "=", False)], 2),
        ("res.partner", [("category_id.name", "=", "VIP")], 3),
        ("res.partner", [("category_id", "child_of", "Customer")], 8),
        ("product.product", [], 30),
        ("product.product", [("qty_available", ">", 0)], 20),
        ("product.product", [("type", "=", "service")], 4),
        ("product.product", [("categ_id", "child_of", "Goods")], 26),
        ("sale.order", [], 20),
        ("sale.order", [("state", "=", "sale")], 10),
        ("sale.order", [("state", "=", "cancel")], 2),
        ("sale.order", [("amount_total", ">", 1000)], 5),
        ("account.move", [("move_type", "=", "out_invoice")], 6),
        ("account.move", [("payment_state", "=", "paid")], 3),
        ("res.company", [], 2),
        ("res.country", [], 249),
        ("res.currency", [], 15),
        ("res.country.state", [("country_id.code", "=", "US")], 51),
    ],
)
def test_there_is_enough_to_try(
    odoo: EmbeddedOdoo, model: str, domain: list[tuple[str, str, object]], least: int
) -> None:
    assert odoo.count(model, domain) >= least


@pytest.mark.parametrize("name", ["Azure Interior", "Deco Addict"])
def test_the_companies_that_the_guide_names_are_customers(odoo: EmbeddedOdoo, name: str) -> None:
    [record] = odoo.search_read(
        "res.partner", [("name", "=", name)], ["is_company", "customer_rank", "email", "country_id"]
    )
    assert (record["is_company"], record["customer_rank"]) == (True, 1)
    assert record["country_id"][1] == "United States"
    assert record["email"].endswith("@example.com")


def test_every_order_adds_up(odoo: EmbeddedOdoo) -> None:
    fields = ["name", "amount_untaxed", "amount_tax", "amount_total", "order_line", "date_order"]
    for record in odoo.search_read("sale.order", [], fields):
        lines = odoo.read("sale.order.line", record["order_line"], ["price_subtotal", "price_tax"])
        assert lines
        assert round(sum(line["price_subtotal"] for line in lines), 2) == record["amount_untaxed"]
        assert round(record["amount_untaxed"] + record["amount_tax"], 2) == record["amount_total"]


def test_no_address_leads_to_a_real_mailbox(odoo: EmbeddedOdoo) -> None:
    for record in odoo.search_read("res.partner", [("email", "!=", False)], ["email"]):
        host = record["email"].split("@")[1]
        assert ".example." in f".{host}."


def test_it_says_which_odoo_it_is(odoo: EmbeddedOdoo) -> None:
    assert odoo.version() == Version(19, 0)
    assert odoo.version().text == "19.0 (embedded)"


def user(odoo: EmbeddedOdoo, login: str, password: str) -> EmbeddedOdoo:
    return EmbeddedOdoo(Target(odoo.target.url, login=login, password=password))


def test_logins_are_checked(odoo: EmbeddedOdoo) -> None:
    with user(odoo, "demo", "demo") as demo:
        assert demo.user_id() != odoo.user_id()
    with user(odoo, "", "") as nobody:
        assert nobody.user_id() == odoo.user_id()
    for login, password in (("demo", "admin"), ("nobody", "demo"), ("nobody", ""), ("__system__", "")):
        with user(odoo, login, password) as wrong, pytest.raises(OdooAuthentication):
            wrong.count("res.partner")


def test_the_demo_user_may_work_but_not_administer(odoo: EmbeddedOdoo) -> None:
    with user(odoo, "demo", "demo") as demo:
        [made] = demo.create("res.partner", [{"name": "By demo"}])
        assert demo.read("res.partner", [made], ["create_uid"])[0]["create_uid"] == [demo.user_id(), "Noa Lindqvist"]
        demo.unlink("res.partner", [made])
        with pytest.raises(OdooAccess, match="not allowed to modify 'User'"):
            demo.write("res.users", [demo.user_id()], {"login": "x"})
        with pytest.raises(OdooAccess):
            demo.search("ir.config_parameter")


def test_another_companys_records_are_out_of_sight(odoo: EmbeddedOdoo) -> None:
    second = odoo.search("res.company", [("name", "=", "Northlight Europe")])
    [ours] = odoo.create("res.partner", [{"name": "Berlin only", "company_id": second[0]}])
    with user(odoo, "demo", "demo") as demo:
        assert demo.search("res.partner", [("id", "=", ours)]) == []
        assert demo.search("res.company", [("id", "in", second)]) == []
        with pytest.raises(OdooAccess):
            demo.read("res.partner", [ours], ["name"])
        with pytest.raises(OdooAccess, match="unauthorized or invalid companies"):
            demo.search("res.partner", context={"allowed_company_ids": second})
    [order] = odoo.create("sale.order", [{"partner_id": ours}], context={"allowed_company_ids": second})
    assert odoo.read("sale.order", [order], ["company_id", "currency_id"])[0]["currency_id"][1] == "EUR"
    odoo.unlink("sale.order", [order])
    odoo.unlink("res.partner", [ours])


@pytest.mark.parametrize(
    ("method", "error"),
    [("_compute_display_name", OdooAccess), ("exists", OdooAccess), ("frobnicate", OdooMissing)],
)
def test_methods_that_are_not_to_be_called(odoo: EmbeddedOdoo, method: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        odoo.call("res.partner", method, [1])


def test_wrong_arguments_are_the_callers_mistake(odoo: EmbeddedOdoo) -> None:
    with pytest.raises(OdooValidation, match="domian"):
        odoo.call("res.partner", "search_count", kwargs={"domian": []})
    with pytest.raises(OdooValidation):
        odoo.call("res.partner", "name_create")


def test_texts_beyond_ascii_are_found_whatever_their_case(odoo: EmbeddedOdoo) -> None:
    [made] = odoo.create("res.partner", [{"name": "ÉTOILE Größe_100%"}])
    for pattern, found in (
        ("étoile", 1),
        ("GRÖSSE", 1),
        ("größe_", 1),
        ("e_1", 1),
        ("é\\_", 0),
        ("\\%", 1),
        ("étx", 0),
    ):
        assert odoo.count("res.partner", [("id", "=", made), ("name", "ilike", pattern)]) == found
    assert odoo.count("res.partner", [("id", "=", made), ("name", "like", "étoile")]) == 0
    assert odoo.count("res.partner", [("id", "=", made), ("name", "=like", "ÉT%\\%")]) == 1
    odoo.unlink("res.partner", [made])


def test_a_domain_of_a_thousand_conditions_is_answered(odoo: EmbeddedOdoo) -> None:
    many: list[object] = ["|"] * 999
    many += [("name", "=", f"Nobody {number}") for number in range(999)] + [("name", "=", "Azure Interior")]
    assert odoo.count("res.partner", many) == 1


def test_ids_by_the_thousand_are_answered(odoo: EmbeddedOdoo) -> None:
    assert odoo.count("res.country", [("id", "in", list(range(1, 100_000)))]) == odoo.count("res.country")


def test_whoever_has_a_city_has_a_country_and_a_contact_has_its_companys_address(odoo: EmbeddedOdoo) -> None:
    everybody = {"active_test": False}
    assert odoo.search("res.partner", [("city", "!=", False), ("country_id", "=", False)], context=everybody) == []
    address = ("street", "zip", "city", "country_id", "state_id")
    for contact in odoo.search_read("res.partner", [("parent_id", "!=", False)], ["parent_id", *address]):
        (company,) = odoo.read("res.partner", [contact["parent_id"][0]], address)
        assert [contact[name] for name in address] == [company[name] for name in address]
