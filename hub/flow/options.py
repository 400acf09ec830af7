"""The ``options`` of a request, as the seeds' API reference names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from hub.errors import InvalidInput

SWITCHES = (
    "skip_validation",
    "partial_update",
    "trigger_workflow",
    "cascade",
    "archive_instead",
    "transaction",
    "continue_on_error",
)


@dataclass(frozen=True)
class Options:
    """What a caller wishes besides the data.

    ``skip_validation``: the hub leaves it to Odoo to check types and required values. ``return_fields``: what the
    answer shows of the record. ``partial_update``: off, the data replaces the whole record. ``trigger_workflow``: off,
    Odoo writes no tracking message and tells no follower. ``cascade``: mapped sub-records are deleted with the record.
    ``archive_instead``: the record is archived, not deleted. ``transaction``: all operations of a batch or none.
    ``continue_on_error``: one that fails does not stop those after it.
    """

    return_fields: tuple[str, ...] = ()
    skip_validation: bool = False
    partial_update: bool = True
    trigger_workflow: bool = True
    cascade: bool = False
    archive_instead: bool = False
    transaction: bool = False
    continue_on_error: bool = False

    OF_CREATE: ClassVar[tuple[str, ...]] = ("return_fields", "skip_validation", "trigger_workflow")
    OF_UPDATE: ClassVar[tuple[str, ...]] = (*OF_CREATE, "partial_update")
    OF_DELETE: ClassVar[tuple[str, ...]] = ("archive_instead", "cascade")
    OF_BATCH: ClassVar[tuple[str, ...]] = (*OF_UPDATE, *OF_DELETE, "transaction", "continue_on_error")

    @classmethod
    def of(cls, given: Any, allowed: tuple[str, ...]) -> Options:
        """Read ``options``; raises InvalidInput naming the option for a wrong type, an unknown or an unfit one."""
        if given is None:
            return cls()
        if not isinstance(given, dict):
            raise InvalidInput("`options` must be a JSON object.", field="options", value=given, constraint="type")
        chosen: dict[str, Any] = {}
        for name, value in given.items():
            if name == "return_fields" and name in allowed:
                chosen[name] = _names(value)
            elif name in SWITCHES:
                _boolean(name, value)
                if name in allowed:
                    chosen[name] = value
                elif value:
                    raise _refused(name, value, f"The option `{name}` does not apply to this request.")
            else:
                raise _refused(
                    name, value, f"There is no option `{name}` for this request. It takes: {', '.join(allowed)}."
                )
        options = cls(**chosen)
        if options.transaction and options.continue_on_error:
            raise _refused(
                "continue_on_error",
                True,
                "`transaction` means all or none, so that nothing can continue after an error: send one of the two.",
            )
        return options


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise _refused("return_fields", value, '`return_fields` must be a list of field names: ["id", "name"].')
    return tuple(value)


def _boolean(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise _refused(name, value, f"The option `{name}` must be true or false.")


def _refused(name: str, value: Any, message: str) -> InvalidInput:
    return InvalidInput(message, field=f"options.{name}", value=value, constraint="option")
