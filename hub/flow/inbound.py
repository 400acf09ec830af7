"""What an external system asks of Odoo: create, update, delete, get, list and search by one plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from hub.errors import InvalidInput, Misconfigured, NotFound, OdooMissing
from hub.flow.options import Options
from hub.flow.plan import InboundPlan
from hub.odoo import domain as domains
from hub.odoo.connection import Odoo, Record
from hub.transform import records
from hub.transform.kinds import kind_of
from hub.transform.mapping import FieldMap
from hub.transform.path import ABSENT
from hub.transform.rule import Rule

MAX_LIMIT = 1000
ID = Rule("id", "id")
WRITE_DATE = Rule("write_date", "write_date")


class Inbound:
    """One caller's access to one model of one Odoo. Every answer is the content of the seeds' envelope.

    Raises only HubErrors: InvalidInput before Odoo is called where the rule is the hub's own,
    Odoo's refusals with the caller's field names where they can be told.
    """

    def __init__(self, plan: InboundPlan, odoo: Odoo, describe: records.Describe) -> None:
        self.plan = plan
        self.odoo = odoo
        self.describe = describe
        fields = describe(plan.model)
        self.map = FieldMap.bind(plan.model, plan.rules, fields, reject_unmapped=plan.reject_unmapped, find=self._find)

    def create(self, body: Any) -> dict[str, Any]:
        """Create a record from ``data``; answers ``id`` and ``data`` (the ``return_fields``, or the id alone)."""
        data, options = self._read(body, allowed=("return_fields",))
        values = self.map.inward(data, complete=True)
        wanted = self._rules(options.return_fields, "return_fields")
        (record_id,) = self.odoo.create(self.plan.model, [values])
        return {"id": record_id, "data": self._one(record_id, wanted) if wanted else {"id": record_id}}

    def update(self, record_id: int, body: Any) -> dict[str, Any]:
        """Write ``data`` to a record; with ``partial_update: false`` the data replaces all of it:
        what is required must be there, and what is left out becomes its default or empty.
        """
        data, options = self._read(body, allowed=("return_fields", "partial_update"))
        values = self.map.inward(data, complete=not options.partial_update)
        if not options.partial_update:
            values = self.map.emptied(data) | values
        if not values:
            raise InvalidInput("`data` names no field to update.", field="data", value=None, constraint="required")
        wanted = self._rules(options.return_fields, "return_fields")
        self._must_exist(record_id)
        self.odoo.write(self.plan.model, [record_id], values)
        told = self._one(record_id, [*wanted, WRITE_DATE])
        answer = {"id": record_id, "updated_fields": self.map.named(data), "write_date": told["write_date"]}
        if wanted:
            answer["data"] = {
                key: value for key, value in told.items() if key in {rule.external_key for rule in wanted}
            }
        return answer

    def delete(self, record_id: int, body: Any) -> dict[str, Any]:
        """Delete a record, or archive it with ``archive_instead``."""
        options = Options.of(_object(body, "The body").get("options"), allowed=("archive_instead",))
        self._must_exist(record_id)
        if options.archive_instead:
            if "active" not in self.map.fields:
                raise InvalidInput(
                    f"{self.plan.model} cannot be archived: it has no field `active`. Delete it instead.",
                    field="options.archive_instead",
                    value=True,
                    constraint="unsupported",
                )
            self.odoo.write(self.plan.model, [record_id], {"active": False})
            return {"message": "Record archived successfully", "id": record_id}
        self.odoo.unlink(self.plan.model, [record_id])
        return {"message": "Record deleted successfully", "id": record_id}

    def get(self, record_id: int, fields: str = "") -> dict[str, Any]:
        """One record with all mapped fields, or with those named."""
        return {"id": record_id, "data": self._one(record_id, self._chosen(fields))}

    def search(self, query: Mapping[str, str], texts: Sequence[str]) -> dict[str, Any]:
        """Records that match ``domain``, with the total as ``count``; ``limit``, ``offset``, ``order``, ``fields``."""
        domain = self.domain(texts)
        limit = _number(query, "limit", 80, MAX_LIMIT)
        offset = _number(query, "offset", 0, 2**31)
        records = self._many(
            domain, self._chosen(query.get("fields", "")), limit=limit, offset=offset, order=self._order(query)
        )
        counted = limit and len(records) < limit and (records or not offset)
        total = offset + len(records) if counted else self.odoo.count(self.plan.model, domain)
        return {"count": total, "records": records}

    def page(
        self, query: Mapping[str, str], texts: Sequence[str], *, limit: int, offset: int
    ) -> tuple[list[Record], int]:
        """A page of records and how many there are in all."""
        domain = self.domain(texts)
        total = self.odoo.count(self.plan.model, domain)
        chosen = self._chosen(query.get("fields", ""))
        return self._many(domain, chosen, limit=limit, offset=offset, order=self._order(query)), total

    def domain(self, texts: Sequence[str]) -> list[Any]:
        """The caller's domain in Odoo's own field names; raises InvalidInput for a field that is not exposed."""
        given = [text for text in texts if text.strip()]
        if not given:
            return []
        parsed = domains.parse(given[0] if len(given) == 1 else f"[{','.join(given)}]")
        return [item if isinstance(item, str) else self._leaf(*item) for item in parsed]

    def _leaf(self, name: Any, operator: str, value: Any) -> Any:
        if not isinstance(name, str):
            return name, operator, value  # Odoo's (1, '=', 1) and (0, '=', 1): always and never
        if operator in ("any", "not any"):
            raise InvalidInput(
                f"The operator `{operator}` is not offered here. Search by the fields that are mapped.",
                field=name,
                value=operator,
                constraint="operator",
            )
        rule = self.map.rule_for(name, "domain")
        return rule.path, operator, self._sought(rule, name, value)

    def _sought(self, rule: Rule, name: str, value: Any) -> Any:
        """The value to search for, in Odoo's form: a caller writes it as it sends and gets it."""
        if rule.kind == "constant":
            raise InvalidInput(
                f"`{name}` is always the same, so it cannot be searched by.", field=name, constraint="constant"
            )
        if rule.kind not in ("table", "date"):
            return value
        kind, info = kind_of(rule.kind), self.map.fields[rule.root]
        convert = partial(kind.inward, info=info, name=name, options=rule.options, find=self._find)
        return [convert(one) for one in value] if isinstance(value, list) else convert(value) if value else value

    def _read(self, body: Any, allowed: tuple[str, ...]) -> tuple[dict[str, Any], Options]:
        body = _object(body, "The body")
        for key in body:
            if key not in ("data", "options"):
                raise InvalidInput(
                    f"The body holds `data` and `options`, not `{key}`. Put the record's fields into `data`.",
                    field=key,
                    constraint="unknown_field",
                )
        if "data" not in body:
            raise InvalidInput(
                "`data` is missing: the record's fields go there.", field="data", value=None, constraint="required"
            )
        return _object(body["data"], "`data`"), Options.of(body.get("options"), allowed=allowed)

    def _chosen(self, fields: str) -> Sequence[Rule]:
        names = [name.strip() for name in fields.split(",") if name.strip()]
        return self._rules(names, "fields") if names else [ID, *self.map.readable()]

    def _rules(self, names: Sequence[str], parameter: str) -> list[Rule]:
        rules = [self.map.rule_for(name, parameter) for name in dict.fromkeys(names)]
        return [ID, *(rule for rule in rules if rule != ID)] if rules else []

    def _order(self, query: Mapping[str, str]) -> str | None:
        parts = [part.split() for part in query.get("order", "").split(",") if part.strip()]
        for part in parts:
            if len(part) > 2 or (len(part) == 2 and part[1].lower() not in ("asc", "desc")):
                raise InvalidInput(
                    "`order` takes field names, each with asc or desc: name desc,id",
                    field="order",
                    value=query["order"][:100],
                    constraint="format",
                )
        return ", ".join(" ".join([self.map.rule_for(name, "order").odoo_field, *how]) for name, *how in parts) or None

    def _must_exist(self, record_id: int) -> None:
        # Odoo itself passes over a write to a record that is gone, or that this user may not see.
        if not self.odoo.count(self.plan.model, [("id", "=", record_id)], context={"active_test": False}):
            raise self._missing(record_id)

    def _one(self, record_id: int, rules: Sequence[Rule]) -> dict[str, Any]:
        try:
            (record,) = self._complete(
                self.odoo.read(self.plan.model, [record_id], records.roots(rule.path for rule in rules)), rules
            )
        except (OdooMissing, ValueError):
            raise self._missing(record_id) from None
        return self._outward(record, rules)

    def _many(self, domain: Sequence[Any], rules: Sequence[Rule], **page: Any) -> list[dict[str, Any]]:
        names = records.roots(rule.path for rule in rules)
        found = self.odoo.search_read(self.plan.model, domain, names, **page) if page["limit"] else []
        return [self._outward(record, rules) for record in self._complete(found, rules)]

    def _complete(self, found: Sequence[Record], rules: Sequence[Rule]) -> Sequence[Record]:
        return records.complete(self.odoo, self.plan.model, found, [rule.path for rule in rules], self.describe)

    def _find(self, model: str, field: str, value: Any) -> list[int]:
        if field not in self.describe(model):
            raise Misconfigured(f"A related record is looked up by `{field}`, which {model} has not.", field=field)
        return self.odoo.search(model, [(field, "=", value)], limit=2)

    def _outward(self, record: Record, rules: Sequence[Rule]) -> dict[str, Any]:
        return self.map.outward(
            record, [replace(rule, required=False, default=ABSENT, skip_empty=False) for rule in rules]
        )

    def _missing(self, record_id: int) -> NotFound:
        return NotFound(f"There is no {self.plan.model} with id {record_id}.", model=self.plan.model, id=record_id)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidInput(
            f'{name} must be a JSON object, such as {{"data": {{...}}}}.'
            if name == "The body"
            else f"{name} must be a JSON object.",
            field=name.strip("`"),
            value=type(value).__name__,
            constraint="type",
        )
    return value


def _number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= most):
        raise InvalidInput(
            f"`{name}` must be a whole number from 0 to {most}.", field=name, value=text[:40], constraint="range"
        )
    return int(text)
