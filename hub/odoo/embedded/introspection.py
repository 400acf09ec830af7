"""``fields_get``: what a model's fields are, in Odoo's attributes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from hub.odoo.embedded.computed import DEPENDS, RELATED
from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.rules import check_access
from hub.odoo.embedded.session import Session


def fields_get(
    session: Session, name: str, attributes: Sequence[str] | None = None, only: Collection[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Each field's attributes; all of them when none is named, as in Odoo; ``only`` limits the fields."""
    model = session[name]
    check_access(session, model, "read")
    result: dict[str, dict[str, Any]] = {}
    for field in model.fields.values():
        if (only and field.name not in only) or (field.secret and not session.admin):
            continue
        described = describe(session, name, field)
        if attributes:
            described = {key: value for key, value in described.items() if key in attributes}
        result[field.name] = described
    return result


def describe(session: Session, model: str, field: Field) -> dict[str, Any]:
    """All attributes of one field of a model; those that don't concern its type are left out, as in Odoo."""
    described: dict[str, Any] = {
        "name": field.name,
        "type": field.type,
        "string": field.string,
        "required": field.required,
        "readonly": field.readonly,
        "store": field.stored,
        "searchable": True,
        "sortable": field.stored and not field.to_many,
        "company_dependent": field.company_dependent,
        "manual": field.manual,
        "groupable": field.stored and field.type not in ("binary", "html", "json"),
        "depends": DEPENDS.get(model, {}).get(field.name, "").split(),
    }
    shown = f"{field.inherited}.{field.name}" if field.inherited else RELATED.get(model, {}).get(field.name)
    if shown:
        described |= {"related": shown, "depends": [shown]}
    if field.help:
        described["help"] = field.help
    if field.relational:
        described.update(relation=field.relation, domain=[list(leaf) for leaf in field.domain], context={})
    if field.type == "one2many":
        described["relation_field"] = field.relation_field
    if field.type == "selection":
        described["selection"] = [list(choice) for choice in field.selection]
    if field.type in ("char", "text", "html"):
        described["translate"] = field.translate
    if field.type == "char" and field.size:
        described["size"] = field.size
    if field.digits:
        described["digits"] = list(field.digits)
    if field.type == "monetary":
        described["currency_field"] = "currency_id"
    return described
