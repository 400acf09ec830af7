"""The content of a binary field as a file: in and out piece by piece, never as base64 and never whole in memory."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from hub.errors import InvalidInput, NotFound, OdooMissing
from hub.flow.attached import CONTENTS, holds_file, name_row
from hub.flow.inbound import WRITE_DATE, Inbound
from hub.transform.kinds import Bound

UNKNOWN = "application/octet-stream"

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)


@dataclass(frozen=True)
class Upload:
    """A file on its way in; ``digest`` is its SHA-256 in hexadecimal, ``size`` counts bytes."""

    source: IO[bytes]
    size: int
    digest: str
    content_type: str = ""
    name: str = ""


@dataclass(frozen=True)
class Download:
    """A file that came out, and was put where the caller wanted it."""

    size: int
    digest: str
    content_type: str
    name: str


class Files:
    """Files of one model, by the same plan as all else. Raises only HubErrors."""

    def __init__(self, inbound: Inbound) -> None:
        self._inbound = inbound

    def put(self, record_id: int, key: str, upload: Upload) -> dict[str, Any]:
        """Write the file to the field under the external ``key``; its name, too, where the mapping has a field for it.

        The configuration's scripts see what the file is, not its content: ``{key: {"name", "content_type", "size",
        "sha256"}}``; other values that they add are written with it.
        """
        inbound = self._inbound
        row = self._row(key)
        if not row.writes:
            raise InvalidInput(
                f"Field `{key}` can be read, not written.", field=key, value=None, constraint="read_only"
            )
        if not upload.size:
            raise InvalidInput(
                f"The file for `{key}` is empty. To empty the field, update the record with null.",
                field=key,
                value=None,
                constraint="required",
            )
        inbound.must_exist(record_id)
        data, values = self._beside(record_id, row, upload)
        inbound.written(
            lambda: inbound.odoo.write_file(
                inbound.plan.model, record_id, row.target, upload.source, upload.size, values
            ),
            data,
        )
        told = inbound.one(record_id, [inbound.map.binder.one(WRITE_DATE)])
        answer = {
            "id": record_id,
            "updated_fields": inbound.map.named({row.target, *values}, data),
            "write_date": told["write_date"],
            "size": upload.size,
            "sha256": upload.digest,
        }
        return inbound.scripts.answer(answer, data, [record_id])

    def get(self, record_id: int, key: str, into: IO[bytes]) -> Download:
        """Put the file's bytes into ``into``; raises NotFound when the field is empty."""
        inbound, row = self._inbound, self._row(key)
        if not row.rule.reads:
            raise InvalidInput(
                f"Field `{key}` can be written, not read.", field=key, value=None, constraint="write_only"
            )
        head, size, digest = b"", 0, hashlib.sha256()
        try:
            known = self._known(record_id, row)
            with inbound.odoo.read_file(inbound.plan.model, record_id, row.target) as pieces:
                for piece in pieces or ():
                    head = head if len(head) >= 16 else head + piece[:16]
                    size += len(piece)
                    digest.update(piece)
                    into.write(piece)
        except OdooMissing:
            raise inbound.missing(record_id) from None
        if not size:
            raise NotFound(
                f"`{key}` of {inbound.plan.model} {record_id} is empty: there is no file.",
                model=inbound.plan.model,
                id=record_id,
                field=key,
            )
        kind = str(known.get("mimetype") or UNKNOWN)
        kind = _kind_of(head) if kind == UNKNOWN else kind
        name = str(known.get("name") or "") or f"{key}-{record_id}{mimetypes.guess_extension(kind) or ''}"
        return Download(size, digest.hexdigest(), kind, name)

    def _row(self, key: str) -> Bound:
        """The mapping's row of a binary field; raises InvalidInput that names the key."""
        row = self._inbound.map.by_key().get(key)
        if row is None:
            raise self._inbound.map.unknown(key)
        if not holds_file(row):
            raise InvalidInput(
                f"`{key}` holds no file: only a binary field of {self._inbound.plan.model} itself, mapped as it is, "
                "has a content address.",
                field=key,
                value=None,
                constraint="type",
            )
        return row

    def _beside(self, record_id: int, row: Bound, upload: Upload) -> tuple[Mapping[str, Any], dict[str, Any]]:
        """The data as the scripts leave it, and the values that are written with the file."""
        inbound = self._inbound
        told = {"name": upload.name, "content_type": upload.content_type, "size": upload.size, "sha256": upload.digest}
        sent: dict[str, Any] = {row.name: told}
        named = name_row(inbound.map, row)
        if upload.name and named is not None and named.writes:
            sent[named.name] = upload.name
        data = inbound.scripts.data(sent, [record_id])
        if row.name not in data:
            raise InvalidInput(
                f"The configuration's script took `{row.name}` out of the request.", field=row.name, constraint="script"
            )
        rest = {name: value for name, value in data.items() if name != row.name}
        values = inbound.map.inward(rest, complete=False, record_id=record_id)
        values = inbound.scripts.values(values, data, [record_id])
        return data, {name: value for name, value in values.items() if name != row.target}

    def _known(self, record_id: int, row: Bound) -> dict[str, Any]:
        """What Odoo's own fields, and those of the mapping, say about the file."""
        inbound = self._inbound
        named = name_row(inbound.map, row)
        wanted = {"name": named.target} if named is not None and named.rule.reads else {}
        if row.target in CONTENTS and "mimetype" in inbound.map.fields:
            wanted["mimetype"] = "mimetype"
        if not wanted:
            return {}
        (record,) = inbound.odoo.read(inbound.plan.model, [record_id], sorted(set(wanted.values())))
        return {what: record[field] for what, field in wanted.items()}


def _kind_of(head: bytes) -> str:
    """The media type that a file's first bytes tell."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _SIGNATURES if head.startswith(start)), UNKNOWN)
