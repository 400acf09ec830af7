"""What one run of a script may take."""

from __future__ import annotations

from dataclasses import dataclass

MAX_SOURCE = 100_000
"""Characters of a script; a longer one is refused before it is parsed."""


@dataclass(frozen=True)
class Limits:
    """The limits of one run; exceeding one raises ScriptLimit, which names it.

    ``seconds`` is the script's own time, ``wait_seconds`` all of it with the waiting for Odoo. ``memory`` is in
    bytes, ``recursion`` in nested calls, ``calls`` in calls to Odoo, ``log`` in characters of all logged and
    printed lines, ``output`` in bytes, roughly, of the result or of one call's arguments.
    """

    seconds: float = 2.0
    memory: int = 64 * 1024 * 1024
    recursion: int = 400
    calls: int = 100
    log: int = 64 * 1024
    output: int = 4 * 1024 * 1024
    wait_seconds: float = 30.0
