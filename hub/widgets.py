"""Stored secrets in the admin: never shown, kept, replaced or removed, and never sent somewhere else by accident."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanWidget

from hub.fields import EncryptedTextField
from hub.http.origin import origin

KEEPS = "Stored. Leave empty to keep it."
STORED, NOT_SET = "stored", "not set"


class Remove:
    """What the box Remove stands for, in place of a typed value."""


REMOVE = Remove()


class SecretInput(UnfoldAdminPasswordWidget):
    """A password input that shows whether something is stored, and nothing of it; with a box to remove it."""

    template_name = "hub/secret_input.html"
    removable = False
    """Whether something is stored that may be removed."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"autocomplete": "new-password", **(attrs or {})}, render_value=False)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The input, and the box where there is something to remove."""
        context: dict[str, Any] = super().get_context(name, None, attrs)
        if self.removable:
            box = UnfoldBooleanWidget()
            identity = f"{context['widget']['attrs'].get('id', name)}-remove"
            context["widget"]["remove"] = {"box": box.render(f"{name}-remove", False, {"id": identity}), "id": identity}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """What was typed; REMOVE when the box is ticked and nothing was typed."""
        typed = super().value_from_datadict(data, files, name)
        return REMOVE if f"{name}-remove" in data and not typed else typed


class SecretText(SecretInput):
    """The same for a text of several lines, such as a key in PEM: browsers make spaces of an input's line breaks."""

    template_name = "hub/secret_text.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            attrs={"rows": 6, "data-secret": "", "spellcheck": "false", "autocomplete": "off", **(attrs or {})}
        )


class SecretField(forms.CharField):
    """Text that is never sent to the browser: an empty answer means that nothing was changed."""

    def clean(self, value: Any) -> Any:
        """The typed text, or REMOVE."""
        return value if value is REMOVE else super().clean(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether something was typed or removed; where the value is shown after all, whether it is another one."""
        return bool(data) if isinstance(self.widget, SecretInput) else bool(super().has_changed(initial, data))


class SecretsMixin(forms.ModelForm):  # type: ignore[type-arg]  # Django takes none at run time
    """A model form whose encrypted fields keep what is stored when they are left empty.

    ``goes_to`` names the field with the address that they are sent to. When it leads elsewhere, to another scheme, host
    or port, what is stored is not taken along: it must be typed again, or removed.
    """

    goes_to = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = {name: getattr(self.instance, name, "") or "" for name in secrets_of(self._meta.model)}
        self.led_to = getattr(self.instance, self.goes_to, "") if self.goes_to else ""
        for name, value in self.stored.items():
            if name in self.fields and value:
                field = self.fields[name]
                field.widget.attrs["placeholder"] = KEEPS
                field.required = False
                if isinstance(field.widget, SecretInput):
                    field.widget.removable = bool(self._meta.model._meta.get_field(name).blank)

    def clean(self) -> dict[str, Any]:
        """Put back what is stored where nothing new was typed, unless it would go somewhere else."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        unused = self.unused(cleaned)
        for name, value in self.stored.items():
            if name not in cleaned:
                continue
            if cleaned[name] is REMOVE or name in unused:
                cleaned[name] = ""
            elif value and not cleaned[name]:
                cleaned[name] = value
                if self.leads_elsewhere(cleaned):
                    self.add_error(name, again(self.led_to))
        return cleaned

    def unused(self, cleaned: dict[str, Any]) -> set[str]:
        """The secrets that nothing needs any more with these values: they are not kept."""
        return set()

    def leads_elsewhere(self, cleaned: dict[str, Any]) -> bool:
        """Whether the address was changed to another origin."""
        new = cleaned.get(self.goes_to) if self.goes_to else None
        return new is not None and origin(new) != origin(self.led_to)


class SecretsAdminMixin:
    """For ModelAdmin and inlines: encrypted fields get the secret input, and read "stored" where they cannot be edited.

    Nothing else may show them: a page that lists them by another way is found by tests/syncconfig/test_secrecy.py.
    """

    long_secrets: tuple[str, ...] = ()
    """Those of several lines."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        model: type[models.Model] = self.model  # type: ignore[attr-defined]
        self.readonly_preprocess_fields = {
            **getattr(self, "readonly_preprocess_fields", {}),
            **dict.fromkeys(secrets_of(model), whether_stored),
        }

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """The form field of a model field."""
        if isinstance(db_field, EncryptedTextField):
            widget = SecretText() if db_field.name in self.long_secrets else SecretInput()
            return db_field.formfield(form_class=SecretField, widget=widget, strip=True)
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """No list can be narrowed by a secret's value."""
        if lookup.partition("__")[0] in secrets_of(self.model):  # type: ignore[attr-defined]
            return False
        return bool(super().lookup_allowed(lookup, value, request))  # type: ignore[misc]


def secrets_of(model: type[models.Model]) -> list[str]:
    """The names of a model's encrypted fields."""
    return [field.name for field in model._meta.get_fields() if isinstance(field, EncryptedTextField)]


def whether_stored(contents: Any) -> str:
    """What a read-only page shows in place of a secret."""
    return STORED if contents and str(contents) != "-" else NOT_SET


def again(led_to: str) -> str:
    """What a secret's field says when the address that it goes to has another scheme, host or port."""
    meant = f"was stored for {origin(led_to)}" if led_to else "was stored before there was an address"
    return f"Type it again: the address changed, and this {meant}. It is never sent to another one by itself."
