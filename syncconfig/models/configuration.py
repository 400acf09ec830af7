"""What is exchanged: one configuration for one model, one direction, one partner system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, overload

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from hub.cron import cron_of
from syncconfig import schedules
from syncconfig.choices import METHODS
from syncconfig.models.callers import WhoMayCall
from syncconfig.models.connection import OdooConnection
from syncconfig.models.pulling import HowToPull
from syncconfig.models.sending import HowToSend, WhatAnswersMean
from syncconfig.models.triggers import WhenToSend
from syncconfig.validators import (
    validate_after,
    validate_before,
    validate_condition,
    validate_domain,
    validate_external_key,
    validate_model_name,
    validate_response,
)

if TYPE_CHECKING:
    from syncconfig.sending import Outcome


class Configuration(WhoMayCall, HowToSend, WhatAnswersMean, WhenToSend, HowToPull):
    """An In configuration answers external systems; an Out configuration sends Odoo's records to one, or with the
    method GET pulls its list into Odoo.

    Fields that the other request type needs are ignored; the admin hides them.
    """

    class RequestType(models.TextChoices):
        """Who calls whom."""

        IN = "in", "In: external systems call the hub"
        OUT = "out", "Out: the hub calls an external system"

    class Unmapped(models.TextChoices):
        """What to do with a key of the payload that no mapping names."""

        REJECT = "reject", "Refuse the request and name the key"
        IGNORE = "ignore", "Leave it out"

    class OnMatch(models.TextChoices):
        """What to do with a create whose record is there already."""

        REFUSE = "refuse", "Refuse it: 409, with the record's id"
        UPDATE = "update", "Update the record"

    code = models.SlugField(
        max_length=64, unique=True, help_text="Short name for addresses and commands, such as customers-out."
    )
    name = models.CharField(max_length=100, help_text="How people call it, such as Customers to the CRM.")
    active = models.BooleanField(default=True, help_text="Off: it answers nobody and sends nothing.")
    request_type = models.CharField(
        max_length=3, choices=RequestType.choices, default=RequestType.OUT, help_text="The direction of the data."
    )
    connection = models.ForeignKey(
        OdooConnection,
        on_delete=models.PROTECT,
        related_name="configurations",
        verbose_name="Odoo connection",
        help_text="The Odoo whose records are exchanged.",
    )
    model = models.CharField(
        "Odoo model",
        max_length=100,
        validators=[validate_model_name],
        help_text="Technical name: res.partner (contacts), product.product (products), sale.order (sales orders), "
        "account.move (invoices).",
    )
    methods = models.JSONField(
        "HTTP methods",
        default=list,
        help_text="In: what callers may do. POST creates, PUT and PATCH update, DELETE deletes, GET reads and searches."
        " Out: exactly one, with which the external system is called; GET pulls its list into Odoo.",
    )
    note = models.TextField(blank=True, help_text="For people: what this exchange is for.")

    unmapped = models.CharField(
        "keys without a mapping",
        max_length=6,
        choices=Unmapped.choices,
        default=Unmapped.REJECT,
        help_text="What happens when a caller sends a key that no mapping names.",
    )

    match_keys = models.CharField(
        max_length=200,
        blank=True,
        help_text="External keys that tell a record, such as email, or: shop, number. A create that finds a record by "
        "them makes no second one. Empty: each create makes a record. A pull needs them.",
    )
    on_match = models.CharField(
        "when it is there",
        max_length=6,
        choices=OnMatch.choices,
        default=OnMatch.UPDATE,
        help_text="What happens with a create whose record is found by the match keys.",
    )

    records_path = models.CharField(
        "where records are",
        max_length=200,
        blank=True,
        validators=[validate_external_key],
        help_text="For what a third party posts to /api/sync/v1/in/CODE in a form of its own: the way to its records, "
        "such as data.orders. Empty: the body is a record, or a list of them.",
    )

    domain = models.TextField(
        "filter domain",
        blank=True,
        validators=[validate_domain],
        help_text="Which records are sent, in Odoo's notation: [('active', '=', True), ('customer_rank', '>', 0)]. "
        "Expressions work: [('create_date', '>=', datetime.now() - timedelta(days=7))]. Empty: all.",
    )
    is_paginated = models.BooleanField(
        default=False, help_text="Send records in batches: one request carries a JSON list of them."
    )
    page_size = models.PositiveIntegerField(
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="Records in a batch: 50 to 200 suit most systems.",
    )
    script_condition = models.TextField(
        "condition",
        blank=True,
        validators=[validate_condition],
        help_text="Out: a record is sent only when this is true, as in: record.email and "
        "record.country_id.code == 'DE'. In: a request is refused unless it is true, as in: "
        "request_data.get('source') == 'shop'.",
    )
    script_before = models.TextField(
        "before the mapping",
        blank=True,
        validators=[validate_before],
        help_text="Out: result = the records that go on, False for none, or values that replace the record's: "
        "result = {'phone': (record.phone or '').replace(' ', '')}. In: result = the data that is mapped, in place of "
        "request_data.",
    )
    script_after = models.TextField(
        "after the mapping",
        blank=True,
        validators=[validate_after],
        help_text="Out: result = what is sent, in place of request_data: result = {'data': request_data, 'source': "
        "'odoo'}. In: result = Odoo's values, in place of values.",
    )
    script_response = models.TextField(
        "on the response",
        blank=True,
        validators=[validate_response],
        help_text="Out: sees response['status'], ['json'], ['text']; result = False, or raise UserError('...'), and "
        "the answer is no success. In: result = the data of the answer.",
    )
    scripts_may_write = models.BooleanField(
        "scripts may write to Odoo",
        default=False,
        help_text="Lets this configuration's scripts change records, as in: "
        "record.write({'ref': response['json']['id']}).",
    )
    drift = models.TextField(
        blank=True, editable=False, help_text="What the last check of the mapped fields found; empty when all is well."
    )
    drift_checked_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """By name."""

        ordering = ["name"]
        permissions = [("run_configuration", "Can run an Out configuration now")]
        indexes = [models.Index(fields=["request_type", "model", "active"])]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, and keep the cluster's schedule in step, whoever saves."""
        self.schedule = cron_of(self.schedule)
        super().save(*args, **kwargs)
        schedules.keep_in_step(self.pk, self.schedule if self.active and self.is_out else "")

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete, and its schedule with it."""
        schedules.keep_in_step(self.pk, "")
        return super().delete(*args, **kwargs)

    @property
    def is_out(self) -> bool:
        """Whether the hub is the one who calls."""
        return self.request_type == self.RequestType.OUT

    @property
    def pulls(self) -> bool:
        """Whether it fetches an external system's list into Odoo."""
        return self.is_out and self.methods == ["GET"]

    @property
    def listens(self) -> bool:
        """Whether changes in Odoo trigger it."""
        return self.is_out and (self.on_create or self.on_update or self.on_delete or self.on_state)

    @overload
    def make_outbound_request(self, records: int | Mapping[str, Any], timeout: float | None = None) -> Outcome: ...

    @overload
    def make_outbound_request(
        self, records: Iterable[int | Mapping[str, Any]], timeout: float | None = None
    ) -> list[Outcome]: ...

    def make_outbound_request(
        self, records: int | Mapping[str, Any] | Iterable[int | Mapping[str, Any]], timeout: float | None = None
    ) -> Outcome | list[Outcome]:
        """Send these records now, in this process, and answer what came back; see syncconfig.sending.now.

        ``records``: a record's id, the record as it was read (with its ``id``), or several of them; one gets one
        outcome, several a list. ``timeout``: seconds to wait for each answer, in place of the read timeout.
        """
        from syncconfig import sending  # noqa: PLC0415 - what sends stands above the models

        alone = isinstance(records, int | Mapping)
        outcomes = sending.now(self, [records] if alone else records, timeout)  # type: ignore[list-item, arg-type]
        return outcomes[0] if alone else outcomes

    def clean(self) -> None:
        """The rules that concern several fields; raises ValidationError by field."""
        wrong: dict[str, str] = {}
        known = {name for name, _ in METHODS}
        if not isinstance(self.methods, list) or not set(self.methods) <= known:
            wrong["methods"] = f"Choose among {', '.join(sorted(known))}."
        elif self.is_out and len(self.methods) != 1:
            wrong["methods"] = "An Out configuration calls with exactly one HTTP method: choose one."
        elif not self.methods:
            wrong["methods"] = "Choose at least one HTTP method; GET alone lets callers read."
        wrong |= self._wrong_of_out() if self.is_out else self.wrong_of_callers()
        if self.pulls:
            wrong |= self._wrong_triggers()
            wrong |= self.wrong_of_pull({"url": self.url, "query": self.query}, self.match_keys)
        if wrong:
            raise ValidationError(wrong)

    def _wrong_triggers(self) -> dict[str, str]:
        told = "A pull begins by hand, by the API or on a schedule: what happens in Odoo cannot trigger it."
        return {name: told for name in ("on_create", "on_update", "on_delete", "on_state") if getattr(self, name)}

    def _wrong_of_out(self) -> dict[str, str]:
        wrong = self.wrong_of_triggers()
        if not self.url:
            wrong["url"] = (
                "An Out configuration needs the address that it calls, such as https://api.example.com/partners"
            )
        needed = {
            "basic": {"auth_login": "the login", "auth_password": "the password"},
            "bearer": {"auth_token": "the token"},
            "api_key": {"auth_token": "the key", "auth_header": "the header's name, such as X-API-Key"},
            "api_key_query": {"auth_token": "the key", "auth_header": "the parameter's name, such as api_key"},
            "oauth2": {
                "auth_login": "the client ID",
                "auth_password": "the client secret",
                "oauth_url": "the token address, such as https://login.example.com/oauth/token",
            },
        }
        wrong |= self.wrong_of_sending()
        for name, what in needed.get(self.auth_scheme, {}).items():
            if not getattr(self, name):
                wrong[name] = f"This authorization type needs {what}."
        if bool(self.tls_certificate.strip()) != bool(self.tls_key.strip()):
            name = "tls_key" if self.tls_certificate.strip() else "tls_certificate"
            wrong[name] = "A client certificate and its key belong together: paste both, or none."
        if self.pulls:
            return wrong
        if self.body_type == "text" and not (self.body_template.strip() or self.script_after.strip()):
            wrong["body_template"] = "A body of type Text is what a template makes: write one."
        if self.is_paginated and self.body_type in ("form", "multipart") and not self.body_template.strip():
            wrong["body_type"] = "A form carries one record: choose JSON or XML for batches."
        return wrong
