"""What cannot be written to Odoo: what Odoo sets itself, and what it computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SET_BY_ODOO = frozenset({"id", "create_date", "create_uid", "write_date", "write_uid"})
"""Of every record: what is written there Odoo passes over, or believes, which is worse."""


def why_not(name: str, info: Mapping[str, Any]) -> str:
    """Why a field is not written, as the rest of a sentence: "is computed by Odoo"; "" where it may be.

    ``info`` is what fields_get says. A field that is read-only on Odoo's screens, but kept (``state``), may be written,
    as Odoo itself lets callers; so may one that is computed and open to changes (an order line's price).
    """
    if name in SET_BY_ODOO:
        return "is set by Odoo"
    if info.get("readonly") and info.get("related"):
        return "belongs to a related record, and is shown here only"
    if info.get("readonly") and (info.get("depends") or not info.get("store", True)):
        return "is computed by Odoo"
    return ""
