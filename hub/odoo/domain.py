"""Odoo's search domains: read from text, check, make explicit, walk; no SQL and no model here.

A domain is a list in prefix notation: leaves ``(path, operator, value)`` and the operators ``&``, ``|`` (two
operands each) and ``!`` (one). Between leaves without an operator Odoo reads ``&``:
``[a, b]`` is ``['&', a, b]``. The empty domain matches every record.
"""

from __future__ import annotations

import ast
import difflib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, TypeAlias

from hub.errors import InvalidInput

AND, OR, NOT = "&", "|", "!"

NEGATIVES = {
    "!=": "=",
    "<>": "=",
    "not in": "in",
    "not like": "like",
    "not ilike": "ilike",
    "not any": "any",
    "not =like": "=like",
    "not =ilike": "=ilike",
}
"""Each negative operator and the positive one that it denies."""

OPERATORS = frozenset(
    {"=", "==", "<", ">", "<=", ">=", "in", "like", "ilike", "=like", "=ilike", "=?", "child_of", "parent_of", "any"}
    | NEGATIVES.keys()
)
"""Every operator that Odoo 19 takes (``==`` and ``<>`` are old spellings of ``=`` and ``!=``)."""

MAX_ITEMS = 5_000
"""Items of one domain, operators and nested domains included; more is a mistake or an attack."""

MAX_NESTING = 40
"""``!`` in ``|`` in ``&``, and so on: Odoo itself goes down such a tree by recursion, and gives up somewhere."""

MAX_TEXT = 200_000
"""Characters of a domain given as text."""

MAX_DEPTH = 20
"""Domains inside ``any`` inside domains: deeper than any real one."""


@dataclass(frozen=True)
class Leaf:
    """One condition; ``value`` of ``any`` and ``not any`` is the tree of its domain."""

    path: str
    operator: str
    value: Any

    @property
    def fields(self) -> list[str]:
        """The path's field names: ``country_id.code`` is ``['country_id', 'code']``."""
        return self.path.split(".")


@dataclass(frozen=True)
class Not:
    """The denial of a node."""

    child: Node


@dataclass(frozen=True)
class Group:
    """All (``&``) or any (``|``) of the children; no child at all: always true, or never."""

    operator: str
    children: tuple[Node, ...]


Node: TypeAlias = Leaf | Not | Group

TRUE = Group(AND, ())
FALSE = Group(OR, ())


def parse(text: str) -> list[Any]:
    """Read a domain from JSON or from Python literals (``[('active', '=', True)]``), normalised.

    Raises InvalidInput when the text is neither, or is not a domain.
    """
    if len(text) > MAX_TEXT:
        raise InvalidInput(f"The domain has {len(text)} characters; at most {MAX_TEXT} are allowed.", field="domain")
    if not text.strip():
        return []
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = _literal(text)
    return normalise(value)


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as exc:
        raise InvalidInput(
            'The domain is neither JSON nor a Python list. Write it like [["customer_rank", ">", 0]].',
            field="domain",
            value=text[:200],
        ) from exc


def normalise(domain: Any) -> list[Any]:
    """Check a domain and write it out: leaves as tuples, every ``&`` explicit, ``any`` normalised inside.

    ``None`` and ``False`` are the empty domain, as in Odoo. Raises InvalidInput, saying which item is wrong.
    """
    return _Normaliser().domain(domain, 0)


class _Normaliser:
    """Counts the items over all nesting levels while it rewrites them."""

    def __init__(self) -> None:
        self.items = 0

    def domain(self, domain: Any, depth: int) -> list[Any]:
        if domain is None or domain is False:
            return []
        if isinstance(domain, (str, bytes)) or not isinstance(domain, Sequence):
            raise InvalidInput(
                f"A domain is a list of conditions, not {_short(domain)}.", field="domain", value=_short(domain)
            )
        if depth > MAX_DEPTH:
            raise InvalidInput(f"The domain nests more than {MAX_DEPTH} levels.", field="domain")
        result: list[Any] = []
        expected = 1
        for item in domain:
            self._count()
            if expected == 0:
                result.insert(0, AND)
                expected = 1
            if isinstance(item, str):
                expected += _operands(item) - 1
                result.append(item)
            else:
                result.append(self.leaf(item, depth))
                expected -= 1
        if result and expected:
            raise InvalidInput(
                f"The domain ends too early: {expected} more condition(s) needed after its operators.", field="domain"
            )
        _check_nesting(result)
        return result

    def leaf(self, item: Any, depth: int) -> tuple[Any, str, Any]:
        if not isinstance(item, Sequence) or isinstance(item, bytes) or len(item) != 3:
            raise InvalidInput(
                f"A condition is [field, operator, value], not {_short(item)}.", field="domain", value=_short(item)
            )
        path, operator, value = item
        if (path, operator, value) in ((1, "=", 1), (0, "=", 1)) and type(path) is int and type(value) is int:
            return (path, operator, value)
        if not isinstance(path, str) or not path or path.startswith(".") or path.endswith(".") or ".." in path:
            raise InvalidInput(f"{_short(path)} is not a field name in {_short(item)}.", field="domain")
        operator = _operator(operator, item)
        if operator in ("any", "not any"):
            value = self.domain(value, depth + 1)
        elif isinstance(value, (tuple, set, frozenset)):
            value = list(value)
        if not _is_json(value):
            raise InvalidInput(
                f"{_short(value)} is no value of JSON, in {_short(item)}: send texts, numbers or lists of them. "
                "NaN and Infinity are none, and numbers larger than 1e308 are read as Infinity.",
                field=path[:200],
                value=_short(value),
                constraint="type",
            )
        return (path, operator, value)

    def _count(self) -> None:
        self.items += 1
        if self.items > MAX_ITEMS:
            raise InvalidInput(f"The domain has more than {MAX_ITEMS} items.", field="domain")


def _check_nesting(items: list[Any]) -> None:
    """Raise InvalidInput when operators nest too deeply; a chain of one ``&`` or ``|`` is flat, however long."""
    stack: list[tuple[str, int]] = []
    for item in reversed(items):
        if item == NOT:
            stack.append((NOT, stack.pop()[1] + 1))
        elif item in (AND, OR):
            sides = (stack.pop(), stack.pop())
            stack.append((item, max(depth + (operator != item) for operator, depth in sides)))
        else:
            stack.append(("", 0))
        if stack[-1][1] > MAX_NESTING:
            raise InvalidInput(
                f"The domain's operators nest more than {MAX_NESTING} levels. Write it flatter.", field="domain"
            )


def _is_json(value: Any) -> bool:
    """Whether JSON has such a value: of what Python's literals make not NaN, Infinity (as 1e400 is read), bytes, 1j."""
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(_is_json, value))
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_json(one) for name, one in value.items())
    return not isinstance(value, bytes | complex | EllipsisType) and (
        not isinstance(value, float) or math.isfinite(value)
    )


def _operands(item: str) -> int:
    if item in (AND, OR):
        return 2
    if item == NOT:
        return 1
    raise InvalidInput(
        f"{_short(item)} is not a domain operator: use '&', '|' or '!' between conditions.", field="domain", value=item
    )


def _operator(operator: Any, item: Any) -> str:
    known = operator.strip().lower() if isinstance(operator, str) else operator
    if isinstance(known, str) and known in OPERATORS:
        return known
    near = difflib.get_close_matches(str(operator).lower(), OPERATORS, n=1, cutoff=0.5)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise InvalidInput(
        f"{_short(operator)} is not an operator of a domain, in {_short(item)}.{hint}",
        field=str(item[0])[:200],
        value=operator,
        constraint="operator",
    )


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:117] + "..."


def tree(domain: Any) -> Node:
    """The domain as a tree, neighbours of one operator flattened into one group."""
    return _tree(normalise(domain))


def _tree(items: list[Any]) -> Node:
    if not items:
        return TRUE
    stack: list[Node] = []
    for item in reversed(items):
        if item == NOT:
            denied = stack.pop()
            stack.append(denied.child if isinstance(denied, Not) else Not(denied))
        elif item in (AND, OR):
            stack.append(_group(item, stack.pop(), stack.pop()))
        else:
            stack.append(_leaf(item))
    return stack.pop()


def _leaf(item: tuple[Any, str, Any]) -> Node:
    path, operator, value = item
    if isinstance(path, int):
        return TRUE if path else FALSE
    return Leaf(path, operator, _tree(value) if operator in ("any", "not any") else value)


def _group(operator: str, left: Node, right: Node) -> Group:
    # Only the right side grows in a chain of implicit "&", so appending to the left keeps this linear enough.
    children: list[Node] = []
    for node in (left, right):
        if isinstance(node, Group) and node.operator == operator:
            children.extend(node.children)
        else:
            children.append(node)
    return Group(operator, tuple(children))


def converted(domain: list[Any], convert: Callable[[str, str, Any], Sequence[Any]]) -> list[Any]:
    """A normalised domain with what ``convert`` makes of each condition (path, operator, value): a domain again.

    Operators stay, and so do Odoo's ``(1, '=', 1)`` and ``(0, '=', 1)``, always and never.
    """
    made: list[Any] = []
    for one in domain:
        stays = isinstance(one, str) or not isinstance(one[0], str)
        made += [one] if stays else convert(*one)
    return made


def shown(path: str, operator: str, value: Any) -> list[Any]:
    """A condition on what is shown of related records, ``country_id.code``: where there is none, nothing is shown.

    Odoo itself asks for a related record with (or without) the value, and finds those without any for neither.
    """
    if "." not in path or operator in ("any", "not any"):
        return [(path, operator, value)]
    if operator in NEGATIVES:
        first, *rest = shown(path, NEGATIVES[operator], value)
        return rest if first == NOT else [NOT, first, *rest]
    values = list(value) if isinstance(value, list | tuple) else [value]
    given = [one for one in values if not (one is None or one is False or one == "")]
    if operator not in ("=", "==", "in") or len(given) == len(values):
        return [(path, operator, value)]
    empty = [NOT, (path, "!=", False)]
    return [OR, *empty, (path, "in", given)] if given else empty


def leaves(domain: Any) -> Iterator[tuple[str, str, Any]]:
    """Every condition, also those inside ``any`` with the path in front: ``child_ids.email``."""
    return _leaves(normalise(domain), "")


def _leaves(items: list[Any], prefix: str) -> Iterator[tuple[str, str, Any]]:
    for item in items:
        if isinstance(item, str) or isinstance(item[0], int):
            continue
        path, operator, value = item
        yield (prefix + path, operator, value)
        if operator in ("any", "not any"):
            yield from _leaves(value, f"{prefix}{path}.")


def paths(domain: Any) -> set[str]:
    """The dotted field paths that the domain looks at."""
    return {path for path, _operator, _value in leaves(domain)}


def all_of(*domains: Any) -> list[Any]:
    """A domain that matches what every given one matches; empty ones count for nothing."""
    return _join(AND, [normalised for domain in domains if (normalised := normalise(domain))])


def any_of(*domains: Any) -> list[Any]:
    """A domain that matches what one of the given ones matches; with an empty one, everything."""
    parts = [normalise(domain) for domain in domains]
    return [] if any(not part for part in parts) else _join(OR, parts)


def _join(operator: str, parts: list[list[Any]]) -> list[Any]:
    result: list[Any] = [operator] * (len(parts) - 1)
    for part in parts:
        result.extend(part)
    return result
