"""The rows of a mapping in the admin: field names offered from Odoo, and held against it before they are saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import TextField
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from hub.errors import HubError
from hub.transform.kinds import Kind
from syncconfig import drift, plans
from syncconfig.admin.headers import RowsMixin
from syncconfig.models import Configuration, FieldMapping


class DetailWidget(UnfoldAdminTextareaWidget):
    """One line that grows: a detail is a word, or a script."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"rows": 1, "spellcheck": "false", **(attrs or {})})


class KindWidget(UnfoldAdminSelectWidget):
    """The choice of a value type; each option carries its sentence and an example, for the page's script to show."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """With what the chosen kind does."""
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        kind = Kind.registry.get(str(value))
        if kind is not None:
            option["attrs"] |= {"data-sentence": kind.sentence, "data-example": kind.example}
        return option


class MappingFormSet(PaginationInlineFormSet):
    """All rows together."""

    unchecked = ""
    """Why the rows could not be held against Odoo, when Odoo could not be asked."""

    def clean(self) -> None:
        """Each row's field is in Odoo, and no two keys exclude each other; what Odoo cannot be asked is let through."""
        super().clean()
        rows = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if any(form.errors for form in self.forms) or self.instance.pk is None:
            return
        rules = [plans.rule_of(form.instance) for form in rows]
        configuration = self.instance
        try:
            found = drift.row_problems(
                configuration.model, rules, plans.describer(plans.odoo_of(configuration.connection))
            )
        except HubError as error:
            self.unchecked = error.message
            return
        for form in rows:
            told = found.pop(form.cleaned_data["external_key"], "")
            if told:
                form.add_error("odoo_field", told)
        if found:
            raise forms.ValidationError(list(found.values()))


class MappingInline(RowsMixin, TabularInline):
    """Which Odoo field goes under which key."""

    model = FieldMapping
    formset = MappingFormSet
    tab = True
    extra = 0
    hide_title = True
    verbose_name = "field mapping"
    formfield_overrides = {TextField: {"widget": DetailWidget}}
    ordering_field = "position"
    hide_ordering_field = True

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The value types explain themselves."""
        if db_field.name == "kind":
            kwargs["widget"] = KindWidget()
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Configuration | None = None) -> list[str]:
        """A row of an Out configuration only goes out; one of an In configuration is read and written."""
        if obj is not None and obj.pulls:
            of_direction = []
        else:
            of_direction = ["skip_empty" if obj is not None and obj.is_out else "direction"]
        return [
            "odoo_field",
            "external_key",
            "kind",
            "detail",
            "required",
            "default",
            *of_direction,
            "optional",
            "position",
        ]
