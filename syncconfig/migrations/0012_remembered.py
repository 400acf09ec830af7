"""Nothing to alter: the count of changes and its triggers are made after each migration, so there has to be one."""

from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """See syncconfig.remembered."""

    dependencies: ClassVar = [("syncconfig", "0011_callers")]
    operations: ClassVar = []
