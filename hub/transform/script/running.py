"""Running, evaluating and checking scripts: what ``hub.transform.script`` offers."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.odoo.connection import Odoo
from hub.transform.records import Describe
from hub.transform.script.account import LogLine
from hub.transform.script.compiled import Compiled, compiled
from hub.transform.script.errors import ScriptError, ScriptUnsupported
from hub.transform.script.host import ENV, Host, Resolve, Store
from hub.transform.script.limits import Limits
from hub.transform.script.lint import Problem, parse, problems
from hub.transform.script.pool import Pool, shared
from hub.transform.script.session import WorkerDied
from hub.transform.script.values import Exposed

DEFAULT = Limits()
_SELF = Exposed("self", {"env": ENV})


@dataclass(frozen=True)
class Outcome:
    """What a run gave: its result as plain data (record sets as Records), its log, its calls to Odoo, seconds."""

    result: Any
    logs: list[LogLine] = field(default_factory=list)
    calls: int = 0
    elapsed: float = 0.0


def run(
    script: str,
    names: Mapping[str, Any],
    odoo: Odoo | None = None,
    describe: Describe | None = None,
    *,
    limits: Limits = DEFAULT,
    write_allowed: bool = False,
    resolve: Resolve | None = None,
    pool: Pool | None = None,
    store: Store | None = None,
) -> Outcome:
    """Run ``script`` in the sandbox with ``names`` (plain data, Records, Exposed) and, always, ``env``.

    The result is what the script assigned to ``result``, else its last expression, else, where it only defines a
    function of one argument and ``value`` is among the names, what that function makes of ``value``. ``resolve``
    answers ``env.ref`` before Odoo does. ``store`` holds rows for several runs of one operation: what one of them
    reads, the next need not, and it is read for all records in the store at once.

    Raises ScriptUnsupported for what cannot run, ScriptLimit for too much of something, ScriptError for the script's
    own errors, all with the script's line; ScriptUnavailable and retryable errors of Odoo as they are. The error's
    ``logs`` attribute holds what was logged until then.
    """
    given = {"env": ENV, "self": _SELF, **names}
    return _run(compiled(script, frozenset(given)), given, odoo, describe, limits, write_allowed, resolve, pool, store)


def evaluate(
    expression: str,
    names: Mapping[str, Any] | None = None,
    odoo: Odoo | None = None,
    describe: Describe | None = None,
    *,
    limits: Limits = DEFAULT,
    pool: Pool | None = None,
) -> Any:
    """The value of one expression, such as a filter domain; ``datetime``, ``date`` and ``timedelta`` are there."""
    given = {"env": ENV, **(names or {})}
    ready = compiled(expression, frozenset(given), expression=True)
    return _run(ready, given, odoo, describe, limits, False, None, pool, None).result


def check(script: str, names: Collection[str] | None = None, *, expression: bool = False) -> list[Problem]:
    """What keeps ``script`` from running, by line; empty when nothing does. It is not run.

    With ``names``, those that a run will hand in, a name that nothing defines is a problem too.
    """
    tree, found = parse(f"({script.strip()}\n)" if expression else script)
    if tree is not None:
        found = problems(tree, names)
    if found:
        return found
    try:
        ready = compiled(script, frozenset({"env", "self", *(names or ())}), expression)
        with shared().session(ready, DEFAULT):
            return []
    except ScriptUnsupported as error:
        line = int(error.details.get("line", 1))
        return [Problem(line, error.message.removeprefix("The script cannot run. ").removeprefix(f"Line {line}: "))]


def _run(
    ready: Compiled,
    names: Mapping[str, Any],
    odoo: Odoo | None,
    describe: Describe | None,
    limits: Limits,
    write_allowed: bool,
    resolve: Resolve | None,
    pool: Pool | None,
    store: Store | None,
) -> Outcome:
    started = time.perf_counter()
    pool = pool or shared()
    for again in (False, True):
        host = Host(
            odoo, describe, limits, hints=ready.hints, write_allowed=write_allowed, resolve=resolve, store=store
        )
        try:
            with pool.session(ready, limits, fresh=again) as session:
                result = session.run(host, names)
            return Outcome(result, host.account.logs, host.account.calls, time.perf_counter() - started)
        except WorkerDied as error:
            # A worker that was killed while idle is replaced unseen; one that had begun to act is not run again.
            if again or host.asked:
                raise ScriptError("The worker that ran the script died. Its calls to Odoo are not undone.") from error
        except Exception as error:
            error.logs = host.account.logs  # type: ignore[attr-defined]
            raise
    raise AssertionError("unreachable")
