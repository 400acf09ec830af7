"""What goes with something that is deleted, for the page that asks whether one is sure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from syncconfig import outbox
from syncconfig.models import Configuration, Delivery

Along = Callable[[Sequence[Model]], Iterable[Configuration]]
_along: list[Along] = []


def counted(rows: QuerySet[Any]) -> tuple[list[Any], dict[str, int], set[str], list[Any]]:
    """As Django's get_deleted_objects: the names, how many of each kind, missing permissions (none), what forbids it.

    Who may delete a configuration or a client may delete what belongs to it.
    """
    meta = rows.model._meta
    numbers = {str(meta.verbose_name_plural): rows.count()}
    for relation in (one for one in meta.related_objects if one.one_to_many):
        number = relation.related_model._default_manager.filter(**{f"{relation.field.name}__in": rows}).count()
        if number:
            numbers[str(relation.related_model._meta.verbose_name_plural)] = number
    return [str(one) for one in rows], numbers, set(), []


def goes_along(find: Along) -> Along:
    """Register what tells which configurations are deleted with given rows of any model; upper floors know more."""
    _along.append(find)
    return find


def unsent(rows: Iterable[Model]) -> int:
    """How many messages are lost when these are deleted."""
    given = list(rows)
    own = sum(isinstance(one, Delivery) and one.finished_at is None for one in given)
    lost = {one for one in given if isinstance(one, Configuration)}
    return own + outbox.unfinished(*lost.union(*(find(given) for find in _along))).count()


class UnsentMixin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django takes none at run time
    """For what messages may wait for: whoever deletes it is told how many, before and after."""

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> Any:
        """Ask whether one is sure, knowing that."""
        context["unsent"] = warning(unsent([context["object"]]))
        return super().render_delete_form(request, context)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
        """As well when several are ticked in the list."""
        response = super().response_action(request, queryset, *args, **kwargs)
        context = getattr(response, "context_data", None) or {}
        if "deletable_objects" in context:
            context["unsent"] = warning(unsent(context["queryset"]))
        return response

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete one, and tell what went with it."""
        number = unsent([obj])
        super().delete_model(request, obj)
        _tell(request, number)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete several, and tell what went with them."""
        number = unsent(queryset)
        super().delete_queryset(request, queryset)
        _tell(request, number)


def warning(number: int) -> str:
    """What is lost when so many messages have not been sent, and how to keep them; empty for none."""
    if not number:
        return ""
    have, are = ("message has", "is") if number == 1 else ("messages have", "are")
    return (
        f"{number} {have} not been sent yet, and {are} lost with it. To keep what waits, do not delete: press Pause on "
        "the Out configuration's page. Nothing is sent then, and nothing is lost, until somebody presses Resume."
    )


def _tell(request: HttpRequest, number: int) -> None:
    if number:
        were = "message that had not been sent was" if number == 1 else "messages that had not been sent were"
        messages.warning(request, f"{number} {were} dropped with it.")
