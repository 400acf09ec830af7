"""Create, write, unlink and archive: of one, of many, all or none."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import OdooError, OdooMissing, OdooValidation
from hub.odoo.connection import Odoo
from tests.contract.conftest import Maker


def named(odoo: Odoo, name: str, model: str = "res.partner") -> int:
    return odoo.count(model, [("name", "=like", f"{name}%")], context={"active_test": False})


def test_a_list_is_created_in_its_order(odoo: Odoo, make: Maker, unique: str) -> None:
    ids = make.many("res.partner", [{"name": f"{unique} {letter}"} for letter in "cab"])
    assert len(set(ids)) == 3
    assert [record["name"][-1] for record in odoo.read("res.partner", ids, ["name"])] == ["c", "a", "b"]


def test_rows_of_different_fields_are_created_together(odoo: Odoo, make: Maker, unique: str) -> None:
    ids = make.many("res.partner", [{"name": unique}, {"name": unique, "city": "Gent"}, {"name": unique, "color": 2}])
    assert [record["city"] for record in odoo.read("res.partner", ids, ["city"])] == [False, "Gent", False]


def test_an_empty_list_creates_nothing(odoo: Odoo) -> None:
    assert odoo.create("res.partner", []) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "zz"},
        {"emial": "x"},
        {"country_id": 2_000_000_000},
        {"name": False},
        {"category_id": [(4, 2_000_000_000)]},
    ],
    ids=repr,
)
def test_one_wrong_row_and_none_is_created(odoo: Odoo, unique: str, wrong: dict[str, Any]) -> None:
    rows = [{"name": f"{unique} 1"}, {"name": f"{unique} 2", **wrong}, {"name": f"{unique} 3"}]
    with pytest.raises(OdooError):
        odoo.create("res.partner", rows)
    assert named(odoo, unique) == 0


def test_a_wrong_child_and_no_parent_is_created(odoo: Odoo, unique: str) -> None:
    with pytest.raises(OdooValidation):
        odoo.create("res.partner", [{"name": unique, "child_ids": [(0, 0, {"name": f"{unique} child", "type": "zz"})]}])
    assert named(odoo, unique) == 0


def test_the_same_values_are_written_to_many(odoo: Odoo, make: Maker, unique: str) -> None:
    ids = make.many("res.partner", [{"name": f"{unique} {number}"} for number in range(3)])
    odoo.write("res.partner", ids, {"city": "Gent", "color": 4})
    assert [(record["city"], record["color"]) for record in odoo.read("res.partner", ids, ["city", "color"])] == [
        ("Gent", 4)
    ] * 3


def test_a_write_leaves_the_other_fields_alone(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique, city="Gent", email="a@example.com")
    odoo.write("res.partner", [partner], {"city": "Liège"})
    record = odoo.read("res.partner", [partner], ["name", "city", "email"])[0]
    assert record == {"id": partner, "name": unique, "city": "Liège", "email": "a@example.com"}


def test_a_write_with_one_missing_record_changes_none(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique)
    with pytest.raises(OdooMissing):
        odoo.write("res.partner", [partner, 2_000_000_000], {"city": "Gent"})
    assert odoo.read("res.partner", [partner], ["city"])[0]["city"] is False


def test_a_write_with_one_wrong_value_changes_none(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique)
    with pytest.raises(OdooValidation):
        odoo.write("res.partner", [partner], {"city": "Gent", "type": "zz"})
    assert odoo.read("res.partner", [partner], ["city"])[0]["city"] is False


def test_an_empty_write_is_fine(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique)
    odoo.write("res.partner", [partner], {})
    odoo.write("res.partner", [], {"name": "nobody"})
    assert odoo.read("res.partner", [partner], ["name"])[0]["name"] == unique


def test_deleted_records_are_gone(odoo: Odoo, make: Maker, unique: str) -> None:
    first, second, third = make.many("res.partner", [{"name": f"{unique} {number}"} for number in range(3)])
    odoo.unlink("res.partner", [first, second])
    assert odoo.search("res.partner", [("id", "in", [first, second, third])]) == [third]
    with pytest.raises(OdooMissing):
        odoo.read("res.partner", [first], ["name"])


def test_deleting_twice_is_missing(odoo: Odoo, make: Maker, unique: str) -> None:
    tag = make("res.partner.category", name=unique)
    odoo.unlink("res.partner.category", [tag])
    odoo.unlink("res.partner.category", [])
    with pytest.raises(OdooMissing):
        odoo.read("res.partner.category", [tag], ["name"])


def test_a_deletion_that_one_record_forbids_deletes_none(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique)
    user = make("res.users", name=unique, login=unique)
    bound = odoo.read("res.users", [user], ["partner_id"])[0]["partner_id"][0]
    with pytest.raises(OdooValidation):
        odoo.unlink("res.partner", [partner, bound])
    assert odoo.count("res.partner", [("id", "in", [partner, bound])]) == 2


def test_a_many2one_to_a_deleted_record_is_emptied(odoo: Odoo, make: Maker, unique: str) -> None:
    parent = make("res.partner.category", name=f"{unique} parent")
    industry = make("res.partner.industry", name=unique)
    partner = make("res.partner", name=unique, industry_id=industry)
    odoo.unlink("res.partner.industry", [industry])
    assert odoo.read("res.partner", [partner], ["industry_id"])[0]["industry_id"] is False
    child = make("res.partner.category", name=f"{unique} child", parent_id=parent)
    odoo.unlink("res.partner.category", [parent])
    assert odoo.count("res.partner.category", [("id", "=", child)]) == 0, "its parent takes it along"


@pytest.mark.parametrize("by", ["write", "action"])
def test_an_archived_record_is_hidden_and_comes_back(odoo: Odoo, make: Maker, unique: str, by: str) -> None:
    partner = make("res.partner", name=unique)
    mine = [("name", "=", unique)]
    if by == "write":
        odoo.write("res.partner", [partner], {"active": False})
    else:
        odoo.call("res.partner", "action_archive", [partner])
    assert odoo.search("res.partner", mine) == []
    assert odoo.search("res.partner", mine, context={"active_test": False}) == [partner]
    assert odoo.read("res.partner", [partner], ["active"])[0]["active"] is False
    odoo.call("res.partner", "action_unarchive", [partner])
    assert odoo.search("res.partner", mine) == [partner]


def test_archived_contacts_are_left_out_of_their_companys_list(odoo: Odoo, make: Maker, unique: str) -> None:
    """Even when archived ones are asked for: the field itself names the active ones only."""
    parent = make("res.partner", name=unique, is_company=True)
    seen, hidden = make.many("res.partner", [{"name": f"{unique} {who}", "parent_id": parent} for who in "ab"])
    odoo.write("res.partner", [hidden], {"active": False})
    for context in ({}, {"active_test": False}):
        assert odoo.read("res.partner", [parent], ["child_ids"], context=context)[0]["child_ids"] == [seen]


def test_archived_tags_are_left_out_unless_asked_for(odoo: Odoo, make: Maker, unique: str) -> None:
    seen, hidden = make.many("res.partner.category", [{"name": f"{unique} {which}"} for which in "ab"])
    partner = make("res.partner", name=unique, category_id=[(6, 0, [seen, hidden])])
    odoo.write("res.partner.category", [hidden], {"active": False})
    assert odoo.read("res.partner", [partner], ["category_id"])[0]["category_id"] == [seen]
    shown = odoo.read("res.partner", [partner], ["category_id"], context={"active_test": False})[0]["category_id"]
    assert sorted(shown) == [seen, hidden]


def test_a_copy_is_a_new_record(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique, city="Gent")
    [copy] = make.keep_track("res.partner", odoo.call("res.partner", "copy", [partner]))
    assert copy != partner
    record = odoo.read("res.partner", [copy], ["name", "city"])[0]
    assert record["name"] == f"{unique} (copy)"
    assert record["city"] == "Gent"
