"""How people call the configurations that the log knows by code alone: the floor above tells."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Names = Callable[[], Mapping[str, str]]

_sources: list[Names] = []


def tell(names: Names) -> Names:
    """Decorator: a function that answers the name of each configuration by its code."""
    _sources.append(names)
    return names


def names() -> dict[str, str]:
    """The name of each configuration by its code; what was deleted has none."""
    return {code: name for source in _sources for code, name in source().items()}


def codes_of(words: str) -> list[str]:
    """The codes of the configurations whose names hold all of these words."""
    wanted = words.casefold().split()
    return [code for code, name in names().items() if wanted and all(word in name.casefold() for word in wanted)]
