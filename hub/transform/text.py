"""Liquid, the template language: texts with values in them, made for people who are no programmers, and safe to run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liquid import Environment, StrictDefaultUndefined
from liquid.exceptions import LiquidError, UndefinedError
from liquid.template import BoundTemplate

from hub.errors import InvalidInput


class Escaped(str):
    """A text in a template as its place wants it, such as a part of an address; ``raw`` is the text itself."""

    raw: str

    def __new__(cls, shown: str, raw: str) -> Escaped:
        """``shown`` is what stands there."""
        made = super().__new__(cls, shown)
        made.raw = raw
        return made


class _Limited(Environment):
    loop_iteration_limit = 10_000
    output_stream_limit = 1_000_000
    local_namespace_limit = 1_000_000
    context_depth_limit = 20


_ENVIRONMENT = _Limited(undefined=StrictDefaultUndefined)
_ENVIRONMENT.filters["json"] = lambda value: json.dumps(_raw(value), ensure_ascii=False, allow_nan=False)


@dataclass(frozen=True)
class Text:
    """A template and the paths that it reads."""

    template: BoundTemplate
    paths: tuple[str, ...]

    @classmethod
    def of(cls, source: str) -> Text:
        """Raises InvalidInput for what is no template."""
        try:
            template = _ENVIRONMENT.from_string(source)
            paths = tuple(sorted({_dotted(variable.segments) for each in _globals(template) for variable in each}))
        except (LiquidError, RecursionError) as error:
            raise InvalidInput(f"The template cannot be read: {_said(error)}") from None
        return cls(template, paths)

    def render(self, names: Mapping[str, Any]) -> str:
        """The text; raises InvalidInput for a name that is not there, or too much of everything."""
        try:
            return self.template.render(**names)
        except UndefinedError as error:
            raise InvalidInput(f"The template needs a value that is not there: {_said(error)}.") from None
        except (LiquidError, RecursionError, ValueError, TypeError, ArithmeticError) as error:
            raise InvalidInput(f"The template cannot be filled in: {_said(error)}.") from None


def _globals(template: BoundTemplate) -> Any:
    return template.analyze(include_partials=False).globals.values()


def _dotted(segments: Any) -> str:
    """The leading names of ``a.b[0].c``: as far as a path to a value goes."""
    found: list[str] = []
    for segment in segments:
        if not isinstance(segment, str):
            break
        found.append(segment)
    return ".".join(found)


def _said(error: Exception) -> str:
    return str(error).split("\n", 1)[0].rstrip(".")[:200]


def _raw(value: Any) -> Any:
    """The value without what was done to texts for the place that they stand in."""
    if isinstance(value, Escaped):
        return value.raw
    if isinstance(value, Mapping):
        return {key: _raw(one) for key, one in value.items()}
    return [_raw(one) for one in value] if isinstance(value, list | tuple) else value
