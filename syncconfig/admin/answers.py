"""What of an answer is written back to Odoo, in the admin."""

from __future__ import annotations

from django import forms
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from hub.errors import HubError
from hub.odoo.introspect import nearest
from syncconfig import plans
from syncconfig.admin.headers import RowsMixin
from syncconfig.models import AnswerMapping


class AnswerFormSet(PaginationInlineFormSet):
    """All rows together."""

    def clean(self) -> None:
        """Each field is in Odoo and may be written; what Odoo cannot be asked is let through."""
        super().clean()
        if self.instance.pk is None or any(form.errors for form in self.forms):
            return
        rows = [form for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if not rows:
            return
        try:
            fields = plans.describer(plans.odoo_of(self.instance.connection))(self.instance.model)
        except HubError:
            return
        for form in rows:
            self._check(form, form.cleaned_data["odoo_field"], fields)

    def _check(self, form: forms.BaseForm, name: str, fields: plans.Fields) -> None:
        if name not in fields:
            near = nearest(name, fields)
            hint = f" Did you mean {near}?" if near else ""
            form.add_error("odoo_field", f"{self.instance.model} has no field {name}.{hint}")
        elif fields[name].get("readonly"):
            form.add_error("odoo_field", f"{name} can be read, not written.")


class AnswerInline(RowsMixin, TabularInline):
    """Which value of the answer goes into which field."""

    model = AnswerMapping
    formset = AnswerFormSet
    tab = True
    extra = 0
    hide_title = True
    fields = ["path", "odoo_field"]
