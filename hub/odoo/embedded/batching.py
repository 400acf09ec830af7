"""Several operations in one transaction of the embedded Odoo, all or none, or each under a savepoint of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hub.errors import OdooError, OdooUnavailable
from hub.odoo.batch import MODULE, names_of
from hub.odoo.connection import Mode, Operation, Result
from hub.odoo.embedded import deleting, reading, writing
from hub.odoo.embedded.database import translated
from hub.odoo.embedded.session import Session
from hub.odoo.values import plain


def carry_out(session: Session, path: Path, operations: Sequence[Operation], mode: Mode) -> list[Result]:
    """The results in order; with ``all`` the first error is raised, with its index, and the transaction is lost."""
    results: list[Result] = []
    for index, operation in enumerate(operations):
        if mode == "all":
            try:
                with translated(path):
                    results.append(_do(session, operation))
            except OdooError as error:
                error.details["index"] = index
                raise
            continue
        results.append(_saved(session, path, operation))
        if mode == "stop" and (results[-1].error is not None or results[-1].existed):
            break
    return results


def _saved(session: Session, path: Path, operation: Operation) -> Result:
    before = {key: replace(event, old=dict(event.old)) for key, event in session.pending.items()}
    session.run("SAVEPOINT hub_operation")
    try:
        with translated(path):
            result = _do(session, operation)
    except OdooUnavailable:
        raise
    except OdooError as error:
        session.run("ROLLBACK TO hub_operation")
        session.run("RELEASE hub_operation")
        session.pending.clear()
        session.pending.update(before)
        return Result(error=error)
    session.run("RELEASE hub_operation")
    return result


def _do(session: Session, operation: Operation) -> Result:
    if operation.kind == "create":
        made, existed = _create(session, operation)
        return Result(value=made, existed=existed)
    if operation.kind == "write":
        writing.write(session, operation.model, list(operation.ids), plain(operation.values))
    else:
        deleting.unlink(session, operation.model, list(operation.ids))
    return Result(value=True)


def _create(session: Session, operation: Operation) -> tuple[int, bool]:
    """The new id; that of the record with one of the names, or of one that matches, when there is one already."""
    own = session.sudo()
    known: list[tuple[str, int]] = []
    for name, unless in names_of(operation):
        domain: list[Any] = [("module", "=", MODULE), ("name", "=", name)]
        rows = reading.read(own, "ir.model.data", reading.search(own, "ir.model.data", domain, 0, 1, None), ["res_id"])
        known.append((name, int(rows[0]["id"]) if rows else 0))
        if unless:
            everything = session.with_context(active_test=False)
            found = reading.search(everything, operation.model, plain(unless), 0, 1, None)
        else:
            found = [int(row["res_id"]) for row in rows]
        if found:
            return found[0], bool(unless)
    (made,) = writing.create(session, operation.model, [plain(operation.values)])
    for name, row in known:
        if row:
            writing.write(own, "ir.model.data", [row], {"res_id": made})
        else:
            values = {"module": MODULE, "name": name, "model": operation.model, "res_id": made}
            writing.create(own, "ir.model.data", [values])
    return made, False
