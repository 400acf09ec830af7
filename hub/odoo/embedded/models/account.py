"""Invoices and bills, their lines, taxes and journals: enough to be read, posted and listened to."""

from __future__ import annotations

from typing import Any

from hub.errors import OdooValidation
from hub.odoo.embedded import fields as f
from hub.odoo.embedded.amounts import Amounts, total
from hub.odoo.embedded.schema import Hooks, Model, Unique
from hub.odoo.embedded.sequences import next_number
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.writing import update_columns, write

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
        if kind.startswith("in_") and not day:
            raise OdooValidation(
                "The Bill/Refund date is required to validate this document.",
                "odoo.exceptions.UserError",
                field="invoice_date",
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


_DRAFTS = {
    "out_invoice": "Draft Invoice",
    "out_refund": "Draft Credit Note",
    "in_invoice": "Draft Bill",
    "in_refund": "Draft Vendor Credit Note",
}
_NUMBER = (
    "CASE WHEN COALESCE({t}.name, '') IN ('', '/') THEN CASE {t}.move_type "
    + " ".join(f"WHEN '{kind}' THEN '{label}'" for kind, label in _DRAFTS.items())
    + " ELSE 'Draft Entry' END ELSE {t}.name END"
)

FIXED = (
    "partner_id",
    "invoice_date",
    "date",
    "journal_id",
    "currency_id",
    "company_id",
    "name",
    "invoice_line_ids",
    "line_ids",
)
"""What can't be written once a document is posted."""


def _move_writing(session: Session, ids: list[int], values: dict[str, Any]) -> None:
    touched = [name for name in FIXED if name in values]
    if not touched or session.context.get("hub_posting") or "state" in values:
        return
    if session.one(f"SELECT 1 FROM account_move WHERE state = 'posted' AND id IN {IN_LIST}", [id_list(ids)]):
        raise OdooValidation(
            f"You cannot modify the following readonly fields on a posted move: {', '.join(touched)}",
            "odoo.exceptions.UserError",
            field=touched[0],
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
    display=_NUMBER,
    names=("name", "ref"),
    company="strict",
    hooks=Hooks(prepare=_prepare_move, writing=_move_writing, changed=_move_changed, deleting=_move_deleting),
    methods={"action_post": post, "button_draft": to_draft, "button_cancel": cancel},
)

MODELS = (TAX, JOURNAL, MOVE)
