"""How often a caller has called in the present hour and minute, and how often somebody failed to say who they are."""

from __future__ import annotations

from django.db import models


class CallCount(models.Model):
    """The calls of one caller in one window; the row of a window that is over is counted from one again."""

    caller = models.CharField(max_length=64, help_text="A client by its id, or an address.")
    seconds = models.PositiveIntegerField(help_text="The window's length: 3600 or 60.")
    starts = models.BigIntegerField(help_text="When the window began, in seconds since 1970.")
    calls = models.PositiveIntegerField(default=0)

    class Meta:
        """One row a caller and length."""

        constraints = [models.UniqueConstraint(fields=["caller", "seconds"], name="call_count_once")]

    def __str__(self) -> str:
        return f"{self.calls} in {self.seconds} s"


class Lockout(models.Model):
    """Failed attempts from one place: with one login or token, or, where that is empty, all of them together."""

    class Door(models.TextChoices):
        """Where somebody tried to get in."""

        API = "api", "API"
        ADMIN = "admin", "Admin"

    key = models.CharField(max_length=64, unique=True, editable=False)
    door = models.CharField(max_length=5, choices=Door.choices)
    place = models.CharField("from", max_length=64, help_text="A network address; for IPv6 its /64 network.")
    login = models.CharField(
        "as",
        max_length=150,
        blank=True,
        help_text="The user or client, where there is one of that name: others may be passwords typed in the wrong "
        "place, and are not kept.",
    )
    failures = models.PositiveIntegerField("failed attempts", default=0)
    failed_at = models.DateTimeField("last one")
    locked_until = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        verbose_name = "failed login"
        ordering = ["-failed_at"]
        indexes = [models.Index(fields=["failed_at"])]

    def __str__(self) -> str:
        return f"{self.place}, {self.login or 'whoever'}"
