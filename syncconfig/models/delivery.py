"""The outbox: one row for each message that an external system is owed."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hub.fields import EncryptedTextField
from syncconfig.models.configuration import Configuration


class Delivery(models.Model):
    """A message on its way out, committed together with its cause.

    It names the records, not their values: those are read from Odoo when it is sent, so that the
    newest ones go out. A deleted record cannot be read any more: its last values travel in ``values``.
    An id means something in one database only: when the connection leads to another one than
    ``database``, the message is held until it leads back, or a person decides.
    A worker claims it with a claim id and a lease; whoever lost the lease cannot write the result.
    """

    class State(models.TextChoices):
        """Where it is."""

        PENDING = "pending", "Waiting"
        SENDING = "sending", "Sending"
        HELD = "held", "Another database"
        DONE = "done", "Delivered"
        SKIPPED = "skipped", "Nothing to send"
        DEAD = "dead", "Given up"

    class Event(models.TextChoices):
        """What caused it."""

        MANUAL = "manual", "Sent by hand"
        SCHEDULE = "schedule", "Schedule"
        API = "api", "Asked for by API"
        COMMAND = "command", "Command"
        CREATE = "create", "Record created"
        UPDATE = "update", "Record updated"
        DELETE = "delete", "Record deleted"
        STATE = "state", "State changed"
        BATCH = "batch", "Batch completed"

    UNFINISHED = (State.PENDING, State.SENDING, State.HELD)
    """Exactly the states in which ``finished_at`` is empty; ``held_at`` is filled in HELD alone. The queries of the
    outbox ask for these columns: SQLite takes a partial index only for a condition that stands in the query literally,
    and states are parameters."""

    message_id = models.UUIDField(
        default=uuid.uuid4, unique=True, editable=False, help_text="The same over all attempts."
    )
    configuration = models.ForeignKey(Configuration, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=10, choices=Event.choices)
    database = models.CharField(
        "Odoo database", max_length=700, blank=True, default="", help_text="The database that the record ids belong to."
    )
    model = models.CharField(max_length=100)
    record_ids = models.JSONField(default=list)
    record_id = models.BigIntegerField(
        null=True, help_text="The record, when it is about one: such messages keep their order."
    )
    values = models.JSONField(null=True, blank=True, help_text="The last values of a deleted record.")
    change = models.JSONField(
        null=True,
        blank=True,
        help_text="What changed in Odoo, as far as it is known: the fields, what they were and became, when, by whom.",
    )
    replayed = models.BooleanField(default=False, editable=False)
    """Whether the receiver may have had it before, though it counts no attempt."""

    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveIntegerField(default=0)
    claim_id = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    last_status = models.PositiveIntegerField("last answer", null=True)
    last_error = models.TextField(blank=True)
    unwritten = EncryptedTextField(blank=True, editable=False)
    """What the answer said that is still to be written to Odoo, as JSON; then it has arrived."""

    trace_id = models.CharField("trace id", max_length=64, blank=True, db_index=True)
    run = models.ForeignKey("syncconfig.Run", on_delete=models.SET_NULL, null=True, related_name="deliveries")
    created_at = models.DateTimeField("created", default=timezone.now)
    finished_at = models.DateTimeField("finished", null=True)
    held_at = models.DateTimeField("held since", null=True)

    class Meta:
        """Newest first; the partial indexes hold unfinished rows only, so claims stay fast in a large table."""

        verbose_name_plural = "deliveries"
        permissions = [("replay_delivery", "Can send a delivery again")]
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="delivery_due",
                condition=Q(finished_at__isnull=True, held_at__isnull=True),
            ),
            models.Index(
                fields=["configuration", "database"], name="delivery_held", condition=Q(held_at__isnull=False)
            ),
            models.Index(
                fields=["record_id", "id"],
                name="delivery_order",
                condition=Q(finished_at__isnull=True, record_id__isnull=False),
            ),
            models.Index(fields=["state", "-id"], name="delivery_state"),
            models.Index(fields=["configuration", "-id"], name="delivery_configuration"),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}: {self.records_text()}"

    def records_text(self) -> str:
        """The model and the first ids, for people."""
        return f"{self.model} {', '.join(map(str, self.record_ids[:3]))}{'…' if len(self.record_ids) > 3 else ''}"
