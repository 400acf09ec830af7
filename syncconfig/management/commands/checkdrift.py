"""``manage.py checkdrift``: does each mapped field still exist in Odoo, with the same type?"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.errors import HubError
from syncconfig import drift
from syncconfig.models import Configuration


class Command(BaseCommand):
    """Prints what no longer fits; exit code 1 when something does not, or could not be checked."""

    help = "Check that the mapped fields of the configurations CODE (all active ones) still exist in Odoo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """CODE ..."""
        parser.add_argument("codes", nargs="*", metavar="CODE", help="a configuration's code, such as customers-in")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check them; raises CommandError for an unknown code, and when a field no longer fits."""
        every = Configuration.objects.select_related("connection").order_by("code")
        chosen = list(every.filter(code__in=options["codes"]) if options["codes"] else every.filter(active=True))
        missing = set(options["codes"]) - {one.code for one in chosen}
        if missing:
            codes = ", ".join(every.values_list("code", flat=True))
            raise CommandError(f"There is no configuration '{sorted(missing)[0]}'. There are: {codes or 'none'}.")
        wrong = 0
        for configuration in chosen:
            try:
                found = drift.check(configuration)
            except HubError as error:
                found = [f"could not be checked: {error.message}"]
            wrong += bool(found)
            for sentence in found:
                self.stdout.write(f"{configuration.code}: {sentence}")
        if wrong:
            raise CommandError(f"{wrong} of {len(chosen)} configurations need a look.")
        count = f"{len(chosen)} configuration{'s' if len(chosen) != 1 else ''}"
        self.stdout.write(f"{count}: all mapped fields are in Odoo.")
