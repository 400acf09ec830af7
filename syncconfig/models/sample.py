"""Samples: a payload, or a record as it was once, with the result that a configuration must make of it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from syncconfig.models.configuration import Configuration


class Sample(models.Model):
    """What goes in, what must come out; run by a button and by ``manage.py testconfig``. Nothing is sent or written.

    For an In configuration ``data`` is what a caller sends and ``expected`` Odoo's values; for an Out configuration
    ``data`` is the record as Odoo read it and ``expected`` the payload.
    """

    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="samples")
    name = models.CharField(max_length=100, help_text="What it shows, such as: customer without an e-mail address.")
    data = models.JSONField(
        "what goes in",
        help_text="In: the fields that a caller sends. Out: the record's values as Odoo has them; the preview page "
        "fills this in.",
    )
    expected = models.JSONField(
        "what must come out",
        null=True,
        blank=True,
        help_text='In: Odoo\'s values. Out: the payload. "*" stands for any value, such as a time. Leave it empty when '
        "the sample must be refused.",
    )
    expected_error = models.CharField(
        "refused with",
        max_length=300,
        blank=True,
        help_text="A part of the error message, when the sample must be refused: is required.",
    )
    last_ok = models.BooleanField("as expected", null=True, editable=False)
    last_message = models.TextField("last result", blank=True, editable=False)
    last_run_at = models.DateTimeField("last run", null=True, editable=False)

    class Meta:
        """By name, once in a configuration."""

        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["configuration", "name"],
                name="sample_name_once",
                violation_error_message="This configuration has a sample of that name.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """An object goes in, and something is expected of it."""
        wrong = {}
        if not isinstance(self.data, dict):
            wrong["data"] = 'Write a JSON object: {"name": "Ada"}'
        if self.expected is None and not self.expected_error:
            wrong["expected"] = "Say what must come out, or with what error the sample must be refused."
        if self.expected is not None and self.expected_error:
            wrong["expected_error"] = "A sample is refused or gives a result, not both."
        if wrong:
            raise ValidationError(wrong)
