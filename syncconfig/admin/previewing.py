"""The preview page of a configuration: a real record beside the payload, or a payload beside Odoo's values."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from hub.errors import HubError
from syncconfig import preview
from syncconfig.models import Configuration

LONGEST = 100_000


def page(request: HttpRequest, configuration_id: int) -> HttpResponse:
    """Show it: ``record`` is the id of an Out preview, ``payload`` the JSON of an In preview."""
    if not request.user.has_perm("syncconfig.view_configuration"):
        raise PermissionDenied
    configuration = get_object_or_404(Configuration.objects.select_related("connection"), pk=configuration_id)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Preview: {configuration.name}",
        "configuration": configuration,
    }
    context |= _out(request, configuration) if configuration.is_out else _in(request, configuration)
    return TemplateResponse(request, "admin/configuration/preview.html", context)


def _out(request: HttpRequest, configuration: Configuration) -> dict[str, Any]:
    text = request.GET.get("record", "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        return {"record": text, "refused": "The record id must be a whole number."}
    try:
        return {"record": text, "shown": _shown(preview.of_record(configuration, int(text) if text else None))}
    except HubError as error:
        return {"record": text, "refused": error.message}


def _in(request: HttpRequest, configuration: Configuration) -> dict[str, Any]:
    text = request.POST.get("payload", "").strip()[:LONGEST]
    try:
        data = json.loads(text) if text else preview.example(configuration)
        text = text or json.dumps(data, indent=2, ensure_ascii=False)
        return {"payload": text, "shown": _shown(preview.of_payload(configuration, data))}
    except HubError as error:
        return {"payload": text, "refused": error.message}
    except (ValueError, RecursionError) as error:
        return {"payload": text, "refused": f"The payload is not valid JSON: {error}"}


def _shown(found: preview.Preview) -> dict[str, Any]:
    rows = [
        {
            "source": row.source,
            "target": row.target,
            "value": _text(row.value),
            "result": _text(row.result),
            "error": row.error,
        }
        for row in found.rows
    ]
    result = "" if found.error else json.dumps(found.result, indent=2, ensure_ascii=False, default=str)
    return {"title": found.title, "rows": rows, "result": result, "error": found.error, "method": found.method,
            "url": found.url, "headers": found.headers}  # fmt: skip


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else f"{text[:300]}…"
