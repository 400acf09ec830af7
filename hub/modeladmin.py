"""What all pages of the admin have in common: missing records are 404s, read-only pages hide nothing, lists count."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NoReturn

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

SAVING = "hub.saving"
"""Under which a request carries what is around its saving."""


class HubChangeList(ChangeList):
    """A list that does not offer to show all when it does."""

    full_result_count: int | None
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """The page's rows; without a filter the number of results is the number of rows, which need not be counted."""
        super().get_results(request)
        self.narrowed = bool(self.query or self.get_filters_params())
        if self.full_result_count is None and not self.narrowed:
            self.full_result_count = self.result_count
        self.result_list = list(self.result_list)
        self.model_admin.prepare_rows(self.result_list)


class Saving:
    """What happens around the saving of one form: the transaction, and what is to be done when it is over."""

    def __init__(self) -> None:
        self.transaction = ExitStack()
        self.begun = False
        self.afterwards: list[Callable[[], None]] = []

    def begin(self) -> None:
        """From now on all or nothing is written."""
        if not self.begun:
            self.begun = True
            self.transaction.enter_context(transaction.atomic())


class UnlockedForms(admin.ModelAdmin):  # type: ignore[type-arg]  # Django takes none at run time
    """Forms that are checked before the transaction begins, and not within, as in Django.

    A check may ask Odoo, for a minute where that does not answer; on SQLite nobody else could write meanwhile.
    """

    @method_decorator(csrf_protect)
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Check, save in one transaction, and then do what was put off by ``afterwards``."""
        saving = Saving()
        request.META[SAVING] = saving
        with saving.transaction:
            response: HttpResponse = self._changeform_view(request, object_id, form_url, extra_context)  # type: ignore[attr-defined]
        for work in saving.afterwards:
            work()
        return response

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The first thing that is written of a form that is right."""
        if SAVING in request.META:
            request.META[SAVING].begin()
        super().save_model(request, obj, form, change)

    def afterwards(self, request: HttpRequest, work: Callable[[], None]) -> None:
        """Do this when the form is saved and the transaction is over, such as asking Odoo."""
        if SAVING in request.META:
            request.META[SAVING].afterwards.append(work)
        else:
            work()


class HubModelAdmin(ModelAdmin, UnlockedForms):
    """The base of the hub's admin classes."""

    list_max_show_all = 0
    empty_text = ""
    """What an empty list says: what will stand here, and what makes it come."""

    def prepare_rows(self, rows: list[Any]) -> None:
        """Give the rows of a list what is cheaper to find for all of them at once."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The hub's own."""
        return HubChangeList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The record, or None; no database is asked for one with a NUL in its id, which PostgreSQL refuses."""
        return None if "\x00" in object_id else super().get_object(request, object_id, from_field)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        """Django's answer for change, delete and history pages of what is not there: here a 404, not the overview."""
        raise missing(self.model, object_id)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Who may only look sees all fields: those that a form shows and hides by another field's value, too."""
        if obj is not None and not self.has_change_permission(request, obj):
            looking = copy.copy(self)
            looking.conditional_fields = {}
            context["adminform"].model_admin = looking
        response: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        return response


def missing(model: type[models.Model], object_id: str) -> Http404:
    """The 404 for a record that does not exist, or does not any more."""
    name = str(model._meta.verbose_name)
    return Http404(f"There is no {name} {unquote(object_id)[:40]}. Perhaps it was deleted.")
