"""The fields of Odoo's models, remembered for a while, and the name that was probably meant."""

from __future__ import annotations

import difflib
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hub.odoo.connection import Odoo
from hub.odoo.faults import unknown_field

Fields = Mapping[str, Mapping[str, Any]]

ATTRIBUTES = (
    "type",
    "string",
    "help",
    "required",
    "readonly",
    "store",
    "searchable",
    "relation",
    "relation_field",
    "selection",
    "sortable",
    "size",
    "currency_field",
    "depends",
    "related",
    "definition_record",
    "definition_record_field",
)
LIFETIME = 300.0
"""Seconds for which a model's fields are believed: a field added in Odoo is seen after that at the latest."""


class Introspection:
    """``fields_get`` of one connection, cached for ``lifetime`` seconds; safe for several threads."""

    def __init__(self, odoo: Odoo, lifetime: float = LIFETIME, clock: Callable[[], float] = time.monotonic) -> None:
        self._odoo = odoo
        self._lifetime = lifetime
        self._clock = clock
        self._known: dict[str, tuple[float, Fields]] = {}
        self._lock = threading.Lock()

    def fields(self, model: str) -> Fields:
        """The model's fields by name, with ``ATTRIBUTES``; raises OdooMissing for an unknown model."""
        now = self._clock()
        with self._lock:
            found = self._known.get(model)
        if found is not None and now < found[0]:
            return found[1]
        fields = self._odoo.fields_get(model, ATTRIBUTES)
        with self._lock:
            self._known[model] = (now + self._lifetime, fields)
        return fields

    def require(self, model: str, names: Iterable[str]) -> None:
        """Raise OdooInvalidField, with a suggestion, for the first of ``names`` that the model has not."""
        fields = self.fields(model)
        for name in names:
            if name not in fields:
                raise unknown_field(model, name, nearest(name, fields))

    def forget(self) -> None:
        """Ask anew next time, as after a change of Odoo's models."""
        with self._lock:
            self._known.clear()

    def forget_older(self, seconds: float) -> bool:
        """Forget what was asked longer ago than that; whether there was anything."""
        newest = self._clock() + self._lifetime - seconds
        with self._lock:
            old = [model for model, (until, _) in self._known.items() if until < newest]
            for model in old:
                del self._known[model]
        return bool(old)


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The one of ``names`` that ``name`` was probably meant to be, if any is near."""
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return found[0] if found else None
