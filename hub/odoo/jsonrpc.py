"""The transport for Odoo 15 to 21: JSON-RPC by odoorpc, with a password or an API key."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.request import Request

import odoorpc

from hub.errors import OdooAuthentication, OdooError, OdooProtocol
from hub.odoo.answer import check
from hub.odoo.channel import Answer, Channel
from hub.odoo.connection import Target
from hub.odoo.faults import Call, Fault, translate
from hub.odoo.remote import REPEATABLE, RemoteOdoo

# odoorpc logs each request at DEBUG, password included.
logging.getLogger("odoorpc.rpc.jsonrpclib").addFilter(lambda record: False)

_NO_IDS = "ids, args = args[0], args[1:]"
"""The line of Odoo's that fails when a method on records is called as if it were the model's."""


class _Opener:
    """What odoorpc opens its requests with: our channel in place of urllib's connection per call."""

    def __init__(self, channel: Channel, *, repeatable: bool) -> None:
        self._channel = channel
        self._repeatable = repeatable

    def open(self, request: Request, timeout: float | None = None) -> io.BytesIO:
        """Send odoorpc's request; the channel keeps the time, so ``timeout`` is not needed."""
        body = request.data if isinstance(request.data, bytes) else b""
        answer = self._channel.post("/jsonrpc", body, {}, repeatable=self._repeatable)
        check(answer, self._channel.address)
        if answer.status != HTTPStatus.OK:
            raise OdooProtocol(f"{self._channel.address} answered HTTP {answer.status} without Odoo's reason.")
        return io.BytesIO(answer.body)


class JsonRpcOdoo(RemoteOdoo):
    """``execute_kw`` on ``/jsonrpc``; the user's id is asked for once and remembered."""

    transport: ClassVar[str] = "jsonrpc"
    label: ClassVar[str] = "JSON-RPC (Odoo 15 to 21, password or API key)"

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._user: int | None = None
        self._on_records: set[tuple[str, str]] = set()
        self._clients = {repeatable: self._client(repeatable) for repeatable in (True, False)}

    def user_id(self) -> int:
        with self._lock:
            if self._user is None:
                self._user = self._login()
            return self._user

    def _client(self, repeatable: bool) -> odoorpc.ODOO:
        address = self._channel.address
        return odoorpc.ODOO(
            address.host,
            "jsonrpc+ssl" if address.secure else "jsonrpc",
            address.port,
            version="known",
            opener=_Opener(self._channel, repeatable=repeatable),
        )

    def _login(self) -> int:
        login, secret = self.target.login, self._secret
        if not login or not secret:
            raise OdooAuthentication("JSON-RPC needs a login, and a password or an API key.")
        found = self._ask("common", "login", [self.target.database, login, secret], Call("res.users", "login"), True)
        if found is False:
            raise OdooAuthentication(
                "Odoo refused the login or key of this connection. Check its login, password and API key."
            )
        if not isinstance(found, int):
            raise OdooProtocol("Odoo's answer to the login is no user id.")
        return found

    @property
    def _secret(self) -> str:
        return self.target.api_key or self.target.password

    def _carry(self, call: Call, context: Mapping[str, Any]) -> Any:
        named = {**call.args, "context": context}
        first = _POSITIONAL.get(call.method)
        args = [named.pop(first)] if first in named else []
        key = (call.model, call.method)
        if call.ids is not None or key in self._on_records:
            return self._execute(call, [list(call.ids or ()), *args], named)
        try:
            return self._execute(call, args, named)
        except _CalledWithoutIds:
            self._on_records.add(key)
            return self._execute(call, [[], *args], named)

    def _asked(self, call: Call, context: Mapping[str, Any]) -> tuple[str, bytes, dict[str, str]]:
        named = {**call.args, "context": context}
        first = _POSITIONAL.get(call.method)
        args = [list(call.ids or ()), *([named.pop(first)] if first in named else [])]
        params = [self.target.database, self.user_id(), self._secret, call.model, call.method, args, named]
        asked = {"service": "object", "method": "execute_kw", "args": params}
        body = {"jsonrpc": "2.0", "method": "call", "params": asked, "id": 1}
        return "/jsonrpc", json.dumps(body).encode(), {}

    def _result(self, answer: Answer, call: Call) -> Any:
        try:
            data = json.loads(answer.body)
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict) or data.get("jsonrpc") != "2.0":
            raise OdooProtocol(f"The answer of {self._channel.address} is not Odoo's JSON, or was cut off.")
        if "error" in data:
            raise _translated(data["error"], call)
        return data.get("result")

    def _execute(self, call: Call, args: list[Any], named: dict[str, Any]) -> Any:
        user = self.user_id()
        params = [self.target.database, user, self._secret, call.model, call.method, args, named]
        try:
            return self._ask("object", "execute_kw", params, call, call.method in REPEATABLE)
        except OdooAuthentication:
            self._user = None
            raise

    def _ask(self, service: str, method: str, args: list[Any], call: Call, repeatable: bool) -> Any:
        try:
            data = self._clients[repeatable].json("/jsonrpc", {"service": service, "method": method, "args": args})
            if data["jsonrpc"] != "2.0" or data["id"] is None:
                raise ValueError("not JSON-RPC")
            return data.get("result")  # absent when the method returned None, before 19
        except odoorpc.error.RPCError as error:
            raise _translated(error.info, call) from None
        except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
            raise OdooProtocol(f"The answer of {self._channel.address} is not Odoo's JSON, or was cut off.") from None


_POSITIONAL = {
    "search": "domain",
    "search_read": "domain",
    "search_count": "domain",
    "create": "vals_list",
    "write": "vals",
}
"""First arguments whose names differ between versions, or in models of others: these go by position."""


class _CalledWithoutIds(OdooError):
    """Odoo wanted ids first: nothing was done, and the same call may be made on no records."""


def _translated(info: Any, call: Call) -> OdooError:
    data = info.get("data") if isinstance(info, dict) else None
    if not isinstance(data, dict):
        return OdooProtocol("Odoo answered with an error of an unknown form.")
    fault = Fault.of(data)
    if call.ids is None and fault.short == "IndexError" and _NO_IDS in fault.debug:
        return _CalledWithoutIds(fault.message, fault.name)
    return translate(fault, call)
