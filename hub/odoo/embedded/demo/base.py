"""What every Odoo has: currencies, countries, the first company and users, units, taxes, journals, locations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hub.odoo.embedded.session import Session
from hub.odoo.embedded.writing import create

_FOLDER = Path(__file__).parent

RATES = {
    "USD": 1.0,
    "EUR": 0.9215,
    "GBP": 0.7834,
    "CHF": 0.8842,
    "JPY": 151.32,
    "CAD": 1.3921,
    "AUD": 1.5236,
    "CNY": 7.2361,
    "INR": 84.08,
    "SEK": 10.67,
    "NOK": 11.02,
    "DKK": 6.874,
    "PLN": 4.012,
    "BRL": 5.781,
    "MXN": 20.14,
}
"""Units of each currency for one dollar; the currencies that start out active. Rounded, of no particular day."""

_UNITS = (
    ("Units", 1.0),
    ("Pack of 6", 6.0),
    ("Dozens", 12.0),
    ("Hours", 1.0),
    ("Days", 8.0),
    ("kg", 1.0),
    ("g", 0.001),
    ("m", 1.0),
    ("L", 1.0),
)
_GROUPS = ("Administration / Settings", "User types / Internal User", "Sales / User: All Documents", "Technical / Sync")


def rows(name: str) -> list[list[Any]]:
    """A table shipped as JSON beside this file."""
    data: list[list[Any]] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return data


def load(session: Session) -> None:
    """Create them, in an order in which each finds what it needs."""
    currencies = _currencies(session)
    countries = _countries(session, currencies)
    _people(session, currencies["USD"], countries["US"])
    _catalogue(session)
    create(
        session,
        "res.lang",
        [{"name": "English (US)", "code": "en_US", "iso_code": "en", "url_code": "en", "active": True}],
    )
    add_books(session, 1)


def _currencies(session: Session) -> dict[str, int]:
    table = sorted(rows("currencies"), key=lambda row: (row[0] not in ("USD", "EUR"), row[0] != "USD", row[0]))
    ids = create(
        session,
        "res.currency",
        [
            {
                "name": code,
                "full_name": name,
                "symbol": symbol,
                "decimal_places": places,
                "rounding": 10.0**-places,
                "active": code in RATES,
                "position": "after" if code in ("EUR", "SEK", "NOK", "DKK", "PLN") else "before",
            }
            for code, name, symbol, places in table
        ],
    )
    known = {row[0]: one for row, one in zip(table, ids, strict=True)}
    rates = [
        {"currency_id": known[code], "rate": rate, "name": f"{session.now[:4]}-01-01"}
        for code, rate in RATES.items()
        if code != "USD"
    ]
    create(session, "res.currency.rate", rates)
    return known


def _countries(session: Session, currencies: dict[str, int]) -> dict[str, int]:
    table = rows("countries")
    ids = create(
        session,
        "res.country",
        [
            {"code": code, "name": name, "phone_code": phone, "currency_id": currencies.get(currency, False)}
            for code, name, phone, currency in table
        ],
    )
    known = {row[0]: one for row, one in zip(table, ids, strict=True)}
    states = [{"country_id": known[country], "code": code, "name": name} for country, code, name in rows("states")]
    create(session, "res.country.state", states)
    return known


def _people(session: Session, currency: int, country: int) -> None:
    create(
        session,
        "res.company",
        [
            {
                "name": "Northlight Trading",
                "currency_id": currency,
                "email": "hello@northlight.example.com",
                "phone": "+1 415-555-0100",
                "website": "https://northlight.example.com",
                "street": "250 Harbor Way",
                "city": "San Francisco",
                "zip": "94107",
                "country_id": country,
                "state_id": session.one(
                    "SELECT id FROM res_country_state WHERE country_id = ? AND code = 'CA'", [country]
                ),
            }
        ],
    )
    groups = create(session, "res.groups", [{"name": name} for name in _GROUPS])
    people = (
        {"name": "System", "login": "__system__", "active": False, "group_ids": [[6, 0, groups]]},
        {
            "name": "Mira Adler",
            "login": "admin",
            "password": "admin",
            "email": "admin@northlight.example.com",
            "group_ids": [[6, 0, groups]],
        },
    )
    for person in people:
        create(session, "res.users", [{**person, "company_id": 1, "company_ids": [[6, 0, [1]]]}])
    session.run(
        "UPDATE res_partner SET active = 0 WHERE id = (SELECT partner_id FROM res_users WHERE login = '__system__')"
    )


def _catalogue(session: Session) -> None:
    create(session, "uom.uom", [{"name": name, "factor": factor, "relative_factor": factor} for name, factor in _UNITS])
    create(session, "product.category", [{"name": "Goods"}, {"name": "Expenses"}, {"name": "Services"}])
    create(
        session,
        "stock.location",
        [
            {"name": "Vendors", "complete_name": "Partners/Vendors", "usage": "supplier"},
            {"name": "Customers", "complete_name": "Partners/Customers", "usage": "customer"},
            {"name": "Adjustment", "complete_name": "Virtual Locations/Adjustment", "usage": "inventory"},
        ],
    )


def add_books(session: Session, company: int) -> None:
    """A company's taxes, journals and stock location."""
    create(
        session,
        "account.tax",
        [
            {"name": "15%", "amount": 15.0, "type_tax_use": "sale", "company_id": company},
            {"name": "15%", "amount": 15.0, "type_tax_use": "purchase", "company_id": company},
            {"name": "0% Exports", "amount": 0.0, "type_tax_use": "sale", "company_id": company},
        ],
    )
    create(
        session,
        "account.journal",
        [
            {"name": "Sales", "code": "INV", "type": "sale", "company_id": company},
            {"name": "Purchases", "code": "BILL", "type": "purchase", "company_id": company},
            {"name": "Miscellaneous Operations", "code": "MISC", "type": "general", "company_id": company},
            {"name": "Bank", "code": "BNK1", "type": "bank", "company_id": company},
        ],
    )
    short = f"WH{company}" if company > 1 else "WH"
    create(
        session,
        "stock.location",
        [{"name": "Stock", "complete_name": f"{short}/Stock", "usage": "internal", "company_id": company}],
    )
