"""The addresses of files: the content of a binary field as it is."""

from __future__ import annotations

from collections.abc import Sequence

from syncconfig.api.contract.components import Json
from syncconfig.api.contract.operations import Operation, Subject, endpoint, envelope, security_of
from syncconfig.api.contract.parameters import chooser, shared
from syncconfig.api.contract.resources import Resource

ADDRESS = "/{model}/{id}/{key}/content"
BYTES: Json = {"schema": {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}}
ANY_TYPE = "*/*"
ABOUT_PUT = """\
The body is the file itself, of any type. The name in `Content-Disposition` is written as well, where the mapping has a
field for it. To empty the field, update the record with null.
"""
ABOUT_GET = """\
The file as a download, with the type that Odoo knows of it, else the one that its first bytes tell. There are no
ranges: it comes whole. HEAD answers the same without the file.
"""


def _key(keys: Sequence[str]) -> Json:
    return {
        "name": "key",
        "in": "path",
        "required": True,
        "description": "The external key of a binary field.",
        "schema": {"type": "string", "enum": list(dict.fromkeys(keys))},
    }


def _header(name: str, about: str) -> Json:
    """Without an example, which Swagger UI would fill in and send."""
    return {"name": name, "in": "header", "description": about, "schema": {"type": "string"}}


def _keys(held: Sequence[Resource], *, written: bool) -> list[str]:
    return [key for one in held for key in one.files(written=written)]


@endpoint("get", ADDRESS, "model")
def download(subject: Subject) -> Operation | None:
    """The file."""
    held = subject.offering("GET")
    keys = _keys(held, written=False)
    if not keys:
        return None
    told = "Only if it is another file: the `ETag` of the one that you have, or several with commas between them."
    return Operation(
        f"download-{subject.model}", "The content of a binary field, as a file", subject.model,
        {200: ("The file.", BYTES["schema"]), 304: ("You have this very file.", None)},
        description=ABOUT_GET,
        parameters=[
            shared("id"), _key(keys), _header("If-None-Match", told), chooser(held),
        ],
        errors=(400,), never=(406,), security=security_of(held), answer_types={200: ANY_TYPE},
        headers={200: ("ETag", "Content-Disposition", "Cache-Control"), 304: ("ETag",)},
    )  # fmt: skip


@endpoint("put", ADDRESS, "model")
def upload(subject: Subject) -> Operation | None:
    """Write a file to the field."""
    held = subject.offering("PUT", "PATCH")
    keys = _keys(held, written=True)
    if not keys:
        return None
    answer = envelope(
        "id", "updated_fields", "write_date", "size", "sha256",
        id={"type": "integer", "minimum": 1},
        updated_fields={"type": "array", "items": {"type": "string"}},
        write_date={"type": ["string", "null"], "format": "date-time"},
        size={"type": "integer", "minimum": 1, "description": "Bytes."},
        sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    )  # fmt: skip
    named = _header("Content-Disposition", 'The file\'s name (RFC 6266): `attachment; filename="offer.pdf"`.')
    return Operation(
        f"upload-{subject.model}", "Write a file to a binary field", subject.model,
        {200: ("Written.", answer)},
        description=ABOUT_PUT,
        parameters=[shared("id"), _key(keys), named, shared("Idempotency-Key"), chooser(held)],
        more_bodies={"application/octet-stream": BYTES, ANY_TYPE: BYTES},
        errors=(400, 409, 422), never=(406, 415), security=security_of(held),
        headers={200: ("Idempotency-Replayed",)},
    )  # fmt: skip
