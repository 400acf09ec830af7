"""A header that an Out configuration sends along."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from hub.fields import EncryptedTextField
from hub.flow import shape
from hub.redact import is_secret_name
from syncconfig.models.configuration import Configuration
from syncconfig.validators import validate_header


class Header(models.Model):
    """Name and value; every value is stored encrypted, and a secret one is shown nowhere."""

    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="headers")
    name = models.CharField(max_length=100, help_text="Such as X-API-Version.")
    value = EncryptedTextField(help_text="Such as 2.0. Stored encrypted.")
    secret = models.BooleanField(default=False, help_text="Hide the value here and in the logs.")

    class Meta:
        """In the order in which they were made; a name once."""

        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["configuration", "name"],
                name="header_name_once",
                violation_error_message="This header is there twice.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_secret(self) -> bool:
        """Whether the value is hidden: because somebody said so, or because of the name, such as Authorization."""
        return self.secret or is_secret_name(self.name)

    def clean(self) -> None:
        """No header that breaks the request or that the hub sets itself."""
        validate_header(self.name, self.value or "")
        if shape.is_template(self.value or ""):
            told = "A header is sent as it is written. The record's values go into address, parameters or body."
            raise ValidationError({"value": told})
