"""Whether a record would be found by a domain, told by its values alone: for one that Odoo has no more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hub.odoo.domain import AND, NEGATIVES, Group, Leaf, Node, Not, tree

EMPTY: tuple[Any, ...] = (False, None, "", 0, [], ())
"""What Odoo reads from a field without a value, and finds by ``= False``."""


def matches(domain: Any, values: Mapping[str, Any]) -> bool | None:
    """True or False; None where the values do not tell: behind a dot, in a hierarchy, by a related record's name.

    ``values`` are as Odoo reads them. Raises InvalidInput for what is no domain.
    """
    return _node(tree(domain), values)


def _node(node: Node, values: Mapping[str, Any]) -> bool | None:
    if isinstance(node, Not):
        return _denied(_node(node.child, values))
    if isinstance(node, Group):
        found = [_node(child, values) for child in node.children]
        return _all(found) if node.operator == AND else _denied(_all(map(_denied, found)))
    return _leaf(node, values)


def _denied(found: bool | None) -> bool | None:
    return None if found is None else not found


def _all(found: Iterable[bool | None]) -> bool | None:
    known = list(found)
    return False if False in known else None if None in known else True


def _leaf(leaf: Leaf, values: Mapping[str, Any]) -> bool | None:
    if leaf.path not in values:
        return None
    operator = leaf.operator
    if operator in NEGATIVES:
        return _denied(_leaf(Leaf(leaf.path, NEGATIVES[operator], leaf.value), values))
    held = _held(values[leaf.path])
    if operator == "=?":
        return True if leaf.value in (False, None) else _equal(held, leaf.value)
    if operator in ("=", "=="):
        return _equal(held, leaf.value)
    if operator == "in":
        wanted = leaf.value if isinstance(leaf.value, list | tuple) else [leaf.value]
        return _denied(_all(_denied(_equal(held, one)) for one in wanted))
    if "like" in operator:
        return _like(held, operator, leaf.value)
    return _compared(held, operator, leaf.value)


def _held(value: Any) -> Any:
    """The id of a many2one that was read with its name."""
    is_pair = isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[1], str)
    return value[0] if is_pair else value


def _equal(held: Any, wanted: Any) -> bool | None:
    if isinstance(wanted, list | tuple):
        return _denied(_all(_denied(_equal(held, one)) for one in wanted))
    if wanted in (False, None):
        return held in EMPTY
    if isinstance(held, list | tuple):
        return wanted in held if isinstance(wanted, int) else None
    if held in EMPTY and not isinstance(wanted, int | float):
        return bool(held == wanted)
    if isinstance(held, str) and isinstance(wanted, str):
        return bool(held == wanted) if len(held) == len(wanted) or not _is_moment(held) else None
    if isinstance(held, str) or isinstance(wanted, str):
        return None  # a relation by its name, a number as a text
    return bool(held == wanted)


def _is_moment(text: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?", text) is not None


def _like(held: Any, operator: str, wanted: Any) -> bool | None:
    if not (isinstance(held, str) or held in EMPTY) or not isinstance(wanted, str):
        return None
    text = held if isinstance(held, str) else ""
    if not text:
        return not wanted
    if operator.endswith("ilike"):
        text, wanted = text.casefold(), wanted.casefold()
    pattern = "".join({"%": ".*", "_": "."}.get(one, re.escape(one)) for one in wanted)
    if not operator.startswith("="):
        pattern = f".*{pattern}.*"
    return re.fullmatch(re.sub(r"(?:\.\*)+", ".*", pattern), text, re.DOTALL) is not None


def _compared(held: Any, operator: str, wanted: Any) -> bool | None:
    sides = {"<": -1, "<=": -1, ">": 1, ">=": 1}
    if operator not in sides or isinstance(held, list | tuple | dict):
        return None
    if held is None or (held is False and not isinstance(wanted, bool)):
        return False
    same = isinstance(held, str) and isinstance(wanted, str) and len(held) == len(wanted) and _is_moment(held)
    if not same and not (isinstance(held, int | float) and isinstance(wanted, int | float)):
        return None
    if held == wanted:
        return operator in ("<=", ">=")
    return bool((held > wanted) == (sides[operator] > 0))
