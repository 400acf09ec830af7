"""The log's one model: a row for each exchange with the outside."""

from __future__ import annotations

from http.client import responses

from django.db import models


class ApiLog(models.Model):
    """One exchange: a call that came in, or one that went out. Secrets are redacted before they get here.

    The row is written before the call, as ``open``, and closed after it. A row that stays open belongs to a process
    that died on the way: it becomes ``lost``, for nobody knows how the call ended. Configurations and deliveries are
    named by id and code, not linked: the log outlives them.
    """

    class Direction(models.TextChoices):
        """Who called whom."""

        IN = "in", "In: an external system called the hub"
        OUT = "out", "Out: the hub called an external system"

    class State(models.TextChoices):
        """How far the exchange got."""

        OPEN = "open", "Open"
        OK = "ok", "OK"
        FAILED = "failed", "Failed"
        LOST = "lost", "Interrupted"

    BAD = (State.FAILED, State.LOST)
    """The states that somebody may want to look at."""

    direction = models.CharField(max_length=3, choices=Direction.choices)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    trace_id = models.CharField("trace id", max_length=64, db_index=True, help_text="The X-Request-ID of the call.")
    configuration_id = models.BigIntegerField(null=True, editable=False)
    configuration_code = models.CharField("configuration", max_length=64, blank=True)
    client = models.CharField(max_length=100, blank=True, help_text="The API client that called.")
    address = models.CharField("from", max_length=45, blank=True, help_text="The network address that called.")
    operation = models.CharField(max_length=32, blank=True, help_text="What was asked for: create, search, push, ...")
    model = models.CharField(max_length=100, blank=True, help_text="The Odoo model, such as res.partner.")
    record_ids = models.JSONField("record ids", default=list, help_text="Ids of the Odoo records concerned.")
    record_id = models.BigIntegerField(null=True, help_text="The first of them, for searching.")
    delivery_id = models.BigIntegerField(null=True, db_index=True, editable=False)
    attempt = models.PositiveIntegerField(default=1)
    method = models.CharField(max_length=8)
    url = models.TextField("URL")
    request_headers = models.JSONField(default=list)
    request_body = models.TextField(blank=True)
    response_status = models.PositiveIntegerField("status", null=True)
    response_headers = models.JSONField(default=list)
    response_body = models.TextField(blank=True)
    script_log = models.TextField(blank=True, help_text="What the configuration's scripts logged and printed.")
    error_code = models.CharField(max_length=64, blank=True)
    error_message = models.TextField("error", blank=True)
    started_at = models.DateTimeField("started")
    duration_ms = models.FloatField("duration in ms", null=True)

    class Meta:
        """Newest first; the indexes serve the admin's lists and filters."""

        verbose_name = "log entry"
        verbose_name_plural = "log entries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["configuration_id", "-id"]),
            models.Index(fields=["state", "-id"]),
            models.Index(fields=["model", "record_id"]),
            models.Index(fields=["started_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.configuration_code or self.url} ({self.trace_id})"

    @property
    def reason(self) -> str:
        """Why it did not go well, in words; empty while nothing is known to be wrong."""
        if self.error_message or self.state not in self.BAD:
            return self.error_message
        if self.response_status is None:
            return "No answer came."
        phrase = responses.get(self.response_status, "")
        who = "The external system" if self.direction == self.Direction.OUT else "The hub"
        return f"{who} answered {self.response_status} {phrase}".strip() + "."
