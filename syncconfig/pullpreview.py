"""Preview of a pull: its first page is fetched, and what would become of the items is shown; nothing is written."""

from __future__ import annotations

from typing import Any

from apilog import record
from hub.errors import HubError, NotFound
from hub.flow import pulling
from hub.flow.fitting import fitted
from hub.flow.upserting import AT_ONCE, Upsert
from hub.http.failures import HttpFailure
from hub.http.message import Request, Response
from hub.http.retry import decide
from hub.redact import redact_headers, redact_text, redact_url
from syncconfig import drain, preview, pullcursor, pulls
from syncconfig.models import Configuration
from syncconfig.preview import Preview, Row, Shown
from syncconfig.pulls import Work

OUTCOMES = {
    "create": "would be created",
    "update": "would be updated",
    "unchanged": "is there, as it is",
    "skip": "is left out",
    "fail": "would fail",
}


def of_pull(configuration: Configuration, number: int = 1, trace_id: str = "") -> Preview:
    """What the first page's items would become, as if everything were fetched; row by row for item ``number``.

    Raises NotFound for an item that the page has not, HubError for a page that cannot be had.
    """
    work = pulls.prepared(configuration)
    plan = work.plan
    since = pullcursor.with_overlap(configuration, pullcursor.since(configuration, work.odoo.identity()))
    asked = pulling.request(plan, since, {})
    items = _items(work, asked, trace_id)
    if number != 1 and not 0 < number <= len(items):
        raise NotFound(f"The first page has no item {number}: it has {len(items)}.")
    some = items[:AT_ONCE]
    found = Upsert(work.inbound(dry=True), "preview").looked_at(some)
    shown = [
        Shown(index, one.key, OUTCOMES[one.kind], one.values, one.reason if one.kind in ("fail", "skip") else "")
        for index, one in enumerate(found, 1)
    ]
    nothing = Preview("The first page has no items", [])
    one = of_item(configuration, items[number - 1], work) if items else nothing
    return Preview(
        f"Item {number} of {len(items)} on the first page" if items else one.title,
        one.rows,
        one.result,
        "GET",
        redact_text(redact_url(asked.url), plan.out.secrets),
        [(name, redact_text(value, plan.out.secrets)) for name, value in redact_headers(asked.headers)],
        error=one.error,
        logs=one.logs,
        withheld=one.withheld,
        items=shown,
        item=items[number - 1] if items else None,
    )


def of_item(configuration: Configuration, data: Any, work: Work | None = None) -> Preview:
    """What would be written for one item; all of its values, whatever of them is in Odoo already."""
    work = work or pulls.prepared(configuration)
    inbound = work.inbound(dry=True)
    title = f"An item for {configuration.model}"
    if not isinstance(data, dict):
        return Preview(title, [], error="The item is no object with fields.", item=data)
    rows: list[Row] = []
    try:
        mapped = fitted(inbound.scripts.data(data, []), inbound.map)
        rows = [preview.inward_row(inbound.map, mapped, row, None) for row in inbound.map.rows if row.rule.writes]
        inbound.services.logs.clear()  # each row has run its scripts: those of the whole are the ones to show
        inbound.services.withheld.clear()
        mapped = fitted(inbound.scripts.data(data, []), inbound.map)
        values = inbound.scripts.values(inbound.map.inward(mapped, complete=True), mapped, [])
    except HubError as error:
        return Preview(title, rows, error=error.message, item=data, **preview.said(inbound.services))
    return Preview(title, rows, values, item=data, **preview.said(inbound.services))


def _items(work: Work, asked: Request, trace_id: str) -> list[Any]:
    """The first page's items; the call is logged as every other one."""
    plan = work.plan
    about = record.About(
        trace_id=trace_id,
        configuration_id=work.configuration.pk,
        configuration_code=plan.out.code,
        operation="pull: preview",
        model=plan.out.model,
        secrets=plan.out.secrets,
    )
    row = record.outgoing(about, asked)
    record.open_all([row])
    response: Response | None = None
    failure: HubError | None = None
    items: list[Any] = []
    try:
        response = pulls.send(plan, asked, {}, drain.default_sender())
        decision = decide(plan.out.retry, 1, response=response)
        if decision.kind != "done":
            raise pulls.PageRefused(decision.reason)
        services = work.inbound(dry=True).services
        try:
            pulls.judge(plan, services, response)
        finally:
            record.add_script_log(row, map(str, services.logs), plan.out.secrets)
        items = pulling.read(plan, asked, {}, response).items
    except (HubError, HttpFailure) as error:
        failure = error
        raise
    finally:
        record.close(row, response, failure, plan.out.secrets, ok=failure is None and response is not None)
    return items
