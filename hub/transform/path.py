"""Dotted paths into the external JSON: ``address.city``, ``lines[0].street``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

from hub.errors import InvalidInput

ABSENT: Any = object()
"""What a path that leads nowhere gives; ``None`` is a value."""

EACH = "[]"
"""Behind a key: what follows is found in each object of the list, as in ``lines[].sku``."""

MOST = 999
"""The highest index: a mapping that fills a list puts ``null`` before it."""

_PART = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")
_INDEX = re.compile(r"\[(\d+)\]")


@lru_cache(maxsize=4096)
def steps(path: str) -> tuple[str | int, ...]:
    """Keys and, for lists, indexes; raises InvalidInput for what is no path."""
    found: list[str | int] = []
    for part in path.split("."):
        match = _PART.fullmatch(part)
        if match is None or part != part.strip():
            raise InvalidInput(
                f"`{path}` is no path: write keys with dots between them and a list's index in brackets, "
                "such as address.city or lines[0].street.",
                field="external_key",
            )
        found.append(match[1])
        indexes = [int(index) for index in _INDEX.findall(match[2])]
        if any(index > MOST for index in indexes):
            raise InvalidInput(f"`{path}`: an index is {MOST} at the most.", field="external_key")
        found += indexes
    return tuple(found)


def get(data: Mapping[str, Any], path: str) -> Any:
    """The value under ``path``, or ABSENT; a key that itself holds dots is found too."""
    if path in data:
        return data[path]
    value: Any = data
    for step in steps(path):
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return ABSENT
            value = value[step]
        elif isinstance(value, Mapping) and step in value:
            value = value[step]
        else:
            return ABSENT
    return value


def put(data: dict[str, Any], path: str, value: Any) -> None:
    """Set the value under ``path``, making the objects and lists on the way."""
    way = steps(path)
    place: Any = data
    for step, following in pairwise(way):
        wanted: type[Any] = list if isinstance(following, int) else dict
        inner = _at(place, step)
        if not isinstance(inner, wanted):
            inner = wanted()
            _set(place, step, inner)
        place = inner
    _set(place, way[-1], value)


def clash(paths: Iterable[str]) -> tuple[str, str] | None:
    """Two paths that cannot both have a value, as one leads through the other: ``name`` and ``name.first``."""
    seen: dict[tuple[str | int, ...], str] = {}
    ordered = sorted(paths, key=lambda one: (len(steps(one)), one))
    for one in ordered:
        way = steps(one)
        for length in range(1, len(way) + 1):
            if way[:length] in seen:
                return seen[way[:length]], one
            kind = next((other for other in seen if _kinds_differ(other, way)), None)
            if kind is not None:
                return seen[kind], one
        seen[way] = one
    return None


def leaves(data: Any, known: frozenset[str], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The paths and values of ``data``; an object or list is entered only while some known path goes on below it."""
    items = enumerate(data) if isinstance(data, list) else data.items()
    for key, value in items:
        path = f"{prefix[:-1]}[{key}]" if isinstance(data, list) else f"{prefix}{key}"
        deeper = path not in known and (
            (isinstance(value, Mapping) and any(name.startswith(f"{path}.") for name in known))
            or (isinstance(value, list) and any(name.startswith(f"{path}[") for name in known))
        )
        if deeper:
            yield from leaves(value, known, f"{path}.")
        else:
            yield path, value


def _kinds_differ(one: tuple[str | int, ...], other: tuple[str | int, ...]) -> bool:
    """Whether two paths need an object and a list at the same place."""
    for left, right in zip(one, other, strict=False):
        if left != right:
            return isinstance(left, int) != isinstance(right, int)
    return False


def _at(place: Any, step: str | int) -> Any:
    if isinstance(step, int):
        return place[step] if step < len(place) else None
    return place.get(step)


def _set(place: Any, step: str | int, value: Any) -> None:
    if isinstance(step, int):
        place.extend([None] * (step + 1 - len(place)))
    place[step] = value
