"""The hub's side of one run: everything that a script asks for passes here, is counted, and may be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hub.errors import HubError, OdooInvalidField, OdooMissing
from hub.odoo.connection import Odoo, Record
from hub.odoo.introspect import nearest
from hub.transform.records import Describe, ids_of
from hub.transform.script.account import Account
from hub.transform.script.errors import ScriptError, ScriptLimit
from hub.transform.script.limits import Limits
from hub.transform.script.values import Exposed, Kinds, Records, for_odoo, from_sandbox, kinds_of, row_in, rows_out

MOST_NEIGHBOURS = 1000
"""Records that are read ahead at once."""

Resolve = Callable[[str], Exposed | Records | None]
"""From an external id to an object of the hub, such as a configuration; None to look in Odoo."""

Store = dict[str, dict[int, Record]]
"""Rows by model and id, as Odoo reads them."""


class Host:
    """Answers one run. Its only entry for the sandbox is :meth:`answer`, which gets and gives plain data."""

    def __init__(
        self,
        odoo: Odoo | None,
        describe: Describe | None,
        limits: Limits,
        *,
        hints: frozenset[str] = frozenset(),
        write_allowed: bool = False,
        resolve: Resolve | None = None,
        store: Store | None = None,
    ) -> None:
        self._odoo, self._describe, self._hints = odoo, describe, hints
        self._write_allowed, self._resolve = write_allowed, resolve
        self._known: Store = {}
        self._store: Store = {} if store is None else store
        self._exposed: list[Exposed] = []
        self.account = Account(limits)
        self.asked = 0
        self.failure: HubError | None = None

    # What the sandbox starts from ---------------------------------------------------------------

    def given(self, names: Mapping[str, Any]) -> dict[str, Any]:
        """What the sandbox's ``_hub_run`` takes: the names, and what is known of their records."""
        known = []
        for value in names.values():
            if isinstance(value, Records) and value.known:
                rows = self._known.setdefault(value.model, {})
                rows.update({row["id"]: {**rows.get(row["id"], {}), **row} for row in value.known})
        for model, rows in self._known.items():
            kinds = self._kinds(model, self._hints)
            known.append((model, kinds, {number: row_in(row, kinds) for number, row in rows.items()}))
        answers = {name: self._crossing(value) for name, value in names.items()}
        return {"names": answers, "known": known, "room": self.account.limits.output}

    def _crossing(self, value: Any) -> tuple[Any, ...]:
        if isinstance(value, Records):
            return ("records", value.model, list(value.ids))
        if isinstance(value, Exposed):
            self._exposed.append(value)
            attributes = {name: self._crossing(inner) for name, inner in value.attributes.items()}
            return ("exposed", len(self._exposed) - 1, value.label, attributes)
        return ("env",) if value is ENV else ("value", value)

    # The door -------------------------------------------------------------------------------------

    def answer(self, operation: str, arguments: Sequence[Any]) -> Any:
        """Carry out one request of the sandbox; what it raises is raised in the script, and remembered."""
        self.asked += 1
        handler = _HANDLERS.get(operation)
        try:
            self.account.check_time()
            if handler is None:
                raise ScriptError(f"Scripts cannot ask for `{str(operation)[:40]}`.")
            return handler(self, *from_sandbox(list(arguments)))
        except ScriptLimit as limit:
            raise TimeoutError(limit.message) from None
        except HubError as error:
            self.failure = error
            kind = AttributeError if operation == "fetch" and isinstance(error, OdooInvalidField) else RuntimeError
            raise kind(error.message) from None
        except (TypeError, ValueError, KeyError, IndexError) as error:
            self.failure = ScriptError(f"`{operation}` cannot take these arguments: {error}")
            raise RuntimeError(self.failure.message) from None

    @contextmanager
    def _call(self) -> Iterator[Odoo]:
        if self._odoo is None:
            raise ScriptError("This script runs without Odoo: `env` is not there.")
        with self.account.call():
            yield self._odoo

    # Fields ---------------------------------------------------------------------------------------

    def _fields(self, model: str) -> Mapping[str, Mapping[str, Any]]:
        if self._describe is None:
            raise ScriptError("This script runs without Odoo: records cannot be read.")
        with self.account.waiting():
            return self._describe(model)

    def _kinds(self, model: str, names: frozenset[str]) -> Kinds:
        fields = self._fields(model)
        return kinds_of(fields, (name for name in names if name in fields))

    def fetch(self, model: str, ids: list[int], name: str, context: dict[str, Any]) -> tuple[Kinds, dict[int, Any]]:
        """The field of those records and, with it, all other fields that the script may want of them."""
        fields = self._fields(model)
        if name not in fields:
            near = nearest(name, fields)
            hint = f" Did you mean `{near}`?" if near else ""
            raise OdooInvalidField(f"{model} has no field `{name}`.{hint}", field=name)
        wanted = [one for one in self._hints if one in fields and fields[one].get("type") != "binary"]
        wanted = sorted({name, *wanted} - {"id"})
        kinds = kinds_of(fields, wanted)
        held = () if context else (self._known.get(model, {}), self._store.get(model, {}))
        rows = {number: known[number] for known in reversed(held) for number in ids if name in known.get(number, {})}
        missing = [number for number in ids if number not in rows]
        if missing:
            sought = missing if context else self._with_neighbours(model, missing, name)
            with self._call() as odoo:
                found = odoo.search_read(
                    model, [("id", "in", sought)], wanted, context={**context, "active_test": False}
                )
            rows.update({row["id"]: row for row in found if row["id"] in ids})
            if not context:
                store = self._store.setdefault(model, {})
                store.update({row["id"]: {**store.get(row["id"], {}), **row} for row in found})
        for number in ids[:1]:
            if number not in rows:
                raise OdooMissing(f"The record {model}({number},) does not exist, or the hub's user may not see it.")
        return kinds, {number: row_in(row, kinds) for number, row in rows.items()}

    def _with_neighbours(self, model: str, missing: list[int], name: str) -> list[int]:
        """These records and those that the next runs of the operation will probably ask for."""
        own = self._store.get(model, {})
        sought = {*missing, *(number for number, row in own.items() if name not in row)}
        for other, rows in self._store.items():
            for field in [one for one, info in self._fields(other).items() if info.get("relation") == model]:
                for row in rows.values():
                    sought.update(number for number in ids_of(row.get(field)) if name not in own.get(number, {}))
        return sorted(sought)[:MOST_NEIGHBOURS] if len(sought) <= MOST_NEIGHBOURS else missing

    def fields_get(self, model: str, names: list[str] | None, attributes: list[str] | None) -> dict[str, Any]:
        """What the hub knows of the model's fields."""
        fields = self._fields(model)
        return {
            name: {key: value for key, value in info.items() if not attributes or key in attributes}
            for name, info in fields.items()
            if not names or name in names
        }

    def has_model(self, model: str) -> bool:
        """Whether ``env`` has that model."""
        try:
            return bool(self._fields(str(model)))
        except OdooMissing:
            return False

    # Reading --------------------------------------------------------------------------------------

    def search(self, model: str, domain: Any, offset: int, limit: int | None, order: str | None, context: Any) -> Any:
        """Ids."""
        with self._call() as odoo:
            return odoo.search(
                model, for_odoo(domain), offset=offset, limit=limit or None, order=order or None, context=context
            )

    def count(self, model: str, domain: Any, context: Any) -> int:
        """How many match."""
        with self._call() as odoo:
            return int(odoo.count(model, for_odoo(domain), context=context))

    def search_read(
        self, model: str, domain: Any, fields: Any, offset: int, limit: int | None, order: str | None, context: Any
    ) -> list[Record]:
        """Rows."""
        known = self._fields(model)
        names = list(fields or [name for name, info in known.items() if info.get("type") != "binary"])
        with self._call() as odoo:
            rows = odoo.search_read(
                model, for_odoo(domain), names, offset=offset, limit=limit or None, order=order or None, context=context
            )
        return rows_out(rows, known)

    def read(self, model: str, ids: list[int], fields: Any, context: Any) -> list[Record]:
        """Rows of those records."""
        known = self._fields(model)
        names = list(fields or [name for name, info in known.items() if info.get("type") != "binary"])
        with self._call() as odoo:
            return rows_out(odoo.read(model, ids, names, context=context), known)

    def exists(self, model: str, ids: list[int], context: Any) -> list[int]:
        """Those of the ids that exist."""
        with self._call() as odoo:
            found = set(odoo.search(model, [("id", "in", ids)], context={**context, "active_test": False}))
        return [number for number in ids if number in found]

    def user(self) -> int:
        """The id of Odoo's user that the hub acts as."""
        with self._call() as odoo:
            return int(odoo.user_id())

    def context(self) -> dict[str, Any]:
        """The connection's own context."""
        return dict(self._odoo.target.context) if self._odoo else {}

    def companies(self) -> list[int]:
        """The current company first."""
        allowed = self.context().get("allowed_company_ids")
        if allowed:
            return list(allowed)
        user = self.user()
        with self._call() as odoo:
            row = odoo.read("res.users", [user], ["company_id", "company_ids"])[0]
        own = row["company_id"][0] if row["company_id"] else 0
        return [own, *(one for one in row["company_ids"] if one != own)]

    def ref(self, xmlid: str, required: bool) -> tuple[Any, ...]:
        """The record, or object of the hub, with that external id."""
        found = self._resolve(str(xmlid)) if self._resolve else None
        if found is not None:
            return self._crossing(found)
        module, _, name = str(xmlid).partition(".")
        with self._call() as odoo:
            rows = odoo.search_read(
                "ir.model.data", [("module", "=", module), ("name", "=", name)], ["model", "res_id"], limit=1
            )
        if rows:
            return ("records", rows[0]["model"], [rows[0]["res_id"]])
        if required:
            raise OdooMissing(f"There is no record with the external id `{xmlid}` in Odoo.")
        return ("value", None)

    # Writing --------------------------------------------------------------------------------------

    @contextmanager
    def _write(self, what: str) -> Iterator[Odoo]:
        if not self._write_allowed:
            raise ScriptError(f"This script may not {what}: its configuration does not allow scripts to write to Odoo.")
        with self._call() as odoo:
            self._known.clear()
            self._store.clear()
            yield odoo

    def create(self, model: str, values: list[Any], context: Any) -> list[int]:
        """New records; their ids."""
        with self._write(f"create records of {model}") as odoo:
            return list(odoo.create(model, for_odoo(values), context=context))

    def write(self, model: str, ids: list[int], values: Any, context: Any) -> None:
        """Write the values to those records."""
        with self._write(f"write to {model}") as odoo:
            if ids:
                odoo.write(model, ids, for_odoo(values), context=context)

    def unlink(self, model: str, ids: list[int], context: Any) -> None:
        """Delete those records."""
        with self._write(f"delete records of {model}") as odoo:
            if ids:
                odoo.unlink(model, ids, context=context)

    def call(self, model: str, method: str, ids: list[int], kwargs: dict[str, Any], context: Any) -> Any:
        """Call a public method of the records."""
        if method.startswith("_"):
            raise ScriptError(f"`{method}` of {model} is private: Odoo lets nobody call it from outside.")
        with self._write(f"call `{method}` of {model}") as odoo:
            return odoo.call(model, method, ids, for_odoo(kwargs), context=context)

    # The hub's own --------------------------------------------------------------------------------

    def invoke(self, key: int, method: str, args: list[Any], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Call a method of an exposed object."""
        exposed = self._exposed[key]
        if method not in exposed.methods:
            raise ScriptError(f"{exposed.label} has no method `{method}`.")
        with self.account.waiting():
            return self._crossing(exposed.methods[method](*args, **kwargs))

    def log(self, level: int, logger: str, message: str) -> None:
        """Keep one line."""
        self.account.log(level, logger, message)


ENV: Any = object()
"""Handed in, it becomes the script's ``env``."""

_HANDLERS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        *(Host.fetch, Host.fields_get, Host.has_model, Host.search, Host.count, Host.search_read, Host.read),
        *(Host.exists, Host.user, Host.context, Host.companies, Host.ref, Host.create, Host.write, Host.unlink),
        *(Host.call, Host.invoke, Host.log),
    )
}
