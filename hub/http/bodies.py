"""Data as the body of a request: JSON, a form, a form with files, XML. One class for each type, and their registry."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode
from xml.sax.saxutils import escape

import xmltodict
from urllib3.filepost import encode_multipart_formdata

from hub.errors import InvalidInput

NAME = re.compile(r"[^\W\d][\w.-]*")
"""What an XML element may be called, as far as people do: a letter first, no colon."""


class BodyType:
    """One way to write data. Subclass, fill in, and decorate with ``register``."""

    key: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str]
    """For the admin: when to choose it."""

    content_type: ClassVar[str]

    accepts: ClassVar[str] = "application/json, */*;q=0.5"
    """What answers the hub would like best: the header Accept (RFC 9110, 12.5.1)."""

    sends_files: ClassVar[bool] = False
    """Whether the values of binary fields go as bytes, and not as base64."""

    def encode(self, data: Any, root: str = "") -> tuple[bytes, str]:
        """The body, and its content type; raises InvalidInput for data that cannot be written so."""
        raise NotImplementedError

    def check(self, text: str) -> str:
        """What a template made, as it is sent; raises InvalidInput where it is not of this type."""
        return text

    def escape(self, text: str) -> str:
        """A text as it stands in a template for this type."""
        return text


_types: dict[str, BodyType] = {}


def register(kind: type[BodyType]) -> type[BodyType]:
    """Class decorator: make the type known under its key."""
    _types[kind.key] = kind()
    return kind


def body_type(key: str) -> BodyType:
    """The type of that key; InvalidInput when there is none."""
    if key not in _types:
        raise InvalidInput(f"There is no type of body `{key}`. Choose one of: {', '.join(_types)}.", field="body_type")
    return _types[key]


def choices() -> list[tuple[str, str]]:
    """Key and label of each type, in the order of registration."""
    return [(one.key, one.label) for one in _types.values()]


@register
class Json(BodyType):
    """RFC 8259."""

    key = "json"
    label = "JSON"
    sentence = "An object for one record, a list for a batch."
    content_type = "application/json"
    accepts = "application/json"

    def encode(self, data: Any, root: str = "") -> tuple[bytes, str]:
        """Compact, in UTF-8."""
        try:
            text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except ValueError:
            raise InvalidInput("The payload holds NaN or Infinity, which JSON has not.") from None
        return text.encode(), self.content_type

    def check(self, text: str) -> str:
        """Compact."""
        try:
            return self.encode(json.loads(text))[0].decode()
        except (ValueError, RecursionError) as error:
            raise InvalidInput(
                f"What the body's template makes is no JSON: {error}. Write texts as {{{{ name | json }}}}."
            ) from None

    def escape(self, text: str) -> str:
        """What stands between the quotes."""
        return json.dumps(text, ensure_ascii=False)[1:-1]


@register
class Webhook(Json):
    """JSON with what happened around the data."""

    key = "webhook"
    label = "Webhook"
    accepts = BodyType.accepts
    sentence = "What happened (create, update, delete), when, to which record, with its data and what changed."


@register
class Event(Json):
    """The same in another spelling."""

    key = "event"
    label = "Event"
    accepts = BodyType.accepts
    sentence = "As Webhook, for record.created, record.updated (what changed alone), record.deleted and state.changed."


@register
class Form(BodyType):
    """``application/x-www-form-urlencoded`` (WHATWG URL standard, section 5)."""

    key = "form"
    label = "Form"
    sentence = "As a web page's form: name=Ann&address[city]=Berlin&tags[]=new. One record a request."
    content_type = "application/x-www-form-urlencoded"

    def encode(self, data: Any, root: str = "") -> tuple[bytes, str]:
        """Names of nested values in brackets."""
        return urlencode(list(pairs(data))).encode(), self.content_type


@register
class Multipart(BodyType):
    """``multipart/form-data`` (RFC 7578); files are what the payload holds as bytes."""

    key = "multipart"
    label = "Form with files"
    sentence = "As Form, with the values of binary fields as files."
    content_type = "multipart/form-data"
    sends_files = True

    def encode(self, data: Any, root: str = "") -> tuple[bytes, str]:
        """A part for each value."""
        parts: list[tuple[str, Any]] = [
            (name, (name, value, "application/octet-stream") if isinstance(value, bytes) else value)
            for name, value in pairs(data)
        ]
        body, content_type = encode_multipart_formdata(parts)
        return body, content_type


@register
class Xml(BodyType):
    """XML 1.0: an element for each key."""

    key = "xml"
    label = "XML"
    sentence = "An element for each key; a key that begins with @ is an attribute."
    content_type = "application/xml"
    accepts = "application/xml, application/json;q=0.9"

    def encode(self, data: Any, root: str = "") -> tuple[bytes, str]:
        """``root`` names the outer element, and for a list, behind a slash, the one of each record: orders/order."""
        outer, _, inner = (root or "records/record").partition("/")
        if isinstance(data, list):
            data = {inner or "record": data}
        for name in (outer, inner or "record", *_names(data)):
            if not NAME.fullmatch(name.removeprefix("@")) and name != "#text":
                raise InvalidInput(f"`{name[:60]}` cannot be the name of an XML element.", field=name[:60])
        try:
            text = xmltodict.unparse({outer: data}, short_empty_elements=True)
        except (ValueError, TypeError) as error:
            raise InvalidInput(f"The payload cannot be written as XML: {error}") from None
        return text.encode(), self.content_type

    def escape(self, text: str) -> str:
        """Without what XML would take for its own."""
        return escape(text, {'"': "&quot;"})


@register
class Text(BodyType):
    """Whatever a template makes."""

    key = "text"
    label = "Text"
    sentence = "What the template below makes, as it stands: CSV, EDI, SOAP. Set Content-Type among the headers."
    content_type = "text/plain; charset=utf-8"

    def encode(self, data: Any, root: str = "") -> tuple[bytes, str]:
        """A text alone; anything else needs a template."""
        if not isinstance(data, str):
            raise InvalidInput(
                "A body of type Text needs a template, or a script that makes a text.", field="body_type"
            )
        return data.encode(), self.content_type


@register
class Nothing(BodyType):
    """No body."""

    key = "none"
    label = "No body"
    sentence = "All that the other system needs is in the address, as in DELETE /partners/{{ id }}."
    content_type = ""

    def encode(self, data: Any, root: str = "") -> tuple[bytes, str]:
        """Nothing."""
        return b"", ""


def pairs(data: Any) -> Iterator[tuple[str, str | bytes]]:
    """Names and values as a form has them: ``address[city]``, ``tags[]``, ``lines[0][sku]``; null is empty."""
    if not isinstance(data, Mapping):
        raise InvalidInput("A form carries one record: choose JSON for batches, or leave Is Paginated off.")
    for key, value in data.items():
        yield from _flat(str(key), value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str | bytes]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}[{key}]", inner)
    elif isinstance(value, list | tuple):
        nested = any(isinstance(one, Mapping | list | tuple) for one in value)
        for number, inner in enumerate(value):
            yield from _flat(f"{name}[{number if nested else ''}]", inner)
    elif isinstance(value, bytes):
        yield name, value
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    else:
        yield name, "" if value is None else str(value)


def file_of(value: Any) -> Any:
    """The bytes of a binary field's value, which Odoo gives as base64; what is none stays as it is."""
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else value
    except (binascii.Error, ValueError):
        return value


def _names(data: Any) -> Iterator[str]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield str(key)
            yield from _names(value)
    elif isinstance(data, list):
        for one in data:
            yield from _names(one)
