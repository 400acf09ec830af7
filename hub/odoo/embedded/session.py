"""One call to the embedded Odoo: who asks, in which companies and context, over which transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hub.odoo.embedded.schema import Model, Registry


@dataclass
class Pending:
    """The event that a record will leave behind when the transaction ends."""

    event: str
    uid: int
    old: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """What every operation needs to know. Passing a changed one (``with_context``, ``sudo``) shares the transaction."""

    db: sqlite3.Connection
    registry: Registry
    uid: int
    company_ids: tuple[int, ...]
    context: Mapping[str, Any] = field(default_factory=dict)
    superuser: bool = False
    now: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"))
    pending: dict[tuple[str, int], Pending] = field(default_factory=dict)
    admin: bool = True
    """Whether the user has the group that may do everything."""

    def __getitem__(self, model: str) -> Model:
        return self.registry[model]

    @property
    def company_id(self) -> int:
        """The current company: the first of those in the context."""
        return self.company_ids[0]

    def sudo(self) -> Session:
        """The same, past access rights and company rules: for what the model itself has to do."""
        return self if self.superuser else replace(self, superuser=True)

    def with_context(self, **values: Any) -> Session:
        """The same with more context."""
        return replace(self, context={**self.context, **values})

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self.db.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self.db.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Change something."""
        self.db.execute(sql, parameters)

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Change something once for each row of parameters."""
        self.db.executemany(sql, rows)


def id_list(ids: Iterable[int]) -> str:
    """Ids as one parameter, for ``IN (SELECT value FROM json_each(?))``: the statement stays the same, and cached."""
    return json.dumps(list(ids))


IN_LIST = "(SELECT value FROM json_each(?))"
