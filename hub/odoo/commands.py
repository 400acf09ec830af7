"""Odoo's commands for one2many and many2many fields: ``[code, id, values]``, seven codes.

====  ==================  ===============================================================
code  written             what it does
====  ==================  ===============================================================
0     ``[0, 0, values]``  create a record with these values and link it
1     ``[1, id, values]`` write these values to the linked record
2     ``[2, id, 0]``      unlink the record and delete it
3     ``[3, id, 0]``      unlink the record (a one2many line whose parent is required is deleted)
4     ``[4, id, 0]``      link the existing record
5     ``[5, 0, 0]``       unlink all
6     ``[6, 0, ids]``     link exactly these
====  ==================  ===============================================================

Shortened forms are read as Odoo reads them: ``[4, 7]``, ``[5]``, a plain list of ids as code 6, ``False`` as none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from hub.errors import InvalidInput
from hub.redact import as_sent


class Code(IntEnum):
    """The first item of a command."""

    CREATE = 0
    UPDATE = 1
    DELETE = 2
    UNLINK = 3
    LINK = 4
    CLEAR = 5
    SET = 6


_WITH_ID = {Code.UPDATE, Code.DELETE, Code.UNLINK, Code.LINK}
_WITH_VALUES = {Code.CREATE, Code.UPDATE}


@dataclass(frozen=True)
class Command:
    """One checked command; ``id`` is 0 and ``values``, ``ids`` are empty where the code takes none."""

    code: Code
    id: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    ids: tuple[int, ...] = ()

    def as_list(self) -> list[Any]:
        """The command as Odoo takes it over RPC."""
        if self.code in _WITH_VALUES:
            return [int(self.code), self.id, dict(self.values)]
        return [int(self.code), self.id, list(self.ids) if self.code is Code.SET else 0]


def parse(value: Any, name: str = "the field") -> list[Command]:
    """Check what was given for the x2many field ``name`` and return its commands.

    Raises InvalidInput that names the field, the position and what a right command looks like.
    """
    if value is False or value is None:
        return [Command(Code.SET)]
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
        raise _wrong(name, value, "expected a list of commands such as [6, 0, [1, 2]], or a list of ids")
    if value and all(_is_id(item) for item in value):
        return [Command(Code.SET, ids=tuple(dict.fromkeys(value)))]
    return [_command(item, name, position) for position, item in enumerate(value)]


def _command(item: Any, name: str, position: int) -> Command:
    where = f"{name}[{position}]"
    if isinstance(item, (str, bytes)) or not isinstance(item, Sequence) or not 1 <= len(item) <= 3:
        raise _wrong(where, item, "a command is [code, id, values]")
    code = _code(item[0], where)
    second = item[1] if len(item) > 1 else 0
    third = item[2] if len(item) > 2 else None
    record_id = 0
    if code in _WITH_ID:
        if not _is_id(second):
            raise _wrong(where, item, f"code {int(code)} needs a record's id in second place")
        record_id = second
    if code in _WITH_VALUES:
        if not isinstance(third, Mapping):
            raise _wrong(where, item, f"code {int(code)} needs an object of values in third place")
        return Command(code, record_id, third)
    if code is Code.SET:
        return Command(code, ids=_ids(third, where))
    return Command(code, record_id)


def _code(value: Any, where: str) -> Code:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 6:
        return Code(value)
    raise _wrong(where, value, "the code is a number from 0 to 6")


def _ids(value: Any, where: str) -> tuple[int, ...]:
    if value is False or value is None or value == 0:
        return ()
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence) or not all(_is_id(item) for item in value):
        raise _wrong(where, value, "code 6 needs a list of ids in third place")
    return tuple(dict.fromkeys(value))


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _wrong(where: str, value: Any, why: str) -> InvalidInput:
    text = json.dumps(as_sent(value, where), ensure_ascii=False, default=str)
    shown = text if len(text) <= 120 else text[:117] + "..."
    return InvalidInput(f"Wrong value for `{where}`: {shown}; {why}.", field=where, value=value)


def create(values: Mapping[str, Any]) -> list[Any]:
    """The command that makes a new linked record."""
    return Command(Code.CREATE, values=values).as_list()


def update(record_id: int, values: Mapping[str, Any]) -> list[Any]:
    """The command that writes to a linked record."""
    return Command(Code.UPDATE, record_id, values).as_list()


def delete(record_id: int) -> list[Any]:
    """The command that deletes a linked record."""
    return Command(Code.DELETE, record_id).as_list()


def unlink(record_id: int) -> list[Any]:
    """The command that removes the link and leaves the record."""
    return Command(Code.UNLINK, record_id).as_list()


def link(record_id: int) -> list[Any]:
    """The command that links an existing record."""
    return Command(Code.LINK, record_id).as_list()


def clear() -> list[Any]:
    """The command that removes all links."""
    return Command(Code.CLEAR).as_list()


def replace(ids: Sequence[int]) -> list[Any]:
    """The command that links exactly these records."""
    return Command(Code.SET, ids=tuple(ids)).as_list()


def resulting_ids(current: Sequence[int], given: Sequence[Command]) -> tuple[list[int], list[Mapping[str, Any]]]:
    """Which existing ids are linked after the commands, in order, and the values of the records still to make."""
    ids = list(current)
    new: list[Mapping[str, Any]] = []
    for command in given:
        if command.code is Code.CREATE:
            new.append(command.values)
        elif command.code in (Code.DELETE, Code.UNLINK):
            ids = [one for one in ids if one != command.id]
        elif command.code is Code.LINK:
            ids = [*ids, command.id] if command.id not in ids else ids
        elif command.code is Code.CLEAR:
            ids, new = [], []
        elif command.code is Code.SET:
            ids, new = list(command.ids), []
    return ids, new
