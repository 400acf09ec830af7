"""Who may call an In configuration: the ways to say who one is that it accepts, and the networks that need none."""

from __future__ import annotations

from django.db import models

from hub import addresses
from syncconfig.validators import validate_trusted_networks


class Scheme(models.TextChoices):
    """How a caller says who it is."""

    BEARER = "bearer", "Bearer token"
    BASIC = "basic", "Basic (client ID and token)"
    OAUTH = "oauth2", "OAuth 2.0"
    NONE = "none", "no authentication"


class WhoMayCall(models.Model):
    """The columns of an In configuration that concern its callers. Several schemes may be accepted at once."""

    accepts_bearer = models.BooleanField(
        "Bearer token",
        default=True,
        help_text="The caller sends a token of an API client: Authorization: Bearer hub_...",
    )
    accepts_basic = models.BooleanField(
        "Basic",
        default=False,
        help_text="For systems that ask for a user name and a password: the client's ID, and one of its tokens.",
    )
    accepts_oauth = models.BooleanField(
        "OAuth 2.0",
        default=False,
        help_text="Client credentials: with the client's ID and an OAuth secret the caller gets a token for an hour "
        "from /api/sync/v1/oauth/token.",
    )
    accepts_anybody = models.BooleanField(
        "no authentication",
        default=False,
        help_text="Everybody in the trusted networks may use it, as far as its HTTP methods go. For systems that "
        "cannot send a token.",
    )
    trusted_networks = models.TextField(
        blank=True,
        validators=[validate_trusted_networks],
        help_text="From where callers need no authentication: 10.20.0.0/16, 192.168.1.7, fd00:1::/64. "
        "Separate them by commas or lines. Empty: from nowhere.",
    )
    anybody_per_hour = models.PositiveIntegerField(
        "calls an hour", default=1000, help_text="From each address; more are refused (429). 0: no limit."
    )
    anybody_per_minute = models.PositiveIntegerField(
        "calls a minute", default=100, help_text="From each address; more are refused (429). 0: no limit."
    )

    class Meta:
        """Part of the configuration."""

        abstract = True

    @property
    def accepted(self) -> list[Scheme]:
        """The schemes that it accepts."""
        ways = {
            Scheme.BEARER: self.accepts_bearer,
            Scheme.BASIC: self.accepts_basic,
            Scheme.OAUTH: self.accepts_oauth,
            Scheme.NONE: self.accepts_anybody,
        }
        return [scheme for scheme, accepted in ways.items() if accepted]

    def trusts(self, address: str) -> bool:
        """Whether a caller from there needs no authentication."""
        return self.accepts_anybody and addresses.is_within(address, addresses.networks(self.trusted_networks))

    def wrong_of_callers(self) -> dict[str, str]:
        """What is wrong, by field."""
        if not self.accepted:
            return {"accepts_bearer": "Choose at least one way, or nobody can call."}
        if self.accepts_anybody and not addresses.words(self.trusted_networks):
            return {"trusted_networks": "Name the networks from which callers need no authentication: 10.20.0.0/16."}
        return {}
