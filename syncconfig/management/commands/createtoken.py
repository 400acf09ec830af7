"""``manage.py createtoken NAME``: a token for an external system, alone on standard output."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from syncconfig.models import ApiClient, Configuration


class Command(BaseCommand):
    """Makes the client when there is none of that name; existing tokens stay valid."""

    help = (
        "Print a new bearer token for the API client NAME, and nothing else on standard output. "
        "A new client may use the In configurations named by --config, or all active ones when none is named. "
        "A client that exists keeps what it may use, and its new token may use the same; --config must then name "
        "what it may use already, and --extend gives the client, with all its tokens, more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """NAME [--config CODE ...] [--ttl DAYS]"""
        parser.add_argument("name", help="the external system, such as 'Web shop'")
        parser.add_argument(
            "--config", nargs="+", action="extend", default=[], metavar="CODE", help="In configurations it may use"
        )
        parser.add_argument(
            "--extend", action="store_true", help="let a client that exists, with all its tokens, use --config too"
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
            client, new = ApiClient.objects.get_or_create(
                name=name, defaults={"all_configurations": not configurations}
            )
            if not client.active:
                raise CommandError(f"The API client '{name}' is switched off. Switch it on in the admin first.")
            if new:
                client.configurations.set(configurations)
            else:
                self._known(client, configurations, extend=options["extend"])
            token = client.issue_token(timedelta(days=ttl) if ttl is not None else None)
        self.stdout.write(token)

    def _known(self, client: ApiClient, configurations: list[Configuration], *, extend: bool) -> None:
        """Tell what a client that exists may use; raises CommandError where that is not what was asked for."""
        if client.all_configurations and configurations:
            raise CommandError(
                f"The API client '{client.name}' may use all configurations. Choose another NAME for a limited one."
            )
        more = [one for one in configurations if not client.configurations.filter(pk=one.pk).exists()]
        if more and not extend:
            raise CommandError(
                f"The API client '{client.name}' exists and may not use {_codes(more)}. To let it, with all tokens "
                "that it has, add --extend; for a client of its own, choose another NAME."
            )
        client.configurations.add(*more)
        may = "all active In configurations" if client.all_configurations else _codes(client.configurations.all())
        self.stderr.write(
            f"The API client '{client.name}' exists already; the new token may use what it may: {may or 'nothing'}."
        )

    def _configuration(self, code: str) -> Configuration:
        found = Configuration.objects.filter(code=code, request_type="in").first()
        if found is None:
            codes = ", ".join(Configuration.objects.filter(request_type="in").values_list("code", flat=True))
            raise CommandError(f"There is no In configuration with the code '{code}'. There are: {codes or 'none'}.")
        return found


def _codes(configurations: Iterable[Configuration]) -> str:
    return ", ".join(sorted(one.code for one in configurations))
