"""A loopback server that says what an Odoo, or what stands in front of one, says."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

from hub.odoo.connection import Target
from hub.odoo.json2 import Json2Odoo
from hub.odoo.jsonrpc import JsonRpcOdoo
from hub.odoo.remote import RemoteOdoo
from tests.hub.wire import Server

CANARY = "canary-5ecret-value"
"""The password and the key of every connection here: it must not be seen in any error."""

TRANSPORTS: list[type[RemoteOdoo]] = [JsonRpcOdoo, Json2Odoo]


def connection(kind: type[RemoteOdoo], url: str, **more: Any) -> RemoteOdoo:
    """A connection with the canary for every secret."""
    return kind(Target(url, "db", "admin", CANARY, CANARY, read_timeout=10.0, **more))


def http(body: bytes | str, status: str = "200 OK", headers: str = "") -> bytes:
    """An answer as it goes over the wire."""
    data = body.encode() if isinstance(body, str) else body
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n{headers}\r\n".encode() + data


def fault(name: str, message: str, debug: str = "") -> dict[str, Any]:
    """Odoo's five facts about a failure."""
    return {"name": name, "message": message, "debug": debug, "arguments": [message], "context": {}}


def jsonrpc(**result_or_error: Any) -> bytes:
    """A JSON-RPC answer with that ``result`` or ``error``."""
    return http(json.dumps({"jsonrpc": "2.0", "id": 1, **result_or_error}))


def failing(kind: type[RemoteOdoo], data: dict[str, Any], status: str = "422 Unprocessable Entity") -> bytes:
    """The same failure as each transport gets it."""
    if kind is Json2Odoo:
        return http(json.dumps(data), status)
    return jsonrpc(error={"code": 0, "message": "Odoo Server Error", "data": data})


def odoo(answer: bytes | Callable[[dict[str, Any]], bytes]) -> Callable[[Server, socket.socket], None]:
    """Log everybody in as user 2; answer anything else with ``answer``."""

    def behave(server: Server, wire: socket.socket) -> None:
        while request := server.read(wire):
            body = json.loads(request.partition(b"\r\n\r\n")[2] or b"{}")
            if body.get("params", {}).get("method") == "login":
                wire.sendall(jsonrpc(result=2))
            else:
                wire.sendall(answer if isinstance(answer, bytes) else answer(body))

    return behave
