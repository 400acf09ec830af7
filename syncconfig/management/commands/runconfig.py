"""``manage.py runconfig CODE``: start an Out configuration, and with --wait see it through."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.errors import HubError, InvalidInput
from hub.flow.filters import domain_of
from syncconfig import drain, runs
from syncconfig.models import Configuration, Delivery, Run

LOOK_EVERY = 0.5
"""Seconds between two looks at a run."""

PATIENCE = 300.0
"""Seconds that --wait waits unless it is told otherwise."""


class Command(BaseCommand):
    """Prints what it started; with --wait, how it ended. Exit code 1 when something failed."""

    help = (
        "Send the records of the Out configuration CODE, as its button Run now does; --ids or --domain narrow its "
        "filter domain. One with GET pulls. With --wait, go on until its deliveries are over, or all is pulled; "
        "exit code 1 when something failed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """CODE [--ids ID ...] [--domain DOMAIN] [--wait [--timeout SECONDS]]"""
        parser.add_argument("code", metavar="CODE", help="a configuration's code, such as customers-out")
        parser.add_argument("--ids", nargs="+", type=int, metavar="ID", help="only the records with these ids")
        parser.add_argument(
            "--domain", metavar="DOMAIN", help="only records that match this, too: \"[('name', 'like', 'Azure')]\""
        )
        parser.add_argument(
            "--from-start", action="store_true", help="a pull fetches everything, whatever was fetched before"
        )
        parser.add_argument("--wait", action="store_true", help="go on until all its deliveries are over")
        parser.add_argument(
            "--timeout", type=float, default=PATIENCE, metavar="SECONDS",
            help=f"with --wait, how long to wait for deliveries that are tried again (default: {PATIENCE:.0f})",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Start it; raises CommandError for what cannot be started, and with --wait for what failed."""
        configuration = self._configuration(options["code"])
        try:
            within = self._narrowed(configuration, options["ids"], options["domain"])
            if options["from_start"] and not configuration.pulls:
                raise CommandError("--from-start is for configurations that pull with GET.")
            asked = runs.Asked(Delivery.Event.COMMAND, within=within, from_start=options["from_start"])
            run = runs.start(configuration, asked)
        except HubError as error:
            raise CommandError(error.message) from None
        self.stdout.write(f"Run {run.pk} of {configuration.code} ({configuration.model}), trace id {run.trace_id}")
        if options["wait"]:
            self._follow(run, options["timeout"])

    def _configuration(self, code: str) -> Configuration:
        every = Configuration.objects.filter(request_type="out").select_related("connection").order_by("code")
        found = every.filter(code=code).first()
        if found is None:
            codes = ", ".join(every.values_list("code", flat=True))
            raise CommandError(f"There is no Out configuration with the code '{code}'. There are: {codes or 'none'}.")
        return found

    def _narrowed(self, configuration: Configuration, ids: list[int] | None, domain: str | None) -> list[Any]:
        try:
            parsed = domain_of(domain) if domain is not None else None
            return runs.narrowed(configuration, ids, parsed)
        except InvalidInput as error:
            told = "--ids" if error.details.get("field") == "ids" else "--domain"
            raise CommandError(f"{told}: {error.message}") from None

    def _follow(self, run: Run, timeout: float) -> None:
        """Until it is over. This process does the work, too: it need not be that a cluster runs."""
        ends = time.monotonic() + timeout
        while True:
            runs.work()
            if not run.pulls:
                drain.drain(drain.default_sender())
            run.refresh_from_db()
            found = runs.counts(run)
            if runs.is_over(run, found) or time.monotonic() >= ends:
                break
            time.sleep(LOOK_EVERY)
        if run.pulls:
            self._tell_of_pull(run)
            return
        self.stdout.write(
            f"{run.records} records, {found['deliveries']} deliveries: {found['sent']} sent, {found['failed']} failed, "
            f"{found['skipped']} skipped" + (f", {found['waiting']} waiting" if found["waiting"] else "")
        )
        if run.state == Run.State.FAILED:
            raise CommandError(f"The run failed: {run.error}")
        if run.state != Run.State.DONE:
            raise CommandError(f"Not all records are queued yet. {run.error}".strip())
        if found["failed"]:
            raise CommandError(f"{found['failed']} of {found['deliveries']} deliveries failed: see them in the admin.")
        if found["waiting"]:
            raise CommandError(f"{found['waiting']} deliveries are tried again later: see them in the admin.")

    def _tell_of_pull(self, run: Run) -> None:
        """What became of the items; raises CommandError when the run, or one of them, failed."""
        self.stdout.write(f"{run.pages} pages, {run.records} items: {run.in_words}")
        for one in run.failures:
            self.stdout.write(f"  page {one['page']}, {one['item'] or 'an item without a key'}: {one['reason']}")
        if run.items_failed > len(run.failures):
            self.stdout.write(f"  and {run.items_failed - len(run.failures)} more")
        for note in run.notes:
            self.stdout.write(f"  {note}")
        if run.state == Run.State.FAILED:
            raise CommandError(f"The run failed: {run.error}")
        if run.state != Run.State.DONE:
            raise CommandError(f"Not everything is pulled yet; the hub goes on. {run.error}".strip())
        if run.items_failed:
            raise CommandError(f"{run.items_failed} of {run.records} items failed.")
