"""Counting and summing by groups: ``read_group`` and Odoo 19's ``formatted_read_group``, for stored fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.errors import OdooValidation
from hub.odoo.embedded.fields import NUMBERS
from hub.odoo.embedded.order import order_by
from hub.odoo.embedded.query import expression, where
from hub.odoo.embedded.reading import display_names
from hub.odoo.embedded.rules import check_access
from hub.odoo.embedded.schema import Model
from hub.odoo.embedded.session import Session
from hub.odoo.embedded.values import shown

_PARTS = {"year": 4, "month": 7, "day": 10}
_FUNCTIONS = {
    "sum": "SUM",
    "avg": "AVG",
    "min": "MIN",
    "max": "MAX",
    "count": "COUNT",
    "count_distinct": "COUNT(DISTINCT",
}


def formatted_read_group(
    session: Session,
    model: Model,
    ids: list[int],
    domain: Any = (),
    groupby: Sequence[str] = (),
    aggregates: Sequence[str] = ("__count",),
    offset: int = 0,
    limit: int | None = None,
    order: str | None = None,
) -> list[dict[str, Any]]:
    """A dictionary for each group, with ``__count``, ``field:sum`` and so on."""
    check_access(session, model, "read")
    keys = [_key(model, one) for one in groupby]
    sums = [_aggregate(model, one) for one in aggregates]
    condition, parameters = where(session, model, domain)
    sql = f"SELECT {', '.join([*keys, *sums]) or 'COUNT(*)'} FROM {model.table} t WHERE {condition}"
    if keys:
        numbered = ", ".join(str(number) for number in range(1, len(keys) + 1))
        sql += f" GROUP BY {numbered} ORDER BY {_order(session, model, groupby, order) or numbered}"
    if limit or offset:
        sql += " LIMIT ? OFFSET ?"
        parameters = [*parameters, limit or -1, offset]
    rows = session.rows(sql, parameters)
    return [_shown(session, model, groupby, aggregates, row) for row in rows]


def _key(model: Model, spec: str) -> str:
    name, _colon, part = spec.partition(":")
    field = model.field(name)
    if field.to_many:
        raise OdooValidation(
            f"Grouping by '{name}' is not possible: it is a list of records.", "builtins.ValueError", field=name
        )
    column = expression(field, "t")
    return f"substr({column}, 1, {_PARTS.get(part or 'month', 7)})" if field.type in ("date", "datetime") else column


def _aggregate(model: Model, spec: str) -> str:
    if spec == "__count":
        return "COUNT(*)"
    name, _colon, function = spec.partition(":")
    if function not in _FUNCTIONS:
        raise OdooValidation(
            f"'{spec}' is not an aggregate: write field:sum, field:avg and so on.", "builtins.ValueError"
        )
    column = expression(model.field(name), "t")
    return f"{_FUNCTIONS[function]}({column}" + ("))" if function == "count_distinct" else ")")


def _order(session: Session, model: Model, groupby: Sequence[str], order: str | None) -> str:
    plain = {one.partition(":")[0] for one in groupby}
    if order and all(part.split()[0] in plain for part in order.split(",")):
        return order_by(session.registry, model, order)
    return ""


def _shown(
    session: Session, model: Model, groupby: Sequence[str], aggregates: Sequence[str], row: tuple[Any, ...]
) -> dict[str, Any]:
    result: dict[str, Any] = {}
    extra: list[Any] = []
    for spec, value in zip(groupby, row, strict=False):
        field = model.field(spec.partition(":")[0])
        if field.type == "many2one" and value:
            result[spec] = [value, display_names(session, session[field.relation], [value]).get(value, "")]
        else:
            result[spec] = shown(field, value)
        if field.type not in ("date", "datetime"):
            extra.append([spec, "=", shown(field, value)])
    result["__extra_domain"] = extra
    for spec, value in zip(aggregates, row[len(groupby) :], strict=False):
        result[spec] = value if value is not None else 0
    return result


def read_group(
    session: Session,
    model: Model,
    ids: list[int],
    domain: Any = (),
    fields: Sequence[str] = (),
    groupby: Sequence[str] | str = (),
    offset: int = 0,
    limit: int | None = None,
    orderby: str | None = None,
    lazy: bool = True,
) -> list[dict[str, Any]]:
    """The older form: groups by the first field (``lazy``) or by all, numeric ``fields`` summed."""
    given = [groupby] if isinstance(groupby, str) else list(groupby)
    given = given[:1] if lazy else given
    named = [one.partition(":") for one in fields]
    summed = {
        name: f"{name}:{function or 'sum'}"
        for name, _colon, function in named
        if name not in given and model.field(name).type in NUMBERS
    }
    groups = formatted_read_group(
        session, model, ids, domain, given, ["__count", *summed.values()], offset, limit, orderby
    )
    count_name = f"{given[0].partition(':')[0]}_count" if lazy and given else "__count"
    for group in groups:
        group[count_name] = group.pop("__count")
        group["__domain"] = [*domain, *group.pop("__extra_domain")]
        for name, spec in summed.items():
            group[name] = group.pop(spec)
    return groups
