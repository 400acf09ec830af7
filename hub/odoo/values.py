"""Conversion of values at the border: ISO 8601 and ``None`` outside, Odoo's own spelling inside.

Odoo's datetimes are ``YYYY-MM-DD HH:MM:SS``, naive and in UTC; its empty value is ``False``.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from hub.errors import OdooValidation

ODOO_DATETIME = "%Y-%m-%d %H:%M:%S"
_NEVER_EMPTY = frozenset({"boolean", "integer", "float", "monetary"})
_TEXTS = frozenset({"char", "text", "html"})
_EMPTY_LISTS = frozenset({"one2many", "many2many"})


def to_odoo(value: Any, kind: str) -> Any:
    """``value`` as Odoo takes it for a field of type ``kind`` (``fields_get``'s ``type``).

    ``None`` becomes ``False``; ISO 8601 dates and datetimes, aware or naive UTC, become Odoo's; a
    many2one may be an id, ``{"id": ...}`` or ``[id, name]``. Raises OdooValidation for a wrong date.
    """
    if value is None or value is False:
        return False
    if kind == "datetime" and isinstance(value, str | date):
        return _moment(value).isoformat(" ")
    if kind == "date" and isinstance(value, str | date):
        return _moment(value, zone=False).date().isoformat()
    if kind == "many2one":
        return _id(value)
    return plain(value)


def from_odoo(value: Any, kind: str) -> Any:
    """What Odoo read from a field of type ``kind``, for the world outside.

    ``False`` becomes ``None`` (but stays for booleans), and so does an empty text, for which Odoo has ``""`` or
    ``False``, as it was written; datetimes become ``YYYY-MM-DDTHH:MM:SSZ``, ``[id, name]`` becomes the id.
    """
    if value == "" and kind in _TEXTS:
        return None
    if value is False and kind not in _NEVER_EMPTY:
        return [] if kind in _EMPTY_LISTS else None
    if kind == "datetime" and isinstance(value, str):
        return value.replace(" ", "T", 1) + "Z"
    if kind == "many2one":
        return _id(value)
    return value


def plain(value: Any) -> Any:
    """``value`` as JSON has it: dates in Odoo's spelling, bytes as base64, decimals as numbers.

    Raises OdooValidation for what Odoo could not take: NaN, infinity, lone surrogates, foreign objects.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, datetime):
        return _moment(value).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return {_text(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    raise OdooValidation(f"Odoo takes no value of type {type(value).__name__}. Send text, a number, a date or a list.")


def _text(value: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise OdooValidation("A text holds half a character (a lone surrogate). Send proper Unicode.") from None
    if "\x00" in value:
        raise OdooValidation("A text holds a NUL character, which no database takes. Remove it.")
    return value


def _number(value: float | Decimal) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise OdooValidation(f"{value} is not a number that Odoo takes.")
    return number


def _id(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get("id", False)
    if isinstance(value, list | tuple):
        return value[0] if value else False
    return value


def _moment(value: str | date, *, zone: bool = True) -> datetime:
    """As naive UTC, to the second; with ``zone`` off the time zone is left out of account."""
    if isinstance(value, str):
        text = value.strip()
        try:
            value = datetime.fromisoformat(text.upper())  # RFC 3339 takes t and z, too
        except ValueError:
            raise OdooValidation(
                f"`{text[:60]}` is not a date. Write ISO 8601, such as 2026-01-31T14:30:00Z or 2026-01-31."
            ) from None
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if zone and value.tzinfo is not None:
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            raise OdooValidation(f"{value.isoformat()} is before the year 1 or after 9999 in UTC.") from None
    return value.replace(tzinfo=None, microsecond=0)
