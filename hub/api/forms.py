"""Bodies of type multipart/form-data: fields as JSON or text, and files, in one request (RFC 7578)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from dataclasses import dataclass
from typing import IO, Any, TypeVar

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from hub.api.parsers import check_depth, parse_json
from hub.flow.attached import Attached

TYPE = "multipart/form-data"
JSON_PARTS = ("data", "options")
"""Parts that hold a JSON object, as the keys of a JSON body."""


Part = TypeVar("Part")


@dataclass(frozen=True)
class Form:
    """A form as the body that JSON would have been, and as the log shows it."""

    body: dict[str, Any]
    shown: bytes


class FormParser(BaseParser):
    """Reads a form; its parts are the fields, a file's content becomes base64."""

    media_type = TYPE

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        """The body; raises ParseError with a sentence that says what to change."""
        return read(parser_context["request"]._request).body


def is_form(request: HttpRequest) -> bool:
    """Whether the body is of this type."""
    return request.content_type == TYPE


def shown(request: HttpRequest) -> bytes:
    """What the log keeps of the body: the fields, and of each file its size, type and SHA-256.

    The same for two requests that say the same, whatever stands between their parts.
    """
    try:
        return read(request).shown
    except ParseError:
        return f"({len(request.body)} bytes that are no form)".encode()


def note(size: int, kind: str, digest: str, name: str = "") -> str:
    """What the log shows in place of a file."""
    called = f' "{name}"' if name else ""
    return f"{human_size(size)} of {kind or 'unknown type'}{called}, SHA-256 {digest}"


def human_size(size: float) -> str:
    """Bytes in words: 512 bytes, 12.0 KB, 60.0 MB."""
    if size < 1024:
        return f"{size:.0f} bytes"
    return f"{size / 1024:.1f} KB" if size < 1024**2 else f"{size / 1024**2:.1f} MB"


def read(request: HttpRequest) -> Form:
    """The form, which is read once; raises ParseError."""
    found: Form | None = getattr(request, "hub_form", None)
    if found is None:
        found = _read(request)
        request.hub_form = found  # type: ignore[attr-defined]
    return found


def _read(request: HttpRequest) -> Form:
    raw = request.body
    texts, files = _parts(request, raw)
    body: dict[str, Any] = {}
    for name in JSON_PARTS:
        if name in files:
            texts[name] = _text_of(name, files.pop(name))
        if name in texts:
            body[name] = _json(name, texts[name])
    data = body.setdefault("data", {})
    if not isinstance(data, dict):
        raise ParseError("The part `data` must be a JSON object with the record's fields.")
    shown = dict(data)
    for name in (*texts, *files):
        if name in data:
            raise ParseError(f"The field `{name}` stands both in the part `data` and in a part of its own.")
    more = {name: text for name, text in texts.items() if name not in JSON_PARTS}
    data |= more
    shown |= more
    for name, file in files.items():
        content = file.read()
        if not content:
            raise ParseError(f"The file `{name}` is empty. To empty a field, send null in the part `data`.")
        data[name] = Attached(base64.b64encode(content).decode(), str(file.name))
        shown[name] = f"({note(len(content), file.content_type or '', hashlib.sha256(content).hexdigest(), file.name)})"
    return Form(body, json.dumps(body | {"data": shown}, ensure_ascii=False).encode())


def _parts(request: HttpRequest, raw: bytes) -> tuple[dict[str, str], dict[str, Any]]:
    """The text parts and the files, by name; raises ParseError."""
    boundary = (request.content_params or {}).get("boundary", "")
    if not boundary or f"--{boundary}--".encode("latin-1", "replace") not in raw[-(len(boundary) + 2048) :]:
        raise ParseError("The form is cut off, or its boundary is not the one in the header Content-Type.")
    meta = request.META | {"CONTENT_LENGTH": str(len(raw))}
    try:
        fields, files = MultiPartParser(meta, io.BytesIO(raw), [_InMemory(request)], "utf-8").parse()
    except (MultiPartParserError, SuspiciousOperation, ValueError) as error:
        raise ParseError(f"The form cannot be read: {error}") from None
    texts = {name: _text(name, _single(name, values), raw) for name, values in fields.lists()}
    held = {name: _single(name, values) for name, values in files.lists()}
    for name in texts:
        if name in held:
            raise ParseError(f"There are a text and a file under the name `{name}`. Send one of them.")
    return texts, held


class _InMemory(MemoryFileUploadHandler):
    """Keeps all files in memory: the body that they are in is there already, and small."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """Take every file."""
        self.activated = True


def _single(name: str, values: list[Part]) -> Part:
    if len(values) > 1:
        raise ParseError(f"There are {len(values)} parts named `{name}`. Send one, and lists within the part `data`.")
    return values[0]


def _text(name: str, text: str, raw: bytes) -> str:
    if "\ufffd" in text and "\ufffd".encode() not in raw:
        raise ParseError(f"The part `{name}` is not UTF-8.")
    if "\x00" in text:
        raise ParseError(f"The part `{name}` holds a NUL character, which no database stores. Remove it.")
    return text


def _text_of(name: str, file: Any) -> str:
    """The text of a part that is JSON by its type: a browser gives a part a type only as a file, which it names."""
    if file.content_type != "application/json":
        raise ParseError(
            f"The part `{name}` holds JSON, and is no file: send it without a file name, or as application/json."
        )
    raw = file.read()
    return _text(name, raw.decode(errors="replace"), raw)


def _json(name: str, text: str) -> Any:
    try:
        check_depth(text.encode())
        return parse_json(text)
    except ParseError as error:
        raise ParseError(f"The part `{name}`: {error.detail}") from None
