"""Private keys that were pasted along with certificates go to where they are encrypted."""

import re
from typing import Any

from django.db import migrations
from django.db.models import Q

KEY = re.compile(r"-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----.*?(?:-----END \1PRIVATE KEY-----|\Z)", re.DOTALL)


def move(apps: Any, schema_editor: Any) -> None:
    """The key of a client certificate becomes its key, unless there is one; all others are dropped."""
    found = apps.get_model("syncconfig", "Configuration").objects.filter(
        Q(tls_certificate__contains="PRIVATE KEY") | Q(tls_ca__contains="PRIVATE KEY")
    )
    for one in found:
        pasted = KEY.search(one.tls_certificate)
        if pasted and not one.tls_key.strip():
            one.tls_key = pasted[0]
        one.tls_certificate = KEY.sub("", one.tls_certificate).strip()
        one.tls_ca = KEY.sub("", one.tls_ca).strip()
        one.save(update_fields=["tls_certificate", "tls_ca", "tls_key"])


class Migration(migrations.Migration):
    dependencies = [("syncconfig", "0023_literal_addresses")]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
