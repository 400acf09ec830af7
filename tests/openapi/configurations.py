"""Configurations of every sort: the contract of all of them is held against what the API really does."""

from __future__ import annotations

from typing import Any

from syncconfig.models import ApiClient, Configuration, OdooConnection

ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]
UNLIMITED = {"calls_per_hour": 0, "calls_per_minute": 0}

PLAIN: list[Any] = [
    ("name", "name", {"required": True}),
    ("email", "email"),
    ("comment", "comment"),
    ("customer_rank", "customer_rank"),
    ("credit_limit", "credit_limit"),
    ("is_company", "is_company"),
    ("trust", "trust"),
    ("country_id", "country_id"),
    ("category_id", "category_id"),
    ("child_ids", "child_ids"),
    ("image_1920", "image_1920"),
    ("sale_order_count", "sale_order_count", {"direction": "out"}),
]
KINDS: list[Any] = [
    ("name", "name", {"kind": "template", "detail": "{{ first }} {{ last }}"}),
    ("ref", "number", {"required": True}),
    ("phone", "contact.phone", {"kind": "phone", "detail": "E164, US"}),
    ("city", "contact.address.city"),
    ("country_id", "contact.address.country", {"kind": "country", "detail": "alpha-3"}),
    ("email", "mails[0]"),
    ("website", "mails[1]"),
    ("country_id.name", "contact.address.country_name", {"direction": "out"}),
    ("trust", "rating", {"kind": "table", "detail": "good = A; normal = B; bad = 3"}),
    ("category_id", "tags", {"kind": "lookup", "detail": "name, create"}),
    ("function", "function", {"kind": "constant", "detail": '"from the shop"'}),
    ("company_registry", "registry", {"kind": "script", "detail": "result = str(value)[:20] if value else None"}),
    ("credit_limit", "limit", {"kind": "currency", "detail": "USD"}),
    ("lang", "language", {"default": '"en_US"', "required": True}),
    ("barcode", "secret_code", {"direction": "in"}),
]
ORDERS: list[Any] = [
    ("name", "number", {"direction": "out"}),
    ("partner_id", "customer", {"kind": "lookup", "detail": "name", "required": True}),
    ("date_order", "ordered_at"),
    ("validity_date", "valid_until", {"kind": "date", "detail": "%d/%m/%Y"}),
    ("commitment_date", "due"),
    ("order_line.product_id.default_code", "lines[].sku", {"required": True}),
    ("order_line.product_uom_qty", "lines[].quantity"),
    ("order_line.price_unit", "lines[].price"),
    ("amount_total", "total", {"direction": "out"}),
]


def create(connection: OdooConnection) -> list[Configuration]:
    """Two of the same model, orders with lines, match keys, a shop's webhook, and one to read only."""
    every = {"accepts_bearer": True, "accepts_basic": True, "accepts_oauth": True}

    def made(code: str, rows: Any, model: str = "res.partner", **columns: Any) -> Configuration:
        configuration = Configuration.objects.create(
            code=code, name=code, connection=connection, model=model, request_type="in",
            **{"methods": ALL, **every, **columns},
        )  # fmt: skip
        for position, (field, key, *more) in enumerate(rows):
            configuration.mappings.create(
                position=position, odoo_field=field, external_key=key, **(more[0] if more else {})
            )
        return configuration

    needed = {"required": True}
    return [
        made("a-plain", PLAIN),
        made("b-kinds", KINDS),
        made("orders", ORDERS, "sale.order"),
        made("tags", [("name", "label", needed), ("color", "color")], "res.partner.category", match_keys="label"),
        made(
            "shop", [("ref", "customer.id", needed), ("name", "customer.name", needed)], methods=["POST"],
            unmapped="ignore", records_path="data.orders", match_keys="customer.id",
        ),
        made(
            "products", [("name", "title"), ("default_code", "sku"), ("list_price", "price")], "product.product",
            methods=["GET"],
        ),
    ]  # fmt: skip


def client() -> ApiClient:
    """A client that may use all of them as often as it likes."""
    return ApiClient.objects.create(name="Web shop", all_configurations=True, **UNLIMITED)
