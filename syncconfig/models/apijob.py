"""Requests that were accepted to be carried out later: what was asked, how far it is, and what was answered."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from hub.errors import HubError
from hub.fields import EncryptedTextField
from syncconfig.models.callers import Scheme
from syncconfig.models.client import ApiClient, ApiToken
from syncconfig.models.configuration import Configuration


class ApiJob(models.Model):
    """One request of a client that preferred not to wait.

    It is carried out by the same view that would have answered at once. A worker claims it with a claim id and a lease;
    whoever lost the lease cannot write the result, and who takes it up again does so under the same ``name``, so that
    Odoo makes no second record. Body and answer are the caller's data: they are stored encrypted.
    """

    class State(models.TextChoices):
        """Where it is; the values are what the API says."""

        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    failure: HubError | None = None
    """What the present attempt met; not stored."""

    uuid = models.UUIDField("id", default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="jobs")
    token = models.ForeignKey(
        ApiToken, on_delete=models.SET_NULL, null=True, related_name="+", help_text="With which it was asked for."
    )
    scheme = models.CharField(max_length=10, choices=Scheme.choices)
    address = models.CharField("from", max_length=45, help_text="The network address that called.")
    name = models.CharField(
        max_length=200, unique=True, editable=False, help_text="Under which it is carried out once in Odoo."
    )
    configuration = models.ForeignKey(Configuration, on_delete=models.SET_NULL, null=True, related_name="+")
    database = models.CharField(
        "Odoo database",
        max_length=700,
        blank=True,
        help_text="The database that the connection led to when the job was accepted: record ids belong to it.",
    )
    method = models.CharField(max_length=8)
    path = models.TextField()
    query = models.TextField(blank=True)
    headers = models.JSONField(default=dict)
    body = EncryptedTextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField("operations done", default=0)
    total = models.PositiveIntegerField("operations", null=True, help_text="Of a batch, once it has begun.")
    answer_status = models.PositiveIntegerField("answer", null=True, help_text="The answer's HTTP status.")
    answer_location = models.TextField(blank=True)
    answer = EncryptedTextField(blank=True)
    error = models.TextField(blank=True)
    trace_id = models.CharField("trace id", max_length=64, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    claim_id = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField("created", default=timezone.now)
    started_at = models.DateTimeField("started", null=True)
    finished_at = models.DateTimeField("finished", null=True)

    class Meta:
        """Newest first; the partial index holds unfinished rows only."""

        verbose_name = "job"
        permissions = [("control_apijob", "Can cancel jobs and run them again")]
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["client", "id"], name="job_order", condition=Q(finished_at__isnull=True)),
            models.Index(fields=["client", "-id"], name="job_of_client"),
            models.Index(fields=["client", "-started_at"], name="job_served", condition=Q(started_at__isnull=False)),
            models.Index(fields=["finished_at"], name="job_finished"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
