"""Companies, users and their groups."""

from __future__ import annotations

from typing import Any

from hub.odoo.embedded import fields as f
from hub.odoo.embedded.passwords import hashed
from hub.odoo.embedded.schema import Hooks, Model, Unique
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.writing import create, write

_ADDRESS = ("street", "street2", "city", "zip", "state_id", "country_id", "vat", "email", "phone", "website")


def _prepare_company(session: Session, values: dict[str, Any]) -> None:
    address = {name: values.pop(name) for name in _ADDRESS if name in values}
    if not values.get("partner_id"):
        values["partner_id"] = create(
            session, "res.partner", [{"name": values.get("name"), "is_company": True, **address}]
        )[0]
    else:
        write(session, "res.partner", [values["partner_id"]], address)


def _write_company(session: Session, ids: list[int], values: dict[str, Any]) -> None:
    """A company's address and name are those of its partner."""
    address = {name: values.pop(name) for name in _ADDRESS if name in values}
    if "name" in values:
        address["name"] = values["name"]
    if address:
        rows = session.rows(f"SELECT partner_id FROM res_company WHERE id IN {IN_LIST}", [id_list(ids)])
        write(session, "res.partner", [row[0] for row in rows], address)


def _company_changed(session: Session, ids: list[int], changed: set[str]) -> None:
    """Who makes a company is in it, as in Odoo."""
    rows = [(one, session.uid) for one in ids]
    session.run_many(
        "INSERT OR IGNORE INTO res_company_users_rel (cid, user_id) SELECT id, ?2 FROM res_company WHERE id = ?1 AND "
        "create_uid = ?2 AND create_date = write_date "
        "AND NOT EXISTS (SELECT 1 FROM res_company_users_rel WHERE cid = ?1)",
        rows,
    )


def _partner(field: f.Field, name: str) -> f.Field:
    return f.Field(
        field.type,
        field.string,
        relation=field.relation,
        shown_stored=False,
        sql=f"(SELECT {name} FROM res_partner WHERE id = {{t}}.partner_id)",
    )


COMPANY = Model(
    "res.company",
    "Companies",
    {
        "name": f.char("Company Name", required=True),
        "active": f.boolean("Active", default=True),
        "sequence": f.integer("Sequence", default=10),
        "partner_id": f.many2one("Partner", "res.partner", required=True),
        "parent_id": f.many2one("Parent Company", "res.company"),
        "child_ids": f.one2many("Branches", "res.company", "parent_id"),
        "currency_id": f.many2one(
            "Currency",
            "res.currency",
            required=True,
            default=lambda session: session.one("SELECT currency_id FROM res_company ORDER BY id LIMIT 1"),
        ),
        "user_ids": f.many2many("Accepted Users", "res.users", "res_company_users_rel", "cid", "user_id"),
        "email": _partner(f.char("Email"), "email"),
        "phone": _partner(f.char("Phone"), "phone"),
        "website": _partner(f.char("Website Link"), "website"),
        "street": _partner(f.char("Street"), "street"),
        "street2": _partner(f.char("Street2"), "street2"),
        "city": _partner(f.char("City"), "city"),
        "zip": _partner(f.char("Zip"), "zip"),
        "vat": _partner(f.char("Tax ID"), "vat"),
        "state_id": _partner(f.many2one("Fed. State", "res.country.state"), "state_id"),
        "country_id": _partner(f.many2one("Country", "res.country"), "country_id"),
    },
    order="sequence, name",
    parent="parent_id",
    company="self",
    unique=(Unique(("name",), "The operation cannot be completed: The company name must be unique!"),),
    hooks=Hooks(prepare=_prepare_company, writing=_write_company, changed=_company_changed),
)


def _prepare_user(session: Session, values: dict[str, Any]) -> None:
    if values.get("password"):
        values["password"] = hashed(str(values["password"]))
    if not values.get("company_ids"):
        values["company_ids"] = [[6, 0, [values["company_id"]]]]


def _write_user(session: Session, ids: list[int], values: dict[str, Any]) -> None:
    if values.get("password"):
        values["password"] = hashed(str(values["password"]))


USER = Model(
    "res.users",
    "User",
    {
        "partner_id": f.many2one("Related Partner", "res.partner", required=True, index=True),
        "login": f.char("Login", required=True, help="Used to log into the system"),
        "password": f.char("Password", secret=True, copy=False, shown_stored=False),
        "active": f.boolean("Active", default=True),
        "company_id": f.many2one("Company", "res.company", required=True, default=lambda session: session.company_id),
        "company_ids": f.many2many("Companies", "res.company", "res_company_users_rel", "user_id", "cid"),
        "group_ids": f.many2many("Groups", "res.groups", "res_groups_users_rel", "uid", "gid"),
        "share": f.boolean("Share User", readonly=True, default=False),
        "signature": f.html("Email Signature"),
        "notification_type": f.selection(
            "Notification", (("email", "By Emails"), ("inbox", "In Odoo")), required=True, default="email"
        ),
    },
    order="login, id",
    display="(SELECT p.complete_name FROM res_partner p WHERE p.id = {t}.partner_id)",
    names=("name", "login"),
    inherits={"partner_id": "res.partner"},
    unique=(Unique(("login",), "The operation cannot be completed: You can not have two users with the same login!"),),
    hooks=Hooks(prepare=_prepare_user, writing=_write_user),
)

GROUP = Model(
    "res.groups",
    "Access Groups",
    {
        "name": f.char("Name", required=True, translate=True),
        "comment": f.text("Comment", translate=True),
        "user_ids": f.many2many("User", "res.users", "res_groups_users_rel", "gid", "uid"),
        "share": f.boolean("Share Group", default=False),
    },
    order="name, id",
)

MODELS = (COMPANY, USER, GROUP)
