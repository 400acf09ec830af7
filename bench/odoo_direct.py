"""The same requests straight to a real Odoo, without the hub: what its answers are held against."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

Asked = dict[str, Any]


class DirectOdoo:
    """An Odoo on this machine, by ``jsonrpc`` or ``json2``; ``place`` is what scripts/odoo19 prints."""

    def __init__(self, place: dict[str, str], transport: str) -> None:
        self.place = place
        self.transport = transport
        self.port = urlsplit(place["url"]).port or 80
        key = (place["database"], place["login"], place["api_key"])
        self.uid: int = self._ask(self._rpc("common", "login", list(key)))["result"]

    def requests(self, ids: list[int], values: dict[str, Any], fields: Sequence[str]) -> dict[str, Asked]:
        """The requests by what they do, as bench.callers takes them."""
        names = list(fields)
        domain = [["id", "in", ids]]
        return {
            "create": self._call("create", vals_list=[values]),
            "batch of 100": self._call("create", vals_list=[values] * 100),
            "search, 10 records": self._call("search_read", domain=domain, fields=names, limit=80),
            "get": self._call("read", ids=[ids[0]], fields=names),
        }

    def germany(self) -> int:
        """Its id there."""
        (found,) = self._told(self._call("search", "res.country", domain=[["code", "=", "DE"]]))
        return int(found)

    def remove(self, name: str) -> None:
        """Remove the partners of that name."""
        ids = self._told(self._call("search", domain=[["name", "=", name]]))
        for start in range(0, len(ids), 500):
            self._told(self._call("unlink", ids=ids[start : start + 500]))

    def _call(self, method: str, model: str = "res.partner", **arguments: Any) -> Asked:
        if self.transport == "json2":
            headers = {
                "Content-Type": "application/json",
                "Authorization": f"bearer {self.place['api_key']}",
                "X-Odoo-Database": self.place["database"],
            }
            return self._asked(f"/json/2/{model}/{method}", arguments, headers)
        positional = [arguments.pop(name) for name in ("ids", "vals_list") if name in arguments]
        who = [self.place["database"], self.uid, self.place["api_key"]]
        return self._rpc("object", "execute_kw", [*who, model, method, positional, arguments])

    def _rpc(self, service: str, method: str, args: list[Any]) -> Asked:
        params = {"service": service, "method": method, "args": args}
        body = {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}
        return self._asked("/jsonrpc", body, {"Content-Type": "application/json"})

    def _asked(self, path: str, body: Any, headers: dict[str, str]) -> Asked:
        told = json.dumps(body)
        return {
            "method": "POST", "path": path, "headers": headers, "body": told, "status": 200, "refused": '"error":',
        }  # fmt: skip

    def _ask(self, asked: Asked) -> Any:
        request = urllib.request.Request(
            f"{self.place['url']}{asked['path']}", asked["body"].encode(), asked["headers"]
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def _told(self, asked: Asked) -> Any:
        answer = self._ask(asked)
        return answer if self.transport == "json2" else answer["result"]
