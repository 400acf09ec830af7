"""``load``: rows upserted by id and external id, links found by name, all or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.errors import OdooInvalidField
from hub.odoo.connection import LoadResult, Target
from hub.odoo.embedded import EmbeddedOdoo


@pytest.fixture(scope="module")
def odoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedOdoo]:
    path: Path = tmp_path_factory.mktemp("odoo") / "odoo.sqlite3"
    with EmbeddedOdoo(Target(str(path), database="empty")) as connection:
        yield connection


def load(odoo: EmbeddedOdoo, fields: list[str], *rows: list[Any]) -> LoadResult:
    return odoo.load("res.partner", fields, list(rows))


def test_rows_without_an_id_are_created(odoo: EmbeddedOdoo) -> None:
    result = load(odoo, ["name", "is_company", "color"], ["Ada", "True", "3"], ["Bo", "0", ""])
    assert result.messages == []
    assert result.ids is not None
    records = odoo.read("res.partner", result.ids, ["name", "is_company", "color"])
    assert [(one["name"], one["is_company"], one["color"]) for one in records] == [("Ada", True, 3), ("Bo", False, 0)]


def test_an_external_id_is_created_then_written(odoo: EmbeddedOdoo) -> None:
    first = load(odoo, ["id", "name"], ["shop.partner_1", "Ada"])
    second = load(odoo, ["id", "name"], ["shop.partner_1", "Ada Lovelace"])
    assert first.ids == second.ids
    assert first.ids is not None
    assert odoo.read("res.partner", first.ids, ["name"])[0]["name"] == "Ada Lovelace"
    known = odoo.search_read("ir.model.data", [("module", "=", "shop")], ["name", "model", "res_id"])
    assert [(one["name"], one["res_id"]) for one in known] == [("partner_1", first.ids[0])]


def test_a_deleted_records_external_id_is_free_again(odoo: EmbeddedOdoo) -> None:
    first = load(odoo, ["id", "name"], ["shop.gone", "Ada"]).ids
    assert first is not None
    odoo.unlink("res.partner", first)
    second = load(odoo, ["id", "name"], ["shop.gone", "Ada"]).ids
    assert second is not None
    assert second != first


def test_a_database_id_is_written(odoo: EmbeddedOdoo) -> None:
    [one] = odoo.create("res.partner", [{"name": "Ada"}])
    assert load(odoo, [".id", "name"], [str(one), "Bo"]).ids == [one]
    assert odoo.read("res.partner", [one], ["name"])[0]["name"] == "Bo"


def test_one_wrong_row_and_nothing_is_changed(odoo: EmbeddedOdoo) -> None:
    result = load(odoo, [".id", "name"], ["", "Rolled back"], ["9999999", "B"])
    assert result.ids is None
    assert [message["record"] for message in result.messages] == [1]
    assert result.messages[0]["type"] == "error"
    assert odoo.count("res.partner", [("name", "=", "Rolled back")]) == 0


@pytest.mark.parametrize(
    ("field", "cell", "said"),
    [
        ("country_id", "Atlantis", "Atlantis"),
        ("country_id/id", "base.nowhere", "base.nowhere"),
        ("country_id/.id", "999999", "999999"),
        ("color", "red", "integer"),
        ("partner_latitude", "far", "number"),
        ("is_company", "perhaps", "boolean"),
        ("type", "bogus", "selection"),
        ("parent_id", "Nobody at all", "Nobody"),
        (".id", "x", "database id"),
        ("category_id", "No such tag", "No such tag"),
    ],
)
def test_a_wrong_cell_is_told_by_its_field(odoo: EmbeddedOdoo, field: str, cell: str, said: str) -> None:
    result = load(odoo, ["name", field], ["Ada", cell])
    assert result.ids is None
    assert said in result.messages[0]["message"]
    assert result.messages[0]["field"] == field


def test_links_are_found_by_name_database_id_and_external_id(odoo: EmbeddedOdoo) -> None:
    [belgium] = odoo.search("res.country", [("code", "=", "BE")])
    odoo.create("ir.model.data", [{"module": "base", "name": "be", "model": "res.country", "res_id": belgium}])
    for field, cell in (("country_id", "Belgium"), ("country_id/.id", str(belgium)), ("country_id/id", "base.be")):
        ids = load(odoo, ["name", field], ["Ada", cell]).ids
        assert ids is not None
        assert odoo.read("res.partner", ids, ["country_id"])[0]["country_id"] == [belgium, "Belgium"]


def test_tags_are_found_by_a_list_of_names(odoo: EmbeddedOdoo) -> None:
    tags = odoo.create("res.partner.category", [{"name": "Load one"}, {"name": "Load two"}])
    ids = load(odoo, ["name", "category_id"], ["Ada", "Load one,Load two"]).ids
    assert ids is not None
    assert odoo.read("res.partner", ids, ["category_id"])[0]["category_id"] == tags


def test_a_selection_is_found_by_key_or_label(odoo: EmbeddedOdoo) -> None:
    for cell in ("invoice", "Invoice"):
        ids = load(odoo, ["name", "type"], ["Ada", cell]).ids
        assert ids is not None
        assert odoo.read("res.partner", ids, ["type"])[0]["type"] == "invoice"


def test_an_unknown_column_is_refused(odoo: EmbeddedOdoo) -> None:
    with pytest.raises(OdooInvalidField, match="emial"):
        load(odoo, ["name", "emial"], ["Ada", "x"])


def test_load_by_call_answers_as_odoo_does(odoo: EmbeddedOdoo) -> None:
    answer = odoo.call("res.partner", "load", kwargs={"fields": ["name", "color"], "data": [["Called", "x"]]})
    assert answer["ids"] is False
    assert answer["messages"][0]["field"] == "color"
    assert odoo.count("res.partner", [("name", "=", "Called")]) == 0
    answer = odoo.call("res.partner", "load", kwargs={"fields": ["name"], "data": [["Called"]]})
    assert len(answer["ids"]) == 1
