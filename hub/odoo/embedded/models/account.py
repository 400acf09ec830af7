"""Invoices and bills, their lines, taxes and journals: enough to be read, posted and listened to."""

from __future__ import annotations

from typing import Any

from hub.errors import OdooValidation
from hub.odoo.embedded import fields as f
from hub.odoo.embedded.amounts import Amounts, line, taxes_of, total
from hub.odoo.embedded.schema import Hooks, Model, Unique
from hub.odoo.embedded.sequences import next_number
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.writing import note_old, update_columns, write

USES = (("sale", "Sales"), ("purchase", "Purchases"), ("none", "None"))
COMPUTATIONS = (
    ("group", "Group of Taxes"),
    ("fixed", "Fixed"),
    ("percent", "Percentage"),
    ("division", "Percentage Tax Included"),
)
JOURNALS = (
    ("sale", "Sales"),
    ("purchase", "Purchase"),
    ("cash", "Cash"),
    ("bank", "Bank"),
    ("credit", "Credit Card"),
    ("general", "Miscellaneous"),
)
KINDS = (
    ("entry", "Journal Entry"),
    ("out_invoice", "Customer Invoice"),
    ("out_refund", "Customer Credit Note"),
    ("in_invoice", "Vendor Bill"),
    ("in_refund", "Vendor Credit Note"),
    ("out_receipt", "Sales Receipt"),
    ("in_receipt", "Purchase Receipt"),
)
STATES = (("draft", "Draft"), ("posted", "Posted"), ("cancel", "Cancelled"))
PAYMENT = (
    ("not_paid", "Not Paid"),
    ("in_payment", "In Payment"),
    ("paid", "Paid"),
    ("partial", "Partially Paid"),
    ("reversed", "Reversed"),
    ("blocked", "Blocked"),
    ("invoicing_legacy", "Invoicing App Legacy"),
)
PREFIXES = {"out_invoice": "INV", "out_refund": "RINV", "in_invoice": "BILL", "in_refund": "RBILL"}

TAX = Model(
    "account.tax",
    "Tax",
    {
        "name": f.char("Tax Name", required=True, translate=True),
        "active": f.boolean("Active", default=True),
        "amount": f.floating("Amount", required=True, default=0.0, digits=(16, 4)),
        "amount_type": f.selection("Tax Computation", COMPUTATIONS, required=True, default="percent"),
        "type_tax_use": f.selection("Tax Type", USES, required=True, default="sale"),
        "description": f.html("Description", translate=True),
        "sequence": f.integer("Sequence", required=True, default=1),
        "company_id": f.many2one("Company", "res.company", required=True, default=lambda session: session.company_id),
        "country_id": f.many2one("Country", "res.country"),
    },
    order="sequence, id",
    company="strict",
)

JOURNAL = Model(
    "account.journal",
    "Journal",
    {
        "name": f.char("Journal Name", required=True, translate=True),
        "code": f.char("Sequence Prefix", required=True, size=5),
        "type": f.selection("Type", JOURNALS, required=True),
        "active": f.boolean("Active", default=True),
        "sequence": f.integer("Sequence", default=10),
        "company_id": f.many2one("Company", "res.company", required=True, default=lambda session: session.company_id),
        "currency_id": f.many2one("Currency", "res.currency"),
    },
    order="sequence, type, code",
    names=("name", "code"),
    company="strict",
    unique=(
        Unique(("company_id", "code"), "The operation cannot be completed: Journal codes must be unique per company."),
    ),
)


def _prepare_move(session: Session, values: dict[str, Any]) -> None:
    company = values.get("company_id") or session.company_id
    kind = values.get("move_type") or "entry"
    if not values.get("journal_id"):
        wanted = "sale" if kind.startswith("out_") else "purchase" if kind.startswith("in_") else "general"
        sql = "SELECT id FROM account_journal WHERE type = ? AND company_id = ? ORDER BY sequence, id LIMIT 1"
        values["journal_id"] = session.one(sql, [wanted, company]) or False
    sql = "SELECT currency_id FROM res_company WHERE id = ?"
    values["currency_id"] = values.get("currency_id") or session.one(sql, [company])


def _move_changed(session: Session, ids: list[int], changed: set[str]) -> None:
    recompute_moves(session, ids)


def recompute_moves(session: Session, ids: list[int]) -> None:
    """Totals and what is left to pay, from the lines."""
    model = session["account.move"]
    for one in ids:
        rows = session.rows("SELECT price_subtotal, price_total FROM account_move_line WHERE move_id = ?", [one])
        sums = total([Amounts(row[0] or 0.0, (row[1] or 0.0) - (row[0] or 0.0)) for row in rows])
        state, payment, partner = session.rows(
            "SELECT state, payment_state, partner_id FROM account_move WHERE id = ?", [one]
        )[0]
        owed = 0.0 if payment == "paid" or state == "cancel" else sums.total
        after = {
            "amount_untaxed": sums.untaxed,
            "amount_tax": sums.tax,
            "amount_total": sums.total,
            "amount_residual": owed,
            "commercial_partner_id": session.one(
                "SELECT commercial_partner_id FROM res_partner WHERE id = ?", [partner]
            ),
        }
        columns = ", ".join(f'"{name}"' for name in after)
        if session.rows(f"SELECT {columns} FROM account_move WHERE id = ?", [one])[0] != tuple(after.values()):
            update_columns(session, model, [one], after)


def post(session: Session, model: Model, ids: list[int]) -> bool:
    """Odoo's ``action_post``: number the documents, which can't be changed or deleted from then on."""
    for one in ids:
        row = session.rows(
            "SELECT state, move_type, name, invoice_date, partner_id FROM account_move WHERE id = ?", [one]
        )
        state, kind, name, day, partner = row[0]
        if state != "draft":
            raise OdooValidation("Only draft journal entries can be posted.", "odoo.exceptions.UserError")
        if kind != "entry" and not partner:
            raise OdooValidation(
                "The 'Customer' field is required to validate the invoice.",
                "odoo.exceptions.UserError",
                field="partner_id",
            )
        day = day or session.now[:10]
        values = {"state": "posted", "invoice_date": day, "date": day}
        if not name or name == "/":
            prefix = PREFIXES.get(kind, "MISC")
            values["name"] = f"{prefix}/{day[:4]}/{next_number(session, f'{prefix}/{day[:4]}'):05d}"
        write(session.with_context(hub_posting=True), model.name, [one], values)
    return False


def to_draft(session: Session, model: Model, ids: list[int]) -> None:
    """Odoo's ``button_draft``."""
    write(session.with_context(hub_posting=True), model.name, ids, {"state": "draft", "payment_state": "not_paid"})


def cancel(session: Session, model: Model, ids: list[int]) -> None:
    """Odoo's ``button_cancel``."""
    write(session.with_context(hub_posting=True), model.name, ids, {"state": "cancel"})


def _move_deleting(session: Session, ids: list[int]) -> None:
    sql = f"SELECT 1 FROM account_move WHERE state = 'posted' AND id IN {IN_LIST}"
    if session.one(sql, [id_list(ids)]):
        raise OdooValidation(
            "You can't delete a posted journal item. Reset it to draft first.", "odoo.exceptions.UserError"
        )


MOVE = Model(
    "account.move",
    "Journal Entry",
    {
        "name": f.char("Number", copy=False, index=True),
        "move_type": f.selection("Type", KINDS, required=True, default="entry", readonly=True),
        "state": f.selection("Status", STATES, required=True, default="draft", readonly=True, copy=False),
        "payment_state": f.selection("Payment Status", PAYMENT, default="not_paid", readonly=True, copy=False),
        "partner_id": f.many2one("Partner", "res.partner", ondelete="restrict", index=True),
        "commercial_partner_id": f.many2one("Commercial Entity", "res.partner", readonly=True, ondelete="keep"),
        "date": f.date("Date", required=True, copy=False, default=lambda session: session.now[:10]),
        "invoice_date": f.date("Invoice/Bill Date", copy=False),
        "invoice_date_due": f.date("Due Date", copy=False),
        "invoice_origin": f.char("Origin", copy=False),
        "ref": f.char("Reference", copy=False),
        "narration": f.html("Terms and Conditions"),
        "journal_id": f.many2one("Journal", "account.journal", required=True),
        "company_id": f.many2one("Company", "res.company", default=lambda session: session.company_id),
        "currency_id": f.many2one("Currency", "res.currency", required=True),
        "invoice_user_id": f.many2one("Salesperson", "res.users", default=lambda session: session.uid, copy=False),
        "invoice_line_ids": f.one2many("Invoice lines", "account.move.line", "move_id", copy=True),
        "line_ids": f.one2many("Journal Items", "account.move.line", "move_id"),
        "amount_untaxed": f.monetary("Untaxed Amount", readonly=True, default=0.0),
        "amount_tax": f.monetary("Tax", readonly=True, default=0.0),
        "amount_total": f.monetary("Total", readonly=True, default=0.0),
        "amount_residual": f.monetary("Amount Due", readonly=True, default=0.0),
    },
    order="date desc, name desc, invoice_date desc, id desc",
    display="CASE WHEN COALESCE({t}.name, '') IN ('', '/') THEN 'Draft (* ' || {t}.id || ')' ELSE {t}.name END",
    names=("name", "ref"),
    company="strict",
    hooks=Hooks(prepare=_prepare_move, changed=_move_changed, deleting=_move_deleting),
    methods={"action_post": post, "button_draft": to_draft, "button_cancel": cancel},
)


def _prepare_line(session: Session, values: dict[str, Any]) -> None:
    product = values.get("product_id")
    row = session.rows(
        "SELECT p.default_code, t.name, t.list_price, t.uom_id FROM product_product p "
        "JOIN product_template t ON t.id = p.product_tmpl_id WHERE p.id = ?",
        [product or 0],
    )
    if row:
        code, name, price, unit = row[0]
        values["name"] = values.get("name") or (f"[{code}] {name}" if code else name)
        values["product_uom_id"] = values.get("product_uom_id") or unit
        if values.get("price_unit") is None:
            values["price_unit"] = price


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
    display="(SELECT COALESCE(m.name, 'Draft') FROM account_move m WHERE m.id = {t}.move_id) "
    "|| COALESCE(' ' || {t}.name, '')",
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

MODELS = (TAX, JOURNAL, MOVE, LINE)
