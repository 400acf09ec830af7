"""Scripts of business users, run in Monty: no file, no network, no host; record sets and ``env`` as in Odoo.

::

    outcome = run("result = records.mapped('name')", {"records": Records("res.partner", [7])}, odoo, describe)
    domain = evaluate("[('create_date', '>=', datetime.now() - timedelta(days=7))]")
    problems = check("import os")
"""

from __future__ import annotations

from hub.transform.script.account import LogLine
from hub.transform.script.errors import ScriptError, ScriptLimit, ScriptUnavailable, ScriptUnsupported
from hub.transform.script.limits import Limits
from hub.transform.script.lint import Problem
from hub.transform.script.running import Outcome, check, evaluate, run
from hub.transform.script.values import Exposed, Records

__all__ = [
    "Exposed",
    "Limits",
    "LogLine",
    "Outcome",
    "Problem",
    "Records",
    "ScriptError",
    "ScriptLimit",
    "ScriptUnavailable",
    "ScriptUnsupported",
    "check",
    "evaluate",
    "run",
]
