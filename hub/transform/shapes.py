"""What values look like in JSON, by the type of the Odoo field: JSON Schema (2020-12) for both directions, examples.

It is the same knowledge as in ``hub.transform.types``, which checks, and ``hub.odoo.values``, which converts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub.transform.types import CHAR_MOST, INTEGER_MOST

Schema = dict[str, Any]
Info = Mapping[str, Any]

COMMANDS = "#/components/schemas/Commands"
"""Where an OpenAPI document says what Odoo's commands for lists are; ``commands`` is what stands there."""

ID: Schema = {"type": "integer", "minimum": 1, "maximum": INTEGER_MOST}
NEVER_EMPTY = ("integer", "float", "monetary", "boolean", "one2many", "many2many")
TEXTS = ("char", "text", "html")
BASE64 = r"^[A-Za-z0-9+/\s]*={0,2}\s*$"

GIVES: Mapping[str, Schema] = {
    "char": {"type": ["string", "null"]},
    "text": {"type": ["string", "null"]},
    "html": {"type": ["string", "null"], "contentMediaType": "text/html"},
    "reference": {"type": ["string", "null"]},
    "selection": {"type": ["string", "null"]},
    "integer": {"type": "integer"},
    "float": {"type": "number"},
    "monetary": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": ["string", "null"], "format": "date"},
    "datetime": {"type": ["string", "null"], "format": "date-time"},
    "many2one": {"type": ["integer", "object", "null"]},  # an object where the caller asked for it by `expand`
    "one2many": {"type": "array", "items": {"type": ["integer", "object"]}},
    "many2many": {"type": "array", "items": {"type": ["integer", "object"]}},
    "binary": {
        "type": ["string", "null"],
        "contentEncoding": "base64",
        "description": "Comes only where `fields` names it.",
    },
}
"""What a caller gets. Types that are not named here may be anything."""

ACCEPTS: Mapping[str, Schema] = {
    "char": {"type": "string", "maxLength": CHAR_MOST},
    "text": {"type": "string"},
    "html": {"type": "string", "contentMediaType": "text/html"},
    "integer": {"type": "integer", "minimum": -INTEGER_MOST, "maximum": INTEGER_MOST},
    "float": {"type": "number", "minimum": -1e300, "maximum": 1e300},
    "monetary": {"type": "number", "minimum": -1e300, "maximum": 1e300},
    "boolean": {"type": "boolean"},
    "reference": {"type": "string", "pattern": r"^[a-z0-9_.]+,[1-9][0-9]{0,9}$"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]},
    "many2one": {
        "anyOf": [
            ID,
            {
                "type": "object",
                "properties": {
                    "id": ID | {"type": ["integer", "null"]},
                    "name": {"description": "For people; not looked at."},
                },
                "required": ["id"],
            },
        ]
    },
    "one2many": {"anyOf": [{"type": "array", "items": ID}, {"$ref": COMMANDS}]},
    "many2many": {"anyOf": [{"type": "array", "items": ID}, {"$ref": COMMANDS}]},
    "binary": {"type": "string", "contentEncoding": "base64", "pattern": BASE64},
    "json": {"type": ["object", "array"]},
    "properties": {"type": ["object", "array"]},
    "properties_definition": {"type": "array", "items": {"type": "object", "required": ["name", "type"]}},
}
"""What a caller may send, but for what empties the field."""

EMPTY: Mapping[str, tuple[Any, ...]] = {
    "char": (None, False, ""),
    "text": (None, False, ""),
    "html": (None, False, ""),
    "selection": (None, False),
    "integer": (None,),
    "float": (None,),
    "monetary": (None,),
    "boolean": (None,),
    "date": (None, False, ""),
    "datetime": (None, False, ""),
    "many2one": (None, False),
    "one2many": (None, False),
    "many2many": (None, False),
    "reference": (None, False),
    "binary": (None, False, ""),
    "json": (None, False),
    "properties": (None, False),
    "properties_definition": (None, False),
}
"""What empties the field; the first is the one to use."""

BY_TYPE: Mapping[str, Any] = {
    "char": "Text",
    "text": "Text",
    "html": "<p>Text</p>",
    "integer": 3,
    "float": 12.5,
    "monetary": 12.5,
    "boolean": True,
    "date": "2026-01-31",
    "datetime": "2026-01-31T14:30:00Z",
    "many2one": 7,
    "one2many": [7, 8],
    "many2many": [7, 8],
    "binary": "SGVsbG8sIHdvcmxkIQ==",
}

PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGMwTpsJAAICATNWh+JUAAAAAElFTkSuQmCC"
"""A PNG of one pixel."""

BY_NAME: Mapping[str, Any] = {
    "id": 42,
    "email": "azure@example.com",
    "phone": "+1 415-555-0123",
    "mobile": "+1 415-555-0199",
    "street": "4557 De Silva St",
    "street2": "Building B",
    "city": "Fremont",
    "zip": "94538",
    "website": "https://www.example.com",
    "ref": "C-1001",
    "code": "DE",
    "lang": "en_US",
    "comment": "Prefers to be called in the morning.",
    "function": "Sales Manager",
    "default_code": "FURN-7777",
    "barcode": "5901234123457",
    "list_price": 79.5,
    "standard_price": 55.0,
    "description": "An example.",
    "description_sale": "Adjustable, with a switch on the cable.",
    "client_order_ref": "PO-2026-017",
    "origin": "WEB-1001",
    "product_uom_qty": 2.0,
    "quantity": 2.0,
    "price_unit": 79.5,
    "credit_limit": 1000.0,
    "customer_rank": 1,
    "supplier_rank": 0,
    "color": 4,
    "sequence": 10,
}

NAMES: Mapping[str, str] = {
    "res.partner": "Azure Interior",
    "res.partner.category": "Services",
    "res.country": "Germany",
    "res.country.state": "California",
    "res.currency": "EUR",
    "res.company": "My Company",
    "product.product": "Office Lamp",
    "product.template": "Office Lamp",
    "product.category": "Furniture",
    "sale.order": "S00042",
    "sale.order.line": "Office Lamp",
    "account.move": "INV/2026/00042",
    "account.move.line": "Office Lamp",
}
"""What records of a model may be called."""


def gives(info: Info) -> Schema:
    """The schema of a field's value on its way out."""
    return dict(GIVES.get(str(info["type"]), {}))


def accepts(info: Info) -> Schema:
    """The schema of a field's value on its way in, but for what empties it."""
    kind = str(info["type"])
    if kind == "selection":
        choices = [choice[0] for choice in info.get("selection") or ()]
        return {"enum": choices} if choices else {}
    found = dict(ACCEPTS.get(kind, {}))
    if kind in TEXTS and info.get("size"):
        found["maxLength"] = int(info["size"])
    return found


def empty(info: Info) -> tuple[Any, ...]:
    """What a caller may send to empty the field; nothing where any value may be sent anyhow."""
    return EMPTY.get(str(info["type"]), ())


def or_empty(schema: Schema, values: Sequence[Any]) -> Schema:
    """The schema, or one of these values."""
    if not schema or not values:
        return schema
    if set(schema) == {"enum"}:
        return {"enum": [*schema["enum"], *values]}
    left, found = list(values), dict(schema)
    types = [schema["type"]] if isinstance(schema.get("type"), str) else list(schema.get("type", []))
    if types and None in left:
        found["type"] = [*types, "null"]
        left.remove(None)
    if "string" in types and not {"pattern", "format"} & set(schema):
        left = [value for value in left if value != ""]
    if not left:
        return found
    return {"anyOf": [*found.pop("anyOf", []), *([found] if found else []), {"enum": left}]}


def sample(field: str, info: Info, model: str) -> Any:
    """A believable value of ``field`` (its last part, of a dotted one) of ``model``, as a caller gets and sends it."""
    name, kind = field.rpartition(".")[2], str(info["type"])
    if kind == "selection":
        return next((choice[0] for choice in info.get("selection") or ()), "draft")
    if kind in TEXTS and name in ("name", "display_name"):
        return NAMES.get(model, "Example")
    if kind == "binary" and name.startswith("image"):
        return PICTURE
    found = BY_NAME.get(name)
    usual = BY_TYPE.get(kind)
    if found is None or type(found) is not type(usual):
        return usual
    return str(found)[: int(info["size"])] if kind == "char" and info.get("size") else found


def commands() -> Schema:
    """Odoo's commands for one2many and many2many, as ``hub.odoo.commands`` reads them."""
    ids: Schema = {"anyOf": [{"type": "array", "items": ID}, {"enum": [None, False, 0]}]}

    def command(least: int, *items: Schema) -> Schema:
        return {"type": "array", "minItems": least, "maxItems": 3, "prefixItems": list(items)}

    return {
        "type": "array",
        "description": "Odoo's commands: [0, 0, {...}] creates, [1, id, {...}] updates, [2, id, 0] deletes, "
        "[3, id, 0] unlinks, [4, id, 0] links, [5, 0, 0] unlinks all, [6, 0, [ids]] replaces. Of a one2many, ids are "
        "those that the record holds already; of a many2many, records are linked or created, never changed.",
        "items": {
            "anyOf": [
                command(3, {"enum": [0]}, {}, {"type": "object"}),
                command(3, {"enum": [1]}, ID, {"type": "object"}),
                command(2, {"enum": [2, 3, 4]}, ID),
                command(1, {"enum": [5]}),
                command(1, {"enum": [6]}, {}, ids),
            ]
        },
        "examples": [[[6, 0, [1, 2, 3]]]],
    }
