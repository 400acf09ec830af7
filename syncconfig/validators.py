"""What may be saved: checks that name the field and say what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from hub import addresses
from hub.cron import check_cron
from hub.crypto import are_certificates, holds_private_key
from hub.errors import HubError
from hub.flow import answers, listing, scripting, shape
from hub.flow.filters import domain_of
from hub.http.guard import EgressPolicy, literal, origin
from hub.http.headers import check_header
from hub.http.networks import Network, nobodys_service, within
from hub.http.retry import status_rules
from hub.redact import is_secret_name, secret_in_url
from hub.transform import path, script
from syncconfig.choices import METHODS

validate_model_name = RegexValidator(
    r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", "Write the technical name of the Odoo model, such as res.partner."
)
validate_field_path = RegexValidator(
    r"^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*$",
    "Write the technical name of the Odoo field, such as email; a dot follows a relation: country_id.code.",
)
validate_field_name = RegexValidator(
    r"^[a-zA-Z_][a-zA-Z0-9_]*$", "Write the technical name of a field of the record itself, such as ref."
)
FIELD_NAME = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE)
SHORTEST_WAIT, LONGEST_WAIT = 0.1, 300
"""Seconds."""

ORDER = re.compile(r"^\s*\w+(\s+(asc|desc))?(\s*,\s*\w+(\s+(asc|desc))?)*\s*$", re.IGNORECASE)


def allowed_networks() -> tuple[Network, ...]:
    """HUB_ALLOWED_NETWORKS."""
    return tuple(ip_network(each) for each in settings.HUB_ALLOWED_NETWORKS)


def egress_policy() -> EgressPolicy:
    """Where deliveries may go: HUB_ALLOWED_NETWORKS, and with the demo the hub itself."""
    return EgressPolicy(
        allowed_networks(),
        allowed_origins=frozenset(origin(each) for each in settings.HUB_ALLOWED_ORIGINS),
    )


def told(check: Callable[[str], object]) -> Callable[[str], None]:
    """A Django validator from a check of the engine: its HubError becomes a ValidationError."""

    def validate(value: str) -> None:
        try:
            check(value)
        except HubError as error:
            raise ValidationError(error.message) from None

    return validate


def validate_external_key(value: str) -> None:
    """A path into the external JSON: ``email``, ``address.city``, ``lines[0].street``, ``lines[].sku``."""
    told(path.steps)(value.replace(f"{path.EACH}.", "."))


def validate_answer_path(value: str) -> None:
    """A path into the answer: ``id``, ``data.id``, ``items[].id``, ``[].id``."""
    told(answers.parts)(value)


def validate_json_path(value: str) -> None:
    """A JSONPath: ``$.data.orders``, ``$.items[*]``, ``updated_at``."""
    told(listing.compiled)(value)


def validate_url(value: str) -> None:
    """An http(s) address outside of forbidden networks, as far as can be told without a look-up; no secret in it."""
    told(egress_policy().check_url)(value)
    name = secret_in_url(value)
    if name:
        raise ValidationError(
            f"“{name}” in this address looks like a secret, and addresses are stored and shown in clear. Take it out. "
            "Under Authorization choose “API key in the address” (or in a header), which stores it encrypted."
        )


def validate_template_url(value: str) -> None:
    """As validate_url, for an address that may hold values of a record."""
    told(lambda url: shape.check_url(url, validate_url))(value)


def validate_parameters(value: str) -> None:
    """Query parameters, one a line; none that is a secret."""
    told(shape.parameters)(value)
    for name, given in shape.parameters(value):
        if is_secret_name(name) and not shape.is_template(given):
            raise ValidationError(
                f"“{name}” looks like a secret, and parameters are stored and shown in clear. Under Authorization "
                "choose “API key in the address”, which stores it encrypted."
            )


def validate_template(value: str) -> None:
    """A template in Liquid."""
    told(shape.template)(value)


def validate_status_rules(value: str) -> None:
    """What statuses mean, one a line."""
    told(status_rules)(value)


def validate_success(value: str) -> None:
    """An expression on the answer."""
    _validate_script(value, "response")


def validate_certificates(value: str) -> None:
    """One or several certificates in PEM, without a private key: these columns are shown in clear."""
    if holds_private_key(value):
        raise ValidationError(
            "A private key stands in this text, and this field is stored and shown in clear. Leave here only what is "
            "between BEGIN CERTIFICATE and END CERTIFICATE; the key of a client certificate goes into “key of the "
            "client certificate”, which is stored encrypted."
        )
    if not are_certificates(value):
        raise ValidationError(
            "This is no certificate. Paste the text from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----."
        )


def validate_odoo_url(value: str) -> None:
    """The address of an Odoo: https or http, without credentials and parameters."""
    try:
        parts = urlsplit(value.strip())
        parts.port  # noqa: B018 - raises for what is no port
    except ValueError:
        raise ValidationError("This is not an address. Write it like https://mycompany.odoo.com") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError("The address starts with https://, such as https://mycompany.odoo.com")
    if "@" in parts.netloc:
        raise ValidationError("Leave user and password out of the address: they have fields of their own below.")
    if parts.query or parts.fragment:
        raise ValidationError("Leave out everything from ? or # on: https://mycompany.odoo.com is enough.")
    try:
        address = literal(f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname)
    except HubError as error:
        raise ValidationError(error.message) from None
    kind = nobodys_service(address) if address is not None and not within(address, allowed_networks()) else None
    if kind is not None:
        raise ValidationError(
            f"{parts.hostname} is {kind} address, where no Odoo is expected and which the hub does not call. If Odoo "
            "really is there, add its network to HUB_ALLOWED_NETWORKS."
        )


def validate_networks(value: str) -> None:
    """A list of networks."""
    try:
        addresses.networks(value)
    except ValueError as error:
        raise ValidationError(str(error)) from None


def validate_trusted_networks(value: str) -> None:
    """A list of networks from which nobody needs a password: none that is a large part of the world."""
    validate_networks(value)
    for network in addresses.networks(value):
        if network.prefixlen < addresses.LARGEST_TRUSTED[network.version]:
            raise ValidationError(
                f"{network} is too large a part of the world to be trusted. Name the networks of the systems that "
                "call, such as 10.20.0.0/16."
            )


def validate_methods(value: object) -> None:
    """A list of HTTP methods, with one at least."""
    known = [name for name, _ in METHODS]
    if not isinstance(value, list) or not value or not all(one in known for one in value):
        raise ValidationError(f"Choose at least one of {', '.join(known)}.")


def validate_domain(value: str) -> None:
    """A search domain such as ``[('active', '=', True)]``, also with expressions, which are tried."""
    told(domain_of)(value)


def validate_condition(value: str) -> None:
    """A condition: a script, usually of one expression."""
    _validate_script(value, "condition")


def validate_before(value: str) -> None:
    """A script that runs before the mapping."""
    _validate_script(value, "before")


def validate_after(value: str) -> None:
    """A script that runs after the mapping."""
    _validate_script(value, "after")


def validate_response(value: str) -> None:
    """A script that sees the response."""
    _validate_script(value, "response")


def _validate_script(value: str, name: str) -> None:
    found = script.check(value, scripting.NAMES[name]) if value.strip() else []
    if found:
        raise ValidationError([str(problem) for problem in found[:5]])


def validate_field_names(value: str) -> None:
    """Names of fields of the model itself, separated by commas, spaces or lines."""
    for name in value.replace(",", " ").split():
        if not FIELD_NAME.fullmatch(name):
            dotted = " The field itself is watched, without what lies behind a dot." if "." in name else ""
            raise ValidationError(f"“{name[:60]}” is no field's technical name, such as name or partner_id.{dotted}")


def validate_timeout(value: float) -> None:
    """Seconds to wait. NaN, which no comparison refuses, is none."""
    if not SHORTEST_WAIT <= value <= LONGEST_WAIT:
        raise ValidationError(f"Write a number of seconds from {SHORTEST_WAIT} to {LONGEST_WAIT}, such as 15.")


def validate_order(value: str) -> None:
    """An order such as ``name desc, id``."""
    if value.strip() and not ORDER.fullmatch(value):
        raise ValidationError("Write field names, each with asc or desc: name desc, id")


def validate_cron(value: str) -> None:
    """Five fields of cron that come round some day."""
    if value.strip():
        told(check_cron)(value)


def validate_header(name: str, value: str) -> None:
    """A header that the hub may send."""
    try:
        check_header(name, value)
    except HubError as error:
        raise ValidationError(error.message) from None
