"""Hiding secrets in what is shown, logged or stored: by the names that they go under, and by value."""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from itertools import product
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

HIDDEN = "•••"

LIMIT = 64 * 1024
"""How many characters of a body are kept, unless the caller says otherwise."""

PARSE_LIMIT = 256 * 1024
"""A larger JSON body is not parsed but searched, which costs a fixed time for each character kept."""

SENT_TEXT, SENT_JSON = 100, 500
"""How many characters of a value an error gives back to whoever sent it."""

SHORTEST = 4
"""Shorter values are not searched for: hiding every "1" would hide everything."""

_SECRET_WORDS = frozenset(
    (
        "password passwd passphrase passcode pwd secret secrets token tokens bearer jwt authorization auth cookie "
        "cookies credential credentials apikey apikeys otp cvv cvc hmac"
    ).split()
)
_SECRET_RUNS = (
    "password passwd apikey accesskey privatekey secretkey signingkey encryptionkey authkey accesstoken refreshtoken "
    "authtoken idtoken clientsecret authorization subscriptionkey sessionid"
).split()
_HARMLESS = frozenset({"tokentype", "maxtokens", "totaltokens", "pagetoken", "nextpagetoken"})
_PERHAPS = frozenset("key sig signature code sas hash k".split())
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9+/=_.-]{16,}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_JSON_PAIR = re.compile(
    r"""("(?:[^"\\]|\\.){1,200}"\s{0,20}:\s{0,20})  # the name
        ("(?:[^"\\]|\\.)*(?:"|\\?\Z)|-?[0-9][0-9.eE+-]*)  # a string, perhaps cut off, or a number""",
    re.DOTALL | re.VERBOSE,
)
_JSON_NAME = re.compile(r'(?="([^"\\]*)"\s*:)')  # looks ahead only: what is no name must not swallow the next one
_FORM_PAIR = re.compile(r"(?<![^&;?\s])([^=&;?\s\"<>]{1,200})=([^&;\s\"<>]*)")
_XML_PAIR = re.compile(r"(<([A-Za-z_][\w.:-]{0,100})(?:\s[^<>]{0,500})?>)([^<]+)")
_USERINFO = re.compile(r"(?<=://)[^/?#\s@]*@")
_WITH_QUERY = re.compile(r"""[^\s<>"']*\?[^\s<>"']*""")
_ESCAPED = re.compile(r"%[0-9A-F]{2}")
_QUOTES = tuple(product(("&quot;", "&#34;"), ("&#x27;", "&#39;", "&#039;", "&apos;")))
"""How HTML spells quotes: each language's library has its own way."""

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)
_CHUNK = re.compile(r"([?&;])([^=&;#\s]{1,200})=([^&;#\s]*)")


@dataclass(frozen=True)
class Secret:
    """A secret value that does not show itself; ``value`` reveals it."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self.value)


def is_secret_name(name: str) -> bool:
    """Whether what goes under that name (of a header, field or parameter) should not be shown."""
    return _is_secret_name(name[:200])


@lru_cache(4096)  # each call of the API asks for the same two dozen
def _is_secret_name(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    run = "".join(words)
    if run in _HARMLESS:
        return False
    return not _SECRET_WORDS.isdisjoint(words) or any(part in run for part in _SECRET_RUNS)


def redact_headers(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The same header lines with secret values hidden; an Authorization keeps its scheme's name."""
    return tuple((name, _header_value(name, value) if is_secret_name(name) else value) for name, value in headers)


def secret_values(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The values of those headers that hold a secret by their name, such as Set-Cookie."""
    return tuple(value for name, value in headers if is_secret_name(name))


def _header_value(name: str, value: str) -> str:
    scheme, space, rest = value.partition(" ")
    if space and rest and name.lower() in {"authorization", "proxy-authorization"} and scheme.isalpha():
        return f"{scheme} {HIDDEN}"
    return HIDDEN


def redact_url(url: str) -> str:
    """The same URL without user and password, and with secret parameters hidden (in the fragment, too)."""
    without_user = _USERINFO.sub(f"{HIDDEN}@", url)
    head, hash_, fragment = without_user.partition("#")
    shown = _CHUNK.sub(_parameter, head)
    return shown + hash_ + _CHUNK.sub(_parameter, "&" + fragment)[1:] if hash_ else shown


def _parameter(match: re.Match[str]) -> str:
    sign, name, value = match.groups()
    return f"{sign}{name}={HIDDEN if _is_secret_parameter(unquote_plus(name), value) else value}"


def _is_secret_parameter(name: str, value: str) -> bool:
    """By its name; or by how it looks, under a name such as ``key``, which may be a secret's."""
    looks = name.lower() in _PERHAPS and _RANDOM.fullmatch(unquote_plus(value)) is not None
    return bool(value) and (looks or is_secret_name(name))


def secret_in_url(url: str) -> str:
    """The name of the first parameter whose value is a secret: by its name, or by how it looks. Empty: none."""
    for _, name, value in _CHUNK.findall(url.replace("#", "&")):
        plain = unquote_plus(name)
        if _is_secret_parameter(plain, value):
            return plain
    return ""


def redact_body(body: bytes | str | None, content_type: str = "", limit: int = LIMIT) -> str:
    """A body as text with secret fields hidden, at most ``limit`` characters and a note of what was cut.

    JSON keeps its shape, and its very text when nothing in it is secret. Form and XML bodies are searched. What is
    neither is returned as it is; bytes that are no text are shown as their number.
    """
    if not body:
        return ""
    total = len(body)
    text = _as_text(body, limit)
    if text is None:
        return f"({total} bytes, not text)"
    whole = len(text) == total or (isinstance(body, bytes) and len(body) <= PARSE_LIMIT)
    shown = _redacted_json(text) if whole and len(text) <= PARSE_LIMIT else None
    if shown is None:
        shown = _redacted_text(text[:limit], content_type)
    more = max(total - limit, 0) if len(shown) >= limit or not whole else 0
    return f"{shown[:limit]}\n… ({more} more)" if more else shown[:limit]


def _as_text(body: bytes | str, limit: int) -> str | None:
    """As much of the body as is worth reading, decoded; None when it is not text."""
    most = max(limit, PARSE_LIMIT)
    if isinstance(body, str):
        return body[:most] if len(body) <= most else body[:limit]
    part = body if len(body) <= most else body[:limit]
    text = part.decode("utf-8", errors="replace")
    odd = text.count("\x00", 0, 1000) + text.count("�", 0, 1000)
    return None if odd * 20 > min(len(text), 1000) else text


def _redacted_json(text: str) -> str | None:
    """The JSON text with its secrets hidden; None when it isn't JSON."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    if _is_harmless(text):
        return text
    try:
        value = json.loads(text)
        hidden, changed = _hide(value)
        if not changed:
            return text
        return json.dumps(hidden, ensure_ascii=False, indent=2 if "\n" in text.strip() else None)
    except (ValueError, RecursionError):
        return None


def _is_harmless(text: str) -> bool:
    """Whether it can be told without parsing that nothing in this JSON is secret, which is four times as fast.

    Each name in it stands between quotes before a colon; what looks like one and is none does no harm.
    """
    if "\\" in text or "://" in text or "<" in text:
        return False
    names = set(_JSON_NAME.findall(text))
    return "value" not in names and not any(map(is_secret_name, names))


def _hide(value: Any, secret: bool = False) -> tuple[Any, bool]:
    """The value with secret leaves hidden, and whether there were any."""
    if isinstance(value, dict):
        named = _names_a_secret(value)
        pairs = {
            key: _hide(item, secret or is_secret_name(key) or (named and key == "value")) for key, item in value.items()
        }
        return {key: item for key, (item, _) in pairs.items()}, any(changed for _, changed in pairs.values())
    if isinstance(value, list):
        items = [_hide(item, secret) for item in value]
        return [item for item, _ in items], any(changed for _, changed in items)
    if secret and value not in (None, "", True, False):
        return HIDDEN, True
    if isinstance(value, str) and _ADDRESS.match(value):
        shown = redact_url(value)
        return shown, shown != value
    return value, False


def _names_a_secret(pair: dict[str, Any]) -> bool:
    """Whether this is ``{"field": "password", "value": ...}``, as errors and lists of parameters have it."""
    if "value" not in pair:
        return False
    names = (pair.get(key) for key in ("field", "name", "key"))
    return any(isinstance(name, str) and is_secret_name(name.replace("[", ".").rpartition(".")[2]) for name in names)


def as_sent(value: Any, name: str = "") -> Any:
    """What somebody sent under ``name``, to be shown to them again: as JSON has it, secrets hidden, cut when long.

    A text of more than SENT_TEXT characters ends in an ellipsis; an object or list of more than SENT_JSON characters
    becomes the beginning of its JSON.
    """
    if isinstance(value, str):
        hidden, _ = _hide(value, is_secret_name(_last(name)))
        return hidden if len(hidden) <= SENT_TEXT else f"{hidden[:SENT_TEXT]}…"
    if isinstance(value, dict | list | tuple):
        try:
            hidden, _ = _hide(list(value) if isinstance(value, tuple) else value, is_secret_name(_last(name)))
            text = json.dumps(hidden, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            return None
        return hidden if len(text) <= SENT_JSON else f"{text[:SENT_JSON]}…"
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return HIDDEN if value not in (None, "", True, False) and is_secret_name(_last(name)) else value
    return as_sent(str(value), name)


def _last(name: str) -> str:
    """``password`` of ``users[0].password``."""
    return name.replace("[", ".").rpartition(".")[2] if not name.endswith("]") else name.rpartition("[")[0]


def _redacted_text(text: str, content_type: str) -> str:
    """What a search by pattern finds: JSON that is cut or malformed, forms, XML."""
    kind = content_type.lower()
    start = text.lstrip()[:1]
    if "xml" in kind or start == "<":
        return _XML_PAIR.sub(lambda m: m[1] + HIDDEN if is_secret_name(m[2]) and m[3].strip() else m[0], text)
    if "json" in kind or start in ("{", "["):
        return _JSON_PAIR.sub(lambda m: f'{m[1]}"{HIDDEN}"' if is_secret_name(_key(m[1])) else m[0], text)
    if "x-www-form-urlencoded" in kind or re.match(r"[^\s=&]{1,200}=[^\s]*\Z", text):
        return _FORM_PAIR.sub(_field, text)
    return text


def _field(match: re.Match[str]) -> str:
    name, value = match.groups()
    return f"{name}={HIDDEN}" if value and is_secret_name(unquote_plus(name)) else match[0]


def _key(quoted: str) -> str:
    """The name in ``"name" :``, with its escapes resolved where they can be."""
    inside = quoted.rstrip(": \t\r\n")
    try:
        return str(json.loads(inside))
    except ValueError:
        return inside


def redact_addresses(text: str) -> str:
    """The text with secret parameters hidden in the addresses that stand in it, as in a header Link."""
    return _WITH_QUERY.sub(lambda found: redact_url(found[0]), text) if "?" in text else text


def redact_text(text: str, secrets: Iterable[str | Secret]) -> str:
    """The text without those values, in any of the forms in which they travel (JSON, URL, base64)."""
    found = _searched(tuple(one.value if isinstance(one, Secret) else one for one in secrets))
    return found.sub(HIDDEN, text) if found is not None else text


@lru_cache(256)  # each delivery of a configuration is searched a dozen times for the same values
def _searched(values: tuple[str, ...]) -> re.Pattern[str] | None:
    """What finds these values; None for nothing that is long enough."""
    forms = {form for value in values if len(value) >= SHORTEST for form in _forms(value) if len(form) >= SHORTEST}
    if not forms:
        return None
    return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))


def _forms(value: str) -> Iterator[str]:
    """The value as itself, in base64 and in HTML, and these in JSON; and the first two in addresses."""
    encoded = b64encode(value.encode("utf-8", errors="surrogatepass")).decode()
    for one in (value, encoded):
        raw = one.encode("utf-8", errors="surrogatepass")
        for part in (quote(raw), quote(raw, safe=""), quote_plus(raw)):
            yield part
            yield _ESCAPED.sub(lambda found: found[0].lower(), part)
    in_html = escape(value)
    spelled = (in_html.replace("&quot;", double).replace("&#x27;", single) for double, single in _QUOTES)
    for one in (value, encoded, encoded.rstrip("="), escape(value, quote=False), *spelled):
        yield one
        for in_json in (json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1]):
            yield in_json
            yield in_json.replace("/", "\\/")
            yield in_json.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
