"""Fields that an Odoo user added: ``x_`` fields made through ``ir.model.fields``."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from hub.errors import OdooInvalidField, OdooValidation
from hub.odoo.connection import Odoo
from tests.contract.conftest import Maker


class Custom:
    """A field of each simple type on res.partner.category, a small model that nothing else depends on."""

    MODEL = "res.partner.category"
    KINDS = ("char", "integer", "float", "boolean", "date", "datetime", "selection", "many2one", "text")

    def __init__(self, odoo: Odoo) -> None:
        self._end = uuid.uuid4().hex[:8]
        [model] = odoo.search("ir.model", [("model", "=", self.MODEL)])
        rows = [self._field(kind, model) for kind in self.KINDS]
        self.ids = odoo.create("ir.model.fields", rows)  # in one call, for each costs Odoo a reload of its models

    def _field(self, kind: str, model: int) -> dict[str, Any]:
        more: dict[str, Any] = {"relation": "res.country"} if kind == "many2one" else {}
        if kind == "selection":
            more["selection_ids"] = [
                (0, 0, {"value": "gold", "name": "Gold", "sequence": 1}),
                (0, 0, {"value": "silver", "name": "Silver", "sequence": 2}),
            ]
        label = f"Hub {kind}"
        return {
            "name": self[kind],
            "field_description": label,
            "model_id": model,
            "ttype": kind,
            "state": "manual",
            **more,
        }

    def __getitem__(self, kind: str) -> str:
        return f"x_hub_{kind}_{self._end}"


@pytest.fixture(scope="module")
def custom(odoo: Odoo) -> Iterator[Custom]:
    made = Custom(odoo)
    yield made
    odoo.unlink("ir.model.fields", made.ids)


@pytest.mark.parametrize(
    ("kind", "sent", "expected", "empty"),
    [
        ("char", "VIP", "VIP", False),
        ("text", "two\nlines", "two\nlines", False),
        ("integer", 42, 42, 0),
        ("float", 2.5, 2.5, 0.0),
        ("boolean", True, True, False),
        ("date", "2026-02-03", "2026-02-03", False),
        ("datetime", "2026-02-03 04:05:06", "2026-02-03 04:05:06", False),
        ("selection", "silver", "silver", False),
    ],
)
def test_a_custom_field_is_written_found_read_and_emptied(
    odoo: Odoo, custom: Custom, make: Maker, unique: str, kind: str, sent: Any, expected: Any, empty: Any
) -> None:
    name = custom[kind]
    tag = make(custom.MODEL, name=unique, **{name: sent})
    assert odoo.read(custom.MODEL, [tag], [name])[0][name] == expected
    assert odoo.search(custom.MODEL, [(name, "=", sent), ("id", "=", tag)]) == [tag]
    odoo.write(custom.MODEL, [tag], {name: False})
    assert odoo.read(custom.MODEL, [tag], [name])[0][name] == empty
    assert odoo.search(custom.MODEL, [(name, "=", False), ("id", "=", tag)]) == [tag]


def test_a_custom_many2one_reads_as_a_pair(odoo: Odoo, custom: Custom, make: Maker, unique: str) -> None:
    [france] = odoo.search("res.country", [("code", "=", "FR")])
    tag = make(custom.MODEL, name=unique, **{custom["many2one"]: france})
    assert odoo.read(custom.MODEL, [tag], [custom["many2one"]])[0][custom["many2one"]] == [france, "France"]
    assert odoo.search(custom.MODEL, [(f"{custom['many2one']}.code", "=", "FR")]) == [tag]


def test_fields_get_knows_custom_fields(odoo: Odoo, custom: Custom) -> None:
    fields = odoo.fields_get(custom.MODEL, ["type", "string", "relation", "selection", "required", "store"])
    assert {kind: fields[custom[kind]]["type"] for kind in Custom.KINDS} == {kind: kind for kind in Custom.KINDS}
    assert fields[custom["selection"]]["selection"] == [["gold", "Gold"], ["silver", "Silver"]]
    assert fields[custom["many2one"]]["relation"] == "res.country"
    assert fields[custom["char"]]["string"] == "Hub char"
    assert fields[custom["char"]]["required"] is False
    assert fields[custom["char"]]["store"] is True


@pytest.mark.parametrize(
    ("kind", "value"), [("selection", "bronze"), ("date", "soon"), ("integer", "many"), ("float", "much")]
)
def test_a_wrong_value_for_a_custom_field_is_refused(
    odoo: Odoo, custom: Custom, unique: str, kind: str, value: str
) -> None:
    with pytest.raises(OdooValidation) as caught:
        odoo.create(custom.MODEL, [{"name": unique, custom[kind]: value}])
    assert caught.value.details["field"] == custom[kind]


def test_a_custom_field_must_begin_with_x(odoo: Odoo, unique: str) -> None:
    [model] = odoo.search("ir.model", [("model", "=", "res.partner.category")])
    values = {"name": "hub_wrong", "field_description": unique, "model_id": model, "ttype": "char", "state": "manual"}
    with pytest.raises(OdooValidation):
        odoo.create("ir.model.fields", [values])


def test_a_removed_custom_field_is_unknown(odoo: Odoo) -> None:
    maker = Maker(odoo)
    name = f"x_hub_gone_{uuid.uuid4().hex[:8]}"
    [model] = odoo.search("ir.model", [("model", "=", "res.partner.category")])
    maker("ir.model.fields", name=name, field_description="Gone", model_id=model, ttype="char", state="manual")
    assert name in odoo.fields_get("res.partner.category")
    maker.remove_all()
    assert name not in odoo.fields_get("res.partner.category")
    with pytest.raises(OdooInvalidField):
        odoo.search("res.partner.category", [(name, "=", "x")])
