"""One row of a mapping, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.transform.kinds import options_of
from hub.transform.path import ABSENT

BOTH, INWARD, OUTWARD = "both", "in", "out"


@dataclass(frozen=True)
class Rule:
    """An Odoo field beside an external key, and how the one becomes the other.

    ``default`` stands in for an absent or empty value. ``optional`` rules are left out on an Odoo that
    has not the field. ``direction`` limits a rule to values on their way into Odoo (``in``) or out of
    it (``out``). ``skip_empty`` leaves the key out of a payload when there is no value. ``detail`` is
    the kind's own; what it says is in ``options``. ``of_inbound``: the row belongs to an In configuration, whose
    templates and scripts make Odoo's value, so that reading shows the field as it is.
    """

    odoo_field: str
    external_key: str
    kind: str = "plain"
    required: bool = False
    default: Any = ABSENT
    optional: bool = False
    detail: str = ""
    direction: str = BOTH
    skip_empty: bool = False
    of_inbound: bool = False

    @property
    def reads(self) -> bool:
        """Whether Odoo's value goes out."""
        return self.direction != INWARD

    @property
    def writes(self) -> bool:
        """Whether an external value goes in."""
        return self.direction != OUTWARD

    @property
    def options(self) -> Any:
        """What the detail says; raises InvalidInput when it cannot be read."""
        return options_of(self.kind, self.detail)

    @property
    def has_default(self) -> bool:
        """Whether there is a default."""
        return self.default is not ABSENT

    @property
    def root(self) -> str:
        """The field of the model itself that a dotted path starts from."""
        return self.odoo_field.split(".", 1)[0]
