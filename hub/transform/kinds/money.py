"""Amounts in another currency, by Odoo's own rates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hub.errors import InvalidInput
from hub.transform import types
from hub.transform.kinds.base import Bound, FieldInfo, Kind, bad_detail, is_field
from hub.transform.records import ids_of
from hub.transform.services import Incoming, Outgoing, Services
from hub.transform.shapes import Schema

MOST = 1e15
"""The largest amount: above it, a JSON number tells no cents."""

_CODE = re.compile(r"[A-Z]{3}")
_WORDS = re.compile(r"(?P<code>[A-Z]{3})(\s+from\s+(?P<source>[\w.]+))?(\s+at\s+(?P<day>\w+))?")


@dataclass(frozen=True)
class Exchange:
    """The external currency, Odoo's own (a code, a field with it, or "" for the usual one), the field of the day."""

    code: str
    source: str = ""
    day: str = ""


class Currency(Kind):
    """Converted, and rounded to the places of the currency."""

    key = "currency"
    example = "USD"
    label = "Currency"
    sentence = (
        "An amount in the currency in Detail, by the rates in Odoo: USD. `USD at date_order` takes the rate of that "
        "day instead of today's, `USD from EUR` or `USD from currency_id` says in what Odoo's amount is, "
        "where its field does not tell."
    )
    searchable = False

    def parse(self, detail: str) -> Exchange:
        """Currency, source, day."""
        match = _WORDS.fullmatch(detail.strip())
        if match is None or (match["source"] and not is_field(match["source"])):
            raise bad_detail("Write the currency's code, such as USD, or as in: USD from currency_id at date_order")
        return Exchange(match["code"], match["source"] or "", match["day"] or "")

    def paths(self, field: str, options: Exchange, info: FieldInfo) -> tuple[str, ...]:
        """The amount, its currency and the day."""
        return tuple(dict.fromkeys(filter(None, (field, _source(options, info), options.day))))

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """Odoo's amount in the external currency."""
        exchange: Exchange = row.options
        amount = outgoing.record[row.rule.odoo_field]
        if amount is False or amount is None:
            return None
        field = _source(exchange, row.info)
        source = next(iter(ids_of(outgoing.record.get(field))), None) if field else None
        day = str(outgoing.record.get(exchange.day) or "")[:10] if exchange.day else ""
        own = _fixed(exchange) or source or row.services.company_currency()
        return _converted(row.services, amount, own, exchange.code, day or None)

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """The amount in the currency of the record that it goes to; the company's for a new one."""
        checked = types.inward(value, row.info, row.name)
        if checked is False:
            return False
        if abs(checked) > MOST:
            raise types.wrong(row.name, value, "range", "the amount is too large to be converted to the cent.")
        exchange: Exchange = row.options
        own: str | int | None = _fixed(exchange) or None
        field = _source(exchange, row.info)
        if own is None and field and incoming.record_id is not None:
            held = row.services.related(row.model, incoming.record_id, field, ["name"])
            own = held[0]["id"] if held else None
        own = own or row.services.company_currency()
        return _converted(row.services, checked, exchange.code, own, None)

    def accepts(self, row: Bound) -> Schema:
        """An amount that can be converted."""
        return {"type": "number", "minimum": -MOST, "maximum": MOST, "description": f"In {row.options.code}."}

    def gives(self, row: Bound) -> Schema:
        """The amount in that currency."""
        return {"type": ["number", "null"], "description": f"In {row.options.code}."}


def _fixed(exchange: Exchange) -> str:
    return exchange.source if _CODE.fullmatch(exchange.source) else ""


def _source(exchange: Exchange, info: FieldInfo) -> str:
    """The field that holds the currency of Odoo's amount: the one named, or the one that Odoo itself goes by."""
    return "" if _fixed(exchange) else exchange.source or str(info.get("currency_field") or "")


def _converted(services: Services, amount: Any, source: str | int, target: str | int, day: str | None) -> float:
    old, new = services.rate(source, day), services.rate(target, day)
    exact = Decimal(str(amount))
    if abs(exact) > MOST:
        raise InvalidInput(f"The amount {amount} is too large to be converted to the cent.", constraint="range")
    if old.code != new.code:
        exact = exact * new.rate / old.rate
    return float(exact.quantize(Decimal(1).scaleb(-new.places), ROUND_HALF_UP))
