"""Pages of people who may only look: plain words where the form has choices, and no field of the other direction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

IN_WORDS = {"GET": "read and search", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}


def for_reading(sets: Iterable[Any], replaced: Mapping[str, str], dropped: Collection[str]) -> list[Any]:
    """The fieldsets with fields replaced or left out; a set without fields is left out, too."""
    found = []
    for title, options in sets:
        lines: list[Any] = []
        for line in options["fields"]:
            names = [replaced.get(name, name) for name in ([line] if isinstance(line, str) else line)]
            kept = [name for name in names if name not in dropped]
            if kept:
                lines.append(kept[0] if len(kept) == 1 else tuple(kept))
        if lines:
            found.append((title, {**options, "fields": lines}))
    return found


def methods_of_callers(methods: Iterable[str]) -> str:
    """What callers of an In configuration may do: ``read and search (GET), create (POST), update (PUT, PATCH)``."""
    meant: dict[str, list[str]] = {}
    for method in methods:
        meant.setdefault(IN_WORDS.get(method, method), []).append(method)
    return ", ".join(f"{words} ({', '.join(found)})" for words, found in meant.items())
