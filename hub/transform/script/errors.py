"""How a script fails: by its own error, by a limit, by what scripts may not use, or for want of a worker.

::

    HubError
    ├── ScriptError             the script raised, or its result cannot be used
    │   ├── ScriptLimit         it took too much of something; details["limit"] names it
    │   └── ScriptUnsupported   it is not valid Python, or uses what scripts may not
    └── ScriptUnavailable       no worker could be had now (retryable)

``details["line"]`` is the script's own line, from 1, where one is known.
"""

from __future__ import annotations

from hub.errors import HubError


class ScriptError(HubError):
    """The script raised an error, or what it made is of no use; nothing a caller of the API can mend."""

    code = "SCRIPT_ERROR"


class ScriptLimit(ScriptError):
    """The script exceeded a limit: ``time``, ``memory``, ``recursion``, ``calls``, ``log``, ``output`` or ``wait``."""

    code = "SCRIPT_LIMIT"


class ScriptUnsupported(ScriptError):
    """The script cannot run at all: a syntax error, or a construct or module that scripts have not."""

    code = "SCRIPT_UNSUPPORTED"


class ScriptUnavailable(HubError):
    """All workers are busy or none can be started: the same run may work later."""

    code = "SCRIPT_UNAVAILABLE"
    status = 503
    retryable = True


def too_much(limit: str, message: str, line: int | None = None) -> ScriptLimit:
    """The ScriptLimit for one limit, with the line where it struck if that is known."""
    if line is None:
        return ScriptLimit(message, limit=limit)
    return ScriptLimit(f"Line {line}: {message}", limit=limit, line=line)
