"""Products and their variants, categories, units, and what is on stock."""

from __future__ import annotations

from typing import Any

from hub.errors import OdooDuplicate
from hub.odoo.embedded import fields as f
from hub.odoo.embedded.deleting import unlink
from hub.odoo.embedded.schema import Hooks, Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.writing import create, update_columns

TYPES = (("consu", "Goods"), ("service", "Service"), ("combo", "Combo"), ("product", "Storable Product"))
TRACKING = (("serial", "By Unique Serial Number"), ("lot", "By Lots"), ("none", "By Quantity"))
POLICIES = (("order", "Ordered quantities"), ("delivery", "Delivered quantities"))
SHARED = ("default_code", "barcode", "standard_price", "active")
"""What a template with one variant has in common with it."""

_PATH = """(WITH RECURSIVE up(id, name, parent_id, depth) AS (
    SELECT c.id, c.name, c.parent_id, 0 FROM product_category c WHERE c.id = {t}.id
    UNION ALL SELECT p.id, p.name, p.parent_id, up.depth + 1 FROM product_category p JOIN up ON p.id = up.parent_id
    WHERE up.depth < 50)
    SELECT group_concat(name, ' / ') FROM (SELECT name FROM up ORDER BY depth DESC))"""

CATEGORY = Model(
    "product.category",
    "Product Category",
    {
        "name": f.char("Name", required=True),
        "complete_name": f.char("Complete Name", readonly=True, sql=_PATH, shown_stored=True),
        "parent_id": f.many2one("Parent Category", "product.category", ondelete="cascade", index=True),
        "child_id": f.one2many("Child Categories", "product.category", "parent_id"),
    },
    order="complete_name",
    display=_PATH,
    parent="parent_id",
)

UNIT = Model(
    "uom.uom",
    "Product Unit of Measure",
    {
        "name": f.char("Unit Name", required=True, translate=True),
        "active": f.boolean("Active", default=True),
        "sequence": f.integer("Sequence", default=100),
        "factor": f.floating("Absolute Quantity", readonly=True, default=1.0),
        "relative_factor": f.floating("Contains", required=True, default=1.0),
        "relative_uom_id": f.many2one("Reference Unit", "uom.uom", ondelete="cascade"),
    },
    order="sequence, relative_uom_id, id",
)

_ON_HAND = """COALESCE((SELECT SUM(q.quantity) FROM stock_quant q JOIN stock_location sl ON sl.id = q.location_id
    WHERE sl.usage = 'internal' AND q.product_id = {p}), 0.0)"""
_ORDERED = """COALESCE((SELECT SUM(ol.product_uom_qty - COALESCE(ol.qty_delivered, 0)) FROM sale_order_line ol
    WHERE ol.state = 'sale' AND ol.product_id = {p}), 0.0)"""


def _quantity(string: str, expression: str, variant: str) -> f.Field:
    return f.floating(string, digits=(16, 2), readonly=True, sql=expression.replace("{p}", variant))


_ONE = "(SELECT v.id FROM product_product v WHERE v.product_tmpl_id = {t}.id ORDER BY v.active DESC, v.id LIMIT 1)"


def _quantities(variant: str) -> dict[str, f.Field]:
    return {
        "qty_available": _quantity("Quantity On Hand", _ON_HAND, variant),
        "virtual_available": _quantity("Forecasted Quantity", f"({_ON_HAND} - {_ORDERED})", variant),
        "outgoing_qty": _quantity("Outgoing", _ORDERED, variant),
        "incoming_qty": _quantity("Incoming", "0.0", variant),
    }


def _default_unit(session: Session) -> int | None:
    return session.one("SELECT id FROM uom_uom ORDER BY id LIMIT 1")  # type: ignore[no-any-return]


def _default_taxes(kind: str) -> Any:
    def taxes(session: Session) -> list[Any]:
        sql = (
            "SELECT id FROM account_tax WHERE active = 1 AND type_tax_use = ? AND company_id = ? "
            "ORDER BY sequence, id LIMIT 1"
        )
        found = session.one(sql, [kind, session.company_id])
        return [[6, 0, [found]]] if found else []

    return taxes


def _template_changed(session: Session, ids: list[int], changed: set[str]) -> None:
    if not session.context.get("hub_no_variant"):
        sql = (
            f"SELECT t.id FROM product_template t WHERE t.id IN {IN_LIST} AND NOT EXISTS "
            "(SELECT 1 FROM product_product v WHERE v.product_tmpl_id = t.id)"
        )
        for (template,) in session.rows(sql, [id_list(ids)]):
            create(session, "product.product", [{"product_tmpl_id": template}])
    if changed & set(SHARED):
        for template in ids:
            _share(session, template, changed, "product.template")


def _share(session: Session, template: int, changed: set[str], source: str) -> None:
    """Carry the common fields between a template and its only variant."""
    variants = [row[0] for row in session.rows("SELECT id FROM product_product WHERE product_tmpl_id = ?", [template])]
    if len(variants) != 1:
        return
    names = [name for name in SHARED if name in changed]
    pair = {"product.template": template, "product.product": variants[0]}
    target = "product.product" if source == "product.template" else "product.template"
    columns = ", ".join(names)
    wanted = session.rows(f"SELECT {columns} FROM {session[source].table} WHERE id = ?", [pair[source]])[0]
    now = session.rows(f"SELECT {columns} FROM {session[target].table} WHERE id = ?", [pair[target]])[0]
    if wanted != now:
        update_columns(session, session[target], [pair[target]], dict(zip(names, wanted, strict=True)))
        if target == "product.product" and "barcode" in names:
            _check_barcodes(session, variants)


def _variant_prepare(session: Session, values: dict[str, Any]) -> None:
    template = values.get("product_tmpl_id")
    if template:
        row = session.rows(f"SELECT {', '.join(SHARED)} FROM product_template WHERE id = ?", [template])
        taken = session.one("SELECT 1 FROM product_product WHERE product_tmpl_id = ? LIMIT 1", [template])
        if row and not taken:
            for name, value in zip(SHARED, row[0], strict=True):
                if values.get(name) in (None, False) or name == "active":
                    values[name] = value


def _variant_changed(session: Session, ids: list[int], changed: set[str]) -> None:
    _check_barcodes(session, ids)
    if changed & set(SHARED):
        rows = session.rows(
            f"SELECT DISTINCT product_tmpl_id FROM product_product WHERE id IN {IN_LIST}", [id_list(ids)]
        )
        for (template,) in rows:
            _share(session, template, changed, "product.product")


def _check_barcodes(session: Session, ids: list[int]) -> None:
    sql = (
        "SELECT p.barcode FROM product_product p JOIN product_product o ON o.barcode = p.barcode AND o.id != p.id "
        f"WHERE p.barcode IS NOT NULL AND p.barcode != '' AND p.id IN {IN_LIST} LIMIT 1"
    )
    found = session.one(sql, [id_list(ids)])
    if found:
        raise OdooDuplicate(
            f'Barcode(s) already assigned:\n\n- Barcode "{found}" already assigned to product(s).',
            "odoo.exceptions.ValidationError",
            field="barcode",
            value=found,
            constraint="unique",
        )


def _variant_deleting(session: Session, ids: list[int]) -> None:
    """The template goes with its last variant."""
    if session.context.get("hub_template_going"):
        return
    sql = (
        f"SELECT DISTINCT v.product_tmpl_id FROM product_product v WHERE v.id IN {IN_LIST} AND NOT EXISTS (SELECT 1 "
        f"FROM product_product o WHERE o.product_tmpl_id = v.product_tmpl_id AND o.id NOT IN {IN_LIST})"
    )
    templates = [row[0] for row in session.rows(sql, [id_list(ids), id_list(ids)])]
    if templates:
        unlink(session.with_context(hub_template_going=True), "product.template", templates)


def _template_deleting(session: Session, ids: list[int]) -> None:
    if session.context.get("hub_template_going"):
        return
    rows = session.rows(f"SELECT id FROM product_product WHERE product_tmpl_id IN {IN_LIST}", [id_list(ids)])
    unlink(session.with_context(hub_template_going=True), "product.product", [row[0] for row in rows])


_CODE = "CASE WHEN COALESCE({t}.default_code, '') != '' THEN '[' || {t}.default_code || '] ' ELSE '' END"

TEMPLATE = Model(
    "product.template",
    "Product",
    {
        "name": f.char("Name", required=True, translate=True, index=True),
        "sequence": f.integer("Sequence", default=1),
        "active": f.boolean("Active", default=True),
        "type": f.selection("Product Type", TYPES, required=True, default="consu"),
        "is_storable": f.boolean("Track Inventory", default=False),
        "tracking": f.selection("Tracking", TRACKING, required=True, default="none"),
        "categ_id": f.many2one("Product Category", "product.category", index=True, ondelete="restrict"),
        "list_price": f.floating("Sales Price", default=1.0, digits=(16, 2)),
        "standard_price": f.floating("Cost", company_dependent=True, digits=(16, 2), shown_stored=False, copy=False),
        "default_code": f.char("Internal Reference", copy=False, index=True),
        "barcode": f.char("Barcode", copy=False, shown_stored=False),
        "uom_id": f.many2one("Unit", "uom.uom", required=True, default=_default_unit),
        "uom_name": f.related(f.char("Unit Name"), "uom_uom", "uom_id", "name"),
        "description": f.html("Description", translate=True),
        "description_sale": f.text("Sales Description", translate=True),
        "description_purchase": f.text("Purchase Description", translate=True),
        "sale_ok": f.boolean("Sales", default=True),
        "purchase_ok": f.boolean("Purchase", default=True),
        "invoice_policy": f.selection("Invoicing Policy", POLICIES, default="order"),
        "weight": f.floating("Weight", digits=(16, 2)),
        "volume": f.floating("Volume", digits=(16, 2)),
        "color": f.integer("Color Index", default=0),
        "company_id": f.many2one("Company", "res.company", index=True),
        "currency_id": f.many2one(
            "Currency", "res.currency", readonly=True, sql="(SELECT currency_id FROM res_company ORDER BY id LIMIT 1)"
        ),
        "image_1920": f.binary("Image", image=True),
        "taxes_id": f.many2many(
            "Sales Taxes", "account.tax", "product_taxes_rel", "prod_id", "tax_id", default=_default_taxes("sale")
        ),
        "supplier_taxes_id": f.many2many(
            "Purchase Taxes",
            "account.tax",
            "product_supplier_taxes_rel",
            "prod_id",
            "tax_id",
            default=_default_taxes("purchase"),
        ),
        "product_variant_ids": f.one2many("Products", "product.product", "product_tmpl_id"),
        "product_variant_id": f.many2one("Product", "product.product", readonly=True, sql=_ONE),
        "product_variant_count": f.integer(
            "# Product Variants",
            readonly=True,
            sql="(SELECT COUNT(*) FROM product_product v WHERE v.product_tmpl_id = {t}.id AND v.active = 1)",
        ),
        **_quantities(_ONE),
    },
    order="is_storable desc, name, id",
    display=f"{_CODE} || {{t}}.name",
    names=("name", "default_code", "barcode"),
    company="shared",
    hooks=Hooks(changed=_template_changed, deleting=_template_deleting),
)

_NAME = "(SELECT pt.name FROM product_template pt WHERE pt.id = {t}.product_tmpl_id)"

VARIANT = Model(
    "product.product",
    "Product Variant",
    {
        "product_tmpl_id": f.many2one(
            "Product Template", "product.template", required=True, ondelete="cascade", index=True
        ),
        "active": f.boolean("Active", default=True),
        "default_code": f.char("Internal Reference", copy=False, index=True),
        "barcode": f.char("Barcode", copy=False, index=True),
        "standard_price": f.floating("Cost", company_dependent=True, digits=(16, 2), copy=False),
        "lst_price": f.floating(
            "Sales Price", readonly=True, sql="(SELECT list_price FROM product_template WHERE id = {t}.product_tmpl_id)"
        ),
        "stock_quant_ids": f.one2many("Stock Quant", "stock.quant", "product_id"),
        **_quantities("{t}.id"),
    },
    order="default_code, name, id",
    display=f"{_CODE} || {_NAME}",
    names=("name", "default_code", "barcode"),
    company="shared",
    inherits={"product_tmpl_id": "product.template"},
    hooks=Hooks(prepare=_variant_prepare, changed=_variant_changed, deleting=_variant_deleting),
)

MODELS = (CATEGORY, UNIT, TEMPLATE, VARIANT)
