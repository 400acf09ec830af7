"""Whether a client's company is there, in each Odoo that its configurations lead to."""

from __future__ import annotations

from collections.abc import Iterable

from syncconfig import plans
from syncconfig.models import Configuration


def missing(company: int, configurations: Iterable[Configuration]) -> str:
    """A sentence when an Odoo has no company of that id, or ""; raises an error of the Odoo branch."""
    for connection in {one.connection for one in configurations if one.active and one.connection.active}:
        odoo = plans.odoo_of(connection)
        if not odoo.search("res.company", [("id", "=", company)], limit=1):
            names = odoo.search_read("res.company", [], ["name"], order="id", limit=10)
            there = ", ".join(f"{row['id']} ({row['name']})" for row in names)
            return f"“{connection.name}” has no company {company}, or the hub's user may not see it. It has: {there}."
    return ""
