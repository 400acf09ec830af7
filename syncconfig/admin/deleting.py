"""What goes with something that is deleted, for the page that asks whether one is sure."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet


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
