"""Timeouts are numbers, and not NaN."""

from django.db import migrations, models

import syncconfig.validators


class Migration(migrations.Migration):
    dependencies = [
        ("syncconfig", "0028_answers_that_are_no_json"),
    ]

    operations = [
        migrations.AlterField(
            model_name="configuration",
            name="connect_timeout",
            field=models.FloatField(
                default=5.0,
                help_text="Seconds to reach the external system.",
                validators=[syncconfig.validators.validate_timeout],
                verbose_name="connection timeout",
            ),
        ),
        migrations.AlterField(
            model_name="configuration",
            name="read_timeout",
            field=models.FloatField(
                default=15.0,
                help_text="Seconds to wait for its answer.",
                validators=[syncconfig.validators.validate_timeout],
            ),
        ),
        migrations.AlterField(
            model_name="odooconnection",
            name="connect_timeout",
            field=models.FloatField(
                default=5.0, help_text="Seconds to reach Odoo.", validators=[syncconfig.validators.validate_timeout]
            ),
        ),
        migrations.AlterField(
            model_name="odooconnection",
            name="read_timeout",
            field=models.FloatField(
                default=30.0,
                help_text="Seconds to wait for an answer.",
                validators=[syncconfig.validators.validate_timeout],
            ),
        ),
    ]
