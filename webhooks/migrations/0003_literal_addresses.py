"""What API clients registered is called as it stands from now on: its address is no template."""

from typing import Any

from django.db import migrations


def take_literally(apps: Any, schema_editor: Any) -> None:
    """The configurations that serve webhooks."""
    served = apps.get_model("webhooks", "Subscription").objects.values("configuration")
    apps.get_model("syncconfig", "Configuration").objects.filter(pk__in=served).update(url_is_literal=True)


class Migration(migrations.Migration):
    dependencies = [
        ("syncconfig", "0023_literal_addresses"),
        ("webhooks", "0002_webhooks"),
    ]

    operations = [migrations.RunPython(take_literally, migrations.RunPython.noop)]
