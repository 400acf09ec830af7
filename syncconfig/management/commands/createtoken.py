"""``manage.py createtoken NAME``: a token for an external system, alone on standard output."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from syncconfig.models import ApiClient, Configuration


class Command(BaseCommand):
    """Makes the client when there is none of that name; existing tokens stay valid."""

    help = (
        "Print a new bearer token for the API client NAME and nothing else. "
        "A new client may use the In configurations named by --config, or all active ones when none is named; "
        "a client that exists keeps what it may use, and --config adds to it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """NAME [--config CODE ...] [--ttl DAYS]"""
        parser.add_argument("name", help="the external system, such as 'Web shop'")
        parser.add_argument(
            "--config", nargs="+", action="extend", default=[], metavar="CODE", help="In configurations it may use"
        )
        parser.add_argument("--ttl", type=float, metavar="DAYS", help="days until the token expires; default: never")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the token; raises CommandError for an unknown code, an empty name, or a ttl that is over already."""
        name = options["name"].strip()
        if not name or len(name) > 100:
            raise CommandError("NAME must have 1 to 100 characters, such as 'Web shop'.")
        ttl = options["ttl"]
        if ttl is not None and not 0 < ttl <= 36_500:
            raise CommandError("--ttl must be a number of days from now on: --ttl 90")
        with transaction.atomic():
            configurations = [self._configuration(code) for code in options["config"]]
            client, _ = ApiClient.objects.get_or_create(name=name, defaults={"all_configurations": not configurations})
            if not client.active:
                raise CommandError(f"The API client '{name}' is switched off. Switch it on in the admin first.")
            if client.all_configurations and configurations:
                raise CommandError(
                    f"The API client '{name}' may use all configurations. Choose another NAME for a limited one."
                )
            client.configurations.add(*configurations)
            token = client.issue_token(timedelta(days=ttl) if ttl is not None else None)
        self.stdout.write(token)

    def _configuration(self, code: str) -> Configuration:
        found = Configuration.objects.filter(code=code, request_type="in").first()
        if found is None:
            codes = ", ".join(Configuration.objects.filter(request_type="in").values_list("code", flat=True))
            raise CommandError(f"There is no In configuration with the code '{code}'. There are: {codes or 'none'}.")
        return found
