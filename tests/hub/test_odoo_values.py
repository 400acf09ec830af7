"""Values at the border to Odoo, in and out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from hub.errors import OdooValidation
from hub.odoo.values import from_odoo, plain, to_odoo

EAST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("datetime", "2026-01-31T14:30:00Z", "2026-01-31 14:30:00"),
        ("datetime", "2026-01-31T14:30:00+02:00", "2026-01-31 12:30:00"),
        ("datetime", "2026-01-31T14:30:00.987654Z", "2026-01-31 14:30:00"),
        ("datetime", "2026-01-31 14:30:00", "2026-01-31 14:30:00"),
        ("datetime", "2026-01-31T14:30", "2026-01-31 14:30:00"),
        ("datetime", "2026-01-31", "2026-01-31 00:00:00"),
        ("datetime", datetime(2026, 1, 31, 14, 30, tzinfo=EAST), "2026-01-31 12:30:00"),
        ("datetime", date(2026, 1, 31), "2026-01-31 00:00:00"),
        ("date", "2026-01-31", "2026-01-31"),
        ("date", "2026-01-31T23:30:00-05:00", "2026-01-31"),
        ("date", datetime(2026, 1, 31, 23, 59, tzinfo=UTC), "2026-01-31"),
        ("date", date(2026, 1, 31), "2026-01-31"),
        ("datetime", None, False),
        ("char", None, False),
        ("char", "x", "x"),
        ("char", "", ""),
        ("boolean", None, False),
        ("boolean", True, True),
        ("integer", 0, 0),
        ("many2one", 5, 5),
        ("many2one", {"id": 5, "name": "x"}, 5),
        ("many2one", [5, "x"], 5),
        ("many2one", None, False),
        ("many2one", [], False),
        ("many2many", [(6, 0, [1])], [[6, 0, [1]]]),
        ("binary", b"\x00\xff", "AP8="),
        ("monetary", Decimal("19.99"), 19.99),
    ],
)
def test_a_value_goes_in_as_odoo_takes_it(kind: str, value: Any, expected: Any) -> None:
    got = to_odoo(value, kind)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("datetime", "2026-01-31 14:30:00", "2026-01-31T14:30:00Z"),
        ("date", "2026-01-31", "2026-01-31"),
        ("datetime", False, None),
        ("char", False, None),
        ("char", "", None),
        ("selection", "", ""),
        ("boolean", False, False),
        ("integer", 0, 0),
        ("float", False, False),
        ("many2one", [5, "x"], 5),
        ("many2one", False, None),
        ("many2many", [1, 2], [1, 2]),
        ("one2many", False, []),
        ("binary", False, None),
    ],
)
def test_a_value_comes_out_as_the_world_takes_it(kind: str, value: Any, expected: Any) -> None:
    got = from_odoo(value, kind)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize("moment", ["2026-01-31T14:30:00Z", "1999-12-31T23:59:59Z"])
def test_a_moment_survives_the_way_in_and_out(moment: str) -> None:
    assert from_odoo(to_odoo(moment, "datetime"), "datetime") == moment


@pytest.mark.parametrize("kind", ["date", "datetime"])
@pytest.mark.parametrize("value", ["soon", "31/01/2026", "2026-13-01", "", "2026-02-30", "x" * 9999])
def test_a_wrong_moment_is_refused_with_an_example(kind: str, value: str) -> None:
    with pytest.raises(OdooValidation, match="ISO 8601") as caught:
        to_odoo(value, kind)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": (1, 2.5, None)}, {"a": [1, 2.5, None]}),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=EAST), "2026-01-02 01:04:05"),
        (date(2026, 1, 2), "2026-01-02"),
        ({1}, [1]),
        (bytearray(b"ab"), "YWI="),
        ({3: "x"}, {"3": "x"}),
        (True, True),
        (2**70, 2**70),
    ],
)
def test_python_becomes_json(value: Any, expected: Any) -> None:
    assert plain(value) == expected


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("-inf"), Decimal("NaN"), "\ud800", "a\x00", object(), {"a": [{"b": "\udfff"}]}, {"\x00": 1}],
)
def test_what_no_json_holds_is_refused(value: Any) -> None:
    with pytest.raises(OdooValidation):
        plain(value)
