"""``manage.py hub``: prepare, greet, and run the web server and the workers until told to stop."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections
from django.utils.module_loading import import_string

from hub import preparing
from hub.supervise import Part, Supervisor

DRAIN = 15
"""Seconds in which the web server may finish its requests; less than the supervisor's patience."""


class Command(BaseCommand):
    """Runs all of the hub on this machine, or with --web or --worker a part of it."""

    help = "Run the hub: web server and workers. Stop it with Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--web", action="store_true", help="run the web server only")
        parser.add_argument("--worker", action="store_true", help="run the workers only")
        parser.add_argument("--host", default=settings.HUB_HOST, help="address to listen on (default: HUB_HOST)")
        parser.add_argument("--port", type=int, default=settings.HUB_PORT, help="port to listen on (default: HUB_PORT)")

    def handle(self, *args: Any, **options: Any) -> None:
        web, worker = (options["web"], options["worker"]) if options["web"] != options["worker"] else (True, True)
        host, port = options["host"], options["port"]
        if web:
            preparing.check_port(host, port)
        os.chdir(settings.BASE_DIR)
        # What the settings derive from host and port (cookies, the demo's address) must be the same in each process.
        os.environ.update(HUB_HOST=host, HUB_PORT=str(port))
        with preparing.alone(settings.HUB_DATA_DIR, self.say):
            preparing.bring_in_step(self.say)
            greeting = json.loads(call_command("loaddemo", stdout=io.StringIO()))
        connections.close_all()
        self.greet(host, port, greeting, web)
        parts = [*([web_part(host, port)] if web else []), *([worker_part()] if worker else [])]
        tick = watchdog() if worker else None
        sys.exit(Supervisor(parts, tick=tick, say=self.say).run())

    def say(self, text: str) -> None:
        """A line on standard output, at once."""
        self.stdout.write(text)
        self.stdout.flush()

    def greet(self, host: str, port: int, greeting: dict[str, Any], web: bool) -> None:
        """Say where the hub is and how to get in."""
        if not web:
            self.say("The workers run. Stop them with Ctrl-C.")
            return
        address = own_address(host, port)
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


def own_address(host: str, port: int) -> str:
    """Where a browser on this machine, or the users, reach it."""
    if port != settings.HUB_PORT or host != settings.HUB_HOST:
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
        return f"http://{shown}:{port}"
    return str(settings.HUB_PUBLIC_URL).replace("//0.0.0.0:", "//127.0.0.1:")


def web_part(host: str, port: int) -> Part:
    """The web server: threads for requests, and a process that dies is replaced."""
    options = {
        "--interface": "wsgi",
        "--host": host,
        "--port": port,
        "--http": "1",
        "--workers": settings.HUB_WEB_PROCESSES,
        "--blocking-threads": settings.HUB_WEB_THREADS,
        "--workers-kill-timeout": DRAIN,
        "--log-level": "error",
    }
    flat = [str(word) for pair in options.items() for word in pair]
    flags = ["--no-ws", "--respawn-failed-workers"]
    return Part("web", [sys.executable, "-m", "granian", *flat, *flags, "hub.wsgi:application"])


def worker_part() -> Part:
    """django-q2's cluster."""
    return Part("worker", [sys.executable, str(settings.BASE_DIR / "manage.py"), "qcluster"])


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
