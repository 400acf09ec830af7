"""Money on a line and in a document: price, discount, taxes, rounded to the cent in decimal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hub.odoo.embedded.session import IN_LIST, Session, id_list

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Amounts:
    """What a line or a document comes to."""

    untaxed: float
    tax: float

    @property
    def total(self) -> float:
        """With taxes."""
        return float(_cents(Decimal(str(self.untaxed)) + Decimal(str(self.tax))))


def _cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value or 0))


def line(price: Any, quantity: Any, discount: Any, taxes: Iterable[tuple[str, float]]) -> Amounts:
    """A line's amounts; ``taxes`` are pairs of ``amount_type`` and ``amount`` (percent, or fixed by unit)."""
    count = _decimal(quantity)
    base = _cents(_decimal(price) * (1 - _decimal(discount) / 100) * count)
    tax = Decimal(0)
    for kind, amount in taxes:
        tax += _decimal(amount) * count if kind == "fixed" else base * _decimal(amount) / 100
    return Amounts(float(base), float(_cents(tax)))


def total(lines: Sequence[Amounts]) -> Amounts:
    """The sum of lines."""
    untaxed = sum((_decimal(one.untaxed) for one in lines), Decimal(0))
    tax = sum((_decimal(one.tax) for one in lines), Decimal(0))
    return Amounts(float(_cents(untaxed)), float(_cents(tax)))


def taxes_of(session: Session, table: str, column: str, ids: Sequence[int]) -> dict[int, list[tuple[str, float]]]:
    """For each line the kind and amount of its taxes, from the many2many table."""
    result: dict[int, list[tuple[str, float]]] = {one: [] for one in ids}
    sql = (
        f'SELECT r."{column}", t.amount_type, t.amount FROM {table} r JOIN account_tax t ON t.id = r.tax_id '
        f'WHERE r."{column}" IN {IN_LIST} ORDER BY t.sequence, t.id'
    )
    for owner, kind, amount in session.rows(sql, [id_list(ids)]):
        result[owner].append((kind, amount))
    return result
