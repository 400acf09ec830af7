"""Webhook automations in a real Odoo: set up, sent, repaired and removed; and what their hints are looked at for."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from hub.errors import OdooAccess, OdooMissing
from hub.odoo import automations, hinting, polling
from hub.odoo.connection import Odoo
from hub.odoo.hinting import Addresses
from tests.acceptance.running import until
from tests.contract.conftest import Colleague, Maker

pytestmark = [
    pytest.mark.odoo,
    pytest.mark.parametrize("target", ["jsonrpc", "json2"], indirect=True, scope="session"),
]
MODEL = "res.partner.category"


@pytest.fixture
def addresses(httpserver: HTTPServer) -> Addresses:
    """Where the test takes hints."""
    for path in ("/saved", "/deleted"):
        httpserver.expect_request(path, method="POST").respond_with_data("", status=204)
    return Addresses(httpserver.url_for("/saved?token=one"), httpserver.url_for("/deleted?token=one"))


@pytest.fixture
def name(odoo: Odoo, addresses: Addresses) -> Iterator[str]:
    """Hints that are set up, under that name."""
    name = hinting.name_of(uuid.uuid4().hex[:8])
    try:
        hinting.set_up(odoo, name, addresses, [MODEL])
        yield name
    finally:
        hinting.remove(odoo, name)


def hinted(httpserver: HTTPServer, path: str) -> list[int]:
    """The ids of which hints came there."""
    taken = [request for request, _ in httpserver.log if request.path == path and request.args["token"] == "one"]
    return [body["_id"] for request in taken if (body := request.get_json())["_model"] == MODEL]


def test_saves_and_deletions_are_hinted_at_at_addresses_of_their_own(
    odoo: Odoo, make: Maker, name: str, httpserver: HTTPServer, unique: str
) -> None:
    record_id = make(MODEL, name=unique)
    until(lambda: record_id in hinted(httpserver, "/saved"), "the hint of its creation")
    assert hinted(httpserver, "/deleted") == []
    odoo.unlink(MODEL, [record_id])
    until(lambda: record_id in hinted(httpserver, "/deleted"), "the hint of its deletion")
    assert polling.gone(odoo, MODEL, [record_id]) == {record_id}


def test_setting_up_is_repeatable_and_mends(odoo: Odoo, name: str, addresses: Addresses) -> None:
    assert hinting.check(odoo, name, addresses) == (MODEL,)
    before = rules(odoo, name)
    hinting.set_up(odoo, name, addresses, [MODEL])
    assert rules(odoo, name) == before
    odoo.write("base.automation", [before[0]], {"active": False})
    assert hinting.check(odoo, name, addresses) == ()
    hinting.set_up(odoo, name, addresses, [MODEL])
    assert hinting.check(odoo, name, addresses) == (MODEL,)
    assert len(rules(odoo, name)) == 2


def test_other_addresses_are_written_into_the_rules(odoo: Odoo, name: str, addresses: Addresses) -> None:
    other = Addresses(addresses.saved.replace("one", "two"), addresses.deleted.replace("one", "two"))
    assert hinting.check(odoo, name, other) == ()
    hinting.set_up(odoo, name, other, [MODEL])
    assert (hinting.check(odoo, name, other), hinting.check(odoo, name, addresses)) == ((MODEL,), ())
    assert len(actions(odoo, name)) == 2


def test_models_that_nobody_wants_any_more_are_tidied_away(odoo: Odoo, name: str, addresses: Addresses) -> None:
    hinting.set_up(odoo, name, addresses, ["res.country.group"])
    assert hinting.tidy(odoo, name, [MODEL]) == ("res.country.group",)
    assert hinting.tidy(odoo, name, [MODEL]) == ()
    assert hinting.check(odoo, name, addresses) == (MODEL,)
    assert len(actions(odoo, name)) == 2


def test_removing_leaves_nothing(odoo: Odoo, name: str) -> None:
    hinting.remove(odoo, name)
    hinting.remove(odoo, name)
    assert (rules(odoo, name), actions(odoo, name)) == ([], [])


def test_an_unknown_model_is_told(odoo: Odoo, name: str, addresses: Addresses) -> None:
    with pytest.raises(OdooMissing, match=r"no model x_not\.there"):
        hinting.set_up(odoo, name, addresses, ["x_not.there"])


def test_who_may_not_is_told_what_to_grant(colleague: Colleague, addresses: Addresses) -> None:
    with pytest.raises(OdooAccess, match="settings"):
        hinting.set_up(colleague.odoo, hinting.name_of("nobody"), addresses, [MODEL])


def test_what_a_user_may_not_see_is_not_taken_for_gone(odoo: Odoo, colleague: Colleague, make: Maker) -> None:
    """A rule hides the record from the colleague; to him it exists all the same."""
    hidden, gone = make(MODEL, name=f"hidden {uuid.uuid4()}"), make(MODEL, name=f"gone {uuid.uuid4()}")
    shown = make(MODEL, name=f"shown {uuid.uuid4()}")
    odoo.unlink(MODEL, [gone])
    (model,) = odoo.search("ir.model", [("model", "=", MODEL)])
    make("ir.rule", name=f"hide {hidden}", model_id=model, domain_force=f"[('id', '!=', {hidden})]")
    assert colleague.odoo.search(MODEL, [("id", "in", [hidden, gone, shown])]) == [shown]
    assert polling.gone(colleague.odoo, MODEL, [hidden, gone, shown]) == {gone}
    assert polling.gone(colleague.odoo, MODEL, [gone]) == {gone}
    assert polling.gone(colleague.odoo, MODEL, []) == set()


def rules(odoo: Odoo, name: str) -> list[int]:
    return [row["id"] for row in automations.found(odoo, name)]


def actions(odoo: Odoo, name: str) -> list[Any]:
    return odoo.search("ir.actions.server", [("name", "=like", f"{name}: %")])
