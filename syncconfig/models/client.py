"""External systems that may call the API, and their tokens."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

PREFIX = "hub_"
SHOWN = 10
"""How many characters of a token stay readable, to tell tokens apart."""


class ApiClient(models.Model):
    """An external system: what it may use, and its tokens."""

    name = models.CharField(max_length=100, unique=True, help_text="The system that calls, such as Web shop.")
    active = models.BooleanField(default=True, help_text="Off: all its tokens are refused.")
    all_configurations = models.BooleanField(
        "may use all",
        default=False,
        help_text="It may use every active In configuration, also those that are made later.",
    )
    configurations = models.ManyToManyField(
        "syncconfig.Configuration",
        blank=True,
        limit_choices_to={"request_type": "in"},
        related_name="clients",
        help_text="The In configurations that it may use, unless it may use all.",
    )
    note = models.TextField(blank=True, help_text="For people: who runs it, whom to call.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """By name."""

        verbose_name = "API client"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def issue_token(self, ttl: timedelta | None = None) -> str:
        """Make a token and answer it in plain: the only time that anybody sees it. ``ttl``: how long it is valid."""
        token = PREFIX + secrets.token_urlsafe(32)
        self.tokens.create(
            prefix=token[:SHOWN], digest=digest(token), expires_at=timezone.now() + ttl if ttl is not None else None
        )
        return token


class ApiToken(models.Model):
    """A bearer token, kept as a digest: whoever reads the database cannot use it."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="tokens")
    prefix = models.CharField("begins with", max_length=SHOWN, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField("created", auto_now_add=True)
    expires_at = models.DateTimeField("expires", null=True, blank=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField("revoked", null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)

    class Meta:
        """Newest first."""

        verbose_name = "token"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    def valid_at(self, now: datetime) -> bool:
        """Whether it opens the door at that time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at) and self.client.active


def digest(token: str) -> str:
    """SHA-256 in hex. No slow hash: a token is 256 random bits, which nobody can guess at any speed."""
    return hashlib.sha256(token.encode()).hexdigest()
