"""What both transports to a real Odoo share: the interface's methods, each as one named call."""

from __future__ import annotations

import random
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, TypeVar

from hub.errors import OdooError, OdooInvalidField, OdooLocked, OdooMissing, OdooProtocol
from hub.odoo import batch, version
from hub.odoo.address import identity
from hub.odoo.answer import check
from hub.odoo.channel import Answer, Channel
from hub.odoo.connection import (
    Context,
    Domain,
    LoadResult,
    Mode,
    Odoo,
    Operation,
    Record,
    Result,
    Target,
    Values,
    Version,
)
from hub.odoo.faults import Call, unknown_field
from hub.odoo.files import MARK, Framed, Unframed
from hub.odoo.introspect import Introspection, nearest
from hub.odoo.values import plain
from hub.redact import redact_text

_Kind = TypeVar("_Kind")

LOCKED_WAITS = (0.1, 0.3, 0.9)
"""Seconds, more or less, before a call is made again whose records others were changing."""

REPEATABLE = frozenset(
    {
        "search",
        "search_read",
        "search_count",
        "read",
        "fields_get",
        "name_search",
        "default_get",
        "context_get",
        "has_access",
        "check_access_rights",
        "read_group",
        "formatted_read_group",
    }
)
"""Methods that change nothing, so that a lost call may be repeated."""

SHORTEST_SECRET = 6
"""A shorter password is not hidden in Odoo's messages: "admin" is a word of them."""


class RemoteOdoo(Odoo):
    """A real Odoo over HTTP. A transport adds how one call is carried, and who the user is."""

    def __init__(self, target: Target) -> None:
        super().__init__(target)
        self._channel = Channel(target)
        self._context = plain(dict(target.context))
        self._version: Version | None = None
        self._lock = threading.RLock()
        self._introspection = Introspection(self)

    @abstractmethod
    def _carry(self, call: Call, context: Mapping[str, Any]) -> Any:
        """Have Odoo do ``call``; raises only errors of the hub's Odoo branch."""

    def version(self) -> Version:
        if self._version is None:
            self._version = version.ask(self._channel)
        return self._version

    def search(
        self,
        model: str,
        domain: Domain = (),
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context | None = None,
    ) -> list[int]:
        args = {"domain": list(domain), **_page(offset, limit, order)}
        return _ids(self._do(Call(model, "search", None, args), context))

    def search_read(
        self,
        model: str,
        domain: Domain = (),
        fields: Sequence[str] = (),
        *,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
        context: Context | None = None,
    ) -> list[Record]:
        args = {"domain": list(domain), "fields": list(fields) or ["id"], **_page(offset, limit, order)}
        return _records(self._do(Call(model, "search_read", None, args), context))

    def count(self, model: str, domain: Domain = (), *, context: Context | None = None) -> int:
        return _of(int, self._do(Call(model, "search_count", None, {"domain": list(domain)}), context))

    def read(
        self,
        model: str,
        ids: Sequence[int],
        fields: Sequence[str] = (),
        *,
        context: Context | None = None,
    ) -> list[Record]:
        # Odoo hands back any id that is read alone; only another field makes it look whether the record exists.
        alone = set(fields) <= {"id"}
        asked = ["display_name"] if alone else list(fields)
        records = _records(self._do(Call(model, "read", list(ids), {"fields": asked}), context))
        missing = set(ids) - {record["id"] for record in records}
        if missing:
            listed = ", ".join(str(number) for number in sorted(missing)[:10])
            raise OdooMissing(f"{model} has no record {listed} (any more).", model=model)
        return [{"id": record["id"]} for record in records] if alone else records

    def create(self, model: str, values: Sequence[Values], *, context: Context | None = None) -> list[int]:
        if not values:
            return []
        ids = _ids(self._do(Call(model, "create", None, {"vals_list": [dict(row) for row in values]}), context))
        if len(ids) != len(values):
            raise _strange()
        return ids

    def write(self, model: str, ids: Sequence[int], values: Values, *, context: Context | None = None) -> None:
        self._do(Call(model, "write", list(ids), {"vals": dict(values)}), context)

    def unlink(self, model: str, ids: Sequence[int], *, context: Context | None = None) -> None:
        self._do(Call(model, "unlink", list(ids)), context)

    def call(
        self,
        model: str,
        method: str,
        ids: Sequence[int] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        context: Context | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        inner = named.pop("context", None) or {}
        result = self._do(Call(model, method, list(ids) or None, named), {**inner, **(context or {})})
        return _ids(result) if method == "create" else result

    def batch(
        self, operations: Sequence[Operation], mode: Mode = "all", *, context: Context | None = None
    ) -> list[Result]:
        if not operations:
            return []
        try:
            results = batch.carry_out(self, operations, mode, context=context)
        except OdooInvalidField as error:
            raise self._suggest(error) from None
        return [
            Result(error=self._suggest(one.error)) if isinstance(one.error, OdooInvalidField) else one
            for one in results
        ]

    def write_file(
        self,
        model: str,
        record_id: int,
        field: str,
        source: IO[bytes],
        size: int,
        values: Values | None = None,
        *,
        context: Context | None = None,
    ) -> None:
        vals = {field: MARK, **plain({key: value for key, value in (values or {}).items() if key != field})}
        call = Call(model, "write", [record_id], {"vals": vals})
        path, frame, headers = self._asked(call, {**self._context, **plain(dict(context or {}))})
        with self._hiding():
            answer = self._channel.post_file(path, Framed(frame, source, size), headers)
            check(answer, self._channel.address)
            self._result(answer, call)

    @contextmanager
    def read_file(
        self, model: str, record_id: int, field: str, *, context: Context | None = None
    ) -> Iterator[Iterator[bytes] | None]:
        call = Call(model, "read", [record_id], {"fields": [field]})
        path, body, headers = self._asked(call, {**self._context, **plain(dict(context or {}))})
        with self._channel.stream(path, body, headers) as (head, pieces):
            content = Unframed(pieces, field)
            if content.whole is None:
                yield iter(content)
                return
            answer = Answer(head.status, head.headers, content.whole)
            with self._hiding():
                check(answer, self._channel.address)
                found = self._result(answer, call)
            if not found:
                raise OdooMissing(f"{model} has no record {record_id} (any more).", model=model)
            yield None

    @abstractmethod
    def _asked(self, call: Call, context: Mapping[str, Any]) -> tuple[str, bytes, dict[str, str]]:
        """The path, the JSON body and the headers of a call."""

    @abstractmethod
    def _result(self, answer: Answer, call: Call) -> Any:
        """What an answer says; raises Odoo's error."""

    def load(
        self,
        model: str,
        fields: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        context: Context | None = None,
    ) -> LoadResult:
        args = {"fields": list(fields), "data": [list(row) for row in rows]}
        result = _of(dict, self._do(Call(model, "load", None, args), context))
        ids = result.get("ids")
        return LoadResult(_ids(ids) if ids else None, _records(result.get("messages") or [], key="message"))

    def fields_get(
        self,
        model: str,
        attributes: Sequence[str] = ("type", "string", "required", "readonly", "relation", "store"),
        *,
        context: Context | None = None,
    ) -> dict[str, dict[str, Any]]:
        call = Call(model, "fields_get", None, {"attributes": list(attributes)})
        found = _of(dict, self._do(call, context))
        if not all(isinstance(field, dict) for field in found.values()):
            raise _strange()
        return found

    def identity(self) -> str:
        return identity(self.target.url, self.target.database)

    def close(self) -> None:
        self._channel.close()

    def _do(self, call: Call, context: Context | None) -> Any:
        asked = Call(call.model, call.method, call.ids, plain(call.args))
        merged = {**self._context, **plain(dict(context or {}))}
        try:
            with self._hiding():
                return self._patiently(lambda: self._carry(asked, merged))
        except OdooInvalidField as error:
            if call.method != "fields_get":  # which suggestions are made from
                raise self._suggest(error) from None
            raise

    @staticmethod
    def _patiently(carry: Callable[[], Any]) -> Any:
        """Once more where others changed the same records meanwhile: Odoo has tried five times by then, all at once."""
        for wait in LOCKED_WAITS:
            try:
                return carry()
            except OdooLocked:
                time.sleep(wait * (0.5 + random.random()))
        return carry()

    @contextmanager
    def _hiding(self) -> Iterator[None]:
        """No error shows the connection's secrets."""
        try:
            yield
        except OdooError as error:
            _hide(error, (self.target.password, self.target.api_key))
            raise

    def _suggest(self, error: OdooInvalidField) -> OdooInvalidField:
        """The same error with the name that was probably meant; best effort, for the error itself matters more."""
        try:
            fields: Iterable[str] = self._introspection.fields(error.details["model"])
        except OdooError:
            return error
        name = error.details["field"]
        found = unknown_field(error.details["model"], name, nearest(name, fields))
        found.details |= {key: value for key, value in error.details.items() if key == "index"}
        found.odoo_name = error.odoo_name
        return found


def _page(offset: int, limit: int | None, order: str | None) -> dict[str, Any]:
    """Only what is set: Odoo's own defaults hold for the rest."""
    asked = {"offset": offset, "limit": limit, "order": order}
    return {name: value for name, value in asked.items() if value}


def _hide(error: OdooError, secrets: Sequence[str]) -> None:
    """Take the connection's secrets out of a message that some server made of them."""
    longer = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]
    error.message = redact_text(error.message, longer)
    error.args = (error.message,)
    error.details = {
        name: redact_text(value, longer) if isinstance(value, str) else value for name, value in error.details.items()
    }


def _of(kind: type[_Kind], result: Any) -> _Kind:
    if not isinstance(result, kind) or isinstance(result, bool):
        raise _strange()
    return result


def _ids(result: Any) -> list[int]:
    if isinstance(result, int) and not isinstance(result, bool):
        return [result]
    if not isinstance(result, list) or not all(isinstance(item, int) for item in result):
        raise _strange()
    return result


def _records(result: Any, key: str = "id") -> list[Record]:
    if not isinstance(result, list) or not all(isinstance(item, dict) and key in item for item in result):
        raise _strange()
    return result


def _strange() -> OdooProtocol:
    return OdooProtocol("Odoo's answer does not have the form that this call has. Is it really an Odoo?")
