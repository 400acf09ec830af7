"""The page Send again: which finished messages, and what is different today."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from hub.errors import HubError
from syncconfig import outbox, replaying
from syncconfig.models import Configuration, Delivery

MOST = 100_000
PART = 500
"""SQLite takes only so many parameters in a statement."""


class Choice(forms.Form):
    """Which messages. Times are in the hub's time zone."""

    state = forms.MultipleChoiceField(
        choices=[(one.value, one.label) for one in replaying.STATES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Messages",
    )
    since = forms.DateTimeField(
        required=False, label="Made from", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    until = forms.DateTimeField(
        required=False, label="to", widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )


def page(request: HttpRequest, configuration: Configuration) -> HttpResponse:
    """Choose, compare, send: choosing is a GET, sending a POST with the same choice."""
    given = request.POST if request.method == "POST" else request.GET
    asked = bool(given)
    form = Choice(given if asked else {"state": [Delivery.State.DEAD.value]})
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Send again: {configuration.name}",
        "configuration": configuration,
        "form": form,
    }
    if form.is_valid():
        values = form.cleaned_data
        found = replaying.chosen(configuration, values["state"], values["since"], values["until"])
        if request.method == "POST":
            return _send(request, configuration, found)
        context |= _compared(configuration, found)
    return TemplateResponse(request, "admin/configuration/replay.html", context)


def of_one(request: HttpRequest, delivery: Delivery) -> HttpResponse:
    """One message then and now."""
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"Compare: {delivery.records_text()}",
        "configuration": delivery.configuration,
        "delivery": delivery,
    }
    context |= _compared(delivery.configuration, Delivery.objects.filter(pk=delivery.pk))
    return TemplateResponse(request, "admin/configuration/replay.html", context)


def _compared(configuration: Configuration, found: Any) -> dict[str, Any]:
    count = found.count()
    newest = list(found.order_by("-id")[: replaying.SHOWN])
    try:
        return {"count": count, "differences": replaying.differences(configuration, newest) if newest else []}
    except HubError as error:
        return {"count": count, "refused": error.message}


def _send(request: HttpRequest, configuration: Configuration, found: Any) -> HttpResponse:
    ids = list(found.order_by("id").values_list("pk", flat=True)[:MOST])
    count = sum(
        outbox.replay(Delivery.objects.filter(pk__in=ids[start : start + PART])) for start in range(0, len(ids), PART)
    )
    messages.success(request, f"{count} queued again. They are read anew from Odoo and sent with today's mapping.")
    return HttpResponseRedirect(
        f"{reverse('admin:syncconfig_delivery_changelist')}?configuration__id__exact={configuration.pk}"
    )
