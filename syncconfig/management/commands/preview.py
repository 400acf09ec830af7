"""``manage.py preview CODE``: what a configuration would send or write, and nothing is sent or written."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.api.trace import new_trace_id
from hub.errors import HubError
from syncconfig import preview, pullpreview
from syncconfig.models import Configuration


class Command(BaseCommand):
    """Prints the preview as JSON; exit code 1 when it would be refused."""

    help = (
        "Show, as JSON, what the configuration CODE would send for a record, or write for a payload; of one that "
        "pulls, what the items of the first page would become."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """CODE [--record ID | --file payload.json]"""
        parser.add_argument("code", help="the configuration's code, such as customers-out")
        source = parser.add_mutually_exclusive_group()
        source.add_argument(
            "--record", type=int, metavar="ID", help="Out: the record; default: the newest that matches"
        )
        source.add_argument("--file", type=Path, help="In: a JSON file with the fields of one record")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it; raises CommandError for an unknown code, an unreadable file, and what Odoo refuses."""
        configuration = Configuration.objects.filter(code=options["code"]).select_related("connection").first()
        if configuration is None:
            codes = ", ".join(Configuration.objects.values_list("code", flat=True))
            raise CommandError(f"There is no configuration '{options['code']}'. There are: {codes or 'none'}.")
        try:
            shown = self._preview(configuration, options["record"], options["file"])
        except HubError as error:
            raise CommandError(error.message) from None
        self.stdout.write(json.dumps(asdict(shown), indent=2, ensure_ascii=False, default=str))
        if shown.error:
            raise CommandError(shown.error)

    def _preview(self, configuration: Configuration, record_id: int | None, file: Path | None) -> preview.Preview:
        if configuration.pulls:
            if file is not None or record_id is not None:
                raise CommandError("--record and --file are for other configurations; this one pulls: leave them out.")
            return pullpreview.of_pull(configuration, trace_id=new_trace_id())
        if configuration.is_out:
            if file is not None:
                raise CommandError("--file is for In configurations; this one is Out: use --record ID.")
            return preview.of_record(configuration, record_id)
        if record_id is not None:
            raise CommandError("--record is for Out configurations; this one is In: use --file payload.json.")
        if file is None:
            return preview.of_payload(configuration, preview.example(configuration))
        try:
            data = json.loads(file.read_text())
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} cannot be read as JSON: {error}") from None
        return preview.of_payload(configuration, data)
