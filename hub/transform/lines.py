"""What a caller may do to related records by way of a one2many or many2many field, checked before Odoo is asked.

A relation that is mapped as it is lets callers change the record itself: which records it links to, and the records
that belong to it alone. It is no way into records of others, nor into those that decide who may do what.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from hub.errors import InvalidInput, OdooError
from hub.odoo.commands import Code, Command
from hub.odoo.guarded import guard
from hub.transform import types
from hub.transform.computed import SET_BY_ODOO, why_not
from hub.transform.kinds.base import TO_MANY, Bound, FieldInfo
from hub.transform.services import Incoming

LINKS = (Code.UNLINK, Code.LINK, Code.CLEAR, Code.SET)


def inward(value: Any, row: Bound, incoming: Incoming) -> Any:
    """Odoo's commands for what a caller sent for the row's field; raises InvalidInput naming the place in it."""
    info, name = row.info, row.name
    if _as_it_is(value, row, incoming):
        return []
    if value is None or value is False:
        if not incoming.ours:
            refuse_guarded(name, value, info)
        return types.inward(value, info, name, check=incoming.check)
    value = types.whole(value)
    given = types.commands_of(value, name)
    if incoming.ours:
        return [one.as_list() for one in given] or [Command(Code.SET).as_list()]
    refuse_guarded(name, value, info)
    if value == []:
        return [Command(Code.SET).as_list()]
    of_ids = all(isinstance(one, int) for one in value)
    rules = _Lines(row, incoming) if info["type"] == "one2many" else _Links(row, incoming)
    made = []
    for index, one in enumerate(given):
        for at, record_id in enumerate((one.id, *one.ids)):
            if record_id > types.INTEGER_MOST:
                where = f"{name}[{at - 1 if of_ids else index}]"
                raise types.wrong(where, record_id, "range", "there is no record with this id.")
        made.append(rules.checked(one, index, value[index] if not of_ids else None).as_list())
    return made


def _as_it_is(value: Any, row: Bound, incoming: Incoming) -> bool:
    """Whether a guarded list is sent back as it was read: callers who write all that they got mean no harm."""
    if incoming.ours or not guard(row.relation) or not isinstance(value, list | None):
        return False
    ids = types.whole(value or [])
    return all(isinstance(one, int) for one in ids) and set(ids) == set(_held(row, incoming))


def refuse_foreign(ids: Sequence[int], sent: Sequence[Any], row: Bound, incoming: Incoming) -> None:
    """Raise InvalidInput for a record, found for what was sent, that the one2many of this record does not hold."""
    held = _held(row, incoming) if ids else ()
    for one, told in zip(ids, sent, strict=True):
        if one not in held:
            raise _elsewhere(row.name, told, row)


def links(value: Any, info: FieldInfo, name: str) -> list[list[Any]]:
    """Commands that link, set or remove, and do nothing else; raises InvalidInput."""
    refuse_guarded(name, value, info)
    given = types.commands_of(types.whole(value), name)
    for index, one in enumerate(given):
        if info["type"] == "one2many" or one.code not in LINKS:
            raise types.wrong(f"{name}[{index}]", value, "relation", "here a relation can only be given links.")
    return [one.as_list() for one in given]


@dataclass(frozen=True)
class _Rules:
    row: Bound
    incoming: Incoming

    def place(self, index: int) -> str:
        return f"{self.row.name}[{index}]"

    def values(self, one: Command, index: int) -> Command:
        made = _Braces(self.row, self.incoming, self.place(index)).inward(one.values)
        return Command(one.code, one.id, made)


class _Links(_Rules):
    """A many2many: what it links to belongs to others, too."""

    def checked(self, one: Command, index: int, sent: Any) -> Command:
        if one.code in (Code.UPDATE, Code.DELETE):
            what = "changed" if one.code is Code.UPDATE else "deleted"
            raise types.wrong(
                self.place(index),
                sent,
                "relation",
                f"a record of {self.row.relation} may be linked from others, too, so it is not {what} from here. Use "
                "its own address, or link ([4, id, 0]), unlink ([3, id, 0]) or replace ([6, 0, [ids]]).",
            )
        return self.values(one, index) if one.code is Code.CREATE else one


class _Lines(_Rules):
    """A one2many: its records belong to this one, and only those that do may be named."""

    def checked(self, one: Command, index: int, sent: Any) -> Command:
        named = (one.id,) if one.id else one.ids
        if named:
            held = _held(self.row, self.incoming)
            for at, record_id in enumerate(named):
                if record_id not in held:
                    where = self.place(at if sent is None else index)
                    raise _elsewhere(where, record_id if sent is None else sent, self.row, one.code)
        return self.values(one, index) if one.code in (Code.CREATE, Code.UPDATE) else one


def _held(row: Bound, incoming: Incoming) -> Collection[int]:
    """The records that the field of the record holds; none where it is new."""
    if incoming.record_id is None:
        return ()
    return row.services.held(row.model, incoming.record_id, row.target)


def _elsewhere(where: str, sent: Any, row: Bound, code: Code = Code.LINK) -> InvalidInput:
    relation, key = row.relation, row.name
    if code in (Code.LINK, Code.SET):
        inverse = row.info.get("relation_field")
        message = (
            f"`{key}` of this record does not hold it. Taking a record of {relation} from another one is a change of "
            f"that record: use its own address{f', field {inverse}' if inverse else ''}."
        )
    else:
        message = (
            f"`{key}` of this record holds no such record of {relation}. Name one that it holds, or use the other "
            "record's own address."
        )
    return types.wrong(where, sent, "exists", message)


def refuse_guarded(name: str, value: Any, info: FieldInfo) -> None:
    """Raise InvalidInput where the field is a list of records that decide who may do what."""
    relation = str(info.get("relation") or "")
    why = guard(relation)
    if why:
        raise types.wrong(
            name,
            value,
            "guarded",
            f"records of {relation} are neither linked nor changed on the way to another record: {why}. "
            f"Use a configuration for {relation} itself.",
        )


# Values of a new or changed line -------------------------------------------------------------------


@dataclass(frozen=True)
class _Braces:
    """The braces of ``[0, 0, {...}]`` and ``[1, id, {...}]``: fields of the related record itself, and no others."""

    row: Bound
    incoming: Incoming
    where: str

    @property
    def inverse(self) -> str:
        return str(self.row.info.get("relation_field") or "")

    def inward(self, given: Mapping[str, Any]) -> dict[str, Any]:
        fields = self._fields()
        return {key: self._value(key, value, fields) for key, value in given.items() if not self._owner(key, value)}

    def _fields(self) -> Mapping[str, FieldInfo]:
        try:
            fields = self.row.services.describe(self.row.relation)
        except OdooError as error:
            if error.retryable:
                raise
            fields = {}
        if not fields:
            raise types.wrong(
                self.where,
                None,
                "relation",
                f"the hub may not see the fields of {self.row.relation}: name records by id.",
            )
        owner = fields.get(self.inverse)
        if owner is not None and owner["type"] != "many2one":
            raise types.wrong(
                self.where,
                None,
                "relation",
                f"a record of {self.row.relation} may hang on any other record, so it is not written from here. Use a "
                f"configuration for {self.row.relation}.",
            )
        return fields

    def _owner(self, key: str, value: Any) -> bool:
        """Whether it is the field by which the line belongs to the record, naming just that."""
        if key != self.inverse or self.row.info["type"] != "one2many":
            return False
        sent = value.get("id") if isinstance(value, Mapping) else value
        if self.incoming.record_id is None or isinstance(sent, bool) or sent != self.incoming.record_id:
            raise types.wrong(
                f"{self.where}.{key}", value, "relation", "it belongs to this record: leave the field out."
            )
        return True

    def _value(self, key: str, value: Any, fields: Mapping[str, FieldInfo]) -> Any:
        where = f"{self.where}.{key}"
        info = fields.get(key)
        if info is None:
            near = get_close_matches(key, sorted(set(fields) - SET_BY_ODOO), n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise types.wrong(where, value, "unknown_field", f"the record has no such field.{hint}")
        why = why_not(key, info)
        if why:
            raise types.wrong(where, value, "read_only", f"it {why}: leave it out.")
        through = str(_first(info.get("related")))
        if through and through != self.inverse:
            raise types.wrong(
                where, value, "relation", f"it belongs to another record ({through}): write it at its own address."
            )
        if info["type"] not in TO_MANY:
            return types.inward(value, info, where, check=self.incoming.check)
        if self.row.info["type"] == "many2many":
            raise types.wrong(
                where,
                value,
                "relation",
                f"a list of a new {self.row.relation} would change the records in it. Leave it out, or write "
                f"{self.row.relation} at its own address.",
            )
        if info["type"] == "one2many":
            raise types.wrong(
                where,
                value,
                "relation",
                f"no records within records here. Write them at the address of {self.row.relation}, or let the mapping "
                "have them as sub-records.",
            )
        return self._tags(value, info, where)

    def _tags(self, value: Any, info: FieldInfo, where: str) -> Any:
        """Links of a line, such as its taxes."""
        refuse_guarded(where, value, info)
        if value is None or value is False:
            return types.inward(value, info, where, check=self.incoming.check)
        given = types.commands_of(types.whole(value), where)
        for one in given:
            if one.code not in LINKS:
                raise types.wrong(
                    where, value, "relation", "within a record only links are taken: a list of ids, or [[6, 0, [ids]]]."
                )
        return types.inward(value, info, where)


def _first(related: Any) -> str:
    """The first step of ``partner_id.email``; Odoo 15 spells it as a list."""
    if isinstance(related, Sequence) and not isinstance(related, str):
        return str(related[0]) if related else ""
    return str(related or "").partition(".")[0]
