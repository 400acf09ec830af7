"""Demo data: a second company and user, contacts, products with stock, orders and invoices, all invented."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hub.odoo.embedded.demo.base import add_books
from hub.odoo.embedded.models import account, sale
from hub.odoo.embedded.session import Session
from hub.odoo.embedded.writing import create, write

_FILE = Path(__file__).with_name("business.json")


def load(session: Session) -> None:
    """Create the demo records, in an order in which each finds what it needs."""
    data: dict[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    demo = _people(session)
    tags = _tags(session, data["tags"])
    _companies(session, data["customers"], tags, demo, rank="customer_rank")
    _persons(session, data["people"])
    _companies(session, data["vendors"], tags, False, rank="supplier_rank")
    _archived(session)
    products = _products(session, data)
    _orders(session, data["orders"], products)
    _invoices(session, data["invoices"], products)


def find(session: Session, table: str, value: str, column: str = "name") -> int | bool:
    """The id of the first row whose ``column`` is ``value``, or False."""
    return session.one(f'SELECT id FROM {table} WHERE "{column}" = ? ORDER BY id LIMIT 1', [value]) or False


def _people(session: Session) -> int:
    """The second company, and the user ``demo``, who may not administer."""
    country = find(session, "res_country", "DE", "code")
    company = create(
        session,
        "res.company",
        [
            {
                "name": "Northlight Europe",
                "currency_id": find(session, "res_currency", "EUR"),
                "sequence": 20,
                "email": "hallo@northlight.example.eu",
                "city": "Berlin",
                "zip": "10115",
                "country_id": country,
            }
        ],
    )[0]
    add_books(session, company)
    write(session, "res.users", [2], {"company_ids": [[4, company]]})
    sales = session.one("SELECT id FROM res_groups WHERE name LIKE 'Sales%'")
    return create(
        session,
        "res.users",
        [
            {
                "name": "Noa Lindqvist",
                "login": "demo",
                "password": "demo",
                "email": "demo@northlight.example.com",
                "company_id": 1,
                "company_ids": [[6, 0, [1]]],
                "group_ids": [[6, 0, [sales]]],
            }
        ],
    )[0]


def _tags(session: Session, rows: list[list[Any]]) -> dict[str, int]:
    known: dict[str, int] = {}
    for number, (name, parent) in enumerate(rows, 1):
        values = {"name": name, "color": number, "parent_id": known.get(parent, False)}
        known[name] = create(session, "res.partner.category", [values])[0]
    return known


def _companies(session: Session, rows: list[list[Any]], tags: dict[str, int], user: int | bool, *, rank: str) -> None:
    for name, email, phone, street, city, code, country, state, vat, tagged, people in rows:
        country_id = find(session, "res_country", country, "code")
        sql = "SELECT id FROM res_country_state WHERE country_id = ? AND code = ?"
        # A company's contacts have its address, as Odoo gives it to them.
        address = {
            "street": street,
            "city": city,
            "zip": code,
            "country_id": country_id,
            "state_id": session.one(sql, [country_id, state]) or False,
        }
        create(
            session,
            "res.partner",
            [
                {
                    "name": name,
                    "is_company": True,
                    "email": email,
                    "phone": phone,
                    **address,
                    "vat": vat or False,
                    "website": f"https://{email.split('@')[1]}",
                    rank: 1,
                    "user_id": user,
                    "category_id": [[6, 0, [tags[tag] for tag in tagged]]],
                    "child_ids": [[0, 0, _contact(person, function, email) | address] for person, function in people],
                }
            ],
        )


def _contact(name: str, function: str, email: str) -> dict[str, Any]:
    local = ".".join(name.lower().split())
    return {"name": name, "function": function, "email": f"{local}@{email.split('@')[1]}"}


def _persons(session: Session, rows: list[list[Any]]) -> None:
    for name, email, phone, city, country, state in rows:
        country_id = find(session, "res_country", country, "code")
        sql = "SELECT id FROM res_country_state WHERE country_id = ? AND code = ?"
        create(
            session,
            "res.partner",
            [
                {
                    "name": name,
                    "email": email,
                    "mobile": phone,
                    "city": city,
                    "country_id": country_id,
                    "state_id": session.one(sql, [country_id, state]) or False,
                    "customer_rank": 1,
                }
            ],
        )


def _archived(session: Session) -> None:
    create(
        session,
        "res.partner",
        [{"name": "Old Mill Furnishings", "is_company": True, "active": False, "customer_rank": 1}],
    )


def _products(session: Session, data: dict[str, Any]) -> dict[str, int]:
    """Products with stock, and services; their ids by internal reference."""
    for name, parent in data["categories"]:
        create(session, "product.category", [{"name": name, "parent_id": find(session, "product_category", parent)}])
    known: dict[str, int] = {}
    stock = session.one("SELECT id FROM stock_location WHERE usage = 'internal' ORDER BY id LIMIT 1")
    for code, name, category, price, cost, quantity, barcode, description in data["products"]:
        values = {
            "name": name,
            "default_code": code,
            "type": "consu",
            "is_storable": True,
            "list_price": price,
            "standard_price": cost,
            "barcode": barcode,
            "description_sale": description or False,
            "categ_id": find(session, "product_category", category),
        }
        known[code] = create(session, "product.product", [values])[0]
        if quantity:
            create(session, "stock.quant", [{"product_id": known[code], "location_id": stock, "quantity": quantity}])
    for code, name, price, unit in data["services"]:
        values = {
            "name": name,
            "default_code": code,
            "type": "service",
            "list_price": price,
            "uom_id": find(session, "uom_uom", unit),
            "categ_id": find(session, "product_category", "Consulting"),
        }
        known[code] = create(session, "product.product", [values])[0]
    return known


def _ago(session: Session, days: int) -> str:
    moment = datetime.strptime(session.now, "%Y-%m-%d %H:%M:%S") - timedelta(days=days)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _orders(session: Session, rows: list[list[Any]], products: dict[str, int]) -> None:
    model = session["sale.order"]
    for customer, state, days, lines in rows:
        order = create(
            session,
            "sale.order",
            [
                {
                    "partner_id": find(session, "res_partner", customer),
                    "date_order": _ago(session, days),
                    "order_line": [
                        [0, 0, {"product_id": products[code], "product_uom_qty": quantity, "discount": discount}]
                        for code, quantity, discount in lines
                    ],
                }
            ],
        )
        if state == "sale":
            sale.confirm(session, model, order)
            write(session, model.name, order, {"date_order": _ago(session, days)})
            _deliver(session, order[0], days)
        elif state == "cancel":
            sale.cancel(session, model, order)
        elif state == "sent":
            sale.mark_sent(session, model, order)


def _deliver(session: Session, order: int, days: int) -> None:
    """What was ordered more than a week ago has arrived; after a month it is invoiced too."""
    for line, quantity in session.rows("SELECT id, product_uom_qty FROM sale_order_line WHERE order_id = ?", [order]):
        arrived = {"qty_delivered": quantity} if days > 7 else {}
        if days > 28:
            arrived["qty_invoiced"] = quantity
        if arrived:
            write(session, "sale.order.line", [line], arrived)


def _invoices(session: Session, rows: list[list[Any]], products: dict[str, int]) -> None:
    model = session["account.move"]
    for kind, partner, days, state, payment, lines in rows:
        tax = session.one(
            "SELECT id FROM account_tax WHERE company_id = 1 AND type_tax_use = ? ORDER BY id LIMIT 1",
            ["sale" if kind.startswith("out_") else "purchase"],
        )
        day = _ago(session, days)[:10]
        move = create(
            session,
            model.name,
            [
                {
                    "move_type": kind,
                    "partner_id": find(session, "res_partner", partner),
                    "invoice_date": day,
                    "date": day,
                    "invoice_date_due": _ago(session, days - 30)[:10],
                    "invoice_line_ids": [
                        [0, 0, {"product_id": products[code], "quantity": quantity, "tax_ids": [[6, 0, [tax]]]}]
                        for code, quantity in lines
                    ],
                }
            ],
        )
        if state == "posted":
            account.post(session, model, move)
            if payment != "not_paid":
                write(session, model.name, move, {"payment_state": payment})
