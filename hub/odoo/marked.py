"""An Odoo that marks what is written through it, so that whoever hears of the change can tell whose it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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

Mark = Callable[[Sequence[Operation]], str]
"""Told what is about to be done; answers what goes into Odoo's context as ``hub_origin``, "" for nothing."""

Done = Callable[[Sequence[Operation], Sequence[Result]], None]
"""Told what was done."""


class MarkedOdoo(Odoo):
    """Another Odoo, whose create, write, unlink and batch are marked and told. All else is passed on as it is."""

    transport = "marked"
    label = "Marked"

    def __init__(self, inner: Odoo, mark: Mark, done: Done) -> None:
        super().__init__(inner.target)
        self.inner, self._mark, self._done = inner, mark, done

    def create(self, model: str, values: Sequence[Values], *, context: Context | None = None) -> list[int]:
        operations = [Operation("create", model, values=one) for one in values]
        ids = self.inner.create(model, values, context=self._marked(operations, context))
        self._done(operations, [Result(value=one) for one in ids])
        return ids

    def write(self, model: str, ids: Sequence[int], values: Values, *, context: Context | None = None) -> None:
        operation = Operation("write", model, list(ids), values)
        self.inner.write(model, ids, values, context=self._marked([operation], context))
        self._done([operation], [Result(value=True)])

    def unlink(self, model: str, ids: Sequence[int], *, context: Context | None = None) -> None:
        operation = Operation("unlink", model, list(ids))
        self.inner.unlink(model, ids, context=self._marked([operation], context))
        self._done([operation], [Result(value=True)])

    def batch(
        self, operations: Sequence[Operation], mode: Mode = "all", *, context: Context | None = None
    ) -> list[Result]:
        results = self.inner.batch(operations, mode, context=self._marked(operations, context))
        self._done(operations, results)
        return results

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
        operation = Operation("write", model, [record_id], {**(values or {}), field: ""})
        marked = self._marked([operation], context)
        self.inner.write_file(model, record_id, field, source, size, values, context=marked)
        self._done([operation], [Result(value=True)])

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

    def _marked(self, operations: Sequence[Operation], context: Context | None) -> Context | None:
        mark = self._mark(operations)
        return {**(context or {}), "hub_origin": mark} if mark else context
