"""Buttons that ask before they act: the question is a GET, the deed a POST with its CSRF token."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.dataclasses import ActionDialog


def confirm(title: str, description: str, button: str) -> ActionDialog:
    """What the dialog of a button shows."""
    return ActionDialog(title=title, description=description, form_class=None, form_submit_text=button)


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Leave the dialog for ``url``; htmx, which posts the dialog, wants to be told by a header."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
