"""Many operations in one request: checked one by one, carried out in a few calls to Odoo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.errors import HubError, InvalidInput, NotPermitted, OdooAccess, OdooError
from hub.flow.inbound import SILENT, Change, Inbound, as_object, data_of
from hub.flow.options import Options
from hub.odoo.connection import Mode, Operation, Result
from hub.transform import path, types
from hub.transform.kinds import Lookup, Plain
from hub.transform.kinds.base import TO_MANY

MOST = 1000
"""Operations of one batch."""

AT_ONCE = 200
"""Operations that go to Odoo in one call where they need not be one transaction: progress is told after each."""

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


class Batch:
    """The operations of one request; raises InvalidInput for a body that is none."""

    def __init__(self, inbound: Inbound, body: Any, idempotent: str = "") -> None:
        body = as_object(body, "The body")
        unknown = sorted(set(body) - {"operations", "options"})
        if unknown:
            raise InvalidInput(
                f"The body holds `operations` and `options`, not `{unknown[0]}`.",
                field=unknown[0],
                value=body[unknown[0]],
                constraint="unknown_field",
            )
        self.inbound = inbound
        self.options = Options.of(body.get("options"), allowed=Options.OF_BATCH)
        self._wanted = inbound.rows(self.options.return_fields, "return_fields")
        self._idempotent = idempotent
        self.items = [Item(index) for index in range(len(_operations(body)))]
        for item, given in zip(self.items, body["operations"], strict=True):
            try:
                _read(item, given, inbound)
            except (InvalidInput, NotPermitted) as error:
                item.error = _placed(error, item.index)

    @property
    def done(self) -> int:
        """How many operations have been tried."""
        return sum(item.result is not None or item.error is not None for item in self.items)

    def carry_out(self, progress: Callable[[int], None] = lambda done: None) -> dict[str, Any]:
        """Do them; the content of the answer. ``progress`` hears how many are done.

        With ``transaction`` the error of the first one that fails is raised, and nothing is done. Otherwise each result
        stands in the answer, as far as they were tried.
        """
        self._check_all()
        if self.options.transaction:
            self._all_or_none()
        elif self.options.continue_on_error:
            self._in_turn("each", progress)
        else:
            self._in_turn("stop", progress)
        return self._answer()

    # Checking -----------------------------------------------------------------------------------------

    def _check_all(self) -> None:
        look_up_together(self.inbound, [item.data for item in self.items])
        there = self._existing()
        hold_together(self.inbound, [(item.record_id, item.data) for item in self.items if item.record_id in there])
        for item in self.items:
            if item.error is None:
                try:
                    item.change = self._checked(item, there)
                except HubError as error:
                    if error.retryable:
                        raise
                    item.error = _placed(error, item.index)
            if item.error is not None and not self.options.continue_on_error:
                if self.options.transaction:
                    raise item.error
                break

    def _checked(self, item: Item, there: set[int]) -> Change:
        inbound = self.inbound
        if item.method == "create":
            return inbound.to_create(
                item.data, self.options, f"{self._idempotent} {item.index}" if self._idempotent else ""
            )
        assert item.record_id is not None
        if item.record_id not in there:
            raise inbound.missing(item.record_id)
        if item.method == "update":
            return inbound.to_update(item.record_id, item.data, self.options)
        return inbound.to_delete(item.record_id, self.options)

    def _existing(self) -> set[int]:
        ids = sorted({item.record_id for item in self.items if item.record_id is not None})
        model = self.inbound.plan.model
        return (
            set(self.inbound.odoo.search(model, [("id", "in", ids)], context={"active_test": False})) if ids else set()
        )

    # Carrying out -------------------------------------------------------------------------------------

    def _all_or_none(self) -> None:
        changes = [item.change for item in self.items if item.change is not None]
        _check_matches(self.items)
        operations = [operation for change in changes for operation in change.operations]
        owners = [item for item in self.items if item.change is not None for _ in item.change.operations]
        try:
            results = self._together(operations, "all")
        except OdooError as error:
            at = error.details.pop("index", None)
            owner = owners[at] if isinstance(at, int) else None
            data = owner.change.data if owner is not None and owner.change is not None else {}
            raise _placed(self.inbound.map.told(error, data), owner.index if owner is not None else None) from None
        for owner, result in zip(owners, results, strict=True):
            owner.result = result  # of several, the last one counts

    def _in_turn(self, mode: Mode, progress: Callable[[int], None]) -> None:
        ready = [item for item in self.items if item.change is not None]
        for start in range(0, len(ready), AT_ONCE):
            part = ready[start : start + AT_ONCE]
            if not self._part(part, mode):
                break
            progress(self.done)

    def _part(self, part: Sequence[Item], mode: Mode) -> bool:
        """Do these; False when one failed that stops the rest."""
        operations = [operation for item in part if item.change for operation in item.change.operations]
        if len(operations) > len(part):
            return self._one_by_one(part, mode)
        try:
            results = self._together(operations, mode)
        except OdooAccess as error:
            if "index" in error.details:
                raise
            return self._one_by_one(part, mode)  # the connection's user may not do several in one call
        for item, result in zip(part, results, strict=False):
            item.result = result
            if result.error is not None:
                data = item.change.data if item.change is not None else {}
                item.error = _placed(self.inbound.map.told(result.error, data), item.index)
            else:
                self._settle(item)
        return mode == "each" or all(item.error is None for item in part)

    def _one_by_one(self, part: Sequence[Item], mode: Mode) -> bool:
        return all(self._one(item) or mode == "each" for item in part)

    def _settle(self, item: Item) -> None:
        """A create that met its record, which came while we looked: updated, or refused, as the plan wants."""
        assert item.change is not None
        assert item.result is not None
        if not (item.result.existed and item.change.operations[-1].match_id):
            return
        try:
            item.change = self.inbound.matched(item.change.data, self.options, int(item.result.value))
            self.inbound.carry_out(item.change)
        except HubError as error:
            if error.retryable:
                raise
            item.error = _placed(error, item.index)

    def _one(self, item: Item) -> bool:
        """Do one for itself; False when it failed."""
        assert item.change is not None
        try:
            record_id, existed = self.inbound.carry_out(item.change)
            item.result = Result(value=record_id, existed=existed)
            self._settle(item)
        except OdooError as error:
            if error.retryable:
                raise
            item.error = _placed(error, item.index)
        return item.error is None

    def _together(self, operations: Sequence[Operation], mode: Mode) -> list[Result]:
        """In one call; where all are creates of the same kind, in the way that Odoo does fastest."""
        odoo, context = self.inbound.odoo, {} if self.options.trigger_workflow else SILENT
        alike = all(one.kind == "create" and not one.external_id and not one.match_id for one in operations)
        if alike and len(operations) > 1:
            try:
                ids = odoo.create(self.inbound.plan.model, [one.values for one in operations], context=context)
                return [Result(value=one) for one in ids]
            except OdooError as error:
                if error.retryable:
                    raise
        return odoo.batch(operations, mode, context=context)

    # Answering ----------------------------------------------------------------------------------------

    def _answer(self) -> dict[str, Any]:
        shown = self._shown()
        results: list[dict[str, Any]] = []
        for item in self.items:
            if item.error is not None:
                results.append({"index": item.index, "success": False, "error": item.error.for_callers()})
            elif item.result is not None:
                record_id = self._id_of(item)
                good: dict[str, Any] = {"index": item.index, "success": True, "id": record_id}
                results.append(good | ({"data": shown[record_id]} if record_id in shown else {}))
        failed = [one for one in results if not one["success"]]
        left = len(self.items) - len(results)
        answer: dict[str, Any] = {"success": not failed, "results": results}
        if failed:
            answer["summary"] = {"succeeded": len(results) - len(failed), "failed": len(failed), "not_attempted": left}
        return answer

    def _shown(self) -> dict[int, dict[str, Any]]:
        if not self._wanted:
            return {}
        ids = {self._id_of(item) for item in self.items if item.result and not item.error and item.method != "delete"}
        return {one["id"]: one for one in self.inbound.several(sorted(ids), self._wanted)}

    @staticmethod
    def _id_of(item: Item) -> int:
        assert item.result is not None
        assert item.change is not None
        changed = item.change.record_id  # also of a create that found its record there
        return changed if changed is not None else int(item.result.value)


def intake(inbound: Inbound, body: Any, idempotent: str = "") -> Batch | None:
    """What a third party posts in its own form, as a batch of creates: the record, or each one of the list.

    None for an empty list, which some send as a test, or when they have no news. Raises InvalidInput when there is
    nothing at the plan's path.
    """
    where = inbound.plan.records_path
    found = body
    if where and body != []:
        found = path.get(body, where) if isinstance(body, dict) else path.ABSENT
    if not isinstance(found, dict | list):
        raise InvalidInput(
            f"`{where}` holds no record and no list of records." if where else "The body holds no record and no list.",
            field=where or "body",
            value=None if found is path.ABSENT else found,
            constraint="type",
        )
    if found == []:
        return None
    records = found if isinstance(found, list) else [found]
    operations = [{"method": "create", "data": one} for one in records]
    return Batch(inbound, {"operations": operations, "options": {"continue_on_error": True}}, idempotent)


def look_up_together(inbound: Inbound, payloads: Sequence[Mapping[str, Any]]) -> None:
    """Ask for the related records of many payloads by all of their values at once, instead of one by one."""
    for row in inbound.map.rows:
        dotted = row.rule.odoo_field.partition(".")[2]
        if row.info["type"] != "many2one" or not isinstance(row.kind, Lookup | Plain):
            continue
        name = (row.options.field or dotted or "name") if isinstance(row.kind, Lookup) else dotted
        values: set[Any] = {value for data in payloads if isinstance(value := path.get(data, row.name), str | int)}
        if name and len(values) > 1:
            inbound.services.look_ahead(row.relation, name, values - {True, False, ""})
        elif not name and inbound.services.sight is not None:
            inbound.services.sight.look(row.relation, (one for one in values if types.is_id(one)))


def hold_together(inbound: Inbound, items: Sequence[tuple[int | None, Mapping[str, Any]]]) -> None:
    """Ask for what lists hold of many records at once, where the payloads name records in them: ids with their data."""
    rows = [row for row in inbound.map.rows if row.info["type"] in TO_MANY and row.writes]
    ids = {one for one, data in items if one is not None and any(path.get(data, row.name) for row in rows)}
    inbound.services.hold_ahead(inbound.plan.model, sorted({row.target for row in rows}), ids)


def _check_matches(items: Sequence[Item]) -> None:
    """Two creates of one record cannot be one transaction: the second would have to see the first."""
    seen: dict[str, int] = {}
    for item in items:
        name = item.change.operations[-1].match_id if item.change else ""
        if name and name in seen:
            error = InvalidInput(
                f"Operations {seen[name]} and {item.index} have the same match keys. Send one of them, or leave out "
                "`transaction`.",
                field="operations",
                constraint="match",
            )
            raise _placed(error, item.index)
        seen[name] = item.index


def _operations(body: dict[str, Any]) -> list[Any]:
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


def _read(item: Item, given: Any, inbound: Inbound) -> None:
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


def _placed(error: HubError, index: int | None) -> HubError:
    """The error with the operation that it belongs to."""
    if index is not None:
        error.details = {"index": index, **error.details}
    return error
