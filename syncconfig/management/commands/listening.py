"""``manage.py listening``: how changes in an Odoo are heard, and setting up more."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.errors import HubError
from syncconfig import hearing
from syncconfig.models import OdooConnection


class Command(BaseCommand):
    """Prints a sentence; exit code 1 when something is not as it should be."""

    help = (
        "Check how changes of the Odoo connection CODE are heard; set up an outbox or webhooks in that Odoo, or remove "
        "them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """CODE [--set-up [--by WAY] | --renew | --remove]"""
        parser.add_argument("code", help="the connection's code, such as demo")
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--set-up", action="store_true", help="set up the strongest way that the connection allows, or mend it"
        )
        what.add_argument("--renew", action="store_true", help="give the webhooks new addresses; the former ones end")
        what.add_argument("--remove", action="store_true", help="remove what was set up; nothing is left behind")
        parser.add_argument(
            "--by",
            choices=hearing.WAYS,
            default="",
            help="with --set-up: outbox, webhook, or hand, which prints what somebody can do in Odoo's own screens",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it; raises CommandError for an unknown code and for what Odoo refuses."""
        connection = OdooConnection.objects.filter(code=options["code"]).first()
        if connection is None:
            codes = ", ".join(OdooConnection.objects.values_list("code", flat=True))
            raise CommandError(f"There is no connection '{options['code']}'. There are: {codes or 'none'}.")
        if options["by"] and not options["set_up"]:
            raise CommandError(f"--by {options['by']} goes with --set-up.")
        try:
            self.stdout.write(_deed(options)(connection))
        except HubError as error:
            raise CommandError(error.message) from None


def _deed(options: dict[str, Any]) -> Callable[[OdooConnection], str]:
    if options["set_up"]:
        return partial(hearing.set_up, by=options["by"])
    return hearing.renew if options["renew"] else hearing.remove if options["remove"] else hearing.check
