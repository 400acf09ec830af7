"""Stock: locations, and how many of what lie there."""

from __future__ import annotations

from typing import Any

from hub.odoo.embedded import fields as f
from hub.odoo.embedded.schema import Hooks, Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list
from hub.odoo.embedded.writing import update_columns

USAGES = (
    ("supplier", "Vendor"),
    ("view", "Virtual"),
    ("internal", "Internal"),
    ("customer", "Customer"),
    ("inventory", "Inventory Loss"),
    ("production", "Production"),
    ("transit", "Transit"),
)

LOCATION = Model(
    "stock.location",
    "Inventory Locations",
    {
        "name": f.char("Location Name", required=True),
        "complete_name": f.char("Full Location Name", readonly=True),
        "active": f.boolean("Active", default=True),
        "usage": f.selection("Location Type", USAGES, required=True, default="internal"),
        "location_id": f.many2one("Parent Location", "stock.location", index=True),
        "child_ids": f.one2many("Contains", "stock.location", "location_id"),
        "company_id": f.many2one("Company", "res.company"),
    },
    order="complete_name, id",
    display="COALESCE({t}.complete_name, {t}.name)",
    names=("complete_name", "name"),
    parent="location_id",
    company="shared",
)


def _prepare(session: Session, values: dict[str, Any]) -> None:
    values.setdefault("company_id", session.company_id)
    if "inventory_quantity_auto_apply" in values:
        values["quantity"] = values.pop("inventory_quantity_auto_apply")


def _writing(session: Session, ids: list[int], values: dict[str, Any]) -> None:
    if "inventory_quantity_auto_apply" in values:
        values["quantity"] = values.pop("inventory_quantity_auto_apply")
    if "inventory_quantity" in values:
        values["inventory_quantity_set"] = True


def apply_inventory(session: Session, model: Model, ids: list[int]) -> None:
    """Odoo's ``action_apply_inventory``: what was counted becomes what there is."""
    rows = session.rows(
        f"SELECT id, inventory_quantity FROM stock_quant WHERE inventory_quantity_set = 1 AND id IN {IN_LIST}",
        [id_list(ids)],
    )
    for one, counted in rows:
        row = {"quantity": counted or 0.0, "inventory_quantity": 0.0, "inventory_quantity_set": 0}
        update_columns(session, model, [one], row)


QUANT = Model(
    "stock.quant",
    "Quants",
    {
        "product_id": f.many2one("Product", "product.product", required=True, index=True),
        "location_id": f.many2one(
            "Location",
            "stock.location",
            required=True,
            default=lambda session: session.one(
                "SELECT id FROM stock_location WHERE usage = 'internal' ORDER BY id LIMIT 1"
            ),
        ),
        "quantity": f.floating("Quantity", digits=(16, 2), default=0.0),
        "reserved_quantity": f.floating("Reserved Quantity", digits=(16, 2), default=0.0, readonly=True),
        "available_quantity": f.floating(
            "Available Quantity",
            digits=(16, 2),
            readonly=True,
            sql="(COALESCE({t}.quantity, 0) - COALESCE({t}.reserved_quantity, 0))",
        ),
        "inventory_quantity": f.floating("Counted", digits=(16, 2)),
        "inventory_quantity_set": f.boolean("Inventory Quantity Set"),
        "inventory_quantity_auto_apply": f.floating("Inventoried Quantity", digits=(16, 2), sql="{t}.quantity"),
        "in_date": f.datetime("Incoming Date", default=lambda session: session.now),
        "company_id": f.many2one("Company", "res.company", readonly=True),
    },
    display="(SELECT COALESCE(l.complete_name, l.name) FROM stock_location l WHERE l.id = {t}.location_id)",
    names=("display_name",),
    company="shared",
    hooks=Hooks(prepare=_prepare, writing=_writing),
    methods={"action_apply_inventory": apply_inventory},
)

MODELS = (LOCATION, QUANT)
