"""An Odoo that the hub works with."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

from hub.fields import EncryptedTextField
from hub.odoo.connection import Target
from syncconfig.choices import transports
from syncconfig.validators import allowed_networks, validate_odoo_url, validate_timeout

EMBEDDED = "embedded"
NEEDED = {
    "url": "its address, such as https://mycompany.odoo.com",
    "database": "the database's name, such as mycompany",
    "login": "the user that the hub acts as",
}


class OdooConnection(models.Model):
    """Where an Odoo is, how to get in, and what the last check saw.

    With ``from_environment`` the address and the credentials come from the HUB_ODOO_* variables,
    and from the embedded Odoo when those are empty: the demo's connection works so.
    """

    code = models.SlugField(
        max_length=64, unique=True, help_text="Short name for commands and files, such as main-odoo."
    )
    name = models.CharField(max_length=100, help_text="How people call it, such as Main Odoo.")
    active = models.BooleanField(default=True, help_text="Off: nothing is read from or written to this Odoo.")
    from_environment = models.BooleanField(
        "set by the environment",
        default=False,
        help_text="Address and credentials come from the HUB_ODOO_* settings; without them, the embedded Odoo is used.",
    )
    transport = models.CharField(
        max_length=20,
        choices=transports,
        default="auto",
        help_text="Automatic takes JSON-2 for Odoo 19 and later with an API key, JSON-RPC otherwise. "
        "Embedded is the hub's own small Odoo for trying and training.",
    )
    url = models.CharField(
        "URL",
        max_length=500,
        blank=True,
        validators=[validate_odoo_url],
        help_text="Such as https://mycompany.odoo.com",
    )
    database = models.CharField(
        max_length=100, blank=True, help_text="Such as mycompany. Odoo shows it under Settings."
    )
    login = models.CharField(
        max_length=200, blank=True, help_text="The Odoo user that the hub acts as: its e-mail address."
    )
    password = EncryptedTextField(blank=True, help_text="For JSON-RPC, when there is no API key. Stored encrypted.")
    api_key = EncryptedTextField(
        "API key",
        blank=True,
        help_text="Made in Odoo under My Profile, Account Security, New API Key. Stored encrypted.",
    )
    company_id = models.PositiveIntegerField(
        "company",
        null=True,
        blank=True,
        help_text="Id of the Odoo company to work in. Empty: the user's own companies.",
    )
    connect_timeout = models.FloatField(default=5.0, validators=[validate_timeout], help_text="Seconds to reach Odoo.")
    read_timeout = models.FloatField(
        default=30.0, validators=[validate_timeout], help_text="Seconds to wait for an answer."
    )
    hears_by = models.JSONField(
        default=dict,
        editable=False,
        help_text="The outbox or the hints that were set up inside of this Odoo, and the database that they are in.",
    )
    hint_token = EncryptedTextField(
        blank=True,
        editable=False,
        help_text="What Odoo's hints are known by; empty where none are expected. Stored encrypted.",
    )
    checked_at = models.DateTimeField("last check", null=True, editable=False)
    check_ok = models.BooleanField(null=True, editable=False)
    check_message = models.TextField("what it said", blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """By name."""

        verbose_name = "Odoo connection"
        ordering = ["name"]
        permissions = [("test_odooconnection", "Can test an Odoo connection")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A real Odoo needs an address, a database, a login and one credential."""
        if self.from_environment or self.transport == EMBEDDED:
            return
        missing = {
            name: f"Needed to reach Odoo: {example}." for name, example in NEEDED.items() if not getattr(self, name)
        }
        if not (self.password or self.api_key):
            missing["api_key"] = "Give an API key, or a password."
        if missing:
            raise ValidationError(missing)

    @property
    def is_embedded(self) -> bool:
        """Whether it is the hub's own small Odoo."""
        return self.target().transport == EMBEDDED

    def target(self, company_id: int | None = None) -> Target:
        """What the engine connects to; in another company than the connection's own, if one is given."""
        if self.from_environment:
            place = dict(settings.HUB_ODOO)
            if not place["url"]:
                place["transport"] = EMBEDDED
        else:
            place = {
                name: getattr(self, name) for name in ("url", "database", "login", "password", "api_key", "transport")
            }
        if place["transport"] == EMBEDDED:
            place = {"url": str(settings.HUB_EMBEDDED_ODOO), "transport": EMBEDDED}
        company = company_id or self.company_id
        context = (("allowed_company_ids", (company,)),) if company else ()
        return Target(
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
            context=context,
            allowed_networks=allowed_networks(),
            **place,
        )
