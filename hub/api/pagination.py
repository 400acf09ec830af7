"""Pages of a list, with the seeds' pagination block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hub.errors import InvalidInput

DEFAULT_PER_PAGE = 50
MAX_PER_PAGE = 1000


@dataclass(frozen=True)
class Page:
    """Which page a caller asks for; ``number`` counts from 1."""

    number: int = 1
    per_page: int = DEFAULT_PER_PAGE

    @property
    def offset(self) -> int:
        """How many records come before this page."""
        return (self.number - 1) * self.per_page

    @classmethod
    def of(cls, query: dict[str, str]) -> Page:
        """The page in ``?page=2&per_page=50``; raises InvalidInput naming the parameter."""
        return cls(
            number=whole_number(query, "page", 1, 1, 10_000_000),
            per_page=whole_number(query, "per_page", DEFAULT_PER_PAGE, 1, MAX_PER_PAGE),
        )

    def block(self, total: int, path: str, query: dict[str, str]) -> dict[str, Any]:
        """The pagination block for ``total`` records; links keep the caller's other parameters."""
        pages = -(-total // self.per_page)

        def link(number: int) -> str | None:
            return f"{path}?{urlencode({**query, 'page': number})}" if 1 <= number <= pages else None

        return {
            "total": total,
            "page": self.number,
            "per_page": self.per_page,
            "pages": pages,
            "next": link(self.number + 1),
            "previous": link(min(self.number - 1, pages)),  # behind the end: back to the last one
        }


def whole_number(query: dict[str, str], name: str, default: int, least: int, most: int) -> int:
    """The whole number in parameter ``name``; raises InvalidInput when it is none or out of bounds."""
    text = query.get(name, "")
    if text == "":
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most):
        raise InvalidInput(
            f"`{name}` must be a whole number from {least} to {most}.", field=name, value=text[:40], constraint="range"
        )
    return int(text)
