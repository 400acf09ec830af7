"""The page Send again: which finished messages, and what is different today."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from hub.errors import HubError
from syncconfig import replaying, resending
from syncconfig.models import Configuration, Delivery


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
    try:
        context["differences"] = replaying.differences(delivery.configuration, [delivery])
    except HubError as error:
        context["refused"] = error.message
    return TemplateResponse(request, "admin/configuration/replay.html", context)


def _compared(configuration: Configuration, found: QuerySet[Delivery]) -> dict[str, Any]:
    """What would become of the choice, and the newest of what would be sent then and now."""
    context: dict[str, Any] = {}
    try:
        chosen = resending.sorted_out(found)
        context |= {"count": chosen.count, "sent": len(chosen.send), "others": chosen.others()}
        newest = list(Delivery.objects.filter(pk__in=chosen.send[: replaying.SHOWN]).order_by("-id"))
        context["differences"] = replaying.differences(configuration, newest)
    except HubError as error:
        context["refused"] = error.message
    return context


def _send(request: HttpRequest, configuration: Configuration, found: QuerySet[Delivery]) -> HttpResponse:
    try:
        tell(request, resending.sorted_out(found))
    except HubError as error:
        messages.error(request, error.message)
    return HttpResponseRedirect(
        f"{reverse('admin:syncconfig_delivery_changelist')}?configuration__id__exact={configuration.pk}"
    )


def tell(request: HttpRequest, chosen: resending.Resend) -> int:
    """Queue what was chosen, and say what became of all of it; answers how many were queued."""
    count = resending.queue(chosen)
    told = [f"{count} queued again."]
    if count:
        told.append("They are read anew from Odoo and sent with today's mapping.")
    level = messages.SUCCESS if count else messages.WARNING
    messages.add_message(request, level, " ".join([*told, *chosen.others()]))
    return count
