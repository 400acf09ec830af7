"""Who the connection is, and what a user without rights is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hub.errors import OdooAccess, OdooAuthentication
from hub.odoo.connect import open_new
from hub.odoo.connection import Odoo, Target, Version
from tests.contract.conftest import Colleague


def test_the_version_is_known(odoo: Odoo) -> None:
    assert Version(15, 0) <= odoo.version() < Version(30, 0)
    assert odoo.version() is odoo.version()


def test_the_user_is_known(odoo: Odoo, target: Target) -> None:
    assert odoo.read("res.users", [odoo.user_id()], ["login"])[0]["login"] == target.login


def test_another_user_is_another_user(odoo: Odoo, colleague: Colleague) -> None:
    assert colleague.odoo.user_id() == colleague.id != odoo.user_id()


@pytest.mark.parametrize(
    "call",
    [
        lambda odoo: odoo.create("res.country", [{"name": "Hubland", "code": "Q9"}]),
        lambda odoo: odoo.write("res.country", odoo.search("res.country", [("code", "=", "BE")]), {"name": "Hubland"}),
        lambda odoo: odoo.unlink("res.country", odoo.search("res.country", [("code", "=", "BE")])),
        lambda odoo: odoo.create("res.users", [{"name": "x", "login": "x"}]),
        lambda odoo: odoo.search("ir.config_parameter"),
        lambda odoo: odoo.search_read("ir.config_parameter", [], ["key"]),
        lambda odoo: odoo.create("ir.model.fields", [{"name": "x_hub"}]),
    ],
    ids=["create", "write", "unlink", "create a user", "search", "search_read", "add a field"],
)
def test_what_a_user_may_not_do_is_refused(colleague: Colleague, call: Callable[[Odoo], object]) -> None:
    with pytest.raises(OdooAccess) as caught:
        call(colleague.odoo)
    assert caught.value.status == 403
    assert str(caught.value)


def test_a_user_may_read_what_everybody_may(colleague: Colleague) -> None:
    assert colleague.odoo.search_read("res.country", [("code", "=", "BE")], ["name"])[0]["name"] == "Belgium"


def test_fields_that_a_user_may_not_read_are_left_out(odoo: Odoo, colleague: Colleague) -> None:
    assert "name" in colleague.odoo.fields_get("res.partner")
    assert "password" in odoo.fields_get("res.users")
    assert set(colleague.odoo.fields_get("res.users")) < set(odoo.fields_get("res.users"))


def test_a_password_is_never_read(odoo: Odoo) -> None:
    assert odoo.read("res.users", [odoo.user_id()], ["password"])[0]["password"] in (False, "", "********")


def test_wrong_credentials_are_refused(target: Target) -> None:
    wrong = replace(target, password="canary-password", api_key="canary-key" if target.api_key else "")
    with open_new(wrong) as odoo, pytest.raises(OdooAuthentication) as caught:
        odoo.search("res.partner")
    assert "canary" not in repr(caught.value) + str(caught.value) + str(caught.value.details)


@pytest.mark.parametrize("target", ["jsonrpc", "json2"], indirect=True)
@pytest.mark.odoo
def test_a_wrong_database_is_refused(target: Target) -> None:
    with (
        open_new(replace(target, database="hub_no_such_database")) as odoo,
        pytest.raises(OdooAuthentication) as caught,
    ):
        odoo.search("res.partner")
    assert caught.value.details["field"] == "database"
