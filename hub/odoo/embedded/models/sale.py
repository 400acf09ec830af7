"""Quotations and sales orders: lines priced from products, totals, confirming and cancelling."""

from __future__ import annotations

from typing import Any

from hub.errors import OdooValidation
from hub.odoo.embedded import fields as f
from hub.odoo.embedded.amounts import Amounts, total
from hub.odoo.embedded.schema import Hooks, Model
from hub.odoo.embedded.sequences import next_number
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.writing import update_columns, write

STATES = (
    ("draft", "Quotation"),
    ("sent", "Quotation Sent"),
    ("sale", "Sales Order"),
    ("done", "Locked"),
    ("cancel", "Cancelled"),
)
INVOICE = (
    ("upselling", "Upselling Opportunity"),
    ("invoiced", "Fully Invoiced"),
    ("to invoice", "To Invoice"),
    ("no", "Nothing to Invoice"),
)
DELIVERY = (
    ("pending", "Not Delivered"),
    ("started", "Started"),
    ("partial", "Partially Delivered"),
    ("full", "Fully Delivered"),
)


def _prepare_order(session: Session, values: dict[str, Any]) -> None:
    if not values.get("name") or values["name"] == "New":
        values["name"] = f"S{next_number(session, 'sale.order'):05d}"
    partner = values.get("partner_id")
    for name in ("partner_invoice_id", "partner_shipping_id"):
        values[name] = values.get(name) or partner or False
    company = values.get("company_id")
    values["currency_id"] = values.get("currency_id") or session.one(
        "SELECT currency_id FROM res_company WHERE id = ?", [company or session.company_id]
    )


def _order_changed(session: Session, ids: list[int], changed: set[str]) -> None:
    if changed & {"state", "company_id", "partner_id", "currency_id"}:
        _carry_to_lines(session, ids)
    recompute_orders(session, ids)


def _carry_to_lines(session: Session, ids: list[int]) -> None:
    carried = {
        "state": "state",
        "company_id": "company_id",
        "currency_id": "currency_id",
        "order_partner_id": "partner_id",
    }
    for name, source in carried.items():
        session.run(
            f"UPDATE sale_order_line SET {name} = (SELECT o.{source} FROM sale_order o WHERE o.id = order_id) "
            f"WHERE order_id IN {IN_LIST}",
            [id_list(ids)],
        )


def recompute_orders(session: Session, ids: list[int]) -> None:
    """Totals, invoice status and delivery status of the orders from their lines."""
    model = session["sale.order"]
    for one in ids:
        rows = session.rows(
            "SELECT l.price_subtotal, l.price_tax, l.product_uom_qty, l.qty_delivered, l.qty_invoiced, t.type FROM "
            "sale_order_line l LEFT JOIN product_product p ON p.id = l.product_id LEFT JOIN product_template t "
            "ON t.id = p.product_tmpl_id WHERE l.order_id = ? AND l.display_type IS NULL",
            [one],
        )
        sums = total([Amounts(row[0] or 0.0, row[1] or 0.0) for row in rows])
        state = session.one("SELECT state FROM sale_order WHERE id = ?", [one])
        after = {
            "amount_untaxed": sums.untaxed,
            "amount_tax": sums.tax,
            "amount_total": sums.total,
            "invoice_status": _invoice_status(state, rows),
            "delivery_status": _delivery_status(state, rows),
        }
        _set_where_different(session, model, one, after)


def _set_where_different(session: Session, model: Model, one: int, after: dict[str, Any]) -> None:
    columns = ", ".join(f'"{name}"' for name in after)
    before = session.rows(f"SELECT {columns} FROM {model.table} WHERE id = ?", [one])[0]
    if before != tuple(after.values()):
        update_columns(session, model, [one], after)


def _invoice_status(state: str, rows: list[tuple[Any, ...]]) -> str:
    if state not in ("sale", "done") or not rows:
        return "no"
    return "invoiced" if all((row[4] or 0) >= (row[2] or 0) for row in rows) else "to invoice"


def _delivery_status(state: str, rows: list[tuple[Any, ...]]) -> str | None:
    goods = [row for row in rows if row[5] in ("consu", "product")]
    if state not in ("sale", "done") or not goods:
        return None
    if all((row[3] or 0) >= (row[2] or 0) for row in goods):
        return "full"
    return "partial" if any(row[3] for row in goods) else "pending"


def _states(session: Session, ids: list[int]) -> set[str]:
    return {row[0] for row in session.rows(f"SELECT state FROM sale_order WHERE id IN {IN_LIST}", [id_list(ids)])}


def confirm(session: Session, model: Model, ids: list[int]) -> bool:
    """Odoo's ``action_confirm``: a quotation becomes a sales order."""
    if not _states(session, ids) <= {"draft", "sent"}:
        raise OdooValidation("Some orders are not in a state requiring confirmation.", "odoo.exceptions.UserError")
    write(session, model.name, ids, {"state": "sale", "date_order": session.now})
    return True


def cancel(session: Session, model: Model, ids: list[int]) -> bool:
    """Odoo's ``action_cancel``."""
    write(session, model.name, ids, {"state": "cancel"})
    return True


def to_draft(session: Session, model: Model, ids: list[int]) -> bool:
    """Odoo's ``action_draft``: cancelled and sent orders become quotations again."""
    rows = session.rows(
        f"SELECT id FROM sale_order WHERE state IN ('cancel', 'sent') AND id IN {IN_LIST}", [id_list(ids)]
    )
    write(session, model.name, [row[0] for row in rows], {"state": "draft"})
    return True


def mark_sent(session: Session, model: Model, ids: list[int]) -> bool:
    """Odoo's ``action_quotation_sent``."""
    if _states(session, ids) - {"draft"}:
        raise OdooValidation("Only draft orders can be marked as sent directly.", "odoo.exceptions.UserError")
    write(session, model.name, ids, {"state": "sent"})
    return True


def _order_deleting(session: Session, ids: list[int]) -> None:
    if _states(session, ids) - {"draft", "cancel"}:
        raise OdooValidation(
            "You can not delete a sent quotation or a confirmed sales order. You must first cancel it.",
            "odoo.exceptions.UserError",
        )


ORDER = Model(
    "sale.order",
    "Sales Order",
    {
        "name": f.char("Order Reference", required=True, copy=False, index=True),
        "state": f.selection("Status", STATES, default="draft", readonly=True, copy=False),
        "partner_id": f.many2one("Customer", "res.partner", required=True, index=True),
        "partner_invoice_id": f.many2one("Invoice Address", "res.partner", required=True),
        "partner_shipping_id": f.many2one("Delivery Address", "res.partner", required=True),
        "date_order": f.datetime("Order Date", required=True, copy=False, default=lambda session: session.now),
        "validity_date": f.date("Expiration", copy=False),
        "commitment_date": f.datetime("Delivery Date", copy=False),
        "client_order_ref": f.char("Customer Reference", copy=False),
        "origin": f.char("Source Document"),
        "reference": f.char("Payment Ref.", copy=False),
        "note": f.html("Terms and conditions"),
        "user_id": f.many2one("Salesperson", "res.users", default=lambda session: session.uid),
        "company_id": f.many2one("Company", "res.company", required=True, default=lambda session: session.company_id),
        "currency_id": f.many2one("Currency", "res.currency", readonly=True, ondelete="restrict"),
        "order_line": f.one2many("Order Lines", "sale.order.line", "order_id", copy=True),
        "amount_untaxed": f.monetary("Untaxed Amount", readonly=True, default=0.0),
        "amount_tax": f.monetary("Taxes", readonly=True, default=0.0),
        "amount_total": f.monetary("Total", readonly=True, default=0.0),
        "invoice_status": f.selection("Invoice Status", INVOICE, readonly=True, default="no", copy=False),
        "delivery_status": f.selection("Delivery Status", DELIVERY, readonly=True, copy=False),
        "locked": f.boolean("Locked", default=False, copy=False),
        "require_payment": f.boolean("Online payment", default=False),
        "require_signature": f.boolean("Online signature", default=True),
        "picking_policy": f.selection(
            "Shipping Policy",
            (("direct", "As soon as possible"), ("one", "When all products are ready")),
            required=True,
            default="direct",
        ),
    },
    order="date_order desc, id desc",
    names=("name",),
    company="strict",
    hooks=Hooks(prepare=_prepare_order, changed=_order_changed, deleting=_order_deleting),
    methods={
        "action_confirm": confirm,
        "action_cancel": cancel,
        "action_draft": to_draft,
        "action_quotation_sent": mark_sent,
    },
)

MODELS = (ORDER,)
