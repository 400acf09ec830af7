"""Models that decide who may do what in Odoo, or what Odoo runs: nobody writes to them on the way to another record."""

from __future__ import annotations

NAMES = {
    "res.users": "they log in, with the rights of their groups",
    "res.company": "they decide who sees which records",
    "res.groups": "they give users their rights",
    "res.groups.privilege": "they give users their rights",
    "res.config.settings": "they are the settings of the whole database",
    "base.automation": "Odoo runs code by them",
    "mail.template": "Odoo carries out what stands in them",
    "mail.alias": "they let mail make records",
}

PREFIXES = {
    "ir.": "they are Odoo's own machinery: rights, code, parameters, and files that may be served as parts of pages",
    "res.users.": "they hold keys and settings of users",
    "res.config.": "they are the settings of the whole database",
    "auth.": "they decide who gets in",
    "auth_": "they decide who gets in",
    "base.": "they are Odoo's own machinery",
    "base_": "they are Odoo's own machinery",
    "fetchmail.": "they hold the passwords of mail servers",
    "iap.": "they hold keys to paid services",
    "payment.provider": "they hold keys to payment services",
    "payment.token": "they are means of payment",
}
"""Beginnings of names."""

FILES = "ir.attachment"
"""Files: harmless where the configuration, not the caller, chooses which of their fields are written."""


def guard(model: str) -> str:
    """Why records of ``model`` are not written on the way to another record, as the rest of a sentence; "" for others.

    A configuration for the model itself is the way to write them on purpose.
    """
    return NAMES.get(model) or next((why for start, why in PREFIXES.items() if model.startswith(start)), "")
