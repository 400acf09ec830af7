"""Lines of quotations and sales orders: filled from the product, priced, taxed."""

from __future__ import annotations

from typing import Any

from hub.errors import OdooValidation
from hub.odoo.embedded import fields as f
from hub.odoo.embedded.amounts import Amounts, line, taxes_of
from hub.odoo.embedded.models.sale import STATES, recompute_orders
from hub.odoo.embedded.schema import Hooks, Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.writing import note_old


def _prepare_line(session: Session, values: dict[str, Any]) -> None:
    if values.get("display_type"):
        values["product_uom_qty"], values["price_unit"], values["customer_lead"] = 0.0, 0.0, 0.0
        return
    product = values.get("product_id")
    if not product and values.get("price_unit") is None:
        values["price_unit"] = 0.0
    if not product:
        return
    row = session.rows(
        "SELECT p.default_code, t.name, t.description_sale, t.list_price, t.uom_id, t.id FROM product_product p "
        "JOIN product_template t ON t.id = p.product_tmpl_id WHERE p.id = ?",
        [product],
    )
    if row:
        _fill_from_product(session, values, row[0])


def _fill_from_product(session: Session, values: dict[str, Any], row: tuple[Any, ...]) -> None:
    code, name, description, price, unit, template = row
    if not values.get("name"):
        own = f"[{code}] {name}" if code else str(name)
        values["name"] = f"{own}\n{description}" if description else own
    if values.get("price_unit") is None:
        values["price_unit"] = price
    if not values.get("product_uom_id"):
        values["product_uom_id"] = unit
    if "tax_ids" not in values and "tax_id" not in values:
        company = session.one("SELECT company_id FROM sale_order WHERE id = ?", [values.get("order_id")])
        taxes = session.rows(
            "SELECT r.tax_id FROM product_taxes_rel r JOIN account_tax t ON t.id = r.tax_id "
            "WHERE r.prod_id = ? AND t.company_id = ?",
            [template, company],
        )
        values["tax_ids"] = [[6, 0, [one[0] for one in taxes]]]


def _line_writing(session: Session, ids: list[int], values: dict[str, Any]) -> None:
    if values.get("product_id") and "name" not in values:
        if _priced_by_hand(session, ids):
            values.setdefault("price_unit", session.one("SELECT price_unit FROM sale_order_line WHERE id = ?", ids[:1]))
        fresh: dict[str, Any] = {
            "product_id": values["product_id"],
            "price_unit": values.get("price_unit"),
            "tax_ids": [],
        }
        _prepare_line(session, fresh)
        values.update(
            {key: fresh[key] for key in ("name", "price_unit", "product_uom_id") if key not in values and key in fresh}
        )
    rows = session.rows(f"SELECT DISTINCT order_id FROM sale_order_line WHERE id IN {IN_LIST}", [id_list(ids)])
    if "order_id" in values and [(values["order_id"],)] != rows:
        raise OdooValidation("A line can't be moved to another order.", "odoo.exceptions.UserError", field="order_id")


def _priced_by_hand(session: Session, ids: list[int]) -> bool:
    """Whether the first line's price differs from its product's: then it outlives a change of product, as in Odoo."""
    sql = (
        "SELECT l.price_unit != t.list_price FROM sale_order_line l JOIN product_product p ON p.id = l.product_id "
        "JOIN product_template t ON t.id = p.product_tmpl_id WHERE l.id = ?"
    )
    return bool(session.one(sql, ids[:1]))


def _line_changed(session: Session, ids: list[int], changed: set[str]) -> None:
    model = session["sale.order.line"]
    taxes = taxes_of(session, "account_tax_sale_order_line_rel", "line_id", ids)
    sql = (
        "SELECT l.id, l.price_unit, l.product_uom_qty, l.discount, l.display_type, o.state, o.company_id, "
        "o.currency_id, "
        f"o.partner_id, o.id FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id WHERE l.id IN {IN_LIST}"
    )
    orders = set()
    for one, price, quantity, discount, display_type, state, company, currency, partner, order in session.rows(
        sql, [id_list(ids)]
    ):
        sums = Amounts(0.0, 0.0) if display_type else line(price, quantity, discount, taxes[one])
        row = {"price_subtotal": sums.untaxed, "price_tax": sums.tax, "price_total": sums.total}
        note_old(session, model, [one], row)
        session.run(
            "UPDATE sale_order_line SET price_subtotal = ?, price_tax = ?, price_total = ?, state = ?, company_id = ?, "
            "currency_id = ?, order_partner_id = ? WHERE id = ?",
            [*row.values(), state, company, currency, partner, one],
        )
        orders.add(order)
    recompute_orders(session, sorted(orders))


def _line_deleting(session: Session, ids: list[int]) -> list[int]:
    rows = session.rows(
        "SELECT l.order_id, o.state FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id "
        f"WHERE l.id IN {IN_LIST}",
        [id_list(ids)],
    )
    if any(state in ("sale", "done") for _order, state in rows):
        raise OdooValidation(
            "Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets "
            "invoiced or delivered).\nSet the quantity to 0 instead.",
            "odoo.exceptions.UserError",
        )
    return sorted({order for order, _state in rows})


def _line_deleted(session: Session, orders: list[int]) -> None:
    recompute_orders(session, orders)


LINE = Model(
    "sale.order.line",
    "Sales Order Line",
    {
        "order_id": f.many2one(
            "Order Reference", "sale.order", required=True, ondelete="cascade", index=True, copy=False
        ),
        "sequence": f.integer("Sequence", default=10),
        "display_type": f.selection(
            "Display Type", (("line_section", "Section"), ("line_subsection", "Subsection"), ("line_note", "Note"))
        ),
        "product_id": f.many2one("Product", "product.product", ondelete="restrict", index=True),
        "product_template_id": f.related(
            f.many2one("Product Template", "product.template", shown_stored=False),
            "product_product",
            "product_id",
            "product_tmpl_id",
        ),
        "name": f.text("Description", required=True),
        "product_uom_qty": f.floating("Quantity", required=True, default=1.0, digits=(16, 2)),
        "product_uom_id": f.many2one("Unit", "uom.uom", ondelete="restrict"),
        "price_unit": f.floating("Unit Price", required=True),
        "discount": f.floating("Discount (%)", default=0.0, digits=(16, 2)),
        "tax_ids": f.many2many("Taxes", "account.tax", "account_tax_sale_order_line_rel", "line_id", "tax_id"),
        "tax_id": f.many2many(
            "Taxes (name before Odoo 19)",
            "account.tax",
            "account_tax_sale_order_line_rel",
            "line_id",
            "tax_id",
            copy=False,
        ),
        "price_subtotal": f.monetary("Subtotal", readonly=True, default=0.0),
        "price_tax": f.floating("Total Tax", readonly=True, default=0.0),
        "price_total": f.monetary("Total", readonly=True, default=0.0),
        "qty_delivered": f.floating("Delivery Quantity", default=0.0, digits=(16, 2), copy=False),
        "qty_invoiced": f.floating("Invoiced Quantity", default=0.0, readonly=True, digits=(16, 2), copy=False),
        "customer_lead": f.floating("Lead Time", required=True, default=0.0),
        "state": f.selection("Order Status", STATES, readonly=True, copy=False),
        "company_id": f.many2one("Company", "res.company", readonly=True, copy=False),
        "currency_id": f.many2one("Currency", "res.currency", readonly=True, copy=False),
        "order_partner_id": f.many2one("Customer", "res.partner", readonly=True, copy=False, ondelete="keep"),
    },
    order="order_id, sequence, id",
    display="(SELECT o.name FROM sale_order o WHERE o.id = {t}.order_id) || ' - ' || {t}.name",
    names=("name",),
    company="shared",
    hooks=Hooks(
        prepare=_prepare_line,
        writing=_line_writing,
        changed=_line_changed,
        deleting=_line_deleting,
        deleted=_line_deleted,
    ),
)

MODELS = (LINE,)
