"""Work in progress: runs of whole configurations, how far changes were heard, and wake-up calls."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from syncconfig.models.client import ApiClient
from syncconfig.models.configuration import Configuration
from syncconfig.models.connection import OdooConnection
from syncconfig.models.pulling import HowFarPulled


class Run(HowFarPulled):
    """Sending all records that match a configuration's domain, page by page; or pulling a third party's list.

    The cursor moves in the same transaction that queues a page's deliveries, so a killed run goes on
    where it was and queues nothing twice. That of a pull is its ``position``.
    """

    class State(models.TextChoices):
        """Where it is."""

        PENDING = "pending", "Waiting"
        RUNNING = "running", "Queueing"
        DONE = "done", "All queued"
        FAILED = "failed", "Failed"

    UNFINISHED = (State.PENDING, State.RUNNING)

    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="runs")
    event = models.CharField(
        "started by",
        max_length=10,
        choices=[("manual", "Hand"), ("schedule", "Schedule"), ("api", "API client"), ("command", "Command")],
        default="manual",
    )
    client = models.ForeignKey(
        ApiClient, on_delete=models.SET_NULL, null=True, related_name="+", help_text="Who asked for it by the API."
    )
    within = models.JSONField(
        "only",
        default=list,
        blank=True,
        help_text="The domain by which this run was narrowed, besides the configuration's own.",
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    database = models.CharField(
        "Odoo database", max_length=700, blank=True, default="", help_text="The database that the last id belongs to."
    )
    cursor = models.BigIntegerField("last record id", default=0)
    records = models.PositiveIntegerField("records queued", default=0)
    due_at = models.DateTimeField(default=timezone.now)
    claim_id = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    error = models.TextField(blank=True)
    trace_id = models.CharField("trace id", max_length=64, blank=True)
    created_at = models.DateTimeField("created", default=timezone.now)
    finished_at = models.DateTimeField("finished", null=True)

    class Meta:
        """Newest first; one unfinished run a configuration."""

        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["configuration"], name="one_unfinished_run", condition=Q(state__in=("pending", "running"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.configuration} {self.created_at:%Y-%m-%d %H:%M}"


class ChangeCursor(models.Model):
    """Up to where the changes of an Odoo's model were heard; moves together with what they caused.

    One for each database that the connection ever led to: back there, listening goes on where it was.
    """

    connection = models.ForeignKey(OdooConnection, on_delete=models.CASCADE, related_name="cursors")
    database = models.CharField("Odoo database", max_length=700, blank=True, default="")
    model = models.CharField(max_length=100)
    source = models.CharField(max_length=20, help_text="How changes are heard: outbox or polling.")
    position = models.JSONField(default=dict)
    listened_at = models.DateTimeField("last heard", null=True)
    hinted_at = models.DateTimeField("last hint", null=True, help_text="When Odoo last hinted at a change.")
    unhinted_at = models.DateTimeField(null=True, help_text="When a change was last found of which no hint had come.")
    error = models.TextField(blank=True)

    class Meta:
        """One for each model of a database that a connection leads to."""

        constraints = [models.UniqueConstraint(fields=["connection", "model", "database"], name="cursor_once")]

    def __str__(self) -> str:
        return f"{self.connection}: {self.model}"


class Wake(models.Model):
    """A wake-up call that is on its way: many causes, one task. A stale one is called again."""

    name = models.CharField(max_length=64, primary_key=True)
    requested_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
