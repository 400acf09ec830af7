"""What is wrong and needs a person, told once when it begins and once when it is over."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Incident(models.Model):
    """Something critical, from when it was first seen until it was seen to be over: one row, however many records."""

    class Kind(models.TextChoices):
        """What is wrong."""

        ENDPOINT = "endpoint", "External system does not answer"
        PAUSED = "paused", "External system is gone"
        GIVEN_UP = "given_up", "Deliveries given up"
        ODOO_AWAY = "odoo_away", "Odoo does not answer"
        ODOO_KEY = "odoo_key", "Odoo refuses the hub"
        HEARING = "hearing", "Odoo's outbox was changed"
        RUN = "run", "A run failed"
        DRIFT = "drift", "Odoo's fields changed"

    kind = models.CharField("what", max_length=20, choices=Kind.choices)
    subject = models.CharField(max_length=100, help_text="Which configuration or connection, as kind and number.")
    name = models.CharField("where", max_length=200, help_text="What people call it.")
    what = models.TextField("what happened")
    advice = models.TextField("what to do")
    page = models.CharField(max_length=300, blank=True, help_text="The path of the admin's page for it.")
    count = models.PositiveIntegerField("how many", default=0)
    began_at = models.DateTimeField("since", default=timezone.now)
    seen_at = models.DateTimeField("last seen", default=timezone.now)
    looks = models.PositiveIntegerField(default=1, help_text="In how many looks it was seen.")
    over_at = models.DateTimeField("over", null=True)

    class Meta:
        """Newest first; each is open once, however many processes look."""

        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], condition=Q(over_at__isnull=True), name="incident_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.name}"


class Notice(models.Model):
    """One notice of an incident that somebody is owed, by one way; tried again until it is taken, or given up."""

    class Way(models.TextChoices):
        """How it goes out."""

        MAIL = "mail", "E-mail"
        WEBHOOK = "webhook", "Webhook"

    class Occasion(models.TextChoices):
        """What it tells."""

        BEGAN = "began", "Began"
        OVER = "over", "Over"

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="notices")
    way = models.CharField(max_length=10, choices=Way.choices)
    occasion = models.CharField(max_length=10, choices=Occasion.choices)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField("sent", null=True)
    given_up_at = models.DateTimeField("given up", null=True)
    error = models.TextField(blank=True)

    class Meta:
        """Each is owed once."""

        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["incident", "way", "occasion"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.get_way_display()}, {self.get_occasion_display().lower()}: {self.incident}"
