"""The demo: one connection, ready configurations in both directions, an administrator and a token.

Loaded into an empty database only; what was edited or deleted afterwards stays so.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from hub.odoo.embedded.install import install
from syncconfig import checking, listening, schedules
from syncconfig.models import ApiClient, ApiToken, Configuration, FieldMapping, Header, OdooConnection
from syncconfig.models.client import digest

ADMIN = "admin"
CLIENT = "Demo"
CONNECTION = "demo-odoo"
RECEIVER = "/demo/receiver/"

PARTNER_FIELDS = (
    "name",
    "email",
    "phone",
    "mobile",
    "is_company",
    "customer_rank",
    "supplier_rank",
    "street",
    "street2",
    "city",
    "state_id",
    "zip",
    "country_id",
    "vat",
    "website",
)
PRODUCT_FIELDS = (
    "name",
    "default_code",
    "barcode",
    "type",
    "categ_id",
    "list_price",
    "standard_price",
    "qty_available",
    "virtual_available",
    "uom_id",
    "description",
    "description_sale",
    "active",
)
MAY_BE_MISSING = {"mobile", "customer_rank", "supplier_rank", "qty_available", "virtual_available"}
CUSTOMERS_OUT = (
    ("id", "external_id"),
    ("name", "full_name"),
    ("email", "email_address"),
    ("phone", "contact_number"),
    ("city", "address.city"),
    ("country_id.code", "address.country"),
    ("write_date", "changed_at"),
)
PRODUCTS_OUT = (
    ("default_code", "sku"),
    ("name", "title"),
    ("list_price", "price"),
    ("qty_available", "stock"),
    ("barcode", "ean"),
)


def load() -> dict[str, Any]:
    """Load the demo if the database is new; answers login, password and token for the greeting.

    ``password`` and ``token`` are empty when they are not the demo's any more.
    """
    checking.check_keys()
    if settings.HUB_DEMO:
        install(settings.HUB_EMBEDDED_ODOO, demo=True)
    schedules.ensure_standing()
    kept = _Kept(settings.HUB_DATA_DIR / "demo.json")
    with transaction.atomic():
        if not get_user_model().objects.exists():
            _administrator(kept)
            if settings.HUB_DEMO:
                _demo(kept)
        _follow_port()
    listening.begin()
    return {**_greeting(kept), "notes": _notes()}


class _Kept:
    """What is shown again at each start: readable for its owner alone, never in the database."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def put(self, **values: str) -> None:
        self.values |= values
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(self.values, file)
        draft.replace(self.path)


def _administrator(kept: _Kept) -> None:
    password = settings.HUB_ADMIN_PASSWORD or secrets.token_urlsafe(9)
    get_user_model().objects.create_superuser(ADMIN, email="", password=password)
    if not settings.HUB_ADMIN_PASSWORD:
        kept.put(password=password)


def _demo(kept: _Kept) -> None:
    configure(OdooConnection.objects.create(code=CONNECTION, name="Demo Odoo", from_environment=True))
    token = ApiClient.objects.create(
        name=CLIENT, all_configurations=True, note="The token that `make run` prints."
    ).issue_token()
    kept.put(token=token)


def configure(connection: OdooConnection) -> None:
    """Make the demo's configurations on that connection."""
    _inbound(
        connection, "customers-in", "Customers in", "res.partner", PARTNER_FIELDS,
        ["POST", "PUT", "PATCH", "DELETE", "GET"],
        "External systems create, update, delete, read and search customers.",
    )  # fmt: skip
    _inbound(
        connection, "products-in", "Products: search", "product.product", PRODUCT_FIELDS, ["GET"],
        "External systems read and search products.",
    )  # fmt: skip
    _customers_out(connection)
    _products_out(connection)


def _inbound(
    connection: OdooConnection, code: str, name: str, model: str, fields: tuple[str, ...], methods: list[str], note: str
) -> None:
    configuration = Configuration.objects.create(
        code=code, name=name, request_type="in", connection=connection, model=model, methods=methods, note=note
    )
    _rows(configuration, [(field, field) for field in fields])
    configuration.mappings.filter(external_key="name").update(required=True)


def _customers_out(connection: OdooConnection) -> None:
    configuration = Configuration.objects.create(
        code="customers-out",
        name="Customers out",
        request_type="out",
        connection=connection,
        model="res.partner",
        methods=["POST"],
        url=f"{settings.HUB_PUBLIC_URL}{RECEIVER}customers",
        on_create=True,
        on_update=True,
        auth_scheme="bearer",
        auth_token=secrets.token_urlsafe(16),
        note="Sends each new or changed contact to the demo receiver, with its fields renamed.",
    )
    _rows(configuration, CUSTOMERS_OUT)
    Header.objects.create(configuration=configuration, name="X-Client-Id", value="odoo-integration")


def _products_out(connection: OdooConnection) -> None:
    configuration = Configuration.objects.create(
        code="products-out",
        name="Products out",
        request_type="out",
        connection=connection,
        model="product.product",
        methods=["POST"],
        url=f"{settings.HUB_PUBLIC_URL}{RECEIVER}products",
        is_paginated=True,
        page_size=20,
        domain="[('active', '=', True), ('list_price', '>', 0)]",
        schedule="0 * * * *",
        note="Sends the price list in batches of 20 to the demo receiver, every hour or by Run now.",
    )
    _rows(configuration, PRODUCTS_OUT)
    Header.objects.create(configuration=configuration, name="X-API-Version", value="2.0")


def _rows(configuration: Configuration, pairs: Any) -> None:
    FieldMapping.objects.bulk_create(
        FieldMapping(
            configuration=configuration,
            position=position,
            odoo_field=field,
            external_key=key,
            optional=field in MAY_BE_MISSING,
        )
        for position, (field, key) in enumerate(pairs)
    )


def _follow_port() -> None:
    """The demo's deliveries go to the hub itself: when it moved to another port, they follow."""
    receivers = Configuration.objects.filter(url__regex=rf"^http://127\.0\.0\.1:[0-9]+{RECEIVER}")
    for configuration in receivers.filter(connection__code=CONNECTION):
        path = configuration.url.split(RECEIVER, 1)[1]
        url = f"http://127.0.0.1:{settings.HUB_PORT}{RECEIVER}{path}"
        if settings.HUB_PUBLIC_URL.startswith("http://127.0.0.1:") and url != configuration.url:
            Configuration.objects.filter(pk=configuration.pk).update(url=url)


def _greeting(kept: _Kept) -> dict[str, Any]:
    user = get_user_model().objects.filter(username=ADMIN).first()
    password = kept.values.get("password", "")
    token = kept.values.get("token", "")
    token_row = ApiToken.objects.select_related("client").filter(digest=digest(token)).first() if token else None
    return {
        "login": ADMIN if user is not None else "",
        "password": password if user is not None and password and user.check_password(password) else "",
        "token": token if token_row is not None and token_row.revoked_at is None and token_row.client.active else "",
    }


def _notes() -> list[str]:
    """Which Odoo the demo works with, and whether it can."""
    connection = OdooConnection.objects.filter(from_environment=True, active=True).first()
    if connection is None:
        return []
    ok = checking.check(connection)
    where = "the embedded one" if connection.is_embedded else connection.target().url
    if ok:
        return [f"Odoo       {where}: {connection.check_message}"]
    return [f"Odoo       {where} CANNOT BE USED: {connection.check_message} The HUB_ODOO_* settings say where it is."]
