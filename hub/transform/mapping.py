"""A whole mapping, both ways: a record becomes a payload, a payload becomes values for Odoo."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from hub.errors import InvalidInput, OdooError
from hub.odoo.connection import Odoo, Record
from hub.transform import path, properties, records, telling
from hub.transform.binding import Bind
from hub.transform.computed import SET_BY_ODOO
from hub.transform.kinds.base import TO_MANY, Bound, FieldInfo
from hub.transform.kinds.nested import SUB
from hub.transform.records import Describe
from hub.transform.rule import Rule
from hub.transform.services import Incoming, NoServices, Outgoing, Services

Fields = Mapping[str, FieldInfo]
"""A model's fields_get."""

ALWAYS = ("id", "create_date", "write_date")
"""Fields that a caller may read and search by without a mapping, under Odoo's own names."""


@dataclass(frozen=True)
class FieldMap:
    """The rules of a configuration, held against one Odoo: those for fields that it has not are gone."""

    model: str
    rows: tuple[Bound, ...]
    fields: Fields = field(repr=False)
    binder: Bind = field(repr=False)
    reject_unmapped: bool = True
    absent: frozenset[str] = frozenset()
    """Keys of optional rules whose field this Odoo has not; those of sub-records as lines[].sku."""

    beside: Fields = field(default_factory=dict, repr=False)
    """Paths that are read with the rows, for what stands in no row: the templates of an address or a body."""

    @classmethod
    def bind(
        cls,
        model: str,
        rules: Iterable[Rule],
        describe: Describe,
        *,
        reject_unmapped: bool = True,
        services: Services | None = None,
        beside: Iterable[str] = (),
    ) -> FieldMap:
        """Hold the rules, and the paths ``beside`` them, against Odoo's fields; raises Misconfigured."""

        binder = cls._binder(model, describe, reject_unmapped, services or NoServices())
        rows, absent = binder.all(rules)
        ends = {one: records.end_of(model, one, describe) for one in beside}
        below = {
            f"{row.name}{path.EACH if row.info['type'] in TO_MANY else ''}.{key}"
            for row in rows
            if row.sub is not None
            for key in row.sub.absent
        }
        return cls(model, rows, binder.fields, binder, reject_unmapped, absent | below, ends)

    @classmethod
    def _binder(cls, model: str, describe: Describe, reject_unmapped: bool, services: Services) -> Bind:
        def sub(relation: str, own: Sequence[Rule]) -> FieldMap:
            return cls.bind(relation, own, describe, reject_unmapped=reject_unmapped, services=services)

        return Bind(model, describe, services, sub)

    def serving(self, services: Services) -> FieldMap:
        """The same for one operation, with ``services`` of its own: the rules need not be held against Odoo again."""
        rows = tuple(row.serving(services) for row in self.rows)
        binder = self._binder(self.model, self.binder.describe, self.reject_unmapped, services)
        return FieldMap(self.model, rows, self.fields, binder, self.reject_unmapped, self.absent, self.beside)

    # Out --------------------------------------------------------------------------------------------

    @cached_property
    def readable(self) -> tuple[Bound, ...]:
        """The rows whose values go out."""
        return tuple(row for row in self.rows if row.rule.reads)

    def fields_to_read(self, rows: Iterable[Bound] | None = None) -> list[str]:
        """The model's own fields that these rows (all that go out) need, and those that their scripts may want."""
        beside = self.beside if rows is None else ()
        rows = self.readable if rows is None else tuple(rows)
        hinted = sorted(
            name
            for row in rows
            for name in row.out.hints(row.options)
            if name in self.fields and self.fields[name].get("type") != "binary"
        )
        paths = [*(one for row in rows for one in row.paths), *beside]
        return list(dict.fromkeys([*records.roots(paths), *hinted]))

    def complete(self, odoo: Odoo, found: Sequence[Record], rows: Iterable[Bound] | None = None) -> list[Record]:
        """Records whose own fields were read, with what lies behind dots and in sub-records."""
        beside = self.beside if rows is None else ()
        rows = self.readable if rows is None else tuple(rows)
        paths = [*(one for row in rows for one in row.paths), *beside]
        whole = records.complete(odoo, self.model, found, paths, self.binder.describe)
        for row in rows:
            if row.sub is not None:
                _fill(odoo, row, row.sub, whole)
        return whole

    def outward(self, record: Record, rows: Iterable[Bound] | None = None, *, shown: bool = False) -> dict[str, Any]:
        """The payload for a record that was read and completed; raises InvalidInput when a required value is empty.

        ``shown``: for a caller who looks, whom defaults, ``required`` and ``skip_empty`` do not concern.
        """
        payload: dict[str, Any] = {}
        outgoing = Outgoing(record, payload, shown)
        for row in self.readable if rows is None else rows:
            rule = row.rule
            try:
                value = row.out.outward(record[row.paths[0]] if row.paths else None, row, outgoing)
            except InvalidInput as error:
                raise InvalidInput(
                    f"`{rule.odoo_field}` of {self.model} {record['id']}: {error.message}",
                    **{"field": row.name, **error.details},
                ) from None
            if value is None and not shown:
                if rule.has_default:
                    value = rule.default
                if value is None and rule.required:
                    raise InvalidInput(
                        f"`{rule.odoo_field}` of {self.model} {record['id']} is empty; `{row.name}` is required.",
                        field=row.name,
                        value=None,
                        constraint="required",
                    )
                if value is None and rule.skip_empty:
                    continue
            path.put(payload, row.name, value)
        return payload

    # In ---------------------------------------------------------------------------------------------

    def inward(
        self,
        data: Mapping[str, Any],
        *,
        complete: bool,
        record_id: int | None = None,
        check: bool = True,
        matched: Collection[str] = (),
    ) -> dict[str, Any]:
        """Odoo's values for a payload. ``complete``: a create, for which defaults and required rows count.

        Without ``check``, types and required values are left to Odoo.

        ``record_id`` is the record that they are for, if it exists; ``matched``, keys by which it was looked for: these
        may go to fields that are not written, such as ``id``. Raises InvalidInput, naming the caller's key,
        for a value that does not fit, a required one that is missing, and a key that no rule names.
        """
        if self.reject_unmapped:
            self._refuse_unmapped(data)
        incoming = Incoming(data, record_id, check)
        values: dict[str, Any] = {}
        for row in self.rows:
            value = row.kind.given(row, data)
            if not row.writes:
                if row.name not in matched:
                    self._refuse_read_only(row, value)
            elif complete or value is not path.ABSENT:
                self._convert(row, value, incoming, values)
        owner = properties.Owner(self.model, self.fields, self.binder.services, record_id, check)
        properties.settle(values, owner, {row.target: row.name for row in self.rows})
        return values

    def _convert(self, row: Bound, value: Any, incoming: Incoming, values: dict[str, Any]) -> None:
        if not row.kind.makes_own:
            if (value is path.ABSENT or value is None) and row.rule.has_default:
                value, incoming = row.rule.default, replace(incoming, ours=True)
            if incoming.check and row.rule.required and _is_missing(row, value):
                raise _required(row, value)
            if not _says(row, value):
                return
        elif row.kind.key == "template" and value is path.ABSENT and not row.rule.required:
            return  # none of the keys that it is made of was sent
        made = row.kind.inward(None if value is path.ABSENT else value, row, incoming)
        if row.kind.makes_own and made is False and row.info["type"] != "boolean":
            if row.rule.has_default:
                made = row.rule.default
            elif row.rule.required:
                raise _required(row, value)
        if row.target in values and values[row.target] != made:
            other = next(one.name for one in self.rows if one.target == row.target)
            raise InvalidInput(
                f"`{row.name}` and `{other}` set the same field of Odoo, {row.target}, to different values: "
                "send one of them.",
                field=row.name,
                constraint="conflict",
            )
        values[row.target] = made

    def told_by(self, row: Bound, data: Mapping[str, Any]) -> Any:
        """Odoo's value of a match key, by which a record is told; None where the data says nothing there.

        ``false`` is a value of a yes or no alone.
        """
        value = path.get(data, row.name)
        if _is_missing(row, value):
            return None
        found = self.sought(row, data)
        return None if _is_missing(row, found) else found

    def sought(self, row: Bound, data: Mapping[str, Any]) -> Any:
        """Odoo's value of a row by which a record is looked for, also of one that is not written; None for nothing."""
        value = path.get(data, row.name)
        return None if value is path.ABSENT else row.kind.inward(value, row, Incoming({row.name: value}))

    def left_out(self, data: Mapping[str, Any]) -> list[Bound]:
        """The rows that the payload says nothing of: replacing a record resets their fields.

        Not those that Odoo keeps from people (an order's state), nor lists of records that no other record leads to.
        """
        sent = {row.target for row in self.rows if _says(row, path.get(data, row.name))}
        return [
            row
            for row in self.rows
            if row.target not in sent and row.offered and not row.kind.makes_own and not row.info.get("readonly")
        ]

    def named(self, values: Collection[str], data: Mapping[str, Any]) -> list[str]:
        """The external keys of the fields that were written, in the order of the rules.

        Of several keys for one field, those that the payload has; all of them, where it has none.
        """
        sent = {row.name: row.target for row in self.rows if path.get(data, row.name) is not path.ABSENT}
        return [
            row.name
            for row in self.rows
            if row.target in values and row.rule.writes and (row.name in sent or row.target not in sent.values())
        ]

    def by_key(self) -> dict[str, Bound]:
        """The rows by external key."""
        return {row.name: row for row in self.rows}

    def row_for(self, name: str, parameter: str) -> Bound:
        """The row of an external key (or of a field in ALWAYS); raises InvalidInput naming the parameter."""
        found = self.by_key().get(name)
        if found is not None and found.rule.reads:
            return found
        if name in ALWAYS:
            return self.binder.one(Rule(name, name))
        raise self.unknown(name, parameter=parameter)

    def unknown(self, name: str, **details: Any) -> InvalidInput:
        """The error for a key that is not the caller's to use, with the one that was probably meant."""
        told = f"`{name}` is not among the fields of {self.model} that you may use.{self._hint(name)}"
        return InvalidInput(
            f"`{name}` of {self.model} is not in this Odoo." if name in self.absent else told,
            field=name,
            value=None,
            constraint="unknown_field",
            **details,
        )

    def told(self, error: OdooError, data: Mapping[str, Any]) -> OdooError:
        """Odoo's refusal with the caller's key in place of Odoo's field, where the data or the mapping tell it."""
        return telling.told(error, self, data)

    def _refuse_read_only(self, row: Bound, value: Any) -> None:
        if value is not path.ABSENT and self.reject_unmapped:
            why = f" It {row.why_not}: leave it out." if row.rule.writes and row.why_not else ""
            raise InvalidInput(
                f"Field `{row.name}` can be read, not written.{why}",
                field=row.name,
                value=value,
                constraint="read_only",
            )

    def _refuse_unmapped(self, data: Mapping[str, Any]) -> None:
        known = self._known
        for name, value in path.leaves(data, known):
            if name not in known:
                constraint = "unknown_field"
                if name in SET_BY_ODOO:
                    why, hint, constraint = "is set by Odoo, and cannot be written", " Leave it out.", "read_only"
                elif name in self.absent:
                    why, hint = "is not in this Odoo", ""
                else:
                    why, hint = "is not mapped", self._hint(name)
                raise InvalidInput(
                    f"Field `{name}` {why} for {self.model}.{hint}",
                    field=name,
                    value=value,
                    constraint=constraint,
                )

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(key for row in self.rows for key in row.kind.keys(row.name, row.options))

    def _hint(self, name: str) -> str:
        near = get_close_matches(name, sorted({*self._known, *ALWAYS} - {name}), n=1)
        return f" Did you mean `{near[0]}`?" if near else ""


def _is_missing(row: Bound, value: Any) -> bool:
    """Whether there is no value; ``false`` is one for a yes or no alone."""
    return value is path.ABSENT or value in (None, "") or (value is False and row.info["type"] != "boolean")


def _says(row: Bound, value: Any) -> bool:
    """Whether anything is said of the field. A yes or no is never empty in Odoo, so null says nothing of it."""
    return value is not path.ABSENT and not (value is None and row.info["type"] == "boolean")


def _required(row: Bound, value: Any) -> InvalidInput:
    shown = None if value is path.ABSENT else value
    return InvalidInput(f"`{row.name}` is required.", field=row.name, value=shown, constraint="required")


def _fill(odoo: Odoo, row: Bound, sub: FieldMap, found: Sequence[Record]) -> None:
    """Read the sub-records of all records at once, and put each beside its record."""
    name = row.rule.odoo_field
    wanted = sorted({one for record in found for one in records.ids_of(record.get(name))})
    read = odoo.read(sub.model, wanted, sub.fields_to_read()) if wanted else []
    by_id = {one["id"]: one for one in sub.complete(odoo, read)}
    for record in found:
        held = [by_id[one] for one in records.ids_of(record.get(name)) if one in by_id]
        record.setdefault(SUB, {})[name] = held
