"""Automation rules that the hub makes in a real Odoo, over RPC: made, mended, looked at and removed by their names.

A rule is named ``PREFIX: MODEL TRIGGER``, and so is its one action. It takes Odoo's right to its settings and its
module base_automation. Seen on 19.0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.errors import OdooMissing, OdooUnavailable
from hub.odoo.connection import Odoo, Record

T = TypeVar("T")
EVERYTHING = {"active_test": False}


@dataclass(frozen=True)
class Rule:
    """One automation rule: when something of ``model`` triggers it, its action is carried out.

    ``action``: values of the ``ir.actions.server`` record that make it what it is, such as state and code.
    """

    prefix: str
    model: str
    trigger: str
    action: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name of the rule, and of its action."""
        return f"{self.prefix}: {self.model} {self.trigger}"


def ensure(odoo: Odoo, rule: Rule) -> None:
    """Make it, or mend what somebody changed; harmless when it is there.

    Raises OdooAccess when the user may not, OdooMissing without base_automation or without the model.
    """
    again(lambda: _ensure(odoo, rule))


def found(odoo: Odoo, prefix: str) -> list[Record]:
    """The rules that are there, with ``name`` and ``active``; raises OdooMissing without base_automation."""
    domain = [("name", "=like", f"{prefix}: %")]
    return again(lambda: odoo.search_read("base.automation", domain, ["name", "active"], context=EVERYTHING))


def model_of(name: str) -> str:
    """The model that a rule of that name is about."""
    return name.split(": ", 1)[1].rsplit(" ", 1)[0]


def tidy(odoo: Odoo, prefix: str, models: Iterable[str]) -> tuple[str, ...]:
    """Remove the rules for other models than these; answers those models."""
    wanted = set(models)
    try:
        over = [row for row in found(odoo, prefix) if model_of(row["name"]) not in wanted]
    except OdooMissing:
        return ()
    if over:
        _take_out(odoo, over)
    return tuple(sorted({model_of(row["name"]) for row in over}))


def remove(odoo: Odoo, prefix: str) -> None:
    """Leave no rule and no action behind."""
    try:
        if there := found(odoo, prefix):
            _take_out(odoo, there)
    except OdooMissing:
        pass  # no such module: then there was never anything
    odoo.unlink("ir.actions.server", odoo.search("ir.actions.server", [("name", "=like", f"{prefix}: %")]))


def _take_out(odoo: Odoo, rules: Iterable[Mapping[str, Any]]) -> None:
    """The rules, and their actions, which stay behind when a rule goes."""
    rules = list(rules)
    again(lambda: odoo.unlink("base.automation", [row["id"] for row in rules]))
    names = sorted({row["name"] for row in rules})
    odoo.unlink("ir.actions.server", odoo.search("ir.actions.server", [("name", "in", names)]))


def _ensure(odoo: Odoo, rule: Rule) -> None:
    there = odoo.search_read(
        "base.automation",
        [("name", "=", rule.name)],
        ["active", "trigger", "action_server_ids"],
        context=EVERYTHING,
    )
    if there:
        (first, *more) = there
        odoo.unlink("base.automation", [row["id"] for row in more])
        actions = odoo.read("ir.actions.server", first["action_server_ids"], list(rule.action))
        if first["active"] and first["trigger"] == rule.trigger and len(actions) == 1 and _is(rule, actions[0]):
            return
        odoo.unlink("base.automation", [first["id"]])
    known = odoo.search("ir.model", [("model", "=", rule.model)])
    if not known:
        raise OdooMissing(f"Odoo has no model {rule.model}. Is its module installed?", model=rule.model)
    action = {"name": rule.name, "model_id": known[0], "usage": "base_automation", **rule.action}
    values = {"name": rule.name, "model_id": known[0], "trigger": rule.trigger, "action_server_ids": [(0, 0, action)]}
    odoo.create("base.automation", [values])


def _is(rule: Rule, action: Mapping[str, Any]) -> bool:
    return all(str(action[name] or "").strip() == str(value).strip() for name, value in rule.action.items())


def again(work: Callable[[], T]) -> T:
    """Do it, and again where Odoo stumbled over itself: its processes load their models anew after each automation."""
    for left in (2, 1, 0):
        try:
            return work()
        except OdooUnavailable as error:
            if not left or not error.odoo_name.endswith("RuntimeError"):
                raise
    raise AssertionError  # the last time it returned, or raised
