"""The hub's settings: each HUB_* variable, its default and its meaning, in one list.

``docs/settings.md`` names each of them (a test sees to it) and ``.env.example`` shows them.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environ

from hub import datafolder, readers
from hub.crypto import Cipher

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


SETTINGS = (
    Setting(
        "HUB_DATA_DIR", readers.line, "var", "Folder for what the hub keeps: the SQLite files, generated keys, logs."
    ),
    Setting(
        "HUB_DATABASE_URL",
        readers.database_url,
        "",
        "The hub's own database, for example postgres://user:password@host:5432/hub. "
        "Empty: an SQLite file in HUB_DATA_DIR.",
        secret=True,
    ),
    Setting(
        "HUB_BROKER_URL",
        readers.broker_url,
        "",
        "Redis for the queue of jobs, for example redis://host:6379/0. Empty: the queue lives in the database.",
        secret=True,
    ),
    Setting(
        "HUB_SECRET_KEY",
        readers.signing_key,
        "",
        "Signs sessions and forms. Empty: made once and kept in HUB_DATA_DIR.",
        secret=True,
    ),
    Setting(
        "HUB_ENCRYPTION_KEYS",
        readers.encryption_keys,
        [],
        "Encrypt credentials in the database: one key or several separated by "
        "commas, the newest first. Make one with `manage.py newkey`. Empty: made once and kept in HUB_DATA_DIR.",
        secret=True,
    ),
    Setting("HUB_DEBUG", readers.boolean, False, "Show tracebacks in the browser. Never in production."),
    Setting(
        "HUB_LOG_LEVEL",
        readers.one_of("DEBUG", "INFO", "WARNING", "ERROR", fold=str.upper),
        "INFO",
        "How much the processes print: DEBUG, INFO, WARNING or ERROR.",
    ),
    Setting(
        "HUB_TIME_ZONE", readers.time_zone, "UTC", "Time zone of the admin and of schedules, for example Europe/Berlin."
    ),
    Setting("HUB_HOST", readers.host, "127.0.0.1", "Address that the web server listens on."),
    Setting("HUB_PORT", readers.whole(1, 65_535), 8000, "Port that the web server listens on."),
    Setting(
        "HUB_PUBLIC_URL",
        readers.public_url,
        "",
        "Address under which users reach the hub, for example https://hub.example.com. "
        "Empty: http://HUB_HOST:HUB_PORT.",
    ),
    Setting(
        "HUB_ALLOWED_HOSTS",
        readers.host_names,
        [],
        "Further host names that the web server answers to, separated by commas.",
    ),
    Setting(
        "HUB_TRUSTED_PROXIES",
        readers.networks,
        [],
        "Networks of the reverse proxies whose X-Forwarded-Proto and X-Forwarded-For are believed, "
        "for example 10.0.0.0/8.",
    ),
    Setting("HUB_WEB_PROCESSES", readers.whole(1, 256), 1, "Processes of the web server."),
    Setting("HUB_WEB_THREADS", readers.whole(1, 1000), 8, "Threads of each web process."),
    Setting(
        "HUB_MAX_BODY_MB",
        readers.whole(1, 2048),
        10,
        "Largest body of a request, in MB. Each web process may need so much memory for each of its threads.",
    ),
    Setting(
        "HUB_MAX_FILE_MB",
        readers.whole(1, 2048),
        100,
        "Largest file that is sent as the content of a field, in MB. On their way files are on disk, not in memory.",
    ),
    Setting(
        "HUB_REQUEST_SECONDS",
        readers.seconds,
        60.0,
        "Seconds in which a request must have arrived, with its body. Raise it for callers that send much "
        "over slow lines.",
    ),
    Setting(
        "HUB_WORKERS", readers.whole(1, 256), 2, "Worker processes of the cluster; at most half of them carry jobs out."
    ),
    Setting("HUB_DELIVERY_THREADS", readers.whole(1, 1000), 8, "Deliveries that one worker sends at the same time."),
    Setting(
        "HUB_POLL_SECONDS",
        readers.seconds,
        5.0,
        "How often a real Odoo is asked for changes, in seconds. The embedded Odoo is looked at each second.",
    ),
    Setting(
        "HUB_HINTED_POLL_SECONDS",
        readers.seconds,
        300.0,
        "How often a real Odoo is asked all the same whose webhooks tell the hub when to ask, in seconds.",
    ),
    Setting(
        "HUB_ALLOWED_NETWORKS",
        readers.networks,
        [],
        "Internal networks that deliveries may go to, in CIDR notation, separated by commas, for example "
        "127.0.0.1/32,10.1.0.0/16. All private and local addresses are refused otherwise; with the demo, the hub's own "
        "address and port are open in addition.",
    ),
    Setting("HUB_DEMO", readers.boolean, True, "Load the demo into an empty database, and serve the demo receiver."),
    Setting(
        "HUB_EMAIL_URL",
        readers.email_url,
        "",
        "Mail server for notices, for example smtp+tls://user:password@mail.example.com:587 "
        "(smtp:// without encryption, smtp+ssl:// with it from the start). Empty: no e-mail is sent.",
        secret=True,
    ),
    Setting("HUB_EMAIL_FROM", readers.email, "sync-hub@localhost", "Sender of those e-mails."),
    Setting(
        "HUB_NOTICE_TO",
        readers.emails,
        [],
        "E-mail addresses that are told when something is wrong, separated by commas. Empty: the administrators and "
        "API Sync Managers whose users have an e-mail address.",
    ),
    Setting(
        "HUB_NOTICE_URL",
        readers.notice_url,
        "",
        "Address that is sent the same notices as JSON, for example https://alerts.example.com/hub. Empty: none.",
        secret=True,
    ),
    Setting(
        "HUB_NOTICE_SECRET",
        readers.notice_secret,
        "",
        "Signs what goes to HUB_NOTICE_URL as Standard Webhooks do: whsec_ and 24 to 64 bytes in base64. "
        "Empty: not signed.",
        secret=True,
    ),
    Setting(
        "HUB_KEEP_DAYS",
        readers.whole(1, 36_500),
        30,
        "Days after which log rows, deliveries that arrived, runs and jobs are deleted. What was given up stays.",
    ),
    Setting(
        "HUB_METRICS_TOKEN",
        readers.header_token,
        "",
        "Bearer token with which /metrics is read. Empty: /metrics answers callers on this machine only.",
        secret=True,
    ),
    Setting(
        "HUB_ADMIN_PASSWORD",
        readers.line,
        "",
        "Password of the first administrator, `admin`. Empty: one is made, printed, and kept in HUB_DATA_DIR.",
        secret=True,
    ),
    Setting(
        "HUB_ODOO_URL",
        readers.odoo_url,
        "",
        "The Odoo of the demo's connection, for example https://mycompany.odoo.com. Empty: the embedded Odoo.",
    ),
    Setting("HUB_ODOO_DATABASE", readers.line, "", "Name of that Odoo's database."),
    Setting("HUB_ODOO_LOGIN", readers.line, "", "Login of the Odoo user that the hub acts as."),
    Setting("HUB_ODOO_PASSWORD", readers.line, "", "That user's password (JSON-RPC).", secret=True),
    Setting(
        "HUB_ODOO_API_KEY",
        readers.header_token,
        "",
        "That user's API key: needed for JSON-2 (Odoo 19 and later), and better than the password for JSON-RPC.",
        secret=True,
    ),
    Setting(
        "HUB_ODOO_TRANSPORT",
        readers.one_of("auto", "jsonrpc", "json2"),
        "auto",
        "How to talk to that Odoo: auto, jsonrpc or json2.",
    ),
)


def read_settings(base: Path = BASE_DIR) -> dict[str, Any]:
    """The value of every setting, from the environment and, behind it, the file ``.env`` of the project.

    Raises SettingError, naming the variable, for a value that cannot be used. Variables that start
    with HUB_ and are no setting are a system check's business (hub.W001).
    """
    if (base / ".env").is_file():
        try:
            environ.Env.read_env(base / ".env")
        except ValueError:
            raise SettingError(f"{base / '.env'} cannot be read: write it as UTF-8, one NAME=value a line.") from None
    values = {setting.name: _value(setting, os.environ.get(setting.name, "")) for setting in SETTINGS}
    _check_odoo(values)
    return values


def _value(setting: Setting, text: str) -> Any:
    if not text.strip():
        return setting.default
    try:
        return setting.read(text)
    except ValueError as error:
        # A URL with an @ holds a password where none belongs.
        hidden = setting.secret or "@" in text or not text.isprintable() or len(text) > 200
        shown = "used as it is" if hidden else f"'{text}'"
        raise SettingError(f"{setting.name} cannot be {shown}: {str(error).rstrip('.')}.") from None


def _check_odoo(values: Mapping[str, Any]) -> None:
    """Raise SettingError unless there is all that it takes to log in at HUB_ODOO_URL."""
    if not values["HUB_ODOO_URL"]:
        return
    json2 = values["HUB_ODOO_TRANSPORT"] == "json2"
    missing = {
        "HUB_ODOO_DATABASE": "set it to the name of the database there, such as mycompany",
        "HUB_ODOO_LOGIN": "set it to the login of the Odoo user that the hub acts as, such as me@example.com",
        "HUB_ODOO_API_KEY": "set it to a key of that user, made in Odoo under My Profile, Account Security"
        + ("" if json2 else ", or set HUB_ODOO_PASSWORD"),
    }
    if json2:
        del missing["HUB_ODOO_LOGIN"]  # the key says who it is
    elif values["HUB_ODOO_PASSWORD"]:
        del missing["HUB_ODOO_API_KEY"]
    for name, advice in missing.items():
        if not values[name]:
            raise SettingError(f"{name} is empty, but HUB_ODOO_URL names an Odoo: {advice}.")


MAIL_PATIENCE = 10
"""Seconds that the mail server may take for each answer."""


def email(url: str) -> dict[str, Any]:
    """Django's settings EMAIL_* for that mail server; without one, mail goes nowhere."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    found = dict(environ.Env.email_url_config(url))
    return {
        **{name: value for name, value in found.items() if name.startswith("EMAIL_")},
        "EMAIL_TIMEOUT": MAIL_PATIENCE,
    }


def own_url(host: str, port: int) -> str:
    """Where a program on this machine reaches the web server that listens there."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"


def data_folder(text: str) -> Path:
    """The folder that HUB_DATA_DIR names, from the project's on, ready for use; raises SettingError."""
    try:
        return datafolder.prepare(BASE_DIR / Path(text).expanduser(), BASE_DIR / "var")
    except (datafolder.Unusable, RuntimeError) as error:
        raise SettingError(
            f"HUB_DATA_DIR cannot be '{text}': the folder cannot be made or written to ({error}); "
            "name one that belongs to you."
        ) from None


def encryption_keys(keys: list[str], folder: Path) -> list[str]:
    """The keys that are set, or the one that is kept in the folder, made when there is none; raises SettingError."""
    if keys:
        return keys
    kept = kept_secret(folder / "encryption_key", new_encryption_key)
    try:
        Cipher([kept])
    except ValueError:
        raise SettingError(
            f"The file {folder / 'encryption_key'} is damaged: put back a copy of it, or set HUB_ENCRYPTION_KEYS "
            "to the key that it held."
        ) from None
    return [kept]


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """As datafolder.kept_secret; raises SettingError for a file that cannot be read, or is empty."""
    try:
        found = datafolder.kept_secret(path, make)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise SettingError(f"The file {path} cannot be read ({why}): give it to the hub's user.") from None
    if not found:
        raise SettingError(f"The file {path} is empty: put back a copy of it, or delete it to have a new one made.")
    return found


def new_secret_key() -> str:
    """A fresh key for signing."""
    return secrets.token_urlsafe(50)


def new_encryption_key() -> str:
    """A fresh key in the form that hub.crypto takes (Fernet: 32 random bytes, URL-safe base64)."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def database(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's description of the hub's database; SQLite is set up for several processes at once.

    IMMEDIATE transactions and WAL: otherwise web and workers meet "database is locked". Its file is brought up to date
    each 4,000 pages (16 MB) instead of each 1,000: whoever's write does that waits for the disk.
    """
    file = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(data_dir / "hub.sqlite3")}
    config: dict[str, Any] = dict(environ.Env.db_url_config(url)) if url else file
    if config["ENGINE"] == "django.db.backends.sqlite3":
        datafolder.keep_private(Path(config["NAME"]))
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=4000;",
        }
    else:
        config["CONN_HEALTH_CHECKS"] = True
        config["OPTIONS"] = {"connect_timeout": 10, **config.get("OPTIONS", {})}  # a dead host answers nothing for ever
    config["CONN_MAX_AGE"] = 60  # opening one costs more than a request's own work, with SQLite too
    return config
