"""What the conditions of a webhook look at is noted, so that it is known whether its owner may still read that."""

from typing import Any

from django.db import migrations, models

from hub.errors import HubError
from hub.odoo import domain as domains

ALWAYS = ("id", "create_date", "write_date")


def note(apps: Any, schema_editor: Any) -> None:
    """Of those that are there: their conditions stand in Odoo's terms, and the mapping says whose field each is."""
    rows_of = apps.get_model("syncconfig", "FieldMapping").objects
    for one in apps.get_model("webhooks", "Subscription").objects.select_related("configuration"):
        try:
            paths = domains.paths(domains.parse(one.configuration.domain)) - set(ALWAYS)
        except HubError:
            continue  # somebody made it an expression by hand
        found = {}
        for path in paths:
            near = [row for row in rows_of.filter(configuration_id=one.source_id) if _is_near(row.odoo_field, path)]
            readable = [row for row in near if row.direction != "in"]
            row = (sorted(readable, key=lambda each: each.odoo_field != path) or [None])[0]
            key = path if row is None else row.external_key
            found[key] = [path, "plain", ""] if row is None else [row.odoo_field, row.kind, row.detail]
        if found:
            one.looks_at = found
            one.save(update_fields=["looks_at"])


def _is_near(field: str, path: str) -> bool:
    return field == path or path.startswith(f"{field}.") or field.startswith(f"{path}.")


class Migration(migrations.Migration):
    dependencies = [
        ("syncconfig", "0024_keys_out_of_certificates"),
        ("webhooks", "0003_literal_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="looks_at",
            field=models.JSONField(
                blank=True,
                default=dict,
                editable=False,
                help_text="What its conditions look at, by external key: Odoo's field, the value type and its detail.",
            ),
        ),
        migrations.RunPython(note, migrations.RunPython.noop),
    ]
