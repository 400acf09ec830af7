"""Preview: what a configuration would send or write, row by row, and nothing is sent or written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.errors import HubError, InvalidInput, NotFound
from hub.flow import outbound
from hub.flow.inbound import Inbound
from hub.odoo.connection import Record
from hub.redact import redact_headers, redact_text
from hub.transform import path
from hub.transform.mapping import FieldMap
from hub.transform.rule import Rule
from syncconfig import plans
from syncconfig.models import Configuration


@dataclass(frozen=True)
class Row:
    """One mapping row: what went in, what came out, or why nothing did."""

    source: str
    target: str
    value: Any
    result: Any = None
    error: str = ""


@dataclass(frozen=True)
class Preview:
    """What would happen: the rows, and the request's body or Odoo's values; ``error`` when it would be refused."""

    title: str
    rows: list[Row]
    result: Any = None
    method: str = ""
    url: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    error: str = ""


def of_record(configuration: Configuration, record_id: int | None = None) -> Preview:
    """What an Out configuration would send for a record; without an id, for the newest that matches its domain.

    Raises NotFound when there is none, and what Odoo or a broken mapping refuses.
    """
    plan = plans.outbound_plan(configuration)
    odoo = plans.odoo_of(configuration.connection)
    describe = plans.describer(odoo)
    chosen = record_id if record_id is not None else next(iter(outbound.newest_ids(plan, odoo, 1)), None)
    found = outbound.fetch(plan, odoo, [chosen], describe) if chosen is not None else {}
    if chosen is None:
        raise NotFound(f"No record of {plan.model} matches the filter domain of “{configuration.name}”.")
    if chosen not in found:
        raise NotFound(
            f"{plan.model} {chosen} does not exist, or does not match the filter domain of “{configuration.name}”."
        )
    record = found[chosen]
    mapping = outbound.bind(plan, describe(plan.model))
    rows = [_outward(mapping, record, rule) for rule in mapping.readable()]
    title = f"{plan.model} {chosen}"
    try:
        request = outbound.build(plan, [record], describe(plan.model), "made when it is sent")
    except HubError as error:
        return Preview(title, rows, error=error.message)
    payload = mapping.outward(record)
    headers = [(name, redact_text(value, plan.secrets)) for name, value in redact_headers(request.headers)]
    body = [payload] if plan.is_batch else payload
    return Preview(title, rows, body, request.method, redact_text(request.url, plan.secrets), headers)


def of_payload(configuration: Configuration, data: Any) -> Preview:
    """What an In configuration would write for the ``data`` of a create."""
    if not isinstance(data, dict):
        raise InvalidInput("The payload must be a JSON object: the fields of one record.", field="payload")
    odoo = plans.odoo_of(configuration.connection)
    mapping = Inbound(plans.inbound_plan(configuration), odoo, plans.describer(odoo)).map
    rows = [_inward(mapping, data, rule) for rule in mapping.rules if rule.writes]
    title = f"New {configuration.model}"
    try:
        return Preview(title, rows, mapping.inward(data, complete=True))
    except HubError as error:
        return Preview(title, rows, error=error.message)


def example(configuration: Configuration) -> dict[str, Any]:
    """A payload to begin with: the newest record, as it reads through the API; empty when there is none."""
    odoo = plans.odoo_of(configuration.connection)
    inbound = Inbound(plans.inbound_plan(configuration), odoo, plans.describer(odoo))
    records = inbound.search({"limit": "1", "order": "id desc"}, [])["records"]
    fields = inbound.map.fields
    writable = {
        rule.external_key for rule in inbound.map.rules if rule.writes and not fields[rule.root].get("readonly")
    }
    return {key: value for key, value in records[0].items() if key in writable and value is not None} if records else {}


def _outward(mapping: FieldMap, record: Record, rule: Rule) -> Row:
    value = record[rule.path]
    try:
        result = path.get(mapping.outward(record, [rule]), rule.external_key)
    except HubError as error:
        return Row(rule.odoo_field, rule.external_key, value, error=error.message)
    return Row(rule.odoo_field, rule.external_key, value, result)


def _inward(mapping: FieldMap, data: dict[str, Any], rule: Rule) -> Row:
    value = path.get(data, rule.external_key)
    shown = None if value is path.ABSENT else value
    single = FieldMap(mapping.model, (rule,), mapping.fields, reject_unmapped=False, find=mapping.find)
    try:
        values = single.inward(data, complete=True)
    except HubError as error:
        return Row(rule.external_key, rule.odoo_field, shown, error=error.message)
    return Row(rule.external_key, rule.odoo_field, shown, values.get(rule.odoo_field))
