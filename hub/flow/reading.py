"""What a caller may read: one record, a page, or those that match a domain in its own terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from hub.errors import InvalidInput, NotFound, OdooAccess, OdooMissing
from hub.flow import parameters
from hub.flow.plan import InboundPlan
from hub.flow.scripting import Incomings
from hub.flow.services import Live
from hub.odoo import domain as domains
from hub.odoo.connection import Odoo, Record
from hub.transform import records
from hub.transform.expanding import expanded
from hub.transform.kinds import Bound
from hub.transform.mapping import FieldMap
from hub.transform.rule import Rule
from hub.transform.services import Incoming
from hub.transform.sought import sought

MAX_LIMIT = 1000
ID = Rule("id", "id")


def bind(plan: InboundPlan, describe: records.Describe) -> FieldMap:
    """The plan's mapping, held against an Odoo; raises Misconfigured."""
    return FieldMap.bind(plan.model, plan.rules, describe, reject_unmapped=plan.reject_unmapped)


class Reading:
    """One caller's access to one model of one Odoo, for reading. Raises only HubErrors."""

    def __init__(
        self,
        plan: InboundPlan,
        odoo: Odoo,
        describe: records.Describe,
        *,
        dry: bool = False,
        request: Mapping[str, Any] | None = None,
        mapping: FieldMap | None = None,
        one_company: bool = False,
    ) -> None:
        """``mapping``: the plan's, where it was held against this Odoo before. ``one_company``: as Live takes it."""
        self.plan = plan
        self.odoo = odoo
        self.describe = describe
        self.services = Live(odoo, describe, write_allowed=plan.scripts.may_write, dry=dry, one_company=one_company)
        self.scripts = Incomings(plan.scripts, self.services, plan.model, request or {})
        self.map = (mapping or bind(plan, describe)).serving(self.services)

    def get(self, record_id: int, query: Mapping[str, str]) -> dict[str, Any]:
        """One record with all mapped fields, or with those of ``fields``; relations of ``expand`` with their names."""
        return {"id": record_id, "data": self.one(record_id, self._chosen(query))}

    def search(self, query: Mapping[str, str], texts: Sequence[str]) -> dict[str, Any]:
        """Records that match ``domain``, with the total as ``count``; ``limit``, ``offset``, ``order``, ``fields``."""
        domain = self.domain(texts)
        limit = _number(query, "limit", 80, MAX_LIMIT)
        offset = _number(query, "offset", 0, 2**31)
        records = self._many(domain, self._chosen(query), limit=limit, offset=offset, order=self._order(query))
        counted = limit and len(records) < limit and (records or not offset)
        total = offset + len(records) if counted else self.odoo.count(self.plan.model, domain)
        return {"count": total, "records": records}

    def page(
        self, query: Mapping[str, str], texts: Sequence[str], *, limit: int, offset: int
    ) -> tuple[list[Record], int]:
        """A page of records and how many there are in all."""
        domain = self.domain(texts)
        total = self.odoo.count(self.plan.model, domain)
        chosen = self._chosen(query)
        return self._many(domain, chosen, limit=limit, offset=offset, order=self._order(query)), total

    def domain(self, texts: Sequence[str]) -> list[Any]:
        """The caller's domain in Odoo's own field names; raises InvalidInput for a field that is not exposed."""
        parsed = parameters.domain_of(texts, self._type_of)
        return domains.converted(parsed, self._leaf)

    def _type_of(self, name: str) -> str:
        """The type of what is searched by an external key; text where the mapping converts what a caller writes."""
        row = self.map.row_for(name, "domain")
        return "char" if row.out.converts_search else str(row.end["type"])

    def _leaf(self, name: str, operator: str, value: Any) -> list[Any]:
        if operator in ("any", "not any"):
            raise InvalidInput(
                f"The operator `{operator}` is not offered here. Search by the fields that are mapped.",
                field=name,
                value=operator,
                constraint="operator",
            )
        row = self.map.row_for(name, "domain")
        return domains.shown(row.out.search_field(row), operator, self._sought(row, name, operator, value))

    def _sought(self, row: Bound, name: str, operator: str, value: Any) -> Any:
        """The value to search for, in Odoo's form: a caller writes it as it sends and gets it."""
        if not row.out.searchable:
            raise InvalidInput(
                f"`{name}` is made by the mapping ({row.kind.label}), so it cannot be searched by.",
                field=name,
                constraint=row.kind.key,
            )
        if not row.out.converts_search or "like" in operator:
            info = records.end_of(self.plan.model, row.out.search_field(row), self.describe)
            return sought(value, operator, info, name)
        convert = partial(row.kind.inward, row=row, incoming=Incoming({}))
        if isinstance(value, list):
            return [convert(one) for one in value]
        return convert(value) if value else value or False

    def _chosen(self, query: Mapping[str, str]) -> Sequence[Bound]:
        names = named(query.get("fields", ""))
        rows = self.rows(names, "fields") if names else [self._id, *filter(_is_light, self.map.readable)]
        return self._expanded(rows, query.get("expand", ""))

    def _expanded(self, rows: Sequence[Bound], expand: str) -> Sequence[Bound]:
        names = named(expand)
        for name in names:
            self.map.row_for(name, "expand")
        return expanded(rows, names) if names else rows

    def rows(self, names: Sequence[str], parameter: str) -> list[Bound]:
        rows = [self.map.row_for(name, parameter) for name in dict.fromkeys(names)]
        return [self._id, *(row for row in rows if row.rule != ID)] if rows else []

    @cached_property
    def _id(self) -> Bound:
        return self.map.binder.one(ID)

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
        return (
            ", ".join(" ".join([self._sortable(self.map.row_for(name, "order")), *how]) for name, *how in parts) or None
        )

    def _sortable(self, row: Bound) -> str:
        if not row.out.searchable:
            raise InvalidInput(
                f"`{row.name}` is made by the mapping ({row.kind.label}), so records cannot be ordered by it.",
                field="order",
                value=row.name,
                constraint=row.kind.key,
            )
        if "." in row.rule.odoo_field or not row.info.get("sortable", True):
            raise InvalidInput(
                f"Odoo cannot order records by `{row.name}`, for it keeps no column of it. Order by a plain field.",
                field="order",
                value=row.name,
                constraint="sortable",
            )
        return row.rule.odoo_field

    def one(self, record_id: int, rows: Sequence[Bound]) -> dict[str, Any]:
        try:
            found = self.odoo.read(self.plan.model, [record_id], self.map.fields_to_read(rows))
            (record,) = self.map.complete(self.odoo, found, rows)
        except (OdooMissing, ValueError):
            raise self.missing(record_id) from None
        except OdooAccess:
            if not self.odoo.count(self.plan.model, [("id", "=", record_id)], context={"active_test": False}):
                raise self.missing(record_id) from None  # for this user there is none, as a search says, too
            raise
        return self._outward([record], rows)[0]

    def several(self, ids: Sequence[int], rows: Sequence[Bound]) -> list[dict[str, Any]]:
        """Those of the records that exist."""
        found = self.odoo.search_read(
            self.plan.model,
            [("id", "in", list(ids))],
            self.map.fields_to_read(rows),
            context={"active_test": False},
        )
        return self._outward(self.map.complete(self.odoo, found, rows), rows)

    def _many(self, domain: Sequence[Any], rows: Sequence[Bound], **page: Any) -> list[dict[str, Any]]:
        names = self.map.fields_to_read(rows)
        found = self.odoo.search_read(self.plan.model, domain, names, **page) if page["limit"] else []
        return self._outward(self.map.complete(self.odoo, found, rows), rows)

    def _outward(self, found: Sequence[Record], rows: Sequence[Bound]) -> list[dict[str, Any]]:
        self.services.know(self.plan.model, found)
        return [self.map.outward(record, rows, shown=True) for record in found]

    def missing(self, record_id: int) -> NotFound:
        return NotFound(f"There is no {self.plan.model} with id {record_id}.", model=self.plan.model, id=record_id)


def named(text: str) -> list[str]:
    """The names in a parameter that takes several, with commas between them."""
    return [name.strip() for name in text.split(",") if name.strip()]


def _number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) <= most):
        raise InvalidInput(
            f"`{name}` must be a whole number from 0 to {most}.", field=name, value=text[:40], constraint="range"
        )
    return int(text)


def _is_light(row: Bound) -> bool:
    """Whether it comes unasked: a file, of which a page may hold a thousand, must be named, or fetched by itself."""
    return bool(row.end["type"] != "binary")
