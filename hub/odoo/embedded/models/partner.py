"""Contacts: companies, people, addresses, and the tags on them."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from hub.errors import OdooDuplicate, OdooValidation
from hub.odoo.embedded import fields as f
from hub.odoo.embedded import hierarchy
from hub.odoo.embedded.schema import Hooks, Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.writing import update_columns

TYPES = (("contact", "Contact"), ("invoice", "Invoice"), ("delivery", "Delivery"), ("other", "Other"))
COMPANY_TYPES = (("person", "Person"), ("company", "Company"))
TRUST = (("good", "Good Debtor"), ("normal", "Normal Debtor"), ("bad", "Bad Debtor"))
LANGUAGES = (("en_US", "English (US)"), ("fr_FR", "French / Français"), ("de_DE", "German / Deutsch"))
TIMEZONES = tuple((zone, zone) for zone in sorted(available_timezones()) if "/" in zone and not zone.startswith("Etc/"))

_LABEL = "CASE {t}.type WHEN 'invoice' THEN 'Invoice' WHEN 'delivery' THEN 'Delivery' WHEN 'other' THEN 'Other' END"
_MAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+")


def _prepare(session: Session, values: dict[str, Any]) -> None:
    _company_type(values)
    _tidy(values)


def _company_type(values: dict[str, Any]) -> None:
    """``company_type`` is another way to write ``is_company``."""
    kind = values.pop("company_type", None)
    if kind:
        if kind not in dict(COMPANY_TYPES):
            raise OdooValidation(
                f"Wrong value for res.partner.company_type: {kind!r}. Choose person or company.",
                "builtins.ValueError",
                field="company_type",
                value=str(kind),
            )
        values["is_company"] = kind == "company"


def _check_names(session: Session, ids: list[int]) -> None:
    sql = f"SELECT 1 FROM res_partner WHERE type = 'contact' AND name IS NULL AND id IN {IN_LIST} LIMIT 1"
    if session.one(sql, [id_list(ids)]):
        raise OdooValidation(
            "The operation cannot be completed: Contacts require a name",
            "odoo.exceptions.ValidationError",
            field="name",
            constraint="required",
        )


def _tidy(values: dict[str, Any]) -> None:
    """What Odoo makes of an address on the way in."""
    website = values.get("website")
    if isinstance(website, str) and website and "://" not in website:
        values["website"] = f"http://{website}"
    if "email" in values:
        found = _MAIL.search(str(values["email"] or ""))
        values["email_normalized"] = found[0].lower() if found else False


def _writing(session: Session, ids: list[int], values: dict[str, Any]) -> None:
    _company_type(values)
    _tidy(values)
    if values.get("active") is False:
        _refuse_with_user(session, ids, "archive")


def _refuse_with_user(session: Session, ids: list[int], verb: str) -> None:
    sql = f"SELECT login FROM res_users WHERE active = 1 AND partner_id IN {IN_LIST} LIMIT 3"
    users = [row[0] for row in session.rows(sql, [id_list(ids)])]
    if users:
        raise OdooValidation(
            f"You cannot {verb} contacts linked to an active user.\nYou should rather archive their associated user "
            f"first.\n\nLinked active users : {', '.join(users)}",
            "odoo.exceptions.UserError" if verb == "delete" else "odoo.exceptions.ValidationError",
        )


def _changed(session: Session, ids: list[int], changed: set[str]) -> None:
    if not changed.isdisjoint(("name", "type")):
        _check_names(session, ids)
    if not changed.isdisjoint(("name", "parent_id", "is_company", "type", "company_name")):
        _recompute_names(session, ids)
    if "barcode" in changed:
        _check_barcodes(session, ids)


def _recompute_names(session: Session, ids: list[int]) -> None:
    """``complete_name`` and the commercial entity of the partners and, since they follow, of all below them."""
    model = session["res.partner"]
    below = hierarchy.descendants(session, model, "parent_id", ids)
    known: dict[int, tuple[int, str]] = {}
    for one in below:
        row = session.rows(
            "SELECT name, parent_id, is_company, type, company_name, complete_name, commercial_partner_id, "
            "commercial_company_name FROM res_partner WHERE id = ?",
            [one],
        )[0]
        name, parent, is_company, kind, company_name, *before = row
        commercial, commercial_name = _commercial(session, known, one, parent, bool(is_company), name, company_name)
        known[one] = (commercial, commercial_name)
        shown = commercial_name or (
            session.one("SELECT name FROM res_partner WHERE id = ?", [parent]) if parent else ""
        )
        complete = _complete_name(name, kind, shown if parent or company_name else "", bool(is_company))
        after = [complete, commercial, commercial_name or None]
        if before != after:
            update_columns(
                session,
                model,
                [one],
                dict(zip(("complete_name", "commercial_partner_id", "commercial_company_name"), after, strict=True)),
            )


def _commercial(
    session: Session,
    known: dict[int, tuple[int, str]],
    one: int,
    parent: int | None,
    is_company: bool,
    name: str | None,
    company_name: str | None,
) -> tuple[int, str]:
    """The commercial entity, which is the nearest company above, or the topmost contact; and that company's name."""
    if is_company:
        return one, name or ""
    if not parent:
        return one, company_name or ""
    if parent not in known:
        sql = (
            "SELECT p.commercial_partner_id, CASE WHEN c.is_company = 1 THEN c.name ELSE '' END FROM res_partner p "
            "JOIN res_partner c ON c.id = p.commercial_partner_id WHERE p.id = ?"
        )
        known[parent] = session.rows(sql, [parent])[0]
    above, above_name = known[parent]
    return above, above_name or company_name or ""


def _complete_name(name: str | None, kind: str | None, company: str, is_company: bool) -> str:
    """ "Company, Name" for a contact of a company; an address without a name goes by its type."""
    own = name or (dict(TYPES)[kind] if company and kind in ("invoice", "delivery", "other") else "")
    return f"{company}, {own}".strip() if company and not is_company else own.strip()


def _check_barcodes(session: Session, ids: list[int]) -> None:
    sql = (
        f"SELECT 1 FROM res_partner p JOIN res_partner o ON o.barcode = p.barcode AND o.id != p.id "
        f"WHERE p.barcode IS NOT NULL AND p.barcode != '' AND p.id IN {IN_LIST} LIMIT 1"
    )
    if session.one(sql, [id_list(ids)]):
        raise OdooDuplicate(
            "Another partner already has this barcode",
            "odoo.exceptions.ValidationError",
            field="barcode",
            constraint="unique",
        )


def _deleting(session: Session, ids: list[int]) -> None:
    _refuse_with_user(session, ids, "delete")
    used = session.one(f"SELECT 1 FROM account_move WHERE partner_id IN {IN_LIST} LIMIT 1", [id_list(ids)])
    if used:
        raise OdooValidation(
            "The partner cannot be deleted because it is used in Accounting", "odoo.exceptions.UserError"
        )


_IDENTITY = {
    "name": f.char("Name", index=True),
    "complete_name": f.char("Complete Name", readonly=True, index=True),
    "active": f.boolean("Active", default=True),
    "is_company": f.boolean("Is a Company", default=False),
    "company_type": f.selection(
        "Company Type", COMPANY_TYPES, sql="CASE WHEN {t}.is_company = 1 THEN 'company' ELSE 'person' END"
    ),
    "type": f.selection("Address Type", TYPES, default="contact"),
    "parent_id": f.many2one("Related Company", "res.partner", index=True),
    "child_ids": f.one2many("Contact", "res.partner", "parent_id", domain=(("active", "=", True),)),
    "parent_name": f.related(f.char("Parent name"), "res_partner", "parent_id", "name"),
    "commercial_partner_id": f.many2one("Commercial Entity", "res.partner", readonly=True, ondelete="set null"),
    "commercial_company_name": f.char("Company Name Entity", readonly=True),
    "company_name": f.char("Company Name"),
    "company_registry": f.char("Company ID"),
    "function": f.char("Job Position"),
    "ref": f.char("Reference", index=True),
    "vat": f.char("Tax ID", help="The Tax Identification Number."),
    "barcode": f.char("Barcode", copy=False, company_dependent=True, help="Use a barcode to identify this contact."),
    "lang": f.selection("Language", LANGUAGES, default="en_US"),
    "tz": f.selection("Timezone", TIMEZONES, default=lambda session: session.context.get("tz") or False),
    "color": f.integer("Color Index", default=0),
    "comment": f.html("Notes"),
    "image_1920": f.binary("Image", image=True),
    "employee": f.boolean("Employee"),
    "industry_id": f.many2one("Industry", "res.partner.industry"),
}

_ADDRESS = {
    "email": f.char("Email", index=True),
    "email_normalized": f.char("Normalized Email", readonly=True),
    "phone": f.char("Phone"),
    "mobile": f.char("Mobile"),
    "website": f.char("Website Link"),
    "street": f.char("Street"),
    "street2": f.char("Street2"),
    "city": f.char("City"),
    "zip": f.char("Zip"),
    "state_id": f.many2one("State", "res.country.state", ondelete="restrict"),
    "country_id": f.many2one("Country", "res.country", ondelete="restrict"),
    "country_code": f.related(f.char("Country Code", size=2), "res_country", "country_id", "code"),
    "partner_latitude": f.floating("Geo Latitude", digits=(10, 7)),
    "partner_longitude": f.floating("Geo Longitude", digits=(10, 7)),
}

_TRADE = {
    "customer_rank": f.integer("Customer Rank", default=0, copy=False),
    "supplier_rank": f.integer("Supplier Rank", default=0, copy=False),
    "credit_limit": f.floating("Credit Limit", company_dependent=True),
    "trust": f.selection("Degree of trust you have in this debtor", TRUST, default="normal", company_dependent=True),
    "category_id": f.many2many("Tags", "res.partner.category", "res_partner_category_rel", "partner_id", "category_id"),
    "user_id": f.many2one("Salesperson", "res.users", ondelete="set null"),
    "company_id": f.many2one("Company", "res.company", index=True),
    "user_ids": f.one2many("Users", "res.users", "partner_id"),
    "currency_id": f.many2one(
        "Currency", "res.currency", readonly=True, sql="(SELECT currency_id FROM res_company ORDER BY id LIMIT 1)"
    ),
    "sale_order_ids": f.one2many("Sales Order", "sale.order", "partner_id"),
    "invoice_ids": f.one2many("Invoices", "account.move", "partner_id", readonly=True),
    "sale_order_count": f.integer(
        "Sale Order Count", readonly=True, sql="(SELECT COUNT(*) FROM sale_order o WHERE o.partner_id = {t}.id)"
    ),
}

PARTNER = Model(
    "res.partner",
    "Contact",
    {**_IDENTITY, **_ADDRESS, **_TRADE},
    order="complete_name ASC, id DESC",
    display="{t}.complete_name",
    names=("complete_name", "email", "ref", "vat", "company_registry"),
    parent="parent_id",
    recursion="You cannot create recursive Partner hierarchies.",
    company="shared",
    hooks=Hooks(prepare=_prepare, writing=_writing, changed=_changed, deleting=_deleting),
)

_PATH = """(WITH RECURSIVE up(id, name, parent_id, depth) AS (
    SELECT c.id, c.name, c.parent_id, 0 FROM res_partner_category c WHERE c.id = {t}.id
    UNION ALL SELECT p.id, p.name, p.parent_id, up.depth + 1 FROM res_partner_category p JOIN up ON p.id = up.parent_id
    WHERE up.depth < 50)
    SELECT group_concat(name, ' / ') FROM (SELECT name FROM up ORDER BY depth DESC))"""

CATEGORY = Model(
    "res.partner.category",
    "Partner Tags",
    {
        "name": f.char("Name", required=True, translate=True),
        "color": f.integer("Color", default=lambda session: 1),
        "active": f.boolean("Active", default=True),
        "parent_id": f.many2one("Category", "res.partner.category", ondelete="cascade", index=True),
        "child_ids": f.one2many("Child Tags", "res.partner.category", "parent_id"),
        "partner_ids": f.many2many(
            "Partners", "res.partner", "res_partner_category_rel", "category_id", "partner_id", copy=False
        ),
    },
    order="name, id",
    display=_PATH,
    parent="parent_id",
    recursion="You can not create recursive tags.",
)

INDUSTRY = Model(
    "res.partner.industry",
    "Industry",
    {
        "name": f.char("Name", translate=True),
        "full_name": f.char("Full Name", translate=True),
        "active": f.boolean("Active", default=True),
    },
    order="name, id",
)

MODELS = (PARTNER, CATEGORY, INDUSTRY)
