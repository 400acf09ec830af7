"""The embedded Odoo behind the hub's interface: the transport ``embedded``."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, ClassVar

from hub.errors import OdooAccess, OdooAuthentication, OdooMissing
from hub.odoo.connection import (
    Context,
    Domain,
    LoadResult,
    Mode,
    Odoo,
    Operation,
    Record,
    Result,
    Target,
    Values,
    Version,
)
from hub.odoo.embedded import (
    batching,
    deleting,
    filestore,
    imports,
    introspection,
    methods,
    outbox,
    passwords,
    reading,
    writing,
)
from hub.odoo.embedded.catalog import Catalog
from hub.odoo.embedded.database import Database
from hub.odoo.embedded.install import ADMIN, ensure
from hub.odoo.embedded.session import Session
from hub.odoo.embedded.tables import meta
from hub.odoo.values import plain

VERSION = Version(19, 0, "19.0 (embedded)")

ADMIN_GROUP = "Administration / Settings"


class EmbeddedOdoo(Odoo):
    """An Odoo look-alike in one SQLite file, made on first use.

    ``Target.url`` is the file's path. Without a login it acts as the administrator, with one as that user; who can
    read the file needs no password, but one that is given (as ``password`` or ``api_key``) must be right. The demo's
    users are ``admin``/``admin`` and ``demo``/``demo``. A ``database`` named ``empty`` gets no demo records.
    """

    transport: ClassVar[str] = "embedded"
    label: ClassVar[str] = "Embedded demo Odoo"

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.database = Database(target.url, busy_seconds=min(target.read_timeout, 10.0))
        self._catalog = Catalog()
        self._context = dict(target.context)
        self._lock = threading.Lock()
        self._ready = False
        self._uid = 0

    def version(self) -> Version:
        """Odoo 19, as far as it goes."""
        return VERSION

    def identity(self) -> str:
        """The file's own number, which goes where the file goes; a new file has another one."""
        self._prepare()
        with self.database.transaction(write=False) as connection:
            return f"embedded Odoo {meta(connection, 'uuid')}"

    def user_id(self) -> int:
        """The user that the target's login names; the administrator without one."""
        self._prepare()
        return self._uid

    def _prepare(self) -> None:
        """Make the database if need be, and check the login, once for this object."""
        if self._ready:
            return
        with self._lock:
            if self._uid:
                return
            ensure(self.database, demo=self.target.database != "empty")
            self._uid = self._authenticated()
            self._ready = True

    def _authenticated(self) -> int:
        if not self.target.login:
            return ADMIN
        with self.database.transaction(write=False) as connection:
            row = connection.execute(
                "SELECT id, password FROM res_users WHERE login = ? AND active = 1", [self.target.login]
            ).fetchone()
        given = self.target.password or self.target.api_key
        if row is None or (given and not passwords.matches(row[1], given)):
            raise OdooAuthentication(
                "The embedded Odoo refused the login or the password. Check the connection's credentials.",
                "odoo.exceptions.AccessDenied",
            )
        return int(row[0])

    @contextmanager
    def session(self, context: Context | None = None, *, write: bool = False) -> Iterator[Session]:
        """One transaction as this connection's user; its events are written with it."""
        self._prepare()
        with self.database.transaction(write=write) as connection:
            registry = self._catalog.registry(connection)
            merged = {**self._context, **(context or {})}
            allowed, admin = self._companies(connection, merged)
            session = Session(connection, registry, self._uid, allowed, merged, admin=admin)
            yield session
            outbox.flush(session)

    def _companies(self, connection: Any, context: Mapping[str, Any]) -> tuple[tuple[int, ...], bool]:
        """The selected companies, the user's own first, and whether the user is an administrator."""
        sql = (
            "SELECT c.cid FROM res_company_users_rel c JOIN res_users u ON u.id = c.user_id WHERE u.id = ? "
            "ORDER BY c.cid != u.company_id, c.cid"
        )
        own = [row[0] for row in connection.execute(sql, [self._uid])]
        admin = connection.execute(
            "SELECT 1 FROM res_groups_users_rel r JOIN res_groups g ON g.id = r.gid WHERE r.uid = ? AND g.name = ?",
            [self._uid, ADMIN_GROUP],
        ).fetchone()
        wanted = context.get("allowed_company_ids")
        if not wanted:
            return tuple(own) or (1,), bool(admin)
        if set(wanted) - set(own):
            raise OdooAccess("Access to unauthorized or invalid companies.", "odoo.exceptions.AccessError")
        return tuple(wanted), bool(admin)

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
        """See :meth:`Odoo.search`."""
        with self.session(context) as session:
            return reading.search(session, model, plain(domain), offset, limit, order)

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
        """See :meth:`Odoo.search_read`."""
        with self.session(context) as session:
            ids = reading.search(session, model, plain(domain), offset, limit, order)
            return reading.read(session, model, ids, fields)

    def count(self, model: str, domain: Domain = (), *, context: Context | None = None) -> int:
        """See :meth:`Odoo.count`."""
        with self.session(context) as session:
            return reading.count(session, model, plain(domain))

    def read(
        self, model: str, ids: Sequence[int], fields: Sequence[str] = (), *, context: Context | None = None
    ) -> list[Record]:
        """See :meth:`Odoo.read`."""
        with self.session(context) as session:
            records = reading.read(session, model, ids, fields)
        found = {record["id"] for record in records}
        missing = [one for one in ids if one not in found]
        if missing:
            raise OdooMissing(
                f"Record does not exist or has been deleted: {model} {', '.join(map(str, missing))}.",
                "odoo.exceptions.MissingError",
                model=model,
                ids=missing,
            )
        return records

    def create(self, model: str, values: Sequence[Values], *, context: Context | None = None) -> list[int]:
        """See :meth:`Odoo.create`."""
        with self.session(context, write=True) as session:
            return writing.create(session, model, [plain(one) for one in values])

    def write(self, model: str, ids: Sequence[int], values: Values, *, context: Context | None = None) -> None:
        """See :meth:`Odoo.write`."""
        with self.session(context, write=True) as session:
            writing.write(session, model, ids, plain(values))

    def unlink(self, model: str, ids: Sequence[int], *, context: Context | None = None) -> None:
        """See :meth:`Odoo.unlink`."""
        with self.session(context, write=True) as session:
            deleting.unlink(session, model, ids)

    def call(
        self,
        model: str,
        method: str,
        ids: Sequence[int] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        context: Context | None = None,
    ) -> Any:
        """See :meth:`Odoo.call`; the methods are those of :mod:`hub.odoo.embedded.methods` and of the models."""
        arguments = plain(kwargs or {})
        inner = {**(context or {}), **(arguments.pop("context", None) or {})}
        with self.session(inner, write=method not in methods.READING) as session:
            return methods.call(session, model, method, list(ids), arguments)

    def batch(
        self, operations: Sequence[Operation], mode: Mode = "all", *, context: Context | None = None
    ) -> list[Result]:
        """See :meth:`Odoo.batch`."""
        if not operations:
            return []
        with self.session(context, write=True) as session:
            return batching.carry_out(session, self.database.path, operations, mode)

    def load(
        self, model: str, fields: Sequence[str], rows: Sequence[Sequence[Any]], *, context: Context | None = None
    ) -> LoadResult:
        """See :meth:`Odoo.load`."""
        try:
            with self.session(context, write=True) as session:
                return LoadResult(imports.load(session, model, fields, rows), [])
        except imports.RowsRefused as refused:
            return LoadResult(None, refused.messages)

    def fields_get(
        self,
        model: str,
        attributes: Sequence[str] = ("type", "string", "required", "readonly", "relation", "store"),
        *,
        context: Context | None = None,
    ) -> dict[str, dict[str, Any]]:
        """See :meth:`Odoo.fields_get`."""
        with self.session(context) as session:
            return introspection.fields_get(session, model, attributes)

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
        """See :meth:`Odoo.write_file`."""
        if size < filestore.LARGE:
            super().write_file(model, record_id, field, source, size, values, context=context)
            return
        with self.session(context, write=True) as session, filestore.little_cache(session):
            kept = filestore.keep(session, source, size)
            writing.write(session, model, [record_id], {**plain(values or {}), field: kept})
            filestore.sweep(session)

    @contextmanager
    def read_file(
        self, model: str, record_id: int, field: str, *, context: Context | None = None
    ) -> Iterator[Iterator[bytes] | None]:
        """See :meth:`Odoo.read_file`."""
        with self.session(context) as session:
            reference = reading.file_reference(session, model, record_id, field)
            if reference is not None:
                with filestore.little_cache(session):
                    yield filestore.pieces(session, reference)
                return
        with super().read_file(model, record_id, field, context=context) as found:
            yield found

    def close(self) -> None:
        """Close the file's idle connections; the next call opens one anew."""
        self.database.close()
