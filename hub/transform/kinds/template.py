"""Texts put together by a template, in Liquid: made for people who are no programmers, and safe to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from liquid import Environment, StrictUndefined
from liquid.exceptions import LiquidError, UndefinedError
from liquid.template import BoundTemplate

from hub.errors import InvalidInput
from hub.odoo.values import from_odoo
from hub.transform import path, types
from hub.transform.kinds.base import Bound, FieldInfo, Kind, bad_detail, is_field
from hub.transform.kinds.simple import nested
from hub.transform.services import Incoming, Outgoing


class _Limited(Environment):
    loop_iteration_limit = 10_000
    output_stream_limit = 1_000_000
    local_namespace_limit = 1_000_000
    context_depth_limit = 20


_ENVIRONMENT = _Limited(undefined=StrictUndefined)


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
            raise bad_detail(f"The template cannot be read: {_said(error)}") from None
        return cls(template, paths)

    def render(self, names: Mapping[str, Any]) -> str:
        """The text; raises InvalidInput for a name that is not there, or too much of everything."""
        try:
            return self.template.render(**names)
        except UndefinedError as error:
            raise InvalidInput(f"The template needs a value that is not there: {_said(error)}.") from None
        except (LiquidError, RecursionError, ValueError, TypeError, ArithmeticError) as error:
            raise InvalidInput(f"The template cannot be filled in: {_said(error)}.") from None


class Template(Kind):
    """A text with the record's values in it."""

    key = "template"
    example = "{{ name }} ({{ ref }})"
    label = "Template"
    sentence = (
        "A text with values in it: {{ name }} <{{ email }}>, {{ partner_id.name | upcase }}. "
        "Out: names are Odoo's fields. In: names are the caller's keys."
    )
    searchable = False
    makes_own = True
    one_way = True

    def parse(self, detail: str) -> Text:
        """The template."""
        if not detail.strip():
            raise bad_detail("Write a template, such as {{ name }} ({{ ref }}).")
        return Text.of(detail)

    def paths(self, field: str, options: Text, info: FieldInfo) -> tuple[str, ...]:
        """The fields that the template names."""
        return tuple(one for one in options.paths if is_field(one, dotted=True))

    def keys(self, name: str, options: Text) -> tuple[str, ...]:
        """The caller's keys that the template names; the row's own need not be sent."""
        return (name, *options.paths)

    def given(self, row: Bound, data: Mapping[str, Any]) -> Any:
        """Something, as soon as one of the keys is there."""
        return next(
            (path.ABSENT if value is path.ABSENT else "" for value in _held(row, data) if value is not path.ABSENT),
            path.ABSENT,
        )

    def outward(self, value: Any, row: Bound, outgoing: Outgoing) -> Any:
        """The text; null when nothing is in it."""
        names = {one: from_odoo(outgoing.record[one], str(row.ends[one]["type"])) for one in row.paths}
        return row.options.render(nested(names)).strip() or None

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """The text from what the caller sends, checked by the field's type."""
        try:
            text = row.options.render(incoming.data).strip()
        except InvalidInput as error:
            raise types.wrong(row.name, None, "template", error.message) from None
        return types.inward(text or None, row.info, row.name)


def _held(row: Bound, data: Mapping[str, Any]) -> list[Any]:
    return [path.get(data, one) for one in row.options.paths]


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
