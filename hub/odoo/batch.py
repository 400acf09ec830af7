"""Several creates, writes and deletes in one call to a real Odoo, by a server action that the hub sets up.

One call is one transaction there, and no method on offer does different things to different records. Code of
an ``ir.actions.server`` may: the hub makes one such record, which reads the operations from the context and
does them with the rights of the user who calls, all or none, or each under a savepoint of its own. Seen on 19.0.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from hub.errors import OdooAccess, OdooDuplicate, OdooError, OdooProtocol, OdooUnavailable, OdooValidation
from hub.odoo.connection import Context, Mode, Odoo, Operation, Result
from hub.odoo.faults import Call, Fault, clean, translate, unknown_field

NAME = "Sync Hub: batch 5"
"""The server action's name; its number goes up with its code, so that an older one is not taken for it."""

NAMES = "Sync Hub: %batch %"
"""What the names of all versions are like."""

MODULE = "__sync_hub__"
"""The module of the external ids that the hub gives: in the code, so that nobody who may run it can choose another."""

CODE = """\
mode = env.context.get('hub_mode')
results = []
for index, operation in enumerate(env.context.get('hub_operations', [])):
    if mode != 'all':
        env.flush_all()
        env.cr.execute('SAVEPOINT hub_operation')
    try:
        records = env[operation['model']].browse(operation['ids'])
        existed = False
        if operation['kind'] == 'create':
            model = env[operation['model']]
            names = []
            result = 0
            for name, unless in operation['names']:
                known = env['ir.model.data'].sudo().search([('module', '=', '__sync_hub__'), ('name', '=', name)])
                names.append((name, known))
                if unless:
                    found = model.with_context(active_test=False).search(unless, limit=1).id
                    existed = existed or bool(found and not result)
                    result = result or found
                else:
                    result = result or known.res_id
            if not result:
                result = model.create(operation['values']).id
                for name, known in names:
                    if known:
                        known.write({'res_id': result})
                    else:
                        known.create({'module': '__sync_hub__', 'name': name, 'model': operation['model'],
                                      'res_id': result, 'noupdate': True})
        elif operation['kind'] == 'write':
            result = records.write(operation['values'])
        else:
            result = records.unlink()
        if mode != 'all':
            env.flush_all()
            env.cr.execute('RELEASE SAVEPOINT hub_operation')
        results.append([True, result, existed])
        if existed and mode == 'stop':
            break
    except Exception as error:
        told = repr(error)
        for name in ('SerializationFailure', 'LockNotAvailable', 'DeadlockDetected', 'InFailedSqlTransaction'):
            if told.startswith(name):
                raise
        if 'ir_model_data_module_name_uniq_index' in str(error):
            raise
        if mode == 'all':
            raise UserError('hub-operation %s %s %s' % (index, told.split('(')[0], str(error).encode().hex()[:1800]))
        env.clear()
        env.cr.execute('ROLLBACK TO SAVEPOINT hub_operation')
        results.append([False, told.split('(')[0], str(error)])
        if mode == 'stop':
            break
action = {'type': 'ir.actions.act_window_close', 'hub_results': results}
"""

# In hexadecimal, so that nothing on the way reads, translates or shortens the message.
_FAILED = re.compile(r"hub-operation (?P<index>\d+) (?P<name>\w*) (?P<message>[0-9a-f]*)")
_TAKEN = f"{MODULE}, "
TRIES = 5
"""How often a call is made in all, when others give the same external id at the same moment."""

_METHODS = {"create": "create", "write": "write", "unlink": "unlink"}


def carry_out(
    odoo: Odoo, operations: Sequence[Operation], mode: Mode, *, context: Context | None = None
) -> list[Result]:
    """As :meth:`Odoo.batch`, in one call."""
    steps = [
        {
            "kind": step.kind,
            "model": step.model,
            "ids": list(step.ids),
            "values": dict(step.values),
            "names": names_of(step),
        }
        for step in operations
    ]
    asked = {
        **(context or {}),
        "hub_operations": steps,
        "hub_mode": mode,
        "active_model": "res.partner",
        "active_id": False,
    }
    action = set_up(odoo)
    results = [
        _result(*pair) for pair in zip(_told(odoo, action, asked, operations), operations, strict=mode != "stop")
    ]
    _explain(odoo, [one.error for one in results if one.error is not None])
    return results


def _told(odoo: Odoo, action: int, asked: Context, operations: Sequence[Operation]) -> list[Any]:
    """What the server action answers, one for each operation that it came to; raises the error of a failed whole."""
    for left in reversed(range(TRIES)):
        try:
            answer = odoo.call("ir.actions.server", "run", [action], context=asked)
        except OdooError as error:
            found = _named(error, operations)
            if _is_taken(found):
                # Another call made that record meanwhile: the next try finds it, which this one's transaction cannot.
                if left:
                    continue
                found = OdooUnavailable("Others write the same record again and again. Try again.")
            _explain(odoo, [found])
            raise found from None
        told = answer.get("hub_results") if isinstance(answer, dict) else None
        most = len(operations)
        least = 1 if asked["hub_mode"] == "stop" else most
        if not isinstance(told, list) or not least <= len(told) <= most:
            raise OdooProtocol(f"Odoo's server action `{NAME}` was changed. Delete it, so that the hub makes it anew.")
        return told
    raise AssertionError("the last try ends the loop")


def _is_taken(error: OdooError) -> bool:
    """Whether the external id that the hub gives a record was given just now."""
    return isinstance(error, OdooDuplicate) and str(error.details.get("value", "")).startswith(_TAKEN)


def _explain(odoo: Odoo, errors: Sequence[OdooError]) -> None:
    """Say why a rule of the database refused something in the words that Odoo has for it, as it does itself."""
    ruled = [one for one in errors if isinstance(one, OdooValidation) and one.details.get("rule")]
    if not ruled:
        return
    names = sorted({str(one.details["rule"]) for one in ruled})
    try:
        found = odoo.search_read("ir.model.constraint", [("name", "in", names)], ["name", "message"])
    except OdooError:
        return  # the refusal itself says more than that this could not be read
    words = {str(one["name"]): str(one["message"]) for one in found if one["message"]}
    for one in ruled:
        one.message = clean(words.get(str(one.details["rule"]), one.message))


def names_of(step: Operation) -> list[tuple[str, list[Any]]]:
    """The external ids of a create, each with the domain of the record that it stands for, if it has one."""
    found: list[tuple[str, list[Any]]] = [(step.external_id, [])] if step.external_id else []
    return [*found, *((name, list(step.unless)) for name in step.match_ids)]


def _result(told: list[Any], operation: Operation) -> Result:
    if told[0]:
        return Result(value=told[1], existed=bool(told[2]))
    return Result(error=_refusal(str(told[1]), str(told[2]), operation))


def _named(error: OdooError, operations: Sequence[Operation]) -> OdooError:
    """The error of the operation that failed, with its index; any other error as it is."""
    match = _FAILED.search(error.message)
    if match is None or int(match["index"]) >= len(operations):
        return error
    index = int(match["index"])
    message = bytes.fromhex(match["message"][: len(match["message"]) // 2 * 2]).decode(errors="replace")
    told = _refusal(match["name"], message, operations[index])
    told.details["index"] = index
    return told


def _refusal(name: str, message: str, operation: Operation) -> OdooError:
    """The hub's error for what Odoo raised, told by its class's bare name."""
    prefix = "psycopg2.errors." if name.endswith("Violation") or name in ("DataError", "UndefinedColumn") else ""
    args = {"vals_list": [operation.values]} if operation.kind == "create" else {"vals": operation.values}
    call = Call(operation.model, _METHODS[operation.kind], list(operation.ids) or None, args)
    if name == "KeyError" and message.strip("'") in operation.values:
        return unknown_field(operation.model, message.strip("'"))
    return translate(Fault(f"{prefix}{name}", message, message), call)


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
    odoo.unlink("ir.actions.server", odoo.search("ir.actions.server", [("name", "=like", NAMES)]))
