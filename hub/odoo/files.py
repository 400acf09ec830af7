"""Binary fields of any size, to and from a real Odoo, without ever holding the file in memory.

Odoo takes and gives them as base64 within JSON. What goes out is put together from pieces while it is sent; what comes
in is looked through for the one text that it holds.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import IO

from hub.errors import OdooProtocol

MARK = "c7a1f6e2-file-content"
"""Stands for the content in a call that is written as JSON first."""

STEP = 57 * 1024
"""Bytes that are read at a time: a multiple of three, so that their base64 can be put behind one another."""

HEAD = 256 * 1024
"""Bytes of an answer within which its text begins."""


class Framed:
    """A JSON body with a file in it: iterated over while it is sent, its length known before."""

    def __init__(self, frame: bytes, source: IO[bytes], size: int) -> None:
        self._before, sign, self._after = frame.partition(MARK.encode())
        if not sign:
            raise ValueError("the frame has no mark")
        self._source, self._size = source, size

    def __len__(self) -> int:
        return len(self._before) + (self._size + 2) // 3 * 4 + len(self._after)

    def __iter__(self) -> Iterator[bytes]:
        yield self._before
        left = self._size
        while left > 0:
            piece = _exactly(self._source, min(STEP, left))
            left -= len(piece)
            yield base64.b64encode(piece)
        yield self._after


def _exactly(source: IO[bytes], count: int) -> bytes:
    """So many bytes; raises OdooProtocol when the source ends before."""
    parts: list[bytes] = []
    while count > 0:
        piece = source.read(count)
        if not piece:
            raise OdooProtocol("The file ended before its announced length. Send it again.")
        parts.append(piece)
        count -= len(piece)
    return b"".join(parts)


class Unframed:
    """The content of one field within a JSON answer.

    ``whole`` is the answer itself when the field is not in it as a text: empty, or an error, which is small.
    """

    def __init__(self, chunks: Iterable[bytes], field: str) -> None:
        self._chunks = iter(chunks)
        self._rest = b""
        self.whole: bytes | None = None
        keys = (f'"{field}": "'.encode(), f'"{field}":"'.encode())
        head = b""
        for chunk in self._chunks:
            head += chunk
            found = next((key for key in keys if key in head), None)
            if found is not None:
                self._rest = head.partition(found)[2]
                return
            if len(head) > HEAD:
                raise OdooProtocol("Odoo's answer does not hold the file that was asked for.")
        self.whole = head

    def __iter__(self) -> Iterator[bytes]:
        """The decoded bytes; raises OdooProtocol when the answer is cut off or is no base64."""
        rest, ended = self._rest, False
        while not ended:
            text, sign, _ = rest.partition(b'"')
            ended = bool(sign)
            usable = len(text) if ended else len(text) // 4 * 4
            try:
                yield base64.b64decode(text[:usable].replace(b"\\/", b"/").replace(b"\\n", b""), validate=True)
            except binascii.Error:
                raise OdooProtocol("The file in Odoo's answer is not base64.") from None
            rest = text[usable:]
            if not ended:
                chunk = next(self._chunks, b"")
                if not chunk:
                    raise OdooProtocol("Odoo's answer was cut off within the file.")
                rest += chunk
        for _ in self._chunks:
            pass  # the end of the JSON, so that the connection can be used again
