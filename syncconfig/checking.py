"""Test connection: does it work, and if not, what is to be done?"""

from __future__ import annotations

from django.utils import timezone

from hub.errors import HubError
from hub.odoo.connect import connect
from syncconfig.models import Configuration, Header, OdooConnection


def check_keys() -> None:
    """Raise WrongKey when stored credentials cannot be read with HUB_ENCRYPTION_KEYS."""
    for model in (OdooConnection, Configuration, Header):
        model._default_manager.order_by("-pk").first()


def check(connection: OdooConnection) -> bool:
    """Log in, ask for the version, count contacts; the result is kept at the connection."""
    try:
        odoo = connect(connection.target())
        version = odoo.version()
        user = odoo.user_id()
        contacts = odoo.count("res.partner")
        message = f"Odoo {version.text} answers by {odoo.label}, as user {user}; it sees {contacts} contacts."
        ok = True
    except HubError as error:
        message, ok = error.message, False
    connection.checked_at, connection.check_ok, connection.check_message = timezone.now(), ok, message
    connection.save(update_fields=["checked_at", "check_ok", "check_message"])
    return ok
