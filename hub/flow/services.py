"""Odoo and the sandbox as value types and scripts may use them, for one operation: a request, a batch, a preview."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hub.errors import Misconfigured, OdooAccess
from hub.flow.sight import Sight
from hub.odoo.connection import Odoo, Record, Version
from hub.odoo.introspect import nearest
from hub.transform import script
from hub.transform.records import Describe, ids_of
from hub.transform.script import Limits, LogLine
from hub.transform.services import Rate

RENAMED = Version(19, 0)
"""Since then ``default_get`` calls its argument ``fields``; JSON-2 knows arguments by name alone."""

BASE = "properties.base.definition"
"""The model that defines the properties of records without a parent, such as contacts."""

NOT_MADE = 0
"""The id of a record that a dry run would have created."""


class Live:
    """What was asked once is remembered for the operation. ``logs`` is what its scripts said.

    ``dry``: nothing is written; what would be is noted in ``withheld``. ``one_company``: its caller links to nothing
    that the company of the connection's context does not see.
    """

    def __init__(
        self,
        odoo: Odoo,
        describe: Describe,
        *,
        write_allowed: bool = False,
        dry: bool = False,
        limits: Limits | None = None,
        one_company: bool = False,
    ) -> None:
        self.odoo = odoo
        self.sight = Sight(self.there, describe) if one_company else None
        self.describe = describe
        self.dry = dry
        self.logs: list[LogLine] = []
        self.withheld: list[str] = []
        self.write_allowed = write_allowed and not dry
        self.event: Mapping[str, Any] = {}
        self._limits = limits or Limits()
        self._found: dict[tuple[str, str, Any], list[int]] = {}
        self._rates: dict[tuple[str | int, str], Rate] = {}
        self._currency: int | None = None
        self._rows: dict[str, dict[int, Record]] = {}
        self._held: dict[tuple[str, str], dict[int, frozenset[int]]] = {}
        self._there: dict[str, dict[int, bool]] = {}
        self._properties: dict[tuple[str, str], dict[int, Sequence[Mapping[str, Any]] | None]] = {}
        self._defaults: dict[tuple[str, tuple[str, ...]], Mapping[str, Any]] = {}

    def again(self) -> Live:
        """The same for another thread, with a log of its own."""
        made = Live(self.odoo, self.describe, write_allowed=self.write_allowed, dry=self.dry, limits=self._limits)
        made.event = self.event
        return made

    def know(self, model: str, rows: Iterable[Record]) -> None:
        """Take note of records that were read: scripts need not ask for them again."""
        self._rows.setdefault(model, {}).update((row["id"], row) for row in rows)

    def find(self, model: str, field: str, value: Any) -> list[int]:
        """The ids of the active records that have the value; two at the most."""
        known = self.describe(model)
        if field.partition(".")[0] not in known:
            near = nearest(field, known)
            hint = f" Did you mean `{near}`?" if near else ""
            raise Misconfigured(
                f"A related record is looked up by `{field}`, which {model} has not.{hint}", field=field
            )
        key = (model, field, value)
        if key not in self._found:
            self._found[key] = self.odoo.search(model, [(field, "=", value)], limit=2)
        return self._found[key]

    def look_ahead(self, model: str, field: str, values: Iterable[Any]) -> None:
        """Find the records of many values at once, so that each ``find`` after it costs nothing."""
        wanted = [value for value in values if (model, field, value) not in self._found]
        if not wanted or field not in self.describe(model):
            return
        found: dict[Any, list[int]] = {value: [] for value in wanted}
        for row in self.odoo.search_read(model, [(field, "in", wanted)], [field]):
            if row[field] in found and len(found[row[field]]) < 2:
                found[row[field]].append(row["id"])
        self._found.update({(model, field, value): ids for value, ids in found.items()})

    def create(self, model: str, values: Mapping[str, Any]) -> int:
        """The id of a new record; NOT_MADE in a dry run."""
        if self.dry:
            self.withheld.append(f"A new record of {model} would be created: {dict(values)}")
            return NOT_MADE
        if self.sight is not None:
            self.sight.check(model, values)
        (made,) = self.odoo.create(model, [values])
        self._found.clear()  # the next row with the same value must find it
        return made

    def write(self, model: str, record_id: int, values: Mapping[str, Any]) -> None:
        """Change a record; not in a dry run."""
        if self.dry:
            self.withheld.append(f"{model} {record_id} would be changed: {dict(values)}")
            return
        if self.sight is not None:
            self.sight.check(model, values)
        self.odoo.write(model, [record_id], values)

    def related(self, model: str, record_id: int, field: str, names: Sequence[str]) -> list[Record]:
        """The records that a relation of one record holds."""
        relation = str(self.describe(model)[field]["relation"])
        (record,) = self.odoo.read(model, [record_id], [field])
        ids = ids_of(record[field])
        return self.odoo.read(relation, ids, names) if ids else []

    def held(self, model: str, record_id: int, field: str) -> Collection[int]:
        """The ids that a list of one record holds."""
        known = self._held.setdefault((model, field), {})
        if record_id not in known:
            known[record_id] = self._lists(model, [field], [record_id])[field].get(record_id, frozenset())
        return known[record_id]

    def hold_ahead(self, model: str, names: Sequence[str], ids: Iterable[int]) -> None:
        """Ask for lists of many records at once, so that ``held`` costs nothing; what was known before is forgotten.

        A record that is gone holds nothing.
        """
        for name, lists in self._lists(model, names, ids).items():
            self._held[(model, name)] = lists

    def _lists(self, model: str, names: Sequence[str], ids: Iterable[int]) -> dict[str, dict[int, frozenset[int]]]:
        columns = self._columns(model, names, ids)
        return {name: {one: frozenset(ids_of(held)) for one, held in lists.items()} for name, lists in columns.items()}

    def _columns(self, model: str, names: Sequence[str], ids: Iterable[int]) -> dict[str, dict[int, Any]]:
        """What the records hold in these fields, field by field."""
        wanted, found = sorted(set(ids)), []
        if wanted and names:
            found = self.odoo.search_read(model, [("id", "in", wanted)], list(names), context={"active_test": False})
        return {name: {record["id"]: record[name] for record in found} for name in names}

    def there(self, model: str, ids: Sequence[int]) -> Collection[int]:
        """Those of the ids that are of records."""
        known = self._there.setdefault(model, {})
        asked = sorted(set(ids) - set(known))
        if asked:
            found = set(self.odoo.search(model, [("id", "in", asked)], context={"active_test": False}))
            known.update((one, one in found) for one in asked)
        return [one for one in ids if known[one]]

    def properties(self, model: str, field: str, record_id: int) -> Sequence[Mapping[str, Any]]:
        """The properties that one record has, or defines."""
        return self._defined(model, field, record_id) or []

    def _defined(self, model: str, field: str, record_id: int) -> Sequence[Mapping[str, Any]] | None:
        """None where there is no such record."""
        known = self._properties.setdefault((model, field), {})
        if record_id not in known:
            held = self._columns(model, [field], [record_id])[field]
            known[record_id] = (held[record_id] or []) if record_id in held else None
        return known[record_id]

    def note_properties(self, model: str, field: str, record_id: int, now: Sequence[Mapping[str, Any]]) -> None:
        """What they are about to be."""
        self._properties.setdefault((model, field), {})[record_id] = now

    def properties_ahead(self, model: str, names: Sequence[str], ids: Iterable[int]) -> None:
        """Ask for the properties of many records at once; what was known before is forgotten."""
        for name, lists in self._columns(model, names, ids).items():
            self._properties[(model, name)] = {one: held or [] for one, held in lists.items()}

    def definition(self, model: str, field: str, values: Mapping[str, Any]) -> Sequence[Mapping[str, Any]] | None:
        """What the parent in the values defines, else the one that Odoo gives by default."""
        fields = self.describe(model)
        leads, holds = (str(fields[field].get(one) or "") for one in ("definition_record", "definition_record_field"))
        if leads not in fields or not holds:
            return None  # such as in Odoo 15 and 16, which do not tell
        relation = str(fields[leads]["relation"])
        try:
            parents = self._parents(model, field, leads, values)
            if not parents:
                return [] if parents is not None else None
            return self._defined(relation, holds, parents[0])
        except OdooAccess:
            return None

    def _parents(self, model: str, field: str, leads: str, values: Mapping[str, Any]) -> list[int] | None:
        """The record, if there is one, that defines the properties; None where Odoo computes which it is."""
        info = self.describe(model)[leads]
        if leads in values:
            return ids_of(values[leads])
        if info["relation"] == BASE:
            about = [("properties_field_id.model", "=", model), ("properties_field_id.name", "=", field)]
            return self.odoo.search(BASE, about, limit=1) or None
        given = ids_of(self.defaults(model, [leads]).get(leads))
        return None if info.get("depends") and not given else given

    def defaults(self, model: str, names: Sequence[str]) -> Mapping[str, Any]:
        """Odoo's ``default_get``, asked once for the operation."""
        key = (model, tuple(names))
        if key not in self._defaults:
            word = "fields" if self.odoo.version() >= RENAMED else "fields_list"
            found = self.odoo.call(model, "default_get", kwargs={word: list(names)}) if names else {}
            self._defaults[key] = found if isinstance(found, dict) else {}
        return self._defaults[key]

    def rate(self, currency: str | int, day: str | None) -> Rate:
        """The last rate up to that day, else the first one, else 1: as Odoo's own conversion takes it."""
        day = day or datetime.now(UTC).date().isoformat()
        key = (currency, day)
        if key not in self._rates:
            self._rates[key] = self._rate(currency, day)
        return self._rates[key]

    def _rate(self, currency: str | int, day: str) -> Rate:
        found = self.odoo.search_read(
            "res.currency",
            [("name" if isinstance(currency, str) else "id", "=", currency)],
            ["name", "decimal_places"],
            context={"active_test": False},
            limit=1,
        )
        if not found:
            raise Misconfigured(f"Odoo has no currency {currency}. Write a code such as USD or EUR.")
        own: list[Any] = [("currency_id", "=", found[0]["id"])]
        rates = self.odoo.search_read(
            "res.currency.rate", [*own, ("name", "<=", day)], ["rate"], order="name desc, id desc", limit=1
        ) or self.odoo.search_read("res.currency.rate", own, ["rate"], order="name, id", limit=1)
        value = Decimal(str(rates[0]["rate"])) if rates and rates[0]["rate"] else Decimal(1)
        return Rate(str(found[0]["name"]), value, int(found[0]["decimal_places"]))

    def company_currency(self) -> int:
        """The currency of the company in the connection's context, else of the hub's user."""
        if self._currency is None:
            chosen = dict(self.odoo.target.context).get("allowed_company_ids")
            company = chosen[0] if chosen else None
            if company is None:
                (user,) = self.odoo.read("res.users", [self.odoo.user_id()], ["company_id"])
                company = ids_of(user["company_id"])[0]
            (row,) = self.odoo.read("res.company", [company], ["currency_id"])
            self._currency = ids_of(row["currency_id"])[0]
        return self._currency

    def script(self, source: str, names: Mapping[str, Any]) -> Any:
        """What the script gives; its log is kept, also when it fails."""
        try:
            outcome = script.run(
                source,
                {"event": dict(self.event), **names},
                self.odoo,
                self.describe,
                limits=self._limits,
                write_allowed=self.write_allowed,
                store=self._rows,
            )
        except Exception as error:
            self.logs += getattr(error, "logs", [])
            raise
        self.logs += outcome.logs
        return outcome.result
