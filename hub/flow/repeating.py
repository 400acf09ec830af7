"""Requests that may have been carried out before: the name under which they are done once, and what Odoo kept of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.errors import OdooAccess
from hub.odoo.batch import MODULE
from hub.odoo.connection import Odoo


@dataclass(frozen=True)
class Once:
    """The name of a request that is carried out once, "" for one without.

    ``again``: it was begun before, and nobody knows how far it came.
    """

    name: str = ""
    again: bool = False

    def part(self, index: int) -> Once:
        """That of one operation among several."""
        return Once(f"{self.name} {index}", self.again) if self.name else self

    @property
    def external_id(self) -> str:
        """That of the record which is made under this name."""
        return f"idem_{digest(self.name)}" if self.name else ""


NAMELESS = Once()
"""That of a request which nobody may repeat and call the same."""


def made(odoo: Odoo, names: Sequence[Once]) -> dict[Once, int]:
    """The records that were made under these names, and are still there."""
    wanted = {one.external_id: one for one in names if one.name}
    if not wanted:
        return {}
    domain = [("module", "=", MODULE), ("name", "in", list(wanted))]
    try:
        rows = odoo.search_read("ir.model.data", domain, ["name", "res_id"])
    except OdooAccess:
        return {}  # who may not read them has given none
    return {wanted[row["name"]]: int(row["res_id"]) for row in rows}


def digest(value: Any) -> str:
    """A short name for it, the same for what is equal."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:40]
