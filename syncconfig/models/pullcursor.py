"""Up to where a pull has fetched what is new."""

from __future__ import annotations

from django.db import models

from syncconfig.models.configuration import Configuration


class PullCursor(models.Model):
    """What the next run of a pull begins from; moves when a run has come to its end, and all is in Odoo.

    One for each Odoo database that the configuration ever wrote to: another one begins anew.
    """

    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="pull_cursors")
    database = models.CharField("Odoo database", max_length=700)
    source = models.CharField(
        max_length=64, help_text="What it is a cursor of: another address or field makes it worthless."
    )
    value = models.JSONField()
    moved_at = models.DateTimeField("moved", auto_now=True)

    class Meta:
        """One for each database."""

        constraints = [models.UniqueConstraint(fields=["configuration", "database"], name="pull_cursor_once")]

    def __str__(self) -> str:
        return f"{self.configuration}: {self.value}"
