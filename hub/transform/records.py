"""Reading records for a mapping: a call for the model and one for each relation on the way, never one a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hub.errors import Misconfigured
from hub.odoo.connection import Odoo, Record
from hub.odoo.introspect import nearest

Describe = Callable[[str], Mapping[str, Mapping[str, Any]]]
"""From a model's name to its fields_get."""

RELATIONS = {"many2one", "one2many", "many2many"}


def complete(
    odoo: Odoo, model: str, records: Sequence[Record], paths: Iterable[str], describe: Describe
) -> list[Record]:
    """The records with a value under each dotted path as well, as ``record["country_id.code"]``.

    A path over a one2many or many2many gives a list. Raises Misconfigured for a path that leads nowhere.
    """
    dotted = sorted({path for path in paths if "." in path})
    for head in sorted({path.split(".", 1)[0] for path in dotted}):
        tails = [path.split(".", 1)[1] for path in dotted if path.split(".", 1)[0] == head]
        _follow(odoo, model, records, head, tails, describe)
    return list(records)


def roots(paths: Iterable[str]) -> list[str]:
    """The fields of the model itself that the paths start from, each once."""
    return list(dict.fromkeys(path.split(".", 1)[0] for path in paths))


def end_of(model: str, path: str, describe: Describe) -> Mapping[str, Any]:
    """What fields_get says of the field at the end of ``path``; of type ``json`` when a list of records is passed.

    Raises Misconfigured that names the part which leads nowhere.
    """
    head, dot, tail = path.partition(".")
    fields = describe(model)
    if head not in fields:
        near = nearest(head, fields)
        hint = f" Did you mean `{near}`?" if near else ""
        raise Misconfigured(f"{model} has no field `{head}`.{hint}", field=path)
    info = fields[head]
    if not dot:
        return info
    if info.get("type") not in RELATIONS:
        raise Misconfigured(
            f"`{head}` of {model} is no relation, so nothing follows the dot in `{head}.{tail}`.", field=path
        )
    end = end_of(str(info["relation"]), tail, describe)
    return end if info["type"] == "many2one" else {"type": "json"}


def _follow(
    odoo: Odoo, model: str, records: Sequence[Record], head: str, tails: Sequence[str], describe: Describe
) -> None:
    info = describe(model)[head]
    relation = str(info["relation"])
    wanted = sorted({found for record in records for found in ids_of(record.get(head))})
    related = odoo.read(relation, wanted, roots(tails)) if wanted else []
    by_id = {record["id"]: record for record in complete(odoo, relation, related, tails, describe)}
    single = info["type"] == "many2one"
    for record in records:
        found = [by_id[one] for one in ids_of(record.get(head)) if one in by_id]
        for tail in tails:
            values = [one[tail] for one in found]
            record[f"{head}.{tail}"] = (values[0] if values else False) if single else values


def ids_of(value: Any) -> list[int]:
    """The ids in a relational value as Odoo reads it: ``[id, name]``, a list of ids, or ``False``."""
    if not value:
        return []
    if isinstance(value, int):
        return [value]
    if len(value) == 2 and isinstance(value[1], str):
        return [value[0]]
    return list(value)
