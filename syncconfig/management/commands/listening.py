"""``manage.py listening``: how changes in an Odoo are heard, and setting up more."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.errors import HubError
from syncconfig import hearing
from syncconfig.models import OdooConnection


class Command(BaseCommand):
    """Prints a sentence; exit code 1 when something is not as it should be."""

    help = "Check how changes of the Odoo connection CODE are heard; set up an outbox in that Odoo, or remove it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """CODE [--set-up | --remove]"""
        parser.add_argument("code", help="the connection's code, such as demo")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--set-up", action="store_true", help="set up an outbox inside of that Odoo, or mend it")
        what.add_argument("--remove", action="store_true", help="remove it; nothing is left behind")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; raises CommandError for an unknown code and for what Odoo refuses."""
        connection = OdooConnection.objects.filter(code=options["code"]).first()
        if connection is None:
            codes = ", ".join(OdooConnection.objects.values_list("code", flat=True))
            raise CommandError(f"There is no connection '{options['code']}'. There are: {codes or 'none'}.")
        work = hearing.set_up if options["set_up"] else hearing.remove if options["remove"] else hearing.check
        try:
            self.stdout.write(work(connection))
        except HubError as error:
            raise CommandError(error.message) from None
