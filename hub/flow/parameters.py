"""A domain that came as repeated parameters: ``?domain=customer_rank&domain=>&domain=0``.

That is what HTTP libraries make of a list of conditions, Python's requests among them: they write each item of each
condition as a parameter of its own. Here the conditions are put together again.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hub.errors import InvalidInput
from hub.odoo import domain as domains

SEVERAL = ("in", "not in", "child_of", "parent_of")
"""Operators that take a list."""

TEXTS = frozenset({"char", "text", "html", "selection", "date", "datetime", "reference", "binary"})
"""Types of Odoo whose values are texts."""

EMPTY = {"False": False, "None": False, "false": False, "null": False}
"""How Python and JSON spell the empty value."""


def domain_of(texts: Sequence[str], type_of: Callable[[str], str]) -> list[Any]:
    """The domain in the parameters, normalised; ``type_of`` tells what type a field has, "" for any.

    A parameter may be a whole condition, too, as text: ``["name","=","x"]``. Raises InvalidInput, naming ``domain``.
    """
    given = list(texts)
    if not any(text.strip() for text in given):
        return []
    if len(given) == 1:
        return domains.parse(given[0])
    rest = iter(given)
    return domains.normalise([item for text in rest for item in _items(text, rest, type_of)])


def _items(text: str, rest: Iterator[str], type_of: Callable[[str], str]) -> list[Any]:
    """The operator, or the condition, that begins with this parameter."""
    if not text.strip():
        return []
    if text in (domains.AND, domains.OR, domains.NOT):
        return [text]
    if text.lstrip()[:1] in ("[", "("):
        return domains.parse(f"[{text}]")
    operator, value = next(rest, None), next(rest, None)
    if operator is None or value is None:
        raise InvalidInput(
            f"The condition on `{text[:100]}` is not complete: a field, an operator and a value belong together. "
            'Send the domain in one parameter: domain=[["name","=","x"]]',
            field="domain",
            value=text[:100],
            constraint="format",
        )
    return [(text, operator, _value(value, operator, type_of(text)))]


def _value(text: str, operator: str, kind: str) -> Any:
    """What was meant by the text, which lost its quotes on the way."""
    if operator in SEVERAL and text.lstrip()[:1] in ("[", "("):
        return _literal(text)
    if "like" in operator:
        return text
    if kind in TEXTS:
        return EMPTY.get(text, text)
    return {"true": True, "false": False, "null": None}.get(text, _literal(text))


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
