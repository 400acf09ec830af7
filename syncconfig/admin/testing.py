"""Trying a configuration in the admin: samples with expected results, the check of its fields, matching records."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import JSONField
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from unfold.admin import StackedInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from hub.errors import HubError
from hub.flow.filters import domain_of
from syncconfig import plans, samples
from syncconfig.admin.headers import RowsMixin
from syncconfig.models import Configuration, Sample

MOST_FIELDS = 500
CODE = {"class": "hub-code-input", "spellcheck": "false", "rows": 8}


class JsonWidget(UnfoldAdminTextareaWidget):
    """JSON as text that people can read."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={**CODE, **(attrs or {})})


class IndentedJson(forms.JSONField):
    """JSON with line breaks."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "widget": JsonWidget()})

    def prepare_value(self, value: Any) -> Any:
        """With an indent of two."""
        if value is None or isinstance(value, forms.fields.InvalidJSONInput):
            return value or ""
        return json.dumps(value, indent=2, ensure_ascii=False)


class SampleInline(RowsMixin, StackedInline):
    """What goes in, what must come out."""

    model = Sample
    tab = True
    extra = 0
    hide_title = True
    fields = ["name", ("data", "expected"), "expected_error", "shown_last"]
    readonly_fields = ["shown_last"]
    formfield_overrides = {JSONField: {"form_class": IndentedJson}}

    @display(description="Last result")
    def shown_last(self, obj: Sample) -> str:
        """How it went."""
        if obj.last_ok is None:
            return "Not run yet: press “Run samples” above."
        return "As expected." if obj.last_ok else obj.last_message


def results(request: HttpRequest, configuration: Configuration) -> HttpResponse:
    """Run all samples and show how they went."""
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Samples: {configuration.name}",
        "configuration": configuration,
        "results": samples.run_all(configuration),
    }
    return TemplateResponse(request, "admin/configuration/samples.html", context)


def fields(request: HttpRequest, configuration: Configuration) -> HttpResponse:
    """The fields that a row may name, as JSON; ``path``: those behind a dot, such as ``country_id``."""
    model, prefix = configuration.model, ""
    try:
        describe = plans.describer(plans.odoo_of(configuration.connection))
        for name in filter(None, request.GET.get("path", "").split(".")):
            relation = describe(model).get(name, {}).get("relation")
            if not relation:
                return JsonResponse({"fields": []})
            model, prefix = str(relation), f"{prefix}{name}."
        known = describe(model)
    except HubError as error:
        return JsonResponse({"fields": [], "error": error.message})
    found = [
        {"value": f"{prefix}{name}", "label": f"{info.get('string', name)} ({info.get('relation') or info['type']})"}
        for name, info in sorted(known.items())
    ]
    return JsonResponse({"fields": found[:MOST_FIELDS]})


def matching(request: HttpRequest, configuration: Configuration) -> HttpResponse:
    """How many records the filter domain lets through now, as a sentence in JSON."""
    return JsonResponse({"text": counted(configuration)})


def counted(configuration: Configuration) -> str:
    """How many records match, or why that cannot be told."""
    try:
        count = plans.odoo_of(configuration.connection).count(configuration.model, domain_of(configuration.domain))
    except HubError as error:
        return f"Cannot be counted: {error.message}"
    return "1 record matches now." if count == 1 else f"{count:,} records match now."
