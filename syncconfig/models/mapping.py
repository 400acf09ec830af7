"""One row of a configuration's mapping: an Odoo field beside the key of the external JSON."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from hub import jsontext
from hub.errors import HubError
from hub.transform.kinds import options_of
from syncconfig.choices import kinds
from syncconfig.models.configuration import Configuration
from syncconfig.validators import validate_external_key, validate_field_path


class FieldMapping(models.Model):
    """Which Odoo field goes under which external key, in this order, and what when there is no value."""

    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="mappings")
    position = models.PositiveIntegerField(default=0, db_index=True)
    odoo_field = models.CharField(
        max_length=200, validators=[validate_field_path], help_text="Technical name in Odoo, such as email."
    )
    external_key = models.CharField(
        "external API key",
        max_length=200,
        validators=[validate_external_key],
        help_text="The key in the external JSON, such as email_address; a dot goes deeper: address.city; lists: "
        "lines[0].street for one object, lines[].sku for each.",
    )
    kind = models.CharField(
        "value type", max_length=20, choices=kinds, default="plain", help_text="How the one value becomes the other."
    )
    detail = models.TextField(
        blank=True,
        help_text="What the value type needs. Relational: the field to match, such as code. Value table: draft = open; "
        'sale = confirmed. Date format: %d/%m/%Y. Constant: the value as JSON, "web". '
        "Template: {{ name }} ({{ ref }}). Phone number: E164, US. Currency: USD. "
        "Script: result = (value or '').upper()",
    )
    required = models.BooleanField(
        default=False, help_text="In: a create without it is refused. Out: an empty value fails."
    )
    default = models.CharField(
        max_length=500, blank=True, help_text='Used when there is no value, as JSON: "unknown", 0, true. Empty: none.'
    )
    direction = models.CharField(
        max_length=4,
        choices=[
            ("both", "In and out"),
            ("in", "In only: written, never shown"),
            ("out", "Out only: read, not written"),
        ],
        default="both",
    )
    skip_empty = models.BooleanField(
        "skip empty", default=False, help_text="Out: the key is left out when there is no value, instead of null."
    )
    optional = models.BooleanField(
        "skip if missing",
        default=False,
        help_text="The row is left out on an Odoo without this field, such as mobile, which Odoo 19 no longer has.",
    )

    odoo_type = models.CharField(
        max_length=40, blank=True, editable=False, help_text="The type of the Odoo field when the row was last checked."
    )
    drift = models.CharField(
        max_length=300, blank=True, editable=False, help_text="What is wrong with the Odoo field by now."
    )

    class Meta:
        """In the order of the rows."""

        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["configuration", "external_key"],
                name="mapping_external_key_once",
                violation_error_message="This external key is mapped twice.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.odoo_field} → {self.external_key}"

    def clean(self) -> None:
        """A detail that the value type understands; a dotted Odoo field that can be written where it is to be."""
        wrong: dict[str, str] = {}
        try:
            options_of(self.kind, self.detail)
        except HubError as error:
            wrong["detail"] = error.message
        if self.default.strip()[:1] in ("{", "[", '"') and not _is_json(self.default):
            wrong["default"] = 'This is not complete JSON. Write "text", 5, true, [1, 2] or {"a": 1}.'
        if self.odoo_field.count(".") > 1 and self.direction != "out" and self._is_in and "[]" not in self.external_key:
            wrong["odoo_field"] = (
                "A value that comes in is written to a field of the model itself, or finds a related record by one "
                "field, as country_id.code does. Set the direction to “Out only”."
            )
        if wrong:
            raise ValidationError(wrong)

    @property
    def _is_in(self) -> bool:
        return bool(self.configuration_id) and (not self.configuration.is_out or self.configuration.pulls)


def _is_json(text: str) -> bool:
    try:
        jsontext.loads(text)
    except ValueError:
        return False
    return True
