"""The value kinds: each is one class that turns Odoo's value into the external one and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from hub.errors import Misconfigured
from hub.odoo.values import from_odoo
from hub.transform import types

FieldInfo = Mapping[str, Any]
"""What fields_get says of one field: ``type``, ``string``, ``required``, ``relation``, ..."""


class Kind(ABC):
    """How a mapping row converts. A subclass with a ``key`` registers itself; the admin shows label and sentence."""

    key: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str]
    registry: ClassVar[dict[str, Kind]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        Kind.registry[cls.key] = cls()

    @abstractmethod
    def outward(self, value: Any, info: FieldInfo) -> Any:
        """The external value for one of Odoo."""

    @abstractmethod
    def inward(self, value: Any, info: FieldInfo, name: str) -> Any:
        """Odoo's value for an external one; raises InvalidInput that names ``name``, the caller's own key."""


class Plain(Kind):
    """The value as it is, in the form of the other side."""

    key = "plain"
    label = "Plain"
    sentence = "The value as it is; dates become ISO 8601, a relation its id, an empty field null."

    def outward(self, value: Any, info: FieldInfo) -> Any:
        """JSON for a value that Odoo read."""
        return from_odoo(value, str(info["type"]))

    def inward(self, value: Any, info: FieldInfo, name: str) -> Any:
        """What Odoo takes, checked by the field's type."""
        return types.inward(value, info, name)


def kind_of(key: str) -> Kind:
    """The kind registered under ``key``; raises Misconfigured for an unknown one."""
    try:
        return Kind.registry[key]
    except KeyError:
        raise Misconfigured(
            f"There is no value type `{key}`. Choose one of: {', '.join(sorted(Kind.registry))}."
        ) from None


def kind_choices() -> list[tuple[str, str]]:
    """Key and label of each kind, for the admin."""
    return [(kind.key, kind.label) for kind in Kind.registry.values()]
