"""Lines of invoices and bills: filled from the product, priced, taxed."""

from __future__ import annotations

from typing import Any

from hub.errors import OdooValidation
from hub.odoo.embedded import fields as f
from hub.odoo.embedded.amounts import line, taxes_of
from hub.odoo.embedded.models.account import STATES, recompute_moves
from hub.odoo.embedded.schema import Hooks, Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.writing import note_old


def _prepare_line(session: Session, values: dict[str, Any]) -> None:
    """A line's text, price, unit and taxes come from its product unless they are given."""
    row = session.rows(
        "SELECT p.default_code, t.name, t.list_price, t.uom_id, t.id, p.standard_price, t.description_sale, "
        "t.description_purchase FROM product_product p JOIN product_template t ON t.id = p.product_tmpl_id "
        "WHERE p.id = ?",
        [values.get("product_id") or 0],
    )
    if not row:
        return
    code, name, price, unit, template, cost, sold_as, bought_as = row[0]
    sql = "SELECT move_type, company_id FROM account_move WHERE id = ?"
    kind, company = next(iter(session.rows(sql, [values.get("move_id")])), ("", 0))
    buying = str(kind).startswith("in_")
    own, text = (f"[{code}] {name}" if code else str(name)), bought_as if buying else sold_as
    values["name"] = values.get("name") or (f"{own}\n{text}" if text else own)
    values["product_uom_id"] = values.get("product_uom_id") or unit
    if values.get("price_unit") is None:
        values["price_unit"] = cost if buying else price
    if "tax_ids" not in values:
        table = "product_supplier_taxes_rel" if buying else "product_taxes_rel"
        taxes = session.rows(
            f"SELECT r.tax_id FROM {table} r JOIN account_tax t ON t.id = r.tax_id WHERE r.prod_id = ? "
            "AND t.company_id = ?",
            [template, company],
        )
        values["tax_ids"] = [[6, 0, [one[0] for one in taxes]]]


def _refuse_posted(session: Session, ids: list[int]) -> list[int]:
    sql = (
        f"SELECT m.id, m.state FROM account_move_line l JOIN account_move m ON m.id = l.move_id WHERE l.id IN {IN_LIST}"
    )
    rows = session.rows(sql, [id_list(ids)])
    if any(state == "posted" for _move, state in rows):
        raise OdooValidation("You cannot modify a posted entry. Reset it to draft first.", "odoo.exceptions.UserError")
    return sorted({move for move, _state in rows})


def _line_writing(session: Session, ids: list[int], values: dict[str, Any]) -> None:
    _refuse_posted(session, ids)


def _line_changed(session: Session, ids: list[int], changed: set[str]) -> None:
    model = session["account.move.line"]
    taxes = taxes_of(session, "account_move_line_account_tax_rel", "line_id", ids)
    sql = (
        "SELECT l.id, l.price_unit, l.quantity, l.discount, l.move_id, m.state, m.company_id, m.currency_id, "
        f"m.partner_id FROM account_move_line l JOIN account_move m ON m.id = l.move_id WHERE l.id IN {IN_LIST}"
    )
    moves = set()
    for one, price, quantity, discount, move, *carried in session.rows(sql, [id_list(ids)]):
        sums = line(price, quantity, discount, taxes[one])
        note_old(session, model, [one], {"price_subtotal": sums.untaxed, "price_total": sums.total})
        session.run(
            "UPDATE account_move_line SET price_subtotal = ?, price_total = ?, parent_state = ?, company_id = ?, "
            "currency_id = ?, partner_id = ? WHERE id = ?",
            [sums.untaxed, sums.total, *carried, one],
        )
        moves.add(move)
    recompute_moves(session, sorted(moves))


LINE = Model(
    "account.move.line",
    "Journal Item",
    {
        "move_id": f.many2one(
            "Journal Entry", "account.move", required=True, ondelete="cascade", index=True, copy=False
        ),
        "sequence": f.integer("Sequence", default=10),
        "name": f.char("Label"),
        "product_id": f.many2one("Product", "product.product", ondelete="restrict"),
        "quantity": f.floating("Quantity", default=1.0, digits=(16, 2)),
        "product_uom_id": f.many2one("Unit", "uom.uom"),
        "price_unit": f.floating("Unit Price", default=None),
        "discount": f.floating("Discount (%)", default=0.0, digits=(16, 2)),
        "tax_ids": f.many2many("Taxes", "account.tax", "account_move_line_account_tax_rel", "line_id", "tax_id"),
        "price_subtotal": f.monetary("Subtotal", readonly=True, default=0.0),
        "price_total": f.monetary("Total", readonly=True, default=0.0),
        "parent_state": f.selection("Status", STATES, readonly=True, copy=False),
        "partner_id": f.many2one("Partner", "res.partner", ondelete="restrict", copy=False),
        "company_id": f.many2one("Company", "res.company", readonly=True, copy=False),
        "currency_id": f.many2one("Currency", "res.currency", copy=False),
    },
    order="move_id desc, sequence, id",
    display="COALESCE((SELECT m.name || ' ' FROM account_move m WHERE m.id = {t}.move_id), '') "
    "|| COALESCE({t}.name, '')",
    names=("name",),
    company="shared",
    hooks=Hooks(
        prepare=_prepare_line,
        writing=_line_writing,
        changed=_line_changed,
        deleting=_refuse_posted,
        deleted=recompute_moves,
    ),
)

MODELS = (LINE,)
