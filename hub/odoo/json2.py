"""The transport for Odoo 19 and later: JSON-2, with a bearer API key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from hub.errors import OdooAuthentication, OdooProtocol
from hub.odoo.answer import check
from hub.odoo.channel import Answer
from hub.odoo.connection import Target
from hub.odoo.faults import Call, Fault, translate
from hub.odoo.remote import REPEATABLE, RemoteOdoo


class Json2Odoo(RemoteOdoo):
    """``POST /json/2/<model>/<method>`` with named arguments; the key names the user."""

    transport: ClassVar[str] = "json2"
    label: ClassVar[str] = "JSON-2 (Odoo 19 and later, API key)"

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._user: int | None = None

    def user_id(self) -> int:
        if self._user is None:
            found = self._do(Call("res.users", "context_get"), None)
            user = found.get("uid") if isinstance(found, dict) else None
            if not isinstance(user, int):
                raise OdooProtocol("Odoo does not tell which user the API key belongs to.")
            self._user = user
        return self._user

    def _carry(self, call: Call, context: Mapping[str, Any]) -> Any:
        path, body, headers = self._asked(call, context)
        answer = self._channel.post(path, body, headers, repeatable=call.method in REPEATABLE)
        check(answer, self._channel.address)
        return self._result(answer, call)

    def _asked(self, call: Call, context: Mapping[str, Any]) -> tuple[str, bytes, dict[str, str]]:
        body: dict[str, Any] = {**call.args, "context": context}
        if call.ids is not None:
            body["ids"] = call.ids
        path = f"/json/2/{quote(call.model, safe='')}/{quote(call.method, safe='')}"
        return path, json.dumps(body).encode(), self._headers()

    def _headers(self) -> dict[str, str]:
        key, database = self.target.api_key, self.target.database
        if not key:
            raise OdooAuthentication(
                "JSON-2 needs an API key. Make one in Odoo, in the user's preferences.", field="api_key"
            )
        if not (key.isascii() and key.isprintable() and database.isascii() and database.isprintable()):
            raise OdooAuthentication("The API key or the database name holds characters that no header can carry.")
        return {"Authorization": f"bearer {key}"} | ({"X-Odoo-Database": database} if database else {})

    def _result(self, answer: Answer, call: Call) -> Any:
        try:
            data = json.loads(answer.body)
        except (ValueError, RecursionError):
            raise OdooProtocol(f"The answer of {self._channel.address} is not JSON, or was cut off.") from None
        if 200 <= answer.status < 300:
            return data
        if not isinstance(data, dict) or "name" not in data:
            raise OdooProtocol(f"{self._channel.address} answered HTTP {answer.status} without Odoo's reason.")
        raise translate(Fault.of(data), call)
