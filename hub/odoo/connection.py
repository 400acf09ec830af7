"""The one interface to an Odoo, whichever transport carries it."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, ClassVar, Literal, Self

from hub.errors import OdooError, OdooProtocol
from hub.http.networks import Network

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

    allowed_networks: tuple[Network, ...] = ()
    """Networks that may be called although no Odoo is expected there, such as link-local ones."""


@dataclass(frozen=True)
class LoadResult:
    """What ``load`` answered: the ids, row by row, or ``None`` with Odoo's messages and nothing changed."""

    ids: list[int] | None
    messages: list[dict[str, Any]]


@dataclass(frozen=True)
class Operation:
    """One step of a batch: ``values`` for a create or a write, ``ids`` for a write or an unlink.

    A create with an ``external_id`` that was used before gives the record that was created then. One with ``unless``, a
    domain, gives the record that matches it, if there is one; ``match_ids`` are names for what it looks for: two
    that run at the same time see each other by any that they share.
    """

    kind: Literal["create", "write", "unlink"]
    model: str
    ids: Sequence[int] = ()
    values: Values = field(default_factory=dict)
    external_id: str = ""
    match_ids: Sequence[str] = ()
    unless: Domain = ()


Mode = Literal["all", "stop", "each"]
"""``all``: one failing operation undoes all of them. ``stop``: those before it stay. ``each``: the others stay.

``stop`` also ends after a create that found its record there: whoever asks decides what becomes of it before the rest.
"""


@dataclass(frozen=True)
class Result:
    """How an operation went: the new id for a create, true for the others; or why Odoo refused it."""

    value: Any = None
    existed: bool = False
    """Whether a create found its record there, by ``unless``."""

    error: OdooError | None = None


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
    def identity(self) -> str:
        """Which database it is, in words: equal for all ways to the same one, and different for every other one.

        Record ids, and positions in the stream of changes, mean something in this database only.
        """

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
    def batch(
        self, operations: Sequence[Operation], mode: Mode = "all", *, context: Context | None = None
    ) -> list[Result]:
        """Carry out the operations in their order, in one transaction; a result each, to the first failing one for
        ``stop``, or to the first create that found its record there.

        With ``all`` the first error is raised, with its ``index`` in the details, and nothing is changed. Raises
        OdooAccess, and has done nothing, when the user may not do this in one transaction.
        """

    def write_file(
        self,
        model: str,
        record_id: int,
        field: str,
        source: IO[bytes],
        size: int,
        values: Values | None = None,
        *,
        context: Context | None = None,
    ) -> None:
        """Write ``size`` bytes from ``source`` into a binary field, and ``values`` into others, in one call.

        No transport keeps more than a piece of a large file in memory. Raises OdooProtocol, and nothing is written,
        when the source ends before.
        """
        content = source.read(size)
        if len(content) < size:
            raise OdooProtocol("The file ended before its announced length. Send it again.")
        self.write(model, [record_id], {**(values or {}), field: base64.b64encode(content).decode()}, context=context)

    @contextmanager
    def read_file(
        self, model: str, record_id: int, field: str, *, context: Context | None = None
    ) -> Iterator[Iterator[bytes] | None]:
        """The content of a binary field, piece by piece; None for an empty one. Raises OdooMissing."""
        (record,) = self.read(model, [record_id], [field], context=context)
        content = record[field]
        yield iter([base64.b64decode(content)]) if content else None

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
