"""One row of a mapping, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.transform.kinds import kind_of, options_of
from hub.transform.path import ABSENT


@dataclass(frozen=True)
class Rule:
    """An Odoo field beside an external key, and how the one becomes the other.

    ``default`` stands in for an absent or empty value. ``optional`` rules are left out on an Odoo
    that has not the field. ``detail`` is the kind's own; what it says is in ``options``.
    """

    odoo_field: str
    external_key: str
    kind: str = "plain"
    required: bool = False
    default: Any = ABSENT
    optional: bool = False
    detail: str = ""

    @property
    def options(self) -> Any:
        """What the detail says; raises InvalidInput when it cannot be read."""
        return options_of(self.kind, self.detail)

    @property
    def path(self) -> str:
        """What is read from Odoo for the way out."""
        return kind_of(self.kind).path(self.odoo_field, self.options)

    @property
    def has_default(self) -> bool:
        """Whether there is a default."""
        return self.default is not ABSENT

    @property
    def root(self) -> str:
        """The field of the model itself that a dotted path starts from."""
        return self.odoo_field.split(".", 1)[0]
