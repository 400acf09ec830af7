"""What is said after a configuration was saved that works, and may not do what somebody thinks."""

from __future__ import annotations

from urllib.parse import urlsplit

from hub.errors import HubError
from hub.flow import events
from hub.http.guard import literal
from syncconfig import bounds, plans, remembered, seen
from syncconfig.bounds import Bounds
from syncconfig.models import Configuration


def on(configuration: Configuration) -> list[str]:
    """Sentences on an Out configuration that pushes; none for one whose Odoo cannot be asked just now."""
    try:
        limits = bounds.of(configuration, remembered.look())
        found = (
            _unheard(configuration),
            _alike(configuration),
            _left_out(configuration, limits),
            _unbounded(configuration, limits),
            _unprotected(configuration),
        )
    except HubError:
        return []
    return [one for one in found if one]


def _alike(configuration: Configuration) -> str:
    """Whether a receiver cannot tell a deletion from the rest."""
    others = configuration.on_create or configuration.on_update or configuration.on_state
    if not (configuration.on_delete and others) or configuration.body_type in events.STYLES:
        return ""
    texts = [configuration.url, configuration.query, configuration.body_template, configuration.script_condition]
    texts += [configuration.script_before, configuration.script_after]
    texts += [row.detail for row in configuration.mappings.all()]
    if any("event" in text for text in texts):
        return ""
    return (
        "Deleted records are sent in the same form as all others, with their last values: the external system cannot "
        "tell that they are gone. Put {{ event.type }} into the address, the parameters or a mapping row of the type "
        "Template; or choose the body type Webhook; or make a configuration of its own for deletions, with DELETE as "
        "its method."
    )


def _unheard(configuration: Configuration) -> str:
    """A sentence about the fields of an update trigger whose changes Odoo tells nobody; empty for none."""
    used = seen.used_by(configuration, plans.odoo_of(configuration.connection)) if configuration.on_update else None
    if used is None or not used.unheard:
        return ""
    names = ", ".join(used.unheard)
    return (
        f"Odoo computes {names} when somebody reads the record, and tells nobody that it changed: such a change alone "
        "sends nothing. Set a schedule as well, such as every 15 minutes; or send what is written then, such as "
        "stock.quant for quantities."
    )


def _left_out(configuration: Configuration, limits: Bounds) -> str:
    """Rows of a webhook that its client may not read: nobody else would say that they are not sent."""
    if limits.free or limits.why_not:
        return ""
    sent = {rule.external_key for rule in limits.rules}
    names = ", ".join(one.external_key for one in plans.rules_of(configuration) if one.external_key not in sent)
    if not names:
        return ""
    return (
        f"Not sent: {names}. This configuration serves a webhook, and its API client may not read that. Let the In "
        "configuration that the client reads by show it first."
    )


def _unbounded(configuration: Configuration, limits: Bounds) -> str:
    """Scripts and templates of a webhook, which may send anything."""
    texts = (configuration.script_before, configuration.script_after, configuration.body_template)
    if limits.free or not any(text.strip() for text in texts):
        return ""
    return (
        "What scripts and the body template put into the message is sent as it is, also what the API client of this "
        "webhook may not read."
    )


def _unprotected(configuration: Configuration) -> str:
    """Secrets that others on the way can read."""
    parts = urlsplit(configuration.url)
    host = parts.hostname or ""
    address = literal(host) if host and ":" not in host else None
    here = host == "localhost" or (address is not None and address.is_loopback)
    secret = configuration.auth_scheme != "none" or any(one.is_secret for one in configuration.headers.all())
    if parts.scheme == "http" and secret and not here:
        return (
            "The address begins with http://: whoever is on the way can read the credentials. Use https:// if you can."
        )
    if parts.scheme == "https" and not configuration.tls_check:
        return (
            "The certificate is not checked: credentials and records go to whoever answers at that address. Better "
            "paste the certificate of its authority, on the tab Encryption."
        )
    return ""
