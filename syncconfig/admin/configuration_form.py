"""The form of a configuration: methods as checkboxes, secrets that are kept, and what is held against Odoo."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.safestring import mark_safe
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextareaWidget

from hub.errors import HubError
from hub.http.origin import origin
from hub.widgets import SecretsMixin
from syncconfig import drift
from syncconfig.admin import testing
from syncconfig.admin.tabs import SCRIPTS
from syncconfig.choices import METHODS
from syncconfig.models import Configuration

OUT = "request_type == 'out'"
IN = "request_type == 'in'"
HELP_OF = {
    True: "Exactly one: the method with which the external system is called. GET pulls its list into Odoo.",
    False: "What callers may do. POST creates, PUT and PATCH update, DELETE deletes, GET reads and searches.",
}
METHODS_HELP = mark_safe(  # noqa: S308 - two sentences of ours
    "".join(f'<span x-show="{when}">{HELP_OF[is_out]}</span>' for when, is_out in ((OUT, True), (IN, False)))
)
TEXTS = ("query", "body_template", "status_rules", "success_if", "tls_ca", "tls_certificate")
KEYS = ("api_key", "api_key_query")
KEYS_JS = ", ".join(f"'{key}'" for key in KEYS)
SECRETS_OF_SCHEME = {scheme: {"auth_password"} for scheme in ("basic", "oauth2")} | {
    scheme: {"auth_token"} for scheme in ("bearer", *KEYS)
}


class MethodsField(forms.MultipleChoiceField):
    """Checkboxes; when none is ticked, the model says what is missing, and only it."""

    def validate(self, value: Any) -> None:
        """Known methods, any number of them."""
        if value:
            super().validate(value)


class ConfigurationForm(SecretsMixin):
    """The configuration's form: methods as checkboxes, secrets kept when left empty."""

    goes_to = "url"

    methods = MethodsField(
        choices=METHODS,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        required=True,
        label="HTTP methods",
    )

    class Meta:
        """All that people may change."""

        model = Configuration
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.token_from = self.instance.oauth_url
        for name in (*SCRIPTS, *TEXTS):
            if name in self.fields:
                self.fields[name].widget = UnfoldAdminTextareaWidget(
                    attrs=testing.CODE | {"rows": 4 if name in SCRIPTS else 2}
                )
        if "methods" in self.fields:
            self._fit_methods(self.fields["methods"])
        if self.instance.pk and "request_type" in self.fields:
            # The other direction is another configuration: none of its settings would fit.
            self.fields["request_type"].disabled = True
            self.fields["request_type"].help_text = "Chosen when the configuration is made."

    def _fit_methods(self, field: Any) -> None:
        """Its mapping runs one way: a configuration that sends cannot become one that pulls, or back."""
        field.help_text = METHODS_HELP if not self.instance.pk else HELP_OF[self.instance.is_out]
        if self.instance.pk and self.instance.is_out:
            field.disabled = self.instance.pulls
            if self.instance.pulls:
                field.choices = [one for one in METHODS if one[0] == "GET"]
                field.help_text = "Pulls the external system's list into Odoo. To send records, make another one."
            else:
                field.choices = [one for one in METHODS if one[0] != "GET"]

    def _post_clean(self) -> None:
        """Hold model and filter domain against Odoo, where it can be asked."""
        super()._post_clean()  # type: ignore[misc]  # Django's own hook, left out of its stubs
        if self.errors or self.instance.connection_id is None:
            return
        try:
            for name, told in drift.problems_of(self.instance).items():
                self.add_error(name, told)
        except HubError:
            pass  # nothing is known: the rows' check says so after saving

    def leads_elsewhere(self, cleaned: dict[str, Any]) -> bool:
        """A client secret goes to the token address."""
        new = cleaned.get("oauth_url")
        moved = new is not None and cleaned.get("auth_scheme") == "oauth2" and origin(new) != origin(self.token_from)
        return moved or super().leads_elsewhere(cleaned)

    def unused(self, cleaned: dict[str, Any]) -> set[str]:
        """Credentials of another authorization type are not kept where nobody sees them."""
        needed = SECRETS_OF_SCHEME.get(str(cleaned.get("auth_scheme")), set())
        return {"auth_password", "auth_token"} - needed if cleaned.get("auth_scheme") else set()
