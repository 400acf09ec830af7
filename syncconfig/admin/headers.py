"""The rows of a configuration in the admin: who may edit them, and its headers, whose values may be secrets."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextInputWidget

from hub.http.origin import origin
from hub.redact import is_secret_name
from hub.widgets import SecretsAdminMixin, SecretsMixin, whether_stored
from syncconfig.models import Configuration, Header


class RowsMixin:
    """Rows of a configuration: who may see or change it may see or change them."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As of the configuration."""
        return request.user.has_perm("syncconfig.view_configuration") or self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As of the configuration."""
        return bool(request.user.has_perm("syncconfig.change_configuration"))

    has_add_permission = has_delete_permission = has_change_permission


class HeaderForm(SecretsMixin):
    """A header's row: the value is shown unless it is secret."""

    class Meta:
        """All columns."""

        model = Header
        fields = "__all__"

    def __init__(self, *args: Any, parent: Configuration | None = None, **kwargs: Any) -> None:
        self.parent = parent
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance.is_secret and "value" in self.fields:
            self.fields["value"].widget = UnfoldAdminTextInputWidget()

    def clean(self) -> dict[str, Any]:
        """A stored secret is never brought to light by unticking Secret: whoever does so types the value anew."""
        typed = self.cleaned_data.get("value")
        cleaned = super().clean()
        if is_secret_name(cleaned.get("name") or ""):
            cleaned["secret"] = True  # a header of such a name is a secret, whether or not somebody thinks of it
        if self.instance.pk and self.initial.get("secret") and not cleaned.get("secret") and not typed:
            self.add_error("value", "Type the value again: a secret one is not shown.")
        return cleaned

    def leads_elsewhere(self, cleaned: dict[str, Any]) -> bool:
        """Whether the configuration's address was changed: a secret header is not taken along either."""
        if self.parent is None or not self.instance.is_secret or cleaned.get("DELETE"):
            return False
        self.led_to = Configuration.objects.values_list("url", flat=True).get(pk=self.parent.pk)
        return origin(self.parent.url) != origin(self.led_to)


class HeaderRows(PaginationInlineFormSet):
    """The rows, each of which knows the configuration as it is about to be saved."""

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        """What each row's form is made with."""
        return {**super().get_form_kwargs(index), "parent": self.instance}


class HeaderInline(SecretsAdminMixin, RowsMixin, TabularInline):
    """What an Out configuration sends along."""

    model = Header
    form = HeaderForm
    formset = HeaderRows
    hide_title = True
    tab = True
    extra = 0
    readonly_fields = ["shown_value"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Who may only look sees the values that are no secrets."""
        return ["name", "value" if self.has_change_permission(request) else "shown_value", "secret"]

    @display(description="Value")
    def shown_value(self, obj: Header) -> str:
        """The value, or that there is one."""
        return whether_stored(obj.value) if obj.is_secret else obj.value
