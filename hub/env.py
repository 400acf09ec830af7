"""The hub's settings: each HUB_* variable, its default and its meaning, in one list.

``docs/settings.md`` names each of them (a test sees to it) and ``.env.example`` shows them.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent


class SettingError(SystemExit):
    """A variable with a value that cannot be used: one sentence instead of a traceback."""


@dataclass(frozen=True)
class Setting:
    """One HUB_* variable: how to read it, what it is when absent, and what it means."""

    name: str
    read: Callable[[str], Any]
    default: Any
    help: str
    secret: bool = False


def boolean(text: str) -> bool:
    """``1``, ``true``, ``yes`` or ``on`` (any case) is true; ``0``, ``false``, ``no``, ``off`` and nothing false."""
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("write 1 or 0")


def at_least(least: int) -> Callable[[str], int]:
    """A reader for whole numbers from ``least`` on."""

    def read(text: str) -> int:
        number = int(text)
        if number < least:
            raise ValueError(f"must be {least} or more")
        return number

    return read


def words(text: str) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def networks(text: str) -> list[str]:
    """A list of networks in CIDR notation, separated by commas."""
    return [str(ip_network(word)) for word in words(text)]


def seconds(text: str) -> float:
    """A time in seconds, more than none."""
    value = float(text)
    if not 0 < value < 86_400:
        raise ValueError("must be more than 0 and less than 86400")
    return value


SETTINGS = (
    Setting("HUB_DATA_DIR", str, "var", "Folder for what the hub keeps: the SQLite files, generated keys, logs."),
    Setting(
        "HUB_DATABASE_URL",
        str,
        "",
        "The hub's own database, for example postgres://user:password@host:5432/hub. "
        "Empty: an SQLite file in HUB_DATA_DIR.",
        secret=True,
    ),
    Setting(
        "HUB_BROKER_URL",
        str,
        "",
        "Redis for the queue of jobs, for example redis://host:6379/0. Empty: the queue lives in the database.",
        secret=True,
    ),
    Setting(
        "HUB_SECRET_KEY", str, "", "Signs sessions and forms. Empty: made once and kept in HUB_DATA_DIR.", secret=True
    ),
    Setting(
        "HUB_ENCRYPTION_KEYS",
        words,
        [],
        "Encrypt credentials in the database: one key or several separated by "
        "commas, the newest first. Make one with `manage.py newkey`. Empty: made once and kept in HUB_DATA_DIR.",
        secret=True,
    ),
    Setting("HUB_DEBUG", boolean, False, "Show tracebacks in the browser. Never in production."),
    Setting("HUB_LOG_LEVEL", str.upper, "INFO", "How much the processes print: DEBUG, INFO, WARNING or ERROR."),
    Setting("HUB_TIME_ZONE", str, "UTC", "Time zone of the admin and of schedules, for example Europe/Berlin."),
    Setting("HUB_HOST", str, "127.0.0.1", "Address that the web server listens on."),
    Setting("HUB_PORT", at_least(1), 8000, "Port that the web server listens on."),
    Setting(
        "HUB_PUBLIC_URL",
        str,
        "",
        "Address under which users reach the hub, for example https://hub.example.com. "
        "Empty: http://HUB_HOST:HUB_PORT.",
    ),
    Setting("HUB_ALLOWED_HOSTS", words, [], "Further host names that the web server answers to, separated by commas."),
    Setting(
        "HUB_TRUSTED_PROXIES",
        networks,
        [],
        "Networks of the reverse proxies whose X-Forwarded-Proto is believed, for example 10.0.0.0/8.",
    ),
    Setting("HUB_WEB_PROCESSES", at_least(1), 1, "Processes of the web server."),
    Setting("HUB_WEB_THREADS", at_least(1), 8, "Threads of each web process."),
    Setting("HUB_WORKERS", at_least(1), 2, "Worker processes of the cluster."),
    Setting("HUB_DELIVERY_THREADS", at_least(1), 8, "Deliveries that one worker sends at the same time."),
    Setting(
        "HUB_POLL_SECONDS",
        seconds,
        5.0,
        "How often a real Odoo is asked for changes, in seconds. The embedded Odoo is looked at each second.",
    ),
    Setting(
        "HUB_ALLOWED_NETWORKS",
        networks,
        [],
        "Internal networks that deliveries may go to, in CIDR notation, "
        "separated by commas. All private and local addresses are refused otherwise.",
    ),
    Setting("HUB_DEMO", boolean, True, "Load the demo into an empty database, and serve the demo receiver."),
    Setting(
        "HUB_KEEP_DAYS",
        at_least(1),
        30,
        "Days after which log rows, deliveries that arrived and runs are deleted. What was given up stays.",
    ),
    Setting(
        "HUB_METRICS_TOKEN",
        str,
        "",
        "Bearer token with which /metrics is read. Empty: /metrics answers callers on this machine only.",
        secret=True,
    ),
    Setting(
        "HUB_ADMIN_PASSWORD",
        str,
        "",
        "Password of the first administrator, `admin`. Empty: one is made, printed, and kept in HUB_DATA_DIR.",
        secret=True,
    ),
    Setting(
        "HUB_ODOO_URL",
        str,
        "",
        "The Odoo of the demo's connection, for example https://mycompany.odoo.com. Empty: the embedded Odoo.",
    ),
    Setting("HUB_ODOO_DATABASE", str, "", "Name of that Odoo's database."),
    Setting("HUB_ODOO_LOGIN", str, "", "Login of the Odoo user that the hub acts as."),
    Setting("HUB_ODOO_PASSWORD", str, "", "That user's password (JSON-RPC).", secret=True),
    Setting(
        "HUB_ODOO_API_KEY",
        str,
        "",
        "That user's API key: needed for JSON-2 (Odoo 19 and later), and better than the password for JSON-RPC.",
        secret=True,
    ),
    Setting("HUB_ODOO_TRANSPORT", str, "auto", "How to talk to that Odoo: auto, jsonrpc or json2."),
)


def read_settings(base: Path = BASE_DIR) -> dict[str, Any]:
    """The value of every setting, from the environment and, behind it, the file ``.env`` of the project.

    Raises SettingError, naming the variable, for a value that cannot be read. Variables that start
    with HUB_ and are no setting are a system check's business (hub.W001).
    """
    if (base / ".env").is_file():
        environ.Env.read_env(base / ".env")
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = os.environ.get(setting.name)
        try:
            values[setting.name] = setting.default if text is None or text == "" else setting.read(text)
        except ValueError as error:
            shown = "its value" if setting.secret else f"'{text}'"
            raise SettingError(f"{setting.name}: {shown} cannot be used: {error}. {setting.help}") from None
    return values


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in the file ``path``; made, and kept readable for its owner alone, when there is none.

    Safe when several processes ask at once: the file appears whole or not at all.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def new_secret_key() -> str:
    """A fresh key for signing."""
    return secrets.token_urlsafe(50)


def new_encryption_key() -> str:
    """A fresh key in the form that hub.crypto takes (Fernet: 32 random bytes, URL-safe base64)."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def database(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's description of the hub's database; SQLite is set up for several processes at once.

    IMMEDIATE transactions and WAL: otherwise web and workers meet "database is locked".
    """
    config: dict[str, Any] = dict(environ.Env.db_url_config(url or f"sqlite:///{data_dir / 'hub.sqlite3'}"))
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    else:
        config["CONN_HEALTH_CHECKS"] = True
    config["CONN_MAX_AGE"] = 60  # opening one costs more than a request's own work, with SQLite too
    return config
