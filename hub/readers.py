"""Readers of settings: from the text of a variable to its value, or a ValueError that says what to write instead."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from hub.crypto import Cipher
from hub.errors import InvalidInput
from hub.http.signing import key_of
from hub.odoo.address import parse

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\Z")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}\Z")
_DATABASES = ("postgres", "postgresql", "sqlite")

SHORTEST_KEY = 32
"""Characters of a signing key."""


def line(text: str) -> str:
    """Any text in one line."""
    if not text.isprintable():
        raise ValueError("it contains a control character, such as a line break; write it in one line")
    return text


def boolean(text: str) -> bool:
    """``1``, ``true``, ``yes`` or ``on`` (any case) is true; ``0``, ``false``, ``no`` or ``off`` false."""
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise ValueError("write 1 or 0")


def whole(least: int, most: int) -> Callable[[str], int]:
    """A reader for whole numbers from ``least`` to ``most``."""

    def read(text: str) -> int:
        if not _WHOLE.match(text.strip()) or not least <= int(text) <= most:
            raise ValueError(f"write a whole number from {least} to {most}")
        return int(text)

    return read


def seconds(text: str) -> float:
    """A time in seconds, more than none and less than a day."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 86_400:
        raise ValueError("write seconds, more than 0 and less than 86400, such as 5")
    return value


def one_of(*words: str, fold: Callable[[str], str] = str.lower) -> Callable[[str], str]:
    """A reader for one of these words, in any case; ``fold`` brings the text into theirs."""

    def read(text: str) -> str:
        word = fold(text.strip())
        if word not in words:
            raise ValueError(f"write {', '.join(words[:-1])} or {words[-1]}")
        return word

    return read


def words(text: str) -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def networks(text: str) -> list[str]:
    """Networks or single addresses in CIDR notation, separated by commas."""
    found = []
    for word in words(text):
        try:
            found.append(str(ip_network(word)))
        except ValueError:
            raise ValueError(
                f"{word} is no network; write its first address and its size, such as 10.0.0.0/8, or one address"
            ) from None
    return found


def host(text: str) -> str:
    """An address to listen on, or a host name: no http://, no port; IPv6 without brackets."""
    found = text.strip().removeprefix("[").removesuffix("]")
    if ":" in found:
        try:
            ip_network(found)
        except ValueError:
            found = ""
    elif not _HOST_NAME.match(found):
        found = ""
    if not found:
        raise ValueError("write an address alone, such as 127.0.0.1 or 0.0.0.0; the port stands in HUB_PORT")
    return found


def host_names(text: str) -> list[str]:
    """Host names separated by commas; ``.example.com`` stands for all names below it, ``*`` for all there are."""
    found = words(text)
    for word in found:
        bare = word.removeprefix("[").removesuffix("]")
        if word != "*" and ":" not in bare and not _HOST_NAME.match(word.removeprefix(".")):
            raise ValueError(f"{word} is no host name; write names alone, such as hub.example.com")
        if ":" in bare and bare == word:
            raise ValueError(f"{word} is no host name; write names alone, such as hub.example.com")
    return found


def public_url(text: str) -> str:
    """``http(s)://host[:port]``, without a slash at the end."""
    example = "such as https://hub.example.com"
    try:
        parts = urlsplit(text.strip())
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"it is not a URL; write one {example}") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError(f"it must begin with https:// or http://, {example}")
    if "@" in parts.netloc:
        raise ValueError(f"it must not hold a user name or password; write the address alone, {example}")
    if not _HOST_NAME.match(name) and ":" not in name:
        raise ValueError(f"it names no host; write one {example}")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"it must end with the host or the port, {example}")
    return f"{parts.scheme}://{parts.netloc}"


def odoo_url(text: str) -> str:
    """The address of an Odoo."""
    try:
        return str(parse(text))
    except InvalidInput as error:
        raise ValueError(error.message.replace("Odoo's URL", "it", 1)) from None


def database_url(text: str) -> str:
    """``postgres://user:password@host:5432/name``, or ``sqlite:////absolute/path``."""
    example = "write postgres://user:password@host:5432/name, or leave it empty for an SQLite file"
    scheme, divider, rest = text.strip().partition("://")
    if not divider or scheme not in _DATABASES:
        raise ValueError(f"it must begin with postgres://; {example}")
    if scheme == "sqlite":
        if not rest.startswith("//") or not rest.strip("/"):
            raise ValueError(
                "the path of a file must be absolute; write four slashes, such as sqlite:////data/hub.sqlite3"
            )
        return text.strip()
    try:
        parts = urlsplit(text.strip())
        _ = parts.port
    except ValueError:
        raise ValueError(f"its port is no number, or its password has signs to be encoded; {example}") from None
    if not parts.path.strip("/") or "/" in parts.path.strip("/") or parts.fragment:
        raise ValueError(f"it names no database, or its password has signs to be encoded; {example}")
    return text.strip()


def broker_url(text: str) -> str:
    """``redis://host:port/number``, ``rediss://`` with TLS, or ``unix://`` with a path."""
    try:
        parts = urlsplit(text.strip())
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    number = parts.path.strip("/")
    server = parts.scheme in ("redis", "rediss") and parts.hostname and (not number or number.isdecimal())
    if not server and not (parts.scheme == "unix" and number):
        raise ValueError("it is no address of a Redis; write it such as redis://127.0.0.1:6379/0")
    return text.strip()


def encryption_keys(text: str) -> list[str]:
    """Keys that hub.crypto takes, separated by commas, the newest first."""
    keys = words(text)
    for place, key in enumerate(keys or [""], start=1):
        try:
            Cipher([key])
        except ValueError:
            raise ValueError(
                f"key number {place} is malformed; write keys as manage.py newkey prints them (it runs while this "
                "setting is empty)"
            ) from None
    return keys


def signing_key(text: str) -> str:
    """A key that nobody guesses."""
    key = line(text)
    if key and len(key) < SHORTEST_KEY:
        raise ValueError(f"it is too short; write at least {SHORTEST_KEY} random characters, or nothing")
    return key


def header_token(text: str) -> str:
    """A token that can travel in a header."""
    if not all("!" <= letter <= "~" for letter in text):
        raise ValueError("write letters, digits and signs alone, without a space")
    return text


def time_zone(text: str) -> str:
    """A name of the IANA time zone database that both Python and the system know (Django asks both)."""
    name = text.strip()
    system = Path("/usr/share/zoneinfo")
    try:
        zoneinfo.ZoneInfo(name)
        known = not system.is_dir() or (system / name).exists()
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        known = False
    if known:
        return name
    names = {one.lower(): one for one in zoneinfo.available_timezones()}
    near = names.get(name.lower()) or next(iter(get_close_matches(name, list(names.values()), n=1)), "")
    raise ValueError(f"there is no such time zone; write one such as {near or 'Europe/Berlin'}")


_EMAIL = re.compile(r"[^@\s,<>]+@[^@\s,<>]+\Z")
_MAIL_SCHEMES = ("smtp", "smtp+tls", "smtp+ssl")


def email(text: str) -> str:
    """One e-mail address."""
    if not _EMAIL.match(text.strip()):
        raise ValueError("write an e-mail address, such as hub@example.com")
    return text.strip()


def emails(text: str) -> list[str]:
    """E-mail addresses separated by commas."""
    return [email(word) for word in words(text)]


def email_url(text: str) -> str:
    """A mail server: smtp://, smtp+tls:// or smtp+ssl://, with user, password and port where it needs them."""
    try:
        found = urlsplit(text.strip())
        usable = found.scheme in _MAIL_SCHEMES and bool(found.hostname) and (found.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(
            "write it as smtp+tls://user:password@mail.example.com:587; signs such as @ in a password as %40"
        )
    return text.strip()


def notice_url(text: str) -> str:
    """An address that notices are posted to; whether it may be called is looked at when one is sent."""
    found = urlsplit(text.strip())
    if found.scheme not in ("http", "https") or not found.hostname or not text.strip().isprintable():
        raise ValueError("write it with its https://, such as https://alerts.example.com/hub")
    return text.strip()


def notice_secret(text: str) -> str:
    """A secret of Standard Webhooks."""
    key_of(text.strip())
    return text.strip()
