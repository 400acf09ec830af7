"""Asking a server for its version, which needs no login and works the same on 15 and on 22."""

from __future__ import annotations

import json
import re
from typing import Any

from hub.errors import OdooError, OdooProtocol
from hub.odoo.answer import check
from hub.odoo.channel import Channel
from hub.odoo.connection import Version

_QUESTION = json.dumps(
    {"jsonrpc": "2.0", "method": "call", "id": 1, "params": {"service": "common", "method": "version", "args": []}}
).encode()


def ask(channel: Channel) -> Version:
    """The version: from ``/web/version`` (19 and later), else by JSON-RPC. Raises as the channel does."""
    answer = channel.get("/web/version")
    if answer.status == 200:
        text = _field(answer.body, "version")
        if text:
            return parse(text)
    answer = channel.post("/jsonrpc", _QUESTION, {}, repeatable=True)
    check(answer, channel.address)
    result = _field(answer.body, "result")
    text = result.get("server_version") if isinstance(result, dict) else None
    if not text:
        raise _unknown(f"{channel.address} does not tell its version. Is it the address of an Odoo?")
    return parse(text)


def parse(text: Any) -> Version:
    """A version from its text: ``19.0``, ``saas~18.2+e``, ``17.0-20240101``."""
    found = re.search(r"(\d+)\.(\d+)", str(text)[:100])
    if not found:
        raise _unknown("The server tells a version that is not one of Odoo's.")
    return Version(int(found[1]), int(found[2]), str(text)[:100])


def _field(body: bytes, name: str) -> Any:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data.get(name) if isinstance(data, dict) else None


def _unknown(message: str) -> OdooError:
    return OdooProtocol(message)
