"""Dates and datetimes: in domains, in orders, and as Odoo writes and reads them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hub.errors import OdooValidation
from hub.odoo.connection import Odoo
from tests.contract.conftest import Maker


class Orders:
    """Three quotations: 1 on the 10th, valid till February; 2 late on the 20th; 3 on the 31st, both without an end."""

    def __init__(self, odoo: Odoo, maker: Maker, tag: str) -> None:
        partner = maker("res.partner", name=tag)
        dates = [
            ("2026-01-10 08:00:00", "2026-02-01"),
            ("2026-01-20 23:30:00", False),
            ("2026-01-31 00:00:00", False),
        ]
        self.odoo, self.tag = odoo, tag
        self.ids = [
            maker("sale.order", partner_id=partner, client_order_ref=tag, date_order=date, validity_date=end)
            for date, end in dates
        ]

    def found(self, *domain: Any, order: str = "id") -> list[int]:
        ids = self.odoo.search("sale.order", [("client_order_ref", "=", self.tag), *domain], order=order)
        return [self.ids.index(number) + 1 for number in ids]


@pytest.fixture(scope="module")
def orders(odoo: Odoo) -> Iterator[Orders]:
    maker = Maker(odoo)
    yield Orders(odoo, maker, f"Hub moments {id(maker)}")
    maker.remove_all()


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (("date_order", "=", "2026-01-10 08:00:00"), [1]),
        (("date_order", "!=", "2026-01-10 08:00:00"), [2, 3]),
        (("date_order", ">", "2026-01-10 08:00:00"), [2, 3]),
        (("date_order", ">=", "2026-01-10 08:00:00"), [1, 2, 3]),
        (("date_order", "<", "2026-01-31 00:00:00"), [1, 2]),
        (("date_order", "<=", "2026-01-31 00:00:00"), [1, 2, 3]),
        (("date_order", ">=", "2026-01-20"), [2, 3]),
        (("date_order", "<", "2026-01-20"), [1]),
        (("date_order", ">", "2026-01-20"), [2, 3]),
        (("date_order", "<=", "2026-01-20"), [1]),
        (("date_order", "in", ["2026-01-10 08:00:00", "2026-01-31 00:00:00"]), [1, 3]),
        (("date_order", "=", False), []),
        (("date_order", "!=", False), [1, 2, 3]),
        (("validity_date", "=", "2026-02-01"), [1]),
        (("validity_date", "!=", "2026-02-01"), [2, 3]),
        (("validity_date", "=", False), [2, 3]),
        (("validity_date", "!=", False), [1]),
        (("validity_date", ">", "2026-01-31"), [1]),
        (("validity_date", ">=", "2026-02-01"), [1]),
        (("validity_date", "<", "2026-02-02"), [1]),
        (("validity_date", "<=", "2026-01-31"), []),
        (("validity_date", "in", ["2026-02-01", False]), [1, 2, 3]),
        (("validity_date", "not in", ["2026-02-01"]), [2, 3]),
    ],
    ids=repr,
)
def test_a_moment_is_compared(orders: Orders, leaf: tuple[str, str, Any], expected: list[int]) -> None:
    assert orders.found(leaf) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("date_order desc", [3, 2, 1]),
        ("date_order", [1, 2, 3]),
        ("validity_date, id", [1, 2, 3]),
        ("validity_date desc, id", [2, 3, 1]),
    ],
)
def test_moments_are_put_in_order(orders: Orders, order: str, expected: list[int]) -> None:
    assert orders.found(order=order) == expected


def test_moments_are_read_as_they_were_written(odoo: Odoo, orders: Orders) -> None:
    first, second, _ = odoo.read("sale.order", orders.ids, ["date_order", "validity_date"])
    assert first["date_order"] == "2026-01-10 08:00:00"
    assert first["validity_date"] == "2026-02-01"
    assert second["validity_date"] is False


def test_a_date_alone_is_midnight(odoo: Odoo, orders: Orders, make: Maker, unique: str) -> None:
    order = make("sale.order", partner_id=make("res.partner", name=unique), date_order="2026-03-01")
    assert odoo.read("sale.order", [order], ["date_order"])[0]["date_order"] == "2026-03-01 00:00:00"


def test_a_datetime_for_a_date_loses_its_time(odoo: Odoo, make: Maker, unique: str) -> None:
    order = make("sale.order", partner_id=make("res.partner", name=unique), validity_date="2026-03-01 23:59:59")
    assert odoo.read("sale.order", [order], ["validity_date"])[0]["validity_date"] == "2026-03-01"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date_order", "2026-01-01T00:00:00Z"),
        ("date_order", "2026-13-01 00:00:00"),
        ("date_order", "yesterday, say"),
        ("validity_date", "01/02/2026"),
        ("validity_date", "2026-02-30"),
    ],
)
def test_a_wrong_moment_is_refused(odoo: Odoo, make: Maker, unique: str, field: str, value: str) -> None:
    partner = make("res.partner", name=unique)
    with pytest.raises(OdooValidation) as caught:
        make("sale.order", partner_id=partner, **{field: value})
    assert caught.value.status == 400
    assert odoo.count("sale.order", [("partner_id", "=", partner)]) == 0


def test_write_date_moves_with_a_write(odoo: Odoo, make: Maker, unique: str) -> None:
    partner = make("res.partner", name=unique)
    before = odoo.read("res.partner", [partner], ["create_date", "write_date", "create_uid"])[0]
    while odoo.read("res.partner", [partner], ["write_date"])[0]["write_date"] == before["write_date"]:
        odoo.write("res.partner", [partner], {"comment": "again"})
    after = odoo.read("res.partner", [partner], ["create_date", "write_date", "write_uid"])[0]
    assert after["write_date"] > before["write_date"]
    assert after["create_date"] == before["create_date"]
    assert before["create_uid"][0] == after["write_uid"][0] == odoo.user_id()
