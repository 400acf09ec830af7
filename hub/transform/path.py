"""Dotted paths into the external JSON: ``address.city``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ABSENT: Any = object()
"""What a path that leads nowhere gives; ``None`` is a value."""


def get(data: Mapping[str, Any], path: str) -> Any:
    """The value under ``path``, or ABSENT; a key that itself holds dots is found too."""
    if path in data:
        return data[path]
    value: Any = data
    for key in path.split("."):
        if not isinstance(value, Mapping) or key not in value:
            return ABSENT
        value = value[key]
    return value


def put(data: dict[str, Any], path: str, value: Any) -> None:
    """Set the value under ``path``, making the objects on the way."""
    *way, last = path.split(".")
    for key in way:
        inner = data.setdefault(key, {})
        if not isinstance(inner, dict):
            inner = data[key] = {}
        data = inner
    data[last] = value


def leaves(data: Mapping[str, Any], known: frozenset[str], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The paths and values of ``data``; an object is entered only while some known path goes on below it."""
    for key, value in data.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and path not in known and any(name.startswith(path + ".") for name in known):
            yield from leaves(value, known, path + ".")
        else:
            yield path, value
