"""What an answer says: whether it is a success, and what of it is written back to Odoo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

from hub.errors import InvalidInput
from hub.flow import scripting
from hub.flow.plan import OutboundPlan
from hub.http.message import Response
from hub.odoo.connection import Record
from hub.transform import lines, path, types
from hub.transform.kinds.base import TO_MANY
from hub.transform.mapping import FieldMap
from hub.transform.services import Services

Values = dict[int, dict[str, Any]]
"""Odoo's values by record id."""


def parts(text: str) -> tuple[str | None, str]:
    """The way to a list and the one inside of each of its items; no list: None. Raises InvalidInput."""
    head, sign, rest = text.partition(path.EACH)
    if not sign:
        path.steps(text)
        return None, text
    rest = rest.removeprefix(".")
    if head:
        path.steps(head)
    path.steps(rest)
    return head, rest


def data_of(response: Response) -> Any:
    """The answer as data: JSON, or XML by its content type; None for neither."""
    if "xml" in (response.header("Content-Type") or "").lower():
        return xml(response.body)
    try:
        return response.json()
    except ValueError:
        return None


def xml(body: bytes) -> Any:
    """XML as data; None for what is none."""
    try:
        return xmltodict.parse(body)
    except (ExpatError, ValueError):  # ValueError: entities, which xmltodict refuses
        return None


def check(plan: OutboundPlan, services: Services, found: Sequence[Record], body: Any, response: Response) -> None:
    """Raise Refused where the configuration says that an answer which is done by its status is no success."""
    if plan.success_if:
        result = scripting.seeing(plan.success_if, services, plan.model, found, body, response)
        if not scripting.truth(result):
            raise scripting.Refused("The answer is no success: the configuration's condition on it is not met.")
    scripting.answered(plan.scripts, services, plan.model, found, body, response)


def written_back(
    plan: OutboundPlan, mapping: FieldMap, found: Sequence[Record], response: Response
) -> tuple[Values, list[str]]:
    """What the records get from the answer, where that is new to them; and sentences on what is missing in it."""
    values: Values = {}
    missing: list[str] = []
    data = data_of(response) if plan.answers else None
    for where, field in plan.answers:
        told = _told(data, where, len(found))
        if told is None:
            missing.append(f"The answer has no {where} for {_count(len(found))}: {field} stays as it is.")
            continue
        info = mapping.fields[field]
        for record, value in zip(found, told, strict=True):
            if value is path.ABSENT:
                missing.append(f"The answer has no {where} for record {record['id']}: {field} stays as it is.")
                continue
            try:
                made = _made(value, info, field)
            except InvalidInput as error:
                missing.append(f"The answer's {where} does not fit {field}: {error.message}")
                continue
            if record.get(field) != made:
                values.setdefault(record["id"], {})[field] = made
    return values, missing


def _told(data: Any, where: str, records: int) -> list[Any] | None:
    """A value for each record; None where there is nothing that fits their number."""
    head, inner = parts(where)
    if head is None:
        value = path.get(data, inner) if isinstance(data, Mapping) else path.ABSENT
        return None if value is path.ABSENT else [value] * records
    listed = data if not head else path.get(data, head) if isinstance(data, Mapping) else None
    if not isinstance(listed, list) or len(listed) != records:
        return None
    return [path.get(one, inner) if isinstance(one, Mapping) else path.ABSENT for one in listed]


def _made(value: Any, info: Mapping[str, Any], field: str) -> Any:
    """Odoo's value for one that an external system answers, which may link records, but neither make nor change any."""
    if info.get("type") in TO_MANY:
        return lines.links(value, info, field)
    return types.inward(_fitting(value, info), info, field)


def _fitting(value: Any, info: Mapping[str, Any]) -> Any:
    """Ids come as numbers as often as not, and are kept in text fields."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if info.get("type") in ("char", "text") and is_number else value


def _count(records: int) -> str:
    return "the record" if records == 1 else f"each of the {records} records"
