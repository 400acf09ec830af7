"""An Odoo that leaves out what its user does not see, where Odoo itself would refuse all of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from hub.odoo.connection import Context, Record
from hub.odoo.passing import PassingOdoo


class SightedOdoo(PassingOdoo):
    """Reads those of the records that the company of its context sees: a related record of another one is empty."""

    transport = "sighted"
    label = "Sighted"

    @cached_property
    def companies(self) -> tuple[int, ...]:
        """Those of its context; where that names none, those of its user."""
        chosen = dict(self.target.context).get("allowed_company_ids")
        if not chosen:
            (user,) = self.inner.read("res.users", [self.user_id()], ["company_ids"])
            chosen = user["company_ids"]
        return tuple(chosen)

    def read(
        self, model: str, ids: Sequence[int], fields: Sequence[str] = (), *, context: Context | None = None
    ) -> list[Record]:
        """The records that are seen, in the order of the ids; none is missing for it."""
        everything = {**(context or {}), "active_test": False}
        found = self.inner.search_read(model, [("id", "in", list(ids))], fields, context=everything)
        by_id = {record["id"]: record for record in found}
        return [by_id[one] for one in ids if one in by_id]
