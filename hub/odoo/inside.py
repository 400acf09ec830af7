"""An outbox inside a real Odoo, set up over RPC: every create, write and deletion, committed with the change itself.

A manual model holds the events; three automations for each model that is listened to write them, by code actions.
Nothing is installed, and ``remove`` leaves nothing behind. It takes Odoo's right to its settings and its module
base_automation. Seen on 19.0.

Ids of events do not follow the order in which their transactions commit. So no cursor moves along them: what was read
is remembered, and deleted with the next look.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hub.errors import OdooAccess, OdooInvalidField, OdooMissing
from hub.odoo import automations
from hub.odoo.automations import Rule
from hub.odoo.changes import Change
from hub.odoo.connection import Odoo, Record
from hub.odoo.polling import FORMAT, Look

PAGE = 500
TRIGGERS = {"on_create": "create", "on_write": "write", "on_unlink": "unlink"}
FIELDS = {
    "x_model": ("char", "Model"),
    "x_record": ("integer", "Record"),
    "x_event": ("char", "Event"),
    "x_uid": ("integer", "User"),
    "x_origin": ("char", "Origin"),
    "x_changed": ("text", "Changed fields"),
    "x_old": ("text", "Old values"),
    "x_transaction": ("char", "Transaction"),
}

CODE = """\
kept = ('boolean', 'integer', 'float', 'monetary', 'char', 'text', 'html', 'selection', 'date', 'datetime', 'many2one',
        'many2many', 'reference', 'many2one_reference')
heavy = ('binary', 'image', 'json', 'properties', 'properties_definition')
def plain(value):
    if value is None or value is False or value is True or isinstance(value, (int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)
env.cr.execute('select txid_current()')
transaction = str(env.cr.fetchone()[0])
rows = []
before = env.context.get('old_values') or {}
for record in records.sudo().exists():
    old = {}
    if '%(event)s' == 'unlink':
        names = [name for name, field in record._fields.items() if field.store and field.type in kept]
        old = record.with_context(bin_size=True, active_test=False).read(names)[0]
    names, new = [], {}
    if '%(event)s' == 'write':
        names = list(before.get(record.id) or {})
        light = [name for name in names if name in record._fields and record._fields[name].type not in heavy]
        old = {name: before[record.id][name] for name in light}
        new = record.read(light)[0] if light else {}
    old = {name: plain(value) for name, value in old.items()}
    new = {name: plain(new[name]) for name in old if name in new}
    rows.append({'x_model': record._name, 'x_record': record.id, 'x_event': '%(event)s', 'x_uid': env.uid,
                 'x_origin': str(env.context.get('hub_origin') or '')[:1000],
                 'x_changed': repr((names, new)), 'x_old': repr(old), 'x_transaction': transaction})
env['%(outbox)s'].sudo().create(rows)
"""


@dataclass(frozen=True)
class State:
    """What is there: the outbox, and the models whose every trigger writes into it."""

    outbox: bool
    models: tuple[str, ...]


def name_of(code: str) -> str:
    """The outbox's model for one hub's connection: two hubs at one Odoo each have their own."""
    return f"x_sync_hub_{code}"


def set_up(odoo: Odoo, outbox: str, models: Iterable[str]) -> State:
    """Make what is missing, and mend what was changed; harmless when all is there.

    Raises OdooAccess, saying what to grant, when the user may not, OdooMissing without base_automation.
    """
    try:
        _make_outbox(odoo, outbox)
        for model in models:
            for trigger in TRIGGERS:
                automations.ensure(odoo, _rule(outbox, model, trigger))
    except OdooAccess as error:
        raise OdooAccess(
            "Setting up an outbox in Odoo needs the right to its settings (group Administration / Settings) for the "
            "connection's user. Without it the hub asks Odoo every few seconds instead.",
            error.odoo_name,
        ) from None
    return check(odoo, outbox)


def check(odoo: Odoo, outbox: str) -> State:
    """What is there."""
    there = bool(odoo.count("ir.model", [("model", "=", outbox)]))
    try:
        found = automations.found(odoo, outbox)
    except OdooMissing:
        found = []
    working = {row["name"] for row in found if row["active"]}
    models = {automations.model_of(name) for name in working}
    whole = [model for model in sorted(models) if all(f"{outbox}: {model} {one}" in working for one in TRIGGERS)]
    return State(there, tuple(whole))


def tidy(odoo: Odoo, outbox: str, models: Iterable[str]) -> tuple[str, ...]:
    """Remove what is there for other models than these, and what they told; answers those models."""
    over = automations.tidy(odoo, outbox, models)
    if over:
        odoo.unlink(outbox, odoo.search(outbox, [("x_model", "in", list(over))]))
    return over


def remove(odoo: Odoo, outbox: str) -> None:
    """Leave nothing behind."""
    automations.remove(odoo, outbox)
    models = odoo.search("ir.model", [("model", "=", outbox)])
    if models:
        odoo.unlink("ir.model.access", odoo.search("ir.model.access", [("model_id", "in", models)]))
        odoo.unlink("ir.model", models)


def told(odoo: Odoo, outbox: str, model: str) -> list[int]:
    """The events of a model that are there, but for deletions: what else they tell can be asked for."""
    return odoo.search(outbox, [("x_model", "=", model), ("x_event", "!=", TRIGGERS["on_unlink"])])


def drop(odoo: Odoo, outbox: str, ids: Sequence[int]) -> None:
    """Remove these events."""
    odoo.unlink(outbox, odoo.search(outbox, [("id", "in", list(ids))]))


def look(odoo: Odoo, outbox: str, model: str, position: Mapping[str, Any]) -> Look:
    """The events of a model that were not taken yet, oldest first; those taken before are deleted now."""
    taken = [int(one) for one in position.get("taken", [])]
    if taken:
        drop(odoo, outbox, taken)
    wanted = [("x_model", "=", model), ("id", "not in", taken)]
    try:
        rows = _events(odoo, outbox, wanted, PAGE)
    except OdooInvalidField:  # an outbox that an earlier version set up
        set_up(odoo, outbox, [model])
        rows = _events(odoo, outbox, wanted, PAGE)
    is_full = len(rows) == PAGE
    if is_full:  # what was committed together is told together
        open_ended = sorted({row["x_transaction"] for row in rows if row["x_transaction"]})
        ids = [row["id"] for row in rows]
        rows += _events(odoo, outbox, [*wanted, ("x_transaction", "in", open_ended), ("id", "not in", ids)], None)
    return Look([_change(row) for row in rows], {"taken": [row["id"] for row in rows]}, more=is_full)


def _events(odoo: Odoo, outbox: str, domain: list[Any], limit: int | None) -> list[Record]:
    return odoo.search_read(outbox, domain, [*FIELDS, "create_date"], order="id", limit=limit)


def _make_outbox(odoo: Odoo, outbox: str) -> None:
    found = odoo.search("ir.model", [("model", "=", outbox)])
    if not found:
        values = {
            "name": "Sync Hub: changes to be told",
            "model": outbox,
            "state": "manual",
            "field_id": [
                (
                    0,
                    0,
                    {
                        "name": name,
                        "ttype": kind,
                        "field_description": label,
                        "state": "manual",
                        "index": name == "x_model",
                    },
                )
                for name, (kind, label) in FIELDS.items()
            ],
        }
        found = odoo.create("ir.model", [values])
    known = odoo.search_read("ir.model.fields", [("model_id", "in", found), ("name", "in", list(FIELDS))], ["name"])
    for name in sorted(set(FIELDS) - {row["name"] for row in known}):
        kind, label = FIELDS[name]
        field = {"name": name, "ttype": kind, "field_description": label, "state": "manual", "model_id": found[0]}
        odoo.create("ir.model.fields", [field])
    if not odoo.count("ir.model.access", [("model_id", "in", found)]):
        (group,) = [
            row["res_id"]
            for row in odoo.search_read(
                "ir.model.data", [("module", "=", "base"), ("name", "=", "group_system")], ["res_id"]
            )
        ]
        rights = {f"perm_{one}": True for one in ("read", "write", "create", "unlink")}
        access = {"name": outbox, "model_id": found[0], "group_id": group, **rights}
        odoo.create("ir.model.access", [access])


def _rule(outbox: str, model: str, trigger: str) -> Rule:
    code = CODE % {"event": TRIGGERS[trigger], "outbox": outbox}
    return Rule(outbox, model, trigger, {"state": "code", "code": code})


def _change(row: Mapping[str, Any]) -> Change:
    told = _literal(row["x_changed"])
    names, new = _changed(told)
    return Change(
        sequence=row["id"],
        model=row["x_model"],
        record_id=row["x_record"],
        event=row["x_event"],
        at=datetime.strptime(row["create_date"], FORMAT).replace(tzinfo=UTC),
        user_id=row["x_uid"] or 0,
        origin=row["x_origin"] or "",
        changed_fields=names,
        old_values=_literal(row["x_old"]) or {},
        new_values=new,
        transaction=row["x_transaction"] or "",
        silent=row["x_event"] == "write" and told is not None and not names,
    )


def _changed(told: Any) -> tuple[tuple[str, ...], Mapping[str, Any]]:
    """The names and the new values; an outbox that was set up by an earlier version tells the names alone."""
    if isinstance(told, tuple) and len(told) == 2:
        return tuple(told[0]), dict(told[1])
    return tuple(told or ()), {}


def _literal(text: Any) -> Any:
    """What the code action wrote, as Python writes it; None when it cannot be read."""
    try:
        return ast.literal_eval(_Plain().visit(ast.parse(text, mode="eval"))) if text else None
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


class _Plain(ast.NodeTransformer):
    """Of what an outbox of an earlier version wrote: ``Markup('...')`` to its text, NaN and infinity to None."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        is_markup = isinstance(node.func, ast.Name) and node.func.id == "Markup" and len(node.args) == 1
        return self.visit(node.args[0]) if is_markup else node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Constant(None) if node.id in ("nan", "inf") else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        return ast.Constant(None) if isinstance(node.operand, ast.Name) else node
