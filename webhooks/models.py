"""Webhooks that callers registered, and what arrived at the demo receiver."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from syncconfig.models import ApiClient, Configuration


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


class Subscription(models.Model):
    """A webhook that a client registered: the Out configuration that serves it, and who may be told what."""

    public_id = models.CharField("webhook id", max_length=40, unique=True)
    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="subscriptions")
    configuration = models.OneToOneField(Configuration, on_delete=models.CASCADE, related_name="subscription")
    source = models.ForeignKey(
        Configuration,
        on_delete=models.CASCADE,
        related_name="subscriptions",
        help_text="The In configuration by which its owner may read the model.",
    )
    events = models.JSONField(default=list, help_text="As the owner spelled them.")
    looks_at = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="What its conditions look at, by external key: Odoo's field, the value type and its detail.",
    )
    created_at = models.DateTimeField("registered", default=timezone.now)

    class Meta:
        """Newest first."""

        verbose_name = "webhook"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.public_id} of {self.client}"
