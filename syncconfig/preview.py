"""Preview: what a configuration would send or write, row by row, and nothing is sent or written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hub.errors import HubError, InvalidInput, NotFound
from hub.flow import outbound, scripting
from hub.flow.inbound import Inbound
from hub.flow.plan import OutboundPlan
from hub.flow.services import Live
from hub.http.message import Request
from hub.odoo.connection import Record
from hub.redact import redact_body, redact_headers, redact_text
from hub.transform import path
from hub.transform.kinds import Bound
from hub.transform.kinds.nested import SUB
from hub.transform.mapping import FieldMap
from syncconfig import plans
from syncconfig.models import Configuration
from syncconfig.remembered import Look


@dataclass(frozen=True)
class Row:
    """One mapping row: what went in, what came out, or why nothing did."""

    source: str
    target: str
    value: Any
    result: Any = None
    error: str = ""


@dataclass(frozen=True)
class Shown:
    """One item of a pull: what would become of it, the values that would be written, or why nothing would."""

    number: int
    key: str
    outcome: str
    values: dict[str, Any]
    reason: str = ""


@dataclass(frozen=True)
class Preview:
    """What would happen: the rows, and the request's body or Odoo's values; ``error`` when it would be refused.

    ``record`` is the record as it was read, ``logs`` what scripts said, ``withheld`` what they and the rows would have
    written to Odoo on the way.
    """

    title: str
    rows: list[Row]
    result: Any = None
    method: str = ""
    url: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list)
    error: str = ""
    record: Record = field(default_factory=dict)
    logs: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    text: str = ""
    """The request's body as it is sent, where that is not the result as JSON."""

    items: list[Shown] = field(default_factory=list)
    """Of a pull: what would become of the items of its first page."""

    item: Any = None
    """Of a pull: the item that is shown row by row."""


def of_record(configuration: Configuration, record_id: int | None = None) -> Preview:
    """What an Out configuration would send for a record; without an id, for the newest that matches its domain.

    Raises NotFound when there is none, and what Odoo or a broken mapping refuses.
    """
    one, services, mapping = _ready(configuration)
    plan, odoo = one.plan, one.odoo
    chosen = record_id if record_id is not None else next(iter(outbound.newest_ids(plan, odoo, 1)), None)
    if chosen is None:
        raise NotFound(f"No record of {plan.model} matches the filter domain of “{configuration.name}”.")
    found = outbound.fetch(plan, odoo, [chosen], mapping)
    if chosen not in found:
        raise NotFound(
            f"{plan.model} {chosen} does not exist, or does not match the filter domain of “{configuration.name}”."
        )
    return _out(plan, found[chosen], mapping, services)


def of_snapshot(configuration: Configuration, record: Record) -> Preview:
    """What an Out configuration would send for a record as it was read once; what the snapshot lacks is empty."""
    one, services, mapping = _ready(configuration)
    last = outbound.from_values(int(record.get("id", 0)), record, mapping)
    return _out(one.plan, last | record, mapping, services)


def _ready(configuration: Configuration) -> tuple[plans.Outbound, Live, FieldMap]:
    """As its messages are made, within the same bounds; what somebody changed and did not save yet counts."""
    one = plans.outbound(configuration, Look(0, 0.0))
    services = plans.services(one.plan, one.odoo, dry=True)
    return one, services, one.mapping.serving(services)


def of_payload(configuration: Configuration, data: Any, record_id: int | None = None) -> Preview:
    """What an In configuration would write for the ``data`` of a create, or of an update of ``record_id``."""
    if not isinstance(data, dict):
        raise InvalidInput("The payload must be a JSON object: the fields of one record.", field="payload")
    odoo = plans.odoo_of(configuration.connection)
    inbound = Inbound(plans.inbound_plan(configuration), odoo, plans.describer(odoo), dry=True, request=PREVIEW_REQUEST)
    title = f"New {configuration.model}" if record_id is None else f"{configuration.model} {record_id}"
    ids = [] if record_id is None else [record_id]
    rows: list[Row] = []
    try:
        mapped = dict(inbound.scripts.data(data, ids))
        rows = [inward_row(inbound.map, mapped, row, record_id) for row in inbound.map.rows if row.rule.writes]
        inbound.services.logs.clear()  # each row has run its scripts: those of the whole are the ones to show
        inbound.services.withheld.clear()
        _, values = inbound.values(data, complete=record_id is None, record_id=record_id)
    except HubError as error:
        return Preview(title, rows, error=error.message, **said(inbound.services))
    return Preview(title, rows, values, **said(inbound.services))


PREVIEW_REQUEST = {"method": "POST", "client": "preview", "ip": "127.0.0.1", "path": ""}


def example(configuration: Configuration) -> dict[str, Any]:
    """A payload to begin with: the newest record, as it reads through the API; empty when there is none."""
    odoo = plans.odoo_of(configuration.connection)
    inbound = Inbound(plans.inbound_plan(configuration), odoo, plans.describer(odoo), dry=True)
    records = inbound.search({"limit": "1", "order": "id desc"}, [])["records"]
    if not records:
        return {}
    found: dict[str, Any] = {}
    for row in inbound.map.rows:
        if row.rule.writes and row.rule.reads and not row.info.get("readonly") and not row.kind.makes_own:
            value = path.get(records[0], row.name)
            if value is not path.ABSENT and value is not None:
                path.put(found, row.name, value)
    return found


def _out(plan: OutboundPlan, record: Record, mapping: FieldMap, services: Live) -> Preview:
    title = f"{plan.model} {record['id']}"
    rows: list[Row] = []
    try:
        ready = scripting.prepared(
            plan.scripts, services, plan.model, scripting.meeting(plan.scripts, services, plan.model, [record])
        )
        rows = [_outward(mapping, one, row) for one in ready for row in mapping.readable]
        services.logs.clear()  # each row has run its scripts: those of the whole are the ones to show
        built = outbound.build(plan, [record], mapping, services, "made when it is sent")
    except HubError as error:
        return Preview(title, rows, error=error.message, record=record, **said(services))
    if built.request is None:
        why = f"{built.why_not} Nothing is sent for this record."
        return Preview(title, rows, error=why, record=record, **said(services))
    headers = [(name, redact_text(value, plan.secrets)) for name, value in redact_headers(built.request.headers)]
    url = redact_text(built.request.url, plan.secrets)
    text = _text_of(plan, built.request, dict(built.request.headers).get("Content-Type", ""))
    return Preview(
        title, rows, built.body, built.request.method, url, headers, record=record, text=text, **said(services)
    )


def _text_of(plan: OutboundPlan, request: Request, content_type: str) -> str:
    """The body as it is sent, with its secrets hidden."""
    if plan.body_type == "json" and not plan.body_template.strip():
        return ""
    body = request.body
    return redact_text(redact_body(body, content_type), plan.secrets) if body else "(no body)"


def said(services: Live) -> dict[str, Any]:
    """What scripts said, and what was not done for it is a preview."""
    return {"logs": [str(line) for line in services.logs], "withheld": list(services.withheld)}


def _outward(mapping: FieldMap, record: Record, row: Bound) -> Row:
    source = row.rule.odoo_field
    if row.sub is not None:
        value: Any = record.get(SUB, {}).get(source, [])
    elif len(row.paths) == 1:
        value = record[row.path]
    else:
        value = {one: record[one] for one in row.paths}
    try:
        result = path.get(mapping.outward(record, [row]), row.name)
    except HubError as error:
        return Row(source, row.name, value, error=error.message)
    return Row(source, row.name, value, None if result is path.ABSENT else result)


def inward_row(mapping: FieldMap, data: dict[str, Any], row: Bound, record_id: int | None) -> Row:
    """What one row makes of a payload."""
    value = path.get(data, row.name)
    shown = None if value is path.ABSENT else value
    single = FieldMap(mapping.model, (row,), mapping.fields, mapping.binder, reject_unmapped=False)
    try:
        values = single.inward(data, complete=record_id is None, record_id=record_id)
    except HubError as error:
        return Row(row.name, row.target, shown, error=error.message)
    return Row(row.name, row.target, shown, values.get(row.target))
