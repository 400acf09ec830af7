"""Form widgets of the admin that never show a stored secret."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminPasswordWidget

from hub.fields import EncryptedTextField

STORED = "Stored. Leave empty to keep it."


class SecretInput(UnfoldAdminPasswordWidget):
    """A password input that shows whether something is stored, and nothing of it."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs={"autocomplete": "new-password", **(attrs or {})}, render_value=False)


class SecretsMixin(forms.ModelForm):  # type: ignore[type-arg]  # Django takes none at run time
    """A model form whose encrypted fields keep what is stored when they are left empty."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self._secrets():
            if name in self.fields and getattr(self.instance, name, None):
                self.fields[name].widget.attrs["placeholder"] = STORED
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Put back what is stored where nothing new was typed."""
        cleaned = super().clean() or self.cleaned_data
        for name in self._secrets():
            if name in cleaned and not cleaned[name]:
                cleaned[name] = self.initial.get(name) or getattr(self.instance, name, None) or ""
        return cleaned

    def _secrets(self) -> list[str]:
        return [field.name for field in self._meta.model._meta.get_fields() if isinstance(field, EncryptedTextField)]


class SecretsAdminMixin:
    """For ModelAdmin and inlines: encrypted fields get the secret input, unless ``plain_secrets`` names them."""

    plain_secrets: tuple[str, ...] = ()

    def formfield_for_dbfield(self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any) -> Any:
        """The form field of a model field."""
        if isinstance(db_field, EncryptedTextField) and db_field.name not in self.plain_secrets:
            return db_field.formfield(widget=SecretInput(), strip=True)
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only for those who may change: a read-only page would show stored secrets as plain text."""
        return bool(self.has_change_permission(request, obj))  # type: ignore[attr-defined]
