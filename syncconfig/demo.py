"""The demo: one connection, ready configurations in both directions, an administrator and a token.

Loaded into an empty database only; what was edited or deleted afterwards stays so.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from hub.odoo.embedded.install import install
from syncconfig import checking, held, listening, schedules
from syncconfig.models import ApiClient, ApiToken, Configuration, FieldMapping, Header, OdooConnection
from syncconfig.models.client import digest

ADMIN = "admin"
CLIENT = "Demo"
CONNECTION = "demo-odoo"
RECEIVER = "/demo/receiver/"
RECEIVERS = {"customers-out": "customers", "products-out": "products"}
"""The demo's configurations that deliver to the receiver, and the last part of their addresses."""

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


def load(*, serving: bool = True) -> dict[str, Any]:
    """Load the demo if the database is new; answers login, password and token for the greeting, and notes.

    ``password`` and ``token`` are empty when they are not the demo's any more; ``new`` tells whether anything was
    made. ``serving``: a web server starts with these settings, so the demo's own deliveries go there.
    """
    checking.check_keys()
    if settings.HUB_DEMO:
        install(settings.HUB_EMBEDDED_ODOO, demo=True)
    schedules.ensure_standing()
    kept = _Kept(settings.HUB_DATA_DIR / "demo.json")
    try:
        new = _fill(kept)
    except IntegrityError:
        new = False  # another process was faster, and its administrator stays
    if serving and not new:
        _follow(kept)
    held.adopt()
    held.release()
    listening.begin()
    return {**_greeting(kept), "notes": _notes(), "new": new}


def _fill(kept: _Kept) -> bool:
    """Make the administrator, and the demo if it is wanted; false where there are users already."""
    with transaction.atomic():
        if get_user_model().objects.exists():
            return False
        made: dict[str, Any] = {"password": _administrator()}
        if settings.HUB_DEMO:
            made |= {"token": _demo(), "urls": dict(_receivers().values_list("code", "url"))}
        kept.put(**made)  # before the commit: a password that nobody has seen would lock everybody out
        return True


class _Kept:
    """What is shown again at each start, and the addresses that the demo wrote: readable for its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def put(self, **values: Any) -> None:
        self.values |= values
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(self.values, file)
        draft.replace(self.path)


def _administrator() -> str:
    """Make the first administrator; the password, when nobody has set one."""
    password = settings.HUB_ADMIN_PASSWORD or secrets.token_urlsafe(9)
    get_user_model().objects.create_superuser(ADMIN, email="", password=password)
    return "" if settings.HUB_ADMIN_PASSWORD else password


def _demo() -> str:
    """Make the demo; the token of its client."""
    configure(OdooConnection.objects.create(code=CONNECTION, name="Demo Odoo", from_environment=True))
    client = ApiClient.objects.create(name=CLIENT, all_configurations=True, note="The token that `make run` prints.")
    return client.issue_token()


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
        url=_receiver("customers-out"),
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
        url=_receiver("products-out"),
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


def _receiver(code: str) -> str:
    """Where the demo's configuration of that code delivers to: the hub's own receiver."""
    return f"{settings.HUB_PUBLIC_URL}{RECEIVER}{RECEIVERS[code]}"


def _receivers() -> QuerySet[Configuration]:
    return Configuration.objects.filter(code__in=RECEIVERS, connection__code=CONNECTION)


def _follow(kept: _Kept) -> None:
    """The demo delivers to the hub itself: when the hub has moved, what still is as the demo wrote it goes along."""
    written: dict[str, str] = kept.values.get("urls", {})
    for one in _receivers():
        url = _receiver(one.code)
        if one.url == written.get(one.code, _as_before(kept, one)):
            Configuration.objects.filter(pk=one.pk, url=one.url).update(url=url)
            written = {**written, one.code: url}
    if written != kept.values.get("urls", {}):
        kept.put(urls=written)


def _as_before(kept: _Kept, one: Configuration) -> str:
    """What an earlier version of the hub, which kept no addresses, had written there, as far as can be told."""
    pattern = rf"http://127\.0\.0\.1:[0-9]+{RECEIVER}{RECEIVERS[one.code]}"
    return one.url if kept.values.get("token") and re.fullmatch(pattern, one.url) else ""


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
