"""JSON texts of others, read as RFC 8259 has it: Python alone takes NaN and Infinity, and makes the latter of 1e400."""

from __future__ import annotations

import json
import math
from typing import Any


def loads(text: str | bytes) -> Any:
    """The value; ValueError for what is no JSON, and for what is nested too deeply."""
    try:
        return json.loads(text, parse_constant=_none, parse_float=_number)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def _none(word: str) -> Any:
    raise ValueError(f"It holds {word}, which is no JSON.")


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"The number {text[:40]} is larger than can be kept.")
    return value
