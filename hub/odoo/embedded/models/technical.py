"""What describes the database itself: models, fields (custom ones are added here) and external ids."""

from __future__ import annotations

import ast
import base64
from typing import Any

from hub.errors import OdooValidation
from hub.odoo.embedded import fields as f
from hub.odoo.embedded.filestore import Kept
from hub.odoo.embedded.schema import Hooks, Model, Unique
from hub.odoo.embedded.session import IN_LIST, Session, id_list

KINDS = (
    "binary boolean char date datetime float html integer json many2many many2one many2one_reference monetary "
    "one2many selection text"
).split()
ON_DELETE = (("cascade", "Cascade"), ("set null", "Set NULL"), ("restrict", "Restrict"))
STATES = (("manual", "Custom Field"), ("base", "Base Field"))


def column_definition(kind: str) -> str:
    """The SQLite type for a custom field's column."""
    return f.SQL_TYPES.get(kind, "TEXT")


def relation_table(model: str, name: str) -> str:
    """The table of a custom many2many field."""
    return f"{name}_{model.replace('.', '_')}_rel"


def touch_schema(session: Session) -> None:
    """Move SQLite's schema version, so that every process reads its custom fields anew."""
    session.run("CREATE TABLE hub_touch (x)")
    session.run("DROP TABLE hub_touch")


def custom_field(row: dict[str, Any], options: list[tuple[str, str]]) -> f.Field:
    """The field that a row of ``ir.model.fields`` describes; ``options`` are its selection's."""
    common: dict[str, Any] = {
        "required": bool(row["required"]),
        "readonly": bool(row["readonly"]),
        "help": row["help"] or "",
        "manual": True,
        "size": row["size"] or 0,
        "copy": bool(row["copied"]),
    }
    kind, string = row["ttype"], row["field_description"]
    if kind == "many2one":
        return f.many2one(string, row["relation"], ondelete=row["on_delete"] or "set null", **common)
    if kind == "one2many":
        return f.one2many(string, row["relation"], row["relation_field"] or "", **common)
    if kind == "many2many":
        table = row["relation_table"] or relation_table(row["model"], row["name"])
        return f.many2many(string, row["relation"], table, "owner_id", "linked_id", **common)
    choices = options or [(str(key), str(label)) for key, label in ast.literal_eval(row["selection"] or "[]")]
    return f.Field(kind, string, selection=tuple(choices), **common)


def _refuse(message: str, field: str) -> OdooValidation:
    return OdooValidation(message, "odoo.exceptions.ValidationError", field=field)


def _prepare(session: Session, values: dict[str, Any]) -> None:
    name = str(values.get("name") or "")
    if not name.startswith("x_"):
        raise _refuse("Custom fields must have a name that starts with 'x_'!", "name")
    if not name.isidentifier() or not name.isascii() or name != name.lower() or len(name) > 60:
        raise _refuse("Field names can only contain characters, digits and underscores (up to 63).", "name")
    values["model"] = values.get("model") or session.one(
        "SELECT model FROM ir_model WHERE id = ?", [values.get("model_id") or 0]
    )
    values["model_id"] = values.get("model_id") or session.one(
        "SELECT id FROM ir_model WHERE model = ?", [values["model"]]
    )
    model = session[values["model"] or ""]
    if name in model.fields:
        raise _refuse("Field names must be unique per model.", "name")
    values["state"] = "manual"
    values.setdefault("field_description", name)
    _check_kind(session, values)


def _check_kind(session: Session, values: dict[str, Any]) -> None:
    kind = values.get("ttype")
    if kind in f.RELATIONAL:
        comodel = session[str(values.get("relation") or "")]
        inverse = comodel.fields.get(str(values.get("relation_field") or ""))
        if kind == "one2many" and (inverse is None or inverse.type != "many2one"):
            raise _refuse(
                "A one2many field needs a many2one of the related model as its relation field.", "relation_field"
            )
    if kind == "selection":
        try:
            pairs = ast.literal_eval(str(values.get("selection") or "[]"))
            values["selection"] = repr([(str(key), str(label)) for key, label in pairs])
        except (ValueError, SyntaxError, TypeError) as exc:
            raise _refuse("The selection is a list of pairs: [('key', 'Label'), ...].", "selection") from exc


def _changed(session: Session, ids: list[int], changed: set[str]) -> None:
    """Make room for the new fields; the registry is read anew by the next call."""
    sql = f"SELECT model, name, ttype, relation_table FROM ir_model_fields WHERE id IN {IN_LIST} AND state = 'manual'"
    for model_name, name, kind, table in session.rows(sql, [id_list(ids)]):
        model = session[model_name]
        present = {row[1] for row in session.rows(f"PRAGMA table_info({model.table})")}
        if kind == "many2many":
            session.run(
                f"CREATE TABLE IF NOT EXISTS {table or relation_table(model_name, name)} "
                "(owner_id INTEGER NOT NULL, linked_id INTEGER NOT NULL, "
                "PRIMARY KEY (owner_id, linked_id)) WITHOUT ROWID"
            )
        elif kind != "one2many" and name not in present:
            session.run(f'ALTER TABLE {model.table} ADD COLUMN "{name}" {column_definition(kind)}')
    touch_schema(session)


def _deleting(session: Session, ids: list[int]) -> None:
    sql = f"SELECT model, name, ttype, state FROM ir_model_fields WHERE id IN {IN_LIST}"
    for model_name, name, kind, state in session.rows(sql, [id_list(ids)]):
        if state != "manual":
            raise OdooValidation(
                f"This column contains module data and cannot be removed! ({model_name}.{name})",
                "odoo.exceptions.UserError",
            )
        if kind == "many2many":
            session.run(f"DROP TABLE IF EXISTS {relation_table(model_name, name)}")
        elif kind != "one2many":
            session.run(f'ALTER TABLE {session[model_name].table} DROP COLUMN "{name}"')
    touch_schema(session)


def _options_changed(session: Session, ids: list[int], changed: set[str]) -> None:
    touch_schema(session)


def _protect_model(session: Session, ids: list[int]) -> None:
    raise OdooValidation("The embedded Odoo's models cannot be removed.", "odoo.exceptions.UserError")


def _refuse_model(session: Session, values: dict[str, Any]) -> None:
    raise OdooValidation("The embedded Odoo takes no custom models, only custom fields.", "odoo.exceptions.UserError")


MODEL = Model(
    "ir.model",
    "Models",
    {
        "name": f.char("Model Description", required=True, translate=True),
        "model": f.char("Model", required=True),
        "info": f.text("Information"),
        "order": f.char("Order", required=True, default="id"),
        "state": f.selection(
            "Type", (("manual", "Custom Object"), ("base", "Base Object")), readonly=True, default="base"
        ),
        "transient": f.boolean("Transient Model", default=False),
        "field_id": f.one2many("Fields", "ir.model.fields", "model_id"),
    },
    order="model",
    names=("name", "model"),
    unique=(Unique(("model",), "The operation cannot be completed: Each model must have a unique name."),),
    hooks=Hooks(prepare=_refuse_model, deleting=_protect_model),
)

FIELD = Model(
    "ir.model.fields",
    "Fields",
    {
        "name": f.char("Field Name", required=True),
        "model": f.char("Model Name", required=True),
        "model_id": f.many2one("Model", "ir.model", required=True, ondelete="cascade", index=True),
        "field_description": f.char("Field Label", required=True, translate=True),
        "ttype": f.selection("Field Type", tuple((kind, kind) for kind in KINDS), required=True),
        "relation": f.char("Related Model"),
        "relation_field": f.char("Relation Field"),
        "relation_table": f.char("Relation Table"),
        "selection": f.char("Selection Options (Deprecated)"),
        "selection_ids": f.one2many("Selection Options", "ir.model.fields.selection", "field_id", copy=True),
        "help": f.text("Field Help", translate=True),
        "required": f.boolean("Required"),
        "readonly": f.boolean("Readonly"),
        "store": f.boolean("Stored", default=True),
        "index": f.boolean("Indexed"),
        "copied": f.boolean("Copied", default=True),
        "translate": f.char("Translatable"),
        "size": f.integer("Size"),
        "on_delete": f.selection("On Delete", ON_DELETE, default="set null"),
        "state": f.selection("Type", STATES, required=True, readonly=True, default="manual"),
    },
    order="name, id",
    display="{t}.field_description || ' (' || (SELECT m.name FROM ir_model m WHERE m.model = {t}.model) || ')'",
    names=("field_description", "name"),
    unique=(Unique(("model", "name"), "The operation cannot be completed: Field names must be unique per model."),),
    hooks=Hooks(prepare=_prepare, changed=_changed, deleting=_deleting),
)

OPTION = Model(
    "ir.model.fields.selection",
    "Fields Selection",
    {
        "field_id": f.many2one("Field", "ir.model.fields", required=True, ondelete="cascade", index=True),
        "value": f.char("Value", required=True),
        "name": f.char("Name", required=True, translate=True),
        "sequence": f.integer("Sequence", default=1000),
    },
    order="sequence, id",
    unique=(
        Unique(("field_id", "value"), "The operation cannot be completed: Selections values must be unique per field"),
    ),
    hooks=Hooks(changed=_options_changed),
)

PARAMETER = Model(
    "ir.config_parameter",
    "System Parameter",
    {"key": f.char("Key", required=True), "value": f.text("Value", required=True)},
    order="key",
    display="{t}.key",
    names=("key",),
    unique=(Unique(("key",), "The operation cannot be completed: Key must be unique."),),
)


def _attachment_size(session: Session, values: dict[str, Any]) -> None:
    content = values.get("datas") or ""
    values["file_size"] = content.size if isinstance(content, Kept) else len(base64.b64decode(str(content)))


def _attachment_written(session: Session, ids: list[int], values: dict[str, Any]) -> None:
    if "datas" in values:
        _attachment_size(session, values)


ATTACHMENT = Model(
    "ir.attachment",
    "Attachment",
    {
        "name": f.char("Name", required=True),
        "description": f.text("Description"),
        "type": f.selection("Type", (("url", "URL"), ("binary", "File")), required=True, default="binary"),
        "datas": f.binary("File Content (base64)", shown_stored=False),
        "file_size": f.integer("File Size", readonly=True),
        "mimetype": f.char("Mime Type", default="application/octet-stream"),
        "url": f.char("Url", size=1024),
        "public": f.boolean("Is public document", default=False),
        "res_model": f.char("Resource Model", index=True),
        "res_field": f.char("Resource Field"),
        "res_id": f.reference_id("Resource ID", index=True),
        "company_id": f.many2one("Company", "res.company", default=lambda session: session.company_id),
    },
    order="id desc",
    hooks=Hooks(prepare=_attachment_size, writing=_attachment_written),
)

DATA = Model(
    "ir.model.data",
    "Model Data",
    {
        "module": f.char("Module", required=True, default="__import__"),
        "name": f.char("External Identifier", required=True),
        "model": f.char("Model Name", required=True),
        "res_id": f.reference_id("Record ID"),
        "noupdate": f.boolean("Non Updatable", default=False),
        "complete_name": f.char(
            "Complete ID",
            readonly=True,
            sql="CASE {t}.module WHEN '' THEN {t}.name ELSE {t}.module || '.' || {t}.name END",
        ),
    },
    order="module, model, name",
    unique=(
        Unique(("module", "name"), "The operation cannot be completed: External IDs must be unique within a module."),
    ),
)

MODELS = (MODEL, FIELD, OPTION, DATA, PARAMETER, ATTACHMENT)
