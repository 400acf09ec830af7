"""From the rows of the database to the engine's frozen plans, and to the Odoo behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from hub import jsontext
from hub.errors import HubError, Misconfigured, NotPermitted
from hub.flow import outbound as outward
from hub.flow import pulling, shape
from hub.flow.inbound import Inbound
from hub.flow.paging import How
from hub.flow.plan import InboundPlan, OutboundPlan, Scripts
from hub.flow.reading import bind
from hub.flow.services import Live
from hub.http import schemes as auth
from hub.http.message import Tls
from hub.http.retry import RetryPolicy, status_rules
from hub.odoo.connect import connect, identity_of
from hub.odoo.connection import Odoo
from hub.odoo.introspect import Introspection
from hub.odoo.passing import innermost
from hub.transform.mapping import FieldMap
from hub.transform.path import ABSENT
from hub.transform.records import Describe
from hub.transform.rule import Rule
from syncconfig import bounds
from syncconfig.bounds import Bounds
from syncconfig.models import Configuration, FieldMapping, OdooConnection
from syncconfig.models.triggers import words
from syncconfig.remembered import Look
from syncconfig.validators import egress_policy

Fields = Mapping[str, Mapping[str, Any]]
"""A model's fields_get."""

DELAYS = RetryPolicy().delays


def odoo_of(connection: OdooConnection, company_id: int | None = None, known: Look | None = None) -> Odoo:
    """The pooled way to that Odoo, working in that company in place of the connection's own.

    Raises Misconfigured when the connection is switched off.
    """
    if not connection.active:
        raise Misconfigured(f"The Odoo connection “{connection.name}” is switched off.")
    if known is None:
        return connect(connection.target(company_id))
    return connect(known.get(("target", connection.pk, company_id), lambda: connection.target(company_id)))


def database_of(connection: OdooConnection, known: Look | None = None) -> str:
    """Which database that connection leads to now, in words (Odoo.identity)."""
    if known is None:
        return identity_of(connection.target())
    return known.get(("database", connection.pk), lambda: identity_of(connection.target()))


_known: WeakKeyDictionary[Odoo, Introspection] = WeakKeyDictionary()


def describer(odoo: Odoo) -> Describe:
    """What the engine asks for a model's fields; remembered for some minutes."""
    return introspection(odoo).fields


BELIEVED = 10.0
"""Seconds for which it is believed that a field is not there; then Odoo is asked again."""

Bound = TypeVar("Bound")


def bound(odoo: Odoo, make: Callable[[], Bound]) -> Bound:
    """What ``make`` binds to that Odoo's fields; once more with fresh ones, for a field may have come just now."""
    try:
        return make()
    except Misconfigured:
        if not introspection(odoo).forget_older(BELIEVED):
            raise
    return make()


def introspection(odoo: Odoo) -> Introspection:
    """What is known of an Odoo's models."""
    asked = innermost(odoo)
    return _known.setdefault(asked, Introspection(asked))


def services(plan: OutboundPlan, odoo: Odoo, *, dry: bool = False) -> Live:
    """Odoo and the sandbox for one batch or preview; ``dry``: nothing is written."""
    made = Live(odoo, describer(odoo), write_allowed=plan.scripts.may_write, dry=dry)
    made.event = outward.event_of("manual")
    return made


def scripts_of(configuration: Configuration) -> Scripts:
    """The configuration's scripts."""
    return Scripts(
        condition=configuration.script_condition.strip(),
        before=configuration.script_before,
        after=configuration.script_after,
        response=configuration.script_response,
        may_write=configuration.scripts_may_write,
    )


def rules_of(configuration: Configuration) -> tuple[Rule, ...]:
    """The mapping's rows, in order."""
    rows = list(configuration.mappings.all())
    for row in rows:
        row.configuration = configuration  # known already: no query for it
    return tuple(rule_of(row) for row in rows)


def matched_by(configuration: Configuration) -> frozenset[frozenset[str]]:
    """Odoo's fields behind the match keys of each In configuration for this one's model, whatever its connection:
    two connections may lead to the same database.
    """
    if not configuration.match_keys.strip():
        return frozenset()
    found = Configuration.objects.filter(model=configuration.model, request_type=Configuration.RequestType.IN)
    alike = found.exclude(match_keys="").prefetch_related("mappings")
    return frozenset(frozenset(rule.root for rule in rules_of(one) if rule.external_key in _keys(one)) for one in alike)


def _keys(configuration: Configuration) -> tuple[str, ...]:
    return tuple(configuration.match_keys.replace(",", " ").split())


def inbound_plan(configuration: Configuration, withheld: frozenset[str] = frozenset()) -> InboundPlan:
    """The plan of an In configuration; ``withheld``: HTTP methods that this caller was not given."""
    return InboundPlan(
        code=configuration.code,
        model=configuration.model,
        rules=rules_of(configuration),
        methods=frozenset(configuration.methods),
        withheld=withheld,
        reject_unmapped=configuration.unmapped == Configuration.Unmapped.REJECT,
        match=_keys(configuration),
        matched_by=matched_by(configuration),
        records_path=configuration.records_path,
        updates_matches=configuration.on_match == Configuration.OnMatch.UPDATE,
        scripts=scripts_of(configuration),
    )


def inbound(
    configuration: Configuration,
    withheld: frozenset[str],
    company_id: int | None,
    known: Look,
    request: Mapping[str, Any],
    through: Callable[[Odoo], Odoo] = lambda odoo: odoo,
) -> Inbound:
    """The engine's flow for one call: what scripts are told of it is the ``request``; raises Misconfigured.

    ``through`` may put something between the flow and the Odoo that it works on.
    """
    odoo = odoo_of(configuration.connection, company_id, known)
    key, describe = (configuration.pk, withheld), describer(odoo)
    plan = known.get(("plan", *key), lambda: inbound_plan(configuration, withheld))
    mapping = known.get(("mapping", *key, odoo), lambda: bound(odoo, lambda: bind(plan, describe)))
    one_company = company_id is not None
    return Inbound(plan, through(odoo), describe, request=request, mapping=mapping, one_company=one_company)


@dataclass(frozen=True)
class Outbound:
    """An Out configuration, ready to build requests for one group of messages."""

    configuration: Configuration
    plan: OutboundPlan
    odoo: Odoo
    services: Live
    mapping: FieldMap
    bounds: Bounds


def out_configuration(configuration_id: int, known: Look) -> Configuration:
    """The configuration with its connection."""
    chosen = Configuration.objects.select_related("connection")
    return known.get(("out", configuration_id), lambda: chosen.get(pk=configuration_id))


def outbound(configuration: Configuration, known: Look) -> Outbound:
    """All that its messages need, within what bounds it now; raises HubError when its mapping cannot work, Odoo cannot
    say, or (NotPermitted) nothing of it may be sent.
    """
    limits = bounds.of(configuration, known)
    if limits.why_not:
        raise NotPermitted(limits.why_not)
    plan = known.get(("out plan", configuration.pk), lambda: limits.narrowed(outbound_plan(configuration)))
    odoo = odoo_of(configuration.connection, limits.company_id, known)
    describe = describer(odoo)
    mapping = known.get(
        ("out mapping", configuration.pk, odoo), lambda: bound(odoo, lambda: outward.bind(plan, describe))
    )
    seen = limits.seen(odoo)
    live = services(plan, seen)
    return Outbound(configuration, plan, seen, live, mapping.serving(live), limits)


def offered_keys(configuration: Configuration) -> list[str]:
    """The external keys of a configuration, without the optional ones whose field its Odoo has not.

    All of them where Odoo cannot be asked just now.
    """
    rules = rules_of(configuration)
    if not any(rule.optional for rule in rules):
        return [rule.external_key for rule in rules]
    try:
        describe = describer(odoo_of(configuration.connection))
        absent = FieldMap.bind(configuration.model, rules, describe).absent
    except HubError:
        absent = frozenset()
    return [rule.external_key for rule in rules if rule.external_key not in absent]


def outbound_plan(configuration: Configuration) -> OutboundPlan:
    """The plan of an Out configuration."""
    credentials = configuration.credentials
    headers = list(configuration.headers.all())
    batch = configuration.is_paginated
    return OutboundPlan(
        code=configuration.code,
        model=configuration.model,
        rules=rules_of(configuration),
        method=configuration.methods[0],
        url=configuration.url,
        url_is_literal=configuration.url_is_literal,
        query=tuple(shape.parameters(configuration.query)),
        body_type=configuration.body_type,
        body_template=configuration.body_template,
        xml_root=configuration.xml_root,
        tls=tls_of(configuration),
        headers=tuple((header.name, header.value) for header in headers),
        auth_scheme=configuration.auth_scheme,
        credentials=credentials,
        connect_timeout=configuration.connect_timeout,
        read_timeout=configuration.read_timeout,
        domain=configuration.domain,
        state_fields=words(configuration.state_field) if configuration.on_state else (),
        batch_size=configuration.page_size if batch else 1,
        is_batch=batch,
        scripts=scripts_of(configuration),
        retry=RetryPolicy(
            delays=(*DELAYS, *DELAYS[-1:] * 12)[: configuration.max_attempts],
            rules=status_rules(configuration.status_rules),
        ),
        answers=tuple((one.path, one.odoo_field) for one in configuration.answers.all()),
        success_if=configuration.success_if.strip(),
        stored_secrets=(
            *auth.scheme(configuration.auth_scheme).secrets(credentials),
            *(header.value for header in headers if header.is_secret),
        ),
    )


def pull_plan(configuration: Configuration) -> pulling.PullPlan:
    """The plan of a configuration that pulls; raises InvalidInput for what cannot be a pull."""
    out = outbound_plan(configuration)
    by_field = configuration.cursor_by == Configuration.CursorBy.FIELD
    plan = pulling.PullPlan(
        out=replace(out, body_type="none", body_template="", answers=(), is_batch=False),
        inbound=replace(
            inbound_plan(configuration), reject_unmapped=False, methods=frozenset({"POST", "PUT"}), updates_matches=True
        ),
        paging=configuration.paging,
        how=How(
            parameter=configuration.page_parameter.strip(),
            size_parameter=configuration.size_parameter.strip(),
            size=configuration.page_size,
            first=configuration.first_page,
            next_path=configuration.next_path,
        ),
        items_path=configuration.items_path,
        form=configuration.answer_format,
        most_pages=configuration.most_pages,
        since_path=configuration.cursor_path if by_field else "",
        overlap=configuration.cursor_overlap,
        trusted=egress_policy().allowed_origins,
    )
    pulling.check(plan)
    return plan


def tls_of(configuration: Configuration) -> Tls | None:
    """What its encrypted connections need beyond the usual; None for nothing."""
    certificate, key = configuration.tls_certificate, configuration.tls_key
    found = Tls(configuration.tls_ca, certificate, key, configuration.tls_check)
    return None if found == Tls() else found


def rule_of(row: FieldMapping) -> Rule:
    """One row of the mapping."""
    default = ABSENT
    if row.default.strip():
        try:
            default = jsontext.loads(row.default)
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
        of_inbound=not row.configuration.is_out or row.configuration.pulls,
    )
