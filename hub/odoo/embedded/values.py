"""Values on their way in: what each type of field accepts and what is stored, as lenient as Odoo over RPC."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from hub.errors import OdooValidation
from hub.odoo.embedded.fields import Field
from hub.odoo.embedded.filestore import Kept, size_of
from hub.odoo.embedded.markup import sanitised
from hub.odoo.embedded.schema import Model

_FORMAT = "%Y-%m-%d %H:%M:%S"

_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"\x00\x00\x01\x00", b"<svg", b"<?xml", b"II*\x00", b"MM\x00*")

INTEGER_LIMIT = 2**31
"""Odoo's integers are PostgreSQL's int4."""


def stored(model: Model, field: Field, value: Any) -> Any:
    """What the column will hold; raises OdooValidation that names the field for what Odoo refuses too."""
    if value is None or (value is False and field.type not in ("boolean", "integer", "float", "monetary")):
        return None
    try:
        return _CONVERTERS[field.type](field, value)
    except (ValueError, TypeError) as exc:
        raise wrong_value(model, field, value, str(exc)) from exc


def wrong_value(model: Model, field: Field, value: Any, why: str) -> OdooValidation:
    """The error for a value that the field's type does not take."""
    shown = repr(value) if len(repr(value)) <= 120 else repr(value)[:117] + "..."
    return OdooValidation(
        f"Wrong value for {model.name}.{field.name}: {shown}. {why[:1].upper()}{why[1:]}".rstrip(".") + ".",
        "builtins.ValueError",
        field=field.name,
        value=value if isinstance(value, (str, int, float, bool)) else shown,
        constraint=field.type,
    )


def _char(field: Field, value: Any) -> str:
    text = value if isinstance(value, str) else str(value)
    return text[: field.size] if field.size else text


def _text(field: Field, value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _html(field: Field, value: Any) -> str:
    return sanitised(str(value))


def _integer(field: Field, value: Any) -> int:
    number = int(value or 0)
    if not -INTEGER_LIMIT <= number < INTEGER_LIMIT:
        raise ValueError("integer out of range")
    return number


def _floating(field: Field, value: Any) -> float:
    number = float(value or 0.0)
    if not math.isfinite(number):
        raise ValueError("a number must be finite")
    if field.digits:
        return round(number, field.digits[1])
    return number


def _boolean(field: Field, value: Any) -> int:
    return int(bool(value))


def _date(field: Field, value: Any) -> str | None:
    if value == "":
        return None
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return datetime.strptime(str(value)[:10], "%Y-%m-%d").date().isoformat()


def _datetime(field: Field, value: Any) -> str | None:
    if value == "":
        return None
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise ValueError("expecting only datetimes with no timezone")
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return f"{value.isoformat()} 00:00:00"
    text = str(value)
    # Odoo reads as much of the format as there is text: the seconds may be missing.
    return datetime.strptime(text, _FORMAT[: len(text) - 2]).strftime(_FORMAT)


def _selection(field: Field, value: Any) -> str | None:
    if value == "":
        return None
    keys = [key for key, _label in field.selection]
    if value not in keys:
        raise ValueError(f"choose one of {', '.join(keys[:12])}{', ...' if len(keys) > 12 else ''}")
    return str(value)


def _many2one(field: Field, value: Any) -> int | None:
    if isinstance(value, bool):
        raise ValueError("expected the id of a record")
    if isinstance(value, int):
        return value or None
    # Odoo would empty the link without a word for some other values; here the mistake shows.
    raise ValueError("expected the id of a record")


def _binary(field: Field, value: Any) -> str | bytes | None:
    if isinstance(value, Kept):
        _check_image(field, value.head)
        return value.reference
    text = value.decode("ascii") if isinstance(value, bytes) else str(value)
    if not text:
        return None
    try:
        data = base64.b64decode(text, validate=False)
    except binascii.Error as exc:
        raise ValueError("expected base64") from exc
    _check_image(field, data)
    return text if data else None


def _check_image(field: Field, data: bytes) -> None:
    if field.image and data and not data.startswith(_IMAGES) and data[8:12] != b"WEBP":
        raise ValueError("this file could not be decoded as an image file")


def _json(field: Field, value: Any) -> str:
    return json.dumps(value)


_CONVERTERS: Mapping[str, Callable[[Field, Any], Any]] = {
    "char": _char,
    "text": _text,
    "html": _html,
    "integer": _integer,
    "many2one_reference": _integer,
    "float": _floating,
    "monetary": _floating,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "selection": _selection,
    "many2one": _many2one,
    "binary": _binary,
    "json": _json,
}


def shown(field: Field, value: Any) -> Any:
    """What a column's value reads as: empty is ``False``, numbers are never empty. Not for relations' names;
    of a file in pieces its size.
    """
    if field.secret:
        return ""
    if field.type == "boolean":
        return bool(value)
    if value is None:
        return {"integer": 0, "many2one_reference": 0, "float": 0.0, "monetary": 0.0}.get(field.type, False)
    if field.type == "json":
        return json.loads(value)
    if field.type in ("float", "monetary"):
        return float(value)
    if isinstance(value, bytes):
        return size_of(value)
    return value
