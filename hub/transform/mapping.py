"""A whole mapping, both ways: a record becomes a payload, a payload becomes values for Odoo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from hub.errors import InvalidInput, Misconfigured
from hub.transform import path
from hub.transform.kinds import Constant, FieldInfo, Find, kind_of
from hub.transform.rule import Rule

Fields = Mapping[str, FieldInfo]
"""A model's fields_get."""

ALWAYS = ("id", "create_date", "write_date")
"""Fields that a caller may read and search by without a mapping, under Odoo's own names."""


def nothing(model: str, field: str, value: Any) -> list[int]:
    """The look-up of a mapping that is for the way out only."""
    return []


@dataclass(frozen=True)
class FieldMap:
    """The rules of a configuration that apply to one Odoo: those for fields that it has not are gone."""

    model: str
    rules: tuple[Rule, ...]
    fields: Fields
    reject_unmapped: bool = True
    absent: frozenset[str] = frozenset()
    """Keys of optional rules whose field this Odoo has not."""

    find: Find = nothing
    """How related records are looked up on the way in."""

    @classmethod
    def bind(
        cls, model: str, rules: Iterable[Rule], fields: Fields, *, reject_unmapped: bool = True, find: Find = nothing
    ) -> FieldMap:
        """Hold the rules against Odoo's fields; raises Misconfigured for a missing one."""
        kept, absent = [], set()
        for rule in rules:
            if rule.root in fields:
                kept.append(rule)
            elif rule.optional:
                absent.add(rule.external_key)
            else:
                near = get_close_matches(rule.root, fields, n=1)
                hint = f" Did you mean `{near[0]}`?" if near else ""
                raise Misconfigured(
                    f"The mapping of `{rule.external_key}` names the field `{rule.root}`, which {model} has not.{hint}",
                    field=rule.odoo_field,
                )
        return cls(model, tuple(kept), fields, reject_unmapped, frozenset(absent), find)

    def readable(self) -> list[Rule]:
        """The rules whose values go out."""
        return [rule for rule in self.rules if rule.reads]

    def by_key(self) -> dict[str, Rule]:
        """The rules by external key."""
        return {rule.external_key: rule for rule in self.rules}

    def outward(self, record: Mapping[str, Any], rules: Iterable[Rule] | None = None) -> dict[str, Any]:
        """The payload for a record that ``records.fetch`` read; raises InvalidInput when a required value is empty."""
        payload: dict[str, Any] = {}
        for rule in self.readable() if rules is None else rules:
            value = self._outward(record, rule)
            if value is None and rule.has_default:
                value = rule.default
            if value is None and rule.required:
                raise InvalidInput(
                    f"`{rule.odoo_field}` of {self.model} {record['id']} is empty; `{rule.external_key}` is required.",
                    field=rule.external_key,
                    value=None,
                    constraint="required",
                )
            if value is not None or not rule.skip_empty:
                path.put(payload, rule.external_key, value)
        return payload

    def inward(self, data: Mapping[str, Any], *, complete: bool) -> dict[str, Any]:
        """Odoo's values for a payload. ``complete``: a create, for which defaults and required rows count.

        Raises InvalidInput, naming the caller's key, for a value that does not fit, a required one that
        is missing, and a key that no rule names.
        """
        if self.reject_unmapped:
            self._refuse_unmapped(data)
        values: dict[str, Any] = {}
        for rule in self.rules:
            value = path.get(data, rule.external_key)
            if not rule.writes:
                self._refuse_read_only(rule, value)
                continue
            if value is path.ABSENT and not complete:
                continue
            if rule.kind == Constant.key:
                value = rule.options
            elif (value is path.ABSENT or value is None) and rule.has_default:
                value = rule.default
            if (value is path.ABSENT or value in (None, "")) and rule.required:
                raise InvalidInput(
                    f"`{rule.external_key}` is required.", field=rule.external_key, value=None, constraint="required"
                )
            if value is not path.ABSENT:
                values[rule.odoo_field] = kind_of(rule.kind).inward(
                    value, self.fields[rule.root], rule.external_key, rule.options, self.find
                )
        return values

    def emptied(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """``False`` for each writable field whose key the payload leaves out: what replacing a record empties."""
        return {
            rule.odoo_field: False
            for rule in self.rules
            if path.get(data, rule.external_key) is path.ABSENT
            and rule.writes
            and not self.fields[rule.root].get("readonly")
            and not self.fields[rule.root].get("required")
        }

    def named(self, data: Mapping[str, Any]) -> list[str]:
        """The external keys that the payload sets, in the order of the rules."""
        return [rule.external_key for rule in self.rules if path.get(data, rule.external_key) is not path.ABSENT]

    def rule_for(self, name: str, parameter: str) -> Rule:
        """The rule of an external key (or of a field in ALWAYS); raises InvalidInput naming the parameter."""
        found = self.by_key().get(name)
        if found is not None and found.reads:
            return found
        if name in ALWAYS:
            return Rule(name, name)
        raise InvalidInput(
            f"`{name}` is not among the fields of {self.model} that you may use.{self._hint(name)}",
            field=name,
            constraint="unknown_field",
            parameter=parameter,
        )

    def _refuse_read_only(self, rule: Rule, value: Any) -> None:
        if value is not path.ABSENT and self.reject_unmapped:
            raise InvalidInput(
                f"Field `{rule.external_key}` can be read, not written.",
                field=rule.external_key,
                constraint="read_only",
            )

    def _outward(self, record: Mapping[str, Any], rule: Rule) -> Any:
        info = record.get("__info__", {}).get(rule.path) or self.fields[rule.root]
        try:
            return kind_of(rule.kind).outward(record[rule.path], info, rule.options)
        except InvalidInput as error:
            raise InvalidInput(
                f"`{rule.odoo_field}` of {self.model} {record['id']}: {error.message}",
                **{"field": rule.external_key, **error.details},
            ) from None

    def _refuse_unmapped(self, data: Mapping[str, Any]) -> None:
        known = frozenset(self.by_key())
        for name, value in path.leaves(data, known):
            if name not in known:
                shown = value if isinstance(value, str | int | float | bool) or value is None else type(value).__name__
                why = "is not in this Odoo" if name in self.absent else "is not mapped"
                raise InvalidInput(
                    f"Field `{name}` {why} for {self.model}.{self._hint(name)}",
                    field=name,
                    value=shown,
                    constraint="unknown_field",
                )

    def _hint(self, name: str) -> str:
        near = get_close_matches(name, [*self.by_key(), *ALWAYS], n=1)
        return f" Did you mean `{near[0]}`?" if near else ""
