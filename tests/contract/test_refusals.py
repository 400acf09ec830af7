"""What Odoo refuses, and as which error of the hub's tree it arrives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub.errors import OdooAccess, OdooDuplicate, OdooInvalidField, OdooMissing, OdooValidation
from hub.odoo.connection import Odoo
from tests.contract.conftest import Maker

NOBODY = 2_000_000_000


@pytest.mark.parametrize(
    ("model", "values", "name"),
    [
        ("res.country", {"code": "Q1"}, "name"),
        ("product.template", {}, "name"),
        ("res.partner.category", {}, "name"),
        ("sale.order", {}, "partner_id"),
        ("res.users", {"name": "No Login"}, "login"),
        ("res.currency", {"symbol": "q"}, "name"),
        ("res.company", {}, "name"),
    ],
)
def test_a_missing_required_field_is_named(odoo: Odoo, model: str, values: dict[str, Any], name: str) -> None:
    with pytest.raises(OdooValidation) as caught:
        odoo.create(model, [values])
    assert not isinstance(caught.value, OdooDuplicate | OdooInvalidField)
    assert caught.value.details["field"] == name
    assert caught.value.details["constraint"] == "required"
    assert name in str(caught.value)


def test_a_partner_needs_a_name(odoo: Odoo) -> None:
    with pytest.raises(OdooValidation, match="name"):
        odoo.create("res.partner", [{"city": "Paris"}])


def test_a_required_field_cannot_be_emptied(odoo: Odoo, make: Maker, unique: str) -> None:
    tag = make("res.partner.category", name=unique)
    with pytest.raises(OdooValidation):
        odoo.write("res.partner.category", [tag], {"name": False})
    assert odoo.read("res.partner.category", [tag], ["name"])[0]["name"] == unique


@pytest.mark.parametrize(
    ("model", "values", "name"),
    [
        ("res.country", {"name": "Another Belgium", "code": "BE"}, "code"),
        ("res.users", {"name": "Another admin", "login": "admin"}, "login"),
        ("res.currency", {"name": "EUR", "symbol": "E"}, "name"),
    ],
)
def test_a_duplicate_is_told_apart(odoo: Odoo, model: str, values: dict[str, Any], name: str) -> None:
    with pytest.raises(OdooDuplicate) as caught:
        odoo.create(model, [values])
    assert caught.value.status == 409
    assert name in caught.value.details["field"]
    assert caught.value.details["constraint"] == "unique"


def test_writing_a_duplicate_is_refused_too(odoo: Odoo, make: Maker, unique: str) -> None:
    user = make("res.users", name=unique, login=unique)
    with pytest.raises(OdooDuplicate):
        odoo.write("res.users", [user], {"login": "admin"})
    assert odoo.read("res.users", [user], ["login"])[0]["login"] == unique


@pytest.mark.parametrize("value", ["zz", "Contact", 5])
def test_a_value_that_the_selection_has_not_is_refused(odoo: Odoo, value: object) -> None:
    with pytest.raises(OdooValidation) as caught:
        odoo.create("res.partner", [{"name": "x", "type": value}])
    assert caught.value.details["field"] == "type"


@pytest.mark.parametrize(
    ("field", "value"), [("color", "abc"), ("country_id", "abc"), ("category_id", "abc"), ("color", 2**40)]
)
def test_a_value_of_the_wrong_type_is_refused(odoo: Odoo, unique: str, field: str, value: object) -> None:
    with pytest.raises(OdooValidation):
        odoo.create("res.partner", [{"name": unique, field: value}])
    assert odoo.count("res.partner", [("name", "=", unique)]) == 0


CALLS_WITH_AN_UNKNOWN_FIELD: list[tuple[str, Callable[[Odoo, int], object]]] = [
    ("create", lambda odoo, id: odoo.create("res.partner", [{"name": "x", "emial": "y"}])),
    ("write", lambda odoo, id: odoo.write("res.partner", [id], {"emial": "y"})),
    ("read", lambda odoo, id: odoo.read("res.partner", [id], ["name", "emial"])),
    ("search_read", lambda odoo, id: odoo.search_read("res.partner", [], ["name", "emial"], limit=1)),
    ("domain", lambda odoo, id: odoo.search("res.partner", [("emial", "=", "y")])),
    ("order", lambda odoo, id: odoo.search("res.partner", order="emial")),
    (
        "nested",
        lambda odoo, id: odoo.create("res.partner", [{"name": "x", "child_ids": [(0, 0, {"name": "y", "emial": 1})]}]),
    ),
]


@pytest.mark.parametrize(
    "call", [call for _, call in CALLS_WITH_AN_UNKNOWN_FIELD], ids=[name for name, _ in CALLS_WITH_AN_UNKNOWN_FIELD]
)
def test_an_unknown_field_is_named_with_the_nearest(
    odoo: Odoo, make: Maker, unique: str, call: Callable[[Odoo, int], object]
) -> None:
    partner = make("res.partner", name=unique)
    with pytest.raises(OdooInvalidField) as caught:
        call(odoo, partner)
    assert caught.value.details["field"] == "emial"
    assert caught.value.details["model"] == "res.partner"
    assert caught.value.details["suggestion"] == "email"
    assert "Did you mean `email`?" in str(caught.value)


def test_an_unknown_field_on_a_model_without_messages_is_named(odoo: Odoo, make: Maker, unique: str) -> None:
    tag = make("res.partner.category", name=unique)
    with pytest.raises(OdooInvalidField) as caught:
        odoo.write("res.partner.category", [tag], {"colour": 1})
    assert caught.value.details == {"field": "colour", "model": "res.partner.category", "suggestion": "color"}


@pytest.mark.parametrize(
    "call",
    [
        lambda odoo: odoo.read("res.partner", [NOBODY], ["name"]),
        lambda odoo: odoo.read("res.partner", [1, NOBODY], ["name"]),
        lambda odoo: odoo.read("res.partner", [NOBODY]),
        lambda odoo: odoo.read("res.partner", [NOBODY], ["id"]),
        lambda odoo: odoo.write("res.partner", [NOBODY], {"name": "x"}),
        lambda odoo: odoo.unlink("res.partner", [NOBODY]),
        lambda odoo: odoo.call("sale.order", "action_confirm", [NOBODY]),
    ],
    ids=["read", "read one of two", "read without fields", "read the id", "write", "unlink", "call"],
)
def test_a_record_that_does_not_exist_is_missing(odoo: Odoo, call: Callable[[Odoo], object]) -> None:
    with pytest.raises(OdooMissing) as caught:
        call(odoo)
    assert caught.value.status == 404


@pytest.mark.parametrize("field", ["country_id", "parent_id"])
def test_a_value_that_points_to_no_record_is_a_wrong_value(odoo: Odoo, unique: str, field: str) -> None:
    with pytest.raises(OdooValidation) as caught:
        odoo.create("res.partner", [{"name": unique, field: NOBODY}])
    assert caught.value.details["field"] == field
    assert str(NOBODY) in str(caught.value)
    assert odoo.count("res.partner", [("name", "=", unique)]) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda odoo: odoo.search("res.nothing"),
        lambda odoo: odoo.search_read("res.nothing", [], ["name"]),
        lambda odoo: odoo.count("res.nothing"),
        lambda odoo: odoo.read("res.nothing", [1], ["name"]),
        lambda odoo: odoo.create("res.nothing", [{"name": "x"}]),
        lambda odoo: odoo.write("res.nothing", [1], {"name": "x"}),
        lambda odoo: odoo.unlink("res.nothing", [1]),
        lambda odoo: odoo.fields_get("res.nothing"),
        lambda odoo: odoo.load("res.nothing", ["name"], [["x"]]),
        lambda odoo: odoo.call("res.nothing", "name_search"),
    ],
)
def test_a_model_that_does_not_exist_is_missing(odoo: Odoo, call: Callable[[Odoo], object]) -> None:
    with pytest.raises(OdooMissing, match=r"res\.nothing"):
        call(odoo)


def test_a_method_that_does_not_exist_is_missing(odoo: Odoo) -> None:
    with pytest.raises(OdooMissing, match="do_what_nobody_wrote"):
        odoo.call("res.partner", "do_what_nobody_wrote", [1])


@pytest.mark.parametrize("method", ["_search", "_write", "browse", "sudo", "__init__"])
def test_a_private_method_is_refused(odoo: Odoo, method: str) -> None:
    with pytest.raises(OdooAccess):
        odoo.call("res.partner", method, [1])


def test_wrong_arguments_are_refused(odoo: Odoo) -> None:
    with pytest.raises(OdooValidation, match="nmae"):
        odoo.call("res.partner", "name_search", kwargs={"nmae": "x"})


def test_a_record_in_use_is_not_deleted(odoo: Odoo) -> None:
    country = odoo.search("res.country", [("code", "=", "US")])
    with pytest.raises(OdooValidation) as caught:
        odoo.unlink("res.country", country)
    assert caught.value.status == 400
    assert odoo.read("res.country", country, ["code"])[0]["code"] == "US"


def test_a_partner_of_a_user_is_not_deleted(odoo: Odoo, make: Maker, unique: str) -> None:
    user = make("res.users", name=unique, login=unique)
    partner = odoo.read("res.users", [user], ["partner_id"])[0]["partner_id"][0]
    with pytest.raises(OdooValidation):
        odoo.unlink("res.partner", [partner])
    assert odoo.read("res.partner", [partner], ["name"])[0]["name"] == unique


def test_a_message_holds_no_traceback(odoo: Odoo) -> None:
    with pytest.raises(OdooValidation) as caught:
        odoo.create("res.country", [{"name": "Another Belgium", "code": "BE"}])
    assert "Traceback" not in repr(caught.value) + str(caught.value.details)
    assert 'File "' not in str(caught.value)
