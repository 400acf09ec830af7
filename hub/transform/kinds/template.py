"""Texts put together by a template, in Liquid: made for people who are no programmers, and safe to run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.errors import InvalidInput
from hub.odoo.values import from_odoo
from hub.transform import path, types
from hub.transform.kinds.base import Bound, FieldInfo, Kind, bad_detail, is_field
from hub.transform.kinds.simple import nested
from hub.transform.services import Incoming, Outgoing
from hub.transform.shapes import Schema
from hub.transform.text import Text


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
        try:
            return Text.of(detail)
        except InvalidInput as error:
            raise bad_detail(error.message) from None

    def paths(self, field: str, options: Text, info: FieldInfo) -> tuple[str, ...]:
        """The fields that the template names."""
        return tuple(one for one in options.paths if is_field(one, dotted=True) and one.split(".")[0] != "event")

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
        return row.options.render({"event": row.services.event, **nested(names)}).strip() or None

    def inward(self, value: Any, row: Bound, incoming: Incoming) -> Any:
        """The text from what the caller sends, checked by the field's type."""
        try:
            text = row.options.render(incoming.data).strip()
        except InvalidInput as error:
            raise types.wrong(row.name, None, "template", error.message) from None
        return types.inward(text or None, row.info, row.name)

    def accepts(self, row: Bound) -> Schema:
        """Anything: what is looked at are the keys that the template names."""
        return {}

    def gives(self, row: Bound) -> Schema:
        """The text."""
        return {"type": ["string", "null"]}


def _held(row: Bound, data: Mapping[str, Any]) -> list[Any]:
    return [path.get(data, one) for one in row.options.paths]
