"""What value types may ask of the world: related records, rates, scripts. The flow hands in what answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from hub.errors import Misconfigured
from hub.odoo.connection import Record
from hub.transform.records import Describe


@dataclass(frozen=True)
class Rate:
    """A currency on a day: its code, its units for one of the currency with rate 1, its decimal places."""

    code: str
    rate: Decimal
    places: int


class Services(Protocol):
    """Odoo and the sandbox, as far as a value type needs them. All raise HubErrors."""

    @property
    def describe(self) -> Describe:
        """From a model's name to its fields."""

    @property
    def event(self) -> Mapping[str, Any]:
        """Why a record goes out: ``type``, ``changed_fields``, ``old``, ``new``; empty for what comes in."""

    def find(self, model: str, field: str, value: Any) -> list[int]:
        """The ids of the active records that have the value; two at the most."""

    def create(self, model: str, values: Mapping[str, Any]) -> int:
        """The id of a new record."""

    def write(self, model: str, record_id: int, values: Mapping[str, Any]) -> None:
        """Change a record."""

    def related(self, model: str, record_id: int, field: str, names: Sequence[str]) -> list[Record]:
        """The records that a relation of one record holds, with those fields."""

    def held(self, model: str, record_id: int, field: str) -> Collection[int]:
        """The ids of the records that a one2many or many2many of one record holds."""

    def there(self, model: str, ids: Sequence[int]) -> Collection[int]:
        """Those of the ids that are of records, archived ones too."""

    def properties(self, model: str, field: str, record_id: int) -> Sequence[Mapping[str, Any]]:
        """The properties that one record has, or that it defines for others."""

    def note_properties(self, model: str, field: str, record_id: int, now: Sequence[Mapping[str, Any]]) -> None:
        """Take note of what they are about to be, for what is written to the same record next."""

    def definition(self, model: str, field: str, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
        """The properties of a record that has these values of Odoo from now on; None where that cannot be told."""

    def defaults(self, model: str, names: Sequence[str]) -> Mapping[str, Any]:
        """What Odoo would give those fields of a new record; those without a default are not in it."""

    def rate(self, currency: str | int, day: str | None) -> Rate:
        """A currency by code or id on a day (ISO 8601; today without one)."""

    def company_currency(self) -> int:
        """The id of the company's currency."""

    def script(self, source: str, names: Mapping[str, Any]) -> Any:
        """What a script gives, as plain data (record sets as Records)."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is on its way out of Odoo: the record as it was read, and the payload so far."""

    record: Record
    payload: Mapping[str, Any]
    shown: bool = False
    """For a caller who looks, whom defaults, ``required`` and ``skip_empty`` do not concern."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is on its way into Odoo: the whole payload, and the record that it changes, if there is one."""

    data: Mapping[str, Any]
    record_id: int | None = None
    check: bool = True
    """Whether types are checked here, or left to Odoo."""

    ours: bool = False
    """Whether the value is the configuration's own, and not the caller's."""


class NoServices:
    """For mappings that are used without an Odoo: whoever needs it is told."""

    @property
    def describe(self) -> Describe:
        """Nothing is known of any model."""
        return lambda model: {}

    @property
    def event(self) -> Mapping[str, Any]:
        """Nothing happened."""
        return {}

    def find(self, model: str, field: str, value: Any) -> list[int]:
        """Nothing is found."""
        return []

    def create(self, model: str, values: Mapping[str, Any]) -> int:
        """Refused."""
        raise self._refusal()

    def write(self, model: str, record_id: int, values: Mapping[str, Any]) -> None:
        """Refused."""
        raise self._refusal()

    def related(self, model: str, record_id: int, field: str, names: Sequence[str]) -> list[Record]:
        """Nothing."""
        return []

    def held(self, model: str, record_id: int, field: str) -> Collection[int]:
        """None."""
        return ()

    def there(self, model: str, ids: Sequence[int]) -> Collection[int]:
        """None."""
        return ()

    def properties(self, model: str, field: str, record_id: int) -> Sequence[Mapping[str, Any]]:
        """None."""
        return ()

    def note_properties(self, model: str, field: str, record_id: int, now: Sequence[Mapping[str, Any]]) -> None:
        """Nothing is remembered."""

    def definition(self, model: str, field: str, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
        """That cannot be told."""
        return None

    def defaults(self, model: str, names: Sequence[str]) -> Mapping[str, Any]:
        """None."""
        return {}

    def rate(self, currency: str | int, day: str | None) -> Rate:
        """Refused."""
        raise self._refusal()

    def company_currency(self) -> int:
        """Refused."""
        raise self._refusal()

    def script(self, source: str, names: Mapping[str, Any]) -> Any:
        """Refused."""
        raise self._refusal()

    @staticmethod
    def _refusal() -> Misconfigured:
        return Misconfigured("This mapping needs a connection to Odoo.")
