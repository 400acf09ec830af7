"""Reading JSON bodies strictly: what is ambiguous or hostile is refused with a reason."""

from __future__ import annotations

import json
import math
import re
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

MAX_DEPTH = 64
MAX_DIGITS = 400
OPENING = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


class StrictJSONParser(JSONParser):
    """JSON as of RFC 8259, in UTF-8, without NaN, duplicate keys, NUL, lone surrogates or deep nesting."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        """The value of the body; raises ParseError with a sentence that says what to change."""
        raw = stream.read()
        check_depth(raw)
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
        return parse_json(text)


def parse_json(text: str) -> Any:
    """The value of a JSON text, strictly; raises ParseError."""
    try:
        value = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except json.JSONDecodeError as error:
        raise ParseError(
            f"The body is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    _check_text(text)
    return value


def check_depth(raw: bytes) -> None:
    """Refuse nesting beyond MAX_DEPTH before the parser meets it: Python's recursion would end in a 500."""
    if raw.count(b"[") + raw.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for match in OPENING.finditer(raw):
        if match[0] in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ParseError(f"The body is nested more than {MAX_DEPTH} levels deep.")
        elif match[0] in b"]}":
            depth -= 1


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ParseError(f"The key `{key}` stands twice in the same object.")
        found[key] = value
    return found


def _no_constant(name: str) -> Any:
    raise ParseError(f"{name} is not JSON. Send null or a number.")


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ParseError(f"A number of {len(text)} digits is more than can be stored.")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ParseError(f"The number {text[:40]} is larger than can be stored.")
    return value


def _check_text(text: str) -> None:
    lowered = text.lower()
    if "\x00" in text or "\\u0000" in lowered:
        raise ParseError("The body holds a NUL character, which no database stores. Remove it.")
    if "\\ud" in lowered:
        try:
            json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise ParseError("The body holds half of a surrogate pair. Send whole characters.") from None
