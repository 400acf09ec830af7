"""An Odoo that passes everything on to another one: what those are made of that change a part of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any

from hub.odoo.connection import (
    Context,
    Domain,
    LoadResult,
    Mode,
    Odoo,
    Operation,
    Record,
    Result,
    Values,
    Version,
)


class PassingOdoo(Odoo):
    """Another Odoo, the ``inner`` one, as it is."""

    transport = "passing"
    label = "Passing"

    def __init__(self, inner: Odoo) -> None:
        super().__init__(inner.target)
        self.inner = inner

    def create(self, model: str, values: Sequence[Values], *, context: Context | None = None) -> list[int]:
        return self.inner.create(model, values, context=context)

    def write(self, model: str, ids: Sequence[int], values: Values, *, context: Context | None = None) -> None:
        self.inner.write(model, ids, values, context=context)

    def unlink(self, model: str, ids: Sequence[int], *, context: Context | None = None) -> None:
        self.inner.unlink(model, ids, context=context)

    def batch(
        self, operations: Sequence[Operation], mode: Mode = "all", *, context: Context | None = None
    ) -> list[Result]:
        return self.inner.batch(operations, mode, context=context)

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
        self.inner.write_file(model, record_id, field, source, size, values, context=context)

    @contextmanager
    def read_file(
        self, model: str, record_id: int, field: str, *, context: Context | None = None
    ) -> Iterator[Iterator[bytes] | None]:
        with self.inner.read_file(model, record_id, field, context=context) as pieces:
            yield pieces

    def version(self) -> Version:
        return self.inner.version()

    def identity(self) -> str:
        return self.inner.identity()

    def user_id(self) -> int:
        return self.inner.user_id()

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
        return self.inner.search(model, domain, offset=offset, limit=limit, order=order, context=context)

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
        return self.inner.search_read(model, domain, fields, offset=offset, limit=limit, order=order, context=context)

    def count(self, model: str, domain: Domain = (), *, context: Context | None = None) -> int:
        return self.inner.count(model, domain, context=context)

    def read(
        self, model: str, ids: Sequence[int], fields: Sequence[str] = (), *, context: Context | None = None
    ) -> list[Record]:
        return self.inner.read(model, ids, fields, context=context)

    def call(
        self,
        model: str,
        method: str,
        ids: Sequence[int] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        context: Context | None = None,
    ) -> Any:
        return self.inner.call(model, method, ids, kwargs, context=context)

    def load(
        self,
        model: str,
        fields: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        context: Context | None = None,
    ) -> LoadResult:
        return self.inner.load(model, fields, rows, context=context)

    def fields_get(
        self,
        model: str,
        attributes: Sequence[str] = ("type", "string", "required", "readonly", "relation", "store"),
        *,
        context: Context | None = None,
    ) -> dict[str, dict[str, Any]]:
        return self.inner.fields_get(model, attributes, context=context)

    def close(self) -> None:
        self.inner.close()


def innermost(odoo: Odoo) -> Odoo:
    """The Odoo that is asked in the end."""
    while isinstance(odoo, PassingOdoo):
        odoo = odoo.inner
    return odoo
