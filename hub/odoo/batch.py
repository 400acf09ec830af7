"""Several creates, writes and deletes as one transaction in a real Odoo, by a server action that the hub sets up.

One call is one transaction there, and no method on offer does different things to different models. Code of
an ``ir.actions.server`` may: the hub makes one such record, which reads the operations from the context and
does them with the rights of the user who calls. Seen on 19.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from hub.errors import OdooAccess, OdooProtocol
from hub.odoo.connection import Context, Odoo

NAME = "Sync Hub: atomic batch 1"
"""The server action's name; its number goes up with its code, so that an older one is not taken for it."""

CODE = """\
results = []
for operation in env.context.get('hub_operations', []):
    records = env[operation['model']].browse(operation['ids'])
    if operation['kind'] == 'create':
        results.append(env[operation['model']].create(operation['values']).id)
    elif operation['kind'] == 'write':
        results.append(records.write(operation['values']))
    else:
        results.append(records.unlink())
action = {'type': 'ir.actions.act_window_close', 'hub_results': results}
"""


@dataclass(frozen=True)
class Operation:
    """One step of a batch: ``values`` for a create or a write, ``ids`` for a write or an unlink."""

    kind: Literal["create", "write", "unlink"]
    model: str
    ids: Sequence[int] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


def run(odoo: Odoo, operations: Sequence[Operation], *, context: Context | None = None) -> list[Any]:
    """Do all the operations in their order, or none: a create's result is the new id, the others' is true.

    Raises the error of the first operation that Odoo refuses, after which nothing is changed; OdooAccess when
    the connection's user may not set the server action up, which takes Odoo's right to its settings.
    """
    if not operations:
        return []
    steps = [
        {"kind": step.kind, "model": step.model, "ids": list(step.ids), "values": dict(step.values)}
        for step in operations
    ]
    asked = {**(context or {}), "hub_operations": steps, "active_model": "res.partner", "active_id": False}
    answer = odoo.call("ir.actions.server", "run", [set_up(odoo)], context=asked)
    results = answer.get("hub_results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or len(results) != len(steps):
        raise OdooProtocol(f"Odoo's server action `{NAME}` was changed. Delete it, so that the hub makes it anew.")
    return results


def set_up(odoo: Odoo) -> int:
    """The id of the server action, made when there is none yet."""
    try:
        found = odoo.search_read("ir.actions.server", [("name", "=", NAME)], ["code"], order="id", limit=1)
        if found and found[0]["code"].strip() == CODE.strip():
            return int(found[0]["id"])
        [model] = odoo.search("ir.model", [("model", "=", "res.partner")])
        values = {"name": NAME, "model_id": model, "state": "code", "code": CODE}
        return odoo.create("ir.actions.server", [values])[0]
    except OdooAccess as error:
        raise OdooAccess(
            "A batch as one transaction needs Odoo's right to its settings for the connection's user. "
            "Grant it, or send the batch without `transaction`.",
            error.odoo_name,
        ) from None


def remove(odoo: Odoo) -> None:
    """Leave nothing behind in Odoo."""
    odoo.unlink("ir.actions.server", odoo.search("ir.actions.server", [("name", "=like", "Sync Hub: atomic batch %")]))
