"""What real Odoo servers report, word for word, and what the hub makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from hub.errors import OdooAuthentication, OdooDuplicate, OdooError, OdooInvalidField, OdooMissing, OdooValidation
from hub.odoo.faults import Call, Fault, clean, translate

CREATE = Call("res.partner", "create", None, {"vals_list": [{"name": "x", "country_id": 999999, "type": "zz"}]})
WRITE = Call("res.partner", "write", [7], {"vals": {"name": "x", "category_id": [[6, 0, [88]]]}})

REQUIRED = (
    "The operation cannot be completed: Missing required value for the field 'Login' (login).\n"
    "Model: 'User' (res.users)\n- create/update: a mandatory field is not set\n"
    "- delete: another model requires the record being deleted, you can archive it instead\n"
)
IN_USE = (
    "The operation cannot be completed: Another model is using the record you are trying to delete.\n\n"
    "The troublemaker is: 'Contact' (res.partner)\nHow about archiving the record instead?"
)


def test_a_call_while_odoo_loads_its_models_anew_may_be_made_again() -> None:
    error = translate(Fault("builtins.RuntimeError", "dictionary changed size during iteration", ""), CREATE)
    assert error.retryable
    assert "Try again" in error.message


def details(name: str, message: str, debug: str = "", call: Call = CREATE) -> tuple[type[OdooError], dict[str, Any]]:
    error = translate(Fault(name, message, debug), call)
    return type(error), error.details


@pytest.mark.parametrize(
    "message",
    [
        "Invalid field 'nme' in 'res.partner'",
        "Invalid field 'nme' on 'res.partner'",
        "Invalid field 'nme' on model 'res.partner'",
        "Invalid field res.partner.nme in condition ('nme', '=', 1)",
        "Invalid field res.partner.nme in leaf ('nme', '=', 1)",
        "Invalid field 'res.partner.nme' in leaf ('nme', '=', 1)",
    ],
)
def test_an_invalid_field_is_named_in_every_spelling(message: str) -> None:
    assert details("builtins.ValueError", message) == (OdooInvalidField, {"field": "nme", "model": "res.partner"})


def test_a_failed_lookup_of_a_field_is_an_invalid_field() -> None:
    debug = "  File x\n    return self._fields[key].__get__(self)\n           ~~~~^^^^^\nKeyError: 'nme'\n"
    assert details("builtins.KeyError", "'nme'", debug) == (OdooInvalidField, {"field": "nme", "model": "res.partner"})


def test_any_other_failed_lookup_is_odoos_own_failure() -> None:
    assert details("builtins.KeyError", "'nme'", "    return settings[key]\nKeyError: 'nme'\n")[0] is OdooError


def test_a_required_field_is_named() -> None:
    debug = 'psycopg2.errors.NotNullViolation: null value in column "login" of relation "res_users"'
    kind, found = details("odoo.exceptions.ValidationError", REQUIRED, debug)
    told = {"constraint": "required", "value": None, "field": "login", "model": "res.users"}
    assert (kind, found) == (OdooValidation, told)


def test_a_duplicate_names_field_and_value() -> None:
    debug = "psycopg2.errors.UniqueViolation: x\nDETAIL:  Key (login)=(admin) already exists.\n"
    kind, found = details("odoo.exceptions.ValidationError", "Two users!", debug)
    assert (kind, found) == (OdooDuplicate, {"constraint": "unique", "field": "login", "value": "admin"})


def test_a_value_that_points_nowhere_is_not_called_in_use() -> None:
    debug = (
        'psycopg2.errors.ForeignKeyViolation: insert or update on table "res_partner" violates foreign key "c"\n'
        'DETAIL:  Key (country_id)=(999999) is not present in table "res_country".\n'
    )
    error = translate(Fault("odoo.exceptions.ValidationError", IN_USE, debug), CREATE)
    assert type(error) is OdooValidation
    assert error.details == {"field": "country_id", "value": 999999, "constraint": "exists"}
    assert "trying to delete" not in str(error)


def test_a_record_in_use_is_told_so() -> None:
    debug = (
        'ForeignKeyViolation: update or delete on table "a"\nDETAIL:  Key (id)=(1) is still referenced from table "b".'
    )
    kind, found = details("odoo.exceptions.ValidationError", IN_USE, debug, Call("res.partner", "unlink", [1]))
    assert (kind, found) == (OdooValidation, {"constraint": "restrict"})


@pytest.mark.parametrize(
    ("record", "call", "expected"),
    [
        ("res.partner(7,)", WRITE, (OdooMissing, {"model": "res.partner"})),
        (
            "res.partner.category(88,)",
            WRITE,
            (OdooValidation, {"value": 88, "field": "category_id", "constraint": "exists"}),
        ),
        (
            "res.country(999999,)",
            CREATE,
            (OdooValidation, {"value": 999999, "field": "country_id", "constraint": "exists"}),
        ),
        ("res.country(5, 6)", CREATE, (OdooValidation, {"value": 5, "constraint": "exists"})),
        ("res.partner(7,)", Call("res.partner", "unlink", [7]), (OdooMissing, {"model": "res.partner"})),
    ],
)
def test_a_missing_record_is_told_from_a_wrong_value(
    record: str, call: Call, expected: tuple[type, dict[str, Any]]
) -> None:
    message = f"Record does not exist or has been deleted.\n(Record: {record}, User: 2)"
    assert details("odoo.exceptions.MissingError", message, "", call) == expected


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("odoo.exceptions.UserError", "Object res.partner doesn't exist"),
        ("werkzeug.exceptions.NotFound", "the model 'res.partner' does not exist"),
        ("werkzeug.exceptions.NotFound", "The method 'res.partner.create' does not exist"),
        ("builtins.AttributeError", "The method 'res.partner.create' does not exist"),
        ("builtins.AttributeError", "type object 'res.partner' has no attribute 'create'"),
        ("builtins.KeyError", "'res.partner'"),
    ],
)
def test_a_model_or_method_that_is_not_there_is_missing(name: str, message: str) -> None:
    assert details(name, message)[0] is OdooMissing


def test_a_wrong_value_names_its_field() -> None:
    kind, found = details("builtins.ValueError", "Wrong value for res.partner.type: 'zz'")
    assert (kind, found) == (OdooValidation, {"field": "type", "value": "zz"})
    call = Call("sale.order", "create", None, {"vals_list": [{"validity_date": "soon", "partner_id": 1}]})
    kind, found = details("builtins.ValueError", "time data 'soon' does not match format '%Y-%m-%d'", "", call)
    assert (kind, found) == (OdooValidation, {"field": "validity_date", "value": "soon"})


def test_a_value_of_two_fields_names_neither() -> None:
    call = Call("sale.order", "create", None, {"vals_list": [{"validity_date": "soon", "date_order": "soon"}]})
    assert details("builtins.ValueError", "time data 'soon' does not match", "", call) == (OdooValidation, {})


@pytest.mark.parametrize(("kind", "expected"), [("list", OdooValidation), ("str", OdooValidation), ("bool", OdooError)])
def test_a_value_that_odoos_code_stumbles_over_is_wrong_input(kind: str, expected: type[OdooError]) -> None:
    fault = Fault("builtins.AttributeError", f"'{kind}' object has no attribute 'items'")
    assert type(translate(fault, Call("sale.order.line", "write", [1], {"vals": {"sequence": 1}}))) is expected
    assert type(translate(fault, Call("sale.order.line", "search", None, {"domain": []}))) is OdooError


def test_a_missing_database_is_a_matter_of_the_connection() -> None:
    kind, found = details("psycopg2.OperationalError", 'FATAL:  database "nope" does not exist\n')
    assert (kind, found) == (OdooAuthentication, {"field": "database"})


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (REQUIRED, "Missing required value for the field 'Login' (login). Model: 'User' (res.users)"),
        ("Go there.\n{'type': 'ir.actions.act_window'}\nNow", "Go there."),
        ("Bad.\nTraceback (most recent call last):\n  File", "Bad."),
        ("", "no reason given"),
        ("x" * 9000, "x" * 2000),
        ("IndexError('out of range') while evaluating\n'secret = 1\\nrecords[0]'", "IndexError('out of range')"),
        ('ValueError("no") while evaluating "secret = 1"', 'ValueError("no")'),
        ("Stopped while evaluating the offer.", "Stopped while evaluating the offer."),
    ],
)
def test_a_message_is_made_fit_for_people(message: str, expected: str) -> None:
    assert clean(message) == expected


@pytest.mark.parametrize("data", [{}, {"name": None}, {"name": 5, "message": ["x"], "debug": {}}])
def test_a_fault_of_an_unknown_shape_is_still_one(data: dict[str, Any]) -> None:
    assert type(translate(Fault.of(data), CREATE)) is OdooError
