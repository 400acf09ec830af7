"""HTML without what runs: scripts, styles, frames, event handlers and script addresses are taken out."""

from __future__ import annotations

import html
from html.parser import HTMLParser

_DROPPED = frozenset("script style iframe object embed applet meta link base form".split())
_EMPTY = frozenset("br hr img input area col wbr embed meta link base".split())


def sanitised(text: str) -> str:
    """The same HTML, harmless; text without any tag comes back as it is."""
    if "<" not in text:
        return text
    parser = _Parser()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._inside += tag not in _EMPTY
        elif not self._inside:
            kept = "".join(
                f' {name}="{html.escape(value or "")}"' for name, value in attrs if _harmless(name, value or "")
            )
            self.parts.append(f"<{tag}{kept}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._inside = max(0, self._inside - (tag not in _EMPTY))
        elif not self._inside and tag not in _EMPTY:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")


def _harmless(name: str, value: str) -> bool:
    scheme = "".join(value.split()).lower()
    return not name.startswith("on") and not scheme.startswith(("javascript:", "vbscript:", "data:text"))
