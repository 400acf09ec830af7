"""Models and the registry of them: what exists, by which name, pointing where."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from hub.errors import OdooMissing
from hub.odoo.embedded import fields as f
from hub.odoo.embedded.fields import Field
from hub.odoo.faults import unknown_field
from hub.odoo.introspect import nearest

Method = Callable[..., Any]
"""A public method: ``(session, model, ids, **named arguments)``."""


@dataclass(frozen=True)
class Unique:
    """Columns that no two records share (empty ones aside), and Odoo's message when they would."""

    columns: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Hooks:
    """What a model does besides storing. ``session`` is a Session, ``ids`` a list, ``values`` a dictionary.

    ``prepare(session, values)`` fills in what a new record needs; ``writing(session, ids, values)`` may change or
    refuse what is about to be written; ``changed(session, ids, fields)`` recomputes and checks after either;
    ``deleting(session, ids)`` may refuse; what it returns is handed to ``deleted(session, that)`` afterwards.
    """

    prepare: Callable[[Any, dict[str, Any]], None] | None = None
    writing: Callable[[Any, list[int], dict[str, Any]], None] | None = None
    changed: Callable[[Any, list[int], set[str]], None] | None = None
    deleting: Callable[[Any, list[int]], Any] | None = None
    deleted: Callable[[Any, Any], None] | None = None


@dataclass(frozen=True)
class Model:
    """One model. ``display`` is the SQL of its ``display_name``, with ``{t}`` for the table's alias.

    ``company`` tells how its records belong to companies: ``shared`` (those of no company are everybody's),
    ``strict`` (each has one), or nothing.
    """

    name: str
    label: str
    fields: Mapping[str, Field]
    order: str = "id"
    display: str = "{t}.name"
    names: tuple[str, ...] = ("name",)
    """The fields in which ``name_search`` and a text given for a link are looked up."""
    parent: str = ""
    recursion: str = ""
    """Odoo's message when ``parent`` would form a ring."""
    company: str = ""
    unique: tuple[Unique, ...] = ()
    inherits: Mapping[str, str] = field(default_factory=dict)
    """many2one -> model whose fields are this one's too."""
    hooks: Hooks = Hooks()
    methods: Mapping[str, Method] = field(default_factory=dict)

    @cached_property
    def table(self) -> str:
        """Its table in SQLite."""
        return self.name.replace(".", "_")

    @cached_property
    def columns(self) -> tuple[Field, ...]:
        """The fields that the table keeps, ``id`` aside."""
        return tuple(one for one in self.fields.values() if one.column and one.name != "id")

    def field(self, name: str) -> Field:
        """The field of that name; raises OdooInvalidField with the nearest one."""
        found = self.fields.get(name)
        if found is None:
            raise unknown_field(self.name, name, nearest(name, self.fields))
        return found


MAGIC: dict[str, Field] = {
    "id": f.integer("ID", readonly=True, copy=False),
    "display_name": f.char("Display Name", readonly=True),
    "create_date": f.datetime("Created on", readonly=True, copy=False),
    "create_uid": f.many2one("Created by", "res.users", readonly=True, copy=False, ondelete="keep"),
    "write_date": f.datetime("Last Updated on", readonly=True, copy=False),
    "write_uid": f.many2one("Last Updated by", "res.users", readonly=True, copy=False, ondelete="keep"),
}


class Registry:
    """All models of one database, its custom fields included; never changed, replaced when a field is added."""

    def __init__(self, models: Iterable[Model], custom: Mapping[str, Mapping[str, Field]] | None = None) -> None:
        declared = {model.name: model for model in models}
        self.models: dict[str, Model] = {}
        for model in declared.values():
            self.models[model.name] = _completed(model, declared, (custom or {}).get(model.name, {}))

    def __getitem__(self, name: str) -> Model:
        found = self.models.get(name) if isinstance(name, str) else None
        if found is None:
            near = difflib.get_close_matches(str(name), self.models, n=1, cutoff=0.7)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise OdooMissing(f"Object {name} doesn't exist.{hint}", "odoo.exceptions.UserError", model=name)
        return found

    def __contains__(self, name: object) -> bool:
        return name in self.models

    @cached_property
    def links(self) -> dict[str, list[tuple[Model, Field]]]:
        """For each model, the many2one columns that point to it, with the model that has them."""
        result: dict[str, list[tuple[Model, Field]]] = {name: [] for name in self.models}
        for model in self.models.values():
            for one in model.columns:
                if one.type == "many2one" and one.relation in result:
                    result[one.relation].append((model, one))
        return result

    @cached_property
    def tables(self) -> dict[str, tuple[tuple[str, str], tuple[str, str]]]:
        """Each many2many table: its two columns, each with the model whose ids it holds."""
        return {
            one.relation_table: ((one.column1, model.name), (one.column2, one.relation))
            for model in self.models.values()
            for one in model.fields.values()
            if one.type == "many2many" and not one.inherited
        }


def _completed(model: Model, declared: Mapping[str, Model], custom: Mapping[str, Field]) -> Model:
    """The model with its magic, inherited and custom fields, each knowing its name."""
    fields: dict[str, Field] = {name: one.named(name) for name, one in MAGIC.items()}
    fields["display_name"] = replace(fields["display_name"], sql=model.display)
    for link, parent in model.inherits.items():
        for name, one in declared[parent].fields.items():
            if name not in fields:
                fields[name] = _through(link, one.named(name), declared[parent].table)
    fields.update({name: _with_name(one.named(name)) for name, one in model.fields.items()})
    fields.update({name: one.named(name) for name, one in custom.items()})
    return replace(model, fields=fields)


def _through(link: str, one: Field, table: str) -> Field:
    expression = "" if one.to_many else (one.sql.replace("{t}", "parent") if one.sql else f"parent.{one.name}")
    read = f"(SELECT {expression} FROM {table} parent WHERE parent.id = {{t}}.{link})" if expression else ""
    return replace(f.inherited(one, link), sql=read, required=one.required)


def _with_name(one: Field) -> Field:
    return replace(one, sql=one.sql.replace("{name}", one.name)) if one.sql else one
