"""What of an answer is written back to Odoo."""

from __future__ import annotations

from django.db import models

from syncconfig.models.configuration import Configuration
from syncconfig.validators import validate_answer_path, validate_field_name


class AnswerMapping(models.Model):
    """A value of the external system's answer, such as its own id, and the field of the record that keeps it."""

    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="answers")
    path = models.CharField(
        "in the answer",
        max_length=200,
        validators=[validate_answer_path],
        help_text="Such as id or data.customer.id. For a batch whose answer is a list, in the order that was sent: "
        "items[].id, or [].id.",
    )
    odoo_field = models.CharField(
        "Odoo field",
        max_length=100,
        validators=[validate_field_name],
        help_text="The field of the record that was sent, such as ref.",
    )

    class Meta:
        """In the order in which they were made; a field once."""

        verbose_name = "value written back"
        verbose_name_plural = "written back"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["configuration", "odoo_field"],
                name="answer_field_once",
                violation_error_message="This field is there twice.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.path} → {self.odoo_field}"
