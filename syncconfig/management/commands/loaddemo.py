"""``manage.py loaddemo``: prepare an empty database; called at each start by ``manage.py hub``."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from hub.crypto import WrongKey
from syncconfig import demo


class Command(BaseCommand):
    """Harmless on a database that is in use: it changes nothing that exists."""

    help = "Make the first administrator and, unless HUB_DEMO=0, the demo, in a database without users."

    def add_arguments(self, parser: CommandParser) -> None:
        """[--serving]"""
        parser.add_argument(
            "--serving", action="store_true", help="a web server starts with these settings: the demo delivers there"
        )

    def handle(self, *args: Any, **options: Any) -> str:
        """Answer login, password, token and notes as JSON, and say on standard error what was done."""
        try:
            told = demo.load(serving=options["serving"])
        except WrongKey as error:
            raise CommandError(
                f"{error.message} The stored credentials were written with another key: set HUB_ENCRYPTION_KEYS to it, "
                "or put back the file encryption_key of HUB_DATA_DIR."
            ) from None
        done = f"Made the administrator {told['login']}" + (" and the demo." if settings.HUB_DEMO else ".")
        self.stderr.write(done if told["new"] else "There are users in the database already, so nothing was made.")
        return json.dumps(told)
