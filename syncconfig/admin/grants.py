"""What a client may use, as a table of check boxes: one line a configuration, one column an HTTP method."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import CHECKBOX_CLASSES

from syncconfig.choices import METHODS
from syncconfig.models import ApiClient, Configuration, Grant
from syncconfig.models.client import RUN

OUT = Configuration.RequestType.OUT
ALL = [name for name, _ in METHODS]


class GrantsWidget(forms.Widget):
    """The table; only what a configuration offers can be ticked."""

    template_name = "hub/grants.html"
    configurations: Iterable[Configuration] = ()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """One row a configuration."""
        context = super().get_context(name, None, attrs)
        chosen = set(value or ())
        context["widget"] |= {
            "classes": " ".join(CHECKBOX_CLASSES),
            "methods": ALL,
            "rows": [
                {
                    "name": one.name,
                    "model": one.model,
                    "off": not one.active,
                    "cells": [
                        {
                            "method": method,
                            "value": box(one, method) if method in one.methods else "",
                            "chosen": box(one, method) in chosen,
                        }
                        for method in ALL
                    ],
                }
                for one in self.configurations
            ],
        }
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """The ticked boxes."""
        found = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return [str(one) for one in found]

    def id_for_label(self, id_: str) -> str:
        """The label belongs to no box alone."""
        return ""


class GrantsField(forms.Field):
    """The ticked boxes as ``{configuration's id: [methods]}``."""

    widget = GrantsWidget

    def to_python(self, value: Any) -> dict[int, list[str]]:
        """By configuration; raises ValidationError for a box that the table has not."""
        there = {box(one, method): (one, method) for one in self._configurations for method in one.methods}
        found: dict[int, list[str]] = {}
        for ticked in value or ():
            if ticked not in there:
                raise ValidationError("A configuration was changed meanwhile. Reload the page and choose again.")
            one, method = there[ticked]
            found.setdefault(one.pk, []).append(method)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other boxes are ticked."""
        return set(initial or ()) != set(data or ())

    def offer(self, configurations: Iterable[Configuration]) -> None:
        """The configurations that can be chosen."""
        self._configurations = self.widget.configurations = list(configurations)

    _configurations: list[Configuration] = []


def box(configuration: Configuration, method: str) -> str:
    """The value of one check box."""
    return f"{configuration.pk}:{method}"


def ticked(client: ApiClient) -> list[str]:
    """The boxes of what a client may use now."""
    grants = client.grants.select_related("configuration") if client.pk else []
    return [box(one.configuration, method) for one in grants for method in one.methods]


def save(client: ApiClient, chosen: dict[int, list[str]], offered: Iterable[Configuration]) -> None:
    """Make the client's grants what was chosen. A method that the table did not show stays as it was."""
    known = {grant.configuration_id: grant for grant in client.grants.all()}
    for one in offered:
        grant, methods = known.get(one.pk), chosen.get(one.pk, [])
        if grant is None and methods:
            Grant.objects.create(client=client, configuration=one, methods=methods)
        elif grant is not None and methods:
            hidden = [name for name in grant.methods if name not in one.methods]
            grant.methods = [name for name in ALL if name in methods or name in hidden]
            grant.save(update_fields=["methods"])
        elif grant is not None:
            grant.delete()


class RunsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # Django takes none at run time
    """The Out configurations that a client may run."""

    def label_from_instance(self, obj: Configuration) -> str:
        """Its name, and whether it is off."""
        return f"{obj.name} ({obj.model})" + ("" if obj.active else ", off")


def runs_of(client: ApiClient) -> list[int]:
    """The ids of the Out configurations that a client may run now."""
    if not client.pk:
        return []
    return list(client.grants.filter(configuration__request_type=OUT).values_list("configuration_id", flat=True))


def save_runs(client: ApiClient, chosen: Iterable[Configuration]) -> None:
    """Let the client run these Out configurations, and no others."""
    wanted = {one.pk for one in chosen}
    known = set(runs_of(client))
    client.grants.filter(configuration__in=known - wanted).delete()
    for one in sorted(wanted - known):
        Grant.objects.create(client=client, configuration_id=one, methods=[RUN])


def runs_in_words(client: ApiClient) -> list[str]:
    """The Out configurations that a client may run, for people."""
    return sorted(one.configuration.name for one in client.grants.all() if one.configuration.is_out)


def in_words(client: ApiClient) -> list[str]:
    """What a client may use, for people: a line a configuration."""
    found = []
    for grant in client.grants.all():
        if grant.configuration.is_out:
            continue
        may = [name for name in ALL if name in grant.methods and name in grant.configuration.methods]
        less = set(may) != set(grant.configuration.methods)
        found.append(
            f"{grant.configuration.name} ({', '.join(may) or 'nothing'})" if less else grant.configuration.name
        )
    return sorted(found)
