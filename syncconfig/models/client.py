"""External systems that may call the API: what they may use, from where, and their tokens and secrets."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.text import slugify

from hub import addresses
from syncconfig.choices import METHODS
from syncconfig.validators import validate_methods, validate_networks

RUN = "POST"
"""The one method of a grant for an Out configuration: to run it."""

SHOWN = 6
"""How many random characters of a token stay readable, to tell tokens apart."""


def all_methods() -> list[str]:
    """Every HTTP method: what a client may do unless somebody says otherwise."""
    return [name for name, _ in METHODS]


class ApiClient(models.Model):
    """An external system: what it may use, from where, and its tokens."""

    name = models.CharField(max_length=100, unique=True, help_text="The system that calls, such as Web shop.")
    login = models.SlugField(
        "client ID",
        max_length=100,
        unique=True,
        blank=True,
        help_text="Its user name for Basic, and its client_id for OAuth 2.0: web-shop. Empty: made from the name.",
    )
    active = models.BooleanField(default=True, help_text="Off: all its tokens and secrets are refused.")
    all_configurations = models.BooleanField(
        "may use all",
        default=False,
        help_text="It may use every active In configuration, also those that are made later.",
    )
    methods = models.JSONField(
        "HTTP methods",
        default=all_methods,
        validators=[validate_methods],
        help_text="What it may do with all of them, as far as they offer it.",
    )
    configurations = models.ManyToManyField(
        "syncconfig.Configuration", through="syncconfig.Grant", blank=True, related_name="clients"
    )
    networks = models.TextField(
        "allowed networks",
        blank=True,
        validators=[validate_networks],
        help_text="From where it may call: 203.0.113.7, 198.51.100.0/24, 2001:db8::/32. Separate them by commas or "
        "lines. Empty: from anywhere.",
    )
    company_id = models.PositiveIntegerField(
        "company",
        null=True,
        blank=True,
        help_text="Id of the Odoo company in which all its calls work. Empty: that of the Odoo connection.",
    )
    calls_per_hour = models.PositiveIntegerField(default=1000, help_text="More are refused (429). 0: no limit.")
    calls_per_minute = models.PositiveIntegerField(
        default=100, help_text="For bursts; more are refused (429). 0: no limit."
    )
    jobs_waiting = models.PositiveIntegerField(
        "jobs at a time",
        default=100,
        help_text="How many requests it may have in the queue by Prefer: respond-async; more are refused (429). "
        "0: no limit.",
    )
    note = models.TextField(blank=True, help_text="For people: who runs it, whom to call.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """By name."""

        verbose_name = "API client"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, with an ID made from the name where there is none."""
        if not self.login:
            self.login = free_login(self.name, self.pk)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Every client has an ID, and may do something."""
        if not self.login:
            self.login = free_login(self.name, self.pk)

    def may_call_from(self, address: str) -> bool:
        """Whether its calls are taken from there."""
        listed = addresses.networks(self.networks)
        return not listed or addresses.is_within(address, listed)

    def issue_token(self, ttl: timedelta | None = None) -> str:
        """Make a token and answer it in plain: the only time that anybody sees it. ``ttl``: how long it is valid."""
        return self._issue(ApiToken.Kind.TOKEN, ttl)

    def issue_secret(self, ttl: timedelta | None = None) -> str:
        """Make a secret for OAuth 2.0 and answer it in plain: the only time that anybody sees it."""
        return self._issue(ApiToken.Kind.SECRET, ttl)

    def issue_access(self, secret: ApiToken, ttl: timedelta, scope: str) -> tuple[str, int]:
        """Make a short-lived token for who has shown the ``secret``, with which it ends; and for how many seconds."""
        ttl = min(ttl, secret.expires_at - timezone.now()) if secret.expires_at is not None else ttl
        return self._issue(ApiToken.Kind.ACCESS, ttl, issued_by=secret, scope=scope), int(ttl.total_seconds())

    def _issue(self, kind: ApiToken.Kind, ttl: timedelta | None, **columns: Any) -> str:
        beginning = PREFIXES[kind]
        token = beginning + secrets.token_urlsafe(32)
        self.tokens.create(
            kind=kind,
            prefix=token[: len(beginning) + SHOWN],
            digest=digest(token),
            expires_at=timezone.now() + ttl if ttl is not None else None,
            **columns,
        )
        return token


class Grant(models.Model):
    """A configuration that a client may use, and what it may do there."""

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="grants")
    configuration = models.ForeignKey("syncconfig.Configuration", on_delete=models.CASCADE, related_name="grants")
    methods = models.JSONField("HTTP methods", default=all_methods, validators=[validate_methods])

    class Meta:
        """Once for each pair."""

        constraints = [models.UniqueConstraint(fields=["client", "configuration"], name="grant_once")]

    def __str__(self) -> str:
        return f"{self.configuration}: {', '.join(self.methods)}"

    def clean(self) -> None:
        """External systems call In configurations; an Out configuration they may run, which is a POST."""
        if self.configuration_id is not None and self.configuration.is_out and self.methods != [RUN]:
            raise ValidationError({"methods": f"A client may run an Out configuration, and nothing else: {RUN}."})


class ApiToken(models.Model):
    """A token or secret, kept as a digest: whoever reads the database cannot use it."""

    class Kind(models.TextChoices):
        """What it is good for."""

        TOKEN = "token", "Token"
        SECRET = "secret", "OAuth secret"
        ACCESS = "access", "OAuth access token"

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="tokens")
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.TOKEN, editable=False)
    issued_by = models.ForeignKey("self", on_delete=models.CASCADE, null=True, editable=False, related_name="issued")
    scope = models.TextField(blank=True, editable=False, help_text="Configurations, by code; empty: all it may use.")
    prefix = models.CharField("begins with", max_length=20, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField("created", auto_now_add=True)
    expires_at = models.DateTimeField("expires", null=True, blank=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField("revoked", null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)

    class Meta:
        """Newest first."""

        verbose_name = "token"
        verbose_name_plural = "tokens and secrets"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix}…"

    def valid_at(self, now: datetime) -> bool:
        """Whether it opens the door at that time; what a secret issued is valid no longer than the secret."""
        if not (self.in_force(now) and self.client.active):
            return False
        return self.issued_by is None or self.issued_by.in_force(now)

    def in_force(self, now: datetime) -> bool:
        """Whether it is neither revoked nor expired, whatever its client is."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


PREFIXES = {ApiToken.Kind.TOKEN: "hub_", ApiToken.Kind.SECRET: "hub_secret_", ApiToken.Kind.ACCESS: "hub_access_"}
"""How they begin, for people and for programs that search for leaked secrets."""


def free_login(name: str, pk: int | None = None) -> str:
    """An ID that no other client has, made from the name."""
    wanted = slugify(name)[:90] or "client"
    others = ApiClient.objects.filter(login__startswith=wanted).values_list("pk", "login")
    taken = {login for other, login in others if other != pk}
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    return found


def digest(token: str) -> str:
    """SHA-256 in hex. No slow hash: a token is 256 random bits, which nobody can guess at any speed."""
    return hashlib.sha256(token.encode()).hexdigest()
