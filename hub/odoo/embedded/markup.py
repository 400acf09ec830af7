"""HTML as Odoo stores it: nothing in it that runs, every tag closed, one element around it all."""

from __future__ import annotations

import html
from html.parser import HTMLParser

_DROPPED = frozenset("script style iframe object embed applet meta link base form".split())
_EMPTY = frozenset("br hr img input area col wbr embed meta link base".split())
_BLOCKS = frozenset("p div ul ol li table h1 h2 h3 h4 h5 h6 blockquote pre section article header footer".split())


def sanitised(text: str) -> str:
    """The same HTML, harmless: no scripts, styles, frames, event handlers and script addresses."""
    if not text.strip():
        return text
    parser = _Parser()
    parser.feed(text)
    parser.close()
    return parser.result()


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._open: list[str] = []
        self._roots: list[str] = []
        self._dropping = 0

    def result(self) -> str:
        """What is left; loose text and several inline elements get a ``span`` around them, as in Odoo."""
        closing = "".join(f"</{tag}>" for tag in reversed(self._open))
        text = "".join(self._parts) + closing
        if not text or (len(self._roots) == 1 and self._roots[0]) or _BLOCKS.intersection(self._roots):
            return text
        return f"<span>{text}</span>"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _DROPPED:
            self._dropping += tag not in _EMPTY
            return
        if self._dropping:
            return
        if not self._open:
            self._roots.append(tag)
        self._parts.append(f"<{tag}{''.join(_attribute(name, value or '') for name, value in attrs)}>")
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._dropping = max(0, self._dropping - (tag not in _EMPTY))
        elif not self._dropping and tag in self._open:
            while self._open:
                last = self._open.pop()
                self._parts.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if self._dropping:
            return
        if not self._open and data.strip():
            self._roots.append("")
        self._parts.append(html.escape(data, quote=False))


def _attribute(name: str, value: str) -> str:
    """The attribute as written, an address that runs a script emptied, an event handler left out."""
    if name.startswith("on"):
        return ""
    scheme = "".join(value.split()).lower()
    harmless = not scheme.startswith(("javascript:", "vbscript:", "data:text"))
    return f' {name}="{html.escape(value) if harmless else ""}"'
