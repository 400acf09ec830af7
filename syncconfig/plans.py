"""From the rows of the database to the engine's frozen plans, and to the Odoo behind them."""

from __future__ import annotations

import json
from weakref import WeakKeyDictionary

from hub.errors import Misconfigured
from hub.flow.plan import InboundPlan, OutboundPlan
from hub.http import auth
from hub.http.retry import RetryPolicy
from hub.odoo.connect import connect
from hub.odoo.connection import Odoo
from hub.odoo.introspect import Introspection
from hub.transform.path import ABSENT
from hub.transform.records import Describe
from hub.transform.rule import Rule
from syncconfig.models import Configuration, FieldMapping, OdooConnection

DELAYS = RetryPolicy().delays


def odoo_of(connection: OdooConnection) -> Odoo:
    """The pooled way to that Odoo; raises Misconfigured when the connection is switched off."""
    if not connection.active:
        raise Misconfigured(f"The Odoo connection “{connection.name}” is switched off.")
    return connect(connection.target())


_known: WeakKeyDictionary[Odoo, Introspection] = WeakKeyDictionary()


def describer(odoo: Odoo) -> Describe:
    """What the engine asks for a model's fields; remembered for some minutes."""
    return _known.setdefault(odoo, Introspection(odoo)).fields


def rules_of(configuration: Configuration) -> tuple[Rule, ...]:
    """The mapping's rows, in order."""
    return tuple(_rule(row) for row in configuration.mappings.all())


def inbound_plan(configuration: Configuration) -> InboundPlan:
    """The plan of an In configuration."""
    return InboundPlan(
        code=configuration.code,
        model=configuration.model,
        rules=rules_of(configuration),
        methods=frozenset(configuration.methods),
        reject_unmapped=configuration.unmapped == Configuration.Unmapped.REJECT,
    )


def outbound_plan(configuration: Configuration) -> OutboundPlan:
    """The plan of an Out configuration."""
    credentials = auth.Credentials(
        username=configuration.auth_login,
        password=configuration.auth_password,
        token=configuration.auth_token,
        api_key=configuration.auth_token,
        api_key_header=configuration.auth_header or "X-API-Key",
    )
    headers = list(configuration.headers.all())
    batch = configuration.is_paginated
    return OutboundPlan(
        code=configuration.code,
        model=configuration.model,
        rules=rules_of(configuration),
        method=configuration.methods[0],
        url=configuration.url,
        headers=tuple((header.name, header.value) for header in headers),
        auth_scheme=configuration.auth_scheme,
        credentials=credentials,
        connect_timeout=configuration.connect_timeout,
        read_timeout=configuration.read_timeout,
        domain=configuration.domain,
        batch_size=configuration.page_size if batch else 1,
        is_batch=batch,
        retry=RetryPolicy(delays=(*DELAYS, *DELAYS[-1:] * 12)[: configuration.max_attempts]),
        secrets=(
            *auth.scheme(configuration.auth_scheme).secrets(credentials),
            *(header.value for header in headers if header.secret),
        ),
    )


def _rule(row: FieldMapping) -> Rule:
    default = ABSENT
    if row.default.strip():
        try:
            default = json.loads(row.default)
        except ValueError:
            default = row.default
    return Rule(
        row.odoo_field,
        row.external_key,
        row.kind,
        row.required,
        default,
        row.optional,
        row.detail,
        row.direction,
        row.skip_empty,
    )
