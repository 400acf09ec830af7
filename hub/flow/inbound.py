"""What an external system asks of Odoo: create, update, delete, get, list and search by one plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hub.errors import Conflict, InvalidInput, NotPermitted, OdooAccess, OdooError, OdooUnavailable
from hub.flow.attached import with_names
from hub.flow.options import Options
from hub.flow.reading import Reading
from hub.odoo.connection import Operation, Result
from hub.transform import path, types
from hub.transform.kinds.base import TO_MANY
from hub.transform.records import ids_of
from hub.transform.rule import Rule

Written = TypeVar("Written")
WRITE_DATE = Rule("write_date", "write_date")

SILENT = {
    "tracking_disable": True,
    "mail_notrack": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
}
"""Odoo's context for ``trigger_workflow: false``: no tracking message, no note, no new follower."""


@dataclass(frozen=True)
class Change:
    """A checked request, ready for Odoo: the operations that carry it out in order, the last one being its own."""

    operations: tuple[Operation, ...]
    data: Mapping[str, Any] = field(default_factory=dict)
    record_id: int | None = None
    """The record that it changes; of a create, the one that matched and is updated instead."""

    archives: bool = False
    context: Mapping[str, Any] = field(default_factory=dict)


class Inbound(Reading):
    """One caller's access to one model of one Odoo. Every answer is the content of the seeds' envelope.

    Raises only HubErrors: InvalidInput before Odoo is called where the rule is the hub's own,
    Odoo's refusals with the caller's field names where they can be told.
    """

    def create(self, body: Any, idempotent: str = "", expand: str = "") -> dict[str, Any]:
        """Create a record from ``data``; answers ``id`` and ``data`` (the ``return_fields``, or the id alone).

        A record that matches by the plan's match keys is updated instead, or the request refused, as configured;
        then ``updated`` is true in the answer. ``idempotent`` is a name that belongs to this request alone: however
        often it is carried out, there is one record. ``expand``: those of the ``return_fields`` that are relations and
        come with their names.
        """
        sent, options = self._read(body, allowed=Options.OF_CREATE)
        wanted = self._expanded(self.rows(options.return_fields, "return_fields"), expand)
        change = self.to_create(sent, options, idempotent)
        record_id, existed = self.carry_out(change)
        if existed:  # somebody else was faster with the same match keys
            change = self.matched(change.data, options, record_id)
            self.odoo.batch(change.operations, context=change.context) if change.operations else None
        answer = {"id": record_id, "data": self.one(record_id, wanted) if wanted else {"id": record_id}}
        if change.record_id is not None:
            answer["updated"] = True
        return self.scripts.answer(answer, change.data, [record_id])

    def update(self, record_id: int, body: Any, expand: str = "") -> dict[str, Any]:
        """Write ``data`` to a record; with ``partial_update: false`` the data replaces all of it:
        what is required must be there, and what is left out becomes its default or empty.
        """
        sent, options = self._read(body, allowed=Options.OF_UPDATE)
        wanted = self._expanded(self.rows(options.return_fields, "return_fields"), expand)
        self.must_exist(record_id)
        change = self.to_update(record_id, sent, options)
        self.carry_out(change)
        told = self.one(record_id, [*wanted, self.map.binder.one(WRITE_DATE)])
        written = self.map.named(change.operations[-1].values, change.data)
        answer = {"id": record_id, "updated_fields": written, "write_date": told["write_date"]}
        if wanted:
            answer["data"] = {key: value for key, value in told.items() if key in {row.name for row in wanted}}
        return self.scripts.answer(answer, change.data, [record_id])

    def delete(self, record_id: int, body: Any) -> dict[str, Any]:
        """Delete a record, or archive it with ``archive_instead``; with ``cascade`` its mapped sub-records first."""
        body = as_object(body, "The body")
        for key in body:
            if key != "options":
                raise InvalidInput(
                    f"The body of a deletion holds `options`, not `{key}`.",
                    field=key,
                    value=body[key],
                    constraint="unknown_field",
                )
        options = Options.of(body.get("options"), allowed=Options.OF_DELETE)
        self.must_exist(record_id)
        change = self.to_delete(record_id, options)
        self.carry_out(change)
        how = "archived" if change.archives else "deleted"
        return {"message": f"Record {how} successfully", "id": record_id}

    # Checked, not yet carried out ---------------------------------------------------------------------

    def to_create(self, sent: Mapping[str, Any], options: Options, idempotent: str = "") -> Change:
        """What a create means for Odoo; an update where a record matches and the plan wants that."""
        data = self.scripts.data(sent, [])
        matching = tuple(self._matching(data))
        found = self._found(matching)
        if found is not None:
            return self.matched(data, options, found)
        values = self._values(data, options, complete=True)
        operation = Operation(
            "create",
            self.plan.model,
            values=self.scripts.values(values, data, []),
            external_id=f"idem_{_digest(idempotent)}" if idempotent else "",
            match_id=f"match_{_digest([self.plan.code, matching])}" if matching else "",
            unless=matching,
        )
        return Change((operation,), data, context=_context(options))

    def to_update(self, record_id: int, sent: Mapping[str, Any], options: Options) -> Change:
        """What an update means for Odoo."""
        return self._update_of(record_id, self.scripts.data(sent, [record_id]), options, partial=options.partial_update)

    def to_delete(self, record_id: int, options: Options) -> Change:
        """What a deletion means for Odoo."""
        model = self.plan.model
        if not options.archive_instead:
            first = self._dependents(record_id) if options.cascade else []
            return Change((*first, Operation("unlink", model, [record_id])), record_id=record_id)
        if "active" not in self.map.fields:
            raise InvalidInput(
                f"{model} cannot be archived: it has no field `active`. Delete it instead.",
                field="options.archive_instead",
                value=True,
                constraint="unsupported",
            )
        return Change((Operation("write", model, [record_id], {"active": False}),), record_id=record_id, archives=True)

    def values(
        self, sent: Mapping[str, Any], *, complete: bool, record_id: int | None = None
    ) -> tuple[Mapping[str, Any], dict[str, Any]]:
        """The data as the scripts leave it, and Odoo's values for it; nothing is written to the record itself."""
        ids = [] if record_id is None else [record_id]
        data = self.scripts.data(sent, ids)
        values = self.map.inward(data, complete=complete, record_id=record_id, matched=self.plan.match)
        return data, self.scripts.values(values, data, ids)

    def _update_of(self, record_id: int, data: Mapping[str, Any], options: Options, *, partial: bool) -> Change:
        values = self._values(data, options, complete=not partial, record_id=record_id)
        if not partial:
            values = self._reset(data, values, check=not options.skip_validation) | values
        values = self.scripts.values(values, data, [record_id])
        if not values:
            raise InvalidInput("`data` names no field to update.", field="data", value=None, constraint="required")
        operation = Operation("write", self.plan.model, [record_id], values)
        return Change((operation,), data, record_id, context=_context(options))

    def _values(
        self, data: Mapping[str, Any], options: Options, *, complete: bool, record_id: int | None = None
    ) -> dict[str, Any]:
        values = self.map.inward(
            data,
            complete=complete,
            record_id=record_id,
            check=not options.skip_validation,
            matched=self.plan.match,
        )
        sight = self.services.sight
        if sight is not None:
            self.written(lambda: sight.check(self.plan.model, values), data)
        return values

    def _reset(self, data: Mapping[str, Any], values: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
        """What the fields become that replacing a record leaves out: Odoo's default, else empty.

        One that Odoo needs, and knows no default for, must be sent; unless Odoo computes it, which leaves it as it is.
        """
        rows = [row for row in self.map.left_out(data) if row.target not in values]
        defaults = self.services.defaults(self.plan.model, sorted({row.target for row in rows}))
        found: dict[str, Any] = {}
        for row in rows:
            info, value = row.info, defaults.get(row.target, False)
            if info["type"] in TO_MANY:
                found[row.target] = _replaced(value, str(info["type"]))
            elif (value is not False and value is not None) or not info.get("required") or _has_zero(info):
                found[row.target] = ids_of(value)[0] if info["type"] == "many2one" and value else value
            elif check and not info.get("depends"):
                raise InvalidInput(
                    f"`{row.name}` is required: {self.plan.model} needs a value there, and Odoo has no default for it.",
                    field=row.name,
                    value=None,
                    constraint="required",
                )
        return found

    # Matching -----------------------------------------------------------------------------------------

    def _matching(self, data: Mapping[str, Any]) -> list[Any]:
        """The domain that finds the record which the data is about; empty when a match key is not sent."""
        found: list[Any] = []
        rows = self.map.by_key()
        for name in self.plan.match:
            row = rows.get(name)
            value = path.get(data, name)
            if row is None or value is path.ABSENT or value in (None, ""):
                return []
            found.append((row.target, "=", self.map.sought(row, data)))
        return found

    def _found(self, matching: Sequence[Any]) -> int | None:
        if not matching:
            return None
        ids = self.odoo.search(self.plan.model, list(matching), order="id", limit=2, context={"active_test": False})
        if len(ids) > 1:
            raise Conflict(
                f"More than one record of {self.plan.model} has this {', '.join(self.plan.match)}.",
                field=self.plan.match[0],
                constraint="match",
            )
        return ids[0] if ids else None

    def matched(self, data: Mapping[str, Any], options: Options, record_id: int) -> Change:
        """What a create means whose record is there; raises Conflict or NotPermitted where it is not updated."""
        if not self.plan.updates_matches:
            name = self.plan.match[0]
            raise Conflict(
                f"A record of {self.plan.model} with this {', '.join(self.plan.match)} exists already: {record_id}.",
                field=name,
                value=path.get(data, name),
                constraint="match",
                id=record_id,
            )
        if self.plan.withheld & {"PUT", "PATCH"}:
            raise NotPermitted(
                f"A record of {self.plan.model} with this {', '.join(self.plan.match)} exists already: {record_id}. "
                "You may create, but not update."
            )
        return self._update_of(record_id, data, options, partial=True)

    def _dependents(self, record_id: int) -> list[Operation]:
        """Deletions of the sub-records that the mapping shows as lists of their own."""
        lists = [row for row in self.map.rows if row.info["type"] == "one2many" and row.offered]
        rows = [row for row in lists if row.kind.key in ("records", "plain")]
        names = sorted({row.target for row in rows})
        if not names:
            raise InvalidInput(
                "`cascade` deletes the sub-records that the mapping lets you write, such as an order's lines, and this "
                "one has none. Leave it out.",
                field="options.cascade",
                value=True,
                constraint="unsupported",
            )
        (record,) = self.odoo.read(self.plan.model, [record_id], names)
        return [
            Operation("unlink", str(self.map.fields[name]["relation"]), ids)
            for name in names
            if (ids := ids_of(record[name])) and self.map.fields[name]["type"] in TO_MANY
        ]

    # Carrying out -------------------------------------------------------------------------------------

    def carry_out(self, change: Change) -> tuple[int, bool]:
        """The record's id, and whether a create found it there; in one call, and one transaction.

        What Odoo refuses is told with the caller's names.
        """
        return self.written(lambda: self._carried_out(change), change.data)

    def written(self, call: Callable[[], Written], data: Mapping[str, Any]) -> Written:
        """What ``call`` to Odoo gives; its refusal names the keys of the caller's ``data``."""
        try:
            return call()
        except OdooError as error:
            error.details.pop("index", None)  # of the hub's own steps: the caller asked for one thing
            raise self.map.told(error, data) from None

    def _carried_out(self, change: Change) -> tuple[int, bool]:
        *_, own = change.operations
        if len(change.operations) > 1 or own.external_id or own.match_id:
            try:
                result = self.odoo.batch(change.operations, context=change.context)[-1]
                return _id_of(change, result), result.existed
            except OdooAccess as error:
                if "index" in error.details or len(change.operations) > 1:
                    raise
                # The connection's user may not do more than one thing in a call: then without the name.
        if own.kind == "create":
            return self._create(own, change), False
        if own.kind == "write":
            self.odoo.write(own.model, own.ids, own.values, context=change.context)
        else:
            self.odoo.unlink(own.model, own.ids, context=change.context)
        return own.ids[0], False

    def _create(self, own: Operation, change: Change) -> int:
        """Without the name, which nobody may repeat blindly that knows not whether it was done."""
        try:
            return self.odoo.create(own.model, [own.values], context=change.context)[0]
        except OdooUnavailable as error:
            error.repeatable = not error.sent
            raise

    def must_exist(self, record_id: int) -> None:
        """Raise NotFound for a record that is not there, or that this user may not see."""
        # Odoo itself passes over a write to a record that is gone, or that this user may not see.
        if not self.odoo.count(self.plan.model, [("id", "=", record_id)], context={"active_test": False}):
            raise self.missing(record_id)

    def _read(self, body: Any, allowed: tuple[str, ...]) -> tuple[dict[str, Any], Options]:
        body = as_object(body, "The body")
        for key in body:
            if key not in ("data", "options"):
                raise InvalidInput(
                    f"The body holds `data` and `options`, not `{key}`. Put the record's fields into `data`.",
                    field=key,
                    value=body[key],
                    constraint="unknown_field",
                )
        return with_names(data_of(body), self.map), Options.of(body.get("options"), allowed=allowed)


def data_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The ``data`` of a body or an operation."""
    if "data" not in body:
        raise InvalidInput(
            "`data` is missing: the record's fields go there.", field="data", value=None, constraint="required"
        )
    return as_object(body["data"], "`data`")


def as_object(value: Any, name: str) -> dict[str, Any]:
    """The value when it is a JSON object; raises InvalidInput."""
    if not isinstance(value, dict):
        raise InvalidInput(
            f'{name} must be a JSON object, such as {{"data": {{...}}}}.'
            if name == "The body"
            else f"{name} must be a JSON object.",
            field=name.strip("`"),
            value=value,
            constraint="type",
        )
    return value


def _replaced(default: Any, kind: str) -> list[Any]:
    """Commands that leave in a list what is in it by default, and nothing else."""
    given = default if isinstance(default, list) else []
    if kind == "many2many" and all(isinstance(one, int) for one in given):
        return [[6, 0, given]]
    return [[5, 0, 0], *(one for one in given if not isinstance(one, int))]


def _has_zero(info: Mapping[str, Any]) -> bool:
    """Whether no value is one, as 0 is of a number."""
    return info["type"] in types.NEVER_EMPTY


def _context(options: Options) -> dict[str, Any]:
    return {} if options.trigger_workflow else dict(SILENT)


def _id_of(change: Change, result: Result) -> int:
    return int(result.value) if change.operations[-1].kind == "create" else change.operations[-1].ids[0]


def _digest(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:40]
