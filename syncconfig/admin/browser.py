"""A read-only look into the connected Odoo: models, records, one record."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from hub.errors import HubError, OdooInvalidField, OdooMissing, OdooValidation
from hub.odoo.connection import Odoo, Record
from hub.transform.records import ids_of
from syncconfig.admin.source import EVERYTHING, NothingToShow, Source, chosen, count, offered

PAGE = 50
COLUMNS = {
    "res.partner": ("name", "email", "phone", "city", "country_id", "write_date"),
    "product.product": ("default_code", "name", "list_price", "qty_available", "write_date"),
    "sale.order": ("name", "partner_id", "date_order", "amount_total", "state"),
    "account.move": ("name", "partner_id", "invoice_date", "amount_total", "state"),
}
SHORT = 300
"""Characters of a value that are shown."""

Look = Callable[..., dict[str, Any]]


def reading(template: str) -> Callable[[Look], Callable[..., HttpResponse]]:
    """Decorator: a page that asks the chosen Odoo; what keeps it from answering becomes a sentence on the page."""

    def decorate(look: Look) -> Callable[..., HttpResponse]:
        @wraps(look)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            context: dict[str, Any] = {"title": "Odoo"}
            try:
                source = chosen(request)
                context["source"] = source
                context["others"] = [
                    Source(one, named=True) for one in offered(request) if one.pk != source.connection.pk
                ]
                context |= look(request, source, source.odoo(), *args, **kwargs)
            except NothingToShow as nothing:
                return _page(request, "trouble", context | {"message": str(nothing)}, status=403)
            except HubError as error:
                return _page(request, "trouble", context | {"message": error.message}, status=error.status)
            return _page(request, template, context)

        return page

    return decorate


@reading("models")
def models_page(request: HttpRequest, source: Source, odoo: Odoo) -> dict[str, Any]:
    """The models, the usual ones first, with how many records each has."""
    rows = [
        {
            "model": model,
            "name": name,
            "count": count(odoo, model) if source.is_counted(model) else "",
            "url": source.url("odoo_browser_records", model),
        }
        for model, name in source.models(odoo).items()
    ]
    return {"rows": rows}


@reading("records")
def records_page(request: HttpRequest, source: Source, odoo: Odoo, model: str) -> dict[str, Any]:
    """A page of a model's records, newest first; ``q`` searches in their names."""
    fields = _fields(source, odoo, model)
    query = request.GET.get("q", "").strip()
    number = max(1, int(text)) if (text := request.GET.get("page", "1")).isdigit() and len(text) < 9 else 1
    columns = [name for name in COLUMNS.get(model, ("display_name", "write_date")) if name in fields]
    searched = "name" if "name" in fields else "display_name"
    domain = [(searched, "ilike", query)] if query else []
    order = "write_date desc, id desc" if "write_date" in fields else "id desc"
    try:
        total = odoo.count(model, domain, context=EVERYTHING)
        records = odoo.search_read(
            model, domain, columns, limit=PAGE, offset=(number - 1) * PAGE, order=order, context=EVERYTHING
        )
    except (OdooValidation, OdooMissing) as error:
        raise Http404(error.message) from None
    rows = [
        {
            "id": record["id"],
            "url": source.url("odoo_browser_record", model, record["id"]),
            "cells": [_shown(source.shown(name, record[name])) for name in columns],
        }
        for record in records
    ]
    return {
        "title": f"Odoo: {model}",
        "model": model,
        "rows": rows,
        "query": query,
        "total": total,
        "page_number": number,
        "pages": (pages := max(1, -(-total // PAGE))),
        "previous_url": _turned(source, query, number - 1) if number > 1 else "",
        "next_url": _turned(source, query, number + 1) if number < pages else "",
        "headers": ["ID", *(fields[name]["string"] for name in columns)],
        "models_url": source.front,
    }


@reading("record")
def record_page(request: HttpRequest, source: Source, odoo: Odoo, model: str, record_id: int) -> dict[str, Any]:
    """All fields of one record, under their labels and technical names."""
    fields = _fields(source, odoo, model)
    try:
        record = _read(odoo, model, record_id, fields)
    except (OdooMissing, ValueError):
        raise Http404(f"There is no {model} with id {record_id}.") from None
    rows = [_field_row(source, name, info, record[name]) for name, info in sorted(fields.items()) if name in record]
    rows.sort(key=lambda row: not row["filled"])
    return {
        "title": f"{record.get('display_name') or record_id}",
        "model": model,
        "record_id": record_id,
        "rows": rows,
        "models_url": source.front,
        "records_url": source.url("odoo_browser_records", model),
    }


def urls() -> list[URLPattern]:
    """The browser's addresses, below the admin's."""
    guarded = admin.site.admin_view
    return [
        path("odoo/", guarded(models_page), name="odoo_browser"),
        path("odoo/<str:model>/", guarded(records_page), name="odoo_browser_records"),
        path("odoo/<str:model>/<int:record_id>/", guarded(record_page), name="odoo_browser_record"),
    ]


def _turned(source: Source, query: str, number: int) -> str:
    return "?" + urlencode({**source.query, "q": query, "page": number})


def _fields(source: Source, odoo: Odoo, model: str) -> dict[str, dict[str, Any]]:
    if not source.shows(model):
        raise Http404(f"The records of {model} are not shown here: they are Odoo's own machinery.")
    try:
        return odoo.fields_get(model)
    except (OdooMissing, OdooValidation) as error:
        raise Http404(error.message) from None


def _read(odoo: Odoo, model: str, record_id: int, fields: dict[str, dict[str, Any]]) -> Record:
    """The record with all fields; with the stored ones alone where Odoo fails to compute one of the others."""
    try:
        (record,) = odoo.read(model, [record_id], list(fields), context=EVERYTHING)
    except OdooMissing:
        raise
    except HubError as error:
        if error.retryable or isinstance(error, OdooInvalidField):
            raise
        stored = [name for name, info in fields.items() if info.get("store")]
        (record,) = odoo.read(model, [record_id], stored, context=EVERYTHING)
    return record


def _field_row(source: Source, name: str, info: dict[str, Any], value: Any) -> dict[str, Any]:
    link = ""
    if info.get("type") == "many2one" and value and source.shows(info["relation"]):
        link = source.url("odoo_browser_record", info["relation"], ids_of(value)[0])
    filled = value not in (False, [], "", None) or info.get("type") == "boolean"
    return {
        "name": name,
        "label": info["string"],
        "type": info["type"],
        "value": _shown(source.shown(name, value)),
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


def _page(request: HttpRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    whole = {**admin.site.each_context(request), **context}
    return TemplateResponse(request, f"admin/browser/{name}.html", whole, status=status)
