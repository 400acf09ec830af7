"""What was answered under an Idempotency-Key: a repeated request gets the same answer, and does nothing again."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from hub.fields import EncryptedTextField
from syncconfig.models.client import ApiClient


class IdempotencyKey(models.Model):
    """One key of one caller for one method and address, from the first request on until it is forgotten."""

    client = models.ForeignKey(
        ApiClient, on_delete=models.CASCADE, null=True, related_name="+", help_text="None: a caller without a token."
    )
    name = models.CharField(
        max_length=64,
        help_text="SHA-256 of method, address, key and Odoo database; without a client, of where the caller is, too.",
    )
    body_digest = models.CharField(max_length=64)
    claim_id = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True, help_text="While a request is carried out: how long others wait.")
    status = models.PositiveIntegerField(null=True, help_text="The answer's, once there is one.")
    answer = EncryptedTextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        """Once for each caller."""

        constraints = [
            models.UniqueConstraint(fields=["client", "name"], name="idempotency_key_once"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(client__isnull=True), name="anonymous_idempotency_key_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name[:10]}…"
