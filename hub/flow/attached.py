"""Files that come within a form, and the fields that their names go to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.errors import InvalidInput
from hub.transform import path
from hub.transform.kinds import Bound, Plain
from hub.transform.mapping import FieldMap

CONTENTS = ("datas", "raw")
"""The content fields of ir.attachment and of the models that are built on it."""

NAME_ENDINGS = ("_filename", "_fname", "_name")
"""What the field with a file's name has behind the name of the field with its content, by Odoo's customs."""


class Attached(str):
    """A file's content as base64 text, which knows the name of the file."""

    name: str

    def __new__(cls, text: str, name: str) -> Attached:
        made = super().__new__(cls, text)
        made.name = name
        return made


def holds_file(row: Bound) -> bool:
    """Whether the row is a binary field of the model itself, as it is."""
    return row.info["type"] == "binary" and isinstance(row.kind, Plain) and "." not in row.rule.odoo_field


def name_row(rows: FieldMap, content: Bound) -> Bound | None:
    """The row for the name of a file: of an attachment its name, of ``x_photo`` the field ``x_photo_filename``."""
    ends = [f"{content.target}{ending}" for ending in NAME_ENDINGS]
    names = ["name", *ends] if content.target in CONTENTS and "mimetype" in rows.fields else ends
    plain = {
        row.rule.odoo_field: row for row in rows.rows if isinstance(row.kind, Plain) and row.info["type"] == "char"
    }
    return next((plain[name] for name in names if name in plain), None)


def with_names(data: Mapping[str, Any], rows: FieldMap) -> dict[str, Any]:
    """The data with plain texts for files, and their names where the mapping has a field for them and none was sent.

    Raises InvalidInput for a file that goes to a field which holds none.
    """
    found = {key: str(value) if isinstance(value, Attached) else value for key, value in data.items()}
    by_key = rows.by_key()
    for key, value in data.items():
        row = by_key.get(key)
        if not isinstance(value, Attached) or row is None:
            continue
        if not holds_file(row):
            raise InvalidInput(
                f"`{key}` takes no file: it is no binary field. Send it as text, or within the part `data`.",
                field=key,
                value=value.name,
                constraint="type",
            )
        named = name_row(rows, row)
        if named is not None and named.writes and value.name and path.get(found, named.name) is path.ABSENT:
            found[named.name] = value.name
    return found
