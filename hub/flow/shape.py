"""The form of a request: its address and parameters with values in them, and its body."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from hub.errors import InvalidInput
from hub.flow.plan import OutboundPlan
from hub.http import bodies
from hub.odoo.connection import Record
from hub.odoo.values import from_odoo
from hub.transform.kinds.simple import nested
from hub.transform.mapping import FieldMap
from hub.transform.text import Escaped, Text

OWN = ("data", "count", "event")
"""Names that are no fields of Odoo: what the mapping made, how many records it is, and why it goes out."""

SIGN = re.compile(r"{[{%]")


def is_template(text: str) -> bool:
    """Whether there are values in it."""
    return SIGN.search(text) is not None


@lru_cache(512)
def template(text: str) -> Text:
    """The template, read once; raises InvalidInput."""
    return Text.of(text)


def parameters(lines: str) -> list[tuple[str, str]]:
    """Query parameters, one a line: ``name = value``; raises InvalidInput for a line that is none."""
    found = []
    for number, line in enumerate(lines.splitlines(), 1):
        if not line.strip():
            continue
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise InvalidInput(f"Line {number} is no parameter: write name = value, such as lang = {{{{ lang }}}}.")
        template(value)
        found.append((name.strip(), value.strip()))
    return found


def check_url(url: str, check: Callable[[str], object]) -> None:
    """Check an address that may hold values: none in the host, and a proper address with them filled in."""
    template(url)
    begins = SIGN.search(url)
    if begins is None:
        check(url)
        return
    head = url[: begins.start()]
    parts = urlsplit(head)
    if not parts.netloc or not parts.path:
        raise InvalidInput(
            "The scheme and the host of an address cannot come from a record: write them out, such as "
            "https://api.example.com/partners/{{ id }}"
        )
    check(re.sub(r"{[{%].*?[%}]}", "1", url))


def check_literal(url: str) -> None:
    """Check an address that is called as it stands; raises InvalidInput for a brace, which no address has (RFC 3986).

    Even where nothing would be filled in: who writes a template has to hear that it does not work.
    """
    if "{" in url:
        raise InvalidInput(
            "This address is called as it stands, without values of the record: leave out what stands in braces, such "
            "as {{ name }} or {% if %}. A brace that belongs to the address is written %7B."
        )


def is_filled_in(plan: OutboundPlan) -> bool:
    """Whether there are values of the record in the plan's address."""
    return not plan.url_is_literal and is_template(plan.url)


def paths(plan: OutboundPlan) -> tuple[str, ...]:
    """The fields that the templates of address, parameters and body name."""
    address = [plan.url] if is_filled_in(plan) else []
    texts = [*address, *(value for _, value in plan.query), plan.body_template]
    found = {one for text in texts if is_template(text) for one in template(text).paths}
    return tuple(sorted(one for one in found if one.split(".")[0] not in OWN))


def beside(plan: OutboundPlan) -> tuple[str, ...]:
    """All that is read besides the mapping: for the templates, and for what an answer may change."""
    return tuple(dict.fromkeys([*paths(plan), *(field for _, field in plan.answers)]))


def check(plan: OutboundPlan) -> None:
    """Raise InvalidInput for templates that the plan has nothing for."""
    names = paths(plan)
    if plan.is_batch and names:
        raise InvalidInput(
            f"A batch has no {{{{ {names[0]} }}}}, which belongs to one record: use {{{{ data | json }}}}, the list, "
            "or leave Is Paginated off.",
            field="url" if f"{{{{ {names[0]}" in plan.url else "body_template",
        )


def address(plan: OutboundPlan, names: Mapping[str, Any]) -> str:
    """The address with the record's values, each as one piece of it; raises InvalidInput for one that is empty."""
    url = plan.url
    if is_filled_in(plan):
        path_template = template(url)
        if "default" not in url:
            for one in path_template.paths:
                if _value(names, one) in (None, "", False):
                    raise InvalidInput(f"The address needs {{{{ {one} }}}}, which is empty for this record.", field=one)
        url = path_template.render(_shown(names, _piece)).strip()
    extra = [(name, template(value).render(names) if is_template(value) else value) for name, value in plan.query]
    extra = [(name, value) for name, value in extra if value.strip()]
    if not extra:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(extra))))))


def body(plan: OutboundPlan, data: Any, names: Mapping[str, Any]) -> tuple[bytes | None, str]:
    """The body, and its content type; None for none."""
    kind = bodies.body_type(plan.body_type)
    if kind.key == bodies.Nothing.key:
        return None, ""
    if plan.body_template.strip():
        text = template(plan.body_template).render(_shown(names, kind.escape))
        return kind.check(text).encode(), kind.content_type
    return kind.encode(data, plan.xml_root)


def names_of(plan: OutboundPlan, mapping: FieldMap, records: Sequence[Record], data: Any) -> dict[str, Any]:
    """What templates may name: the fields of the one record, ``data``, ``count`` and ``event``."""
    found: dict[str, Any] = {}
    if len(records) == 1 and not plan.is_batch:
        values = {one: from_odoo(records[0].get(one, False), str(info["type"])) for one, info in mapping.beside.items()}
        found = dict(nested(values))
    return found | {"data": data, "count": len(records), "event": mapping.binder.services.event}


def files(data: Any, mapping: FieldMap) -> Any:
    """The payload with the bytes of binary fields, for a form with files."""
    if not isinstance(data, Mapping):
        return data
    binary = {row.name for row in mapping.readable if row.end.get("type") == "binary"}
    return {key: bodies.file_of(value) if key in binary else value for key, value in data.items()}


def _value(names: Mapping[str, Any], path: str) -> Any:
    found: Any = names
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _shown(names: Mapping[str, Any], escape: Callable[[str], str]) -> dict[str, Any]:
    """The values with each text as its place wants it."""
    return {key: _escaped(value, escape) for key, value in names.items()}


def _escaped(value: Any, escape: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return Escaped(escape(value), value)
    if isinstance(value, Mapping):
        return {key: _escaped(one, escape) for key, one in value.items()}
    return [_escaped(one, escape) for one in value] if isinstance(value, list | tuple) else value


def _piece(text: str) -> str:
    if text in (".", ".."):
        raise InvalidInput("A value that goes into the address consists of dots alone, which would change the path.")
    return quote(text, safe="")
