"""A Postman collection of what somebody may use, which runs from top to bottom and cleans up behind itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from syncconfig.api.access import CHOOSER
from syncconfig.api.contract.components import NEEDS, Json
from syncconfig.api.contract.operations import BASE
from syncconfig.api.contract.payloads import payload
from syncconfig.api.contract.resources import Resource

FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
ABOUT = """\
Set the variable `token` to a token of your API client, and run the collection from top to bottom: it creates records
with names of their own, changes, finds and deletes them.
"""


def collection(resources: Sequence[Resource], server: str) -> Json:
    """The collection, format 2.1. It holds no secret: the variable ``token`` is empty."""
    folders = [_folder(one) for one in resources if one.flow is not None]
    return {
        "info": {"name": "Sync Hub", "description": ABOUT, "schema": FORMAT},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}]},
        "variable": [
            {"key": "base_url", "value": server, "type": "string"},
            {"key": "token", "value": "", "type": "string"},
        ],
        "item": [_request("What you may use", "GET", "", 200), *folders],
    }


class Steps:
    """The requests of one configuration. Ids travel from one to the next in variables of the collection."""

    def __init__(self, one: Resource) -> None:
        self.one = one
        self.methods = set(one.methods)
        self.match = one.flow.plan.match if one.flow is not None else ()
        self.made = f"{one.code}_id"
        self.batched = f"{one.code}_batch_id"

    def every(self) -> list[Json]:
        """All of them, in order; records are changed only where the collection made them itself."""
        found = [self.request("Fields", "GET", "/schema", 200)]
        if "POST" in self.methods:
            found += self._made()
        if "GET" in self.methods:
            found += self._read()
        if "POST" in self.methods:
            found += self._many()
            found += self._gone(self.made, "Delete") + self._gone(self.batched, "Delete what the batch made")
        return found

    def request(self, name: str, method: str, rest: str, status: int, body: Any = None, *tests: str) -> Json:
        """A request on the configuration's model."""
        found = _request(name, method, f"{self.one.configuration.model}{rest}", status, body, *tests)
        found["request"]["header"].append({"key": CHOOSER, "value": self.one.code})
        return found

    def _data(self) -> Json:
        assert self.one.flow is not None
        return payload(self.one.parts, self.one.flow.odoo, self.match)

    def _made(self) -> list[Json]:
        found = [
            self.request("Create", "POST", "", 201, {"data": self._data()}, keep(self.made, "pm.response.json().id"))
        ]
        if "GET" in self.methods:
            same = f"pm.expect(pm.response.json().id).to.eql(Number(pm.collectionVariables.get('{self.made}')))"
            found.append(
                self.request("Get", "GET", f"/{{{{{self.made}}}}}", 200, None, test("it is that record", same))
            )
        change = self._change()
        if change:
            found += [
                self.request(f"Update ({method})", method, f"/{{{{{self.made}}}}}", 200, {"data": change})
                for method in ("PUT", "PATCH")
                if method in self.methods
            ]
        return found

    def _change(self) -> Json:
        """One key with another value; all of them where none stands for itself."""
        data = self._data()
        for key, value in data.items():
            alone = self.one.parts.below[key].row is not None and isinstance(value, str | bool | int | float)
            if alone and key not in self.match:
                return {key: value}
        return data

    def _read(self) -> list[Json]:
        total = "pm.expect(pm.response.json().count).to.be.at.least(pm.response.json().records.length)"
        domain = f'[["id", "=", {{{{{self.made}}}}}]]' if "POST" in self.methods else '[["id", ">", 0]]'
        found = [
            self.request(
                "Search", "GET", f"/search?domain={domain}&limit=10", 200, None, test("count is the total", total)
            ),
            self.request("List", "GET", "?page=1&per_page=10", 200),
        ]
        if "POST" not in self.methods:
            first = "(pm.response.json().data[0] || {}).id"
            found[-1] = self.request("List", "GET", "?page=1&per_page=10", 200, None, keep(self.made, first))
            found.append(self.request("Get", "GET", f"/{{{{{self.made}}}}}", 200))
        return found

    def _many(self) -> list[Json]:
        operations: list[Any] = [{"method": "create", "data": self._data()}]
        change = self._change()
        if NEEDS["update"] & self.methods and change:
            operations.append({"method": "update", "id": f"<<{self.made}>>", "data": change})
        kept = keep(self.batched, "pm.response.json().results[0].id")
        found = [self.request("Batch", "POST", "/batch", 200, {"operations": operations}, kept)]
        if self.one.configuration.records_path:
            found += self._intake()
        return found

    def _intake(self) -> list[Json]:
        body: Any = [self._data()]
        for step in reversed(self.one.configuration.records_path.split(".")):
            body = {step: body}
        name = f"{self.one.code}_intake_id"
        kept = keep(name, "pm.response.json().results[0].id")
        return [
            _request("What a third party posts", "POST", f"in/{self.one.code}", 200, body, kept),
            *self._gone(name, "Delete what came so"),
        ]

    def _gone(self, variable: str, name: str) -> list[Json]:
        if "DELETE" not in self.methods:
            return []
        return [self.request(name, "DELETE", f"/{{{{{variable}}}}}", 200)]


def _folder(one: Resource) -> Json:
    about = f"{one.configuration.name}: {one.configuration.model}. {', '.join(one.methods)}."
    if "POST" not in one.methods and set(one.methods) - {"GET"}:
        about += " Nothing is changed here, for the collection cannot make a record of its own."
    return {"name": one.configuration.name, "description": about, "item": Steps(one).every()}


def _request(name: str, method: str, path: str, status: int, body: Any = None, *tests: str) -> Json:
    checks = [
        test(f"status {status}", f"pm.response.to.have.status({status})"),
        test("success", "pm.expect(pm.response.json().success).to.be.true"),
        *tests,
    ]
    request: Json = {"method": method, "header": [], "url": _url(path)}
    if body is not None:
        text = json.dumps(body, indent=2, ensure_ascii=False)
        text = text.replace('"<<', "{{").replace('>>"', "}}")  # a number, not a text
        request["header"].append({"key": "Content-Type", "value": "application/json"})
        request["body"] = {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}
    script = {"type": "text/javascript", "exec": checks}
    return {"name": name, "event": [{"listen": "test", "script": script}], "request": request}


def _url(path: str) -> Json:
    way, mark, query = path.partition("?")
    steps = [one for one in f"{BASE}/{way}".split("/") if one]
    raw = f"{{{{base_url}}}}{BASE}/{path}"
    found: Json = {"raw": raw, "host": ["{{base_url}}"], "path": steps if way else [*steps, ""]}
    if mark:
        pairs = [one.partition("=") for one in query.split("&")]
        found["query"] = [{"key": key, "value": value} for key, _, value in pairs]
    return found


def test(name: str, code: str) -> str:
    """A line of JavaScript that Postman counts as a test."""
    return f"pm.test({json.dumps(name)}, () => {{ {code}; }});"


def keep(variable: str, code: str) -> str:
    """A line that keeps a value for the requests after it."""
    return f"pm.collectionVariables.set({json.dumps(variable)}, {code});"
