"""One warm worker of Monty that holds one script: it is fed the script once, then runs it again and again.

Nothing of a run stays for the next: the script is one function, and the prelude forgets all records.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic_monty import (
    Monty,
    MontyComplete,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySession,
    MontySyntaxError,
    OSPolicy,
)

from hub.transform.script.compiled import MAIN, Compiled
from hub.transform.script.errors import ScriptError, ScriptUnsupported, too_much
from hub.transform.script.host import Host
from hub.transform.script.limits import Limits
from hub.transform.script.prelude import PRELUDE
from hub.transform.script.values import from_sandbox
from hub.transform.script.vocabulary import REFUSAL

_FEED = f"_hub_run({MAIN}, _hub_given)"
_SCRIPT = "<python-input-1>"
SUSPENSIONS = 100_000_000
"""Requests of a session to the host: the host counts and times those of each run itself."""

_LIMITS = (
    ("TimeoutError", "time limit exceeded", "time"),
    ("MemoryError", "memory limit", "memory"),
    ("RecursionError", "", "recursion"),
    ("OverflowError", "_hub output", "output"),
)


_SENTENCES = (
    (
        "cannot suspend in this synchronous",
        "A function that is handed to another one cannot read from Odoo. Read before.",
    ),
    ("exceptions can only be called with", "Raise errors with one text, as in `raise UserError('No VAT number')`."),
)
"""What the interpreter says of its own gaps, and what to do about them."""

_POLICY: OSPolicy = {"sleep": "zero", "timezone": "utc"}
"""No script holds up a worker by sleeping; ``datetime.now()`` is UTC, as on Odoo's server."""


def image(monty: Monty) -> bytes:
    """A worker's state with the prelude in it, which loads three times as fast as the prelude itself."""
    with monty.checkout(os_policy=_POLICY) as session:
        session.feed_run(PRELUDE)
        return session.dump()


class WorkerDied(Exception):
    """The worker is gone; ``started`` tells whether the script may have begun."""


class Session:
    """A worker with one script in it; used by one thread at a time. Close it after any error."""

    def __init__(self, monty: Monty, prelude: bytes, script: Compiled, limits: Limits) -> None:
        self.script = script
        self.limits = limits
        self.runs = 0
        self._checkout = monty.checkout(
            limits={
                "max_feed_duration_secs": limits.seconds,
                "max_memory": limits.memory,
                "max_recursion_depth": limits.recursion,
                "max_suspensions": SUSPENSIONS,
            },
            os_policy=_POLICY,
            assert_message_annotations=False,
        )
        self._monty: MontySession = self._checkout.__enter__()
        try:
            self._monty.load_session(prelude)
            self._monty.feed_run(script.code)
        except BaseException as error:
            self.close()
            if isinstance(error, MontyCrashedError):
                raise WorkerDied from error
            if isinstance(error, MontyRuntimeError | MontySyntaxError):
                raise self._refused(error) from error
            raise

    def run(self, host: Host, names: Mapping[str, Any]) -> Any:
        """The script's result; raises ScriptError, a retryable error of Odoo as it is, or WorkerDied."""
        self.runs += 1
        given = host.given({name: value for name, value in names.items() if name in self.script.names})
        try:
            answer = self._drive(host, given)
        except MontyCrashedError as error:
            if error.timed_out:
                raise self._time() from error
            raise WorkerDied from error
        except MontyRuntimeError as error:
            raise self._failure(error, host) from (host.failure or error)
        except MontyError as error:
            raise ScriptError(f"The values for the script cannot be handed to it: {error}") from error
        host.account.finish()
        return from_sandbox(answer)

    @property
    def worker(self) -> int | None:
        """The worker's process id."""
        return self._monty.worker_pid

    def _drive(self, host: Host, given: Mapping[str, Any]) -> Any:
        """Step from request to request: a script that catches the error of a limit is left standing at its next one."""
        step: Any = self._monty.feed_start(
            _FEED,
            inputs={"_hub_given": given},
            external_lookup={"_hub_host": host.answer},
            print_callback=host.account.printed,
        )
        while not isinstance(step, MontyComplete):
            host.account.settle()
            step = step.resume_auto()
        return step.output

    def close(self) -> None:
        """Give the worker back."""
        try:
            self._checkout.__exit__(None, None, None)
        except MontyError:
            pass  # the worker is dead already, which the pool has seen

    # Errors ---------------------------------------------------------------------------------------

    def _line(self, error: MontyRuntimeError | MontySyntaxError) -> int | None:
        frames = [frame for frame in error.traceback() if frame.filename == _SCRIPT]
        return self.script.line(frames[-1].line, frames[-1].column) if frames else None

    def _refused(self, error: MontyRuntimeError | MontySyntaxError) -> ScriptError:
        line = self._line(error) or 1
        message = error.display("msg").replace("The monty syntax parser does not yet support", "Scripts do not support")
        return ScriptUnsupported(f"The script cannot run. Line {line}: {message}", line=line)

    def _time(self) -> ScriptError:
        return too_much("time", f"The script ran longer than {self.limits.seconds:g} s.")

    def _failure(self, error: MontyRuntimeError, host: Host) -> Exception:
        kind, _, message = error.display("type-msg").partition(": ")
        line = self._line(error)
        exceeded = host.account.exceeded
        if exceeded is not None:
            return too_much(str(exceeded.details["limit"]), exceeded.message, line)
        for name, part, limit in _LIMITS:
            if kind == name and part in message:
                return too_much(limit, self._limit_message(limit), line)
        failure = host.failure
        if failure is not None and message == failure.message:
            return _of_host(failure, line)
        for part, sentence in _SENTENCES:
            message = sentence if part in message else message
        if message.startswith(REFUSAL):
            kind, message = "UserError", message.removeprefix(REFUSAL)
        where = f"Line {line}" if line else "The script"
        text = self.script.text(line) if line else ""
        shown = f"{kind}: {message[:1000]}" if message else kind
        return ScriptError(
            f"{where}: {shown}" + (f" (`{text[:120]}`)" if text else ""), line=line, kind=kind, said=message[:1000]
        )

    def _limit_message(self, limit: str) -> str:
        limits = self.limits
        return {
            "time": f"The script ran longer than {limits.seconds:g} s.",
            "memory": f"The script used more than {limits.memory // 1024 // 1024} MB of memory.",
            "recursion": f"The script's functions call each other more than {limits.recursion} deep.",
            "output": f"A value that the script hands over is larger than {limits.output:,} bytes.",
        }[limit]


def _of_host(failure: Any, line: int | None) -> Exception:
    """An error that the hub or Odoo raised while it answered; what a retry mends stays what it is."""
    if failure.retryable:
        failure.details.setdefault("line", line)
        return failure  # type: ignore[no-any-return]
    where = f"Line {line}: " if line else ""
    return ScriptError(f"{where}{failure.message}", **{**failure.details, "line": line, "cause": failure.code})
