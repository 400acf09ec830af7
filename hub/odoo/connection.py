"""The one interface to an Odoo, whichever transport carries it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, Self

Values = Mapping[str, Any]
"""Field values as Odoo takes them: ids for many2one, commands for x2many, ``False`` for empty."""

Record = dict[str, Any]
"""A record as Odoo reads it: always with ``id``; many2one as ``[id, name]``, empty as ``False``."""

Domain = Sequence[Any]
"""A search domain in Odoo's prefix notation: leaves (3-sequences) and ``&``, ``|``, ``!``."""

Context = Mapping[str, Any]
"""Odoo's context: ``lang``, ``tz``, ``active_test``, ``allowed_company_ids``, ..."""


@dataclass(frozen=True, order=True)
class Version:
    """An Odoo version, comparable: ``Version(19, 0) >= Version(17, 0)``; ``text`` as the server says it."""

    major: int
    minor: int
    text: str = field(default="", compare=False)


@dataclass(frozen=True)
class Target:
    """Where an Odoo is and how to get in; built from a connection's row, never logged with its secrets.

    ``url`` is ``https://host[:port]`` or, for the embedded Odoo, the path of its SQLite file.
    Timeouts are in seconds. ``transport`` is a registered name, or ``auto`` to detect it.
    """

    url: str
    database: str = ""
    login: str = ""
    password: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    transport: str = "auto"
    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    verify: bool | str = True
    pool_size: int = 8
    context: tuple[tuple[str, Any], ...] = ()
    """Context that every call starts from, as sorted pairs so that a target can be a dictionary key."""


@dataclass(frozen=True)
class LoadResult:
    """What ``load`` answered: the ids, row by row, or ``None`` with Odoo's messages and nothing changed."""

    ids: list[int] | None
    messages: list[dict[str, Any]]


class Odoo(ABC):
    """A connection to one Odoo database as one user. Safe to use from several threads.

    Every method raises only errors of :mod:`hub.errors`' Odoo branch. One call is one transaction
    in Odoo. ``context`` adds to the target's own context for that call.
    """

    transport: ClassVar[str]
    """The registered name: ``embedded``, ``jsonrpc`` or ``json2``."""

    label: ClassVar[str]
    """What the admin's choice shows."""

    def __init__(self, target: Target) -> None:
        self.target = target

    @abstractmethod
    def version(self) -> Version:
        """The server's version; needs no login. Asked once, then remembered."""

    @abstractmethod
    def user_id(self) -> int:
        """The id of the user that this connection acts as; raises OdooAuthentication for bad credentials."""

    @abstractmethod
    def search(
        self,
        model: str,
        domain: Domain = (),
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context | None = None,
    ) -> list[int]:
        """The ids of the records that match, in ``order`` (``"name desc, id"``; the model's own when None)."""

    @abstractmethod
    def search_read(
        self,
        model: str,
        domain: Domain = (),
        fields: Sequence[str] = (),
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context | None = None,
    ) -> list[Record]:
        """As search, but the records with ``fields`` (none named: ``id`` alone)."""

    @abstractmethod
    def count(self, model: str, domain: Domain = (), *, context: Context | None = None) -> int:
        """How many records match."""

    @abstractmethod
    def read(
        self,
        model: str,
        ids: Sequence[int],
        fields: Sequence[str] = (),
        *,
        context: Context | None = None,
    ) -> list[Record]:
        """The records with those ids, in that order; raises OdooMissing when one does not exist."""

    @abstractmethod
    def create(self, model: str, values: Sequence[Values], *, context: Context | None = None) -> list[int]:
        """Create a record for each item, all or none; their ids in the same order."""

    @abstractmethod
    def write(self, model: str, ids: Sequence[int], values: Values, *, context: Context | None = None) -> None:
        """Write the same values to all those records, all or none."""

    @abstractmethod
    def unlink(self, model: str, ids: Sequence[int], *, context: Context | None = None) -> None:
        """Delete those records, all or none."""

    @abstractmethod
    def call(
        self,
        model: str,
        method: str,
        ids: Sequence[int] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        context: Context | None = None,
    ) -> Any:
        """Call a public method by named arguments (JSON-2 knows no others); on records when ``ids`` are given."""

    @abstractmethod
    def load(
        self,
        model: str,
        fields: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        context: Context | None = None,
    ) -> LoadResult:
        """Odoo's import: upsert by ``id`` (external id) or ``.id``; one wrong row and nothing is changed."""

    @abstractmethod
    def fields_get(
        self,
        model: str,
        attributes: Sequence[str] = ("type", "string", "required", "readonly", "relation", "store"),
        *,
        context: Context | None = None,
    ) -> dict[str, dict[str, Any]]:
        """The model's fields that this user may read, with those attributes; OdooMissing for an unknown model."""

    @abstractmethod
    def close(self) -> None:
        """Give back what the connection holds; using it afterwards opens it anew."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
