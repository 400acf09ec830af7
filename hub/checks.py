"""System checks: what is wrong with the settings, said before the first request."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from hub.crypto import Cipher
from hub.datafolder import open_to_others
from hub.env import SETTINGS

KNOWN = {setting.name for setting in SETTINGS}


@register()
def check_variables(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """hub.W001: a variable that starts with HUB_ and is no setting is most likely misspelt."""
    found: list[CheckMessage] = []
    for name in sorted(os.environ):
        if name.startswith("HUB_") and not name.startswith("HUB_TEST_") and name not in KNOWN:
            near = get_close_matches(name, KNOWN, n=1)
            hint = f"Did you mean {near[0]}?" if near else "docs/settings.md lists them all."
            found.append(Warning(f"{name} is not a setting of the hub and has no effect.", hint=hint, id="hub.W001"))
    return found


@register()
def check_keys(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """hub.E001: the encryption keys cannot be used."""
    try:
        Cipher(tuple(settings.HUB_ENCRYPTION_KEYS))
    except ValueError as error:
        return [Error(f"HUB_ENCRYPTION_KEYS: {error}", hint="Make one with: manage.py newkey", id="hub.E001")]
    return []


@register()
def check_data_folder(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """hub.W004: others on this machine may look into the data folder, and the hub could not prevent it by itself."""
    found = list(open_to_others(settings.HUB_DATA_DIR)) if settings.HUB_DATA_DIR.is_dir() else []
    return [
        Warning(f"{path} is open to other users of this machine.", hint=f"chmod go= {path}", id="hub.W004")
        for path in found
    ]


@register()
def check_odoo(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """hub.W005: settings of an Odoo that is not named."""
    names = ("HUB_ODOO_DATABASE", "HUB_ODOO_LOGIN", "HUB_ODOO_PASSWORD", "HUB_ODOO_API_KEY")
    useless = [name for name in names if settings.HUB[name]]
    if settings.HUB["HUB_ODOO_URL"] or not useless:
        return []
    hint = "Set HUB_ODOO_URL to the address of that Odoo, such as https://mycompany.odoo.com."
    return [
        Warning(f"{', '.join(useless)} has no effect: without HUB_ODOO_URL the embedded Odoo is used.", hint=hint,
                id="hub.W005")
    ]  # fmt: skip


@register(deploy=True)
def check_deployment(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """hub.W002: keys made on one machine are unknown on the next. hub.W003: the demo in production."""
    found: list[CheckMessage] = [
        Warning(f"{name} is not set: it was made on this machine alone.", hint="Set it on all machines.", id="hub.W002")
        for name in ("HUB_SECRET_KEY", "HUB_ENCRYPTION_KEYS")
        if not settings.HUB[name]
    ]
    if settings.HUB_DEMO:
        found.append(Warning("The demo is on.", hint="Set HUB_DEMO=0.", id="hub.W003"))
    return found
