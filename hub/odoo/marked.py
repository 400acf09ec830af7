"""An Odoo that marks what is written through it, so that whoever hears of the change can tell whose it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import IO

from hub.odoo.connection import Context, Mode, Odoo, Operation, Result, Values
from hub.odoo.passing import PassingOdoo

Mark = Callable[[Sequence[Operation]], str]
"""Told what is about to be done; answers what goes into Odoo's context as ``hub_origin``, "" for nothing."""

Done = Callable[[Sequence[Operation], Sequence[Result]], None]
"""Told what was done."""


class MarkedOdoo(PassingOdoo):
    """Another Odoo, whose create, write, unlink and batch are marked and told. All else is passed on as it is."""

    transport = "marked"
    label = "Marked"

    def __init__(self, inner: Odoo, mark: Mark, done: Done) -> None:
        super().__init__(inner)
        self._mark, self._done = mark, done

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

    def _marked(self, operations: Sequence[Operation], context: Context | None) -> Context | None:
        mark = self._mark(operations)
        return {**(context or {}), "hub_origin": mark} if mark else context
