"""An embedded Odoo that counts its calls, and a shorter way to run a script on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hub.odoo.connection import Context, Target
from hub.odoo.embedded import EmbeddedOdoo
from hub.odoo.embedded.session import Session
from hub.odoo.introspect import Introspection
from hub.transform.script import Outcome, Records, run


class CountingOdoo(EmbeddedOdoo):
    """The embedded Odoo; ``calls`` counts its transactions."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self.calls = 0
        self.describe = Introspection(self).fields

    @contextmanager
    def session(self, context: Context | None = None, *, write: bool = False) -> Iterator[Session]:
        self.calls += 1
        with super().session(context, write=write) as session:
            yield session


def result(odoo: CountingOdoo, script: str, ids: Sequence[int] = (), model: str = "res.partner", **more: Any) -> Any:
    """What the script makes of those records."""
    return outcome(odoo, script, ids, model, **more).result


def outcome(
    odoo: CountingOdoo,
    script: str,
    ids: Sequence[int] = (),
    model: str = "res.partner",
    names: Mapping[str, Any] | None = None,
    **options: Any,
) -> Outcome:
    """The same with its log and its calls."""
    given = {"records": Records(model, ids), "model": model, "request_data": {"ref": "A1"}, **(names or {})}
    return run(script, given, odoo, odoo.describe, **options)
