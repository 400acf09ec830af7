"""An outbox inside a real Odoo: set up, read, repaired and removed over RPC."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from hub.errors import OdooAccess, OdooError, OdooMissing
from hub.odoo import inside
from hub.odoo.changes import Change
from hub.odoo.connection import Mode, Odoo, Operation
from tests.contract.conftest import Colleague, Maker

pytestmark = [
    pytest.mark.odoo,
    pytest.mark.parametrize("target", ["jsonrpc", "json2"], indirect=True, scope="session"),
]
MODEL = "res.partner"


@pytest.fixture
def outbox(odoo: Odoo) -> Iterator[str]:
    name = inside.name_of(uuid.uuid4().hex[:8])
    try:
        inside.set_up(odoo, name, [MODEL])
        yield name
    finally:
        inside.remove(odoo, name)


class Listener:
    """Takes what is there, look by look."""

    def __init__(self, odoo: Odoo, outbox: str) -> None:
        self.odoo, self.outbox, self.position = odoo, outbox, {"taken": []}  # type: ignore[var-annotated]

    def heard(self) -> list[Change]:
        found: list[Change] = []
        while True:
            look = inside.look(self.odoo, self.outbox, MODEL, self.position)
            self.position = look.position
            found += look.changes
            if not look.changes:
                return found


def test_each_change_is_heard_with_what_was_before(odoo: Odoo, make: Maker, outbox: str, unique: str) -> None:
    listener = Listener(odoo, outbox)
    partner = make(MODEL, name=unique, city="Ulm")
    assert {(one.event, one.record_id) for one in listener.heard()} >= {("create", partner)}
    odoo.write(MODEL, [partner], {"city": "Bonn"}, context={"hub_origin": "shop"})
    changes = [one for one in listener.heard() if "city" in one.changed_fields]
    assert [(one.event, one.record_id, one.old_values["city"], one.origin) for one in changes] == [
        ("write", partner, "Ulm", "shop")
    ]
    odoo.unlink(MODEL, [partner])
    (gone,) = [one for one in listener.heard() if one.event == "unlink"]
    assert (gone.record_id, gone.old_values["name"], gone.old_values["city"]) == (partner, unique, "Bonn")
    assert listener.heard() == []
    assert odoo.count(outbox) == 0


NOTE = "<p>It's <b>new</b></p>"


def test_texts_with_markup_are_told_as_texts(odoo: Odoo, make: Maker, outbox: str, unique: str) -> None:
    listener = Listener(odoo, outbox)
    partner = make(MODEL, name=unique, city="Ulm", comment=NOTE)
    listener.heard()
    odoo.write(MODEL, [partner], {"city": "Bonn", "comment": "<p>other</p>"})
    (change,) = [one for one in listener.heard() if {"city", "comment"} <= set(one.changed_fields)]
    assert (change.old_values["comment"], change.new_values["comment"]) == (NOTE, "<p>other</p>")
    assert (change.old_values["city"], change.new_values["city"]) == ("Ulm", "Bonn")
    odoo.unlink(MODEL, [partner])
    (gone,) = [one for one in listener.heard() if one.event == "unlink"]
    assert (gone.old_values["name"], gone.old_values["comment"]) == (unique, "<p>other</p>")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (repr({"name": "A"}), {"name": "A"}),
        (
            "{'note': Markup('<p>x</p>'), 'names': [Markup(\"it's\"), 'b']}",
            {"note": "<p>x</p>", "names": ["it's", "b"]},
        ),
        ("{'weight': nan, 'least': -inf, 'temperature': -1.5}", {"weight": None, "least": None, "temperature": -1.5}),
        ("{'name': open('/etc/passwd')}", {}),
        ("{'name': ", {}),
    ],
)
def test_what_an_outbox_of_an_earlier_version_wrote_is_read(
    odoo: Odoo, outbox: str, written: str, read: dict[str, Any]
) -> None:
    listener = Listener(odoo, outbox)
    listener.heard()
    event = {"x_model": MODEL, "x_record": 7_000_001, "x_event": "unlink", "x_old": written}
    odoo.create(outbox, [event])
    (gone,) = [one for one in listener.heard() if one.record_id == 7_000_001]
    assert gone.old_values == read


def test_a_save_without_a_change_says_so(odoo: Odoo, make: Maker, outbox: str, unique: str) -> None:
    company = make(MODEL, name=unique, is_company=True)
    contact = make(MODEL, name=f"{unique} 2", parent_id=company)
    listener = Listener(odoo, outbox)
    listener.heard()
    odoo.write(MODEL, [company], {"ref": "R1"})
    heard = listener.heard()
    assert {one.silent for one in heard if one.record_id == contact} <= {True}
    assert [one.changed_fields for one in heard if one.record_id == company and not one.silent] == [("ref",)]


@pytest.mark.parametrize("mode", ["all", "each"])
def test_deleting_twice_is_refused_as_without_an_outbox(
    odoo: Odoo, make: Maker, outbox: str, unique: str, mode: Mode
) -> None:
    listener = Listener(odoo, outbox)
    partner = make(MODEL, name=unique)
    assert [one.event for one in listener.heard() if one.record_id == partner][:1] == ["create"]
    twice = [Operation("unlink", MODEL, [partner])] * 2
    try:
        refused = odoo.batch(twice, mode)[1].error
    except OdooError as error:
        refused = error
        odoo.unlink(MODEL, [partner])
    assert isinstance(refused, OdooMissing)
    with pytest.raises(OdooMissing):
        odoo.unlink(MODEL, [partner])
    assert [one.event for one in listener.heard() if one.record_id == partner] == ["unlink"]


def test_no_refusal_shows_the_code_of_an_automation(odoo: Odoo, make: Maker, outbox: str, unique: str) -> None:
    actions = odoo.search("ir.actions.server", [("name", "=like", f"{outbox}: %on_create")])
    odoo.write("ir.actions.server", actions, {"code": "secret_plan = 1\nbroken = 1 / 0"})
    step = Operation("create", MODEL, values={"name": unique})
    for act in (lambda: odoo.batch([step]), lambda: odoo.create(MODEL, [step.values])):
        with pytest.raises(OdooError) as refused:
            act()
        assert "ZeroDivisionError" in refused.value.message
        assert "secret_plan" not in f"{refused.value.message} {refused.value.details}"


def test_what_is_rolled_back_is_not_heard(odoo: Odoo, make: Maker, outbox: str, unique: str) -> None:
    listener = Listener(odoo, outbox)
    with pytest.raises(OdooError):
        odoo.batch(
            [
                Operation("create", MODEL, values={"name": unique}),
                Operation("create", MODEL, values={"name": unique, "type": "zz"}),
            ]
        )
    assert listener.heard() == []


def test_what_was_taken_but_not_deleted_is_not_heard_twice(odoo: Odoo, make: Maker, outbox: str, unique: str) -> None:
    make(MODEL, name=unique)
    first = inside.look(odoo, outbox, MODEL, {"taken": []})
    again = inside.look(odoo, outbox, MODEL, first.position)  # the hub died and began anew behind the first
    assert first.changes
    assert again.changes == []


def test_setting_up_is_repeatable_and_mends(odoo: Odoo, outbox: str) -> None:
    assert inside.check(odoo, outbox) == inside.State(True, (MODEL,))
    before = automations(odoo, outbox)
    inside.set_up(odoo, outbox, [MODEL])
    assert automations(odoo, outbox) == before
    odoo.write("base.automation", [before[0]], {"active": False})
    assert inside.check(odoo, outbox).models == ()
    assert inside.set_up(odoo, outbox, [MODEL]).models == (MODEL,)
    assert len(automations(odoo, outbox)) == 3


def automations(odoo: Odoo, outbox: str) -> list[int]:
    return odoo.search(
        "base.automation", [("name", "=like", f"{outbox}: %")], order="id", context={"active_test": False}
    )


def test_removing_leaves_nothing(odoo: Odoo, unique: str) -> None:
    name = inside.name_of(uuid.uuid4().hex[:8])
    inside.set_up(odoo, name, [MODEL])
    inside.remove(odoo, name)
    inside.remove(odoo, name)
    for model, domain in left(name).items():
        assert odoo.count(model, domain, context={"active_test": False}) == 0, model


def left(name: str) -> dict[str, list[Any]]:
    return {
        "ir.model": [("model", "=", name)],
        "ir.model.fields": [("model", "=", name)],
        "ir.model.access": [("name", "=", name)],
        "base.automation": [("name", "=like", f"{name}%")],
        "ir.actions.server": [("name", "=like", f"{name}%")],
    }


def test_who_may_not_is_told_what_to_grant(colleague: Colleague) -> None:
    with pytest.raises(OdooAccess, match="settings"):
        inside.set_up(colleague.odoo, inside.name_of("nobody"), [MODEL])


def test_changes_of_others_are_heard_too(
    odoo: Odoo, colleague: Colleague, make: Maker, outbox: str, unique: str
) -> None:
    """The events are written with rights that the user who changes something need not have."""
    listener = Listener(odoo, outbox)
    partner = make(MODEL, name=unique)
    listener.heard()
    colleague.odoo.write(MODEL, [partner], {"city": "Gent"})
    assert {one.user_id for one in listener.heard() if one.record_id == partner} == {colleague.id}
