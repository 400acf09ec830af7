"""What an Odoo hinted at: records that may have been deleted."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from syncconfig.models.connection import OdooConnection


class DeletionHint(models.Model):
    """A record of which a hint said that it is being deleted; see syncconfig.hints.

    It stays for a while once it was ``told``: so a deletion is told once, however often and by whomever it is heard.
    """

    connection = models.ForeignKey(OdooConnection, on_delete=models.CASCADE, related_name="+")
    database = models.CharField("Odoo database", max_length=700)
    model = models.CharField(max_length=100)
    record_id = models.BigIntegerField()
    hinted_at = models.DateTimeField(default=timezone.now)
    check_at = models.DateTimeField(default=timezone.now, help_text="When Odoo is asked whether it is gone.")
    told_at = models.DateTimeField(null=True, help_text="When it was gone, and its deletion was queued.")

    class Meta:
        """Once for each record; those to look at are found quickly."""

        constraints = [
            models.UniqueConstraint(fields=["connection", "database", "model", "record_id"], name="deletion_once")
        ]
        indexes = [models.Index(fields=["check_at"], name="deletion_to_check", condition=Q(told_at=None))]

    def __str__(self) -> str:
        return f"{self.model} {self.record_id}"
