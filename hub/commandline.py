"""The command line: Django's, with one sentence instead of a traceback where the database is not what it should be."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from django.core.management import execute_from_command_line
from django.db import Error, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from hub.redact import redact_text


def main(argv: Sequence[str]) -> None:
    """Run a command; SystemExit with a sentence for a database that is away, refuses, or is not prepared yet."""
    try:
        execute_from_command_line(list(argv))
    except Error as error:
        sentence = explain(error)
        if not sentence or "--traceback" in argv:
            raise
        sys.exit(sentence)


def explain(error: Error) -> str:
    """What an error of the database means to whoever started the command; empty for a fault of the hub's own."""
    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        behind = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except Error as refusal:
        return unreachable(refusal)
    if behind:
        return "The hub's database is not prepared for this version yet: start the hub, or run manage.py migrate."
    if isinstance(error, OperationalError):
        return f"The hub's database could not do it just now: {_first_line(error)}. Try again."
    return ""


def unreachable(error: Error) -> str:
    """That the database does not let the hub in, why, and which setting says where it is."""
    if connection.vendor == "sqlite":
        name = connection.settings_dict["NAME"]
        return (
            f"The hub's database {name} cannot be opened: {_first_line(error)}. "
            "Its place follows from HUB_DATA_DIR, or from HUB_DATABASE_URL."
        )
    return (
        f"The database of HUB_DATABASE_URL does not let the hub in: {_first_line(error)}. "
        "Check its host, port, name, user and password."
    )


def _first_line(error: Error) -> str:
    text = str(error).strip().partition("\n")[0].rstrip(".")
    return redact_text(text, [str(connection.settings_dict.get("PASSWORD") or "")])
