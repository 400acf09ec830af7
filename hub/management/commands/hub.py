"""``manage.py hub``: prepare, greet, and run the web server and the workers until told to stop."""

from __future__ import annotations

import io
import json
import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections
from django.utils.module_loading import import_string

from hub import preparing, readers
from hub.supervise import Part, Supervisor


class Command(BaseCommand):
    """Runs all of the hub on this machine, or with --web or --worker a part of it."""

    help = "Run the hub: web server and workers. Stop it with Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--web", action="store_true", help="run the web server only")
        parser.add_argument("--worker", action="store_true", help="run the workers only")
        parser.add_argument(
            "--host", type=argument(readers.host), default=settings.HUB_HOST,
            help="address to listen on (default: HUB_HOST)",
        )  # fmt: skip
        parser.add_argument(
            "--port", type=argument(readers.whole(1, 65_535)), default=settings.HUB_PORT,
            help="port to listen on (default: HUB_PORT)",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        web, worker = (options["web"], options["worker"]) if options["web"] != options["worker"] else (True, True)
        host, port = options["host"], options["port"]
        if (host, port) != (settings.HUB_HOST, settings.HUB_PORT):
            start_anew(HUB_HOST=host, HUB_PORT=str(port))
        os.umask(0o077)  # nobody but the hub's user reads what it writes
        os.chdir(settings.BASE_DIR)
        with preparing.occupied(settings.HUB_DATA_DIR, settings.HUB_PUBLIC_URL, web=web, worker=worker):
            self.prepare(host, port, web=web, worker=worker)
            parts = [*(web_parts(host, port) if web else []), *([worker_part()] if worker else [])]
            tick = watchdog() if worker else None
            sys.exit(Supervisor(parts, tick=tick, say=self.say).run())

    def prepare(self, host: str, port: int, *, web: bool, worker: bool) -> None:
        """See to port, queue and database, load what a new database needs, and greet."""
        if web:
            preparing.check_port(host, port)
        if settings.HUB["HUB_BROKER_URL"]:
            preparing.check_broker(settings.HUB["HUB_BROKER_URL"])
        with preparing.alone(settings.HUB_DATA_DIR, self.say):
            preparing.bring_in_step(self.say)
            serving = web and preparing.is_single(web=web, worker=worker)  # one of several leaves the demo where it is
            told = call_command("loaddemo", serving=serving, stdout=io.StringIO(), stderr=io.StringIO())
            greeting = json.loads(told)
        connections.close_all()
        self.greet(greeting, web)

    def say(self, text: str) -> None:
        """A line on standard output, at once."""
        self.stdout.write(text)
        self.stdout.flush()

    def greet(self, greeting: dict[str, Any], web: bool) -> None:
        """Say where the hub is and how to get in."""
        if not web:
            self.say("The workers run. Stop them with Ctrl-C.")
            return
        address = settings.HUB_PUBLIC_URL
        password = greeting.get("password") or "(the password that you set)"
        lines = [
            "",
            f"Sync Hub   {address}/",
            f"Admin      {address}/admin/   {greeting.get('login', '')} / {password}",
        ]
        lines.append(f"API        {address}/api/sync/v1/")
        if greeting.get("token"):
            lines.append(f"Token      {greeting['token']}")
        self.say("\n".join([*lines, *greeting.get("notes", []), "Stop it with Ctrl-C.", ""]))


def argument(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """A reader of a setting as the type of an argument, with its own words for a wrong one."""

    def typed(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise ArgumentTypeError(str(error)) from None

    return typed


def start_anew(**environment: str) -> NoReturn:
    """This command again, in this process, with other settings: cookies and the demo's address follow from them."""
    os.environ.update(environment)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def web_parts(host: str, port: int) -> list[Part]:
    """The web server's processes, which share one listening socket."""
    listener = preparing.listen(host, port)
    names = ["web", *(f"web {number}" for number in range(2, settings.HUB_WEB_PROCESSES + 1))]
    return [Part(name, [sys.executable, "-m", "hub.web", str(listener.fileno())], listener=listener) for name in names]


def worker_part() -> Part:
    """django-q2's cluster."""
    return Part("worker", [sys.executable, "-m", "hub.cluster"])


def watchdog() -> Callable[[Supervisor], None] | None:
    """The function that ``settings.HUB_TICK`` names; it answers the names of the parts that must be started anew."""
    path = getattr(settings, "HUB_TICK", "")
    if not path:
        return None
    look: Callable[[], list[str]] = import_string(path)

    def tick(supervisor: Supervisor) -> None:
        for name in look():
            supervisor.restart(name, "work is due and nothing moves.")

    return tick
