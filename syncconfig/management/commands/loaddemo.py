"""``manage.py loaddemo``: prepare an empty database; called at each start by ``manage.py hub``."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.crypto import WrongKey
from syncconfig import demo


class Command(BaseCommand):
    """Harmless on a database that is in use: it changes nothing that exists."""

    help = "Make the first administrator and, unless HUB_DEMO=0, the demo, in a database without users."

    def handle(self, *args: Any, **options: Any) -> str:
        """Answer login, password, token and notes as JSON."""
        try:
            return json.dumps(demo.load())
        except WrongKey as error:
            raise CommandError(
                f"{error.message} The stored credentials were written with another key: set HUB_ENCRYPTION_KEYS to it, "
                "or put back the file encryption_key of HUB_DATA_DIR."
            ) from None
