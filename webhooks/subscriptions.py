"""Webhooks that external systems register by the API: each is an Out configuration of the hub, made as they ask.

So a webhook has all that an Out configuration has: the outbox, retries, the log, the admin's pages. It sees what its
owner may read: the fields of the In configuration by which the owner may read the model, under their external names.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from hub.errors import InvalidInput, LimitExceeded, NotPermitted
from hub.flow import events, shape
from hub.flow.inbound import Inbound, as_object
from hub.odoo import domain as domains
from hub.transform.kinds import Bound
from syncconfig import endpoints, listening, outbox, plans
from syncconfig.models import ApiClient, Configuration, Delivery, FieldMapping
from webhooks import rights
from webhooks.models import Subscription
from webhooks.rights import STATE

MOST = 50
"""Webhooks of one client."""

SHORT = ("create", "update", "delete")
CALLED = {name: key for key, name in events.LONG.items()}
"""What callers call the events, in the spelling of events/subscribe."""

AUTH = {
    "none": (),
    "bearer": ("token",),
    "basic": ("username", "password"),
    "api_key": ("header", "key"),
}


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for, checked."""

    url: str
    style: str
    events: tuple[str, ...]
    """Of ``create``, ``update``, ``delete``, ``state``, ``batch``."""

    fields: tuple[str, ...]
    domain: str
    conditions: frozenset[str]
    """The external keys that the domain looks at."""

    authentication: Mapping[str, str]


def wanted(body: Mapping[str, Any], inbound: Inbound, *, style: str, known: Sequence[str]) -> Wanted:
    """Read a registration; raises InvalidInput that names the field."""
    for key in body:
        if key not in known:
            raise InvalidInput(
                f"`{key}` is not known here: send {', '.join(known)}.", field=key, constraint="unknown_field"
            )
    address = "callback_url" if style == events.EVENT else "url"
    conditions = _conditions(body, style)
    return Wanted(
        url=_address(body, address),
        style=style,
        events=_events(body.get("events"), style, inbound),
        fields=_fields(body.get("fields"), inbound),
        domain=repr(inbound.domain([json.dumps(conditions)])) if conditions else "",
        conditions=frozenset(domains.paths(conditions)),
        authentication=_authentication(body.get("authentication")),
    )


def has_state(rows: Iterable[Bound]) -> bool:
    """Whether who reads by these rows may hear of states that change."""
    return any(row.rule.odoo_field == STATE for row in rows)


def register(client: ApiClient, source: Configuration, asked: Wanted) -> Subscription:
    """Make the webhook; raises InvalidInput for an address that may not be called, LimitExceeded for too many."""
    if Subscription.objects.filter(client=client).count() >= MOST:
        raise LimitExceeded(f"You have {MOST} webhooks, which is as many as there may be. Delete one.", 0.0)
    public_id = f"wh_{secrets.token_hex(8)}"
    one = Configuration(
        code=public_id.replace("_", "-"),
        name=f"Webhook of {client.name}: {source.model} ({public_id})"[:100],
        request_type=Configuration.RequestType.OUT,
        connection=source.connection,
        model=source.model,
        methods=["POST"],
        url=asked.url,
        url_is_literal=True,
        domain=asked.domain,
        body_type=asked.style,
        note=f"Registered by the API client {client.name}.",
        **_triggers(asked, source),
        **_credentials(asked.authentication),
    )
    try:
        one.full_clean(exclude=["connection"])
    except ValidationError as error:
        raise _refused(error, asked) from None
    with transaction.atomic():
        one.save()
        FieldMapping.objects.bulk_create(_rows(one, source, asked.fields))
        made = Subscription.objects.create(
            public_id=public_id,
            client=client,
            configuration=one,
            source=source,
            looks_at=rights.looked_at(source, asked.conditions),
            events=[_name(event, asked.style) for event in asked.events],
        )
    listening.begin()
    return made


def change(one: Subscription, body: Mapping[str, Any]) -> None:
    """Pause it or let it go on: ``{"status": "paused"}``."""
    status = body.get("status")
    if set(body) != {"status"} or status not in ("active", "paused"):
        raise InvalidInput(
            'Send {"status": "paused"} or {"status": "active"}. For anything else register a new webhook.',
            field="status",
            value=status if isinstance(status, str) else None,
            constraint="choice",
        )
    if status == "paused":
        endpoints.pause(one.configuration, f"Paused by {one.client.name}.")
    elif why_not := rights.of(one).why_not:
        raise NotPermitted(f"This webhook stays paused: {why_not}")
    else:
        endpoints.resume(one.configuration)


def review(which: Mapping[str, Any]) -> None:
    """Pause the webhooks, among those that fit ``which``, whose owners may not read any more what they are sent."""
    for one in Subscription.objects.filter(**which).select_related(*rights.NEEDED):
        if why_not := rights.of(one).why_not:
            endpoints.pause_by_id(one.configuration_id, why_not)


def batch_completed(configuration_id: int | None, answer: Mapping[str, Any], company_id: int | None) -> None:
    """Queue the news that a batch was carried out, for those who want to hear it of this model.

    ``company_id``: the company in which its caller works.
    """
    if configuration_id is None:
        return
    mine = Subscription.objects.filter(source_id=configuration_id, configuration__active=True)
    heard = [one for one in mine.select_related("configuration__connection") if events.LONG["batch"] in one.events]
    if not heard:
        return
    results = answer["results"]
    told = {
        "operations": len(results),
        "succeeded": sum(one["success"] for one in results),
        "failed": sum(not one["success"] for one in results),
        "ids": [one["id"] for one in results if one["success"]],
    }
    ended = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # also when it is sent again some day
    rows = [
        Delivery(
            configuration=one.configuration, event=Delivery.Event.BATCH, model=one.configuration.model, record_ids=[],
            values=told, change={"company_id": company_id, "at": ended},
            database=plans.database_of(one.configuration.connection),
        )
        for one in heard
    ]  # fmt: skip
    with transaction.atomic():
        outbox.queue(rows)


def _name(event: str, style: str) -> str:
    return events.LONG[event] if style == events.EVENT else event


def _address(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(
            f"`{name}` is missing: the address to call, such as https://api.example.com/hook.",
            field=name,
            value=None,
            constraint="required",
        )
    try:
        shape.check_literal(value)
    except InvalidInput as error:
        raise InvalidInput(f"`{name}`: {error.message}", field=name, constraint="format") from None
    return value.strip()


def _events(given: Any, style: str, inbound: Inbound) -> tuple[str, ...]:
    known = tuple(CALLED) if style == events.EVENT else SHORT
    if not isinstance(given, list) or not given or not all(one in known for one in given):
        raise InvalidInput(
            f"`events` is a list of one or more of {', '.join(known)}.", field="events", constraint="choice"
        )
    found = tuple(dict.fromkeys(CALLED.get(str(one), str(one)) for one in given))
    if "state" in found and not has_state(inbound.map.readable):
        raise InvalidInput(
            f"`{events.LONG['state']}` tells of the field `{STATE}`, which you may not read here: leave it out.",
            field="events",
            constraint="choice",
        )
    return found


def _fields(given: Any, inbound: Inbound) -> tuple[str, ...]:
    if given is None or given == []:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise InvalidInput("`fields` is a list of field names.", field="fields", constraint="type")
    inbound.rows(given, "fields")  # raises for a name that is not there
    return tuple(dict.fromkeys(given))


def _conditions(body: Mapping[str, Any], style: str) -> list[Any]:
    name = "filters" if style == events.EVENT else "conditions"
    given = body.get(name)
    if given in (None, [], {}):
        return []
    if style == events.EVENT and isinstance(given, Mapping):
        return [_filter(field, value) for field, value in given.items()]
    if isinstance(given, list):
        return given
    raise InvalidInput(
        '`filters` is an object, such as {"customer_rank": [">", 0]}.'
        if style == events.EVENT
        else '`conditions` is a search domain, such as [["customer_rank", ">", 0]].',
        field=name,
        constraint="type",
    )


def _filter(field: str, value: Any) -> list[Any]:
    """``{"customer_rank": [">", 0]}``, or a value that the field must have."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str):
        return [field, *value]
    return [field, "=", value]


def _authentication(given: Any) -> dict[str, str]:
    if given is None:
        return {"type": "none"}
    found = as_object(given, "`authentication`")
    kind = found.get("type")
    if not isinstance(kind, str) or kind not in AUTH:
        raise InvalidInput(
            f"`authentication.type` is one of {', '.join(AUTH)}.", field="authentication.type", constraint="choice"
        )
    for name in AUTH[kind]:
        if not isinstance(found.get(name), str) or not found[name]:
            raise InvalidInput(
                f"`authentication.{name}` is missing.", field=f"authentication.{name}", constraint="required"
            )
    for name in found:
        if name not in ("type", *AUTH[kind]):
            raise InvalidInput(
                f"`authentication.{name}` is not known for {kind}: it takes {', '.join(AUTH[kind]) or 'nothing'}.",
                field=f"authentication.{name}",
                constraint="unknown_field",
            )
    return {name: str(value) for name, value in found.items()}


def _triggers(asked: Wanted, source: Configuration) -> dict[str, Any]:
    states = "state" in asked.events
    found: dict[str, Any] = {f"on_{event}": event in asked.events for event in ("create", "update", "delete")}
    roots = [row.odoo_field.split(".")[0] for row in source.mappings.all() if row.external_key in asked.fields]
    found["trigger_fields"] = ", ".join(dict.fromkeys(roots)) if asked.fields and "update" in asked.events else ""
    return found | {"on_state": states, "state_field": STATE if states else ""}


def _credentials(given: Mapping[str, str]) -> dict[str, str]:
    kind = given["type"]
    if kind == "bearer":
        return {"auth_scheme": "bearer", "auth_token": given["token"]}
    if kind == "basic":
        return {"auth_scheme": "basic", "auth_login": given["username"], "auth_password": given["password"]}
    if kind == "api_key":
        return {"auth_scheme": "api_key", "auth_header": given["header"], "auth_token": given["key"]}
    return {"auth_scheme": "none"}


def _rows(one: Configuration, source: Configuration, fields: Sequence[str]) -> list[FieldMapping]:
    """The rows of the configuration that the owner reads by, as far as they are wanted."""
    made = []
    for row in source.mappings.all():
        root = row.external_key.split(".")[0].split("[")[0]
        if row.direction != "in" and (not fields or row.external_key in fields or root in fields):
            row.pk, row.configuration, row.required, row.default = None, one, False, ""
            row.kind, row.detail = rights.outward(row)
            row._state.adding = True
            made.append(row)
    return made


def _refused(error: ValidationError, asked: Wanted) -> InvalidInput:
    """What the model refuses, in the caller's terms."""
    field, sentences = next(iter(error.message_dict.items()))
    by_event = asked.style == events.EVENT
    names = {
        "url": "callback_url" if by_event else "url",
        "domain": "filters" if by_event else "conditions",
        "state_field": "events",
        "auth_login": "authentication.username",
        "auth_password": "authentication.password",
        "auth_token": "authentication.key" if asked.authentication["type"] == "api_key" else "authentication.token",
        "auth_header": "authentication.header",
    }
    return InvalidInput(f"`{names.get(field, field)}`: {' '.join(sentences)}", field=names.get(field, field))
