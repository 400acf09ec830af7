"""Filter domains as people write them: literal, or with expressions such as ``datetime.now() - timedelta(days=7)``."""

from __future__ import annotations

import re
from typing import Any

from hub.errors import HubError, InvalidInput
from hub.odoo import domain as domains
from hub.odoo.values import plain
from hub.transform import script

EXPRESSION = re.compile(r"[A-Za-z_]\w*\s*[.(]")
"""A name with a dot or a bracket behind it: no literal has one outside of its texts."""


def domain_of(text: str) -> list[Any]:
    """The domain, normalised; expressions are evaluated now, in the sandbox, with times in UTC as in Odoo.

    Raises InvalidInput, saying what is wrong, when it is neither a literal nor an expression that gives a domain.
    """
    try:
        return domains.parse(text)
    except InvalidInput:
        if not EXPRESSION.search(text):
            raise
    try:
        value = script.evaluate(text)
    except HubError as error:
        if error.retryable:
            raise
        raise InvalidInput(f"The filter domain cannot be evaluated: {error.message}", field="domain") from None
    return domains.normalise(plain(value))
