"""Different operations as one transaction, all or none, or each for itself."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hub.errors import OdooAccess, OdooDuplicate, OdooError, OdooInvalidField, OdooMissing, OdooValidation
from hub.odoo import batch
from hub.odoo.connection import Mode, Odoo, Operation
from tests.contract.conftest import Colleague, Maker


@pytest.fixture(autouse=True, scope="module")
def nothing_left(odoo: Odoo) -> Iterator[None]:
    yield
    if odoo.transport == "embedded":
        return  # it needs no help for this
    batch.remove(odoo)
    assert odoo.count("ir.actions.server", [("name", "=", batch.NAME)]) == 0


def test_different_operations_are_done_in_their_order(odoo: Odoo, make: Maker, unique: str) -> None:
    changed, deleted = make.many("res.partner", [{"name": f"{unique} {number}"} for number in range(2)])
    new, *rest = odoo.batch(
        [
            Operation(
                "create", "res.partner", values={"name": f"{unique} new", "child_ids": [(0, 0, {"name": unique})]}
            ),
            Operation("write", "res.partner", [changed], {"city": "Gent"}),
            Operation("unlink", "res.partner", [deleted]),
        ],
    )
    new, rest = new.value, [one.value for one in rest]
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
    with pytest.raises(error) as refused:
        odoo.batch(
            [
                Operation("create", "res.partner", values={"name": f"{unique} new"}),
                Operation("write", "res.partner", [partner], {"city": "Gent"}),
                wrong,
            ],
        )
    assert refused.value.details["index"] == 2
    assert odoo.count("res.partner", [("name", "=like", f"{unique}%")]) == 1
    assert odoo.read("res.partner", [partner], ["city"])[0]["city"] is False


@pytest.mark.parametrize(("mode", "done"), [("each", [True, False, True, False, True]), ("stop", [True, False])])
def test_one_that_fails_undoes_itself_alone(odoo: Odoo, make: Maker, unique: str, mode: Mode, done: list[bool]) -> None:
    partner = make("res.partner", name=unique)
    results = odoo.batch(
        [
            Operation("create", "res.partner", values={"name": f"{unique} 1"}),
            Operation("create", "res.country", values={"name": unique, "code": "BE"}),
            Operation("write", "res.partner", [partner], {"city": "Gent"}),
            Operation("write", "res.partner", [partner], {"emial": "x"}),
            Operation("create", "res.partner", values={"name": f"{unique} 2"}),
        ],
        mode,
    )
    assert [one.error is None for one in results] == done
    made = [one.value for one, kind in zip(results, "cxwwc", strict=False) if kind == "c" and one.error is None]
    make.keep_track("res.partner", made)
    assert isinstance(results[1].error, OdooDuplicate)
    assert odoo.read("res.partner", [partner], ["city"])[0]["city"] == ("Gent" if mode == "each" else False)
    if mode == "each":
        assert isinstance(results[3].error, OdooInvalidField)


def test_a_create_with_an_external_id_happens_once(odoo: Odoo, make: Maker, unique: str) -> None:
    step = Operation("create", "res.partner", values={"name": unique}, external_id=f"idem_{unique.replace(' ', '_')}")
    first, again = [odoo.batch([step], mode)[0].value for mode in ("all", "each")]
    make.keep_track("res.partner", [first])
    assert first == again
    assert odoo.count("res.partner", [("name", "=", unique)]) == 1
    other = replace(step, external_id=step.external_id + "x", values={"name": unique, "type": "zz"})
    assert odoo.batch([other], "each")[0].error is not None
    sound = replace(other, values={"name": unique})
    (made,) = odoo.batch([sound])
    make.keep_track("res.partner", [made.value])
    assert made.value != first


def test_five_hundred_operations_are_a_few_calls(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique)
    steps = [Operation("create", "res.partner", values={"name": f"{unique} {n}"}) for n in range(250)]
    steps += [Operation("write", "res.partner", [partner], {"ref": str(n)}) for n in range(250)]
    results = odoo.batch(steps, "each")
    make.keep_track("res.partner", [one.value for one in results[:250]])
    assert odoo.count("res.partner", [("name", "=like", f"{unique} %")]) == 250
    assert odoo.read("res.partner", [partner], ["ref"])[0]["ref"] == "249"


@pytest.mark.parametrize("mode", ["all", "each"])
@pytest.mark.parametrize(
    "step",
    [
        Operation("write", "res.partner", values={"name": False}),
        Operation("create", "res.partner", values={"type": "contact", "comment": "hidden from callers"}),
        Operation("create", "sale.order.line", values={"name": "hidden from callers"}),
        Operation("create", "res.country", values={"name": "hidden from callers", "code": "BE"}),
    ],
    ids=lambda step: f"{step.kind} {step.model}",
)
def test_a_refusal_shows_nothing_of_the_row(odoo: Odoo, make: Maker, unique: str, step: Operation, mode: Mode) -> None:
    if step.kind == "write":
        step = replace(step, ids=[make("res.partner", name=unique, comment="hidden from callers")])
    try:
        (result,) = odoo.batch([step], mode)
        told = result.error
    except OdooError as error:
        told = error
    assert isinstance(told, OdooValidation)
    shown = f"{told.message} {told.details}"
    assert "hidden" not in shown
    for word in ("DETAIL", "Failing row", "violates", "relation"):
        assert word not in shown


@pytest.mark.parametrize("mode", ["all", "each"])
def test_those_who_make_the_same_record_at_the_same_moment_all_get_it(
    odoo: Odoo, make: Maker, unique: str, mode: Mode
) -> None:
    name = unique.replace(" ", "_")
    step = Operation(
        "create",
        "res.partner",
        values={"name": unique, "ref": name},
        match_ids=[f"match_{name}"],
        unless=(("ref", "=", name),),
    )
    with ThreadPoolExecutor(12) as pool:
        results = list(pool.map(lambda _: odoo.batch([step], mode)[0], range(36)))
    make.keep_track("res.partner", odoo.search("res.partner", [("ref", "=", name)]))
    assert [one.error for one in results] == [None] * 36
    assert len({one.value for one in results}) == 1
    assert [one.existed for one in results].count(False) == 1


def test_a_create_that_finds_its_record_ends_a_batch_that_stops(odoo: Odoo, make: Maker, unique: str) -> None:
    there = make("res.partner", name=unique, ref=unique)
    met = Operation(
        "create",
        "res.partner",
        values={"name": unique},
        match_ids=[f"match_{unique.replace(' ', '_')}{part}" for part in "ab"],
        unless=(("ref", "=", unique),),
    )
    steps = [met, Operation("create", "res.partner", values={"name": f"{unique} after"})]
    (result,) = odoo.batch(steps, "stop")
    assert (result.value, result.existed) == (there, True)
    first, second = odoo.batch(steps, "each")
    make.keep_track("res.partner", [second.value])
    assert (first.value, first.existed, second.existed) == (there, True, False)
    assert odoo.count("res.partner", [("name", "=like", f"{unique}%")]) == 2


def test_nothing_to_do(odoo: Odoo) -> None:
    assert odoo.batch([]) == []


def on_a_real_one(odoo: Odoo) -> None:
    if odoo.transport == "embedded":
        pytest.skip("the embedded Odoo needs no server action")


def test_the_action_is_set_up_once(odoo: Odoo) -> None:
    on_a_real_one(odoo)
    assert batch.set_up(odoo) == batch.set_up(odoo)


def test_who_may_not_set_it_up_is_told_so(odoo: Odoo, colleague: Colleague) -> None:
    on_a_real_one(odoo)
    with pytest.raises(OdooAccess, match="settings"):
        colleague.odoo.batch([Operation("create", "res.partner", values={"name": "x"})])


def test_the_action_gives_no_rights(odoo: Odoo, colleague: Colleague) -> None:
    """Even when it is there already, each operation has the rights of who asks."""
    on_a_real_one(odoo)
    action = batch.set_up(odoo)
    step = {"kind": "create", "model": "res.country", "ids": [], "values": {"name": "Hubland", "code": "Q9"}}
    step |= {"names": []}
    with pytest.raises(OdooError, match="AccessError"):
        colleague.odoo.call("ir.actions.server", "run", [action], context={"hub_operations": [step], "hub_mode": "all"})
    assert odoo.count("res.country", [("code", "=", "Q9")]) == 0
