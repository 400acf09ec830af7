"""What the hub wrote to Odoo itself, and what was last seen there: so that nobody is told what he knows."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from syncconfig.models.configuration import Configuration


class EchoNote(models.Model):
    """What one call to Odoo does, where that is too much to go along with it; see syncconfig.echo."""

    token = models.CharField(max_length=40, unique=True)
    operations = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.token


class SeenRecord(models.Model):
    """What a configuration knows of a record in an Odoo that is asked for changes, and does not tell what changed."""

    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="+")
    database = models.CharField(max_length=700)
    record_id = models.BigIntegerField()
    values = models.JSONField(default=dict, help_text="What it sends or watches, by field.")

    class Meta:
        """Once for each record."""

        constraints = [models.UniqueConstraint(fields=["configuration", "database", "record_id"], name="seen_once")]

    def __str__(self) -> str:
        return f"{self.configuration}: {self.record_id}"
