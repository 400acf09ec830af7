"""Which fields the real Odoo computes (19.0, read from its fields_get), so that the embedded one says the same of them.

A field that is computed and not read-only is computed only until somebody writes it.
"""

from __future__ import annotations

from collections.abc import Mapping

DEPENDS: Mapping[str, Mapping[str, str]] = {
    "ir.model.fields": {
        "selection": "selection_ids",
        "copied": "ttype",
    },
    "ir.model.data": {
        "complete_name": "module name",
    },
    "ir.attachment": {
        "datas": "file_size",
    },
    "res.currency": {
        "decimal_places": "rounding",
        "rate": "rate_ids.rate",
        "inverse_rate": "rate_ids.rate",
    },
    "res.company": {
        "street": "partner_id.street partner_id.street2 partner_id.city partner_id.zip",
        "street2": "partner_id.street partner_id.street2 partner_id.city partner_id.zip",
        "city": "partner_id.street partner_id.street2 partner_id.city partner_id.zip",
        "zip": "partner_id.street partner_id.street2 partner_id.city partner_id.zip",
        "state_id": "partner_id.street partner_id.street2 partner_id.city partner_id.zip",
        "country_id": "partner_id.street partner_id.street2 partner_id.city partner_id.zip",
    },
    "res.users": {
        "share": "all_group_ids",
        "signature": "name",
        "notification_type": "share",
    },
    "res.partner": {
        "complete_name": "is_company name parent_id.name type",
        "company_type": "is_company",
        "child_ids": "child_ids.active",
        "commercial_partner_id": "is_company parent_id.commercial_partner_id",
        "commercial_company_name": "company_name parent_id.is_company commercial_partner_id.name",
        "lang": "parent_id",
        "email_normalized": "email",
        "user_id": "parent_id",
    },
    "account.tax": {
        "country_id": "company_id",
    },
    "account.journal": {
        "code": "type company_id",
    },
    "account.move": {
        "name": "state journal_id date move_type",
        "payment_state": "amount_residual move_type state company_id",
        "commercial_partner_id": "partner_id",
        "date": "invoice_date company_id move_type",
        "invoice_date_due": "needed_terms",
        "narration": "move_type partner_id partner_id.lang company_id",
        "journal_id": "move_type",
        "company_id": "journal_id",
        "currency_id": "journal_id",
        "invoice_user_id": "move_type partner_id",
        "invoice_line_ids": "invoice_line_ids.display_type",
        "amount_untaxed": "line_ids.balance line_ids.currency_id state",
        "amount_tax": "line_ids.balance line_ids.currency_id state",
        "amount_total": "line_ids.balance line_ids.currency_id state",
        "amount_residual": "line_ids.balance line_ids.currency_id state",
    },
    "account.move.line": {
        "sequence": "display_type",
        "name": "product_id move_id.ref move_id.payment_reference",
        "quantity": "display_type",
        "product_uom_id": "product_id",
        "price_unit": "product_id product_uom_id",
        "tax_ids": "product_id product_uom_id",
        "price_subtotal": "quantity discount price_unit tax_ids",
        "price_total": "quantity discount price_unit tax_ids",
        "currency_id": "move_id.currency_id",
    },
    "product.category": {
        "complete_name": "name parent_id.complete_name",
    },
    "uom.uom": {
        "sequence": "relative_factor",
        "factor": "relative_factor relative_uom_id relative_uom_id.factor",
    },
    "product.template": {
        "is_storable": "type",
        "tracking": "is_storable",
        "standard_price": "product_variant_ids.standard_price",
        "default_code": "product_variant_ids.default_code",
        "barcode": "product_variant_ids.barcode",
        "invoice_policy": "type",
        "weight": "product_variant_ids.weight",
        "volume": "product_variant_ids.volume",
        "currency_id": "company_id",
        "taxes_id": "taxes_id.type_tax_use",
        "supplier_taxes_id": "supplier_taxes_id.type_tax_use",
        "product_variant_id": "product_variant_ids",
        "product_variant_count": "product_variant_ids.product_tmpl_id",
        "qty_available": "product_variant_ids.qty_available product_variant_ids.virtual_available",
        "virtual_available": "product_variant_ids.qty_available product_variant_ids.virtual_available",
        "outgoing_qty": "product_variant_ids.qty_available product_variant_ids.virtual_available",
        "incoming_qty": "product_variant_ids.qty_available product_variant_ids.virtual_available",
    },
    "product.product": {
        "write_date": "product_tmpl_id.write_date",
        "qty_available": "stock_move_ids.product_qty",
        "virtual_available": "stock_move_ids.product_qty",
        "outgoing_qty": "stock_move_ids.product_qty",
        "incoming_qty": "stock_move_ids.product_qty",
        "lst_price": "list_price",
    },
    "stock.location": {
        "complete_name": "name location_id.complete_name usage",
    },
    "stock.quant": {
        "available_quantity": "quantity reserved_quantity",
        "inventory_quantity_set": "inventory_quantity",
        "inventory_quantity_auto_apply": "quantity",
    },
    "sale.order": {
        "partner_invoice_id": "partner_id",
        "partner_shipping_id": "partner_id",
        "validity_date": "company_id",
        "note": "partner_id",
        "user_id": "partner_id",
        "currency_id": "company_id",
        "amount_untaxed": "order_line.price_subtotal currency_id company_id",
        "amount_tax": "order_line.price_subtotal currency_id company_id",
        "amount_total": "order_line.price_subtotal currency_id company_id",
        "invoice_status": "state order_line.invoice_status",
        "delivery_status": "picking_ids",
        "require_payment": "company_id",
        "require_signature": "company_id",
    },
    "sale.order.line": {
        "product_template_id": "product_id",
        "name": "product_id",
        "product_uom_qty": "display_type product_id",
        "product_uom_id": "product_id",
        "price_unit": "product_id product_uom_id product_uom_qty",
        "discount": "product_id product_uom_id product_uom_qty",
        "tax_ids": "product_id company_id",
        "price_subtotal": "product_uom_qty discount price_unit tax_ids",
        "price_tax": "product_uom_qty discount price_unit tax_ids",
        "price_total": "product_uom_qty discount price_unit tax_ids",
        "qty_delivered": "move_ids.state",
        "qty_invoiced": "invoice_lines.move_id.state",
        "customer_lead": "product_id",
    },
}
"""What a computed field is computed from: the paths of it that the embedded Odoo has, four at the most."""

RELATED: Mapping[str, Mapping[str, str]] = {
    "res.company": {
        "name": "partner_id.name",
        "email": "partner_id.email",
        "phone": "partner_id.phone",
        "website": "partner_id.website",
        "vat": "partner_id.vat",
    },
    "res.partner": {
        "parent_name": "parent_id.name",
        "country_code": "country_id.code",
    },
    "account.move.line": {
        "parent_state": "move_id.state",
        "company_id": "move_id.company_id",
    },
    "product.template": {
        "uom_name": "uom_id.name",
    },
    "stock.quant": {
        "company_id": "location_id.company_id",
    },
    "sale.order.line": {
        "state": "order_id.state",
        "company_id": "order_id.company_id",
        "currency_id": "order_id.currency_id",
        "order_partner_id": "order_id.partner_id",
    },
}
"""The fields that show one of a related record."""
