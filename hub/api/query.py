"""What may stand behind the ``?`` of an address: nothing is passed over without a word."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from django.http import QueryDict

from hub.errors import InvalidInput

RECORD = ("fields", "expand")
LIST = ("domain", *RECORD, "order", "page", "per_page")
SEARCH = ("domain", *RECORD, "order", "limit", "offset")
CHANGE = ("expand",)

SEVERAL = frozenset({"domain"})
"""Parameters that may stand more than once: some clients send a list in that way."""


def check(query: QueryDict, known: Sequence[str]) -> None:
    """Raise InvalidInput, naming the parameter, for one that the address has not, and for one that stands twice."""
    for name in query:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            takes = f" It takes: {', '.join(known)}." if known else " It takes none."
            shown = name[:100]
            raise InvalidInput(
                f"There is no parameter `{shown}` at this address.{hint}{takes}",
                field=shown,
                value=query[name][:100],
                constraint="unknown_parameter",
            )
        if name not in SEVERAL and len(query.getlist(name)) > 1:
            hint = f", with commas: {name}=name,email" if name in RECORD else ""
            raise InvalidInput(
                f"The parameter `{name}` stands more than once. Send it once{hint}.",
                field=name,
                value=query[name][:100],
                constraint="repeated",
            )
