"""``manage.py createtoken NAME``: a token for an external system, alone on standard output."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from syncconfig.models import ApiClient, Configuration, Grant
from syncconfig.models.client import RUN, all_methods


class Command(BaseCommand):
    """Makes the client when there is none of that name; existing tokens stay valid."""

    help = (
        "Print a new bearer token for the API client NAME, and nothing else on standard output. "
        "A new client may use the In configurations named by --config and run the Out ones named by --run, and use all "
        "active In configurations when none is named at all. "
        "A client that exists keeps what it may use, and its new token may use the same; --config and --run must then "
        "name what it may use already, and --extend gives the client, with all its tokens, more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """NAME [--config CODE ...] [--run CODE ...] [--ttl DAYS]"""
        parser.add_argument("name", help="the external system, such as 'Web shop'")
        parser.add_argument(
            "--config", nargs="+", action="extend", default=[], metavar="CODE", help="In configurations it may use"
        )
        parser.add_argument(
            "--run", nargs="+", action="extend", default=[], metavar="CODE", help="Out configurations it may run"
        )
        parser.add_argument(
            "--extend",
            action="store_true",
            help="let a client that exists, with all its tokens, use --config and run --run too",
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
            configurations = [self._configuration(code, "in") for code in options["config"]]
            runs = [self._configuration(code, "out") for code in options["run"]]
            client, new = ApiClient.objects.get_or_create(
                name=name, defaults={"all_configurations": not configurations and not runs}
            )
            if not client.active:
                raise CommandError(f"The API client '{name}' is switched off. Switch it on in the admin first.")
            if new:
                _give(client, [*configurations, *runs])
            else:
                self._known(client, configurations, runs, extend=options["extend"])
            token = client.issue_token(timedelta(days=ttl) if ttl is not None else None)
        self.stdout.write(token)

    def _known(
        self, client: ApiClient, configurations: list[Configuration], runs: list[Configuration], *, extend: bool
    ) -> None:
        """Tell what a client that exists may use; raises CommandError where that is not what was asked for."""
        if client.all_configurations and configurations:
            raise CommandError(
                f"The API client '{client.name}' may use all configurations. Choose another NAME for a limited one."
            )
        more = [one for one in [*configurations, *runs] if not client.configurations.filter(pk=one.pk).exists()]
        if more and not extend:
            raise CommandError(
                f"The API client '{client.name}' exists and may not use {_codes(more)}. To let it, with all tokens "
                "that it has, add --extend; for a client of its own, choose another NAME."
            )
        _give(client, more)
        given = list(client.configurations.all())
        may = _codes([one for one in given if one.is_out or not client.all_configurations])
        may = ", ".join(filter(None, ["all active In configurations" if client.all_configurations else "", may]))
        self.stderr.write(
            f"The API client '{client.name}' exists already; the new token may use what it may: {may or 'nothing'}."
        )

    def _configuration(self, code: str, direction: str) -> Configuration:
        found = Configuration.objects.filter(code=code, request_type=direction).first()
        if found is None:
            codes = ", ".join(Configuration.objects.filter(request_type=direction).values_list("code", flat=True))
            raise CommandError(
                f"There is no {direction.capitalize()} configuration with the code '{code}'. "
                f"There are: {codes or 'none'}."
            )
        return found


def _give(client: ApiClient, configurations: Iterable[Configuration]) -> None:
    for one in configurations:
        Grant.objects.create(client=client, configuration=one, methods=[RUN] if one.is_out else all_methods())


def _codes(configurations: Iterable[Configuration]) -> str:
    return ", ".join(sorted(f"{one.code} (run)" if one.is_out else one.code for one in configurations))
