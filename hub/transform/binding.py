"""From a configuration's rows to rows that know their fields: what a mapping is before it meets a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hub.errors import Misconfigured
from hub.odoo.introspect import nearest
from hub.transform import path
from hub.transform.kinds import Nested, Plain, kind_of
from hub.transform.kinds.base import Bound
from hub.transform.records import RELATIONS, Describe, end_of
from hub.transform.rule import BOTH, Rule
from hub.transform.services import Services

if TYPE_CHECKING:
    from hub.transform.mapping import FieldMap


@dataclass(frozen=True)
class Bind:
    """Binds rules to one model of one Odoo. ``sub`` makes the mapping of sub-records."""

    model: str
    describe: Describe = field(repr=False)
    services: Services = field(repr=False)
    sub: Callable[[str, Sequence[Rule]], FieldMap] = field(repr=False)

    @property
    def fields(self) -> Mapping[str, Mapping[str, Any]]:
        """The model's fields."""
        return self.describe(self.model)

    def all(self, rules: Iterable[Rule]) -> tuple[tuple[Bound, ...], frozenset[str]]:
        """The rows, and the keys of optional ones that this Odoo has not; raises Misconfigured."""
        rows, absent = [], set()
        for rule, own in grouped(rules):
            try:
                rows.append(self.one(rule, own))
            except Missing:
                if not rule.optional:
                    raise
                absent.add(rule.external_key)
        both = path.clash(row.name for row in rows)
        if both:
            raise Misconfigured(
                f"The external keys `{both[0]}` and `{both[1]}` exclude each other: one is a part of the other.",
                field=both[1],
            )
        return tuple(rows), frozenset(absent)

    def one(self, rule: Rule, own: Sequence[Rule] = ()) -> Bound:
        """The row for a rule and, for sub-records, the rules that are theirs."""
        fields = self.fields
        if rule.root not in fields:
            near = nearest(rule.root, fields)
            hint = f" Did you mean `{near}`?" if near else ""
            raise Missing(
                f"The mapping of `{rule.external_key}` names the field `{rule.root}`, "
                f"which {self.model} has not.{hint}",
                field=rule.odoo_field,
            )
        kind, options, info = kind_of(rule.kind), rule.options, fields[rule.root]
        out = kind_of(Plain.key) if kind.one_way and rule.of_inbound else kind
        try:
            paths = out.paths(rule.odoo_field, options, end_of(self.model, rule.odoo_field, self.describe))
        except Misconfigured as error:
            raise Missing(f"The mapping of `{rule.external_key}`: {error.message}", **error.details) from None
        try:
            ends = {one: end_of(self.model, one, self.describe) for one in paths}
        except Misconfigured as error:
            raise Missing(f"The mapping of `{rule.external_key}`: {error.message}", **error.details) from None
        sub = self._sub(rule, own) if kind.key == Nested.key else None
        first = ends[paths[0]] if paths else info
        return Bound(rule, kind, out, options, self.model, info, ends, first, paths, self.services, sub)

    def _sub(self, rule: Rule, own: Sequence[Rule]) -> FieldMap:
        info = end_of(self.model, rule.odoo_field, self.describe)
        if "." in rule.odoo_field or info.get("type") not in RELATIONS:
            raise Misconfigured(
                f"`{rule.external_key}`: sub-records need a relation of {self.model} itself, such as order_line; "
                f"{rule.odoo_field} is none.",
                field=rule.odoo_field,
            )
        if not own:
            raise Misconfigured(
                f"`{rule.external_key}` has no rows for its sub-records. Add rows such as {rule.odoo_field}.name as "
                f"{rule.external_key}{'' if info['type'] == 'many2one' else path.EACH}.name.",
                field=rule.external_key,
            )
        return self.sub(str(info["relation"]), own)


class Missing(Misconfigured):
    """A field that this Odoo has not."""


def grouped(rules: Iterable[Rule]) -> list[tuple[Rule, list[Rule]]]:
    """Each rule of the model itself with the rules of its sub-records, whose paths are now their own.

    ``lines[].sku`` belongs to the row of ``lines``, which need not be written when it has nothing to say.
    """
    every = list(rules)
    parents = {
        rule.external_key: rule for rule in every if rule.kind == Nested.key and path.EACH not in rule.external_key
    }
    found: dict[str, tuple[Rule, list[Rule]]] = {}
    for rule in every:
        key, sign, rest = rule.external_key.partition(f"{path.EACH}.")
        parent = parents.get(key) if sign else _above(rule, parents)
        if parent is None and not sign:
            found.setdefault(rule.external_key, (rule, []))
            continue
        if parent is None:
            head = rule.odoo_field.partition(".")[0]
            parent = Rule(head, key, Nested.key, direction=BOTH)
        rest = rest if sign else rule.external_key.removeprefix(f"{parent.external_key}.")
        if not rule.odoo_field.startswith(f"{parent.odoo_field}."):
            raise Misconfigured(
                f"`{rule.external_key}` belongs to the sub-records of {parent.odoo_field}, so its Odoo field begins "
                f"with `{parent.odoo_field}.`; it is {rule.odoo_field}.",
                field=rule.odoo_field,
            )
        own = replace(rule, odoo_field=rule.odoo_field.removeprefix(f"{parent.odoo_field}."), external_key=rest)
        found.setdefault(parent.external_key, (parent, []))[1].append(own)
    return list(found.values())


def _above(rule: Rule, parents: Mapping[str, Rule]) -> Rule | None:
    """The row of one related record, such as ``customer``, that a rule such as ``customer.ref`` belongs to."""
    return next(
        (one for key, one in parents.items() if one is not rule and rule.external_key.startswith(f"{key}.")), None
    )
