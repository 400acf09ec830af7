"""The example of “success only if” holds for answers that are no JSON, too."""

from django.db import migrations, models

import syncconfig.validators


class Migration(migrations.Migration):
    dependencies = [("syncconfig", "0027_positions_in_secret")]

    operations = [
        migrations.AlterField(
            model_name="configuration",
            name="success_if",
            field=models.TextField(
                blank=True,
                help_text="An expression on an answer that is done by its status: (response['json'] or {}).get('ok') == True. Where it is false, the delivery has failed. response['json'] is None when the answer is no JSON.",
                validators=[syncconfig.validators.validate_success],
                verbose_name="success only if",
            ),
        ),
    ]
