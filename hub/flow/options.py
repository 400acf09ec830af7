"""The ``options`` of a request, as the seeds' API reference names them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.errors import InvalidInput

LATER = ("skip_validation", "trigger_workflow", "cascade")
"""Known names without effect yet: asking for one is refused, saying no to it is fine."""


@dataclass(frozen=True)
class Options:
    """What a caller wishes besides the data. ``partial_update`` is on unless turned off."""

    return_fields: tuple[str, ...] = ()
    partial_update: bool = True
    archive_instead: bool = False

    @classmethod
    def of(cls, given: Any, allowed: tuple[str, ...]) -> Options:
        """Read ``options``; raises InvalidInput naming the option for a wrong type, an unknown or an unfit one."""
        if given is None:
            return cls()
        if not isinstance(given, dict):
            raise InvalidInput("`options` must be a JSON object.", field="options", constraint="type")
        chosen: dict[str, Any] = {}
        for name, value in given.items():
            if name == "return_fields" and name in allowed:
                chosen[name] = _names(value)
            elif name in (*LATER, "partial_update", "archive_instead"):
                _boolean(name, value)
                if name in allowed:
                    chosen[name] = value
                elif value and name in LATER:
                    raise _refused(name, f"The option `{name}` is not available yet. Leave it out or send false.")
                elif value:
                    raise _refused(name, f"The option `{name}` does not apply to this request.")
            else:
                raise _refused(name, f"There is no option `{name}` for this request. It takes: {', '.join(allowed)}.")
        return cls(**chosen)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise _refused("return_fields", '`return_fields` must be a list of field names: ["id", "name"].')
    return tuple(value)


def _boolean(name: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise _refused(name, f"The option `{name}` must be true or false.")


def _refused(name: str, message: str) -> InvalidInput:
    return InvalidInput(message, field=f"options.{name}", constraint="option")
