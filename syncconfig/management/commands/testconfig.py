"""``manage.py testconfig``: run the samples of configurations, as a build would run tests."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from syncconfig import samples
from syncconfig.models import Configuration


class Command(BaseCommand):
    """Prints a line for each sample; exit code 1 when one is not as expected."""

    help = "Run the saved samples of the configurations CODE (all when none is named). Nothing is sent or written."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """CODE ..."""
        parser.add_argument("codes", nargs="*", metavar="CODE", help="a configuration's code, such as customers-in")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run them; raises CommandError for an unknown code, and when a sample fails."""
        every = Configuration.objects.select_related("connection").order_by("code")
        chosen = every.filter(code__in=options["codes"]) if options["codes"] else every.filter(samples__gt=0).distinct()
        missing = set(options["codes"]) - {one.code for one in chosen}
        if missing:
            codes = ", ".join(every.values_list("code", flat=True))
            raise CommandError(f"There is no configuration '{sorted(missing)[0]}'. There are: {codes or 'none'}.")
        count = failed = 0
        for configuration in chosen:
            for result in samples.run_all(configuration):
                count += 1
                failed += not result.ok
                self.stdout.write(f"{'ok    ' if result.ok else 'FAILED'}  {configuration.code}: {result.name}")
                for difference in result.differences:
                    self.stdout.write(f"          {difference}")
        if failed:
            raise CommandError(f"{failed} of {count} samples are not as expected.")
        self.stdout.write(f"{count} samples, all as expected." if count else "There are no samples yet.")
