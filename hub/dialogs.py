"""Buttons of a record's page: what acts is a POST with its CSRF token, and asks first where it cannot be undone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.dataclasses import ActionDialog
from unfold.decorators import action

from hub import pages
from hub.modeladmin import HubModelAdmin, missing

Deed = Callable[..., HttpResponse]


def confirm(title: str, description: str, button: str) -> ActionDialog:
    """What the dialog of a button shows: the question is a GET, the deed a POST."""
    return ActionDialog(title=title, description=description, form_class=None, form_submit_text=button)


def button(
    title: str, icon: str, permission: str, path: str, *, dialog: ActionDialog | None = None, posts: bool = False
) -> Callable[[Deed], Deed]:
    """Decorator: a button on a record's page, which calls ``deed(self, request, record)``.

    ``permission``: as in ``has_..._permission``. ``dialog``: ask first. ``posts``: act at once, by POST alone. With
    neither, the button leads to a page. Answers 403 without the permission, 404 for a record that is not there.
    """

    def decorate(deed: Deed) -> Deed:
        def with_record(
            self: HubModelAdmin, request: HttpRequest, *forms: Any, object_id: str, record: models.Model
        ) -> HttpResponse:
            return deed(self, request, record)

        shown = action(
            description=title, icon=icon, permissions=[permission], url_path=path, dialog=dialog,
            attrs={"posts": True} if posts else None,
        )(wraps(deed)(with_record))  # fmt: skip

        @wraps(shown)
        def guarded(self: HubModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
            if not getattr(self, f"has_{permission}_permission")(request):
                raise PermissionDenied
            record = record_of(self, request, object_id)
            if posts and request.method != "POST":
                return pages.not_by_link(request)
            answer: HttpResponse = shown(self, request, object_id=object_id, record=record)
            return answer

        return guarded

    return decorate


def record_of(model_admin: HubModelAdmin, request: HttpRequest, object_id: str) -> models.Model:
    """The record of a page's address; raises Http404."""
    found: models.Model | None = model_admin.get_object(request, unquote(object_id))
    if found is None:
        raise missing(model_admin.model, object_id)
    return found


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Leave the dialog for ``url``; htmx, which posts the dialog, wants to be told by a header."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)
