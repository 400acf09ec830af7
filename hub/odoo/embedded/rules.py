"""Who may do what: companies decide which records a user sees, groups what the user may do with a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub.errors import OdooAccess
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import IN_LIST, Session, id_list

READ_ONLY = frozenset(
    "res.users res.company res.country res.country.state res.currency res.currency.rate res.lang res.groups "
    "account.tax account.journal stock.location uom.uom ir.model ir.model.fields ir.model.fields.selection".split()
)
"""Models that a user without the administrator's group may read only."""

HIDDEN = frozenset({"ir.model.data", "ir.config_parameter"})
"""Models that such a user may not even read."""

_VERBS = {"read": "access", "create": "create", "write": "modify", "unlink": "delete"}


def check_access(session: Session, model: Model, operation: str) -> None:
    """Raise OdooAccess unless the user's groups allow ``read``, ``create``, ``write`` or ``unlink``."""
    if session.superuser or session.admin:
        return
    if model.name in HIDDEN or (model.name in READ_ONLY and operation != "read"):
        raise OdooAccess(
            f"You are not allowed to {_VERBS[operation]} '{model.label}' ({model.name}) records.\n\n"
            "This operation is allowed for the following groups:\n\t- Administration/Settings\n\n"
            "Contact your administrator to request access if necessary.",
            "odoo.exceptions.AccessError",
            model=model.name,
            operation=operation,
        )


def company_rule(session: Session, model: Model, alias: str) -> tuple[str, list[Any]] | None:
    """The condition that keeps other companies' records out of sight, or None when the model has no companies."""
    if not model.company or session.superuser or (model.company == "self" and session.admin):
        return None
    companies = session.company_ids
    column = f"{alias}.id" if model.company == "self" else f"{alias}.company_id"
    through = next((link for link, _parent in model.inherits.items()), "")
    if through and "company_id" in model.fields and model.fields["company_id"].inherited:
        column = model.fields["company_id"].sql.replace("{t}", alias)
    # The plus keeps SQLite from choosing an index on the company, which would cost the order of the domain's own.
    column = f"+{column}"
    condition = f"{column} IN ({', '.join('?' * len(companies))})"
    if model.company == "shared":
        condition = f"({column} IS NULL OR {condition})"
    return (condition, list(companies))


def check_companies(session: Session, model: Model, ids: Iterable[int], operation: str) -> None:
    """Raise OdooAccess when one of the existing records belongs to a company that is not selected."""
    rule = company_rule(session, model, "t")
    if rule is None:
        return
    text, parameters = rule
    hidden = session.rows(
        f"SELECT t.id FROM {model.table} t WHERE t.id IN {IN_LIST} AND NOT {text} LIMIT 3", [id_list(ids), *parameters]
    )
    if hidden:
        named = ", ".join(str(row[0]) for row in hidden)
        raise OdooAccess(
            f"Access to unauthorized or invalid companies: {model.label} ({model.name}) {named} belongs to a company "
            f"that is not among the selected ones, so you may not {_VERBS[operation]} it.",
            "odoo.exceptions.AccessError",
            model=model.name,
            operation=operation,
        )
