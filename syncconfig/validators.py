"""What may be saved: checks that name the field and say what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_network

from croniter import croniter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from hub.errors import HubError
from hub.flow.filters import domain_of
from hub.http.guard import EgressPolicy
from hub.http.headers import check_header

validate_model_name = RegexValidator(
    r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$", "Write the technical name of the Odoo model, such as res.partner."
)
validate_field_path = RegexValidator(
    r"^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*$",
    "Write the technical name of the Odoo field, such as email; a dot follows a relation: country_id.code.",
)
validate_external_key = RegexValidator(
    r"^[^\s.][^.]*(\.[^\s.][^.]*)*$",
    "Write a key of the external JSON, such as email; a dot goes deeper: address.city.",
)
ORDER = re.compile(r"^\s*\w+(\s+(asc|desc))?(\s*,\s*\w+(\s+(asc|desc))?)*\s*$", re.IGNORECASE)


def egress_policy() -> EgressPolicy:
    """Where deliveries may go, from HUB_ALLOWED_NETWORKS."""
    return EgressPolicy(tuple(ip_network(each) for each in settings.HUB_ALLOWED_NETWORKS))


def told(check: Callable[[str], object]) -> Callable[[str], None]:
    """A Django validator from a check of the engine: its HubError becomes a ValidationError."""

    def validate(value: str) -> None:
        try:
            check(value)
        except HubError as error:
            raise ValidationError(error.message) from None

    return validate


def validate_url(value: str) -> None:
    """An http(s) address outside of forbidden networks, as far as it can be told without resolving its name."""
    told(egress_policy().check_url)(value)


def validate_domain(value: str) -> None:
    """A search domain such as ``[('active', '=', True)]``, also with expressions, which are tried."""
    told(domain_of)(value)


def validate_order(value: str) -> None:
    """An order such as ``name desc, id``."""
    if value.strip() and not ORDER.fullmatch(value):
        raise ValidationError("Write field names, each with asc or desc: name desc, id")


def validate_cron(value: str) -> None:
    """Five fields of cron. croniter also takes six, which the scheduler would misread."""
    if value.strip() and (len(value.split()) != 5 or not croniter.is_valid(value)):
        raise ValidationError("Write five fields: minute hour day month weekday. Every hour: 0 * * * *")


def validate_header(name: str, value: str) -> None:
    """A header that the hub may send."""
    try:
        check_header(name, value)
    except HubError as error:
        raise ValidationError(error.message) from None
