"""The one form of every answer of the API, as the seeds' API reference has it."""

from __future__ import annotations

from typing import Any

from hub.api.trace import current
from hub.errors import HubError


def success(**content: Any) -> dict[str, Any]:
    """``{"success": true, ...}`` with the content in the order given."""
    return {"success": True, **content}


def failure(error: HubError) -> dict[str, Any]:
    """The error envelope: code, message, details and the trace id to quote when asking for help."""
    return {
        "success": False,
        "error": {**error.for_callers(), "trace_id": current.get()},
    }
