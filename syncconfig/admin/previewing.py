"""The preview page of a configuration: a real record beside the payload, or a payload beside Odoo's values."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from hub import jsontext
from hub.api import trace
from hub.errors import HubError
from syncconfig import preview, pullpreview, samples
from syncconfig.models import Configuration

LONGEST = 100_000

MAY_NOT_CALL = (
    "For its preview the first page is fetched from the external system, which takes the right to run configurations. "
    "Ask an API Sync Operator or Manager; what was fetched before is in the log."
)


def page(request: HttpRequest, configuration: Configuration, *, may_call: bool) -> HttpResponse:
    """Show it: ``record`` is the id of an Out preview, ``payload`` the JSON of an In preview, ``item`` a pull's number.

    ``may_call``: whether this person may cause a call to the external system, which the preview of a pull makes.
    """
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Preview: {configuration.name}",
        "configuration": configuration,
        "sends": configuration.is_out and not configuration.pulls,
    }
    if configuration.pulls:
        context |= _pull(request, configuration) if may_call else {"refused": MAY_NOT_CALL}
    else:
        context |= _out(request, configuration) if configuration.is_out else _in(request, configuration)
    context["may_call"] = may_call
    context["may_keep"] = request.user.has_perm("syncconfig.add_sample")
    if request.method == "POST" and "keep" in request.POST:
        kept = _kept(request, configuration, context)
        if kept is not None:
            return kept
    return TemplateResponse(request, "admin/configuration/preview.html", context)


def _kept(request: HttpRequest, configuration: Configuration, context: dict[str, Any]) -> HttpResponse | None:
    """Keep what is shown as a sample, and go there; None when it cannot be, and the page says why."""
    if not context["may_keep"]:
        raise PermissionDenied
    if "found" not in context:
        return None
    try:
        sample = samples.keep(configuration, request.POST.get("name", ""), context["found"], context.get("data", {}))
    except HubError as error:
        context["refused"] = error.message
        return None
    messages.success(request, f"“{sample.name}” is kept as a sample. “Run samples” shows when its result changes.")
    return HttpResponseRedirect(reverse("admin:syncconfig_configuration_change", args=[configuration.pk]) + "#samples")


def _out(request: HttpRequest, configuration: Configuration) -> dict[str, Any]:
    text = (request.POST if request.method == "POST" else request.GET).get("record", "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        return {"record": text, "refused": "The record id must be a whole number."}
    try:
        found = preview.of_record(configuration, int(text) if text else None)
        return {"record": text, "found": found, "shown": _shown(found)}
    except HubError as error:
        return {"record": text, "refused": error.message}


def _pull(request: HttpRequest, configuration: Configuration) -> dict[str, Any]:
    text = (request.POST if request.method == "POST" else request.GET).get("item", "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 7):
        return {"item": text, "refused": "The item is a whole number: 1 is the first one."}
    try:
        found = pullpreview.of_pull(configuration, int(text) if text else 1, trace.new_trace_id())
    except HubError as error:
        return {"item": text, "refused": error.message}
    items = [
        {
            "number": one.number,
            "key": one.key,
            "outcome": one.outcome,
            "reason": one.reason,
            "values": _text(one.values),
        }
        for one in found.items
    ]
    payload = json.dumps(found.item, indent=2, ensure_ascii=False, default=str)
    return {"item": text or "1", "found": found, "shown": _shown(found), "items": items, "payload_shown": payload,
            "data": found.item if isinstance(found.item, dict) else {}}  # fmt: skip


def _in(request: HttpRequest, configuration: Configuration) -> dict[str, Any]:
    text = request.POST.get("payload", "").strip()[:LONGEST]
    try:
        data = jsontext.loads(text) if text else preview.example(configuration)
        text = text or json.dumps(data, indent=2, ensure_ascii=False)
        found = preview.of_payload(configuration, data)
        return {"payload": text, "data": data, "found": found, "shown": _shown(found)}
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
    result = "" if found.error else found.text or json.dumps(found.result, indent=2, ensure_ascii=False, default=str)
    return {"title": found.title, "rows": rows, "result": result, "error": found.error, "method": found.method,
            "url": found.url, "headers": found.headers, "logs": found.logs,
            "withheld": found.withheld, "id": found.record.get("id", "")}  # fmt: skip


def _text(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 300 else f"{text[:300]}…"
