"""How a third party hands out a long list in pages: one class for each way, and their registry.

A place is where to go on: plain data, kept with the run, so that a run which was killed goes on at its page. Its
``url`` is as the third party gave it, perhaps relative to the page's own.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from hub.errors import InvalidInput
from hub.flow import listing
from hub.http.message import Response

Place = dict[str, Any]

GONE = frozenset({404, 416})
"""How some answer who are asked for a page behind the last one."""


@dataclass(frozen=True)
class How:
    """What a configuration says of its pages.

    ``parameter`` is the one that chooses the page, ``size_parameter`` the one for how many items it has ("" for none),
    ``first`` the number of the first page, ``next_path`` the JSONPath to what leads to the next one.
    """

    parameter: str = ""
    size_parameter: str = ""
    size: int = 100
    first: int = 1
    next_path: str = ""


@dataclass(frozen=True)
class Page:
    """An answer: the address that gave it, its data, and how many items it lists."""

    url: str
    response: Response
    data: Any
    count: int


class Paging(ABC):
    """One way. Subclass, fill in, and decorate with ``register``."""

    key: ClassVar[str]
    """What is stored."""

    label: ClassVar[str]
    """What the admin's choice shows."""

    sentence: ClassVar[str]
    """For the admin: when to choose it."""

    parameter: ClassVar[str] = ""
    """The parameter that chooses the page, unless the configuration names another."""

    needs_next: ClassVar[bool] = False
    """Whether the configuration must say where the answer tells of the next page."""

    def parameters(self, how: How, place: Place) -> list[tuple[str, str]]:
        """What is added to the address for the page at that place; the first place is empty."""
        return self.sized(how)

    @abstractmethod
    def following(self, how: How, place: Place, page: Page) -> Place | None:
        """The place of the next page; None when that was the last one."""

    def is_past_end(self, how: How, place: Place, response: Response) -> bool:
        """Whether the answer says that there is no such page any more."""
        return False

    def sized(self, how: How) -> list[tuple[str, str]]:
        """The parameter for the number of items."""
        return [(how.size_parameter, str(how.size))] if how.size_parameter else []

    def name(self, how: How) -> str:
        """The parameter that chooses the page."""
        return how.parameter or self.parameter


_ways: dict[str, Paging] = {}


def register(way: type[Paging]) -> type[Paging]:
    """Class decorator: make the way known under its key."""
    if way.key in _ways:
        raise ValueError(f"There is a paging {way.key!r} already.")
    _ways[way.key] = way()
    return way


def paging(key: str) -> Paging:
    """The way of that key; InvalidInput when there is none."""
    try:
        return _ways[key]
    except KeyError:
        raise InvalidInput(f"There is no paging `{key}`. Choose one of: {', '.join(_ways)}.", field="paging") from None


def choices() -> list[tuple[str, str]]:
    """Key and label of each way, in the order of registration."""
    return [(each.key, each.label) for each in _ways.values()]


def sentences() -> list[tuple[str, str]]:
    """Label and sentence of each way."""
    return [(each.label, each.sentence) for each in _ways.values()]


@register
class OnePage(Paging):
    """Nothing follows."""

    key = "none"
    label = "No pages"
    sentence = "One answer holds the whole list."

    def following(self, how: How, place: Place, page: Page) -> Place | None:
        return None


class Counted(Paging):
    """Ways that go on until a page is empty.

    A page with fewer items than asked for is the last one only where pages were seen to be that long: who is asked for
    500 and gives 100 at the most would otherwise end after the first.
    """

    def is_last(self, how: How, place: Place, page: Page) -> bool:
        """Whether nothing can follow."""
        return page.count == 0 or (bool(how.size_parameter) and bool(place.get("full")) and page.count < how.size)

    @staticmethod
    def full(how: How, place: Place, page: Page) -> Place:
        """What the next place knows of the size of pages."""
        return {"full": True} if place.get("full") or page.count == how.size else {}


@register
class PageNumber(Counted):
    """``?page=1``, ``?page=2``, ..."""

    key = "page"
    label = "Page number"
    sentence = "The address takes the number of the page: ?page=2. It ends with an empty page, or a 404."
    parameter = "page"

    def parameters(self, how: How, place: Place) -> list[tuple[str, str]]:
        return [(self.name(how), str(place.get("page", how.first))), *self.sized(how)]

    def following(self, how: How, place: Place, page: Page) -> Place | None:
        if self.is_last(how, place, page):
            return None
        return {"page": place.get("page", how.first) + 1} | self.full(how, place, page)

    def is_past_end(self, how: How, place: Place, response: Response) -> bool:
        return bool(place) and response.status in GONE


@register
class Offset(Counted):
    """``?offset=0``, ``?offset=100``, ...: by how many items came, whatever was asked for."""

    key = "offset"
    label = "Offset and limit"
    sentence = "The address takes how many items to leave out: ?offset=200&limit=100. It ends with an empty page."
    parameter = "offset"

    def parameters(self, how: How, place: Place) -> list[tuple[str, str]]:
        return [(self.name(how), str(place.get("offset", 0))), *self.sized(how)]

    def following(self, how: How, place: Place, page: Page) -> Place | None:
        if self.is_last(how, place, page):
            return None
        return {"offset": place.get("offset", 0) + page.count} | self.full(how, place, page)

    def is_past_end(self, how: How, place: Place, response: Response) -> bool:
        return bool(place) and response.status in GONE


@register
class Cursor(Paging):
    """A text in the answer that chooses the next page."""

    key = "cursor"
    label = "Cursor"
    sentence = (
        "The answer holds a text for the next page, such as $.meta.next_cursor, or it is that of the last item: "
        "$.data[-1].id. It ends where there is none."
    )
    parameter = "cursor"
    needs_next = True

    def parameters(self, how: How, place: Place) -> list[tuple[str, str]]:
        return [*([(self.name(how), place["cursor"])] if place else []), *self.sized(how)]

    def following(self, how: How, place: Place, page: Page) -> Place | None:
        found = listing.one(page.data, how.next_path)
        if isinstance(found, bool) or not isinstance(found, str | int) or found in ("", 0):
            return None
        return {"cursor": str(found)}


@register
class NextAddress(Paging):
    """The whole address of the next page, in the answer."""

    key = "next"
    label = "Next address in the answer"
    sentence = "The answer holds the address of the next page, such as $.links.next. It ends where there is none."
    needs_next = True

    def following(self, how: How, place: Place, page: Page) -> Place | None:
        found = listing.one(page.data, how.next_path)
        return {"url": found.strip()} if isinstance(found, str) and found.strip() else None


@register
class LinkHeader(Paging):
    """The address of the next page in the header ``Link`` (RFC 8288)."""

    key = "link"
    label = "Link header"
    sentence = 'The answer\'s header Link names the next page: <https://...>; rel="next". It ends where it does not.'

    def following(self, how: How, place: Place, page: Page) -> Place | None:
        for value in (value for name, value in page.response.headers if name.lower() == "link"):
            for target, parameters in links(value):
                # Of several rel only the first counts (3.3); one with an anchor is about another page (3.2).
                rel = next((text for name, text in parameters if name == "rel"), "")
                anchored = any(name == "anchor" for name, _ in parameters)
                if "next" in rel.lower().split() and not anchored:
                    return {"url": target}
        return None


_LINK = re.compile(r"\s*,*\s*<([^>]*)>")
_PARAMETER = re.compile(r'\s*;\s*([^\s=;,"<>]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?\s*')
_ESCAPED = re.compile(r"\\(.)")


def links(value: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """The links of a ``Link`` header: the target and its parameters (RFC 8288, appendix B.2); garbage ends the list."""
    found = []
    at = 0
    while (begins := _LINK.match(value, at)) is not None:
        at = begins.end()
        parameters = []
        while (matched := _PARAMETER.match(value, at)) is not None:
            name, quoted, bare = matched.groups()
            text = _ESCAPED.sub(r"\1", quoted) if quoted is not None else bare or ""
            parameters.append((name.lower(), text))
            at = matched.end()
        found.append((begins[1].strip(), parameters))
        rest = value[at:].lstrip()
        if rest and not rest.startswith(","):
            break
    return found


def with_parameters(url: str, extra: list[tuple[str, str]]) -> str:
    """The address with these parameters, in place of those of the same name."""
    if not extra:
        return url
    parts = urlsplit(url)
    names = {name for name, _ in extra}
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in names]
    return urlunsplit(parts._replace(query=urlencode([*kept, *extra])))


class Circle:
    """Tells when a chain of things comes back to one that was there before, and remembers a single one of them.

    Brent's algorithm: the one that is remembered is replaced after 1, 2, 4, 8, ... steps, so that any circle closes on
    it in the end. ``state`` is plain data, kept with the run.
    """

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self.state: dict[str, Any] = {"known": "", "power": 1, "steps": 0} | (state or {})

    def closes(self, mark: str) -> bool:
        """Whether this one was there before."""
        state = self.state
        if state["known"] == mark:
            return True
        state["steps"] += 1
        if not state["known"] or state["steps"] >= state["power"]:
            state.update(known=mark, power=state["power"] * 2, steps=0)
        return False
