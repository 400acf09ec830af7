"""What arrived at the demo receiver."""

from __future__ import annotations

from django.db import models


class ReceivedMessage(models.Model):
    """One call to the demo receiver, as it came. It stands in for the third party while you try things out."""

    path = models.CharField(max_length=200)
    method = models.CharField(max_length=8)
    headers = models.JSONField(default=list)
    body = models.TextField(blank=True)
    message_id = models.CharField("Idempotency-Key", max_length=64, blank=True, db_index=True)
    received_at = models.DateTimeField("received", auto_now_add=True)

    class Meta:
        """Newest first."""

        verbose_name = "received message"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.method} /{self.path}"
