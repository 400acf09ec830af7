"""Countries, their states, currencies with rates, and languages."""

from __future__ import annotations

from hub.odoo.embedded import fields as f
from hub.odoo.embedded.schema import Model, Unique

POSITION = (("after", "After Amount"), ("before", "Before Amount"))

COUNTRY = Model(
    "res.country",
    "Country",
    {
        "name": f.char("Country Name", required=True, translate=True),
        "code": f.char("Country Code", required=True, size=2, help="The ISO country code in two chars."),
        "currency_id": f.many2one("Currency", "res.currency"),
        "phone_code": f.integer("Country Calling Code"),
        "state_ids": f.one2many("States", "res.country.state", "country_id"),
        "state_required": f.boolean("State Required", default=False),
        "zip_required": f.boolean("Zip Required", default=True),
        "vat_label": f.char("Vat Label", translate=True),
    },
    order="name, id",
    names=("name", "code"),
    unique=(
        Unique(("name",), "The operation cannot be completed: The name of the country must be unique!"),
        Unique(("code",), "The operation cannot be completed: The code of the country must be unique!"),
    ),
)

STATE = Model(
    "res.country.state",
    "Country state",
    {
        "name": f.char("State Name", required=True),
        "code": f.char("State Code", required=True),
        "country_id": f.many2one("Country", "res.country", required=True, index=True),
    },
    order="code, id",
    display="{t}.name || ' (' || (SELECT code FROM res_country WHERE id = {t}.country_id) || ')'",
    names=("name", "code"),
    unique=(
        Unique(
            ("country_id", "code"),
            "The operation cannot be completed: The code of the state must be unique by country!",
        ),
    ),
)

_RATE = (
    "COALESCE((SELECT r.rate FROM res_currency_rate r WHERE r.currency_id = {t}.id ORDER BY r.name DESC LIMIT 1), 1.0)"
)

CURRENCY = Model(
    "res.currency",
    "Currency",
    {
        "name": f.char("Currency", required=True, size=3, help="Currency Code (ISO 4217)"),
        "full_name": f.char("Name"),
        "symbol": f.char("Symbol", required=True),
        "active": f.boolean("Active", default=True),
        "position": f.selection("Symbol Position", POSITION, default="after"),
        "rounding": f.floating("Rounding Factor", digits=(12, 6), default=0.01),
        "decimal_places": f.integer("Decimal Places", readonly=True, default=2),
        "rate": f.floating("Current Rate", sql=_RATE, readonly=True),
        "inverse_rate": f.floating("Inverse Rate", sql=f"1.0 / {_RATE}", readonly=True),
        "rate_ids": f.one2many("Rates", "res.currency.rate", "currency_id"),
    },
    order="active desc, name",
    names=("name", "full_name"),
    unique=(Unique(("name",), "The operation cannot be completed: The currency code must be unique!"),),
)

RATE = Model(
    "res.currency.rate",
    "Currency Rate",
    {
        "name": f.date("Date", required=True, default=lambda session: session.now[:10]),
        "rate": f.floating("Technical Rate", default=1.0),
        "currency_id": f.many2one("Currency", "res.currency", required=True, ondelete="cascade", index=True),
        "company_id": f.many2one("Company", "res.company"),
    },
    order="name desc, id",
    names=("display_name",),
    company="shared",
    unique=(
        Unique(
            ("currency_id", "company_id", "name"),
            "The operation cannot be completed: Only one currency rate per day allowed!",
        ),
    ),
)

LANGUAGE = Model(
    "res.lang",
    "Languages",
    {
        "name": f.char("Name", required=True),
        "code": f.char("Locale Code", required=True),
        "iso_code": f.char("ISO code"),
        "url_code": f.char("URL Code", required=True),
        "active": f.boolean("Active", default=False),
    },
    order="active desc, name",
    unique=(
        Unique(("name",), "The operation cannot be completed: The name of the language must be unique!"),
        Unique(("code",), "The operation cannot be completed: The code of the language must be unique!"),
    ),
)

MODELS = (COUNTRY, STATE, CURRENCY, RATE, LANGUAGE)
