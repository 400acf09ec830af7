"""The part of a configuration that says how a request looks, how the hub shows who it is, and what answers mean."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from hub.crypto import wrong_pair
from hub.errors import HubError
from hub.fields import EncryptedTextField
from hub.flow import shape
from hub.http import schemes
from hub.http.auth import Credentials
from syncconfig.choices import auth_schemes, body_types
from syncconfig.validators import (
    validate_certificates,
    validate_parameters,
    validate_status_rules,
    validate_success,
    validate_template,
    validate_template_url,
    validate_timeout,
    validate_url,
)

COLUMNS = {
    "username": "auth_login",
    "password": "auth_password",
    "token": "auth_token",
    "api_key": "auth_token",
    "api_key_header": "auth_header",
    "token_url": "oauth_url",
}
"""In which column the fields of Credentials stand."""


class HowToSend(models.Model):
    """What the external system is sent, and how."""

    url = models.CharField(
        "request URL",
        max_length=1000,
        blank=True,
        validators=[validate_template_url],
        help_text="The complete address of the external API, such as https://api.example.com/partners. Values of the "
        "record can stand in it: https://api.example.com/partners/{{ ref }}",
    )
    url_is_literal = models.BooleanField(
        default=False, editable=False, help_text="It is called as it stands: an API client registered it."
    )
    query = models.TextField(
        "query parameters",
        blank=True,
        validators=[validate_parameters],
        help_text="One a line, as name = value; values of the record work: lang = {{ lang }}. One that is empty is "
        "left out.",
    )
    body_type = models.CharField(
        "body",
        max_length=20,
        choices=body_types,
        default="json",
        help_text="JSON, for a batch as a list. Form: name=Ann&address[city]=Berlin. Form with files: binary fields go "
        "as files. XML: an element for each key. Text: what the template makes. No body: all is in the address.",
    )
    body_template = models.TextField(
        blank=True,
        validators=[validate_template],
        help_text='Empty: what the mapping makes is sent as it is. Else it is wrapped: {"items": {{ data | json }}, '
        '"count": {{ count }}}. Without batches, the record\'s own fields can be named, too: {{ name | json }}.',
    )
    xml_root = models.CharField(
        "XML elements",
        max_length=100,
        blank=True,
        help_text="The outer element, and behind a slash the one of each record of a batch: orders/order. "
        "Empty: records/record.",
    )
    connect_timeout = models.FloatField(
        "connection timeout",
        default=5.0,
        validators=[validate_timeout],
        help_text="Seconds to reach the external system.",
    )
    read_timeout = models.FloatField(
        default=15.0, validators=[validate_timeout], help_text="Seconds to wait for its answer."
    )
    auth_scheme = models.CharField(
        "authorization type",
        max_length=20,
        choices=auth_schemes,
        default="none",
        help_text="How the hub shows the external system who it is.",
    )
    auth_login = models.CharField(
        "login",
        max_length=200,
        blank=True,
        help_text="For Basic Auth: the user name. For OAuth 2.0: the client ID.",
    )
    auth_password = EncryptedTextField(
        "password", blank=True, help_text="For Basic Auth; for OAuth 2.0: the client secret. Stored encrypted."
    )
    auth_token = EncryptedTextField(
        "token",
        blank=True,
        help_text="The bearer token or the API key, such as sk_live_abc123xyz789. Stored encrypted.",
    )
    auth_header = models.CharField(
        "name of the header or parameter",
        max_length=100,
        blank=True,
        default="",
        help_text="Under which the API key is sent: a header such as X-API-Key, or a parameter such as api_key.",
    )
    oauth_url = models.CharField(
        "token address",
        max_length=1000,
        blank=True,
        validators=[validate_url],
        help_text="Where the hub gets its tokens: https://login.example.com/oauth/token. It renews them by itself.",
    )
    oauth_scope = models.CharField(
        "scope", max_length=500, blank=True, help_text="What the token is asked for, such as orders.write. Often empty."
    )
    tls_check = models.BooleanField(
        "check the certificate",
        default=True,
        help_text="Off: the connection is encrypted, but nobody knows with whom. For trying out only.",
    )
    tls_ca = models.TextField(
        "certificate authority",
        blank=True,
        validators=[validate_certificates],
        help_text="For a system with a certificate of its own: paste that of its authority, from -----BEGIN "
        "CERTIFICATE----- on. It alone is trusted then. Empty: the authorities that browsers trust.",
    )
    tls_certificate = models.TextField(
        "client certificate",
        blank=True,
        validators=[validate_certificates],
        help_text="For a system that wants to see one: paste the hub's certificate, with its chain.",
    )
    tls_key = EncryptedTextField(
        "key of the client certificate",
        blank=True,
        help_text="Paste its private key, without a password. Stored encrypted.",
    )

    max_parallel = models.PositiveIntegerField(
        "calls at the same time",
        default=0,
        help_text="For a system that takes only so many, over all workers. 0: the hub decides by how fast it answers.",
    )
    max_per_minute = models.PositiveIntegerField(
        "calls a minute",
        default=0,
        help_text="For a system with a rate limit of its own; the rest waits for its turn. 0: no limit.",
    )

    class Meta:
        """Columns of the configuration."""

        abstract = True

    @property
    def credentials(self) -> Credentials:
        """What its authorization type may need."""
        return Credentials(
            username=self.auth_login,
            password=self.auth_password,
            token=self.auth_token,
            api_key=self.auth_token,
            api_key_header=self.auth_header or "X-API-Key",
            token_url=self.oauth_url,
            scope=self.oauth_scope,
        )

    def wrong_of_sending(self) -> dict[str, str]:
        """What cannot be sent so, by field."""
        wrong: dict[str, str] = {}
        if self.url_is_literal:
            try:
                shape.check_literal(self.url)
            except HubError as error:
                wrong["url"] = error.message
        if self.tls_certificate.strip() and self.tls_key.strip():
            found = wrong_pair(self.tls_certificate, self.tls_key)
            wrong |= {f"tls_{found[0]}": found[1]} if found else {}
        try:
            schemes.scheme(self.auth_scheme).headers(self.credentials)
        except HubError as error:
            wrong[COLUMNS.get(error.details.get("field", ""), "auth_scheme")] = error.message
        return wrong


class WhatAnswersMean(models.Model):
    """What is a success, what is tried again, what is written back."""

    status_rules = models.TextField(
        "statuses",
        blank=True,
        validators=[validate_status_rules],
        help_text="What a status means, one a line: 409 = done, 404 = retry, 400-499 = fail, 410 = disable. The first "
        "line that fits counts. Else: 2xx is done; 408, 425, 429 and 5xx are tried again; 410 pauses the "
        "configuration; all others fail.",
    )
    success_if = models.TextField(
        "success only if",
        blank=True,
        validators=[validate_success],
        help_text="An expression on an answer that is done by its status: (response['json'] or {}).get('ok') == True. "
        "Where it is false, the delivery has failed. response['json'] is None when the answer is no JSON.",
    )
    max_attempts = models.PositiveIntegerField(
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="How often a delivery is tried before a person has to look: 8 takes about 21 hours.",
    )

    class Meta:
        """Columns of the configuration."""

        abstract = True
