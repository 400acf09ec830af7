"""Different operations as one transaction; on a real Odoo only, for the embedded one runs no code of its users."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hub.errors import OdooAccess, OdooDuplicate, OdooError, OdooInvalidField, OdooMissing, OdooValidation
from hub.odoo import batch
from hub.odoo.batch import Operation
from hub.odoo.connection import Odoo
from tests.contract.conftest import Colleague, Maker

pytestmark = [
    pytest.mark.odoo,
    pytest.mark.parametrize("target", ["jsonrpc", "json2"], indirect=True, scope="session"),
]


@pytest.fixture(autouse=True, scope="module")
def nothing_left(odoo: Odoo) -> Iterator[None]:
    yield
    batch.remove(odoo)
    assert odoo.count("ir.actions.server", [("name", "=", batch.NAME)]) == 0


def test_different_operations_are_done_in_their_order(odoo: Odoo, make: Maker, unique: str) -> None:
    changed, deleted = make.many("res.partner", [{"name": f"{unique} {number}"} for number in range(2)])
    new, *rest = batch.run(
        odoo,
        [
            Operation(
                "create", "res.partner", values={"name": f"{unique} new", "child_ids": [(0, 0, {"name": unique})]}
            ),
            Operation("write", "res.partner", [changed], {"city": "Gent"}),
            Operation("unlink", "res.partner", [deleted]),
        ],
    )
    make.keep_track("res.partner", [new, *odoo.read("res.partner", [new], ["child_ids"])[0]["child_ids"]])
    assert rest == [True, True]
    assert odoo.read("res.partner", [new, changed], ["name", "city"]) == [
        {"id": new, "name": f"{unique} new", "city": False},
        {"id": changed, "name": f"{unique} 0", "city": "Gent"},
    ]
    assert odoo.count("res.partner", [("id", "=", deleted)]) == 0


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Operation("write", "res.partner", [2_000_000_000], {"city": "x"}), OdooMissing),
        (Operation("create", "res.partner", values={"name": "x", "type": "zz"}), OdooValidation),
        (Operation("create", "res.partner", values={"name": "x", "emial": "zz"}), OdooInvalidField),
        (Operation("create", "res.country", values={"name": "x", "code": "BE"}), OdooDuplicate),
        (Operation("create", "res.country", values={"code": "Q1"}), OdooValidation),
        (Operation("unlink", "res.partner", [1]), OdooValidation),
        (Operation("create", "res.nothing", values={"name": "x"}), OdooError),
    ],
    ids=str,
)
def test_one_wrong_operation_and_nothing_is_done(
    odoo: Odoo, make: Maker, unique: str, wrong: Operation, error: type[OdooError]
) -> None:
    partner = make("res.partner", name=unique)
    with pytest.raises(error):
        batch.run(
            odoo,
            [
                Operation("create", "res.partner", values={"name": f"{unique} new"}),
                Operation("write", "res.partner", [partner], {"city": "Gent"}),
                wrong,
            ],
        )
    assert odoo.count("res.partner", [("name", "=like", f"{unique}%")]) == 1
    assert odoo.read("res.partner", [partner], ["city"])[0]["city"] is False


def test_the_action_is_set_up_once(odoo: Odoo) -> None:
    assert batch.set_up(odoo) == batch.set_up(odoo)
    assert batch.run(odoo, []) == []


def test_who_may_not_set_it_up_is_told_so(colleague: Colleague) -> None:
    with pytest.raises(OdooAccess, match="settings"):
        batch.run(colleague.odoo, [Operation("create", "res.partner", values={"name": "x"})])


def test_the_action_gives_no_rights(odoo: Odoo, colleague: Colleague) -> None:
    """Even when it is there already, each operation has the rights of who asks."""
    action = batch.set_up(odoo)
    step = {"kind": "create", "model": "res.country", "ids": [], "values": {"name": "Hubland", "code": "Q9"}}
    with pytest.raises(OdooAccess):
        colleague.odoo.call("ir.actions.server", "run", [action], context={"hub_operations": [step]})
    assert odoo.count("res.country", [("code", "=", "Q9")]) == 0
