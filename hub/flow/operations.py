"""The operations of a batch, as they are read from its body, each with what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.errors import HubError, InvalidInput, NotPermitted
from hub.flow.inbound import Change, Inbound, as_object, data_of
from hub.odoo.connection import Result
from hub.transform import types

MOST = 1000
"""Operations of one batch."""

METHODS = {"create": ("POST",), "update": ("PUT", "PATCH"), "delete": ("DELETE",)}
"""The operations, and the HTTP methods of which the configuration must allow one."""

KEYS = {"create": {"method", "data"}, "update": {"method", "id", "data"}, "delete": {"method", "id"}}


@dataclass
class Item:
    """One operation on its way."""

    index: int
    method: str = ""
    record_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    change: Change | None = None
    result: Result | None = None
    error: HubError | None = None

    @property
    def is_over(self) -> bool:
        """Whether it is known what became of it."""
        return self.result is not None or self.error is not None

    @property
    def is_done(self) -> bool:
        """Whether it went well."""
        return self.result is not None and self.error is None

    @property
    def id(self) -> int:
        """The record of one that went well; of a create also the one that it found there."""
        assert self.result is not None
        changed = self.change.record_id if self.change is not None else self.record_id
        return changed if changed is not None else int(self.result.value)


def check_matches(items: Sequence[Item]) -> None:
    """Two creates of one record cannot be one transaction: the second would have to see the first."""
    seen: dict[tuple[str, ...], int] = {}
    for item in items:
        names = tuple(item.change.operations[-1].match_ids) if item.change else ()
        if names and names in seen:
            error = InvalidInput(
                f"Operations {seen[names]} and {item.index} have the same match keys. Send one of them, or leave out "
                "`transaction`.",
                field="operations",
                constraint="match",
            )
            raise placed(error, item.index)
        seen[names] = item.index


def operations_of(body: dict[str, Any]) -> list[Any]:
    """The operations of a body, unread; raises InvalidInput."""
    found = body.get("operations")
    if not isinstance(found, list) or not found:
        raise InvalidInput(
            '`operations` must be a list of operations: [{"method": "create", "data": {...}}].',
            field="operations",
            value=found,
            constraint="required" if found is None else "type",
        )
    if len(found) > MOST:
        raise InvalidInput(
            f"A batch has at most {MOST} operations, and this one has {len(found)}. Send several.",
            field="operations",
            value=len(found),
            constraint="length",
        )
    return found


def read(item: Item, given: Any, inbound: Inbound) -> None:
    """Fill the item by one operation of a body; raises InvalidInput or NotPermitted."""
    given = as_object(given, "An operation")
    method = given.get("method")
    if method not in METHODS:
        raise InvalidInput(
            f"`method` is one of {', '.join(METHODS)}.",
            field="method",
            value=method,
            constraint="method",
        )
    item.method = method
    unknown = sorted(set(given) - KEYS[method])
    if unknown:
        raise InvalidInput(
            f"A {method} takes {', '.join(sorted(KEYS[method]))}, not `{unknown[0]}`.",
            field=unknown[0],
            value=given[unknown[0]],
            constraint="unknown_field",
        )
    if not inbound.plan.methods & set(METHODS[method]):
        raise InvalidInput(
            f"The configuration does not allow to {method}: it offers {', '.join(sorted(inbound.plan.methods))}.",
            field="method",
            value=method,
            constraint="method",
        )
    if inbound.plan.methods & set(METHODS[method]) <= inbound.plan.withheld:
        raise NotPermitted(f"You may not {method} records of {inbound.plan.model}: you were not given that.")
    if method != "create":
        record_id = types.whole(given.get("id"))
        if isinstance(record_id, bool) or not isinstance(record_id, int) or not 0 < record_id < 2**31:
            raise InvalidInput("`id` must be the id of a record.", field="id", value=given.get("id"), constraint="type")
        item.record_id = record_id
    if method != "delete":
        item.data = data_of(given)


def placed(error: HubError, index: int | None) -> HubError:
    """The error with the operation that it belongs to."""
    if index is not None:
        error.details = {"index": index, **error.details}
    return error
