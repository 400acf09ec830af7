"""Odoo and the sandbox as value types and scripts may use them, for one operation: a request, a batch, a preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hub.errors import Misconfigured
from hub.odoo.connection import Odoo, Record
from hub.odoo.introspect import nearest
from hub.transform import script
from hub.transform.records import Describe, ids_of
from hub.transform.script import Limits, LogLine
from hub.transform.services import Rate

NOT_MADE = 0
"""The id of a record that a dry run would have created."""


class Live:
    """What was asked once is remembered for the operation. ``logs`` is what its scripts said.

    ``dry``: nothing is written; what would be is noted in ``withheld``.
    """

    def __init__(
        self,
        odoo: Odoo,
        describe: Describe,
        *,
        write_allowed: bool = False,
        dry: bool = False,
        limits: Limits | None = None,
    ) -> None:
        self.odoo = odoo
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
        (made,) = self.odoo.create(model, [values])
        self._found.clear()  # the next row with the same value must find it
        return made

    def write(self, model: str, record_id: int, values: Mapping[str, Any]) -> None:
        """Change a record; not in a dry run."""
        if self.dry:
            self.withheld.append(f"{model} {record_id} would be changed: {dict(values)}")
            return
        self.odoo.write(model, [record_id], values)

    def related(self, model: str, record_id: int, field: str, names: Sequence[str]) -> list[Record]:
        """The records that a relation of one record holds."""
        relation = str(self.describe(model)[field]["relation"])
        (record,) = self.odoo.read(model, [record_id], [field])
        ids = ids_of(record[field])
        return self.odoo.read(relation, ids, names) if ids else []

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
