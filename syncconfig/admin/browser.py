"""A read-only look into the embedded Odoo, for trying things out: models, records, one record."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from hub.errors import HubError, OdooMissing
from hub.odoo.connect import connect
from hub.odoo.connection import Odoo, Target
from hub.odoo.embedded.install import install
from hub.transform.records import ids_of

PAGE = 50
FIRST = ("res.partner", "product.product", "sale.order", "account.move")
COLUMNS = {
    "res.partner": ("name", "email", "phone", "city", "country_id", "write_date"),
    "product.product": ("default_code", "name", "list_price", "qty_available", "write_date"),
    "sale.order": ("name", "partner_id", "date_order", "amount_total", "state"),
    "account.move": ("name", "partner_id", "invoice_date", "amount_total", "state"),
}
SHORT = 300
"""Characters of a value that are shown."""


def urls() -> list[URLPattern]:
    """The browser's addresses, below the admin's."""
    guarded = admin.site.admin_view
    return [
        path("odoo/", guarded(models_page), name="odoo_browser"),
        path("odoo/<str:model>/", guarded(records_page), name="odoo_browser_records"),
        path("odoo/<str:model>/<int:record_id>/", guarded(record_page), name="odoo_browser_record"),
    ]


def models_page(request: HttpRequest) -> HttpResponse:
    """The models, the seeds' own first, with how many records each has."""
    odoo = _odoo(request)
    known = {row["model"]: row["name"] for row in odoo.search_read("ir.model", [], ["model", "name"], order="model")}
    ordered = [*(model for model in FIRST if model in known), *(model for model in sorted(known) if model not in FIRST)]
    rows = [
        {"model": model, "name": known[model], "count": _count(odoo, model), "url": _records_url(model)}
        for model in ordered
    ]
    return _page(request, "models", title="Embedded Odoo", rows=rows)


def records_page(request: HttpRequest, model: str) -> HttpResponse:
    """A page of a model's records, newest first; ``q`` searches in their names."""
    odoo = _odoo(request)
    fields = _fields(odoo, model)
    query = request.GET.get("q", "").strip()
    number = max(1, int(text)) if (text := request.GET.get("page", "1")).isdigit() and len(text) < 9 else 1
    columns = [name for name in COLUMNS.get(model, ("display_name", "write_date")) if name in fields]
    searched = "name" if "name" in fields else "display_name"
    domain = [(searched, "ilike", query)] if query else []
    context = {"active_test": False}
    order = "write_date desc, id desc" if "write_date" in fields else "id desc"
    try:
        total = odoo.count(model, domain, context=context)
        records = odoo.search_read(
            model, domain, columns, limit=PAGE, offset=(number - 1) * PAGE, order=order, context=context
        )
    except HubError as error:
        raise Http404(error.message) from None
    rows = [
        {
            "id": record["id"],
            "url": _record_url(model, record["id"]),
            "cells": [_shown(record[name]) for name in columns],
        }
        for record in records
    ]
    pages = max(1, -(-total // PAGE))
    return _page(
        request,
        "records",
        title=f"Embedded Odoo: {model}",
        model=model,
        rows=rows,
        query=query,
        total=total,
        page_number=number,
        pages=pages,
        headers=["ID", *(fields[name]["string"] for name in columns)],
    )


def record_page(request: HttpRequest, model: str, record_id: int) -> HttpResponse:
    """All fields of one record, under their labels and technical names."""
    odoo = _odoo(request)
    fields = _fields(odoo, model)
    try:
        (record,) = odoo.read(model, [record_id], list(fields), context={"active_test": False})
    except (OdooMissing, ValueError):
        raise Http404(f"There is no {model} with id {record_id}.") from None
    rows = [_field_row(name, info, record[name]) for name, info in sorted(fields.items()) if name in record]
    rows.sort(key=lambda row: not row["filled"])
    title = f"{record.get('display_name') or record_id}"
    return _page(request, "record", title=title, model=model, record_id=record_id, rows=rows)


def _odoo(request: HttpRequest) -> Odoo:
    if not request.user.has_perm("syncconfig.view_odooconnection"):
        raise PermissionDenied
    install(settings.HUB_EMBEDDED_ODOO, demo=settings.HUB_DEMO)
    return connect(Target(url=str(settings.HUB_EMBEDDED_ODOO), transport="embedded"))


def _fields(odoo: Odoo, model: str) -> dict[str, dict[str, Any]]:
    try:
        return odoo.fields_get(model)
    except HubError as error:
        raise Http404(error.message) from None


def _count(odoo: Odoo, model: str) -> int | str:
    try:
        return odoo.count(model, context={"active_test": False})
    except HubError:
        return "—"


def _field_row(name: str, info: dict[str, Any], value: Any) -> dict[str, Any]:
    link = ""
    if info.get("type") == "many2one" and value:
        link = _record_url(info["relation"], ids_of(value)[0])
    filled = value not in (False, [], "", None) or info.get("type") == "boolean"
    return {
        "name": name,
        "label": info["string"],
        "type": info["type"],
        "value": _shown(value),
        "link": link,
        "filled": filled,
    }


def _shown(value: Any) -> str:
    if value is False or value is None:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[1], str):
        return str(value[1])
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHORT else f"{text[:SHORT]}… ({len(text)} characters)"


def _records_url(model: str) -> str:
    return reverse("admin:odoo_browser_records", args=[model])


def _record_url(model: str, record_id: int) -> str:
    return reverse("admin:odoo_browser_record", args=[model, record_id])


def _page(request: HttpRequest, name: str, **context: Any) -> HttpResponse:
    return TemplateResponse(request, f"admin/browser/{name}.html", {**admin.site.each_context(request), **context})
