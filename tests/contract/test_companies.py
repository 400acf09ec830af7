"""Several companies: what the context's ``allowed_company_ids`` shows and forbids."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.errors import OdooAccess
from hub.odoo.connect import open_new
from hub.odoo.connection import Odoo, Target
from tests.contract.conftest import Colleague, Maker

NAME = "Hub contract company"
"""Kept and used again: Odoo doesn't delete a company once it has settings."""


@pytest.fixture(scope="session")
def second(odoo: Odoo) -> int:
    found = odoo.search("res.company", [("name", "=", NAME)])
    return found[0] if found else odoo.create("res.company", [{"name": NAME}])[0]


@pytest.fixture(scope="session")
def first(odoo: Odoo) -> int:
    return int(odoo.read("res.users", [odoo.user_id()], ["company_id"])[0]["company_id"][0])


def test_a_company_sees_its_own_records_and_the_shared_ones(
    odoo: Odoo, make: Maker, unique: str, first: int, second: int
) -> None:
    shared, ours, theirs = make.many(
        "res.partner", [{"name": unique, "company_id": company} for company in (False, first, second)]
    )
    mine = [("name", "=", unique)]

    def seen(*companies: int) -> list[int]:
        return sorted(odoo.search("res.partner", mine, context={"allowed_company_ids": list(companies)}))

    assert seen(first) == [shared, ours]
    assert seen(second) == [shared, theirs]
    assert seen(first, second) == seen(second, first) == [shared, ours, theirs]
    assert sorted(odoo.search("res.partner", mine)) == [shared, ours, theirs]
    assert odoo.count("res.partner", mine, context={"allowed_company_ids": [second]}) == 2


def test_another_companys_record_is_forbidden(odoo: Odoo, make: Maker, unique: str, first: int, second: int) -> None:
    theirs = make("res.partner", name=unique, company_id=second)
    only_first = {"allowed_company_ids": [first]}
    with pytest.raises(OdooAccess):
        odoo.read("res.partner", [theirs], ["name"], context=only_first)
    with pytest.raises(OdooAccess):
        odoo.write("res.partner", [theirs], {"city": "Gent"}, context=only_first)
    with pytest.raises(OdooAccess):
        odoo.unlink("res.partner", [theirs], context=only_first)
    assert odoo.read("res.partner", [theirs], ["city"])[0]["city"] is False


def test_the_first_allowed_company_is_the_current_one(
    odoo: Odoo, make: Maker, unique: str, first: int, second: int
) -> None:
    partner = make("res.partner", name=unique)
    for companies in ([first, second], [second, first]):
        ids = odoo.create("sale.order", [{"partner_id": partner}], context={"allowed_company_ids": companies})
        make.keep_track("sale.order", ids)
        assert odoo.read("sale.order", ids, ["company_id"])[0]["company_id"][0] == companies[0]


def test_a_record_cannot_be_made_for_a_company_not_chosen(odoo: Odoo, unique: str, first: int, second: int) -> None:
    with pytest.raises(OdooAccess):
        odoo.create("res.partner", [{"name": unique, "company_id": second}], context={"allowed_company_ids": [first]})


@pytest.mark.parametrize("model", ["res.partner", "sale.order"])
def test_a_company_that_does_not_exist_is_refused(odoo: Odoo, model: str) -> None:
    with pytest.raises(OdooAccess):
        odoo.search(model, context={"allowed_company_ids": [2_000_000_000]})


def test_a_company_that_is_not_the_users_is_refused(colleague: Colleague, second: int) -> None:
    with pytest.raises(OdooAccess):
        colleague.odoo.search("res.partner", context={"allowed_company_ids": [second]})


def test_a_user_of_one_company_does_not_see_the_other(
    colleague: Colleague, make: Maker, unique: str, second: int
) -> None:
    make("res.partner", name=unique, company_id=second)
    assert colleague.odoo.search("res.partner", [("name", "=", unique)]) == []


def test_a_targets_context_holds_for_every_call(
    target: Target, odoo: Odoo, make: Maker, unique: str, first: int, second: int
) -> None:
    make.many("res.partner", [{"name": unique, "company_id": company} for company in (first, second)])
    bound = replace(target, context=(("allowed_company_ids", (second,)),))
    with open_new(bound) as only_second:
        [found] = only_second.search_read("res.partner", [("name", "=", unique)], ["company_id"])
        assert found["company_id"][0] == second
        both = only_second.count(
            "res.partner", [("name", "=", unique)], context={"allowed_company_ids": [first, second]}
        )
        assert both == 2
        assert only_second.count("res.partner", [("name", "=", unique)], context={"active_test": False}) == 1
