"""One attempt to deliver a message: the token, the request, what the answer means, what of it goes back to Odoo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apilog import record
from apilog.models import ApiLog
from hub.errors import HubError, OdooMissing
from hub.flow import answers, outbound
from hub.flow.plan import OutboundPlan
from hub.flow.services import Live
from hub.http.message import KEEP, Request, Response, Sender
from hub.http.retry import decide
from hub.http.schemes import scheme
from hub.redact import secret_values
from hub.transform.mapping import FieldMap
from syncconfig import echo
from syncconfig.models import Delivery

KEEP_FOR_ODOO = 1024 * 1024
"""Bytes of an answer that are read where something of it is written back: batches have long ones."""

UNAUTHORIZED = 401

OPERATIONS = {str(value): f"push: {label.lower()}" for value, label in Delivery.Event.choices}
"""How the log calls what was sent, by the delivery's event."""


@dataclass(eq=False)
class Sending:
    """One claimed message on its way: what it is, the request, and its open log row."""

    delivery: Delivery
    plan: OutboundPlan
    mapping: FieldMap
    request: Request
    built: outbound.Built
    services: Live
    event: Mapping[str, Any] = field(default_factory=dict)
    """What scripts see of its cause."""

    log: ApiLog = field(init=False)
    objection: HubError | None = None
    """Why an answer that is a success by its status is none after all."""

    unwritten: answers.Values = field(default_factory=dict)
    """What Odoo was to be told, and could not be just now; by record."""

    written: list[echo.Written] = field(default_factory=list)
    """What was written to Odoo because of the answer."""

    response: Response | None = None
    """What came back, once something did."""

    def __post_init__(self) -> None:
        self.log = record.outgoing(about(self.delivery, self.plan), self.request)


def about(delivery: Delivery, plan: OutboundPlan) -> record.About:
    """The log row's columns for an attempt."""
    return record.About(
        trace_id=delivery.trace_id,
        configuration_id=delivery.configuration_id,
        configuration_code=plan.code,
        operation=OPERATIONS[delivery.event],
        model=plan.model,
        record_ids=delivery.record_ids,
        delivery_id=delivery.pk,
        attempt=delivery.attempts,
        secrets=plan.secrets,
    )


def make(sending: Sending, sender: Sender) -> Response:
    """Send, judge the answer, and write back what Odoo is to know; raises HttpFailure when no answer comes."""
    plan = sending.plan
    response = exchange(plan, sending.request, sender, KEEP_FOR_ODOO if plan.answers else KEEP)
    if decide(plan.retry, sending.delivery.attempts, response=response).kind != "done":
        return response
    services = sending.services.again()
    services.event = sending.event
    source = echo.Source(configuration=sending.delivery.configuration_id)
    services.odoo = echo.marking(services.odoo, source, sending.written)
    try:
        answers.check(plan, services, sending.built.records, sending.built.body, response)
        if sending.delivery.values is None:  # a record that is gone gets nothing
            _write_back(sending, services, response)
    except HubError as error:
        sending.objection = error
    record.add_script_log(sending.log, map(str, services.logs), secrets(sending, response))
    return response


def secrets(sending: Sending, response: Response | None) -> tuple[str, ...]:
    """What must not be shown of an attempt: what the hub knows, and what the answer's headers hold, such as cookies."""
    return (*sending.plan.secrets, *(secret_values(response.headers) if response is not None else ()))


def exchange(plan: OutboundPlan, request: Request, sender: Sender, keep: int) -> Response:
    """Send, with a token where the plan needs one, and once more with a new one that was refused as too old.

    ``keep``: bytes of the answer. Raises HttpFailure.
    """
    auth = scheme(plan.auth_scheme)
    response = sender.send(auth.prepared(request, plan.credentials, sender), keep=keep)
    if response.status == UNAUTHORIZED and auth.renew(plan.credentials):
        response = sender.send(auth.prepared(request, plan.credentials, sender), keep=keep)
    return response


def _write_back(sending: Sending, services: Live, response: Response) -> None:
    values, missing = answers.written_back(sending.plan, sending.mapping, sending.built.records, response)
    record.add_script_log(sending.log, missing, sending.plan.secrets)
    sending.unwritten = values
    try:
        gone = write(services, sending.plan.model, sending.unwritten)
    except HubError as error:
        if not error.retryable:
            sending.unwritten = {}
            raise
    else:
        told = [f"Record {one} is gone from Odoo: what the answer said of it is not kept there." for one in gone]
        record.add_script_log(sending.log, told, sending.plan.secrets)


def write(services: Live, model: str, values: answers.Values) -> list[int]:
    """Tell Odoo; what it took is taken out of ``values``, also when it refuses the next one.

    Answers which records are gone, of which nobody needs to be told any more: their messages have arrived all the same.
    """
    gone = []
    for record_id in list(values):
        try:
            services.odoo.write(model, [record_id], values[record_id])
        except OdooMissing:
            gone.append(record_id)
        del values[record_id]
    return gone
