"""Where a pull is may hold a key of the external system's: kept encrypted while it runs, and not at all afterwards."""

import json
from typing import Any

from django.db import migrations, models

import hub.fields
import syncconfig.validators


def encrypt(apps: Any, schema_editor: Any) -> None:
    """Runs that are under way keep their place; those that are over need none."""
    runs = apps.get_model("syncconfig", "Run").objects.filter(pulls=True, state__in=("pending", "running"))
    for run in runs:
        if run.position:
            run.place = json.dumps(run.position)
            run.save(update_fields=["place"])


def decrypt(apps: Any, schema_editor: Any) -> None:
    """The way back."""
    for run in apps.get_model("syncconfig", "Run").objects.exclude(place=""):
        run.position = json.loads(run.place)
        run.save(update_fields=["position"])


class Migration(migrations.Migration):
    dependencies = [("syncconfig", "0026_tries_after_a_rest")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="place",
            field=hub.fields.EncryptedTextField(blank=True, default="", editable=False),
        ),
        migrations.RunPython(encrypt, decrypt),
        migrations.RemoveField(model_name="run", name="position"),
        migrations.RenameField(model_name="run", old_name="place", new_name="position"),
        migrations.AlterField(
            model_name="run",
            name="position",
            field=hub.fields.EncryptedTextField(
                blank=True,
                default="",
                editable=False,
                help_text="As JSON, while it runs: the address of the next page may hold a key. Stored encrypted.",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="notes",
            field=models.JSONField(
                blank=True, default=list, help_text="What a person should know of the run, though it is no failure."
            ),
        ),
        migrations.AlterField(
            model_name="configuration",
            name="cursor_path",
            field=models.CharField(
                blank=True,
                help_text="A JSONPath within an item, such as updated_at or $.meta.modified. Times in ISO 8601 or as day.month.year, numbers, and texts in an order work; no dates such as 11/21/2026.",
                max_length=300,
                validators=[syncconfig.validators.validate_json_path],
                verbose_name="field of the items",
            ),
        ),
    ]
