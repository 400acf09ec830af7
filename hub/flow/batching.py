"""Many operations in one request: checked one by one, carried out in a few calls to Odoo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub.errors import (
    Conflict,
    HubError,
    InvalidInput,
    NotFound,
    NotPermitted,
    OdooAccess,
    OdooError,
    OdooUnavailable,
)
from hub.flow.inbound import SILENT, Change, Inbound, as_object
from hub.flow.operations import Item, check_matches, operations_of, placed, read
from hub.flow.options import Options
from hub.flow.repeating import NAMELESS, Once, made
from hub.odoo.connection import Mode, Operation, Result
from hub.transform import path, types
from hub.transform.kinds import Lookup, Plain
from hub.transform.kinds.base import TO_MANY
from hub.transform.properties import TYPE

AT_ONCE = 200
"""Operations that go to Odoo in one call where they need not be one transaction: progress is told after each."""


class Batch:
    """The operations of one request; raises InvalidInput for a body that is none."""

    def __init__(self, inbound: Inbound, body: Any, once: Once = NAMELESS) -> None:
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
        self._once = once
        self._nameless = False
        self.interruption: OdooError | None = None
        """What ended it half-way: mostly Odoo, which was away after some had been done."""

        self.items = [Item(index) for index in range(len(operations_of(body)))]
        for item, given in zip(self.items, body["operations"], strict=True):
            try:
                read(item, given, inbound)
            except (InvalidInput, NotPermitted) as error:
                item.error = placed(error, item.index)

    @property
    def done(self) -> int:
        """How many operations have been tried."""
        return sum(item.is_over for item in self.items)

    def carry_out(self, progress: Callable[[int], None] = lambda done: None) -> dict[str, Any]:
        """Do them; the content of the answer. ``progress`` hears how many are done.

        With ``transaction`` the error of the first one that fails is raised, and nothing is done. Otherwise each result
        stands in the answer, as far as they were tried; what concerns all of them is raised only while none was done.
        """
        if self.options.transaction:
            self._transaction()
        else:
            self._check_all()
            self._in_turn("each" if self.options.continue_on_error else "stop", progress)
        return self._answer()

    def failure(self) -> HubError | None:
        """What to tell a sender who looks at nothing but the status: the error when nothing was done, or when
        Odoo was away half-way and doing all of it again does no harm. None when the results alone can tell.
        """
        good = [item for item in self.items if item.is_done]
        errors = [item.error for item in self.items if item.error is not None]
        if self.interruption is not None and all(_has_match(item) for item in good):
            return self.interruption
        if good or not errors:
            return None
        worst = max(errors, key=lambda error: error.status)
        if worst.status >= 500 or all(error.status == worst.status for error in errors):
            return worst
        return InvalidInput(f"None of the {len(errors)} records was taken. `results` says why, for each of them.")

    # Checking -----------------------------------------------------------------------------------------

    def _check_all(self) -> None:
        look_up_together(self.inbound, [item.data for item in self.items])
        there = self._existing()
        gone = self._deleted_before(there)
        hold_together(self.inbound, [(item.record_id, item.data) for item in self.items if item.record_id in there])
        for item in self.items:
            if item.error is None and item.index in gone:
                item.result = Result(value=True)
            elif item.error is None:
                try:
                    item.change = self._checked(item, there)
                except HubError as error:
                    if error.retryable:
                        raise
                    item.error = placed(error, item.index)
            if item.error is not None and not self.options.continue_on_error:
                if self.options.transaction:
                    raise item.error
                break

    def _checked(self, item: Item, there: set[int]) -> Change:
        inbound = self.inbound
        if item.method == "create":
            return inbound.to_create(item.data, self.options, self._once.part(item.index))
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

    # Begun before -------------------------------------------------------------------------------------

    def _deleted_before(self, there: set[int]) -> set[int]:
        """The operations, by index, on records which this batch deleted when it was begun before."""
        if not self._once.again or self.options.archive_instead:
            return set()
        deletions = [item for item in self.items if item.method == "delete" and item.record_id is not None]
        last = {item.record_id: item.index for item in deletions if item.record_id not in there}
        return {item.index for item in self.items if item.index <= last.get(item.record_id, -1)}

    def _was_committed(self) -> bool:
        """Whether all of it was done when it was begun before, told by the names of what it made; then as results."""
        names = {item.index: self._once.part(item.index) for item in self.items if item.method == "create"}
        known = made(self.inbound.odoo, list(names.values()))
        if not known:
            return False
        for item in self.items:
            item.change, item.error, item.result = None, None, Result(value=True)
            if item.method == "create":
                self._recall(item, known.get(names[item.index]))
        return True

    def _recall(self, item: Item, record_id: int | None) -> None:
        """The record of a create that was done: made under its name, or found there by the match keys."""
        try:
            found = record_id or self.inbound.match_of(item.data)
            if found is None:
                raise NotFound("The record was made, and is gone since.")
            item.result = Result(value=found)
        except HubError as error:
            if error.retryable:
                raise
            item.error = placed(error, item.index)

    # Carrying out -------------------------------------------------------------------------------------

    def _transaction(self) -> None:
        if self._once.again and self._was_committed():
            return
        try:
            self._check_all()
            self._all_or_none()
        except (OdooError, NotFound, Conflict) as error:
            # What was begun before may have been under way in Odoo until now: then it is what stands in the way.
            if error.retryable or not self._was_committed():
                raise

    def _all_or_none(self) -> None:
        changes = [item.change for item in self.items if item.change is not None]
        check_matches(self.items)
        operations = [operation for change in changes for operation in change.operations]
        owners = [item for item in self.items if item.change is not None for _ in item.change.operations]
        try:
            results = self._together(operations, "all")
        except OdooError as error:
            at = error.details.pop("index", None)
            owner = owners[at] if isinstance(at, int) else None
            data = owner.change.data if owner is not None and owner.change is not None else {}
            raise placed(self.inbound.map.told(error, data), owner.index if owner is not None else None) from None
        for owner, result in zip(owners, results, strict=True):
            owner.result = result  # of several, the last one counts

    def _in_turn(self, mode: Mode, progress: Callable[[int], None]) -> None:
        left = [item for item in self.items if item.change is not None]
        while left:
            part = left[:AT_ONCE]
            try:
                goes_on = self._part(part, mode)
            except OdooError as error:
                if not any(item.is_done for item in self.items):
                    raise
                self._interrupted(error, part, left[AT_ONCE:] if mode == "each" else [])
                return
            left = [item for item in left if not item.is_over]
            if not goes_on:
                return
            progress(self.done)

    def _interrupted(self, error: OdooError, under_way: Sequence[Item], never_sent: Sequence[Item]) -> None:
        """What was done stays told; each of the others has the error as its own."""
        if self._nameless and isinstance(error, OdooUnavailable):
            error.repeatable = False
        self.interruption = error
        for item in under_way:
            if not item.is_over:
                item.error = placed(error.twin(), item.index)
        for item in never_sent:
            twin = error.twin()
            twin.public = type(error).public  # without that it may have been done
            item.error = placed(twin, item.index)

    def _part(self, part: Sequence[Item], mode: Mode) -> bool:
        """Do these, or with ``stop`` some of them; False when one failed that stops the rest."""
        operations = [operation for item in part if item.change for operation in item.change.operations]
        if len(operations) > len(part):
            return self._one_by_one(part, mode)
        try:
            results = self._together(operations, mode)
        except OdooAccess as error:
            if "index" in error.details:
                raise
            self._nameless = True
            return self._one_by_one(part, mode)  # the connection's user may not do several in one call
        met: list[tuple[Item, Result]] = []
        for item, result in zip(part, results, strict=False):
            if result.error is not None:
                data = item.change.data if item.change is not None else {}
                item.error = placed(self.inbound.map.told(result.error, data), item.index)
            elif result.existed:
                met.append((item, result))
            else:
                item.result = result
        for item, result in met:
            self._settle(item, result)
        return mode == "each" or all(item.error is None for item in part)

    def _one_by_one(self, part: Sequence[Item], mode: Mode) -> bool:
        return all(self._one(item) or mode == "each" for item in part)

    def _settle(self, item: Item, result: Result) -> None:
        """A create that met its record, which came while we looked: updated, or refused, as the plan wants."""
        assert item.change is not None
        try:
            item.change = self.inbound.matched(item.change.data, self.options, int(result.value))
            self.inbound.carry_out(item.change)
            item.result = result
        except HubError as error:
            if error.retryable:
                raise
            item.error = placed(error, item.index)

    def _one(self, item: Item) -> bool:
        """Do one for itself; False when it failed."""
        assert item.change is not None
        try:
            record_id, existed = self.inbound.carry_out(item.change)
            result = Result(value=record_id, existed=existed)
            if existed:
                self._settle(item, result)
            else:
                item.result = result
        except OdooError as error:
            if error.retryable:
                raise
            item.error = placed(error, item.index)
        return item.error is None

    def _together(self, operations: Sequence[Operation], mode: Mode) -> list[Result]:
        """In one call; where all are creates of the same kind, in the way that Odoo does fastest."""
        odoo, context = self.inbound.odoo, {} if self.options.trigger_workflow else SILENT
        alike = all(one.kind == "create" and not one.external_id and not one.match_ids for one in operations)
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
                good: dict[str, Any] = {"index": item.index, "success": True, "id": item.id}
                results.append(good | ({"data": shown[item.id]} if item.id in shown else {}))
        failed = [one for one in results if not one["success"]]
        left = len(self.items) - len(results)
        answer: dict[str, Any] = {"success": not failed, "results": results}
        if failed:
            answer["summary"] = {"succeeded": len(results) - len(failed), "failed": len(failed), "not_attempted": left}
        return answer

    def _shown(self) -> dict[int, dict[str, Any]]:
        if not self._wanted or self.interruption is not None:
            return {}
        ids = {item.id for item in self.items if item.is_done and item.method != "delete"}
        try:
            return {one["id"]: one for one in self.inbound.several(sorted(ids), self._wanted)}
        except OdooUnavailable:
            return {}  # what was done is told all the same


def _has_match(item: Item) -> bool:
    """Whether it finds its record when it is done once more, by the match keys."""
    change = item.change
    return change is not None and (change.record_id is not None or bool(change.operations[-1].match_ids))


def intake(inbound: Inbound, body: Any, once: Once = NAMELESS) -> Batch | None:
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
    return Batch(inbound, {"operations": operations, "options": {"continue_on_error": True}}, once)


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
    """Ask for lists and properties of many records at once where the payloads write to them: ids with their data."""
    rows = [row for row in inbound.map.rows if row.info["type"] in TO_MANY and row.writes]
    ids = {one for one, data in items if one is not None and any(path.get(data, row.name) for row in rows)}
    inbound.services.hold_ahead(inbound.plan.model, sorted({row.target for row in rows}), ids)
    own = [row for row in inbound.map.rows if row.info["type"] == TYPE and row.writes]
    ids = {one for one, data in items if one is not None and any(path.get(data, row.name) for row in own)}
    inbound.services.properties_ahead(inbound.plan.model, sorted({row.target for row in own}), ids)
